"""When a plan asks for visits: its slots, each with its days and a sentence. Asks only the calendar."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _

from tongxin.kit.worktime import SHANGHAI
from tongxin.regions.queries import calendar_for

from ..models import Plan

DAY = timedelta(days=1)
Every = Plan.Every
LONGEST = 400


@dataclass(frozen=True)
class Slot:
    """One time of a plan: from when, until when, its turn (for rotation) and why it is."""

    due_from: date
    due_on: date
    turn: int
    why: str


def slots_between(plan: Plan, first: date, last: date) -> Iterator[Slot]:
    """Yield the slots whose first day lies in these days (inclusive) and in the time of the plan."""
    begin = max(first, plan.starts_on)
    end = min(last, plan.ends_on or last)
    if plan.every == Every.ONCE:
        if begin <= plan.starts_on <= end:
            until = plan.ends_on or plan.starts_on + (plan.days - 1) * DAY
            yield Slot(plan.starts_on, until, 0, _("计划期内一次"))
        return
    day = begin
    while day <= end:
        slot = _slot_from(plan, day)
        if slot is not None:
            yield slot
        day += DAY


def _slot_from(plan: Plan, day: date) -> Slot | None:
    """Return the slot that begins on a day, if one does."""
    if plan.every == Every.TIMES:
        return _part(plan, day)
    found = {
        Every.DAILY: _daily,
        Every.WORKDAYS: _workday,
        Every.WEEKLY: _weekly,
        Every.MONTHLY: _monthly,
    }[Every(plan.every)](plan, day)
    if found is None:
        return None
    turn, why = found
    until = day + (plan.days - 1) * DAY
    if plan.ends_on and until > plan.ends_on:
        until = plan.ends_on
    return Slot(day, until, turn, why)


def _daily(plan: Plan, day: date) -> tuple[int, str]:
    return day.toordinal(), _("每天")


def _workday(plan: Plan, day: date) -> tuple[int, str] | None:
    midnight = datetime.combine(day, time(), tzinfo=SHANGHAI)
    if not calendar_for(plan.area).between(midnight, midnight + DAY):
        return None
    return day.toordinal(), _("工作日")


def _weekly(plan: Plan, day: date) -> tuple[int, str] | None:
    if day.isoweekday() != plan.weekday:
        return None
    return day.toordinal() // 7, _("每周%s") % "一二三四五六日"[day.weekday()]


def _monthly(plan: Plan, day: date) -> tuple[int, str] | None:
    if day.day != min(plan.month_day, monthrange(day.year, day.month)[1]):
        return None
    return day.year * 12 + day.month, _("每月 %d 日") % day.day


def period_of(period: str, day: date) -> tuple[date, date]:
    """Return the first and the last day of the week, month, quarter or year that holds a day."""
    if period == Plan.Period.WEEK:
        first = day - day.weekday() * DAY
        return first, first + 6 * DAY
    months = {Plan.Period.MONTH: 1, Plan.Period.QUARTER: 3}.get(Plan.Period(period), 12)
    start = (day.month - 1) // months * months + 1
    end = start + months - 1
    return date(day.year, start, 1), date(day.year, end, monthrange(day.year, end)[1])


def _part(plan: Plan, day: date) -> Slot | None:
    """The period is cut into `times` parts of nearly equal length; each holds one visit."""
    first, last = period_of(plan.period, day)
    length = (last - first).days + 1
    times = min(plan.times, length)
    for n in range(times):
        begin = first + (length * n // times) * DAY
        until = first + (length * (n + 1) // times - 1) * DAY
        # A plan that starts in the middle of a part has what is left of it.
        if begin == day or (begin < day == plan.starts_on <= until):
            until = min(until, plan.ends_on) if plan.ends_on else until
            words = {"period": plan.get_period_display(), "n": n + 1, "times": plan.times}
            turn = first.toordinal() + n
            return Slot(day, until, turn, _("每%(period)s %(times)d 次的第 %(n)d 次") % words)
    return None


def next_slots(plan: Plan, day: date, count: int = 5) -> list[Slot]:
    """Return the slots that are still to be made from a day on."""
    if plan.state != Plan.State.ACTIVE:
        return []
    first = max(day, plan.made_through + DAY) if plan.made_through else day
    if plan.every == Every.ONCE and plan.made_through is None:
        first = plan.starts_on
    found: list[Slot] = []
    for slot in slots_between(plan, first, first + LONGEST * DAY):
        found.append(slot)
        if len(found) == count:
            break
    return found


def rhythm_in_words(plan: Plan) -> str:
    """Return how often, for people: "每周一", "每季度 2 次"."""
    if plan.every == Every.WEEKLY:
        return _("每周%s") % "一二三四五六日"[plan.weekday - 1]
    if plan.every == Every.MONTHLY:
        return _("每月 %d 日") % plan.month_day
    if plan.every == Every.TIMES:
        words = {"period": plan.get_period_display(), "times": plan.times}
        return _("每%(period)s %(times)d 次") % words
    return str(plan.get_every_display())
