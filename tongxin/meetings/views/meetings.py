"""Planning a meeting and its page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid, NotFound, Refused

from .. import actions, queries
from ..forms import GuestForm, PhotoForm, PlanForm, ReasonForm, SubstituteForm, TimeForm
from ..models import Kind, Lesson, Meeting, Series, StudyGroup, StudyPlan
from . import frame

PAGE = ["GET", "HEAD", "POST"]


def _url(meeting: Meeting) -> str:
    return reverse("meetings:meeting", args=[meeting.pk])


@login_required
@require_http_methods(PAGE)
def new(request: SignedIn) -> HttpResponse:
    """Choose what is held, then plan it: the rule's procedure is drawn beside the form (S4.10)."""
    unit, at = frame.unit_of(request), now()
    if not queries.runs(request.user, unit.path):
        raise NotFound(_("您不负责%s的组织生活。") % unit.name)
    kind = request.GET.get("kind", "")
    if kind not in Kind.values or kind == Kind.TALK:
        return _choose(request, unit)
    rule = queries.rule_for(unit, kind, localdate(at))
    steps = list(rule.steps.all()) if rule else []
    held = [step for step in steps if step.phase == "会中"]
    initial = {
        "agenda": "\n".join(f"{n}. {step.title}" for n, step in enumerate(held, start=1)),
        "chair": request.user.name,
        "title": request.GET.get("title", "")[:100],
        **{name: request.GET.get(name) for name in ("series", "group", "lesson")},
    }
    choices = {
        "series": Series.objects.visible_to(request.user).filter(unit=unit, closed_at=None),
        "group": StudyGroup.objects.visible_to(request.user).filter(unit=unit, ended_on=None)
        if kind == Kind.STUDY else None,
        "lesson": Lesson.objects.visible_to(request.user).filter(
            plan__state=StudyPlan.State.ISSUED, plan__year=localdate(at).year
        ).exclude(done__unit=unit) if kind in (Kind.STUDY, Kind.LECTURE, Kind.THEME_DAY) else None,
    }  # fmt: skip
    form = PlanForm(request.POST or None, initial=initial, choices=choices, at=at)
    context = {
        "unit": unit,
        "kind": Kind(kind),
        "rule": rule,
        "steps": steps,
        "sections": frame.sections(unit, "calendar"),
    }
    return frame.act(
        request, form, "meetings/plan.html", context,
        lambda: actions.plan_meeting(unit=unit, kind=kind, by=request.user, at=at, **form.given()),
        _url, said=_("计划已保存，名单已按党员名册列好。核对后请发通知。"),
    )  # fmt: skip


def _choose(request: SignedIn, unit) -> HttpResponse:
    """Show the kinds of this unit with their norm, then what else can be held."""
    on = localdate()
    ruled, others = [], []
    for kind in Kind:
        if kind == Kind.TALK:
            continue
        rule = queries.rule_for(unit, kind, on)
        if rule:
            ruled.append({"kind": kind, "rule": rule})
        elif kind in (Kind.STUDY, Kind.COORDINATION):
            others.append({"kind": kind, "rule": None})
    sections = frame.sections(unit, "calendar")
    context = {"unit": unit, "ruled": ruled, "others": others, "sections": sections}
    return render(request, "meetings/choose.html", context)


@login_required
@require_http_methods(PAGE)
def change(request: SignedIn, pk: int) -> HttpResponse:
    meeting = frame.held_meeting(request, pk)
    form = TimeForm(request.POST or None, initial=TimeForm.initial_of(meeting))
    context = {"meeting": meeting, "unit": meeting.unit, "kind": Kind(meeting.kind), "rule": None}
    context["sections"] = frame.sections_of(meeting)
    return frame.act(
        request, form, "meetings/plan.html", context,
        lambda: actions.change_meeting(
            meeting=meeting, by=request.user, at=now(), **form.given()
        ),
        _url, said=_("已修改。"),
    )  # fmt: skip


@login_required
@require_safe
def meeting(request: SignedIn, pk: int) -> HttpResponse:
    """Show a meeting to who holds it, with the moves open now; or to who is asked, with their own."""
    it, at = frame.meeting_of(request, pk), now()
    parts = queries.parts_of(request.user, it)
    roll = queries.roll_of(it)
    everybody = (*roll["members"], *roll["guests"])
    own = next((one for one in everybody if one.user_id == request.user.pk), None)
    context: dict[str, Any]
    if not parts and not queries.reads(request.user, it.unit.path):
        context = {"meeting": it, "own": own, "line": queries.line_of(it), "at": at,
                   "may_ask_leave": own and it.state == "noticed" and at < it.starts_at,
                   "leave_form": ReasonForm(label=_("请假事由")),
                   "substitute_form": SubstituteForm() if it.is_gathering else None}  # fmt: skip
        return render(request, "meetings/asked.html", context)
    open_to = {move.name for move in queries.moves_open_to(request.user, it)}
    steps = list(it.rule.steps.all()) if it.rule else []
    context = {
        "meeting": it,
        "unit": it.unit,
        "sections": frame.sections_of(it),
        "line": queries.line_of(it),
        "moves": open_to,
        "roll": roll,
        "steps": steps,
        "done": set(it.steps_done),
        "decisions": list(it.decisions.all()),
        "corrections": list(it.corrections.select_related("by").order_by("at")),
        "photos": _photos(it),
        "siblings": _siblings(request, it),
        "own": own,
        "guest_form": GuestForm(),
        "photo_form": PhotoForm(),
        "reason_forms": {
            "cancel": ReasonForm(label=_("取消原因"), prefix="cancel"),
            "send_back": ReasonForm(label=_("退回意见"), prefix="send_back"),
            "correct": ReasonForm(label=_("更正内容"), prefix="correct"),
        },
        "is_late": at > it.ends_at,
        "has_begun": at >= it.starts_at,
        "is_recorder": it.recorder_id == request.user.pk,
        "has_bar": bool(open_to & IN_THE_BAR),
    }
    return render(request, "meetings/meeting.html", context)


