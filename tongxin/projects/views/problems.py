"""Hard problems in the hands of secretaries: the list, one with plan, steps, reviews; its verbs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.cases.flow import get_flow
from tongxin.cases.queries import moves_open_to
from tongxin.cases.sight import sees
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of

from .. import actions
from ..forms.others import EscalateForm, NoteForm, PlanForm, ProblemForm, ReviewForm
from ..models import HardProblem, ProblemKind
from .common import FORM, PAGE, ask, district_path, leads, led_regions, one, own_path, show

RAISERS = ("officer", "organiser", "secretary", "leader", "first_secretary")
OVER = ("officer", "leader")


@login_required
@require_GET
def problems(request: SignedIn) -> HttpResponse:
    """List the hard problems of one's land, those under way first."""
    state = "closed" if request.GET.get("state") == "closed" else "open"
    kind = request.GET.get("kind", "")
    rows = HardProblem.objects.visible_to(request.user).filter(
        case__closed_at__isnull=state == "open"
    )
    if kind in ProblemKind.values:
        rows = rows.filter(kind=kind)
    after = request.GET.get("cursor", "")
    if after.isdigit() and len(after) < 10:
        rows = rows.order_by("due_on", "pk")[int(after) : int(after) + PAGE + 1]
        start = int(after)
    else:
        rows, start = rows.order_by("due_on", "pk")[: PAGE + 1], 0
    found = list(
        rows.select_related("case", "owner", "org", "region", "at_region").prefetch_related("steps")
    )
    steps, today = get_flow("hard_problem").step_of, localdate()
    context = {
        "rows": [
            {
                "one": row, "step": steps[row.case.step],
                "tone": "late" if row.case.is_open and row.due_on < today else steps[row.case.step].tone,
                "done": sum(1 for step in row.steps.all() if step.done_at), "all": len(row.steps.all()),
                "is_up": row.at_region_id != row.region_id,
            }
            for row in found[:PAGE]
        ],
        "next_cursor": str(start + PAGE) if len(found) > PAGE else "",
        "segments": [
            {"label": label, "url": f"?state={name}", "active": state == name, "count": None}
            for name, label in (("open", _("攻坚中")), ("closed", _("已销号")))
        ],
        "filters": [{"name": "kind", "label": _("类型"), "value": kind, "choices": [("", _("全部")), *ProblemKind.choices]}],
        "hidden": [("state", state)],
        "may_raise": _may_raise(request), "today": today,
    }  # fmt: skip
    return show(request, "problems", context, tab="problems")


def _may_raise(request: SignedIn) -> bool:
    return any(post.role in RAISERS for post in posts_of(request.user))


def seen(request: SignedIn, pk: Any) -> HardProblem:
    rows = HardProblem.objects.visible_to(request.user)
    return one(
        rows.select_related("case", "owner", "org", "region", "at_region", "raised_by"), pk=pk
    )


@login_required
@require_GET
def problem(request: SignedIn, pk: Any) -> HttpResponse:
    """Show one hard problem."""
    found, today = seen(request, pk), localdate()
    case, step = found.case, get_flow("hard_problem").step_of[found.case.step]
    owns = found.owner_id == request.user.pk
    over = leads(request, found.at_region.path, OVER)
    context = {
        "one": found, "step": step, "today": today,
        "tone": "late" if case.is_open and found.due_on < today else step.tone,
        "steps": list(found.steps.all()), "reviews": list(found.reviews.select_related("by")),
        "owns": owns, "may_plan": owns and case.step in ("raised", "working"),
        "may_review": (owns or over) and case.is_open,
        "may_escalate": (owns or over) and case.step in ("raised", "working") and found.at_region.level != "district",
        "sees_case": sees(request.user, case),
        "moves": [m for m in moves_open_to(request.user, case) if m.name in ("solve", "close", "send_back")],
    }  # fmt: skip
    return show(request, "problem", context, tab="problems")


