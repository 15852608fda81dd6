"""Sessions of day care and of the children's room: opened, signed up for, attended, forgotten (S1.51)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit_look, tell
from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text, mask_name, normal_phone

from ..models import CareSession, CareSignUp, Room
from ..queries.opening import days_of
from .bookings import lock_room, span_words
from .common import must_keep, scoped

KEEP_DAYS = 90  # how long after a session who came is still known
State = CareSignUp.State


class BadSession(Invalid):
    """A session outside opening hours, past, or with more places than the room holds."""


class RoomTaken(Refused):
    """The room is booked, or another session is there at that time."""


class Full(Refused):
    """All places are taken."""


class SignedUp(Refused):
    """The person has a place in this session."""


class Closed(Refused):
    """The session is over or cancelled, or the place was given back."""


@transaction.atomic
def open_session(
    *, room: Room, starts_at: datetime, ends_at: datetime, title: str, places: int, by: User,
    at: datetime,
) -> CareSession:  # fmt: skip
    """Offer some hours of care, with at most as many places as the room holds.

    :raises BadSession, RoomTaken, NotPermitted:
    """
    room = lock_room(room)
    must_keep(by, room.centre.region.path, what=_("安排照料场次"))
    if not room.kind.is_care or room.ended_on:
        raise BadSession(_("“%s”不是在用的照料场所。") % room.name, field="room")
    title = clean_text(title, limit=40, field_label=_("内容"), required=True)
    if not 0 < places <= room.capacity:
        raise BadSession(_("名额应在 1 到 %d 之间。") % room.capacity, field="places")
    if not at <= starts_at < ends_at:
        raise BadSession(_("开始时间应在现在之后、结束之前。"), field="starts_at")
    (day,) = days_of(room.centre, [localdate(starts_at)])
    if not day.covers(starts_at, ends_at):
        raise BadSession(
            _("不在开放时间内，当天开放：%s。") % (day.text or _("不开放")), field="starts_at"
        )
    sessions = room.sessions.filter(cancelled_why="", starts_at__lt=ends_at, ends_at__gt=starts_at)
    if sessions.exists() or room.bookings.holding().over(starts_at, ends_at).exists():
        raise RoomTaken(_("“%s”这段时间已有安排。") % room.name, field="starts_at")
    return CareSession.objects.create(
        room=room, starts_at=starts_at, ends_at=ends_at, title=title, places=places, by=by, at=at
    )


def _lock(session: CareSession) -> CareSession:
    rows = CareSession.objects.select_for_update(of=("self",))
    return rows.select_related("room__centre__region").get(pk=session.pk)


@transaction.atomic
def sign_up(
    *, session: CareSession, name: str, phone: str, need: str, by: User, at: datetime,
    wait: bool = False, key: str = "",
) -> CareSignUp:  # fmt: skip
    """Take a place for a person (oneself, an elder, a child); with `wait`, stand in line if full.

    Name, telephone and need are sealed and erased three months after the session.

    :raises Full: if all places are taken
    :raises SignedUp: if the person has one
    :raises Closed: if it is cancelled or has begun
    """
    session = _lock(session)
    kept = scoped(by, key)
    if kept and (old := CareSignUp.objects.filter(key=kept).first()):
        return old
    if session.cancelled_why or session.starts_at <= at:
        raise Closed(_("这一场已经开始或取消，不能再报名。"))
    if session.room.centre.state != "open":
        raise Closed(_("这个中心没有开放。"))
    name = clean_text(name, limit=20, field_label=_("姓名"), required=True)
    phone = normal_phone(phone)
    need = clean_text(need, limit=100, field_label=_("照料需要"))
    index = sealer().index(f"care:{name}:{phone}")
    others = session.sign_ups.exclude(state=State.CANCELLED)
    if others.filter(person_index=index).exists():
        raise SignedUp(_("%s已经报了这一场。") % mask_name(name), field="name")
    full = others.exclude(state=State.WAITING).count() >= session.places
    if full and not wait:
        raise Full(_("名额已满（%d 人）。") % session.places, remedy=_("可以排队候补。"))
    box = sealer()
    return CareSignUp.objects.create(
        session=session, name=box.seal(name), phone=box.seal(phone),
        need=box.seal(need) if need else "", person_index=index, label=mask_name(name),
        state=State.WAITING if full else State.SIGNED, by=by, at=at, key=kept,
        forget_on=localdate(session.ends_at) + timedelta(days=KEEP_DAYS),
    )  # fmt: skip


@transaction.atomic
def give_back(sign_up: CareSignUp, *, by: User, at: datetime) -> CareSignUp:
    """Give a place back before the session begins; the first in line gets it. Raises Closed."""
    session = _lock(sign_up.session)
    one = CareSignUp.objects.get(pk=sign_up.pk)
    if one.by_id != by.pk:
        must_keep(by, session.room.centre.region.path, what=_("取消别人的报名"))
    if one.state not in (State.SIGNED, State.WAITING) or session.starts_at <= at:
        raise Closed(_("已经开始或取消，不能再取消报名。"))
    held, one.state = one.state == State.SIGNED, State.CANCELLED
    one.save(update_fields=["state"])
    following = session.sign_ups.filter(state=State.WAITING).order_by("pk").first()
    if held and following is not None:
        following.state = State.SIGNED
        following.save(update_fields=["state"])
        tell(
            users=[following.by], title=_("候补到了：%s") % session.title,
            text=f"{span_words(session.starts_at, session.ends_at)} · {following.label}",
            url=reverse("places:care"), key=f"care.place:{following.pk}", at=at,
        )  # fmt: skip
    return one


@transaction.atomic
def mark_came(sign_up: CareSignUp, *, came: bool, by: User, at: datetime) -> CareSignUp:
    """Write down whether somebody came. Raises Closed before the day, NotPermitted."""
    session = _lock(sign_up.session)
    must_keep(by, session.room.centre.region.path, what=_("登记到场"))
    one = CareSignUp.objects.get(pk=sign_up.pk)
    if one.state not in (State.SIGNED, State.CAME, State.ABSENT):
        raise Closed(_("这个报名现在是“%s”。") % one.get_state_display())
    if localdate(session.starts_at) > localdate(at):
        raise Closed(_("还没到这一场的日子。"))
    one.state = State.CAME if came else State.ABSENT
    one.save(update_fields=["state"])
    return one


@transaction.atomic
def cancel_session(session: CareSession, *, why: str, by: User, at: datetime) -> CareSession:
    """Call a session off before it begins; everybody who signed up is told. Raises Closed."""
    session = _lock(session)
    must_keep(by, session.room.centre.region.path, what=_("取消照料场次"))
    if session.cancelled_why or session.starts_at <= at:
        raise Closed(_("这一场已经开始或取消。"))
    session.cancelled_why = clean_text(why, limit=100, field_label=_("原因"), required=True)
    session.save(update_fields=["cancelled_why"])
    rows = session.sign_ups.filter(state__in=(State.SIGNED, State.WAITING)).select_related("by")
    for one in rows:
        tell(
            users=[one.by], title=_("%s取消了") % session.title,
            text=f"{span_words(session.starts_at, session.ends_at)} · {session.cancelled_why}",
            url=reverse("places:care"), key=f"care.off:{one.pk}", at=at,
        )  # fmt: skip
    rows.update(state=State.CANCELLED)
    return session


def reveal_sign_up(
    sign_up: CareSignUp, *, actor: User, reason: str, at: datetime, address: str = ""
) -> dict[str, str]:
    """Return who somebody is and what they need, for the desk, with the reason in the audit log.

    :raises NotPermitted: unless the actor keeps the register of the place
    :raises NoReason: without a reason of four characters
    :raises Closed: once it was erased
    """
    must_keep(actor, sign_up.session.room.centre.region.path, what=_("查看报名人"))
    if not sign_up.name:
        raise Closed(_("姓名和电话已按期清除。"))
    audit_look(
        actor=actor, action="places.care", object=str(sign_up.pk), reason=reason, at=at,
        address=address,
    )  # fmt: skip
    box = sealer()
    return {
        "name": box.open(sign_up.name), "phone": box.open(sign_up.phone),
        "need": box.open(sign_up.need) if sign_up.need else "",
    }  # fmt: skip


def forget_care(*, at: datetime, limit: int = 500) -> int:
    """Erase names, telephones and needs whose day has come; that somebody came stays counted."""
    rows = CareSignUp.objects.filter(forget_on__lte=localdate(at)).exclude(name="")
    pks = list(rows.order_by("forget_on", "pk").values_list("pk", flat=True)[:limit])
    return CareSignUp.objects.filter(pk__in=pks).update(
        name="", phone="", need="", person_index="", label="—"
    )
