"""Counting back from a fixed day: when each stage must begin, where things stand, what a slip does.

Stages follow each other; a span holds both its first and its last day. Where `is_workday` is given,
days are working days (moved days of the State Council: `kit.holidays.state_council(day)[0]`),
otherwise days of the calendar.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tongxin.kit.errors import Invalid

Workday = Callable[[date], bool]

_DAY = timedelta(days=1)
_LONGEST = 3660  # ten years: beyond it a calendar holds no working days, or a number is mistyped


class BadStages(Invalid):
    """Stages that cannot be planned: none, one without days, one twice, or no working day left."""


@dataclass(frozen=True)
class Span:
    """One stage with its first and last day, both worked."""

    code: str
    start: date
    end: date


@dataclass(frozen=True)
class Late:
    """A stage that is late: its code, the day it was to end, and by how many days."""

    code: str
    due: date
    days: int


@dataclass(frozen=True)
class Standing:
    """Where a plan stands on a day.

    `current` is the first stage not done ("" when all are), `to_start` the stages whose first day
    is today, `late` those not done in time, worst first, `late_by` the days of the worst;
    `done_late` those done after their last day. `days_left` counts from tomorrow to the fixed end,
    negative once it has passed, and 0 when all is done.
    """

    current: str
    to_start: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    late: tuple[Late, ...] = ()
    done_late: tuple[Late, ...] = ()
    late_by: int = 0
    days_left: int = 0
    is_done: bool = False


@dataclass(frozen=True)
class Slip:
    """What it does when a stage ends later: the new spans, which moved, and days past the end."""

    spans: tuple[Span, ...]
    moved: tuple[str, ...] = ()
    over_by: int = 0


def back_from(
    end: date, stages: Sequence[tuple[str, int]], *, is_workday: Workday | None = None
) -> list[Span]:
    """Plan stages `(code, days)` in their order so that the last one ends by `end`.

    A fixed day that is no working day is kept by ending on the working day before.
    :raises BadStages: see there.
    """
    _check(stages)
    works = is_workday or _always
    spans, last = [], _back(end, works)
    for code, days in reversed(stages):
        start = last
        for _ in range(days - 1):
            start = _back(start - _DAY, works)
        spans.append(Span(code, start, last))
        last = _back(start - _DAY, works)
    return spans[::-1]


def latest_start(
    end: date, stages: Sequence[tuple[str, int]], *, is_workday: Workday | None = None
) -> date:
    """The last day on which the first stage can begin and `end` still be kept."""
    return back_from(end, stages, is_workday=is_workday)[0].start


def where_stands(
    spans: Sequence[Span],
    done: Mapping[str, date],
    today: date,
    *,
    is_workday: Workday | None = None,
) -> Standing:
    """Compare a plan with the days on which stages were done (`code: day`), as of `today`.

    A stage is late from the day after its last day. Days late are counted like those of the plan.
    """
    open_ = [span for span in spans if span.code not in done]
    late = [
        Late(span.code, span.end, days_between(span.end, today, is_workday=is_workday))
        for span in open_
        if span.end < today
    ]
    done_late = [
        Late(span.code, span.end, days_between(span.end, done[span.code], is_workday=is_workday))
        for span in spans
        if span.code in done and done[span.code] > span.end
    ]
    late.sort(key=lambda one: -one.days)
    last = max((span.end for span in spans), default=today)
    return Standing(
        current=open_[0].code if open_ else "",
        to_start=tuple(span.code for span in open_ if span.start == today),
        running=tuple(span.code for span in open_ if span.start <= today <= span.end),
        late=tuple(late),
        done_late=tuple(done_late),
        late_by=late[0].days if late else 0,
        days_left=days_between(today, last, is_workday=is_workday) if open_ else 0,
        is_done=bool(spans) and not open_,
    )


def slipped(
    spans: Sequence[Span],
    code: str,
    new_end: date,
    *,
    end: date,
    is_workday: Workday | None = None,
) -> Slip:
    """Say what happens when stage `code` ends on `new_end`: later stages keep their days and move on.

    A stage moves only as far as it is pushed: free days before it are used up first. `end` is the
    fixed day; `over_by` says by how many days it would be missed (0: it holds).
    :raises BadStages: no such stage, or it would end before it starts.
    """
    works = is_workday or _always
    at = next((index for index, span in enumerate(spans) if span.code == code), None)
    if at is None:
        raise BadStages("没有这个阶段，请从计划里选一个", field="stage")
    if new_end < spans[at].start:
        raise BadStages("结束日期不能早于这个阶段的开始日期", field="end")
    planned = [*spans[:at], Span(code, spans[at].start, new_end)]
    for span in spans[at + 1 :]:
        earliest = _on(planned[-1].end + _DAY, works)
        planned.append(span if span.start >= earliest else _moved(span, earliest, works))
    moved = tuple(new.code for new, old in zip(planned, spans, strict=True) if new != old)
    over = max(days_between(end, planned[-1].end, is_workday=is_workday), 0)
    return Slip(tuple(planned), moved, over)


def days_between(a: date, b: date, *, is_workday: Workday | None = None) -> int:
    """Days after `a` up to and with `b` (working days where asked); negative when `b` is earlier."""
    if b < a:
        return -days_between(b, a, is_workday=is_workday)
    if is_workday is None:
        return (b - a).days
    return sum(is_workday(a + _DAY * n) for n in range(1, (b - a).days + 1))


def length(span: Span, *, is_workday: Workday | None = None) -> int:
    """The days of a span, its first and last one among them."""
    return days_between(span.start - _DAY, span.end, is_workday=is_workday)


def _check(stages: Sequence[tuple[str, int]]) -> None:
    if not stages:
        raise BadStages("至少要有一个阶段", field="stages")
    codes = [code for code, _ in stages]
    if len(set(codes)) < len(codes):
        raise BadStages("同一个阶段只能出现一次", field="stages")
    if any(days < 1 for _, days in stages):
        raise BadStages("每个阶段至少 1 天", field="stages")
    if sum(days for _, days in stages) > _LONGEST:
        raise BadStages("各阶段合计超过十年，请检查天数", field="stages")


def _always(_day: date) -> bool:
    return True


def _back(day: date, works: Workday) -> date:
    return _walk(day, works, -_DAY)


def _on(day: date, works: Workday) -> date:
    return _walk(day, works, _DAY)


def _walk(day: date, works: Workday, step: timedelta) -> date:
    for _ in range(400):
        if works(day):
            return day
        day += step
    raise BadStages("日历里一年多没有工作日，排不出计划，请检查日历")


def _moved(span: Span, start: date, works: Workday) -> Span:
    days = max(length(span, is_workday=works), 1)
    last = start
    for _ in range(days - 1):
        last = _on(last + _DAY, works)
    return Span(span.code, start, last)
