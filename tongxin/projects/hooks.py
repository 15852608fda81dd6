"""What else happens when a task or a problem moves: its day on the clock, who may not judge whom."""

from __future__ import annotations

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.cases.clocks import run_until
from tongxin.cases.flow import Move, Words
from tongxin.cases.models import Case
from tongxin.kit.errors import Invalid, Refused
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region

from .models import HardProblem, Stage, Task

ABOVE = ("officer", "leader")


class FixedEnd(Refused):
    """The last day was fixed when the task was given, and is not moved (卡死后门)."""


class BadExtension(Invalid):
    """An extension runs to a later day, not past a fixed end of the programme."""


def task_of(case: Case) -> Task | None:
    """Return the task of a case; asked once for the case in hand."""
    if "_task" not in case.__dict__:
        rows = Task.objects.select_related("programme", "org", "owner")
        case.__dict__["_task"] = rows.filter(case=case.pk).first()
    return case.__dict__["_task"]


def remember(task: Task) -> None:
    """Spare the guards of a page's case asking for the task that the page has at hand."""
    if task.case is not None:
        task.case.__dict__["_task"] = task


def problem_of(case: Case) -> HardProblem | None:
    if "_problem" not in case.__dict__:
        rows = HardProblem.objects.select_related("at_region", "owner", "org")
        case.__dict__["_problem"] = rows.filter(case=case.pk).first()
    return case.__dict__["_problem"]


# Guards and needs.


def is_another(case: Case, actor) -> Words | None:
    """Say why not: who does the task, or belongs to the unit that answers for it, does not judge it."""
    if actor is None:
        return None
    if case.holder_id == actor.pk:
        return _("不能验收、撤销自己承办的任务。")
    if case.handler_id in {post.org_id for post in posts_of(actor)}:
        return _("责任单位不能判定自己的任务，请由督办单位办理。")
    return None


def judged_by_another(guard):
    def both(case: Case, actor) -> Words | None:
        return (guard(case, actor) if guard else None) or is_another(case, actor)

    return both


def may_extend(guard):
    """Nothing extends a fixed end; everything else as the engine says."""

    def both(case: Case, actor) -> Words | None:
        task = task_of(case)
        if task is not None and task.is_fixed:
            return _("这项任务的期限已经卡死，不能延期。")
        return guard(case, actor) if guard else None

    return both


def is_ready(case: Case, actor) -> Words | None:
    """Say what is missing before a task can be handed in: parts, stages, the figure."""
    task = task_of(case)
    if task is None:
        return None
    open_parts = task.parts.filter(done_at=None).values_list("org__name", flat=True)
    if open_parts:
        return _("协同单位的分工还没有完成：%s。") % "、".join(open_parts[:5])
    stages = Stage.objects.filter(schedule__task=task.pk, done_on=None).order_by("n")
    if names := list(stages.values_list("name", flat=True)[:5]):
        return _("还有阶段没有完成：%s。") % "、".join(names)
    if task.target is not None and task.actual is None:
        return _("还没有报送“%s”的完成值，请先报送进展。") % task.measure
    return None


def reason_needed(case: Case, move: Move) -> str:
    """Accepting a task whose figure falls short is a decision that says why."""
    if move.name != "accept":
        return ""
    task = task_of(case)
    short = task is not None and task.target is not None and (task.actual or 0) < task.target
    return "note" if short else ""


def is_above(case: Case, actor) -> Words | None:
    """Say why not: a problem is closed from the level above the one that has it in hand (S4.71)."""
    if actor is None:
        return None
    problem = problem_of(case)
    if problem is None:
        return None
    if actor.pk == problem.owner_id:
        return _("领办人不能给自己的难题销号。")
    held = {post.path for post in posts_of(actor) if post.role in ABOVE}
    at = problem.at_region.path
    if any(at.startswith(path) and len(path) < len(at) for path in held):
        return None
    if at in held and problem.at_region.level == Region.Level.DISTRICT:
        return None  # no level of the system stands above the district
    return _("要由上一级销号：这件难题现由%s领办。") % problem.at_region.name


