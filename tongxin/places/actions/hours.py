"""When a centre opens: a week from a day on, and days announced otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Refused
from tongxin.kit.text import clean_text

from ..models import Booking, Centre, DayNotice, OpeningWeek
from ..queries.opening import days_of, read_spans
from .centres import BadCentre
from .common import locked, must_keep


def _spans(text: str, field: str) -> str:
    text = clean_text(text, limit=60, field_label=_("开放时间"))
    try:
        read_spans(text)
    except Refused as refusal:
        raise BadCentre(refusal.message, field=field) from refusal
    return " ".join(text.split())


@transaction.atomic
def set_week(
    *, centre: Centre, days: Sequence[str], holiday: str, effective_from: date, by: User | None,
    at: datetime,
) -> OpeningWeek:  # fmt: skip
    """Set the hours of a week from a day on: seven strings, Monday first, "" closed.

    :raises BadCentre: for hours that cannot be read, a week without any, a day gone by
    :raises NotPermitted: unless `by` keeps the register of the land
    """
    centre = locked(centre)
    if by is not None:
        must_keep(by, centre.region.path, what=_("设置开放时间"))
        if effective_from < localdate(at):
            raise BadCentre(_("启用日期不能早于今天。"), field="effective_from")
    if len(days) != 7:
        raise BadCentre(_("请填写周一到周日七天的时间。"), field="days")
    read = [_spans(text, f"day{n}") for n, text in enumerate(days)]
    if not any(read):
        raise BadCentre(_("一周至少要有一天开放。"), field="day0")
    made, _new = OpeningWeek.objects.update_or_create(
        centre=centre, effective_from=effective_from,
        defaults={"days": read, "holiday": _spans(holiday, "holiday"), "by": by, "at": at},
    )  # fmt: skip
    return made


@transaction.atomic
def announce_day(
    *, centre: Centre, day: date, spans: str, reason: str, by: User | None, at: datetime
) -> DayNotice:  # fmt: skip
    """Announce that a day is different ("" closed); who booked outside the new hours is told.

    Such bookings are cancelled, since nobody will be there to open the door.

    :raises BadCentre: for a day gone by, hours that cannot be read
    :raises NotPermitted: unless `by` keeps the register of the land
    """
    centre = locked(centre)
    if by is not None:
        must_keep(by, centre.region.path, what=_("公告开放安排"))
    if day < localdate(at):
        raise BadCentre(_("这一天已经过去。"), field="day")
    reason = clean_text(reason, limit=100, field_label=_("原因"), required=True)
    made, _new = DayNotice.objects.update_or_create(
        centre=centre, day=day,
        defaults={"spans": _spans(spans, "spans"), "reason": reason, "by": by, "at": at},
    )  # fmt: skip
    (now_open,) = days_of(centre, [day])
    # The rooms' locks, in one order: a booking of this moment waits and then sees the new hours.
    list(centre.rooms.select_for_update().order_by("pk").values_list("pk", flat=True))
    rows = Booking.objects.filter(
        room__centre=centre, starts_at__date=day, starts_at__gt=at,
        state__in=(Booking.State.ASKED, Booking.State.BOOKED, Booking.State.WAITING),
    )  # fmt: skip
    for one in rows.select_related("by", "room"):
        if now_open.covers(one.starts_at, one.ends_at):
            continue
        one.state, one.reason, one.decided_at = Booking.State.CANCELLED, reason, at
        one.decided_by = by
        one.save(update_fields=["state", "reason", "decided_at", "decided_by"])
        tell(
            users=[one.by], title=_("预约被取消：%s") % one.room.name,
            text=_("%(day)s 开放时间有变：%(why)s") % {"day": day, "why": reason},
            url=reverse("places:booking", args=[one.pk]), key=f"booking:{one.pk}:cancelled", at=at,
        )  # fmt: skip
    return made
