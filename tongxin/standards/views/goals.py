"""One goal: set, looked at with its entries, driven on, changed, accepted."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, Refused
from tongxin.orgs.scope import keeps_register

from .. import actions, queries
from ..forms import AcceptForm, ChangeGoalForm, EntryForm, GoalForm
from ..models import Goal, GoalEntry
from .common import ask, number_of, show
from .programmes import FORM, led_programme, owners_of

ENTRIES = 100


def seen_goal(request: SignedIn, pk: int) -> Goal:
    rows = Goal.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("programme__unit", "owner", "aim"), pk=pk)


def led_goal(request: SignedIn, pk: int) -> Goal:
    goal = seen_goal(request, pk)
    if not keeps_register(request.user, goal.programme.unit.path):
        raise NotFound(_("没有找到这项任务，或不由您牵头。"))
    return goal


@login_required
@require_http_methods(FORM)
def new(request: SignedIn, pk: int) -> HttpResponse:
    """Add a goal to a programme."""
    programme = led_programme(request, pk)
    year = number_of(request, "year") or min(max(localdate().year, programme.from_year), programme.to_year)  # fmt: skip
    initial = {
        "year": year, "sector": request.GET.get("sector", "")[:16], "due": f"{year}-12-31",
        "owner": programme.unit_id,
    }  # fmt: skip
    units = owners_of(programme)
    form = GoalForm(request.POST or None, programme=programme, units=units, initial=initial)

    def act() -> str:
        made = actions.set_goal(programme=programme, by=request.user, at=now(), **form.cleaned_data)
        return reverse("standards:goal", args=[made.pk])

    return ask(
        request, form, act, done=_("任务已添加，已通知责任党组织。"), tab="home",
        heading=_("添加年度任务"), verb=_("添加任务"), lede=programme.name,
        back=reverse("standards:programme", args=[pk]),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def goal(request: SignedIn, pk: int) -> HttpResponse:
    """Show a goal with its entries; who keeps the owner's register adds one."""
    row = seen_goal(request, pk)
    open_ = row.closed_on is None and row.programme.closed_on is None
    may_add = open_ and keeps_register(request.user, row.owner.path)
    corrects = _corrected(request, row) if may_add else None
    initial = {"on": localdate(), "key": uuid4().hex, "corrects": corrects.pk if corrects else None}
    form = EntryForm(request.POST or None, goal=row, initial=initial)
    status, remedy = 200, ""
    if request.method == "POST":
        if not may_add:
            raise NotFound(_("没有找到这项任务，或不由您填报。"))
        status = 422
        if form.is_valid():
            try:
                _add(request, row, form)
            except Refused as refusal:
                form.take(refusal)
                status, remedy = refusal.status, refusal.remedy
            else:
                messages.success(request, _("进展已填报。"))
                return redirect("standards:goal", pk)
    entries = GoalEntry.objects.visible_to(request.user).filter(goal=row)
    context: dict[str, Any] = {
        "row": row,
        "view": queries.goal_views([row], localdate())[0],
        "entries": entries.select_related("by", "correction", "corrects").order_by("-on", "-pk")[:ENTRIES],
        "form": form,
        "remedy": remedy,
        "may_add": may_add,
        "corrects": corrects,
        "leads": open_ and keeps_register(request.user, row.programme.unit.path),
    }  # fmt: skip
    return show(request, "goal", context, tab="home", status=status)


def _corrected(request: SignedIn, row: Goal) -> GoalEntry | None:
    text = request.POST.get("corrects") or request.GET.get("corrects") or ""
    pk = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    return (
        GoalEntry.objects.visible_to(request.user).filter(goal=row, pk=pk).first() if pk else None
    )


def _add(request: SignedIn, row: Goal, form: EntryForm) -> None:
    given: dict[str, Any] = {
        name: form.cleaned_data.get(name) for name in ("on", "text", "done", "total")
    }
    actions.add_entry(
        goal=row, evidence=form.cleaned_data["evidence"], key=form.cleaned_data["key"],
        corrects=_corrected(request, row), by=request.user, at=now(), **given,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def change(request: SignedIn, pk: int) -> HttpResponse:
    """Change target, owner or day of a goal, with the reason."""
    row = led_goal(request, pk)
    initial = {"target": row.target, "owner": row.owner_id, "due": row.due}
    units = owners_of(row.programme)
    form = ChangeGoalForm(request.POST or None, units=units, initial=initial)

    def act() -> str:
        actions.change_goal(goal=row, by=request.user, at=now(), **form.cleaned_data)
        return reverse("standards:goal", args=[pk])

    return ask(
        request, form, act, done=_("任务已调整。"), tab="home", heading=_("调整任务"),
        verb=_("保存调整"), lede=row.title, back=reverse("standards:goal", args=[pk]),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def accept(request: SignedIn, pk: int) -> HttpResponse:
    """Accept a goal as done."""
    row = led_goal(request, pk)
    view = queries.goal_views([row], localdate())[0]
    form = AcceptForm(request.POST or None, initial={"on": localdate()})

    def act() -> str:
        actions.accept_goal(goal=row, by=request.user, at=now(), **form.cleaned_data)
        return reverse("standards:goal", args=[pk])

    return ask(
        request, form, act, done=_("任务已验收。"), tab="home", heading=_("验收任务"),
        verb=_("验收"), lede=f"{row.title}：{view.words}", back=reverse("standards:goal", args=[pk]),
    )  # fmt: skip