def steps_done(case: Case, actor) -> Words | None:
    problem = problem_of(case)
    if problem is None:
        return None
    left = problem.steps.filter(done_at=None).count()
    return _("攻坚方案还有 %d 步没有完成。") % left if left else None


# Before: fields of the case that the event then covers.


def take_over(case: Case, event, given: dict) -> None:
    task = task_of(case)
    case.holder = task.owner if task is not None and task.owner else event.actor
    run_again(case, event, given)


def let_go(case: Case, event, given: dict) -> None:
    case.holder = None


def hold_on(case: Case, event, given: dict) -> None:
    if case.holder_id is None and event.actor is not None:
        case.holder = event.actor


def run_again(case: Case, event, given: dict) -> None:
    """Let the clock run to the task's own day, counted from when it was given."""
    if task := task_of(case):
        run_until(case, task.due_on, since=case.opened_at)


def ask_until(written):
    """Ask for an extension to a day; it takes effect when it is granted, not before."""

    def hook(case: Case, event, given: dict) -> None:
        written(case, event, given)
        case.until = None
        task = task_of(case)
        if task is None:
            return
        day = localdate(given["until"])
        if day <= task.due_on:
            raise BadExtension(_("新的期限要比 %s 晚。") % task.due_on, field="until")
        if task.programme.is_fixed and day > task.programme.end_on:
            raise BadExtension(
                _("方案的完成日期 %s 已经卡死，任务不能延到它之后。") % task.programme.end_on,
                field="until",
            )

    return hook


def grant_until(written):
    """Let the clock run to the day that was asked for, instead of one more norm."""

    def hook(case: Case, event, given: dict) -> None:
        until = case.adjustments.get(verdict="").until
        task = task_of(case)
        if task is not None and task.is_fixed:
            raise FixedEnd(_("这项任务的期限已经卡死，不能延期。"))
        written(case, event, given)
        day = localdate(until)
        event.data["due_on"] = day.isoformat()
        run_until(case, day, since=case.opened_at)

    return hook


def run_problem(case: Case, event, given: dict) -> None:
    if problem := problem_of(case):
        run_until(case, problem.due_on, since=case.opened_at)


# After: the domain's own rows.


def keep_assigned(case: Case, event, given: dict) -> None:
    Task.objects.filter(case=case.pk).update(org=case.handler_id, owner=None)


def keep_accepted(case: Case, event, given: dict) -> None:
    task = task_of(case)
    if task is None:
        return
    percent = 100 if task.target is None else task.percent
    Task.objects.filter(pk=task.pk).update(closed_at=event.at, percent=percent)
    if task.org.kind == Org.Kind.PARTY:
        write_log(
            unit=task.org, kind="assessment", at=event.at, recorded_at=event.recorded_at,
            text=_("重点任务验收通过：%s") % task.title, source=f"projects.task:{task.pk}",
            key=f"key-task:{task.pk}", actor=event.actor,
        )  # fmt: skip


def keep_due(written):
    """The day that was granted is the task's day from now on."""

    def hook(case: Case, event, given: dict) -> None:
        written(case, event, given)
        Task.objects.filter(case=case.pk).update(due_on=event.data["due_on"])

    return hook


def keep_solved(case: Case, event, given: dict) -> None:
    HardProblem.objects.filter(case=case.pk).update(result=event.note)


def keep_closed(case: Case, event, given: dict) -> None:
    problem = problem_of(case)
    if problem is not None and problem.org.kind == Org.Kind.PARTY:
        write_log(
            unit=problem.org, kind="assessment", at=event.at, recorded_at=event.recorded_at,
            text=_("书记领办难题销号：%s") % problem.title,
            source=f"projects.problem:{problem.pk}", key=f"hard-problem:{problem.pk}",
            actor=event.actor,
        )  # fmt: skip
