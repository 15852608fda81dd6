"""Teams and their dispatches: made, sent out, looked at on a phone, called off."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.fieldwork.models import Checklist
from tongxin.findings.models import Finding
from tongxin.kit.errors import NotFound
from tongxin.regions.queries import world

from .. import actions, queries
from ..forms import CrewForm, DispatchForm, ReasonForm, StopsForm, TeamForm
from ..models import Dispatch, Operation, Site, SiteKind, SiteVisit, Team
from ..scope import runs
from .common import (
    FORM,
    PAGE,
    ask,
    must_be_inside,
    must_enter,
    run_operation,
    seen_dispatch,
    seen_team,
    show,
    show_part,
    streets_in,
)
from .rows import STATES, dispatch_rows

MOST_SITES = 60  # as many as one dispatch takes


@login_required
@require_http_methods(FORM)
def new(request: SignedIn, pk: int) -> HttpResponse:
    """Make a team."""
    operation = run_operation(request, pk)
    number = operation.teams.count() + 1
    form = TeamForm(
        request.POST or None, people=queries.people_for(operation), streets=streets_in(operation),
        initial={"name": _("第%d监督组") % number},
    )  # fmt: skip

    def act() -> str:
        actions.make_team(operation=operation, by=request.user, at=now(), **form.given())
        return reverse("inspections:operation", args=[pk])

    return ask(
        request, form, act, done=_("监督组已组建。"), heading=_("组建监督组"), verb=_("组建"),
        lede=operation.name, back=reverse("inspections:operation", args=[pk]),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def change(request: SignedIn, pk: int) -> HttpResponse:
    """Change a team as a whole."""
    team = seen_team(request, pk)
    operation = run_operation(request, team.operation_id)
    back = reverse("inspections:team", args=[pk])
    names = ("name", "leader", "leader_title", "is_class_led")
    initial: dict[str, Any] = {name: getattr(team, name) for name in names}
    initial["members"] = list(team.members.filter(left_at=None).values_list("user", flat=True))
    initial["areas"] = list(team.areas.values_list("pk", flat=True))
    form = TeamForm(
        request.POST or None, initial=initial, people=queries.people_for(operation),
        streets=streets_in(operation),
    )  # fmt: skip

    def act() -> str:
        actions.change_team(team=team, by=request.user, at=now(), **form.given())
        return back

    return ask(
        request, form, act, done=_("监督组已调整。"), heading=_("调整监督组"), verb=_("保存调整"),
        lede=operation.name, back=back,
    )  # fmt: skip


@login_required
@require_GET
def mine(request: SignedIn) -> HttpResponse:
    """Show the dispatches one goes out with: today's and those to come, then the latest."""
    must_enter(request.user)
    today = localdate()
    # By a subquery: a join would let only one's own seat be counted.
    rows = Dispatch.objects.visible_to(request.user).filter(
        pk__in=queries.seats_of(request.user), cancelled_at=None
    )
    found = list(dispatch_rows(rows).order_by("-on", "-pk")[: 2 * PAGE])
    context = {
        "ahead": [one for one in reversed(found) if one.on >= today],
        "past": [one for one in found if one.on < today],
        "today": today,
    }
    return show(request, "mine", context, tab="mine")


@login_required
@require_GET
def team(request: SignedIn, pk: int) -> HttpResponse:
    """Show a team: who leads, who is in it, where, and its dispatches."""
    row = seen_team(request, pk)
    seen = Dispatch.objects.visible_to(request.user).filter(team=row)
    context = {
        "team": row,
        "people": [one.user for one in row.members.filter(left_at=None).select_related("user")],
        "areas": list(row.areas.order_by("code")),
        "rows": dispatch_rows(seen).order_by("-on", "-pk")[:PAGE],
        "today": localdate(),
        "may_send": _may_send(request, row),
    }
    return show_part(request, row.operation, "team", context)


