"""Mobile office points: residents see when and where; the desk arranges and announces them."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, Refused
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import lands_of, place_name, world

from .. import actions, queries
from ..actions.visits import ARRANGERS
from ..forms import PointForm
from ..models import OfficePoint, Visit
from .common import (
    FORM,
    ask,
    land_choices,
    land_of,
    paths_of,
    period_asked,
    region_named,
    show,
    users_named,
)

MOST = 60
SHOWN = 24  # people the picker offers at once


@require_safe
def public(request: HttpRequest) -> HttpResponse:
    """Show everybody which office points are coming, when, where and for what."""
    rows = list(queries.coming_points(now())[:MOST])
    context = {
        "points": [{"point": row, "where": place_name(row.visit.area)} for row in rows],
        "marks": [
            {"lng": row.visit.lng, "lat": row.visit.lat, "title": row.visit.place_name, "url": "",
             "note": f"{row.opens_at:%m-%d}", "tone": "working"}
            for row in rows
            if row.visit.lng is not None
        ],
    }  # fmt: skip
    return render(request, "fieldwork/public_points.html", context)


@login_required
@require_safe
def listing(request: SignedIn) -> HttpResponse:
    """List the points of a period on one's land with what they came to."""
    land = land_of(request)
    name, first, last = period_asked(request, "quarter")
    rows = queries.points_seen(request.user, land.path, first, last)
    context = {
        "rows": [{"point": row, "where": place_name(row.visit.area), "tone": queries.state_tone(row.visit, localdate())} for row in rows[:MOST]],
        "figures": queries.point_figures(request.user, land, first, last),
        "land": land,
        "first": first,
        "last": last,
        "may_arrange": bool(paths_of(request.user, ARRANGERS)),
        "filters": [
            {"name": "period", "label": _("时间"), "value": name,
             "choices": [("month", _("本月")), ("quarter", _("本季度")), ("year", _("本年"))]}
        ],
    }  # fmt: skip
    return show(request, "points", context, tab="points")


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Arrange a mobile office point."""
    if not paths_of(request.user, ARRANGERS):
        raise NotFound(_("您的岗位不能安排流动办公点。"))
    regions, data = land_choices(request.user, ARRANGERS), request.POST
    found, more = _people(request.user, data.get("region", "") or regions[0][0], data)
    form = PointForm(
        data or None, regions=regions, people=found,
        initial={"key": uuid4().hex, "announce": True},
    )  # fmt: skip

    def act() -> str:
        said = dict(form.cleaned_data)
        said.pop("who")
        region = region_named(said.pop("region"))
        land = world().by_id[region.pk]
        made = actions.plan_point(
            region=region, workers=users_named(said.pop("workers")), by=request.user, at=now(),
            lng=land.lng, lat=land.lat, **said,
        )  # fmt: skip
        return reverse("fieldwork:visit", args=[made.pk])

    return ask(
        request, form, act, done=_("流动办公点已安排。"), tab="points", template="point_form", more=more,
        heading=_("安排流动办公点"), lede=_("公布后居民在“流动办公点”页看得到时间、地点和办理事项。"),
        verb=_("安排"), back=reverse("fieldwork:points"),
    )  # fmt: skip


@login_required
@require_safe
def people(request: SignedIn) -> HttpResponse:
    """Who may sit at a point, as a fragment: of the street of `region`, or by the words of `who`."""
    if not paths_of(request.user, ARRANGERS):
        raise NotFound(_("您的岗位不能安排流动办公点。"))
    regions = land_choices(request.user, ARRANGERS)
    found, more = _people(request.user, request.GET.get("region", ""), request.GET)
    form = PointForm(
        regions=regions, people=found, initial={"workers": request.GET.getlist("workers")}
    )
    return render(request, "fieldwork/parts/point_people.html", {"form": form, "more": more})


def _people(user: Any, code: str, data: QueryDict) -> tuple[list[tuple[str, str]], int]:
    """Return whom the picker shows: those ticked, then those of the street or looked for; and how many more."""
    land = world().by_code.get(code)
    lands = lands_of(land.path) if land else []
    street = next((one.path for one in lands if one.level == "street"), "")
    roles = tuple({post.role for post in posts_of(user)})
    words = data.get("who", "").strip()[:30]
    near = queries.goers_in(user, roles, localdate(), near="" if words else street, words=words)
    ticked = set(data.getlist("workers"))
    every = queries.goers_in(user, roles, localdate()) if ticked else []
    kept = [(str(pk), said) for pk, said in every if str(pk) in ticked]
    rest = [(str(pk), said) for pk, said in near if str(pk) not in ticked]
    return kept + rest[:SHOWN], max(len(rest) - SHOWN, 0)


@login_required
@require_POST
def announce(request: SignedIn, pk: UUID) -> HttpResponse:
    """Let residents know of a point."""
    visit = get_object_or_404(Visit.objects.visible_to(request.user), pk=pk)
    point = getattr(visit, "point", None)
    if not isinstance(point, OfficePoint):
        raise NotFound(_("这次走访不是流动办公点。"))
    try:
        actions.announce_point(point=point, by=request.user, at=now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("已向居民公布。"))
    return redirect("fieldwork:visit", pk)
