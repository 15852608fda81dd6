"""Points kept by turns: opened, planned, looked at as a week."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, localtime, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.kit.errors import NotFound
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import get_land, region_of

from .. import actions
from ..forms import PlanForm, PointForm
from ..models import RotationPoint
from ..queries.turns import week_of
from ..scope import rates
from .common import ask, carried_out, found, me


@login_required
@require_GET
def points(request: HttpRequest) -> HttpResponse:
    """Show the points of a community and whose turn it is, for one week."""
    rows = RotationPoint.objects.visible_to(request.user).filter(closed_on__isnull=True)
    code = request.GET.get("region", "")
    land = get_land(code) if code else _own(request)
    context: dict[str, Any] = {"land": land}
    if land is None:
        context["places"] = (
            rows.values_list("community__code", "community__short_name")
            .order_by("community__path")
            .distinct()
        )
        return render(request, "cadres/points.html", context)
    first = _week(request)
    mine = list(rows.filter(community=land.id).order_by("pk"))
    turns = week_of(mine, first)
    counts = Counter(turn.secondment.person.name for turn in turns)
    context |= {
        "points": [
            (point, [
                (day, [turn for turn in turns if turn.point_id == point.pk and localtime(turn.starts_at).date() == day])
                for day in (first + timedelta(days=n) for n in range(7))
            ])
            for point in mine
        ],
        "counts": counts.most_common(),
        "first": first,
        "before": f"?{urlencode({'region': land.code, 'from': str(first - timedelta(days=7))})}",
        "after": f"?{urlencode({'region': land.code, 'from': str(first + timedelta(days=7))})}",
        "may_edit": rates(request.user, land.path),
        "today": localdate(),
    }  # fmt: skip
    return render(request, "cadres/points.html", context)


def _own(request: HttpRequest):
    """Return the community in which the actor works, if it is one."""
    own = {p.path: p for p in posts_of(request.user) if p.level == Region.Level.COMMUNITY}
    return get_land(next(iter(own.values())).region_id) if len(own) == 1 else None


def _week(request: HttpRequest) -> date:
    try:
        day = date.fromisoformat(request.GET.get("from", ""))
    except ValueError:
        day = localdate()
    return day - timedelta(days=day.weekday())


def _community(request: HttpRequest, code: str) -> Region:
    land = get_land(code)
    if not rates(request.user, land.path):
        raise NotFound(_("没有找到，或您看不到它。"))
    return region_of(land)


def _back(code: str) -> str:
    return f"{reverse('cadres:points')}?{urlencode({'region': code})}"


@login_required
@require_http_methods(["GET", "POST"])
def open_point(request: HttpRequest, code: str) -> HttpResponse:
    """Open a point."""
    community = _community(request, code)
    form = PointForm(request.POST or None)

    def act(data: dict[str, Any]) -> None:
        actions.open_point(community=community, at=now(), by=me(request), **data)

    if carried_out(request, form, act):
        messages.success(request, _("已设点。下一步：排班。"))
        return redirect(_back(code))
    return ask(
        request, form, heading=_("在%s设点") % community.short_name, verb=_("设点"), icon="map-pin-plus",
        back=_back(code),
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, code: str) -> HttpResponse:
    """Plan the turns of some days."""
    community = _community(request, code)
    tomorrow = localdate() + timedelta(days=1)
    form = PlanForm(
        request.POST or None, initial={"first": tomorrow, "last": tomorrow + timedelta(days=13)}
    )

    def act(data: dict[str, Any]) -> None:
        made = actions.plan_rotation(community=community, at=now(), by=me(request), **data)
        messages.success(request, _("已排 %d 个班次。") % len(made))

    if carried_out(request, form, act):
        return redirect(_back(code))
    return ask(
        request, form, heading=_("%s轮岗排班") % community.short_name, verb=_("排班"),
        icon="calendar-event", back=_back(code),
        lede=_("班次少的人先排；同一天只值一班，两班之间至少休息 11 小时。原来排的这几天会重排。"),
    )  # fmt: skip


@login_required
@require_POST
def close_point(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a point up."""
    rows = RotationPoint.objects.visible_to(request.user).select_related("community")
    point = found(rows, pk)
    actions.close_point(point=point, at=now(), by=me(request))
    messages.success(request, _("驻点“%s”已撤销。") % point)
    return redirect(_back(point.community.code))
