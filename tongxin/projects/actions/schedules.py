"""Counting a task's stages back from its last day; a slip is shown before it is saved (S1.29)."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from django.db import connection, transaction
from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.backplan import Span, back_from
from tongxin.kit.errors import Refused

from ..models import Schedule, ScheduleTemplate, Stage, StageSlip, Task
from ..queries.schedules import slip_of, workday_of
from .common import BadDates, WrongState, is_of, line, must_lead
from .tasks import NotTheDoer

TEMPLATES = Path(__file__).parent.parent / "data" / "templates.csv"
MOST_STAGES = 20


class PastTheEnd(Refused):
    """The slip would miss a last day that is fixed."""


def may_plan(by: User, task: Task) -> bool:
    """Whether somebody plans the stages of a task: its owner, its unit, who leads the programme."""
    if by.pk == task.owner_id or is_of(by, task.org):
        return True
    try:
        must_lead(by, task.programme.region.path, what="")
    except Refused:
        return False
    return True


@transaction.atomic
def plan_stages(
    task: Task, *, stages: Sequence[tuple[str, int]], by: User, at: datetime,
    by_workdays: bool = True, template: ScheduleTemplate | None = None,
) -> Schedule:  # fmt: skip
    """Plan a task's stages (name, days) back from its last day; a plan nobody began is replaced.

    :raises BadStages: see `kit.backplan`
    :raises BadDates: if the first stage would have to begin before the task does
    :raises WrongState: once a stage is done, or the task has ended
    """
    task = _held(task)
    if not may_plan(by, task):
        raise NotTheDoer(_("工期由责任单位或督办单位排定。"))
    if task.closed_at is not None:
        raise WrongState(_("任务已经完成，不能再改。"))
    if Stage.objects.filter(schedule__task=task, done_on__isnull=False).exists():
        raise WrongState(_("已有阶段完成，不能重排；请对没有完成的阶段办理顺延。"))
    names = [line(name, limit=40, label=_("阶段"), required=True) for name, _days in stages]
    if len(names) > MOST_STAGES:
        raise BadDates(_("最多 %d 个阶段。") % MOST_STAGES, field="stages")
    codes = [(name, days) for name, (_name, days) in zip(names, stages, strict=True)]
    works = workday_of(task) if by_workdays else None
    spans = back_from(task.due_on, codes, is_workday=works)
    if spans[0].start < task.start_on:
        words = {"start": spans[0].start, "from": task.start_on}
        raise BadDates(
            _("从最后期限倒排，%(start)s 就要开始，早于任务的开始日期 %(from)s。请压缩阶段天数。")
            % words,
            field="stages",
        )
    Schedule.objects.filter(task=task).delete()
    schedule = Schedule.objects.create(
        task=task, template=template, by_workdays=by_workdays, by=by, at=at
    )
    Stage.objects.bulk_create(
        [
            Stage(
                schedule=schedule, n=n, code=f"s{n}", name=names[n - 1], days=codes[n - 1][1],
                start_on=span.start, end_on=span.end, planned_end=span.end,
            )
            for n, span in enumerate(spans, 1)
        ]
    )  # fmt: skip
    return schedule


@transaction.atomic
def finish_stage(stage: Stage, *, on: date, note: str = "", by: User, at: datetime) -> Stage:
    """Say that a stage is done, on a day not after today.

    :raises WrongState: if it is done already, or one before it is not
    """
    schedule, stages = _held_schedule(stage)
    stage = next(one for one in stages if one.pk == stage.pk)
    if not may_plan(by, schedule.task):
        raise NotTheDoer(_("工期由责任单位或督办单位排定。"))
    if stage.done_on is not None:
        raise WrongState(_("“%s”已经完成。") % stage.name)
    before = next((one for one in stages if one.n < stage.n and one.done_on is None), None)
    if before is not None:
        raise WrongState(_("前面的“%s”还没有完成。") % before.name)
    if on > localdate(at):
        raise BadDates(_("完成日期不能晚于今天。"), field="on")
    stage.done_on, stage.done_by = on, by
    stage.note = line(note, limit=300, label=_("说明"))
    stage.save(update_fields=["done_on", "done_by", "note"])
    return stage


@transaction.atomic
def let_slip(stage: Stage, *, end_on: date, reason: str, by: User, at: datetime) -> StageSlip:
    """Let a stage end later; what follows moves as far as it is pushed. The task's day does not.

    :raises PastTheEnd: if the task's last day would be missed; it moves only by a granted extension
    :raises WrongState: if the stage is done
    """
    schedule, stages = _held_schedule(stage)
    stage = next(one for one in stages if one.pk == stage.pk)
    if not may_plan(by, schedule.task):
        raise NotTheDoer(_("工期由责任单位或督办单位排定。"))
    if stage.done_on is not None:
        raise WrongState(_("“%s”已经完成。") % stage.name)
    if end_on <= stage.end_on:
        raise BadDates(_("顺延后的日期要比 %s 晚。") % stage.end_on, field="end_on")
    slip = slip_of(schedule, stages, stage, end_on)
    task = schedule.task
    if slip.over_by:
        words = {"days": slip.over_by, "due": task.due_on}
        raise PastTheEnd(
            _("这样顺延会超过最后期限 %(due)s，晚 %(days)d 天。") % words,
            field="end_on",
            remedy=_("期限已卡死，请压缩后面的阶段。")
            if task.is_fixed
            else _("请压缩后面的阶段，或先在单子上申请延期，批准后再顺延。"),
            days=slip.over_by,
        )
    reason = line(reason, limit=300, label=_("原因"), required=True)
    _write(stages, slip.spans)
    return StageSlip.objects.create(
        stage=stage, from_end=stage.end_on, to_end=end_on, over_by=slip.over_by, reason=reason,
        by=by, at=at,
    )  # fmt: skip


def _write(stages: list[Stage], spans: Sequence[Span]) -> None:
    by_code = {span.code: span for span in spans}
    for one in stages:
        span = by_code.get(one.code)
        if span is not None and (span.start, span.end) != (one.start_on, one.end_on):
            Stage.objects.filter(pk=one.pk).update(start_on=span.start, end_on=span.end)


def _held(task: Task) -> Task:
    rows = Task.objects.select_for_update(of=("self",))
    return rows.select_related("programme__region", "org").get(pk=task.pk)


def _held_schedule(stage: Stage) -> tuple[Schedule, list[Stage]]:
    task = _held(Task.objects.get(schedule__stages=stage.pk))
    schedule = Schedule.objects.get(task=task)
    schedule.task = task
    return schedule, list(schedule.stages.order_by("n"))


def load_templates(*, at: datetime) -> int:
    """Load the sample procedures (五步工作法); what is there already stays. Return how many are new."""
    found: dict[tuple[str, int], list[dict[str, str]]] = {}
    with TEMPLATES.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault((row["code"], int(row["version"])), []).append(row)
    made = 0
    for (code, version), rows in found.items():
        stages = [
            {"code": f"s{n}", "name": row["stage"], "days": int(row["days"])}
            for n, row in enumerate(rows, 1)
        ]
        _one, is_new = ScheduleTemplate.objects.get_or_create(
            code=code, version=version,
            defaults={
                "name": rows[0]["name"], "stages": stages, "source": rows[0]["source"],
                "is_sample": True, "effective_from": date(2020, 1, 1),
            },
        )  # fmt: skip
        made += is_new
    return made


def stages_due(*, at: datetime, limit: int = 200) -> int:
    """Tell the owners of stages that begin today, and of those late, once a day; return how many.

    Safe beside itself: a stage is claimed under its row lock by the day it was told.
    """
    today = localdate(at)
    due = Q(start_on=today) | Q(end_on__lt=today)
    rows = Stage.objects.select_for_update(
        of=("self",), skip_locked=connection.features.has_select_for_update_skip_locked
    ).filter(
        due, Q(told_on=None) | Q(told_on__lt=today), done_on=None,
        schedule__task__case__closed_at=None, schedule__task__case__isnull=False,
    )  # fmt: skip
    with transaction.atomic():
        found = list(
            rows.select_related("schedule__task__case__holder", "schedule__task__owner").order_by(
                "pk"
            )[:limit]
        )
        for stage in found:
            _remind(stage, today, at)
        Stage.objects.filter(pk__in=[stage.pk for stage in found]).update(told_on=today)
    return len(found)


def _remind(stage: Stage, today: date, at: datetime) -> None:
    task = stage.schedule.task
    who = (task.case.holder if task.case else None) or task.owner
    if who is None:
        return
    late = (today - stage.end_on).days
    title = (
        _("“%(stage)s”已晚 %(days)d 天") % {"stage": stage.name, "days": late}
        if late > 0
        else _("“%s”今天要开始") % stage.name
    )
    tell(
        users=[who], title=title, text=task.title, url=f"/projects/tasks/{task.pk}/",
        key=f"stage:{stage.pk}:{today}", at=at,
    )  # fmt: skip
