"""People are counted: by the clerk for a day, or by themselves at the door; never by name."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.places.models import Centre, Room, RoomKind
from tongxin.places.queries import days_of

from ..models import UseCount
from .common import locked, must_serve

MOST_PEOPLE = 20_000
EARLIEST = timedelta(days=62)  # how long afterwards a day may still be put right


class BadCount(Invalid):
    """A number out of bounds, a day to come or too long ago."""


class NotOpenNow(Refused):
    """Nobody can be there: the centre is closed."""


@transaction.atomic
def count_people(
    *, centre: Centre, day: date, people: int, by: User, at: datetime, room: Room | None = None,
    use: str = "",
) -> UseCount:  # fmt: skip
    """Set how many people came on a day: to a room, or at large to one side (`use`) of the house.

    What counts itself (bookings, care, windows) is not entered here.

    :raises BadCount: out of bounds, a day to come or over two months ago, without a side
    :raises NotPermitted:
    """
    centre = locked(centre)
    must_serve(by, centre.region.path, what=_("登记使用人次"))
    today = localdate(at)
    if not today - EARLIEST <= day <= today:
        raise BadCount(_("只能登记最近两个月，不能登记以后的日子。"), field="day")
    if not 0 <= people <= MOST_PEOPLE:
        raise BadCount(_("人次应在 0 到 %d 之间。") % MOST_PEOPLE, field="people")
    if room is not None:
        if room.centre_id != centre.pk:
            raise BadCount(_("这个功能室不在本中心。"), field="room")
        use = room.kind.use
    elif use not in RoomKind.Use.values:
        raise BadCount(_("请选择功能。"), field="use")
    side: dict[str, Any] = {} if room else {"use": use}
    made, _new = UseCount.objects.update_or_create(
        centre=centre, room=room, day=day, source=UseCount.Source.CLERK,
        **side,
        defaults={"use": use, "people": people, "by": by, "at": at},
    )  # fmt: skip
    return made


@transaction.atomic
def count_me(*, room: Room, at: datetime) -> UseCount:
    """Count one person at the door of a room; no identity is asked for or kept.

    :raises NotOpenNow: outside opening hours
    """
    room = (
        Room.objects.select_for_update(of=("self",))
        .select_related("centre", "kind")
        .get(pk=room.pk)
    )
    (day,) = days_of(room.centre, [localdate(at)])
    slack = timedelta(minutes=30)
    is_open = any(start - slack <= at <= end + slack for start, end in day.moments())
    if room.ended_on or room.centre.state != Centre.State.OPEN or not is_open:
        raise NotOpenNow(_("现在不在开放时间，没有计数。"))
    made, new = UseCount.objects.get_or_create(
        centre=room.centre, room=room, day=day.day, source=UseCount.Source.SELF,
        defaults={"use": room.kind.use, "people": 1, "at": at},
    )  # fmt: skip
    if not new:
        UseCount.objects.filter(pk=made.pk).update(people=F("people") + 1, at=at)
    return made
