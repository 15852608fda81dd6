"""Contact points with their household visits, and the matrix of rounds (S2.38, S2.39)."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid, NotFound, Refused
from tongxin.regions.queries import Land, get_land, region_of, world

from .. import actions
from ..forms import PointForm, TickForm, VisitForm, VisitPlanForm, WalkForm
from ..models import ContactPoint, HouseholdVisit, WalkTarget
from ..queries import desk, people, visits
from ..queries.rules import kinds
from ..scope import at_desk, desk_paths


@login_required
@require_safe
def listing(request: SignedIn) -> HttpResponse:
    """Show the matrix of rounds and the contact points one sees."""
    today = localdate()
    year = _year(request, today.year)
    columns, walkers = visits.matrix(request.user, year, today)
    context = {
        "year": year,
        "columns": columns,
        "walkers": walkers,
        "points": visits.points_seen(request.user, year),
        "may_set": bool(desk_paths(request.user)),
        "segments": [
            {"label": str(one), "url": f"?year={one}", "active": one == year}
            for one in (today.year, today.year - 1)
        ],
    }
    return render(request, "dual_report/visits.html", context)


def _year(request: SignedIn, default: int) -> int:
    given = request.GET.get("year", "")
    return int(given) if given.isdecimal() and len(given) == 4 else default


def _lands(request: SignedIn) -> list[Land]:
    """Return the land that may be given to somebody: the desk's own, and what lies below."""
    land = desk.land_of(request.user, request.GET.get("region", ""))
    return [land, *world().children_of(land)]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_point(request: SignedIn) -> HttpResponse:
    """Give a leader a contact point."""
    data = request.POST if request.method == "POST" else None
    form = PointForm(data, lands=_lands(request))
    status = 200
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            leader = people.user_named(given["leader"])
            if leader is None:
                raise Invalid(_("没有这个用户名。"), field="leader")
            made = actions.set_contact_point(
                leader=leader, region=region_of(get_land(given["region"])), wanted=given["wanted"],
                by=request.user, at=now(),
            )  # fmt: skip
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
        else:
            messages.success(request, _("%s的联系点已设好。") % leader.name)
            return redirect("dual_report:point", pk=made.pk)
    elif form.is_bound:
        status = 422
    context = {
        "form": form,
        "title": _("设联系点"),
        "verb": _("设联系点"),
        "back": reverse("dual_report:visits"),
    }
    return render(request, "dual_report/form.html", context, status=status)


def _point(request: SignedIn, pk: int) -> ContactPoint:
    rows = ContactPoint.objects.visible_to(request.user).select_related("leader", "region")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def point(request: SignedIn, pk: int) -> HttpResponse:
    """Show the visits of a contact point, and plan one."""
    found, at = _point(request, pk), now()
    form = VisitPlanForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_bound and form.is_valid():
        try:
            actions.plan_visit(point=found, by=request.user, at=at, **form.cleaned_data)
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
        else:
            messages.success(request, _("已安排走访。"))
            return redirect("dual_report:point", pk=pk)
    elif form.is_bound:
        status = 422
    rows, acts = visits.visits_of(found), at_desk(request.user, found.region.path)
    year = localdate(at).year
    context = {
        "point": found,
        "visits": rows,
        "visited": sum(one.visited_at is not None and one.visited_at.year == year for one in rows),
        "form": form,
        "is_mine": found.leader_id == request.user.pk,
        "may_plan": found.to_date is None and (found.leader_id == request.user.pk or acts),
        "may_end": found.to_date is None and acts,
    }
    return render(request, "dual_report/point.html", context, status=status)


@login_required
@require_POST
def end_point(request: SignedIn, pk: int) -> HttpResponse:
    """End a contact point."""
    point = actions.end_contact_point(point=_point(request, pk), by=request.user, at=now())
    messages.success(request, _("%s的联系点已结束，走访记录保留。") % point.leader.name)
    return redirect("dual_report:visits")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def done(request: SignedIn, pk: int) -> HttpResponse:
    """Write down a visit."""
    rows = HouseholdVisit.objects.visible_to(request.user).select_related("point__region")
    visit = get_object_or_404(rows, pk=pk)
    form = VisitForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_bound and form.is_valid():
        try:
            actions.record_visit(visit=visit, by=request.user, at=now(), **form.cleaned_data)
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
        else:
            messages.success(request, _("已记录走访。"))
            return redirect("dual_report:point", pk=visit.point_id)
    elif form.is_bound:
        status = 422
    context = {
        "form": form,
        "title": _("走访%s") % visit.household,
        "lede": _("只写谈了什么、要解决什么；不写健康信息和身份证号。"),
        "verb": _("保存"),
        "back": reverse("dual_report:point", args=[visit.point_id]),
    }
    return render(request, "dual_report/form.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_walk(request: SignedIn) -> HttpResponse:
    """Set a round of visits."""
    at = now()
    data = request.POST if request.method == "POST" else None
    form = WalkForm(
        data, lands=_lands(request), on=localdate(at), initial={"year": localdate(at).year}
    )
    status = 200
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            walker = people.user_named(given["walker"])
            if walker is None:
                raise Invalid(_("没有这个用户名。"), field="walker")
            made = actions.set_walk(
                walker=walker, region=region_of(get_land(given["region"])), kind=given["kind"],
                year=given["year"], labels=given["labels"].splitlines(), by=request.user, at=at,
            )  # fmt: skip
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
        else:
            messages.success(request, _("走访清单已生成，共 %d 个对象。") % made.targets.count())
            return redirect("dual_report:walk", pk=made.pk)
    elif form.is_bound:
        status = 422
    context = {
        "form": form,
        "title": _("设走遍清单"),
        "lede": _(
            "党支部、网格、驻区单位按系统里现有的自动生成；联系户等请在清单里每行写一个（不写姓名）。"
        ),
        "verb": _("生成清单"),
        "back": reverse("dual_report:visits"),
    }
    return render(request, "dual_report/form.html", context, status=status)


@login_required
@require_safe
def walk(request: SignedIn, pk: int) -> HttpResponse:
    """Show a round: what is still unvisited first."""
    found = visits.walk_with_targets(request.user, pk)
    if found is None:
        raise NotFound(_("没有找到这份清单，或您看不到它。"))
    targets = list(found.targets.all())
    context = {
        "walk": found,
        "kind": kinds("walk").get(found.kind),
        "left": [one for one in targets if one.visited_at is None],
        "made": [one for one in targets if one.visited_at is not None],
        "is_mine": found.walker_id == request.user.pk,
    }
    return render(request, "dual_report/walk.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tick(request: SignedIn, pk: int) -> HttpResponse:
    """Say that a target was visited."""
    rows = WalkTarget.objects.visible_to(request.user).select_related("walk")
    target = get_object_or_404(rows, pk=pk)
    form = TickForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_bound and form.is_valid():
        try:
            actions.tick_target(target=target, by=request.user, at=now(), **form.cleaned_data)
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
        else:
            messages.success(request, _("已记录：%s。") % target.label)
            return redirect("dual_report:walk", pk=target.walk_id)
    context = {
        "form": form,
        "title": _("走访%s") % target.label,
        "lede": _("只写谈了什么、要解决什么；不写健康信息。"),
        "verb": _("记为已走访"),
        "back": reverse("dual_report:walk", args=[target.walk_id]),
    }
    return render(request, "dual_report/form.html", context, status=status)
