"""One task: what it asks, who does which part, its stages, what was reported; and its verbs."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.cases.actions import keep_evidence
from tongxin.cases.queries import moves_open_to
from tongxin.cases.sight import sees
from tongxin.kit.errors import NotFound, Refused

from .. import actions, queries
from ..forms.tasks import (
    AddPartForm,
    PartForm,
    ReportForm,
    SlipForm,
    StageDoneForm,
    StagesForm,
    TaskForm,
)
from ..hooks import remember
from ..models import ScheduleTemplate, Stage, Target, Task
from ..models.common import own_orgs
from ..queries import schedules
from .common import FORM, ask, leads, one, show


def seen(request: SignedIn, pk: Any) -> Task:
    rows = Task.objects.visible_to(request.user)
    related = ("aim__region", "case__holder", "schedule__template")
    found = one(queries.ready(rows).select_related(*related), pk=pk)
    remember(found)
    return found


def does(request: SignedIn, task: Task) -> bool:
    return task.org_id in own_orgs(request.user) or task.owner_id == request.user.pk


@login_required
@require_GET
def task(request: SignedIn, pk: Any) -> HttpResponse:
    """Show a task, its parts, its stages and how it went so far."""
    found, today = seen(request, pk), localdate()
    mine = own_orgs(request.user)
    case = found.case
    context = {
        "task": found, "where": queries.standing_of(found, today), "today": today,
        "elapsed": queries.elapsed(found, today),
        "parts": [
            {"one": part, "mine": part.org_id in mine and part.done_at is None and bool(case and case.is_open)}
            for part in found.parts.select_related("org")
        ],
        "reports": list(found.reports.select_related("by").order_by("-pk")[:20]),
        "sees_case": case is not None and sees(request.user, case),
        "moves": [m for m in moves_open_to(request.user, case)[:4] if m.name in VERBS] if case else [],
        "may_report": case is not None and case.step == "taken" and does(request, found),
        "may_plan": found.closed_at is None and actions.may_plan(request.user, found),
        "leads": leads(request, found.programme.region.path),
        **_stages(found, today),
    }  # fmt: skip
    return show(request, "task", context, tab="home")


VERBS = ("take", "finish", "accept", "assign")


def _stages(task: Task, today: date) -> dict[str, Any]:
    schedule = getattr(task, "schedule", None)
    if schedule is None:
        return {"stages": []}
    schedule.task = task
    stages = list(schedule.stages.all())
    late = {one.code: one.days for one in schedules.standing_of(schedule, stages, today).late}
    first = next((one.pk for one in stages if one.done_on is None), None)
    return {
        "schedule": schedule,
        "stages": [{"one": row, "late": late.get(row.code, 0), "is_next": row.pk == first} for row in stages],
        "sentence": schedules.sentence_of(schedule, stages, today),
    }  # fmt: skip


ON_PAGE = (
    "item", "title", "text", "field", "start_on", "due_on", "hard_end", "measure", "unit", "target",
    "aim",
)  # fmt: skip


@login_required
@require_http_methods(FORM)
def change(request: SignedIn, pk: Any) -> HttpResponse:
    """Change a task before it is given out: all that was said when it was added."""
    found = seen(request, pk)
    programme = found.programme
    if found.case_id is not None or not leads(request, programme.region.path):
        raise NotFound(_("没有找到未下达的这项任务，或不由您管。"))
    initial = {name: getattr(found, name) for name in ON_PAGE} | {
        "org": found.org.name, "owner": found.owner.name if found.owner else "",
        "parts": queries.written_parts(found.parts.select_related("org")),
    }  # fmt: skip
    targets = Target.objects.visible_to(request.user).filter(to_year__gte=programme.start_on.year)
    form = TaskForm(
        request.POST or None, programme=programme, targets=targets, path=programme.region.path,
        initial=initial,
    )  # fmt: skip
    url = reverse("projects:task", args=[pk])

    def act() -> str:
        said = dict(form.cleaned_data)
        del said["key"]
        said["parts"] = [actions.Part(*part) for part in said["parts"]]
        actions.change_task(found, by=request.user, at=now(), **said)
        return url

    return ask(request, form, act, done=_("已修改任务。"), heading=_("修改任务"), verb=_("保存"), back=url, lede=programme.name)  # fmt: skip


@login_required
@require_http_methods(FORM)
def report(request: SignedIn, pk: Any) -> HttpResponse:
    """Report how far a task is."""
    found = seen(request, pk)
    case = found.case
    if not does(request, found) or case is None:
        raise NotFound(_("进展由责任单位报送。"))
    measured = found.target is not None
    label = f"{found.measure}（{found.unit}）" if found.unit else found.measure
    initial = {"value": found.actual, "percent": found.percent, "key": str(uuid4())}
    form = ReportForm(
        request.POST or None, request.FILES or None, measured=measured, label=label, initial=initial
    )
    url = reverse("projects:task", args=[pk])

    def act() -> str:
        given = dict(form.cleaned_data)
        key, at = given.pop("key") or str(uuid4()), now()
        photos = [
            keep_evidence(case=case, data=data, kind="photo", actor=request.user, at=at, key=f"{key}-{n}")
            for n, data in enumerate(given.pop("photos") or [])
        ]  # fmt: skip
        actions.report_progress(found, **given, evidence=photos, at=at, by=request.user, key=key)
        return url

    return ask(request, form, act, done=_("已报送进展。"), heading=_("报送进展"), verb=_("报送"), back=url, lede=found.title)  # fmt: skip


@login_required
@require_http_methods(FORM)
def part(request: SignedIn, pk: Any, part: int) -> HttpResponse:
    """A co-operating unit says that its part is done."""
    found = seen(request, pk)
    row = one(found.parts.select_related("org"), pk=part, org__in=own_orgs(request.user))
    form = PartForm(request.POST or None)
    url = reverse("projects:task", args=[pk])

    def act() -> str:
        actions.finish_part(row, note=form.cleaned_data["note"], at=now(), by=request.user)
        return url

    return ask(request, form, act, done=_("已报送分工完成情况。"), heading=_("完成分工"), verb=_("报完成"), back=url, lede=f"{found.title} · {row.text}")  # fmt: skip


@login_required
@require_http_methods(FORM)
def add_part(request: SignedIn, pk: Any) -> HttpResponse:
    """Add a co-operating unit."""
    found = seen(request, pk)
    if not leads(request, found.programme.region.path):
        raise NotFound(_("没有找到这项任务，或不由您管。"))
    form = AddPartForm(request.POST or None, path=found.programme.region.path)
    url = reverse("projects:task", args=[pk])

    def act() -> str:
        actions.add_part(found, **form.cleaned_data, at=now(), by=request.user)
        return url

    return ask(request, form, act, done=_("已安排协同单位。"), heading=_("安排协同单位"), verb=_("安排"), back=url, lede=found.title)  # fmt: skip


@login_required
@require_POST
def give(request: SignedIn, pk: Any) -> HttpResponse:
    """Give out one task."""
    found = seen(request, pk)
    try:
        actions.give_task(found, by=request.user, at=now())
        messages.success(request, _("已下达。"))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("projects:task", pk)


@login_required
@require_POST
def drop(request: SignedIn, pk: Any) -> HttpResponse:
    """Take a task off before it is given out."""
    found = seen(request, pk)
    programme = found.programme_id
    try:
        actions.drop_task(found, by=request.user, at=now())
        messages.success(request, _("已删除。"))
    except Refused as refusal:
        messages.error(request, f"{refusal} {refusal.remedy}".strip())
        return redirect("projects:task", pk)
    return redirect("projects:programme", programme)


@login_required
@require_http_methods(FORM)
def plan(request: SignedIn, pk: Any) -> HttpResponse:
    """Plan the stages back from the last day."""
    found = seen(request, pk)
    if not actions.may_plan(request.user, found):
        raise NotFound(_("工期由责任单位或督办单位排定。"))
    templates = ScheduleTemplate.objects.public().on(localdate())
    form = StagesForm(request.POST or None, templates=templates)
    url = reverse("projects:task", args=[pk])

    def act() -> str:
        template = form.cleaned_data["template"]
        stages = form.cleaned_data["stages"]
        if template is not None:
            stages = [(row["name"], row["days"]) for row in template.stages]
        actions.plan_stages(
            found, stages=stages, template=template, by_workdays=form.cleaned_data["by_workdays"],
            by=request.user, at=now(),
        )  # fmt: skip
        return url

    return ask(
        request, form, act, done=_("已从最后期限倒排各阶段。"), heading=_("倒排工期"), verb=_("倒排"), back=url,
        lede=_("%(task)s，最后期限 %(day)s。") % {"task": found.title, "day": found.due_on},
    )  # fmt: skip


def _stage(request: SignedIn, pk: Any, n: int) -> tuple[Task, Stage]:
    found = seen(request, pk)
    if not actions.may_plan(request.user, found) or not hasattr(found, "schedule"):
        raise NotFound(_("没有找到这个阶段，或不由您管。"))
    found.schedule.task = found
    return found, one(found.schedule.stages.all(), n=n)


@login_required
@require_http_methods(FORM)
def stage_done(request: SignedIn, pk: Any, n: int) -> HttpResponse:
    """Say that a stage is done."""
    found, stage = _stage(request, pk, n)
    form = StageDoneForm(request.POST or None, initial={"on": localdate()})
    url = reverse("projects:task", args=[pk])

    def act() -> str:
        actions.finish_stage(stage, **form.cleaned_data, by=request.user, at=now())
        return url

    return ask(request, form, act, done=_("阶段已完成。"), heading=_("完成阶段：%s") % stage.name, verb=_("记为完成"), back=url, lede=found.title)  # fmt: skip


@login_required
@require_http_methods(FORM)
def slip(request: SignedIn, pk: Any, n: int) -> HttpResponse:
    """Let a stage end later: first what it does is shown, then, asked again, it is saved."""
    found, stage = _stage(request, pk, n)
    initial = {"end_on": stage.end_on + timedelta(days=7)}
    form = SlipForm(request.POST or None, initial=initial)
    url = reverse("projects:task", args=[pk])
    shown = _effect(request, found, stage, form)
    is_asked = request.method == "POST" and request.POST.get("do") == "save"

    def act() -> str:
        actions.let_slip(stage, **form.cleaned_data, by=request.user, at=now())
        return url

    words: dict[str, Any] = {"heading": _("顺延：%s") % stage.name, "back": url, "lede": found.title, "effect": shown,
             "task": found, "verb": _("确认顺延")}  # fmt: skip
    if request.method == "POST" and not is_asked:
        return show(request, "slip", {"form": form, **words}, tab="home")
    return ask(request, form, act, done=_("已顺延，最后期限不变。"), template="slip", **words)


def _effect(
    request: HttpRequest, task: Task, stage: Stage, form: SlipForm
) -> dict[str, Any] | None:
    """Return what the slip asked for would do to every stage and to the last day."""
    if request.method != "POST" or not form.is_valid():
        return None
    schedule, stages = task.schedule, list(task.schedule.stages.all())
    try:
        slip = schedules.slip_of(schedule, stages, stage, form.cleaned_data["end_on"])
    except Refused as refusal:
        form.take(refusal)
        return None
    rows = schedules.effect_of(stages, slip, schedules.works(schedule))
    return {"rows": rows, "over_by": slip.over_by, "moved": sum(1 for row in rows if row.is_moved)}