# What stands in the bar at the bottom; the rest stands where it belongs.
IN_THE_BAR = {"notice", "hold", "record", "approve", "send_back", "cancel"}


def _photos(it: Meeting) -> list[dict[str, Any]]:
    return [
        {
            "thumb": reverse("meetings:photo-thumb", args=[photo.pk]),
            "url": reverse("meetings:photo", args=[photo.pk]),
            "kind": photo.get_what_display(),
            "alt": f"{photo.get_what_display()} {it.title}",
        }
        for photo in it.photos.order_by("at")
    ]


def _siblings(request: SignedIn, it: Meeting) -> list[Meeting]:
    if it.series_id is None:
        return []
    rows = Meeting.objects.visible_to(request.user).filter(series=it.series_id)
    return list(rows.exclude(pk=it.pk).order_by("starts_at"))


# The moves of one press, and those of one press and a sentence.
PRESSES = {
    "notice": (actions.send_notice, gettext_lazy("已通知名单上的人。")),
    "hold": (actions.hold_meeting, gettext_lazy("已确认召开。请登记表决，写会议记录。")),
    "approve": (actions.approve, gettext_lazy("已审定，记入全程纪实，学时已计入到会人员。")),
}


@login_required
@require_POST
def press(request: SignedIn, pk: int, move: str) -> HttpResponse:
    """Make a move of one press."""
    it = frame.held_meeting(request, pk)
    if move not in PRESSES:
        raise NotFound(_("没有这个操作。"))
    do, said = PRESSES[move]
    do(meeting=it, by=request.user, at=now())
    messages.success(request, said)
    return redirect(_url(it))


@login_required
@require_POST
def say(request: SignedIn, pk: int, move: str) -> HttpResponse:
    """Make a move that needs a sentence: cancel, send back, correct."""
    it, at = frame.held_meeting(request, pk), now()
    form = ReasonForm(request.POST, prefix=move)
    if move not in {"cancel", "send_back", "correct"}:
        raise NotFound(_("没有这个操作。"))
    if not form.is_valid():
        raise Invalid(_("请写明原因或说明。"))
    text = form.cleaned_data["text"]
    if move == "cancel":
        actions.cancel_meeting(meeting=it, by=request.user, at=at, reason=text)
    elif move == "send_back":
        actions.send_back(meeting=it, by=request.user, at=at, note=text)
    else:
        actions.correct(meeting=it, by=request.user, at=at, text=text)
    messages.success(request, _("已办理。"))
    return redirect(_url(it))


@login_required
@require_POST
def leave(request: SignedIn, pk: int) -> HttpResponse:
    """Ask leave for oneself."""
    it = frame.meeting_of(request, pk)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("请写明请假事由。"))
    text = form.cleaned_data["text"]
    actions.ask_leave(meeting=it, user=request.user, reason=text, at=now())
    messages.success(request, _("已请假，主持人会看到。"))
    return redirect(_url(it))


@login_required
@require_POST
def substitute(request: SignedIn, pk: int) -> HttpResponse:
    """Ask leave of a gathering and name who comes instead."""
    it = frame.meeting_of(request, pk)
    form = SubstituteForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("请写明代会人和请假事由。"))
    row = actions.send_substitute(meeting=it, user=request.user, at=now(), **form.cleaned_data)
    messages.success(request, _("已请假，由%s代会。") % row.name)
    return redirect(_url(it))


@login_required
@require_POST
def guest(request: SignedIn, pk: int) -> HttpResponse:
    """Put a guest on the list."""
    it = frame.held_meeting(request, pk)
    form = GuestForm(request.POST)
    if not form.is_valid():
        raise Invalid(" ".join(str(e) for errors in form.errors.values() for e in errors))
    row = actions.invite(meeting=it, by=request.user, at=now(), **form.cleaned_data)
    messages.success(request, _("已把%s列入名单。") % row.name)
    return redirect(_url(it))


@login_required
@require_POST
def add_photos(request: SignedIn, pk: int) -> HttpResponse:
    """Keep photos of the meeting."""
    it = frame.held_meeting(request, pk)
    form = PhotoForm(request.POST, request.FILES)
    if not form.is_valid():
        raise Invalid(" ".join(str(e) for errors in form.errors.values() for e in errors))
    at = now()
    for data in form.cleaned_data["photos"]:
        try:
            actions.add_photo(
                meeting=it, data=data, by=request.user, at=at, what=form.cleaned_data["what"]
            )
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect(_url(it))
    messages.success(request, _("照片已保存。"))
    return redirect(_url(it))
