"""Working time: adding it, measuring it, and saying how a deadline came about.

Rule: working hours run within the office hours of working days as the State Council's
holiday notice sets them (with make-up days); urgent hours run round the clock.
"""

import re
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import accumulate, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tongxin.kit.errors import Invalid
from tongxin.kit.holidays import day_kind, known_years, state_council

__all__ = [
    "SHANGHAI",
    "BadNorm",
    "BadWorkHours",
    "Calendar",
    "Clock",
    "Norm",
    "RoundTheClock",
    "Step",
    "WorkHours",
    "known_years",
    "parse_norm",
    "remaining_words",
    "state_council",
]

SHANGHAI = ZoneInfo("Asia/Shanghai")

_DAY = 86_400_000_000
_YEAR = 366
_HORIZON = 80 * _YEAR
_MICROSECOND = timedelta(microseconds=1)
_WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_NORM = re.compile(r"(\d{1,5}(?:\.\d{1,2})?)(wh|wd|m|h|d)", re.ASCII)
_UNITS = {"wh": "工作时", "wd": "工作日", "m": "分钟", "h": "小时", "d": "天"}
_CALENDAR_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}

Marks = tuple[tuple[int, int], ...]


class BadWorkHours(Invalid):
    """Office hours that overlap, run backwards, or never come."""


@dataclass(frozen=True)
class WorkHours:
    """The office hours of one day, in order; the lunch break is the gap between two spans.

    An end of 00:00 means midnight at the end of the day. Raises BadWorkHours.
    """

    spans: tuple[tuple[time, time], ...]

    def __post_init__(self) -> None:
        edges = [edge for span in self.marks for edge in span]
        if not edges or any(b <= a for a, b in pairwise(edges)):
            raise BadWorkHours("办公时段应从早到晚排列，互不重叠，且结束晚于开始")

    @cached_property
    def marks(self) -> Marks:
        """The spans in microseconds since midnight."""
        return tuple(
            (_since_midnight(start), _since_midnight(end) or _DAY) for start, end in self.spans
        )

    @property
    def total(self) -> timedelta:
        """The working time of one day."""
        return timedelta(microseconds=sum(end - start for start, end in self.marks))


@dataclass(frozen=True)
class Step:
    """One line of an explanation: what a day, or a span of its hours, gave.

    `from_` and `to` are None for a day that gave nothing.
    """

    day: date
    day_kind: str
    from_: datetime | None
    to: datetime | None
    used: timedelta


class Clock(ABC):
    """What counts time towards a deadline: office hours (Calendar) or all hours (RoundTheClock)."""

    unit: str
    tz: ZoneInfo

    @property
    @abstractmethod
    def day(self) -> timedelta:
        """The length of one ordinary day on this clock."""

    @abstractmethod
    def add(self, start: datetime, amount: timedelta) -> datetime:
        """The moment at which `amount` is used up. Raises ValueError if negative or `start` naive."""

    @abstractmethod
    def between(self, a: datetime, b: datetime) -> timedelta:
        """The time this clock counts from a to b; nothing if b is not later."""

    @abstractmethod
    def explain(self, start: datetime, amount: timedelta) -> list[Step]:
        """How the deadline comes about, day by day."""

    def percent(self, start: datetime, amount: timedelta, fraction: float) -> datetime:
        """The moment at which `fraction` (0.8 for 80 %) of the amount is used."""
        return self.add(start, amount * fraction)

    def sentence(self, start: datetime, amount: timedelta) -> str:
        """ "14:20 周五 + 4 工作时 = 周一 09:50"; with the date where the weekday does not tell."""
        begin = start.astimezone(self.tz)
        end = self.add(start, amount).astimezone(self.tz)
        left = f"{begin:%H:%M} {_WEEKDAYS[begin.weekday()]}"
        return f"{left} + {_amount_words(amount, self.unit)} = {_when(begin, end)}"


class _Days(NamedTuple):
    """A run of days from ordinal `first`: the spans of each, and all working time before each."""

    first: int
    marks: list[Marks]
    sums: list[int]

    def covers(self, low: int, high: int) -> bool:
        return self.first <= low and high < self.first + len(self.marks)

    def total(self, local: datetime) -> int:
        """Working microseconds from the first day to a local moment."""
        index = local.toordinal() - self.first
        clock = _since_midnight(local)
        total = self.sums[index]
        for begin, end in self.marks[index]:
            if clock <= begin:
                break
            total += min(clock, end) - begin
        return total

    def reach(self, target: int) -> datetime:
        """The first local moment, naive, at which the total comes to `target`."""
        index = bisect_left(self.sums, target) - 1
        left = target - self.sums[index]
        for begin, end in self.marks[index]:
            if left <= end - begin:
                break
            left -= end - begin
        return datetime.fromordinal(self.first + index) + timedelta(microseconds=begin + left)


