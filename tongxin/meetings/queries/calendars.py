"""The iCalendar feed of a person: the meetings they are asked to, and those of their unit."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from tongxin.kit.errors import NotFound

from ..models import Attendance, CalendarFeed, Meeting
from .listing import home_unit

BACK, AHEAD = timedelta(days=60), timedelta(days=200)
STATUS = {Meeting.State.PLANNED: "TENTATIVE", Meeting.State.CANCELLED: "CANCELLED"}


def digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def calendar_of(token: str, at: datetime, site: str) -> bytes:
    """Return the meetings around now as iCalendar (RFC 5545).

    Titles say what is held and by which unit, never who comes or decides. What the person may no
    longer see is gone from the next reading on.

    :raises NotFound: if the address was never made, or is revoked
    """
    feed = CalendarFeed.objects.select_related("user").filter(digest=digest(token)).first()
    if feed is None or not feed.user.is_active:
        raise NotFound(_("这个订阅地址不存在或已停用。"))
    user = feed.user
    asked = Attendance.objects.filter(user=user.pk).values("meeting")
    rows = Meeting.objects.visible_to(user).filter(
        Q(pk__in=asked) | Q(unit=home_unit(user)), starts_at__range=(at - BACK, at + AHEAD)
    )
    calendar = Calendar()
    calendar.add("prodid", "-//Tongxin//Meetings//ZH")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", _("组织生活"))
    for meeting in rows.select_related("unit").order_by("starts_at"):
        event = Event()
        event.add("uid", f"meeting-{meeting.pk}@tongxin")
        event.add("dtstamp", meeting.noticed_at or meeting.created_at)
        event.add("dtstart", meeting.starts_at)
        event.add("dtend", meeting.ends_at)
        event.add("summary", f"{meeting.get_kind_display()}：{meeting.title}")
        event.add("location", meeting.venue)
        event.add("organizer", "mailto:noreply@tongxin.invalid", {"CN": meeting.unit.name})
        event.add("url", site.rstrip("/") + reverse("meetings:meeting", args=[meeting.pk]))
        event.add("status", STATUS.get(Meeting.State(meeting.state), "CONFIRMED"))
        calendar.add_component(event)
    return calendar.to_ical()
