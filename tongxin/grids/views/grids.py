"""The grids of a place with what they lack; one grid with everything that happens in it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.cases.models import Case
from tongxin.cases.queries import card_of
from tongxin.kit.errors import NotFound, Refused
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, get_land, lands_of, place_name, region_of
from tongxin.ui.paging import bad_cursor

from .. import actions, queries
from ..forms import HeadForm, ProfileForm, ServiceForm
from ..models import GridFunction, GridProfile, GridService
from ..models.components import STANDING
from ..models.grids import GRID_KEEPERS
from .common import PAGE, ask, holds, land_of, lands_above, place_choices, show

FORM = ["GET", "POST"]
GAP_ORDER = ("", "any", *queries.GAPS)


@login_required
@require_GET
def home(request: SignedIn) -> HttpResponse:
    """List the grids of a place with what each lacks, and how much is open in it."""
    land, today, at = land_of(request), localdate(), now()
    most = queries.households_most(today)
    rows = queries.grids_in([land.path], today)
    counts = queries.gap_counts(rows, most)
    asked = request.GET.get("show", "")
    asked = asked if asked in counts else ""
    if asked:
        rows = rows.filter(queries.gap_filter(asked, most))
    after = request.GET.get("cursor", "")[:40]
    found = list((rows.filter(path__gt=after) if after else rows)[: PAGE + 1])
    work = queries.workload_of(found[:PAGE], request.user, at)
    words = {"": _("全部"), "any": _("有空白"), **queries.GAPS}
    context: dict[str, Any] = {
        "land": land,
        "crumbs": lands_above(request, land, "grids:home"),
        "filters": [place_choices(request, land)],
        "hidden": [("show", asked)] if asked else [],
        "segments": [
            {
                "label": words[name],
                "url": f"?{urlencode({'region': land.code, 'show': name})}",
                "active": name == asked,
                "count": counts[name],
            }
            for name in GAP_ORDER
        ],
        "rows": [
            {
                "grid": row,
                "place": place_name(
                    row.path.rpartition("/")[0].rpartition("/")[0] + "/", below="street"
                ),
                "gaps": queries.gaps_of(row, most),
                "open": work.get(row.path, (0, 0))[0],
                "late": work.get(row.path, (0, 0))[1],
            }
            for row in found[:PAGE]
        ],
        "total": counts[""],
        "most": most,
        "next_cursor": found[PAGE - 1].path if len(found) > PAGE else "",
        "may_load": holds(request, ("officer",)) and not most,
    }
    return show(request, "home", context, tab="home")


@login_required
@require_POST
def load(request: SignedIn) -> HttpResponse:
    """Load the sample catalogue, duties and norms (officers)."""
    if not holds(request, ("officer",)):
        raise NotFound(_("没有找到，或不归您管。"))
    n = actions.load_samples(at=now())
    messages.success(request, _("已载入样例 %d 条，请逐项核定。") % n)
    return redirect("grids:catalogue")


def grid_land(request: SignedIn, code: str) -> Land:
    """:raises NotFound: for land that is no grid, or none of the reader's"""
    land = get_land(code[:18])
    if land.level != Region.Level.GRID or not queries.may_read_grid(request.user, land.path):
        raise NotFound(_("没有找到这个网格，或不归您管。"))
    return land


@login_required
@require_GET
def grid(request: SignedIn, code: str) -> HttpResponse:
    """Show a grid: its people, its party unit, its four functions, what is open and due."""
    land, at, today = grid_land(request, code), now(), localdate()
    page = queries.grid_page(land, request.user, at=at, day=today)
    community = lands_of(land.path)[-2]
    cases_url = reverse("grids:cases", args=[land.code])
    components_url = f"{reverse('grids:components')}?{urlencode({'region': land.code})}"
    context = {
        "land": land,
        "community": community,
        "place": place_name(land.path, below="district"),
        "page": page,
        "today": today,
        "functions": [
            {
                "one": one,
                "open_url": f"{cases_url}?{urlencode({'function': one.code})}",
                "done_url": f"{cases_url}?{urlencode({'function': one.code, 'state': 'done'})}",
            }
            for one in page.functions
        ],
        "cases_url": cases_url,
        "late_url": f"{cases_url}?state=late",
        "components_url": components_url,
        "broken_url": f"{components_url}&state=bad",
        "component_total": sum(page.components.get(state, 0) for state in STANDING),
        "component_bad": page.components.get("broken", 0) + page.components.get("lost", 0),
        "map": queries.grid_map(land, request.user, at=at),
        "keeps": holds(request, GRID_KEEPERS, land.path),
        "problems_url": f"{reverse('grids:problems')}?{urlencode({'region': community.code})}",
    }
    return show(request, "grid", context, tab="home")


