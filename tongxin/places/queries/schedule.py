"""What stands in the rooms of a centre, day by day; what is free; who waits for the desk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, Q
from django.utils.timezone import localdate, localtime, make_aware

from ..models import Booking, CareSession, Centre, Room
from .opening import Day, days_of

WEEK_DAYS = 7
State = Booking.State


@dataclass(frozen=True)
class Held:
    """A time somebody has a room. `booking` or `session` is what holds it."""

    room: Room
    starts_at: datetime
    ends_at: datetime
    booking: Booking | None = None
    session: CareSession | None = None

    @property
    def words(self) -> str:
        return f"{localtime(self.starts_at):%H:%M}-{localtime(self.ends_at):%H:%M}"


@dataclass
class Column:
    """One day of a week: when the centre is open, what is in its rooms."""

    day: Day
    held: list[Held] = field(default_factory=list)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def midnight(day: date) -> datetime:
    return make_aware(datetime.combine(day, datetime.min.time()))


def week_of(
    centre: Centre, first: date, *, room: Room | None = None, days: int = WEEK_DAYS
) -> list[Column]:
    """Return some days of a centre with what stands in its rooms (or one of them); four queries."""
    span = [first + timedelta(days=n) for n in range(days)]
    since, until = midnight(first), midnight(first + timedelta(days=days))
    columns = {day.day: Column(day) for day in days_of(centre, span)}
    where = Q(room=room) if room is not None else Q(room__centre=centre)
    bookings = Booking.objects.filter(
        where,
        state__in=(*Booking.HOLDING, State.WAITING),
        starts_at__gte=since,
        starts_at__lt=until,
    ).select_related("room", "by", "org")
    sessions = CareSession.objects.filter(
        where, cancelled_why="", starts_at__gte=since, starts_at__lt=until
    ).select_related("room")
    held = [Held(one.room, one.starts_at, one.ends_at, booking=one) for one in bookings]
    held += [Held(one.room, one.starts_at, one.ends_at, session=one) for one in sessions]
    for one in sorted(held, key=lambda one: (one.starts_at, one.room.pk)):
        columns[localdate(one.starts_at)].held.append(one)
    return list(columns.values())


def free_spans(column: Column, *, after: datetime) -> list[tuple[datetime, datetime]]:
    """Return the times of a day in which a room is free, from a moment on; a quarter hour at least.

    `column` is of one room.
    """
    busy = sorted(
        (one.starts_at, one.ends_at)
        for one in column.held
        if one.booking is None or one.booking.state in Booking.HOLDING
    )
    found = []
    for start, end in column.day.moments():
        here = max(start, after)
        for taken, until in busy:
            if until <= here or taken >= end:
                continue
            if taken > here:
                found.append((here, taken))
            here = max(here, until)
        if here < end:
            found.append((here, end))
    return [span for span in found if span[1] - span[0] >= timedelta(minutes=15)]


def places_left(sessions: Iterable[CareSession]) -> dict[int, tuple[int, int]]:
    """Return {session id: (places left, how many wait)}; one query."""
    rows = list(sessions)
    counted = (
        CareSession.objects.filter(pk__in=[one.pk for one in rows])
        .annotate(
            held=Count("sign_ups", filter=Q(sign_ups__state__in=("signed", "came", "absent"))),
            line=Count("sign_ups", filter=Q(sign_ups__state="waiting")),
        )
        .values_list("pk", "places", "held", "line")
    )
    return {pk: (max(0, places - held), line) for pk, places, held, line in counted}