class Calendar(Clock):
    """Working time by office hours and working days, in one time zone.

    `is_workday` and `hours_by_date` (seasonal hours; None means the ordinary ones) are asked
    ahead and remembered: make a new Calendar when the holidays change. Threads may share one.
    """

    unit = "工作时"

    def __init__(
        self,
        hours: WorkHours,
        is_workday: Callable[[date], bool],
        tz: ZoneInfo = SHANGHAI,
        hours_by_date: Callable[[date], WorkHours | None] | None = None,
    ):
        self.hours = hours
        self.is_workday = is_workday
        self.tz = tz
        self.hours_by_date = hours_by_date
        self._days = _Days(0, [], [0])

    @property
    def day(self) -> timedelta:
        """The length of one ordinary working day."""
        return self.hours.total

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """The moment at which `amount` of working time after `start` is used up.

        An amount that ends with a span ends there, not at the start of the next one.
        Raises ValueError for a negative amount or a naive start, BadWorkHours where the
        calendar holds too little working time.
        """
        micros = amount // _MICROSECOND
        if micros <= 0:
            return _unmoved(start, micros)
        local = _aware(start).astimezone(self.tz)
        ordinal = local.toordinal()
        days = self._covering(ordinal, ordinal)
        target = days.total(local) + micros
        while days.sums[-1] < target:
            days = self._doubled(days)
        return days.reach(target).replace(tzinfo=self.tz).astimezone(start.tzinfo)

    def between(self, a: datetime, b: datetime) -> timedelta:
        """The working time from a to b; nothing if b is not later."""
        begin, end = _aware(a).astimezone(self.tz), _aware(b).astimezone(self.tz)
        if end <= begin:
            return timedelta()
        days = self._covering(begin.toordinal(), end.toordinal())
        return timedelta(microseconds=days.total(end) - days.total(begin))

    def explain(self, start: datetime, amount: timedelta) -> list[Step]:
        """One step per span used, one per day that gave nothing, from start to deadline."""
        begin = start.astimezone(self.tz)
        end = self.add(start, amount).astimezone(self.tz)
        steps: list[Step] = []
        for ordinal in range(begin.toordinal(), end.toordinal() + 1):
            steps += self._steps_of(date.fromordinal(ordinal), begin, end)
        return steps

    def _steps_of(self, day: date, begin: datetime, end: datetime) -> list[Step]:
        midnight = datetime.combine(day, time())
        kind = day_kind(day, self.is_workday(day))
        steps = []
        for mark in self._marks_of(day):
            opens, closes = (
                (midnight + timedelta(microseconds=m)).replace(tzinfo=self.tz) for m in mark
            )
            from_, to = max(opens, begin), min(closes, end)
            if from_ < to:
                steps.append(Step(day, kind, from_, to, to - from_))
        return steps or [Step(day, kind, None, None, timedelta())]

    def _covering(self, low: int, high: int) -> _Days:
        """The table, made longer where it does not hold these days."""
        days = self._days
        if days.covers(low, high):
            return days
        first, last = date.fromordinal(low).replace(month=1, day=1).toordinal(), high + _YEAR
        if days.marks:
            first, last = min(first, days.first), max(last, days.first + len(days.marks) - 1)
        return self._tabulated(first, last)

    def _doubled(self, days: _Days) -> _Days:
        count = len(days.marks)
        if count > _HORIZON:
            raise BadWorkHours("工作日历里的工作日太少，算不出截止时间，请检查日历")
        return self._tabulated(days.first, days.first + 2 * count)

    def _tabulated(self, first: int, last: int) -> _Days:
        # A new table replaces the old in one assignment, so that threads never see half of it.
        marks = [self._marks_of(date.fromordinal(ordinal)) for ordinal in range(first, last + 1)]
        lengths = (sum(end - begin for begin, end in spans) for spans in marks)
        self._days = days = _Days(first, marks, list(accumulate(lengths, initial=0)))
        return days

    def _marks_of(self, day: date) -> Marks:
        if not self.is_workday(day):
            return ()
        return ((self.hours_by_date and self.hours_by_date(day)) or self.hours).marks


