"""Keep a photo, hold it against what it is handed in for, open what its file said."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit_look
from tongxin.accounts.models import User
from tongxin.kit.errors import KeyReused, NotPermitted
from tongxin.kit.geo import distance_m
from tongxin.kit.ids import uuid7
from tongxin.kit.images import check_photo

from . import gates
from .models import MARKS, Photo

FAR_METRES = 300
ODD = timedelta(hours=1)
SKEW = timedelta(minutes=5)  # how far ahead of ours a camera's clock may be
FIRST_PHONES = datetime(2008, 1, 1, tzinfo=UTC)  # a camera that was never set says 1970, 2000, 2002


class NotForYou(NotPermitted):
    """Where a photo was taken is for officers over the place."""


def keep_photo(
    *,
    data: bytes,
    by: User | None,
    at: datetime,
    key: str | None = None,
    id: uuid.UUID | None = None,
) -> Photo:
    """Prove that `data` is a photo, strip it, keep it. With a `key` or an `id`, a retry acts once.

    Keys are each caller's own. What the file says of place, time and device is kept apart, and
    what is odd about it is marked, never refused.

    :raises PhotoTooLarge, NotAPhoto, DamagedPhoto, TooManyPixels: as `kit.images.check_photo`
    :raises KeyReused: if the key or the id stands for another file
    """
    scoped = f"{by.pk if by else 0}:{key}" if key else None
    if kept := _kept_before(scoped, id, by, data):
        return kept
    photo = prepare_photo(data=data, by=by, at=at, id=id)
    photo.key = scoped
    try:
        with transaction.atomic():
            photo.save(force_insert=True)
    except IntegrityError:
        # The same request on two connections: the twin's row stands, our files go.
        photo.file.delete(save=False)
        photo.thumb.delete(save=False)
        if kept := _kept_before(scoped, id, by, data):
            return kept
        raise
    return photo


def prepare_photo(
    *, data: bytes, by: User | None, at: datetime, id: uuid.UUID | None = None
) -> Photo:
    """Return an unsaved photo, its file checked and stripped; decoding needs no transaction."""
    found = check_photo(data)
    exif = dict(found.exif)
    taken_at = exif.pop("taken_at", None)
    photo = Photo(
        id=id or uuid7(at),
        sha256=found.sha256,
        size=len(found.clean),
        uploaded_by=by if by is not None and by.pk else None,
        uploaded_at=at,
        taken_at=taken_at,
        exif=exif,
    )
    photo.marks = _own_marks(photo)
    photo.file = ContentFile(found.clean, name="photo.jpg")
    photo.thumb = ContentFile(found.thumb, name="thumb.jpg")
    return photo


def _kept_before(
    key: str | None, id: uuid.UUID | None, by: User | None, data: bytes
) -> Photo | None:
    kept = Photo.objects.filter(key=key).first() if key else None
    if kept is None and id is not None:
        kept = Photo.objects.filter(pk=id).first()
    if kept is None:
        return None
    theirs = kept.uploaded_by_id == (by.pk if by else None)
    if not theirs or kept.sha256 != sha256(data).hexdigest() or (id and kept.pk != id):
        raise KeyReused(_("这个照片编号已用于另一张照片，请重新选择照片上传。"), field="id")
    return kept


def _own_marks(photo: Photo) -> list[str]:
    """Return what is odd about a photo by itself."""
    if photo.taken_at is None:
        return [] if "lng" in photo.exif else ["no_exif"]
    if photo.taken_at > photo.uploaded_at + SKEW:
        return ["time_future"]
    return ["time_false"] if photo.taken_at < FIRST_PHONES else []


def compare_photo(
    photo: Photo, *, at: datetime, lng: float | None = None, lat: float | None = None
) -> list[str]:
    """Hold a photo against the moment and the place it is handed in for; return all its marks.

    Marked if it was taken more than 300 m from there, or more than an hour before or after.
    """
    marks = set(photo.marks)
    if photo.taken_at is not None and abs(photo.taken_at - at) > ODD:
        marks.add("time_odd")
    there = photo.exif.get("lng"), photo.exif.get("lat")
    if (
        lng is not None
        and lat is not None
        and None not in there
        and distance_m(lng, lat, *there) > FAR_METRES
    ):
        marks.add("place_far")
    told = [mark for mark in MARKS if mark in marks]
    if told != photo.marks:
        photo.marks = told
        photo.save(update_fields=["marks"])
    return told


def reveal_origin(
    *, photo: Photo, actor: User, reason: str, at: datetime, address: str = ""
) -> dict[str, Any]:
    """Return when, where and by what a photo was taken, and write down who looked and why.

    :raises NotForYou: if the photo's register does not open it to the actor
    :raises NoReason: without a reason of four characters
    """
    if not gates.may_reveal(actor, photo):
        raise NotForYou(_("只有当地的管理员可以查看照片的拍摄位置和设备。"))
    audit_look(
        actor=actor, action="photo.origin", object=str(photo.pk), reason=reason, at=at,
        address=address,
    )  # fmt: skip
    return {"taken_at": photo.taken_at, **photo.exif}