@login_required
@require_GET
def cases(request: SignedIn, code: str) -> HttpResponse:
    """List the very cases that a figure of a grid counts."""
    land, at, today = grid_land(request, code), now(), localdate()
    function, state = request.GET.get("function", ""), request.GET.get("state", "open")
    rows: Any = Case.objects.visible_to(request.user).filter(area__under=land.path)
    rows = queries.cases_of_function(rows, function, today)
    if state == "done":
        rows = rows.filter(closed_at__gte=queries.month_start(today))
    else:
        state = state if state == "late" else "open"
        rows = rows.filter(closed_at=None)
        rows = rows.filter(due_at__lte=at) if state == "late" else rows
    after = request.GET.get("cursor", "")
    if after:
        rows = rows.filter(pk__lt=_uuid(after))
    found = list(rows.select_related("topic").order_by("-pk")[: PAGE + 1])
    labels = {"open": _("在办"), "late": _("已超时"), "done": _("本月办结")}
    chosen = {"function": function} if function else {}
    context = {
        "land": land,
        "function": dict(GridFunction.choices).get(function, _("未归类") if function else ""),
        "segments": [
            {
                "label": label,
                "url": f"?{urlencode(chosen | {'state': name})}",
                "active": name == state,
                "count": None,
            }
            for name, label in labels.items()
        ],
        "cards": [card_of(case, at=at) for case in found[:PAGE]],
        "next_cursor": str(found[PAGE - 1].pk) if len(found) > PAGE else "",
    }
    return show(request, "cases", context, tab="home")


def _uuid(text: str) -> Any:
    try:
        return UUID(text)
    except ValueError:
        raise bad_cursor() from None


def _kept(request: SignedIn, code: str) -> Land:
    land = grid_land(request, code)
    if not holds(request, GRID_KEEPERS, land.path):
        raise NotFound(_("没有找到这个网格，或不由您填写。"))
    return land


@login_required
@require_http_methods(FORM)
def profile(request: SignedIn, code: str) -> HttpResponse:
    """Write down how large a grid is."""
    land = _kept(request, code)
    old = GridProfile.objects.visible_to(request.user).filter(region=land.id).first()
    initial = (
        {name: getattr(old, name) for name in ("households", "population", "note")} if old else {}
    )
    form = ProfileForm(request.POST or None, initial=initial)

    def act() -> str:
        actions.set_profile(region=region_of(land), at=now(), by=request.user, **form.cleaned_data)
        return reverse("grids:grid", args=[land.code])

    return ask(
        request, form, act, done=_("网格情况已保存。"), tab="home", heading=_("填写网格情况"),
        lede=place_name(land.path), verb=_("保存"), back=reverse("grids:grid", args=[land.code]),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def head(request: SignedIn, code: str) -> HttpResponse:
    """Name the head of a grid among those who work there."""
    land = _kept(request, code)
    people = queries.may_head(land, localdate())
    form = HeadForm(request.POST or None, people=people)

    def act() -> str:
        actions.set_head(
            region=region_of(land), head=form.cleaned_data["head"], on=localdate(), at=now(),
            by=request.user,
        )  # fmt: skip
        return reverse("grids:grid", args=[land.code])

    return ask(
        request, form, act, done=_("网格长已更新。"), tab="home", heading=_("指定网格长"),
        lede=place_name(land.path), verb=_("保存"), back=reverse("grids:grid", args=[land.code]),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def service(request: SignedIn, code: str) -> HttpResponse:
    """Add something residents find in the grid."""
    land = _kept(request, code)
    form = ServiceForm(request.POST or None)

    def act() -> str:
        actions.add_service(region=region_of(land), at=now(), by=request.user, **form.cleaned_data)
        return reverse("grids:grid", args=[land.code])

    return ask(
        request, form, act, done=_("服务已登记。"), tab="home", heading=_("登记网格服务"),
        lede=place_name(land.path), verb=_("登记"), back=reverse("grids:grid", args=[land.code]),
    )  # fmt: skip


@login_required
@require_POST
def end_service(request: SignedIn, pk: int) -> HttpResponse:
    one = get_object_or_404(
        GridService.objects.visible_to(request.user).select_related("region"), pk=pk
    )
    try:
        actions.end_service(service=one, on=localdate(), at=now(), by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("“%s”已停用。") % one.name)
    return redirect("grids:grid", one.region.code)