@login_required
@require_http_methods(FORM)
def new_problem(request: SignedIn) -> HttpResponse:
    """Put a problem on the list, in the hands of a secretary."""
    if not _may_raise(request):
        raise NotFound(_("难题由书记自己领，或由上级安排。"))
    initial: dict[str, Any] = {"due_on": localdate() + timedelta(days=90), "key": str(uuid4())}
    post = next((p for p in posts_of(request.user) if p.role == "secretary"), None)
    if post is not None:
        org = Org.objects.public().filter(pk=post.org_id).first()
        initial |= {"org": org.name if org else "", "owner": request.user.name}
    form = ProblemForm(
        request.POST or None, regions=led_regions(request, RAISERS, deep=True),
        path=own_path(request), initial=initial,
    )  # fmt: skip

    def act() -> str:
        made = actions.raise_problem(**form.cleaned_data, by=request.user, at=now())
        return reverse("projects:problem", args=[made.pk])

    return ask(request, form, act, done=_("已领题，接着定攻坚方案。"), tab="problems", heading=_("领办难题"), verb=_("领题"), back=reverse("projects:problems"))  # fmt: skip


@login_required
@require_http_methods(FORM)
def plan(request: SignedIn, pk: Any) -> HttpResponse:
    """Write the plan with its steps."""
    found = seen(request, pk)
    if found.owner_id != request.user.pk:
        raise NotFound(_("攻坚由领办书记本人主持。"))
    left = [f"{step.text} {step.due_on}" for step in found.steps.filter(done_at=None)]
    form = PlanForm(request.POST or None, initial={"plan": found.plan, "steps": "\n".join(left)})
    url = reverse("projects:problem", args=[pk])

    def act() -> str:
        actions.plan_problem(found, **form.cleaned_data, by=request.user, at=now())
        return url

    return ask(request, form, act, done=_("方案已定。"), tab="problems", heading=_("定攻坚方案"), verb=_("定方案"), back=url, lede=found.title)  # fmt: skip


@login_required
@require_http_methods(FORM)
def step(request: SignedIn, pk: Any, n: int) -> HttpResponse:
    """Say that a step is done."""
    found = seen(request, pk)
    row = one(found.steps.all(), n=n)
    if found.owner_id != request.user.pk:
        raise NotFound(_("攻坚由领办书记本人主持。"))
    form = NoteForm(request.POST or None)
    url = reverse("projects:problem", args=[pk])

    def act() -> str:
        actions.finish_step(row, note=form.cleaned_data["note"], by=request.user, at=now())
        return url

    return ask(request, form, act, done=_("这一步已完成。"), tab="problems", heading=_("完成步骤"), verb=_("记为完成"), back=url, lede=row.text)  # fmt: skip


@login_required
@require_http_methods(FORM)
def review(request: SignedIn, pk: Any) -> HttpResponse:
    """Write down what a conference found."""
    found = seen(request, pk)
    form = ReviewForm(request.POST or None, initial={"on": localdate()})
    url = reverse("projects:problem", args=[pk])

    def act() -> str:
        given = form.cleaned_data
        meeting = ("meeting", "", given["meeting"], given["url"])
        actions.review_problem(
            found, on=given["on"], text=given["text"], meeting=meeting, by=request.user, at=now()
        )
        return url

    return ask(request, form, act, done=_("已记录研究意见。"), tab="problems", heading=_("记会议研究意见"), verb=_("记录"), back=url, lede=found.title)  # fmt: skip


@login_required
@require_http_methods(FORM)
def escalate(request: SignedIn, pk: Any) -> HttpResponse:
    """Take a problem up to the secretary above."""
    found = seen(request, pk)
    form = EscalateForm(request.POST or None, path=district_path(found.region.path))
    url = reverse("projects:problem", args=[pk])

    def act() -> str:
        given = form.cleaned_data
        actions.escalate_problem(
            found,
            org=given["org"],
            owner=given["owner"],
            reason=given["reason"],
            by=request.user,
            at=now(),
        )
        return url

    return ask(request, form, act, done=_("已提请上一级领办。"), tab="problems", heading=_("提请上一级领办"), verb=_("提请"), back=url, lede=found.title)  # fmt: skip
