"""Photos in pieces: resumable, proved at the end, kept once."""

from __future__ import annotations

import os
import uuid
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotFound, Refused, TooMany
from tongxin.kit.images import MEBI
from tongxin.photos.actions import keep_photo
from tongxin.photos.models import Photo

from ..models import IncomingPhoto
from .applying import apply_followers

MOST_CHUNK = MEBI
State = IncomingPhoto.State


class NoSuchUpload(NotFound):
    """No action has announced this photo."""


class ChunkTooLarge(Invalid):
    """A piece holds at most 1 MB."""


class WrongOffset(Refused):
    """A piece follows the one before; `wanted` says where to go on."""


class WrongHash(Refused):
    """What came is not what was announced: it is sent again from the start."""


class QuotaFull(TooMany):
    """Somebody has sent as much as a day allows."""


def part_of(incoming: IncomingPhoto) -> Path:
    """Return where the pieces of a photo lie until it is whole."""
    return (
        Path(settings.MEDIA_ROOT) / "field-parts" / str(incoming.user_id) / f"{incoming.uid}.part"
    )


def get_incoming(user: User, uid: uuid.UUID) -> IncomingPhoto:
    """Return a photo that one of the user's own actions has announced.

    :raises NoSuchUpload: if none has
    """
    found = IncomingPhoto.objects.filter(user=user, uid=uid).first()
    if found is None:
        raise NoSuchUpload(_("没有这张照片的记录，请先发送它所属的那一条。"))
    return found


def take_chunk(
    *, user: User, uid: uuid.UUID, offset: int, data: bytes, at: datetime
) -> IncomingPhoto:
    """Take a piece of a photo; the last one proves and keeps it, and acts on what waited for it.

    Pieces that are here already change nothing. With `offset` at the end and no bytes, only the end
    is tried again.

    :raises NoSuchUpload: if no action has announced it
    :raises ChunkTooLarge, WrongOffset, WrongHash, QuotaFull:
    """
    if len(data) > MOST_CHUNK:
        raise ChunkTooLarge(_("一次最多传 1 MB。"), field="offset")
    get_incoming(user, uid)
    with transaction.atomic():
        incoming = IncomingPhoto.objects.select_for_update().get(user=user, uid=uid)
        if incoming.state == State.WAITING:
            _write(incoming, offset, data, at)
    if incoming.state == State.WAITING and incoming.received == incoming.size:
        _finish(incoming, at)
    return incoming


def _write(incoming: IncomingPhoto, offset: int, data: bytes, at: datetime) -> None:
    if offset == 0 and incoming.received == 0:
        _check_quota(incoming, at)
    end = offset + len(data)
    if offset > incoming.received or end > incoming.size:
        raise WrongOffset(
            _("照片没有接上，请从第 %d 个字节继续。") % incoming.received,
            field="offset",
            wanted=incoming.received,
        )
    if end <= incoming.received:
        return
    path = part_of(incoming)
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        file.seek(offset)
        file.write(data)
    incoming.received, incoming.touched_at = end, at
    incoming.save(update_fields=["received", "touched_at"])


def _check_quota(incoming: IncomingPhoto, at: datetime) -> None:
    since = at - timedelta(days=1)
    rows = IncomingPhoto.objects.filter(user=incoming.user_id, touched_at__gte=since)
    sent = rows.aggregate(sum=Sum("received"))["sum"] or 0
    if sent + incoming.size > settings.TONGXIN_FIELD_DAY_MB * MEBI:
        raise QuotaFull(
            _("今天上传的照片太多（每天最多 %d MB），其余的留在手机里，明天自动再传。")
            % settings.TONGXIN_FIELD_DAY_MB,
            retry_after=3600,
        )


def _finish(incoming: IncomingPhoto, at: datetime) -> None:
    """Prove a photo that is all here, keep it, and act on what waited for it."""
    path = part_of(incoming)
    try:
        data = path.read_bytes()
    except FileNotFoundError:  # the same last piece on another connection was a moment earlier
        incoming.refresh_from_db()
        if incoming.state != State.WAITING:
            return
        data = b""
    if len(data) != incoming.size or sha256(data).hexdigest() != incoming.sha256:
        _start_again(incoming, path, at)
    try:
        photo = keep_photo(data=data, by=incoming.user, at=at, id=incoming.uid)
    except Refused as refusal:
        _settle(incoming, at, State.REFUSED, sentence=str(refusal.message))
    else:
        _settle(incoming, at, State.KEPT, photo=photo)
    path.unlink(missing_ok=True)
    apply_followers(incoming.user, at=at)


def _start_again(incoming: IncomingPhoto, path: Path, at: datetime) -> None:
    path.unlink(missing_ok=True)
    IncomingPhoto.objects.filter(pk=incoming.pk, state=State.WAITING).update(
        received=0, touched_at=at
    )
    raise WrongHash(_("照片在路上损坏了，请重新上传这一张。"), field="offset", wanted=0)


def _settle(
    incoming: IncomingPhoto, at: datetime, state: str, *, sentence: str = "",
    photo: Photo | None = None,
) -> None:  # fmt: skip
    incoming.state, incoming.sentence, incoming.photo = state, sentence[:300], photo
    incoming.touched_at = at
    incoming.save(update_fields=["state", "sentence", "photo", "touched_at"])
