"""A room is booked, waited for, approved, cancelled, used; every week, if asked for.

Whoever writes a booking holds the row of its room: of those that ask at one moment one finds it
free, on both databases.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.ids import uuid7
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org, Post
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.regions.queries import prefixes

from ..models import Booking, BookingRule, BookingSeries, CareSession, Room
from ..models.centres import KEEPERS
from ..queries.opening import days_of
from ..queries.rules import limits_of
from .common import must_keep, scoped

MOST_WEEKS = 26
State = Booking.State


class BadBooking(Invalid):
    """What is asked for is past, too long, too many, or outside opening hours."""


class NotBookable(Refused):
    """The room takes no bookings."""


class Taken(Refused):
    """Somebody has the room at that time."""


class TooManyOpen(Refused):
    """One has as many open bookings as the rules allow."""


class NotOpen(Refused):
    """The booking has been decided, used or cancelled."""


def lock_room(room: Room) -> Room:
    """Return a room's row under lock, with its centre and land: one writer for each room."""
    rows = Room.objects.select_for_update(of=("self",)).select_related("centre__region", "kind")
    return rows.get(pk=room.pk)


def _keeps(by: User, room: Room) -> bool:
    return not roles_over(by, room.centre.region.path).isdisjoint(KEEPERS)


@transaction.atomic
def book(
    *, room: Room, starts_at: datetime, ends_at: datetime, purpose: str, people: int, by: User,
    at: datetime, key: str = "", org: Org | None = None, group: str = "", wait: bool = False,
) -> Booking:  # fmt: skip
    """Book a room, for oneself, a group or one's unit; with `wait`, stand in line if it is taken.

    Whoever keeps the register of the place is bound by hours and capacity, not by lead and number.

    :raises NotBookable: if the room takes no bookings, or its centre is not open
    :raises BadBooking: past, too late or early, too long, over capacity, outside opening hours
    :raises Taken: if another holds the room at that time
    :raises TooManyOpen: over the number of open bookings of one person
    :raises NotPermitted: for a unit in which `by` holds no post
    """
    room = lock_room(room)
    kept = scoped(by, key)
    if kept and (old := Booking.objects.filter(key=kept).first()):
        return old
    made = _asked(
        room, starts_at=starts_at, ends_at=ends_at, purpose=purpose, people=people, by=by, at=at,
        org=org, group=group,
    )  # fmt: skip
    made.key = kept
    rule, keeps = limits_of(room, localdate(at)), _keeps(by, room)
    _within_limits(made, room, rule, keeps, at)
    _within_hours(made, room)
    if not keeps:
        _within_number(by, rule, at)
    clash = _clash(room, starts_at, ends_at)
    if clash and not wait:
        raise Taken(clash, field="starts_at", remedy=_("请换个时间，或排队候补。"))
    made.state = State.WAITING if clash else State.BOOKED
    if not clash and room.needs_approval and not keeps:
        made.state = State.ASKED
    made.save(force_insert=True)
    if made.state == State.ASKED:
        _tell_keepers(made, room, at)
    return made


def _asked(
    room: Room, *, starts_at: datetime, ends_at: datetime, purpose: str, people: int, by: User,
    at: datetime, org: Org | None, group: str,
) -> Booking:  # fmt: skip
    if room.ended_on or not room.is_bookable or room.centre.state != "open":
        raise NotBookable(_("“%s”现在不接受预约。") % room.name, field="room")
    if org is not None and all(post.org_id != org.pk for post in posts_of(by)):
        raise NotPermitted(_("您在“%s”没有岗位，不能以它的名义预约。") % org.name, field="org")
    purpose = clean_text(purpose, limit=60, field_label=_("用途"), required=True)
    group = clean_text(group, limit=40, field_label=_("团队"))
    if not 0 < people <= room.capacity:
        raise BadBooking(_("人数应在 1 到 %d 之间。") % room.capacity, field="people")
    return Booking(
        id=uuid7(at), room=room, starts_at=starts_at, ends_at=ends_at, purpose=purpose,
        people=people, by=by, at=at, org=org, group=group,
    )  # fmt: skip


