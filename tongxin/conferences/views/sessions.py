"""A session: its home, the agenda picked from what is proposed, decisions, the printed agenda."""

from __future__ import annotations

from fractions import Fraction
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, Refused
from tongxin.meetings.models import OF_FACT
from tongxin.meetings.queries import line_of

from .. import actions, queries
from ..forms import DecideForm, NoteForm, ProposeForm, SessionForm
from ..models import AgendaItem, BodyMember, ConferenceBody, Resolution, Session
from ..scope import convenes, org_ids, runs_body
from .common import (
    FORM,
    ask,
    body_of,
    convened_body,
    convened_session,
    run_body,
    session_of,
    show,
)

MEETING_MOVES = ("planned", "noticed")


def _url(session: Session) -> str:
    return reverse("conferences:session", args=[session.pk])


@login_required
@require_http_methods(FORM)
def new(request: SignedIn, pk: int) -> HttpResponse:
    """Plan the next session."""
    one = convened_body(request, pk)
    form = SessionForm(
        request.POST or None,
        initial={"day": localdate(), "starts": "14:30", "ends": "16:30", "key": uuid4().hex,
                 "venue": _("%s会议室") % one.org.name if one.org else ""},
    )  # fmt: skip

    def act() -> str:
        made = actions.plan_session(body=one, by=request.user, at=now(), **form.given())
        return _url(made)

    return ask(
        request, form, act, done=_("会议已计划，请选定议题后发通知。"), tab="home",
        heading=_("计划一次会议"), lede=one.name, verb=_("保存计划"),
        back=reverse("conferences:body", args=[pk]),
    )  # fmt: skip


@login_required
@require_GET
def session(request: SignedIn, pk: int) -> HttpResponse:
    """Show a session: what became of the last one's resolutions, agenda, seats, new resolutions."""
    one = session_of(request, pk)
    runs = runs_body(request.user, one.body)
    seats = queries.attendance_of(one)
    earlier, resolutions = queries.told_and_made(one)
    items = list(one.items.order_by("seq"))
    share = Fraction(vars(one)["quorum_share"] or "1/2")
    today = localdate()
    context = {
        "session": one, "meeting": one.meeting, "body": one.body, "runs": runs,
        "convenes": runs or convenes(request.user, one.body), "line": line_of(one.meeting), "seats": seats,
        "quorum": queries.quorum_of(one, seats, share=share),
        "earlier": [_told(row, today) for row in earlier],
        "items": items, "resolved": {row.item_id for row in resolutions}, "resolutions": [_told(row, today) for row in resolutions],
        "is_held": one.meeting.state in OF_FACT,
        "is_open": one.meeting.state in MEETING_MOVES,
    }  # fmt: skip
    return show(request, "session", context, tab="home")


def _told(row: Resolution, today: Any) -> dict[str, Any]:
    late = row.closed_at is None and row.due_on < today
    tone = "late" if late else {"done": "done", "withdrawn": "idle"}.get(row.end, "working")
    words = _("超期") if late else str(row.get_end_display() or _("办理中"))
    return {"one": row, "tone": tone, "words": words, "sentence": queries.state_words(row)}


@login_required
@require_http_methods(FORM)
def agenda(request: SignedIn, pk: int) -> HttpResponse:
    """Pick and order: what members proposed, and what the lists, cases and resolutions offer.

    The boxes are named pick_<item> or new_<source>; seq_<…> is the place, the smallest first.
    """
    one, at = convened_session(request, pk), now()
    standing = list(
        AgendaItem.objects.visible_to(request.user)
        .filter(body=one.body, state__in=("proposed", "picked"))
        .select_related("proposed_by").order_by("-session", "seq", "proposed_at")
    )  # fmt: skip
    offered = queries.proposals(one.body, at, waiting=standing)
    waiting = [item for item in standing if item.session_id in (None, one.pk)]
    if request.method == "POST":
        try:
            n = _pick(request, one, waiting, offered, at)
        except Refused as refusal:
            messages.error(request, f"{refusal.message}{refusal.remedy}")
        else:
            messages.success(request, _("议程已保存，共 %d 项。") % n)
            return redirect(_url(one))
    words = queries.group_words()
    groups = [
        {"label": words[name], "rows": [p for p in offered if p.group == name]}
        for name in ("need", "whistle", "late", "resolution")
    ]
    context = {
        "session": one, "waiting": waiting, "waiting_label": words["item"],
        "groups": [group for group in groups if group["rows"]], "kinds": AgendaItem.Kind.choices,
        "body": one.body, "runs": runs_body(request.user, one.body), "problems_url": _soft("projects:problems", one.body),
    }  # fmt: skip
    return show(request, "agenda", context, tab="home")