def _may_send(request: SignedIn, row: Team) -> bool:
    if row.operation.state != Operation.State.RUNNING:
        return False
    mine = row.members.filter(user=request.user.pk, left_at=None)
    return runs(request.user, row.operation) or mine.exists()


def sites_for(request: SignedIn, row: Team, chosen: list[str]) -> tuple[Any, list[dict[str, Any]]]:
    """Return the sites one may choose from, narrowed by the address, and the filters."""
    operation = row.operation
    rows = Site.objects.visible_to(request.user).open().filter(
        region__path__under=operation.region.path
    )  # fmt: skip
    kind, street = request.GET.get("kind", ""), request.GET.get("street", "")
    areas = list(row.areas.order_by("code"))
    lands = areas or list(streets_in(operation))
    narrow = rows
    if kind in SiteKind.values:
        narrow = narrow.filter(kind=kind)
    land = world().by_code.get(street)
    if land:
        narrow = narrow.filter(region__path__under=land.path)
    elif areas:
        inside = Q(pk__in=[])
        for one in areas:
            inside |= Q(region__path__under=one.path)
        narrow = narrow.filter(inside)
    draw = request.GET.get("draw", "")
    if draw.isascii() and draw.isdigit() and len(draw) < 19:
        drawn = operation.draws.filter(pk=draw)
        narrow = narrow.filter(pk__in=drawn.values("sites__site"))
    visited = SiteVisit.objects.visible_to(request.user).filter(
        site=OuterRef("pk"), dispatch__team__operation=operation, dispatch__cancelled_at=None
    )
    listed = narrow.annotate(was_planned=Exists(visited)).order_by(
        "was_planned", "street_path", "code"
    )
    ids = list(listed.values_list("pk", flat=True)[:MOST_SITES])
    ids += [int(pk) for pk in chosen if pk.isdigit() and len(pk) < 19]
    found: Any = (
        rows.filter(pk__in=ids)
        .annotate(was_planned=Exists(visited))
        .select_related("region")
        .order_by("was_planned", "street_path", "code")
    )
    filters: list[dict[str, Any]] = [
        {"name": "kind", "label": _("点位类型"), "value": kind,
         "choices": [("", _("全部类型")), *SiteKind.choices]},
        {"name": "street", "label": _("街镇"), "value": street,
         "choices": [("", _("负责的街镇")), *((one.code, one.short_name) for one in lands)]},
    ]  # fmt: skip
    return found, filters


@login_required
@require_http_methods(FORM)
def send(request: SignedIn, pk: int) -> HttpResponse:
    """Plan a dispatch of a team."""
    row = seen_team(request, pk)
    if not _may_send(request, row):
        raise NotFound(_("没有找到这个监督组，或不由您安排出动。"))
    sites, filters = sites_for(request, row, request.POST.getlist("sites"))
    checklists = Checklist.objects.visible_to(request.user).on(localdate()).filter(
        kind__in=("inspection", "unannounced", "style")
    )  # fmt: skip
    initial = {
        "on": _first_day(row.operation),
        "members": list(row.members.filter(left_at=None).values_list("user", flat=True)),
        "key": uuid4().hex,
    }
    form = DispatchForm(
        request.POST or None, team=row, sites=sites, checklists=checklists, initial=initial
    )

    def act() -> str:
        made = actions.plan_dispatch(team=row, by=request.user, at=now(), **form.given())
        return reverse("inspections:dispatch", args=[made.pk])

    return ask(
        request, form, act, done=_("出动已安排，已通知出动人员。"), template="send",
        heading=_("安排出动"), verb=_("安排出动"), lede=f"{row.operation.name} · {row.name}",
        back=reverse("inspections:team", args=[pk]), filters=filters, sites=sites,
        chosen=set(request.POST.getlist("sites")),
    )  # fmt: skip


def _first_day(operation: Operation) -> date:
    return min(max(localdate(), operation.starts_on), operation.ends_on)


