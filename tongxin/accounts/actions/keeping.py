"""A retry with the same key acts once and is answered alike (Idempotency-Key of the API)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tongxin.kit.errors import KeyReused
from tongxin.kit.text import clean_text

from ..models import KeptReply, User
from ..queries import sealer

LONGEST_KEY = 80


@dataclass(frozen=True)
class Answer:
    """What a call was answered: HTTP status, media type, body; whether that was an earlier call."""

    status: int
    media: str
    body: bytes
    is_replay: bool = False


@transaction.atomic
def answer_once(
    *, user: User, key: str, path: str, digest: str, at: datetime, act: Callable[[], Answer]
) -> Answer:
    """Do what a call asks, unless the user's key has done it already: then say what was answered.

    The key is claimed in the transaction of the act. A twin that comes meanwhile waits for it (on
    SQLite for the lock of writing); if the act is refused, by an exception or by a status of 400
    and above, nothing is kept and the twin acts.

    :raises KeyReused: if the key stands for another call: another `path` or `digest`
    :raises Invalid: for a key that is empty or longer than 80 characters
    """
    key = clean_text(key, limit=LONGEST_KEY, field_label="Idempotency-Key", required=True)
    try:
        with transaction.atomic():
            kept = KeptReply.objects.create(user=user, key=key, path=path, digest=digest, at=at)
    except IntegrityError:
        return _replayed(user, key, path, digest)
    answer = act()
    if answer.status >= 400:
        transaction.set_rollback(True)
        return answer
    kept.status, kept.media = answer.status, answer.media
    kept.body_sealed = sealer().seal(answer.body.decode("latin-1"))
    kept.save(update_fields=["status", "media", "body_sealed"])
    return answer


def _replayed(user: User, key: str, path: str, digest: str) -> Answer:
    kept = KeptReply.objects.get(user=user, key=key)
    if (kept.path, kept.digest) != (path, digest):
        raise KeyReused(
            _("这个 Idempotency-Key 已用于另一操作或另一内容。"),
            field="Idempotency-Key",
            remedy=_("请换一个新的；要查看原来的结果，请原样重发。"),
        )
    body = sealer().open(kept.body_sealed).encode("latin-1")
    return Answer(kept.status, kept.media, body, is_replay=True)
