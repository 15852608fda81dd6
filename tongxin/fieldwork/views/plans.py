"""Plans: listed, made, looked at with what comes next and what was covered, changed, stopped."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, Refused
from tongxin.orgs.scope import roles_over
from tongxin.regions.queries import place_name
from tongxin.ui.paging import page_of

from .. import actions, queries
from ..actions.plans import PLANNERS
from ..forms import ChangePlanForm, PlanForm, WhyForm
from ..models import Plan
from .common import (
    FORM,
    PAGE,
    ask,
    checklist_choices,
    checklist_named,
    goers,
    land_choices,
    must_oversee,
    paths_of,
    period_asked,
    region_named,
    show,
    users_named,
)

State = Plan.State
TONES = {
    State.ACTIVE: "working", State.WAITING: "verify", State.STOPPED: "waiting", State.ENDED: "idle",
}  # fmt: skip
CHANGED = (
    "name", "every", "times", "period", "weekday", "month_day", "days", "assign", "ends_on",
)  # fmt: skip


@login_required
@require_safe
def listing(request: SignedIn) -> HttpResponse:
    """List the plans of one's land, those at work first."""
    must_oversee(request.user)
    state = request.GET.get("state", "active")
    rows = Plan.objects.visible_to(request.user).select_related("region", "checklist")
    if state in State.values:
        rows = rows.filter(state=state)
    page, cursor = page_of(rows, request.GET.get("cursor", ""), PAGE)
    context = {
        "plans": [
            {
                "plan": plan,
                "tone": TONES[State(plan.state)],
                "where": place_name(plan.area),
                "rhythm": queries.rhythm_in_words(plan),
            }
            for plan in page
        ],
        "next_cursor": cursor,
        "may_plan": bool(paths_of(request.user, PLANNERS)),
        "filters": [
            {"name": "state", "label": _("状态"), "value": state,
             "choices": [("all", _("全部")), *State.choices]}
        ],
    }  # fmt: skip
    return show(request, "plans", context, tab="plans")


def seen_plan(request: HttpRequest, pk: int) -> Plan:
    rows = Plan.objects.visible_to(request.user)
    wanted = rows.select_related("region", "checklist", "org", "made_by")
    return get_object_or_404(wanted, pk=pk)


def may_plan(request: SignedIn, plan: Plan) -> bool:
    if plan.made_by_id == request.user.pk:
        return True
    return not plan.is_unannounced and not roles_over(request.user, plan.area).isdisjoint(PLANNERS)


@login_required
@require_safe
def plan(request: SignedIn, pk: int) -> HttpResponse:
    """Show a plan: what comes next and why, its coverage in a period, its history."""
    row = seen_plan(request, pk)
    people = queries.named_in(row)
    default = {"daily": "week", "workdays": "week", "weekly": "month"}.get(row.every, "year")
    name, first, last = period_asked(request, default)
    matrix = queries.coverage(row, first, last, people=people)
    context = {
        "plan": row,
        "tone": TONES[State(row.state)],
        "where": place_name(row.area),
        "rhythm": queries.rhythm_in_words(row),
        "next": queries.next_slots(row, localdate()),
        "mend_url": queries.mend_url(row) if row.state == State.WAITING else "",
        "matrix": matrix,
        "people": people,
        "left": [one for one in matrix.rows if not one.share.done],
        "points": _points(matrix),
        "first": first,
        "last": last,
        "filters": [
            {"name": "period", "label": _("时间"), "value": name,
             "choices": [("week", _("本周")), ("month", _("本月")), ("quarter", _("本季度")), ("year", _("本年"))]}
        ],
        "changes": row.changes.select_related("by").order_by("-pk")[:20],
        "may": may_plan(request, row) and row.state != State.ENDED,
    }  # fmt: skip
    return show(request, "plan", context, tab="plans")