def _soft(name: str, body: ConferenceBody) -> str:
    """Return the address of a page of another app; "" where it is not there."""
    try:
        return f"{reverse(name)}?region={body.region.code}"
    except NoReverseMatch:
        return ""


def _pick(
    request: SignedIn, one: Session, waiting: list[AgendaItem], offered: list[queries.Proposal],
    at: Any,
) -> int:  # fmt: skip
    placed: list[tuple[int, int, AgendaItem]] = []
    for n, item in enumerate(waiting):
        if f"pick_{item.pk}" in request.POST:
            placed.append((_seq(request, str(item.pk)), n, item))
    for n, found in enumerate(offered, len(waiting)):
        if f"new_{found.key}" in request.POST:
            made = actions.propose_item(
                body=one.body, kind=found.kind, title=found.title, text=found.text,
                source=(found.source_kind, found.source_id, "", found.source_url),
                by=request.user, at=at,
            )  # fmt: skip
            placed.append((_seq(request, found.key), n, made))
    items = [item for _seq_, _n, item in sorted(placed, key=lambda row: row[:2])]
    return actions.set_agenda(session=one, items=items, by=request.user, at=at)


def _seq(request: SignedIn, name: str) -> int:
    text = request.POST.get(f"seq_{name}", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 99


@login_required
@require_POST
def announce(request: SignedIn, pk: int) -> HttpResponse:
    """Announce a session to all its seats."""
    one = convened_session(request, pk)
    try:
        actions.announce_session(session=one, by=request.user, at=now())
    except Refused as refusal:
        messages.error(request, f"{refusal.message}{refusal.remedy}")
    else:
        messages.success(request, _("已通知全部成员单位。"))
    return redirect(_url(one))


@login_required
@require_GET
def print_out(request: SignedIn, pk: int) -> HttpResponse:
    """Give the agenda for printing: the outcome of the last resolutions first."""
    one = session_of(request, pk)
    context = {
        "session": one, "meeting": one.meeting, "body": one.body,
        "earlier": [_told(row, localdate()) for row in queries.carried_over(one)],
        "items": list(one.items.order_by("seq")), "seats": queries.attendance_of(one),
    }  # fmt: skip
    return render(request, "conferences/print.html", context)


@login_required
@require_http_methods(FORM)
def propose(request: SignedIn, pk: int) -> HttpResponse:
    """Propose a matter to a body, for one's unit."""
    one = body_of(request, pk)
    form = ProposeForm(request.POST or None, initial={"key": uuid4().hex})
    back = reverse("conferences:body", args=[pk])

    def act() -> str:
        actions.propose_item(body=one, by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("已提交，主持人会选定是否列入。"), tab="home",
        heading=_("提一个议题"), lede=one.name, verb=_("提交"), back=back,
    )  # fmt: skip


def _item(request: SignedIn, pk: int) -> AgendaItem:
    rows = AgendaItem.objects.visible_to(request.user)
    return get_object_or_404(
        rows.select_related("body__org", "body__region", "session__meeting", "proposed_by"), pk=pk
    )


@login_required
@require_GET
def agenda_item(request: SignedIn, pk: int) -> HttpResponse:
    """Show a matter with what was decided, and the resolutions that came of it."""
    one = _item(request, pk)
    runs = runs_body(request.user, one.body)
    above = queries.bodies_above(one.body) if runs else []
    context = {
        "item": one, "body": one.body, "runs": runs, "above": above,
        "resolutions": Resolution.objects.visible_to(request.user).filter(item=one),
        "may_decide": runs and one.session_id and one.state in ("picked", "decided"),
    }  # fmt: skip
    return show(request, "agenda_item", context, tab="home")


@login_required
@require_http_methods(FORM)
def decide(request: SignedIn, pk: int) -> HttpResponse:
    """Write down what was decided on an item."""
    one = _item(request, pk)
    if not runs_body(request.user, one.body) or one.session is None:
        raise NotFound(_("没有找到，或不由您负责。"))
    form = DecideForm(request.POST or None, initial={"decision": one.decision})
    back = _url(one.session)

    def act() -> str:
        actions.decide_item(item=one, by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("议定意见已登记。"), tab="home", heading=_("登记议定意见"),
        lede=f"{one.get_kind_display()} · {one.title}", verb=_("登记"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def decline(request: SignedIn, pk: int) -> HttpResponse:
    """Say why a matter is not put on an agenda."""
    one = _item(request, pk)
    run_body(request, one.body_id)
    form = NoteForm(request.POST or None, label=_("不列入的理由"))
    back = reverse("conferences:body", args=[one.body_id])

    def act() -> str:
        actions.decline_item(item=one, reason=form.cleaned_data["note"], by=request.user, at=now())
        return back

    return ask(
        request, form, act, done=_("已告诉提出的人。"), tab="home", heading=_("不列入议程"),
        lede=one.title, verb=_("确定"), back=back,
    )  # fmt: skip


@login_required
@require_POST
def refer(request: SignedIn, pk: int) -> HttpResponse:
    """Refer a matter to the body of the land above."""
    one = _item(request, pk)
    asked = request.POST.get("to", "")
    rows = ConferenceBody.objects.public()
    to = get_object_or_404(rows, pk=int(asked) if asked.isdigit() and len(asked) < 19 else 0)
    try:
        actions.refer_item(item=one, to=to, by=request.user, at=now())
    except Refused as refusal:
        messages.error(request, f"{refusal.message}{refusal.remedy}")
    else:
        messages.success(request, _("已报%s。") % to.name)
    return redirect("conferences:agenda-item", pk)


@login_required
@require_GET
def mine(request: SignedIn) -> HttpResponse:
    """Show a member unit its seats, the sessions ahead, what it has to do, what it proposed."""
    at, user = now(), request.user
    seats = list(
        BodyMember.objects.visible_to(user).held_by(user).filter(to_date=None)
        .select_related("body", "kind", "org").order_by("body__region__path", "pk")[:60]
    )  # fmt: skip
    bodies = {seat.body_id for seat in seats}
    ahead = (
        Session.objects.visible_to(user)
        .filter(body__in=bodies, meeting__ends_at__gte=at)
        .exclude(meeting__state__in=("planned", "cancelled"))
        .select_related("meeting", "body")
        .order_by("meeting__starts_at")[:10]
    )
    todo = (
        Resolution.objects.visible_to(user)
        .filter(
            Q(tasks__org__in=org_ids(user)) | Q(tasks__holder=user.pk),
            tasks__case__step__in=("assigned", "doing"),
        )
        .select_related("body", "case").distinct().order_by("due_on")[:20]
    )  # fmt: skip
    proposed = (
        AgendaItem.objects.visible_to(user).filter(proposed_by=user).select_related("body")
        .order_by("-proposed_at")[:10]
    )  # fmt: skip
    context = {
        "seats": seats, "ahead": ahead, "todo": todo, "proposed": proposed,
        "today": localdate(at),
    }  # fmt: skip
    return show(request, "mine", context, tab="mine")
