"""Rosters at the desk: the list, a calendar, planning, signing for somebody, verdicts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Refused
from tongxin.regions.queries import get_land, region_of
from tongxin.ui.paging import pk_of

from .. import actions
from ..actions.rosters import WeeklySlot
from ..forms import WEEKDAYS, NoteForm, PlanForm, RosterForm, VerdictForm
from ..models import DutyTurn, MemberReport, Roster
from ..queries import desk, turns
from ..queries.rules import kinds, number
from .desk import crumbs

PAGE = 20


@login_required
@require_safe
def listing(request: SignedIn) -> HttpResponse:
    """List the rosters of a place, with the verdicts of the year."""
    today = localdate()
    land = desk.land_of(request.user, request.GET.get("region", ""))
    context = {
        "land": land,
        "crumbs": crumbs(land, request.user),
        "rosters": list(turns.rosters_at(request.user, under=land.path)[:200]),
        "roles": kinds("role"),
        "verdicts": turns.verdicts(land.path, today.replace(month=1, day=1), today),
        "target": number("good_share_target", today),
    }
    return render(request, "dual_report/rosters.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedIn) -> HttpResponse:
    """Open a roster."""
    at = now()
    land = desk.land_of(request.user, request.GET.get("region", ""))
    lands = desk.communities(land)
    data = request.POST if request.method == "POST" else None
    form = RosterForm(data, lands=lands, on=localdate(at))
    status = 200
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        fields = ("name", "role", "service", "place", "lng", "lat")
        slots = [
            WeeklySlot(day, given["starts"], given["ends"], given["wanted"])
            for day in given["weekdays"]
        ]
        try:
            roster = actions.open_roster(
                community=region_of(get_land(given["community"])), slots=slots, by=request.user,
                at=at, **{name: given[name] for name in fields},
            )  # fmt: skip
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
        else:
            messages.success(request, _("已设好轮值：%s。请邀请报到党员入列。") % roster.name)
            return redirect("dual_report:roster", pk=roster.pk)
    elif form.is_bound:
        status = 422
    context = {
        "form": form,
        "land": land,
        "one_place": len(lands) == 1,
        "map_url": f"{reverse('api:children_geojson', args=[land.code])}?tolerance_m=20",
    }
    return render(request, "dual_report/new_roster.html", context, status=status)


def _roster(request: SignedIn, pk: int) -> Roster:
    rows = Roster.objects.visible_to(request.user).select_related("community")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def roster(request: SignedIn, pk: int) -> HttpResponse:
    """Show a roster's calendar and people; plan a period."""
    at, found = now(), _roster(request, pk)
    today = localdate(at)
    desk.land_of(request.user)  # the calendar is the desk's; members see their own turns
    initial = {"since": today + timedelta(days=1), "until": today + timedelta(days=28)}
    form = PlanForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            plan = actions.plan_turns(roster=found, by=request.user, at=at, **form.cleaned_data)
        except Refused as refusal:
            form.take(refusal)
        else:
            messages.success(request, _("已排 %d 班，班次已通知本人。") % len(plan.made))
            if plan.unfilled:
                missing = sum(n for _day, _slot, n in plan.unfilled)
                days = "、".join(f"{day:%m-%d}" for day, _slot, _n in plan.unfilled[:6])
                messages.warning(
                    request,
                    _("还缺 %(n)d 人次：%(days)s 等，那几天没有人方便。")
                    % {"n": missing, "days": days},
                )
            month = form.cleaned_data["since"]
            return redirect(f"{reverse('dual_report:roster', args=[pk])}?month={month:%Y-%m}")
    month = _month(request, today)
    weeks = turns.calendar_of(found, month)
    context = {
        "roster": found,
        "slots": list(found.slots.all()),
        "roles": kinds("role"),
        "weeks": weeks,
        "weekdays": WEEKDAYS,
        "has_turns": any(day.turns for week in weeks for day in week if day.shown),
        "month": month,
        "earlier": (month - timedelta(days=1)).strftime("%Y-%m"),
        "later": (month + timedelta(days=32)).strftime("%Y-%m"),
        "people": turns.people_of(found, today),
        "form": form,
        "today": today,
        "now": at,
    }
    return render(request, "dual_report/roster.html", context, status=422 if form.errors else 200)