def _points(matrix: queries.Matrix) -> list[dict[str, Any]]:
    found = []
    for row in matrix.rows:
        target = row.target
        lng = target.lng if target.lng is not None else target.region.lng
        lat = target.lat if target.lat is not None else target.region.lat
        if lng is not None:
            found.append(
                {"lng": lng, "lat": lat, "title": target.name, "note": row.share.words, "url": "",
                 "tone": "done" if row.share.done else "waiting"}
            )  # fmt: skip
    return found


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Make a plan."""
    if not paths_of(request.user, PLANNERS):
        raise NotFound(_("您的岗位不能制定走访计划。"))
    today = localdate()
    form = PlanForm(
        request.POST or None, regions=land_choices(request.user, PLANNERS),
        checklists=checklist_choices(request.user, today), people=goers(request.user),
        initial={"starts_on": today, "key": uuid4().hex, "every": "weekly", "weekday": 1},
    )  # fmt: skip

    def act() -> str:
        said = dict(form.cleaned_data)
        region = region_named(said.pop("region"))
        said |= _targets(form, said.pop("target_kind"), region, said.pop("places"))
        made = actions.make_plan(
            region=region, by=request.user, at=now(), people=users_named(said.pop("people")),
            checklist=checklist_named(request.user, said.pop("checklist")),
            times=said.pop("times") or 1, period=said.pop("period") or "month",
            weekday=int(said.pop("weekday") or 1), month_day=said.pop("month_day") or 1, **said,
        )  # fmt: skip
        return reverse("fieldwork:plan", args=[made.pk])

    return ask(
        request, form, act, done=_("计划已建立。"), tab="plans",
        heading=_("新建走访计划"), verb=_("建立计划"), back=reverse("fieldwork:plans"),
    )  # fmt: skip


def _targets(form: PlanForm, kind: str, region: Any, places: str) -> dict[str, Any]:
    if kind == "branch":
        return {"target_kind": "org", "org_kind": "party", "unit_kind": "branch"}
    if kind == "unit":
        return {"target_kind": "org", "org_kind": "unit"}
    if kind in ("site", "household"):
        listed = [{"name": name, "region": region} for name in form.listed]
        return {"target_kind": kind, "targets": listed}
    return {"target_kind": kind}


@login_required
@require_http_methods(FORM)
def change(request: SignedIn, pk: int) -> HttpResponse:
    """Change how a plan goes on."""
    row = managed(request, pk)
    people = dict(goers(request.user))
    named = [one.user for one in row.named.select_related("user")]
    people |= {str(user.pk): str(user) for user in named if str(user.pk) not in people}
    initial = {name: getattr(row, name) for name in CHANGED}
    form = ChangePlanForm(
        request.POST or None, people=people.items(),
        initial=initial | {"people": [str(user.pk) for user in named]},
    )  # fmt: skip

    def act() -> str:
        said = dict(form.cleaned_data)
        chosen = users_named(said.pop("people"))
        actions.change_plan(plan=row, by=request.user, at=now(), people=chosen, **said)
        return reverse("fieldwork:plan", args=[pk])

    return ask(
        request, form, act, done=_("计划已调整。"), tab="plans", heading=_("调整计划"),
        lede=_("已经安排的走访不变。"), verb=_("保存"), back=reverse("fieldwork:plan", args=[pk]),
    )  # fmt: skip


def managed(request: SignedIn, pk: int) -> Plan:
    row = seen_plan(request, pk)
    if not may_plan(request, row):
        raise NotFound(_("没有找到这个计划，或不归您管。"))
    return row


WORDS: dict[str, Any] = {
    "stop": (actions.stop_plan, gettext_lazy("暂停计划"), gettext_lazy("计划已暂停。")),
    "resume": (actions.resume_plan, gettext_lazy("恢复计划"), gettext_lazy("计划已恢复。")),
    "end": (actions.end_plan, gettext_lazy("结束计划"), gettext_lazy("计划已结束。")),
}


@login_required
@require_http_methods(FORM)
def halt(request: SignedIn, pk: int, verb: str) -> HttpResponse:
    """Stop a plan, take it up again, or end it, with the reason."""
    row, form = managed(request, pk), WhyForm(request.POST or None)
    act_on, heading, done = WORDS[verb]

    def act() -> str:
        act_on(plan=row, by=request.user, at=now(), **form.cleaned_data)
        return reverse("fieldwork:plan", args=[pk])

    lede = (
        _("未开始的走访会一并取消。") if verb != "resume" else _("从今天起继续安排，停下的不补。")
    )
    return ask(
        request, form, act, done=done, tab="plans", heading=heading, verb=heading,
        lede=f"{row.name} · {lede}", back=reverse("fieldwork:plan", args=[pk]),
    )  # fmt: skip


@login_required
@require_POST
def refresh(request: SignedIn, pk: int) -> HttpResponse:
    """Take in the places that are new on the plan's land."""
    try:
        n = actions.add_targets(plan=managed(request, pk), by=request.user, at=now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("增加了 %d 个走访对象。") % n if n else _("没有新的走访对象。"))
    return redirect("fieldwork:plan", pk)


@login_required
@require_http_methods(FORM)
def drop(request: SignedIn, pk: int, target: int) -> HttpResponse:
    """Go to a place no more."""
    row = managed(request, pk)
    place = get_object_or_404(row.targets, pk=target)
    form = WhyForm(request.POST or None)

    def act() -> str:
        actions.drop_target(target=place, by=request.user, at=now(), **form.cleaned_data)
        return reverse("fieldwork:plan", args=[pk])

    return ask(
        request, form, act, done=_("已移出，以前的走访保留。"), tab="plans",
        heading=_("移出走访对象"), lede=f"{row.name} · {place.name}", verb=_("移出"),
        back=reverse("fieldwork:plan", args=[pk]),
    )  # fmt: skip
