"""Study: plans and lessons, groups, hard tasks, lectures of three years, the learning app."""

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
from tongxin.orgs.scope import keeps_register

from .. import actions, queries
from ..forms import (
    AppCountForm,
    GroupForm,
    LessonsForm,
    PlanQuarterForm,
    ReasonForm,
    TakeForm,
    TaskForm,
)
from ..models import HardTask, Lesson, StudyGroup, StudyPlan, TakeUp
from . import frame
from .meetings import PAGE


@login_required
@require_safe
def study(request: SignedIn) -> HttpResponse:
    """Show what a unit studies this year, the lectures of three years, who is in the app."""
    unit, on = frame.unit_of(request), localdate()
    context = {
        "unit": unit,
        "sections": frame.sections(unit, "study"),
        "filters": [frame.unit_filter(request, unit)],
        "plans": queries.plans_for(request.user, unit, on.year),
        "lectures": queries.lectures(unit, on),
        "apps": queries.app_rates(request.user, unit),
        "hours": queries.hours_board(request.user, unit, on),
        "keeps": keeps_register(request.user, unit.path),
        "runs": queries.runs(request.user, unit.path),
        "quarter_form": PlanQuarterForm(initial={"year": on.year, "quarter": (on.month + 2) // 3}),
        "app_form": AppCountForm(),
        "year": on.year,
    }
    return render(request, "meetings/study.html", context)


@login_required
@require_POST
def draft(request: SignedIn) -> HttpResponse:
    """Draw up the plan of a quarter from the template."""
    unit, form = frame.unit_of(request), PlanQuarterForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("请选择年度和季度。"))
    plan = actions.draft_plan(unit=unit, by=request.user, at=now(), **form.cleaned_data)
    messages.success(request, _("已按模板生成，请核对后印发。"))
    return redirect("meetings:study-plan", pk=plan.pk)


def _plan(request: SignedIn, pk: int) -> StudyPlan:
    rows = StudyPlan.objects.visible_to(request.user).select_related("unit", "issued_by")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_safe
def plan(request: SignedIn, pk: int) -> HttpResponse:
    """Show a plan, its lessons, and how far the branches are."""
    it = _plan(request, pk)
    cursor = request.GET.get("cursor", "")
    home = queries.home_unit(request.user)
    unit = queries.units_read_by(request.user).filter(pk=home or 0).first()
    done = set(it.lessons.filter(done__unit=home).values_list("pk", flat=True)) if home else set()
    keeps = keeps_register(request.user, it.unit.path)
    after = int(cursor) if cursor.isdigit() and len(cursor) < 19 else 0
    context = {
        "plan": it,
        "unit": unit or it.unit,
        "sections": frame.sections(unit or it.unit, "study"),
        "lessons": list(it.lessons.all()),
        "done": done,
        "may_finish": it.state == "issued" and unit and queries.runs(request.user, unit.path)
        and unit.unit_kind in ("branch", "general_branch"),
        "keeps": keeps,
        "progress": queries.plan_progress(it, after=after) if keeps and it.issued_at else None,
        "reason_form": ReasonForm(label=_("完成情况")),
    }  # fmt: skip
    return render(request, "meetings/study_plan.html", context)


@login_required
@require_http_methods(PAGE)
def lessons(request: SignedIn, pk: int) -> HttpResponse:
    """Change the lessons of a draft."""
    it = _plan(request, pk)
    if not keeps_register(request.user, it.unit.path):
        raise NotFound(_("没有找到这份学习计划。"))
    form = LessonsForm(request.POST or None, lessons=list(it.lessons.all()))
    context = {"plan": it, "unit": it.unit, "sections": frame.sections(it.unit, "study")}
    return frame.act(
        request, form, "meetings/lessons.html", context,
        lambda: actions.save_lessons(plan=it, lessons=form.given(), by=request.user, at=now()),
        lambda made: reverse("meetings:study-plan", args=[it.pk]), said=_("已保存。"),
    )  # fmt: skip


@login_required
@require_POST
def issue(request: SignedIn, pk: int) -> HttpResponse:
    it = _plan(request, pk)
    actions.issue_plan(plan=it, by=request.user, at=now())
    messages.success(request, _("已印发，下级党组织的书记会收到消息。"))
    return redirect("meetings:study-plan", pk=it.pk)


@login_required
@require_POST
def finish(request: SignedIn, pk: int) -> HttpResponse:
    """Say that one's unit went through a lesson."""
    lesson = get_object_or_404(
        Lesson.objects.visible_to(request.user).select_related("plan__unit"), pk=pk
    )
    form = ReasonForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("请写明什么时候、怎样学的。"))
    unit = (
        queries.units_read_by(request.user).filter(pk=queries.home_unit(request.user) or 0).first()
    )
    if unit is None:
        raise NotFound(_("没有找到您的党组织。"))
    note = form.cleaned_data["text"]
    actions.finish_lesson(lesson=lesson, unit=unit, by=request.user, at=now(), note=note)
    messages.success(request, _("已登记完成。"))
    return redirect("meetings:study-plan", pk=lesson.plan_id)