def _within_limits(made: Booking, room: Room, rule: BookingRule, keeps: bool, at: datetime) -> None:
    minutes = (made.ends_at - made.starts_at).total_seconds() / 60
    if minutes <= 0:
        raise BadBooking(_("结束时间应晚于开始时间。"), field="ends_at")
    if minutes > rule.most_minutes:
        hours = f"{rule.most_minutes / 60:g}"
        raise BadBooking(_("一次最长 %s 小时。") % hours, field="ends_at")
    if made.starts_at < at:
        raise BadBooking(_("这个时间已经过了。"), field="starts_at")
    if keeps:
        return
    if made.starts_at < at + timedelta(minutes=rule.lead_minutes):
        raise BadBooking(
            _("请至少提前 %d 分钟预约。") % rule.lead_minutes, field="starts_at",
            remedy=_("急用请直接联系中心。"),
        )  # fmt: skip
    if localdate(made.starts_at) > localdate(at) + timedelta(days=rule.ahead_days):
        raise BadBooking(_("最早提前 %d 天预约。") % rule.ahead_days, field="starts_at")


def _within_hours(made: Booking, room: Room) -> None:
    (day,) = days_of(room.centre, [localdate(made.starts_at)])
    if day.covers(made.starts_at, made.ends_at):
        return
    if not day.is_open:
        words = {"day": f"{day.day:%m-%d}", "why": day.why or _("休息")}
        raise BadBooking(_("%(day)s 不开放：%(why)s。") % words, field="day")
    words = {"day": f"{day.day:%m-%d}", "hours": day.text}
    raise BadBooking(_("不在开放时间内，%(day)s 开放 %(hours)s。") % words, field="starts_at")


def _within_number(by: User, rule: BookingRule, at: datetime) -> None:
    User.objects.select_for_update().only("pk").get(pk=by.pk)  # two rooms at once count as two
    n = Booking.objects.filter(
        by=by, ends_at__gt=at, state__in=(State.ASKED, State.BOOKED, State.WAITING)
    ).count()
    if n >= rule.most_open:
        raise TooManyOpen(
            _("您已有 %d 个预约没有用完，到了上限。") % n,
            remedy=_("用过或取消一个后再约。"),
        )


def _clash(room: Room, starts_at: datetime, ends_at: datetime, but: Booking | None = None) -> str:
    """Return who has the room then, in a sentence without names; "" if it is free."""
    rows = room.bookings.holding().over(starts_at, ends_at)
    if but is not None:
        rows = rows.exclude(pk=but.pk)
    held = rows.order_by("starts_at").values_list("starts_at", "ends_at").first()
    if held is None:
        rows_of_care = CareSession.objects.filter(
            room=room, cancelled_why="", starts_at__lt=ends_at, ends_at__gt=starts_at
        )
        held = rows_of_care.order_by("starts_at").values_list("starts_at", "ends_at").first()
    if held is None:
        return ""
    return _("“%(room)s” %(span)s 已被预约。") % {"room": room.name, "span": span_words(*held)}


def span_words(starts_at: datetime, ends_at: datetime) -> str:
    """Write a time as 03-02 09:00-11:00."""
    return f"{localtime(starts_at):%m-%d %H:%M}-{localtime(ends_at):%H:%M}"


def keepers_of(path: str, at: datetime) -> list[User]:
    """Return the desk of a place: who dispatches there, else the officers above it."""
    posts = Post.objects.held_on(localdate(at)).filter(
        region__path__in=list(prefixes(path)), role__in=("dispatcher", "officer"),
        user__is_active=True,
    )  # fmt: skip
    rows = list(posts.select_related("user", "region").order_by("pk"))
    near = [post.user for post in rows if post.role == "dispatcher" and post.region.path == path]
    return near or [post.user for post in rows if len(post.region.path) >= len(path) - 4]


def _tell_keepers(made: Booking, room: Room, at: datetime) -> None:
    tell(
        users=keepers_of(room.centre.region.path, at),
        title=_("预约待审核：%s") % room.name,
        text=f"{span_words(made.starts_at, made.ends_at)} · {made.purpose}",
        url=reverse("places:calendar", args=[room.centre_id]), key=f"booking:{made.pk}:asked", at=at,
    )  # fmt: skip


