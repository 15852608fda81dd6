"""Resolutions: the list, one with its tasks and proof, made at a session, put off, taken back."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.cases.models import Case
from tongxin.cases.queries import dot_line
from tongxin.kit.errors import NotFound, Refused
from tongxin.ui.paging import page_of

from .. import actions, queries
from ..forms import ExtendForm, NoteForm, ResolveForm
from ..models import Resolution
from ..scope import runs_body
from .common import FORM, PAGE, ask, run_session, show


@login_required
@require_GET
def resolutions(request: SignedIn) -> HttpResponse:
    """List the resolutions one may read: open, late or ended."""
    on, state = localdate(), request.GET.get("state", "open")
    rows = Resolution.objects.visible_to(request.user)
    open_, late = Q(closed_at=None), Q(closed_at=None, due_on__lt=on)
    counts = rows.order_by().aggregate(
        open=Count("pk", filter=open_), late=Count("pk", filter=late),
        done=Count("pk", filter=Q(end="done")),
    )  # fmt: skip
    rows = rows.filter({"late": late, "done": Q(end="done")}.get(state, open_))
    found, cursor = page_of(
        rows.select_related("body", "case").prefetch_related(queries.tasks_of_units()),
        request.GET.get("cursor", ""), PAGE,
    )  # fmt: skip
    labels = {"open": _("办理中"), "late": _("超期"), "done": _("已办结")}
    context = {
        "rows": [_row(one, on) for one in found], "next_cursor": cursor,
        "segments": [
            {"label": label, "url": f"?{urlencode({'state': name})}", "active": state == name,
             "count": counts[name]}
            for name, label in labels.items()
        ],
    }  # fmt: skip
    return show(request, "resolutions", context, tab="resolutions")


def _row(one: Resolution, on: Any) -> dict[str, Any]:
    late = one.closed_at is None and one.due_on < on
    tone = "late" if late else {"done": "done", "withdrawn": "idle"}.get(one.end, "working")
    words = _("超期") if late else str(one.get_end_display() or _("办理中"))
    return {
        "one": one, "tone": tone, "words": words,
        "owners": "、".join(task.owner for task in one.tasks.all()),
        "sentence": queries.state_words(one),
    }  # fmt: skip


def _seen(request: SignedIn, pk: int) -> Resolution:
    rows = Resolution.objects.visible_to(request.user)
    return get_object_or_404(
        rows.select_related("body__org", "body__region", "session__meeting", "item", "case",
                            "made_by", "region").prefetch_related(queries.tasks_of_units()), pk=pk,
    )  # fmt: skip


def _run(request: SignedIn, pk: int) -> Resolution:
    one = _seen(request, pk)
    if not runs_body(request.user, one.body):
        raise NotFound(_("没有找到，或不由您负责。"))
    return one


@login_required
@require_GET
def resolution(request: SignedIn, pk: int) -> HttpResponse:
    """Show a resolution: unit, work, place, day, and each unit's task with proof and verdict."""
    one, at = _seen(request, pk), now()
    tasks = list(one.tasks.all())
    prefetch_related_objects(tasks, "case__evidence")
    seen = set(
        Case.objects.visible_to(request.user).filter(pk__in=[task.pk for task in tasks])
        .values_list("pk", flat=True)
    )  # fmt: skip
    context = {
        "one": one, **_row(one, localdate(at)), "runs": runs_body(request.user, one.body),
        "tasks": [
            {"task": task, "line": dot_line(task.case, at=at), "step": task.case.flow.step_of[task.case.step],
             "may_open": task.pk in seen, "photos": _photos(task) if task.pk in seen else []}
            for task in tasks
        ],
    }  # fmt: skip
    return show(request, "resolution", context, tab="resolutions")


def _photos(task: Any) -> list[dict[str, Any]]:
    return [
        {"thumb": reverse("cases:thumb", args=[one.pk]), "url": reverse("cases:photo", args=[one.pk]),
         "kind": one.get_kind_display(), "alt": task.owner}
        for one in task.case.evidence.all() if one.event_id
    ]  # fmt: skip


@login_required
@require_http_methods(FORM)
def resolve(request: SignedIn, pk: int) -> HttpResponse:
    """Make a resolution at a session: who, what, where, by when."""
    session = run_session(request, pk)
    on = localdate()
    wanted = request.GET.get("item", "")
    chosen = (
        session.items.filter(pk=int(wanted)).first()
        if wanted.isdigit() and len(wanted) < 19
        else None
    )
    form = ResolveForm(
        request.POST or None, items=session.items.order_by("seq"),
        regions=queries.lands_for(session.body), units=queries.units_for(session.body, on),
        people=queries.people_for(session.body, on),
        initial={"key": uuid4().hex, "region": session.body.region_id, "item": chosen,
                 "title": chosen.title if chosen else "", "work": chosen.decision if chosen else ""},
    )  # fmt: skip
    back = reverse("conferences:session", args=[pk])

    def act() -> str:
        made = actions.resolve(session=session, by=request.user, at=now(), **form.cleaned_data)
        return reverse("conferences:resolution", args=[made.pk])

    return ask(
        request, form, act, done=_("决议已形成，任务已派给责任单位。"), runs=True, tab="resolutions",
        heading=_("形成决议"), lede=session.meeting.title, verb=_("形成决议"), back=back,
    )  # fmt: skip


@login_required
@require_POST
def urge(request: SignedIn, pk: int) -> HttpResponse:
    """Press the units that have not reported."""
    one = _run(request, pk)
    try:
        n = actions.urge_resolution(resolution=one, by=request.user, at=now())
    except Refused as refusal:
        messages.error(request, f"{refusal.message}{refusal.remedy}")
    else:
        messages.success(request, _("已催办 %d 家。") % n)
    return redirect("conferences:resolution", pk)


@login_required
@require_http_methods(FORM)
def extend(request: SignedIn, pk: int) -> HttpResponse:
    """Put the day off."""
    one = _run(request, pk)
    form = ExtendForm(request.POST or None, initial={"due_on": one.due_on})
    back = reverse("conferences:resolution", args=[pk])

    def act() -> str:
        actions.extend_resolution(resolution=one, by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("已延期，责任单位会收到通知。"), tab="resolutions",
        heading=_("延期"), lede=one.title, verb=_("延期"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def withdraw(request: SignedIn, pk: int) -> HttpResponse:
    """Take a resolution back."""
    one = _run(request, pk)
    form = NoteForm(request.POST or None, label=_("撤回理由"))
    back = reverse("conferences:resolution", args=[pk])

    def act() -> str:
        actions.withdraw_resolution(
            resolution=one, reason=form.cleaned_data["note"], by=request.user, at=now()
        )
        return back

    return ask(
        request, form, act, done=_("决议已撤回。"), tab="resolutions", heading=_("撤回决议"),
        lede=one.title, verb=_("撤回"), back=back,
    )  # fmt: skip