@login_required
@require_POST
def app_count(request: SignedIn) -> HttpResponse:
    """Write down how many are registered in the learning app."""
    unit, form = frame.unit_of(request), AppCountForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("请填写已注册人数和统计日期。"))
    actions.count_app(unit=unit, by=request.user, at=now(), **form.cleaned_data)
    messages.success(request, _("已登记。"))
    return redirect(f"{reverse('meetings:study')}?unit={unit.pk}")


@login_required
@require_safe
def groups(request: SignedIn) -> HttpResponse:
    """Show study groups and hard tasks, of a unit and those under it."""
    unit, on = frame.unit_of(request), localdate()
    context = {
        "unit": unit,
        "sections": frame.sections(unit, "groups"),
        "filters": [frame.unit_filter(request, unit)],
        "board": queries.groups_board(request.user, unit, on),
        "tasks": queries.tasks_board(request.user, unit),
        "keeps": keeps_register(request.user, unit.path),
        "today": on,
    }
    return render(request, "meetings/groups.html", context)


@login_required
@require_http_methods(PAGE)
def new_group(request: SignedIn) -> HttpResponse:
    unit = frame.unit_of(request)
    if not keeps_register(request.user, unit.path):
        raise NotFound(_("您不负责%s的学习安排。") % unit.name)
    initial = {"founded_on": localdate()}
    form = GroupForm(request.POST or None, unit=unit, initial=initial)
    context = {"unit": unit, "sections": frame.sections(unit, "groups")}
    return frame.act(
        request, form, "meetings/group_form.html", context,
        lambda: actions.found_group(unit=unit, by=request.user, at=now(), **form.cleaned_data),
        lambda made: f"{reverse('meetings:groups')}?unit={unit.pk}", said=_("小组已成立。"),
    )  # fmt: skip


@login_required
@require_http_methods(PAGE)
def new_task(request: SignedIn) -> HttpResponse:
    unit = frame.unit_of(request)
    if not keeps_register(request.user, unit.path):
        raise NotFound(_("您不负责%s的学习安排。") % unit.name)
    form = TaskForm(request.POST or None)
    context = {"unit": unit, "sections": frame.sections(unit, "groups")}
    return frame.act(
        request, form, "meetings/task_form.html", context,
        lambda: actions.post_task(unit=unit, by=request.user, at=now(), **form.cleaned_data),
        lambda made: reverse("meetings:task", args=[made.pk]), said=_("任务已发布，小组组长会收到消息。"),
    )  # fmt: skip


def _task(request: SignedIn, pk: int) -> HardTask:
    """Return a task of one's units, or one that is offered to a group one speaks for."""
    rows = HardTask.objects.visible_to(request.user).select_related("unit", "posted_by")
    return get_object_or_404(rows, pk=pk)


def _free_groups(request: SignedIn, task: HardTask):
    rows = StudyGroup.objects.visible_to(request.user).filter(
        kind=StudyGroup.Kind.YOUTH, ended_on=None, unit__path__under=task.unit.path
    )
    return rows.exclude(take_ups__task=task)


@login_required
@require_http_methods(PAGE)
def task(request: SignedIn, pk: int) -> HttpResponse:
    """Show a hard task, who took it, and the form for those who may take it."""
    it = _task(request, pk)
    free = _free_groups(request, it)
    form = TakeForm(request.POST or None, groups=free)
    taken = it.take_ups.select_related("group__unit", "group__leader", "by").order_by("at")
    home = queries.home_unit(request.user)
    unit = queries.units_read_by(request.user).filter(pk=home or 0).first() or it.unit
    context = {
        "task": it,
        "unit": unit,
        "sections": frame.sections(unit, "groups") if home else [],
        "taken": [(one, actions.leads(request.user, one.group)) for one in taken],
        "may_take": not it.closed_at and free.exists(),
        "reason_form": ReasonForm(label=_("完成情况")),
        "today": localdate(),
    }
    return frame.act(
        request, form, "meetings/task.html", context,
        lambda: actions.take_up(
            task=it, group=form.cleaned_data["group"], by=request.user, at=now()
        ),
        lambda made: reverse("meetings:task", args=[it.pk]), said=_("已认领。"),
    )  # fmt: skip


@login_required
@require_POST
def report(request: SignedIn, pk: int) -> HttpResponse:
    """Say what a group did about a task."""
    taken = get_object_or_404(
        TakeUp.objects.visible_to(request.user).select_related("group__unit", "group__leader"),
        pk=pk,
    )
    form = ReasonForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("请写明完成情况。"))
    try:
        actions.report_task(
            taken=taken, result=form.cleaned_data["text"], by=request.user, at=now()
        )
        messages.success(request, _("已填报。"))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("meetings:task", pk=taken.task_id)
