"""Mobile office points: residents see when and where; the desk arranges and announces them."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, Refused
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import place_name, world

from .. import actions, queries
from ..actions.visits import ARRANGERS
from ..forms import PointForm
from ..models import OfficePoint, Visit
from .common import (
    FORM,
    ask,
    goers,
    land_choices,
    land_of,
    paths_of,
    period_asked,
    region_named,
    show,
    users_named,
)

MOST = 60


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
    people = goers(request.user, tuple({post.role for post in posts_of(request.user)}))
    form = PointForm(
        request.POST or None, regions=land_choices(request.user, ARRANGERS), people=people,
        initial={"key": uuid4().hex, "announce": True},
    )  # fmt: skip

    def act() -> str:
        said = dict(form.cleaned_data)
        region = region_named(said.pop("region"))
        land = world().by_id[region.pk]
        made = actions.plan_point(
            region=region, workers=users_named(said.pop("workers")), by=request.user, at=now(),
            lng=land.lng, lat=land.lat, **said,
        )  # fmt: skip
        return reverse("fieldwork:visit", args=[made.pk])

    return ask(
        request, form, act, done=_("流动办公点已安排。"), tab="points",
        heading=_("安排流动办公点"), lede=_("公布后居民在“流动办公点”页看得到时间、地点和办理事项。"),
        verb=_("安排"), back=reverse("fieldwork:points"),
    )  # fmt: skip


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
