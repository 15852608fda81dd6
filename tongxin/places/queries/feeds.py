"""iCalendar (RFC 5545): what is taken in a centre, and one booking for its own holder."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from ..models import Booking, CareSession, Centre

AHEAD = timedelta(days=60)


def _calendar(name: str):
    from icalendar import Calendar

    made = Calendar()
    made.add("prodid", "-//Tongxin//Places//ZH")
    made.add("version", "2.0")
    made.add("x-wr-calname", name)
    return made


def _event(
    uid: str, stamp: datetime, starts_at: datetime, ends_at: datetime, words: str, where: str
):
    from icalendar import Event

    made = Event()
    made.add("uid", f"{uid}@tongxin")
    made.add("dtstamp", stamp)
    made.add("dtstart", starts_at)
    made.add("dtend", ends_at)
    made.add("summary", words)
    made.add("location", where)
    return made


def busy_ics(centre: Centre, *, since: datetime) -> bytes:
    """Return the times taken in the next sixty days: the room, never who or what for."""
    calendar = _calendar(centre.name)
    rows = Booking.objects.holding().filter(
        room__centre=centre, ends_at__gt=since, starts_at__lt=since + AHEAD
    )
    for one in rows.select_related("room").order_by("starts_at", "pk"):
        words = _("%s 已预约") % one.room.name
        calendar.add_component(
            _event(f"booking-{one.pk}", one.at, one.starts_at, one.ends_at, words, centre.address)
        )
    sessions = CareSession.objects.filter(
        room__centre=centre, cancelled_why="", ends_at__gt=since, starts_at__lt=since + AHEAD
    )
    for held in sessions.select_related("room").order_by("starts_at", "pk"):
        calendar.add_component(
            _event(
                f"care-{held.pk}", held.at, held.starts_at, held.ends_at, held.title, centre.address
            )
        )
    return calendar.to_ical()


def booking_ics(one: Booking) -> bytes:
    """Return one booking as a calendar of one event, for its own holder."""
    calendar = _calendar(one.room.name)
    words = f"{one.purpose}（{one.room.name}）"
    where = f"{one.room.centre.name} {one.room.centre.address}".strip()
    calendar.add_component(
        _event(f"booking-{one.pk}", one.at, one.starts_at, one.ends_at, words, where)
    )
    return calendar.to_ical()