@login_required
@require_GET
def dispatch(request: SignedIn, pk: int) -> HttpResponse:
    """Show a dispatch on a phone: its sites in order, what is begun and done, findings."""
    row = seen_dispatch(request, pk)
    stops = SiteVisit.objects.visible_to(request.user).filter(dispatch=row)
    stops = stops.select_related("site__region", "visit", "subject").order_by("order")
    found = list(stops)
    counts = _findings(request, found)
    crew = list(row.members.select_related("user").order_by("pk"))
    is_mine = any(one.user_id == request.user.pk for one in crew)
    may_send = _may_send(request, row.team) and row.cancelled_at is None
    context = {
        "row": row,
        "operation": row.team.operation,
        "stops": [(one, STATES[one.visit.state], counts.get(one.visit_ref, 0)) for one in found],
        "crew": crew,
        "is_mine": is_mine,
        "may_send": may_send,
        "may_cancel": may_send and not any(one.visit.begun_at for one in found),
        "done": sum(one.visit.state == "done" for one in found),
        "points": [
            {
                "lng": one.site.lng, "lat": one.site.lat, "title": one.site.name,
                "note": one.site.address, "tone": STATES[one.visit.state], "char": str(one.order),
            }
            for one in found
            if one.site.lng is not None
        ],
    }  # fmt: skip
    return render(request, "inspections/dispatch.html", context)


def _findings(request: SignedIn, stops: list[SiteVisit]) -> dict[str, int]:
    rows = Finding.objects.visible_to(request.user).standing().filter(
        source_kind="visit", source_id__in=[one.visit_ref for one in stops]
    )  # fmt: skip
    return dict(rows.order_by().values_list("source_id").annotate(n=Count("pk")))


@login_required
@require_http_methods(FORM)
def add(request: SignedIn, pk: int) -> HttpResponse:
    """Add sites to a dispatch on its way."""
    row = seen_dispatch(request, pk)
    if not _may_send(request, row.team) or row.cancelled_at is not None:
        raise NotFound(_("没有找到这次出动，或不由您安排。"))
    sites, filters = sites_for(request, row.team, request.POST.getlist("sites"))
    form = StopsForm(request.POST or None, sites=sites)
    back = reverse("inspections:dispatch", args=[pk])

    def act() -> str:
        stops = [{"site": site} for site in form.cleaned_data["sites"]]
        actions.add_stops(dispatch=row, stops=stops, by=request.user, at=now())
        return back

    return ask(
        request, form, act, done=_("点位已加入这次出动。"), template="send", heading=_("增加点位"),
        verb=_("加入这次出动"), lede=f"{row.team.name} · {row.on}", back=back, filters=filters,
        sites=sites, chosen=set(request.POST.getlist("sites")),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def crew(request: SignedIn, pk: int) -> HttpResponse:
    """Write down who was there."""
    row = seen_dispatch(request, pk)
    must_be_inside(request, row.team.operation)
    there = list(row.members.filter(was_there=True).values_list("user", flat=True))
    form = CrewForm(request.POST or None, crew=queries.crew_of(row), initial={"there": there})
    back = reverse("inspections:dispatch", args=[pk])

    def act() -> str:
        given = form.cleaned_data["there"]
        actions.say_who_was_there(dispatch=row, there=given, by=request.user, at=now())
        return back

    return ask(
        request, form, act, done=_("到场人员已登记。"), heading=_("登记到场人员"),
        verb=_("登记"), lede=_("没有到场的不计入人次。"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def cancel(request: SignedIn, pk: int) -> HttpResponse:
    """Call a dispatch off."""
    row = seen_dispatch(request, pk)
    must_be_inside(request, row.team.operation)
    form = ReasonForm(request.POST or None)
    back = reverse("inspections:dispatch", args=[pk])

    def act() -> str:
        actions.cancel_dispatch(dispatch=row, by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("出动已取消，已通知出动人员。"), heading=_("取消出动"),
        verb=_("取消出动"), lede=f"{row.team.name} · {row.on}", back=back,
    )  # fmt: skip