def _month(request: SignedIn, today: date) -> date:
    try:
        return date.fromisoformat(f"{request.GET.get('month', '')}-01")
    except ValueError:
        return today.replace(day=1)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: SignedIn, pk: int) -> HttpResponse:
    """Put members who reported into a roster."""
    found = _roster(request, pk)
    if request.method == "POST":
        rows = MemberReport.objects.visible_to(request.user).select_related("person", "unit")
        report = get_object_or_404(rows, pk=request.POST.get("report") or 0)
        actions.join_roster(
            roster=found, report=report, by=request.user, at=now(), times=report.times
        )
        messages.success(
            request,
            _("%(name)s已入列“%(roster)s”。") % {"name": report.person.name, "roster": found.name},
        )
        return redirect("dual_report:invite", pk=pk)
    reports = turns.invitable(request.user, found, localdate())
    context = {"roster": found, "reports": reports, "services": kinds("service")}
    return render(request, "dual_report/invite.html", context)


@login_required
@require_POST
def close(request: SignedIn, pk: int) -> HttpResponse:
    """Close a roster."""
    closed = actions.close_roster(roster=_roster(request, pk), by=request.user, at=now())
    messages.success(request, _("已停用“%s”，没值的班次已取消。") % closed.name)
    return redirect("dual_report:rosters")


# Turns.


@login_required
@require_safe
def appraisals(request: SignedIn) -> HttpResponse:
    """List the turns that wait for a verdict, oldest first."""
    land = desk.land_of(request.user, request.GET.get("region", ""))
    found = turns.to_appraise(
        request.user, under=land.path, after=pk_of(request.GET.get("cursor", "")), size=PAGE + 1
    )
    today = localdate()
    context: dict[str, Any] = {
        "land": land,
        "crumbs": crumbs(land, request.user),
        "turns": found[:PAGE],
        "next_cursor": str(found[PAGE - 1].pk) if len(found) > PAGE else "",
        "choices": DutyTurn.Verdict.choices,
        "verdicts": turns.verdicts(land.path, today.replace(month=1, day=1), today),
        "roles": kinds("role"),
        "here": f"?{urlencode({'region': land.code})}",
    }
    return render(request, "dual_report/appraisals.html", context)


def _turn(request: SignedIn, pk: int) -> DutyTurn:
    rows = DutyTurn.objects.visible_to(request.user).select_related("roster", "post__person")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_POST
def appraise(request: SignedIn, pk: int) -> HttpResponse:
    """Give a turn its verdict."""
    turn, form = _turn(request, pk), VerdictForm(request.POST)
    if not form.is_valid():
        messages.error(
            request, "；".join(str(word) for words in form.errors.values() for word in words)
        )
        return redirect("dual_report:appraisals")
    entry = actions.appraise(turn=turn, by=request.user, at=now(), **form.cleaned_data)
    messages.success(
        request,
        _("已鉴定%(name)s，记入服务 %(minutes)d 分钟。")
        % {"name": turn.post.person.name, "minutes": entry.minutes},
    )
    return redirect("dual_report:appraisals")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sign_for(request: SignedIn, pk: int) -> HttpResponse:
    """Sign for somebody who was there."""
    turn = _turn(request, pk)
    form = NoteForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        actions.sign_for(turn=turn, note=form.cleaned_data["note"], by=request.user, at=now())
        messages.success(request, _("已代签，可以鉴定了。"))
        return redirect("dual_report:roster", pk=turn.roster_id)
    context = {
        "form": form,
        "title": _("代%s签到签退") % turn.post.person.name,
        "lede": _("只在确认本人到岗、手机签不上时使用，会记下是谁代签、为什么。"),
        "verb": _("代签"),
        "back": reverse("dual_report:roster", args=[turn.roster_id]),
    }
    return render(request, "dual_report/note.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def cancel(request: SignedIn, pk: int) -> HttpResponse:
    """Call off a turn to come."""
    turn = actions.cancel_turn(turn=_turn(request, pk), by=request.user, at=now())
    messages.success(request, _("已取消这一班，并通知本人。"))
    return redirect("dual_report:roster", pk=turn.roster_id)