class RoundTheClock(Clock):
    """Calendar time, for urgent hours."""

    unit = "小时"
    day = timedelta(days=1)

    def __init__(self, tz: ZoneInfo = SHANGHAI):
        self.tz = tz

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """`amount` later. Raises ValueError for a negative amount or a naive start."""
        if amount <= timedelta():
            return _unmoved(start, amount // _MICROSECOND)
        return (_aware(start).astimezone(UTC) + amount).astimezone(start.tzinfo)

    def between(self, a: datetime, b: datetime) -> timedelta:
        """The time from a to b; nothing if b is not later."""
        return max(_aware(b).astimezone(UTC) - _aware(a).astimezone(UTC), timedelta())

    def explain(self, start: datetime, amount: timedelta) -> list[Step]:
        """One step per day from start to deadline."""
        begin = start.astimezone(self.tz)
        end = self.add(start, amount).astimezone(self.tz)
        steps = []
        while begin < end:
            midnight = datetime.combine(begin.date() + timedelta(days=1), time(), self.tz)
            to = min(midnight, end)
            steps.append(Step(begin.date(), "不分昼夜", begin, to, to - begin))
            begin = to
        return steps


class BadNorm(Invalid):
    """The text is no time norm."""


@dataclass(frozen=True)
class Norm:
    """A time limit as rules write it: an amount above zero and its unit (wh wd m h d)."""

    amount: int | float
    unit: str

    def __str__(self) -> str:
        return f"{self.amount:g}{self.unit}"

    @property
    def is_working(self) -> bool:
        """Counted in working time, not round the clock."""
        return self.unit in ("wh", "wd")

    def label(self) -> str:
        """ "4 工作时", "2 工作日", "30 分钟", "24 小时", "14 天"."""
        return f"{self.amount:g} {_UNITS[self.unit]}"

    def resolve(self, calendar: Clock) -> tuple[Clock, timedelta]:
        """The clock that counts this norm, and the time to add on it.

        A working day is the sum of the calendar's ordinary spans.
        """
        if self.unit == "wd":
            return calendar, self.amount * calendar.day
        if self.unit == "wh":
            return calendar, timedelta(hours=self.amount)
        return RoundTheClock(calendar.tz), self.amount * _CALENDAR_UNITS[self.unit]


def parse_norm(text: str) -> Norm:
    """ "4wh" working hours, "2wd" working days, "30m", "24h", "14d" calendar time. Raises BadNorm."""
    match = _NORM.fullmatch(text.strip().lower())
    amount = float(match[1]) if match else 0.0
    if not match or amount <= 0:
        raise BadNorm(
            f"“{text[:20]}”不是时限，请写成 4wh（工作时）、2wd（工作日）、30m（分钟）、24h（小时）或 14d（天）"
        )
    return Norm(int(amount) if amount.is_integer() else amount, match[2])


def _amount_words(amount: timedelta, unit: str) -> str:
    """An amount in words: "4 工作时", "1.5 小时", "25 分钟"; whole days of 小时 as "14 天"."""
    days, rest = divmod(amount, timedelta(days=1))
    if unit == "小时" and days > 1 and not rest:
        return f"{days} 天"
    if amount < timedelta(hours=1):
        return f"{amount / timedelta(minutes=1):.3g} 分钟"
    return f"{round(amount / timedelta(hours=1), 2):g} {unit}"


def remaining_words(left: timedelta, working: bool, *, day: timedelta | None = None) -> str:
    """ "还剩 3 工作时", "还剩 25 分钟", "超时 2 工作时": rounded down, so it never promises too much.

    With `day`, the length of a working day, two working days and more are told in 工作日.
    """
    if left == timedelta():
        return "正好到时限"
    word = "还剩" if left > timedelta() else "超时"
    minutes = abs(left) // timedelta(minutes=1)
    if minutes < 1:
        return f"{word}不到 1 分钟"
    if minutes < 60:
        return f"{word} {minutes} 分钟"
    if not working:
        day = timedelta(days=1)
    if day and abs(left) >= 2 * day:
        return f"{word} {abs(left) // day} {'工作日' if working else '天'}"
    hours = minutes // 30 / 2 if minutes < 10 * 60 else minutes // 60
    return f"{word} {hours:g} {'工作时' if working else '小时'}"


def _when(begin: datetime, end: datetime) -> str:
    """The end as people say it who know the beginning."""
    weekday = _WEEKDAYS[end.weekday()]
    days = end.toordinal() - begin.toordinal()
    if days < 7:
        return f"{weekday} {end:%H:%M}"
    if days - end.weekday() + begin.weekday() == 7:
        return f"下{weekday} {end:%H:%M}"
    year = f"{end.year}年" if end.year != begin.year else ""
    return f"{year}{end.month}月{end.day}日 {weekday} {end:%H:%M}"


def _since_midnight(clock: time | datetime) -> int:
    return ((clock.hour * 60 + clock.minute) * 60 + clock.second) * 1_000_000 + clock.microsecond


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment must be aware")
    return moment


def _unmoved(start: datetime, micros: int) -> datetime:
    if micros < 0:
        raise ValueError("working time cannot be taken away")
    return _aware(start)
