"""A batch from a phone: every action is stored as it came, then acted on in the order it happened."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, KeyReused, Refused
from tongxin.kit.images import MEBI

from ..models import Device, FieldAction, IncomingPhoto, home_of
from ..queries.judging import judges_of
from .applying import apply_action
from .reading import Sent, read_action

MOST_ACTIONS = 100
MOST_PHOTO_BYTES = 15 * MEBI
SLACK = timedelta(seconds=120)  # a phone's clock may be so far off before it is corrected
LATE = timedelta(days=7)
LOST = timedelta(days=60)  # nothing is kept on a phone for so long: its clock was never set


class TooManyActions(Invalid):
    """A batch holds at most a hundred actions."""


class PhotoReused(KeyReused):
    """The id of a photo stands for another file."""


class PhotoTooLarge(Invalid):
    """A photo of more than 15 MB."""


class DeviceLost(Refused):
    """The phone was reported lost: what comes from it is kept, and a person decides."""


def receive_batch(
    *, user: User, device: Device | None, items: Sequence[Any], skew: int, at: datetime
) -> list[FieldAction]:
    """Store and apply what a phone sent; return what became of each, in the order of `items`.

    `skew` is by how many seconds our clock is ahead of the phone's. Stored first, in one
    transaction; then each applied in its own. What was sent before is answered as it was.

    :raises TooManyActions: for more than a hundred
    """
    if len(items) > MOST_ACTIONS:
        raise TooManyActions(_("一次最多发送 %d 条，请分批发送。") % MOST_ACTIONS, field="actions")
    sent = [read_action(item) for item in items]
    rows = _store(user, device, sent, skew, at)
    if device is not None and device.lost_at is not None:
        _tell_of_lost(device, user, [one for one in rows.values() if one.code == "device_lost"], at)
    for row in sorted(rows.values(), key=lambda row: (row.at, row.pk)):
        if row.state in (FieldAction.State.RECEIVED, FieldAction.State.WAITING):
            row.user, row.device = user, device
            apply_action(row, at=at)
    return [rows[one.key, one.print] for one in sent]


def _tell_of_lost(device: Device, user: User, rows: list[FieldAction], at: datetime) -> None:
    """Ask the desk, once a day, to decide what a lost phone still sends."""
    if rows:
        tell(
            users=[one for one in judges_of(rows[0]) if one.pk != user.pk],
            title=_("已报失的手机还在发送"),
            text=_("%(phone)s 以%(who)s的名义发来 %(n)d 条，没有办理，请核对。")
            % {"phone": device, "who": user.name, "n": len(rows)},
            url="/field/conflicts/",
            key=f"device-lost-sends:{device.pk}:{localdate(at)}",
            at=at,
        )


def _store(
    user: User, device: Device | None, sent: list[Sent], skew: int, at: datetime
) -> dict[tuple[str, str], FieldAction]:
    """Return the row of every action by its key and print; those not known before are written."""
    for _try in range(3):
        try:
            with transaction.atomic():
                return _store_once(user, device, sent, skew, at)
        except IntegrityError:  # the same batch on another connection was a moment earlier
            continue
    return _store_once(user, device, sent, skew, at)  # whatever is wrong shows


def _store_once(
    user: User, device: Device | None, sent: list[Sent], skew: int, at: datetime
) -> dict[tuple[str, str], FieldAction]:
    keys = {key for one in sent for key in (one.key, _key_of_reuse(one))}
    known = {row.key: row for row in FieldAction.objects.filter(user=user, key__in=keys)}
    found: dict[tuple[str, str], FieldAction] = {}
    fresh: list[FieldAction] = []
    for one in sent:
        row = known.get(one.key)
        if row is not None and row.print != one.print:
            row = known.get(_key_of_reuse(one))
            if row is None:
                row = _row_of_reuse(user, device, one, skew, at)
                fresh.append(row)
        elif row is None:
            row = _row(user, device, one, skew, at)
            fresh.append(row)
        known[row.key] = row
        found[one.key, one.print] = row
    _announce(user, fresh, at)
    if fresh:
        FieldAction.objects.bulk_create(fresh)
    return found


def _key_of_reuse(one: Sent) -> str:
    return f"reused:{one.key[:36]}:{one.print[:24]}"


def _row(user: User, device: Device | None, one: Sent, skew: int, at: datetime) -> FieldAction:
    happened, marks = when(one.claimed_at, skew, at)
    row = FieldAction(
        user=user,
        device=device,
        key=one.key,
        print=one.print,
        kind=one.kind,
        claimed_at=one.claimed_at,
        at=happened,
        received_at=at,
        skew_seconds=max(-(2**31), min(2**31 - 1, skew)),
        place=one.place,
        data=one.data,
        subject=one.subject,
        photos=one.photos,
        based_on=one.based_on,
        area=home_of(user),
        marks=marks,
    )
    if one.trouble is not None:
        refuse(row, one.trouble)
    elif device is not None and device.lost_at is not None:
        row.marks.append("lost_device")
        refuse(
            row,
            DeviceLost(
                _("这部手机已报失，内容已保存，由管理员核对后处理。"),
                remedy=_("请联系配发单位。"),
            ),
        )
        row.state = FieldAction.State.CONFLICT
    return row


def _row_of_reuse(
    user: User, device: Device | None, one: Sent, skew: int, at: datetime
) -> FieldAction:
    row = _row(user, device, one, skew, at)
    row.key = _key_of_reuse(one)
    refuse(row, KeyReused(_("这个编号已用于另一条内容，这一条另行保存，没有办理。"), field="id"))
    return row


def refuse(row: FieldAction, refusal: Refused) -> None:
    """Write down on a row why it was not acted on."""
    row.state = FieldAction.State.REFUSED
    row.code = refusal.code[:40]
    sentence = f"{refusal.message}{refusal.remedy}"
    row.sentence = sentence if len(sentence) <= 300 else f"{sentence[:299]}…"
    row.field = (refusal.field or "")[:60]


def when(claimed: datetime | None, skew: int, at: datetime) -> tuple[datetime, list[str]]:
    """Return when something happened by our clock, and what is odd about it."""
    marks: list[str] = []
    if claimed is None:
        return at, marks
    happened = claimed
    if abs(skew) > SLACK.total_seconds():
        marks.append("clock_off")
        try:
            happened = claimed + timedelta(seconds=skew)
        except OverflowError:
            return at, [*marks, "time_lost"]
    if happened > at:
        return at, [*marks, "from_future"] if happened > at + SLACK else marks
    if happened < at - LOST:
        return at, [*marks, "time_lost"]
    return happened, [*marks, "old"] if happened < at - LATE else marks


def _announce(user: User, rows: list[FieldAction], at: datetime) -> None:
    """Write down which photos are to come; refuse what names another file by a known id."""
    wanted = {
        photo["id"]: photo
        for row in rows
        if row.state == FieldAction.State.RECEIVED
        for photo in row.photos
    }
    if not wanted:
        return
    ids = [uuid.UUID(id) for id in wanted]
    known = {str(one.uid): one for one in IncomingPhoto.objects.filter(user=user, uid__in=ids)}
    for row in rows:
        for photo in row.photos if row.state == FieldAction.State.RECEIVED else ():
            if trouble := _trouble_with(photo, known.get(photo["id"]), wanted[photo["id"]]):
                refuse(row, trouble)
    fresh = [
        IncomingPhoto(
            user=user, uid=photo["id"], sha256=photo["sha256"], size=photo["size"],
            announced_at=at, touched_at=at,
        )
        for id, photo in wanted.items()
        if id not in known and photo["size"] <= MOST_PHOTO_BYTES
    ]  # fmt: skip
    IncomingPhoto.objects.bulk_create(fresh)


def _trouble_with(
    photo: dict[str, Any], known: IncomingPhoto | None, wanted: dict[str, Any]
) -> Refused | None:
    same = (photo["sha256"], photo["size"])
    if same != (wanted["sha256"], wanted["size"]) or (
        known is not None and same != (known.sha256, known.size)
    ):
        return PhotoReused(_("这个照片编号已用于另一张照片，请重新选择照片。"), field="photos")
    if photo["size"] > MOST_PHOTO_BYTES:
        return PhotoTooLarge(_("有照片超过 15 MB，请重新拍摄或选小一些的照片。"), field="photos")
    return None
