"""Months, quarters and working days, as rules count them. Plain functions of days."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _

from tongxin.kit.worktime import Calendar

SPAN = re.compile(r"(\d{1,3})(mo|wd|d)")
WORDS = {"mo": _("%d 个月"), "wd": _("%d 个工作日"), "d": _("%d 天")}
QUARTERS = (_("第一季度"), _("第二季度"), _("第三季度"), _("第四季度"))


def add_months(day: date, months: int) -> date:
    """Return the same day some months later, or the last one of a shorter month."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def add_working_days(day: date, count: int, calendar: Calendar) -> date:
    """Return the `count`-th working day after a day."""
    while count:
        day += timedelta(days=1)
        count -= calendar.is_workday(day)
    return day


def working_days(first: date, last: date, calendar: Calendar) -> int:
    """Return how many working days there are from a day to a day, both counted."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return sum(calendar.is_workday(day) for day in days)


@dataclass(frozen=True)
class Span:
    """A length of time as rules write it: "1mo", "5wd", "3d"."""

    amount: int
    unit: str

    def __str__(self) -> str:
        return str(WORDS[self.unit] % self.amount)

    def after(self, day: date, calendar: Calendar) -> date:
        """Return the day this long after another."""
        if self.unit == "mo":
            return add_months(day, self.amount)
        if self.unit == "wd":
            return add_working_days(day, self.amount, calendar)
        return day + timedelta(days=self.amount)


def parse_span(text: str) -> Span | None:
    """Return the length of time a rule writes; None for nothing written."""
    if not text:
        return None
    match = SPAN.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no length of time")
    return Span(int(match[1]), match[2])


def month_of(day: date) -> date:
    return day.replace(day=1)


def months_between(first: date, last: date) -> Iterator[date]:
    """Return the first day of each month from one to another, both counted."""
    month = month_of(first)
    while month <= last:
        yield month
        month = add_months(month, 1)


@dataclass(frozen=True, order=True)
class Quarter:
    """A quarter of a year."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Quarter:
        return cls(day.year, (day.month + 2) // 3)

    @classmethod
    def parse(cls, text: str) -> Quarter | None:
        """Return the quarter written "2026Q3"; None for anything else."""
        match = re.fullmatch(r"(20\d\d)Q([1-4])", text)
        return cls(int(match[1]), int(match[2])) if match else None

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"

    @property
    def first(self) -> date:
        return date(self.year, self.number * 3 - 2, 1)

    @property
    def last(self) -> date:
        return add_months(self.first, 3) - timedelta(days=1)

    def shifted(self, by: int) -> Quarter:
        return Quarter.of(add_months(self.first, 3 * by))

    @property
    def words(self) -> str:
        words = {"year": self.year, "quarter": QUARTERS[self.number - 1]}
        return str(_("%(year)d 年%(quarter)s") % words)
