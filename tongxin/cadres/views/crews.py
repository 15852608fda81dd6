"""Crews of grids: one page a grid with its people, duties, services and resources (S0.43)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.cases.models import Case
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import get_land, place_name, region_of

from .. import actions
from ..forms import DutyForm, MemberForm
from ..models import CrewDuty, CrewMember, GridCrew, Rule
from ..models.crews import Field
from ..queries.crews import candidates, mix_of, overview
from ..queries.rules import NoRule, rule_on
from ..scope import LOOKS, rates, works_at
from .common import ask, carried_out, found, me


@login_required
@require_GET
def grids(request: HttpRequest) -> HttpResponse:
    """List the grids of a place, each with how its crew is mixed and what it lacks."""
    code = request.GET.get("region", "")
    paths = sorted(works_at(request.user), key=len)
    if not paths:
        raise NotFound(_("没有找到，或您看不到它。"))
    mine = [post.region_id for post in posts_of(request.user) if post.path == paths[0]]
    land = get_land(code) if code else get_land(mine[0])
    if not any(land.path.startswith(path) for path in paths):
        raise NotFound(_("没有找到，或您看不到它。"))
    rule = _rule()
    lines, places = overview(land, rule)
    context = {
        "land": land, "lines": lines, "places": places, "rule": rule,
        "kinds": CrewMember.Kind.choices, "place": place_name(land.path),
    }  # fmt: skip
    return render(request, "cadres/grids.html", context)


def _rule() -> dict[str, int]:
    try:
        return rule_on(Rule.Code.MIX, localdate())
    except NoRule:
        return {}


def _grid(request: HttpRequest, code: str) -> Region:
    land = get_land(code)
    paths = works_at(request.user)
    if land.level != Region.Level.GRID or not any(land.path.startswith(path) for path in paths):
        raise NotFound(_("没有找到，或您看不到它。"))
    return region_of(land)


@login_required
@require_GET
def grid(request: HttpRequest, code: str) -> HttpResponse:
    """Show everything that meets in one grid."""
    region = _grid(request, code)
    crew = GridCrew.objects.visible_to(request.user).filter(grid=region.pk).first()
    members, duties = [], []
    if crew is not None:
        members = list(
            crew.members.filter(to_date__isnull=True).select_related(
                "user", "secondment__from_unit"
            )
        )
        duties = list(
            crew.duties.filter(ended_on__isnull=True)
            .select_related("member__user")
            .order_by("field", "pk")
        )
    mix = mix_of(members, _rule())
    place = get_land(region.parent_id or 0)
    orgs = Org.objects.public().filter(region__in=[region.pk, place.id]).order_by("kind", "pk")
    cases = Case.objects.visible_to(request.user).filter(area__under=region.path)
    context = {
        "grid": region, "place": place_name(region.path), "crew": crew, "mix": mix,
        "groups": [
            (label, [one for one in members if one.kind == kind]) for kind, label in CrewMember.Kind.choices
        ],
        "duties": _duties(duties),
        "party": Org.objects.public().filter(grids=region.pk).first(),
        "orgs": orgs,
        "open": cases.open().count(),
        "recent": cases.select_related("topic").order_by("-pk")[:6],
        "may_edit": rates(request.user, place.path),
        "community": place,
        "looks": any(p.role in LOOKS for p in posts_of(request.user)),
    }  # fmt: skip
    return render(request, "cadres/grid.html", context)


def _duties(duties: list[CrewDuty]) -> list[tuple[str, list[CrewDuty]]]:
    return [
        (str(label), [one for one in duties if one.field == field])
        for field, label in Field.choices
    ]


@login_required
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, code: str) -> HttpResponse:
    """Put somebody into the crew."""
    region = _grid(request, code)
    people = candidates(region, localdate())
    form = MemberForm(
        request.POST or None, people=[(label, rows) for label, rows in people if rows]
    )

    def act(data: dict[str, Any]) -> None:
        user = actions.active_user(int(data["user"]))
        actions.join_crew(grid=region, user=user, kind=data["kind"], at=now(), by=me(request))

    back = reverse("cadres:grid", args=[code])
    if not rates(request.user, get_land(region.parent_id or 0).path):
        raise NotFound(_("没有找到，或您看不到它。"))
    if carried_out(request, form, act):
        messages.success(request, _("已编入网格。"))
        return redirect(back)
    return ask(
        request, form, heading=_("编入%s") % region.short_name, verb=_("编入"), icon="user-plus",
        back=back, lede=_("名单是本社区在岗的下沉干部、基层干部、在职党员和志愿者。"),
    )  # fmt: skip


@login_required
@require_POST
def leave(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take somebody out of the crew."""
    crew = _crew(request, code)
    member = found(crew.members.select_related("crew__grid__parent", "user"), pk)
    actions.leave_crew(member=member, at=now(), by=me(request))
    messages.success(request, _("%s 已离开网格。") % member.user)
    return redirect("cadres:grid", code)


def _crew(request: HttpRequest, code: str) -> GridCrew:
    region = _grid(request, code)
    crew = GridCrew.objects.visible_to(request.user).filter(grid=region.pk).first()
    if crew is None:
        raise NotFound(_("这个网格还没有编组。"))
    return crew


@login_required
@require_http_methods(["GET", "POST"])
def duty(request: HttpRequest, code: str) -> HttpResponse:
    """Add something the crew answers for."""
    region = _grid(request, code)
    if not rates(request.user, get_land(region.parent_id or 0).path):
        raise NotFound(_("没有找到，或您看不到它。"))
    crew = GridCrew.objects.visible_to(request.user).filter(grid=region.pk).first()
    members = list(crew.members.filter(to_date__isnull=True).select_related("user")) if crew else []
    form = DutyForm(request.POST or None, members=members)

    def act(data: dict[str, Any]) -> None:
        chosen = data.pop("member")
        member = next((one for one in members if str(one.pk) == chosen), None)
        actions.add_duty(grid=region, member=member, at=now(), by=me(request), **data)

    back = reverse("cadres:grid", args=[code])
    if carried_out(request, form, act):
        messages.success(request, _("已新增职责。"))
        return redirect(back)
    return ask(
        request, form, heading=_("%s的职责") % region.short_name, verb=_("新增"), icon="list-check",
        back=back,
    )  # fmt: skip


@login_required
@require_POST
def end_duty(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Close a duty."""
    one = found(_crew(request, code).duties.select_related("crew__grid__parent"), pk)
    actions.end_duty(duty=one, at=now(), by=me(request))
    messages.success(request, _("已撤销职责“%s”。") % one.name)
    return redirect("cadres:grid", code)
