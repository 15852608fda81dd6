"""The register of party units, one unit, its history, and the tree as it stood on a day."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.regions.queries import Land, place_name, world

from .. import queries
from ..models import Org, Sector, UnitKind
from ..scope import LAND_ROLES, posts_of
from .verbs import verbs_for


def must_read_units(user) -> None:
    """:raises NotFound: for who has no party unit and overlooks no land"""
    for post in posts_of(user):
        if post.role in LAND_ROLES or post.org_path:
            return
    raise NotFound(_("您的岗位看不到组织名册。"))


def lands_of(user) -> list[Land]:
    """Return the streets by which somebody may narrow a list: those their posts reach."""
    paths = [post.path for post in posts_of(user)]
    every = world().by_path.values()
    return [
        land
        for land in every
        if land.level == "street"
        and any(land.path.startswith(p) or p.startswith(land.path) for p in paths)
    ]


@login_required
@require_GET
def units(request: SignedIn) -> HttpResponse:
    """List the party units the reader may open, by sector, kind, street, words."""
    must_read_units(request.user)
    given = {name: request.GET.get(name, "").strip() for name in ("q", "sector", "kind", "state")}
    given["sector"] = given["sector"] if given["sector"] in Sector.values else ""
    given["kind"] = given["kind"] if given["kind"] in UnitKind.values else ""
    streets = {land.code: land for land in lands_of(request.user)}
    land = streets.get(request.GET.get("street", ""))
    rows = queries.find_units(
        request.user, land=land, q=given["q"], sector=given["sector"], kind=given["kind"],
        state=given["state"],
    )  # fmt: skip
    page, cursor = _page(rows, request.GET.get("cursor", ""))
    leads = queries.leads_of(page, on=localdate())
    total = rows.count() if not cursor and "cursor" not in request.GET else None
    context = {
        "rows": [(unit, leads.get(unit.pk, []), place_name(unit.region.path)) for unit in page],
        "next_cursor": cursor,
        "total": len(page) if total is None and not cursor else total,
        "search": {"name": "q", "value": given["q"], "placeholder": _("名称或组织代码")},
        "filters": _filters(given, streets, land),
        "is_filtered": any(given.values()) or land is not None,
        "may_keep": queries.keeps_some(request.user),
        "is_exported": given["state"] in ("", "temporary"),  # a sheet holds what stands
        "today": localdate(),
    }
    return render(request, "orgs/units/list.html", context)


def _page(rows, cursor: str) -> tuple[list[Org], str]:
    after = int(cursor) if cursor.isdecimal() and len(cursor) < 19 else 0
    found = list(rows.filter(pk__gt=after)[: queries.PAGE + 1])
    more = len(found) > queries.PAGE
    return found[: queries.PAGE], str(found[queries.PAGE - 1].pk) if more else ""


def _filters(given: dict[str, str], streets: dict[str, Land], land: Land | None):
    lists: list[tuple[str, Any, str, Any]] = [
        ("street", _("街镇"), land.code if land else "", [(s.code, s.short_name) for s in streets.values()]),
        ("sector", _("领域"), given["sector"], Sector.choices),
        ("kind", _("类型"), given["kind"], UnitKind.choices),
    ]  # fmt: skip
    filters = [
        {"name": name, "label": label, "value": value, "choices": [("", _("全部")), *choices]}
        for name, label, value, choices in lists
    ]
    states = [
        ("", _("存续")), ("temporary", _("临时")), ("dissolved", _("已撤销")), ("any", _("全部")),
    ]  # fmt: skip
    state = {"name": "state", "label": _("状态"), "value": given["state"], "choices": states}
    return [*filters, state]


@login_required
@require_GET
def unit(request: SignedIn, pk: int) -> HttpResponse:
    """Show one unit: who, where, what stands below, what happened; and what the reader may do."""
    rows = Org.objects.visible_to(request.user).select_related("region", "parent")
    one = get_object_or_404(rows, pk=pk)
    page = queries.unit_page(one, request.user, on=localdate())
    context = {
        "unit": one,
        "page": page,
        "place": place_name(one.region.path),
        "grids": [place_name(path, "community") for path in page.grids],
        "events": [event(change) for change in page.changes],
        "todo": queries.todo_of(page, on=localdate()),
        "verbs": verbs_for(one, page),
        "total": sum(n for _stage, n in page.stages) if page.stages else 0,
    }
    return render(request, "orgs/units/unit.html", context)


ICONS = {
    "found": "circle-plus", "rebuild": "refresh", "merge": "arrow-merge", "split": "arrows-split-2",
    "affiliation": "arrow-move-right", "dissolve": "circle-minus", "take_over": "transfer-in",
    "give_back": "transfer-out", "extend": "calendar-plus", "bind": "map-pin",
}  # fmt: skip


def event(change) -> dict[str, Any]:
    """Return a change as `ui/parts/timeline.html` draws it."""
    facts = [str(change.on)]
    if change.document:
        facts.append(change.document)
    if change.parent_before or change.parent_after:
        facts.append(f"{change.parent_before or '—'} → {change.parent_after or '—'}")
    return {
        "who": str(change.by or ""),
        "what": change.get_kind_display(),
        "at": change.at,
        "facts": facts,
        "note": " ".join(filter(None, ["".join(change.data.get("words", [])), change.reason])),
        "icon": ICONS[change.kind],
        "tone": "late" if change.kind == "dissolve" else "done",
    }


@login_required
@require_GET
def changes(request: SignedIn, pk: int) -> HttpResponse:
    """Show the whole history of one unit."""
    one = get_object_or_404(Org.objects.visible_to(request.user), pk=pk)
    events = [event(change) for change in queries.changes_of(one)[:500]]
    return render(request, "orgs/units/changes.html", {"unit": one, "events": events})


@login_required
@require_GET
def tree(request: SignedIn) -> HttpResponse:
    """Show the tree as it stood on a day, below one of the units somebody may open."""
    must_read_units(request.user)
    today = localdate()
    try:
        day = min(date.fromisoformat(request.GET.get("on", "")), today)
    except ValueError:
        day = today
    tops = queries.top_units(request.user)
    root = next((top.pk for top in tops if str(top.pk) == request.GET.get("root")), None)
    nodes = queries.tree_on(day)
    wanted = root or (tops[0].pk if tops else None)
    asked = request.GET.get("root", "")
    if asked.isdecimal() and len(asked) < 19:
        seen = Org.objects.visible_to(request.user).filter(pk=int(asked)).exists()
        wanted = int(asked) if seen else wanted
    rows = queries.rows_under(nodes, wanted)
    context = {"rows": rows, "day": day, "today": today, "root": nodes.get(wanted or 0),
               "total": len(rows)}  # fmt: skip
    return render(request, "orgs/units/tree.html", context)