def _tell_holder(one: Booking, title: str, at: datetime) -> None:
    tell(
        users=[one.by], title=title % one.room.name,
        text=" · ".join(filter(None, (span_words(one.starts_at, one.ends_at), one.reason))),
        url=reverse("places:booking", args=[one.pk]), key=f"booking:{one.pk}:{one.state}", at=at,
    )  # fmt: skip


def _lock(booking: Booking) -> tuple[Booking, Room]:
    room = lock_room(booking.room)
    found = Booking.objects.select_related("by").get(pk=booking.pk)
    found.room = room
    return found, room


@transaction.atomic
def decide_booking(
    booking: Booking, *, approve: bool, reason: str, by: User, at: datetime
) -> Booking:  # fmt: skip
    """Approve a booking, or refuse it with the reason. Raises NotOpen, NotPermitted, Missing."""
    one, room = _lock(booking)
    must_keep(by, room.centre.region.path, what=_("审核预约"))
    if one.state != State.ASKED:
        raise NotOpen(_("这个预约现在是“%s”。") % one.get_state_display())
    if one.by_id == by.pk:
        raise NotPermitted(_("不能审核自己的预约，请同事审核。"))
    one.reason = clean_text(reason, limit=100, field_label=_("说明"), required=not approve)
    one.state = State.BOOKED if approve else State.REFUSED
    one.decided_by, one.decided_at = by, at
    one.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    _tell_holder(one, _("预约通过：%s") if approve else _("预约未通过：%s"), at)
    if not approve:
        _move_up(room, one, at)
    return one


@transaction.atomic
def cancel_booking(booking: Booking, *, by: User, at: datetime, reason: str = "") -> Booking:
    """Give a time back, before it begins: one's own, or (with the reason) as the desk.

    Who waits longest for a time that is now free gets it.

    :raises NotOpen: if it has begun, or was decided otherwise
    :raises NotPermitted: for somebody else's
    """
    one, room = _lock(booking)
    own = one.by_id == by.pk
    if not own:
        must_keep(by, room.centre.region.path, what=_("取消别人的预约"))
    if one.state not in (State.ASKED, State.BOOKED, State.WAITING):
        raise NotOpen(_("这个预约现在是“%s”。") % one.get_state_display())
    if one.starts_at <= at:
        raise NotOpen(_("已经开始，不能取消。"))
    one.reason = clean_text(reason, limit=100, field_label=_("说明"), required=not own)
    held, one.state = one.state in Booking.HOLDING, State.CANCELLED
    one.decided_by, one.decided_at = by, at
    one.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    if not own:
        _tell_holder(one, _("预约被取消：%s"), at)
    if held:
        _move_up(room, one, at)
    return one


def _move_up(room: Room, freed: Booking, at: datetime) -> None:
    """Give the freed time to those who wait, in the order they came."""
    waiting = room.bookings.filter(state=State.WAITING, starts_at__gt=at).over(
        freed.starts_at, freed.ends_at
    )
    for one in waiting.select_related("by").order_by("at", "pk"):
        if _clash(room, one.starts_at, one.ends_at, but=one):
            continue
        one.room = room
        one.state = State.ASKED if room.needs_approval else State.BOOKED
        one.save(update_fields=["state"])
        if one.state == State.ASKED:
            _tell_keepers(one, room, at)
        _tell_holder(one, _("候补到了：%s"), at)


@transaction.atomic
def mark_use(booking: Booking, *, came: int, by: User, at: datetime) -> Booking:
    """Write down how many came (0: nobody, 未到场); a slip may be mended.

    :raises NotOpen: before it began, or if it was not booked
    :raises BadBooking: for more than three times the room's capacity
    :raises NotPermitted: unless `by` keeps the register of the place
    """
    one, room = _lock(booking)
    must_keep(by, room.centre.region.path, what=_("登记到场"))
    if one.state not in (State.BOOKED, State.USED, State.NO_SHOW):
        raise NotOpen(_("这个预约现在是“%s”。") % one.get_state_display())
    if one.starts_at > at:
        raise NotOpen(_("还没开始，不能登记到场。"))
    if not 0 <= came <= room.capacity * 3:
        raise BadBooking(_("到场人数应在 0 到 %d 之间。") % (room.capacity * 3), field="came")
    one.came, one.state = came, State.USED if came else State.NO_SHOW
    one.decided_by, one.decided_at = by, at
    one.save(update_fields=["state", "came", "decided_by", "decided_at"])
    return one


