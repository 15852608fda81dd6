"""Where a task's stages stand, what must begin today, what a slip would do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from tongxin.kit.backplan import Slip, Span, Standing, days_between, slipped, where_stands
from tongxin.regions.queries import calendar_for

from ..models import Schedule, Stage, Task

Workday = Callable[[date], bool]


def workday_of(task: Task) -> Workday:
    """Return the calendar of working days of a task's place: the State Council's, or its own."""
    return calendar_for(task.programme.region.path).is_workday


def works(schedule: Schedule) -> Workday | None:
    return workday_of(schedule.task) if schedule.by_workdays else None


def spans_of(stages: Sequence[Stage]) -> list[Span]:
    """Return the stages as spans; one done takes the day on which it was."""
    return [
        Span(one.code, min(one.start_on, one.done_on or one.start_on), one.done_on or one.end_on)
        for one in stages
    ]


def standing_of(schedule: Schedule, stages: Sequence[Stage], today: date) -> Standing:
    """Return where a schedule stands: current, to begin today, late and by how many days."""
    planned = [Span(one.code, one.start_on, one.end_on) for one in stages]
    done = {one.code: one.done_on for one in stages if one.done_on is not None}
    return where_stands(planned, done, today, is_workday=works(schedule))


def slip_of(schedule: Schedule, stages: Sequence[Stage], stage: Stage, end_on: date) -> Slip:
    """Return what happens if a stage ends on a day; nothing is saved."""
    spans = spans_of(stages)
    return slipped(spans, stage.code, end_on, end=schedule.task.due_on, is_workday=works(schedule))


@dataclass(frozen=True)
class Moved:
    """One line of the effect of a slip: a stage before and after."""

    stage: Stage
    start_on: date
    end_on: date
    days: int  # by how many days its end moves

    @property
    def is_moved(self) -> bool:
        return self.days != 0 or self.start_on != self.stage.start_on


def effect_of(stages: Sequence[Stage], slip: Slip, is_workday: Workday | None) -> list[Moved]:
    by_code = {span.code: span for span in slip.spans}
    return [
        Moved(
            one, by_code[one.code].start, by_code[one.code].end,
            days_between(one.done_on or one.end_on, by_code[one.code].end, is_workday=is_workday),
        )
        for one in stages
    ]  # fmt: skip


def sentence_of(schedule: Schedule, stages: Sequence[Stage], today: date) -> str:
    """Say in a sentence where a schedule stands."""
    found, names = standing_of(schedule, stages, today), {one.code: one.name for one in stages}
    unit = _("个工作日") if schedule.by_workdays else _("天")
    if found.is_done:
        return _("各阶段都已完成。")
    if found.late:
        words = {"stage": names[found.late[0].code], "days": found.late_by, "unit": unit}
        return _("“%(stage)s”已晚 %(days)d %(unit)s。") % words
    if found.to_start:
        return _("“%s”今天必须开始。") % names[found.to_start[0]]
    if found.running:
        words = {"stage": names[found.running[0]], "days": found.days_left, "unit": unit}
        return _("正在“%(stage)s”，离最后期限还有 %(days)d %(unit)s。") % words
    first = next(one for one in stages if one.code == found.current)
    words = {"stage": first.name, "day": first.start_on}
    return _("“%(stage)s”最迟 %(day)s 开始。") % words
