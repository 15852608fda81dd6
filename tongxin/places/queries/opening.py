"""When a centre is open: its week from a day on, statutory holidays, days announced otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils.timezone import make_aware

from tongxin.kit.holidays import state_council
from tongxin.regions.models import parse_spans

from ..models import Centre, DayNotice, OpeningWeek

ORDINARY = "08:30-12:00 14:00-17:30"
WEEK = [ORDINARY] * 5 + ["", ""]

Span = tuple[time, time]


@dataclass(frozen=True)
class Day:
    """One day of a centre: the times it is open ("" closed) and why, if that is not the week's."""

    day: date
    text: str
    spans: tuple[Span, ...]
    why: str = ""

    @property
    def is_open(self) -> bool:
        return bool(self.spans)

    def moments(self) -> list[tuple[datetime, datetime]]:
        """Return the spans as moments of this day."""
        return [(_moment(self.day, start), _end(self.day, end)) for start, end in self.spans]

    def covers(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Say whether a time (of this day) lies inside one span of its hours."""
        return any(start <= starts_at and ends_at <= end for start, end in self.moments())


def _moment(day: date, clock: time) -> datetime:
    return make_aware(datetime.combine(day, clock))


def _end(day: date, clock: time) -> datetime:
    """Return the end of a span; 00:00 is midnight at the end of the day."""
    return _moment(day + timedelta(days=1), clock) if clock == time(0) else _moment(day, clock)


def read_spans(text: str) -> tuple[Span, ...]:
    """Read "08:30-12:00 14:00-17:30"; "" is closed. Raises kit's BadWorkHours."""
    return parse_spans(text).spans if text.strip() else ()


def days_of(centre: Centre, days: Iterable[date]) -> list[Day]:
    """Return the days of a centre; two queries, however many."""
    wanted = list(days)
    if not wanted:
        return []
    weeks = list(centre.weeks.filter(effective_from__lte=max(wanted)).order_by("effective_from"))
    notices = {one.day: one for one in centre.day_notices.filter(day__in=wanted)}
    return [_day(day, weeks, notices.get(day)) for day in wanted]


def days_of_many(centres: list[Centre], day: date) -> dict[int, Day]:
    """Return one day of many centres by id; two queries."""
    ids = [centre.pk for centre in centres]
    weeks: dict[int, list[OpeningWeek]] = {pk: [] for pk in ids}
    rows = OpeningWeek.objects.filter(centre__in=ids, effective_from__lte=day)
    for one in rows.order_by("effective_from"):
        weeks[one.centre_id].append(one)
    notices = {one.centre_id: one for one in DayNotice.objects.filter(centre__in=ids, day=day)}
    return {pk: _day(day, weeks[pk], notices.get(pk)) for pk in ids}


def _day(day: date, weeks: list[OpeningWeek], notice: DayNotice | None) -> Day:
    if notice is not None:
        return Day(day, notice.spans, read_spans(notice.spans), notice.reason)
    week = next((one for one in reversed(weeks) if one.effective_from <= day), None)
    hours, holiday = (week.days, week.holiday) if week else (WEEK, "")
    works, name = state_council(day)
    if not works and name.endswith("放假"):
        return Day(day, holiday, read_spans(holiday), name)
    if works and day.weekday() > 4:  # a working weekend keeps the hours of a Monday
        return Day(day, hours[0], read_spans(hours[0]), name)
    text = hours[day.weekday()]
    return Day(day, text, read_spans(text))


def week_in_force(centre: Centre, day: date) -> OpeningWeek | None:
    """Return the week a centre goes by on a day; None: the ordinary one."""
    rows = centre.weeks.filter(effective_from__lte=day)
    return rows.order_by("-effective_from").first()


def notices_ahead(centre: Centre, since: date, days: int = 30) -> list[DayNotice]:
    """Return the days announced otherwise from a day on."""
    span = Q(day__gte=since, day__lte=since + timedelta(days=days))
    return list(centre.day_notices.filter(span).order_by("day"))


@dataclass(frozen=True)
class Opening:
    """How a centre opens as of a day: its week, that day, the days ahead announced otherwise."""

    days: list[str]
    holiday: str
    today: Day
    notices: list[DayNotice]


def opening_of(centre: Centre, day: date, ahead: int = 30) -> Opening:
    """Return how a centre opens as of a day; two queries."""
    week = week_in_force(centre, day)
    notices = notices_ahead(centre, day, ahead)
    of_day = next((one for one in notices if one.day == day), None)
    return Opening(
        days=week.days if week else WEEK,
        holiday=week.holiday if week else "",
        today=_day(day, [week] if week else [], of_day),
        notices=notices,
    )