@dataclass
class Repeated:
    """What came of a weekly booking: those made, and the days that could not be had, with why."""

    series: BookingSeries
    made: list[Booking] = field(default_factory=list)
    clashes: list[tuple[date, str]] = field(default_factory=list)


@transaction.atomic
def book_series(
    *, room: Room, starts_at: datetime, ends_at: datetime, until: date, purpose: str, people: int,
    by: User, at: datetime, org: Org | None = None, group: str = "", key: str = "",
) -> Repeated:  # fmt: skip
    """Book the same hours every week until a day; days that clash or are closed are listed, not made.

    For the desk and for units (`org`); a unit's is approved by the desk where the room asks for it.

    :raises BadBooking: over half a year, or if no day at all can be had
    :raises NotPermitted: for a resident. Else as `book`
    """
    room = lock_room(room)
    kept, keeps = scoped(by, key), _keeps(by, room)
    if kept and (old := BookingSeries.objects.filter(key=kept).first()):
        return Repeated(old, list(old.bookings.order_by("starts_at")))
    if not keeps and org is None:
        raise NotPermitted(_("每周固定预约由单位或中心办理。"), remedy=_("请一次约一场。"))
    first, weeks = localdate(starts_at), (until - localdate(starts_at)).days // 7
    if not 1 <= weeks <= MOST_WEEKS:
        raise BadBooking(_("每周预约应至少两次，最长 %d 周。") % MOST_WEEKS, field="until")
    given: dict[str, Any] = {
        "purpose": purpose, "people": people, "by": by, "at": at, "org": org, "group": group,
    }  # fmt: skip
    probe = _asked(room, starts_at=starts_at, ends_at=ends_at, **given)
    _within_limits(probe, room, limits_of(room, localdate(at)), True, at)
    found = Repeated(
        BookingSeries.objects.create(room=room, first_on=first, until=until, by=by, at=at, key=kept)
    )
    for n in range(weeks + 1):
        shift = timedelta(weeks=n)
        one = _asked(room, starts_at=starts_at + shift, ends_at=ends_at + shift, **given)
        one.series = found.series
        one.state = State.ASKED if room.needs_approval and not keeps else State.BOOKED
        if why := _why_not(one, room):
            found.clashes.append((first + shift, why))
        else:
            one.save(force_insert=True)
            found.made.append(one)
    if not found.made:
        raise BadBooking(_("这些日子都约不上：%s") % found.clashes[0][1], field="starts_at")
    if found.made[0].state == State.ASKED:
        _tell_keepers(found.made[0], room, at)
    return found


def _why_not(one: Booking, room: Room) -> str:
    try:
        _within_hours(one, room)
    except BadBooking as refusal:
        return str(refusal.message)
    return _clash(room, one.starts_at, one.ends_at)


def bookings_due(*, at: datetime, limit: int = 200) -> int:
    """Let lines nobody moved up lapse, and refuse what nobody approved in time; return how many."""
    open_ones = Booking.objects.filter(state__in=(State.ASKED, State.WAITING), starts_at__lte=at)
    pks = list(open_ones.order_by("starts_at", "pk").values_list("pk", flat=True)[:limit])
    done = 0
    for pk in pks:
        with transaction.atomic():
            one, _room = _lock(Booking.objects.select_related("room").get(pk=pk))
            if one.state not in (State.ASKED, State.WAITING):
                continue
            waited = one.state == State.WAITING
            one.state = State.LAPSED if waited else State.REFUSED
            one.reason = "" if waited else _("没有及时审核")
            one.decided_at = at
            one.save(update_fields=["state", "reason", "decided_at"])
            _tell_holder(one, _("候补没有等到：%s") if waited else _("预约未通过：%s"), at)
            done += 1
    return done
