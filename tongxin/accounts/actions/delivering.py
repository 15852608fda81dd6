"""Messages leave: claimed, sent outside any transaction, tried again with growing pauses.

At least once: a worker that dies after sending and before writing so sends again after the lease.
X-Tongxin-Delivery stays the same, so that the receiver can tell.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import cast
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from tongxin.kit.errors import Refused

from .. import senders
from ..models import Delivery, Subscription, User
from ..queries import sealer
from .auditing import audit

# After the sixth failure, some ten hours after the first, a message is dead.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480))
# How long a claimed message is left alone: longer than any pass can take.
LEASE = timedelta(minutes=5)
# A slow receiver gets so many seconds of a pass: whoever calls has clocks to ring as well.
QUEUE_SECONDS = 10
QUEUES_AT_ONCE = 8

Send = Callable[[], None]
logger = logging.getLogger(__name__)


@dataclass
class Result:
    """What became of the queue of one host, as primary keys of deliveries."""

    queue: list[Delivery]
    sent: list[int] = field(default_factory=list)
    failed: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    left: list[int] = field(default_factory=list)  # not tried: no answer before, or no time
    hangs: str = ""  # why the receiver cannot be reached at all


class NotDead(Refused):
    """Only a message that was given up can be tried anew."""


def deliver_due(*, at: datetime, limit: int = 50) -> dict[str, int]:
    """Send what is due, at most `limit` messages; several workers may do so at once.

    Returns {"sent": …, "failed": …}. Every host has its own queue and thread, so that one that
    hangs holds up nobody else, however many subscriptions lead to it.
    """
    if not _due(at).exists():  # an idle pass takes no lock
        return {"sent": 0, "failed": 0}
    queues: dict[tuple, list[tuple[Delivery, Send]]] = defaultdict(list)
    for delivery in _claim(at, limit):
        queue = queues[delivery.channel, _host_of(delivery)]
        queue.append((delivery, _prepare(delivery, at)))
    counts: Counter[str] = Counter()
    with ThreadPoolExecutor(QUEUES_AT_ONCE) as pool:
        for sending in as_completed([pool.submit(_send, queue) for queue in queues.values()]):
            counts += _record(sending.result(), at)
    return {"sent": counts["sent"], "failed": counts["failed"]}


def _host_of(delivery: Delivery) -> str:
    """Return where a webhook goes, "host:port"; "" for the other channels, which have one way out."""
    return urlsplit(delivery.subscription.url).netloc if delivery.subscription else ""


def _due(at: datetime) -> QuerySet:
    return Delivery.objects.filter(state=Delivery.State.WAITING, next_at__lte=at)


@transaction.atomic
def _claim(at: datetime, limit: int) -> list[Delivery]:
    unclaimed = (
        _due(at)
        .select_related("user", "subscription")
        .order_by("next_at", "pk")
        .select_for_update(skip_locked=True, of=("self",))
    )
    rows = list(unclaimed[:limit])
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(next_at=at + LEASE)
    return rows


def _prepare(delivery: Delivery, at: datetime) -> Send:
    """Return what sends a message; all tables and seals are read here, none in the threads."""
    try:
        return PREPARE[delivery.channel](delivery, at)
    except (Refused, senders.SendFailed) as error:
        return partial(_give_up, error)


def _give_up(error: Exception) -> None:
    raise error


def _prepare_sms(delivery: Delivery, at: datetime) -> Send:
    phone = sealer().open(cast(User, delivery.user).phone_sealed)
    text = _("【同心】%(title)s %(text)s %(url)s") % _written(delivery)
    return lambda: senders.send_sms(phone, text, at=at)


def _prepare_email(delivery: Delivery, at: datetime) -> Send:
    if delivery.user is None:  # to somebody without an account (`write_letter`)
        letter = delivery.payload
        to = sealer().open(letter["to_sealed"])
        return lambda: senders.send_email(to, letter["title"], letter["text"], letter["headers"])
    address, written = cast(User, delivery.user).email, _written(delivery)
    text = f"{written['text']}\n\n{written['url']}\n"
    return lambda: senders.send_email(address, written["title"], text)


def _written(delivery: Delivery) -> dict[str, str]:
    return {**delivery.payload, "url": settings.TONGXIN_URL.rstrip("/") + delivery.payload["url"]}


def _prepare_webhook(delivery: Delivery, at: datetime) -> Send:
    target, payload = cast(Subscription, delivery.subscription), delivery.payload
    if not target.is_active:
        raise senders.SendFailed(_("订阅已停用"))
    if why := senders.refuse_target(target.url):
        raise senders.SendFailed(why)
    secret = sealer().open(target.secret_sealed)
    headers = {
        "X-Tongxin-Event": payload["word"],
        "X-Tongxin-Delivery": str(delivery.replay_of_id or delivery.pk),
        **({"X-Tongxin-Replay": "1"} if delivery.replay_of_id else {}),
    }
    return lambda: senders.post_signed(
        target.url,
        payload["event"],
        secret=secret,
        at=at,
        headers=headers,
        old_secret=_old_secret(target, at),
    )


def _old_secret(target: Subscription, at: datetime) -> str:
    if not target.old_secret_until or target.old_secret_until <= at:
        return ""
    return sealer().open(target.old_secret_sealed)


PREPARE = {"sms": _prepare_sms, "email": _prepare_email, "webhook": _prepare_webhook}


def _send(queue: list[tuple[Delivery, Send]]) -> Result:
    """Send a queue in its order until its time is up or the receiver does not answer."""
    result = Result([delivery for delivery, _send_it in queue])
    started = monotonic()
    for delivery, send in queue:
        if result.hangs or monotonic() - started > QUEUE_SECONDS:
            result.left.append(delivery.pk)
            continue
        try:
            send()
            result.sent.append(delivery.pk)
        except senders.Unreachable as error:
            result.failed[str(error)].append(delivery.pk)
            result.hangs = str(error)
        except (senders.SendFailed, Refused) as error:
            result.failed[str(error)].append(delivery.pk)
        except Exception as error:  # one odd message must not stop the others
            logger.exception("Delivery %s", delivery.pk)
            result.failed[repr(error)].append(delivery.pk)
    return result


@transaction.atomic
def _record(result: Result, at: datetime) -> Counter[str]:
    Delivery.objects.filter(pk__in=result.sent).update(
        state=Delivery.State.SENT, tries=F("tries") + 1, sent_at=at, next_at=None, last_error=""
    )
    Delivery.objects.filter(pk__in=result.left).update(next_at=at)
    failed = sum(
        _fail(Delivery.objects.filter(pk__in=rows), error, at)
        for error, rows in result.failed.items()
    )
    if result.hangs:
        failed += _fail(_due_with(result.queue, at), result.hangs, at)
    return Counter(sent=len(result.sent), failed=failed)


def _due_with(queue: list[Delivery], at: datetime) -> QuerySet:
    """Return all that is due for the same receivers: else every pass would wait for them again."""
    targets = {delivery.subscription_id for delivery in queue}
    same = Q(subscription__in=targets) if any(targets) else Q(subscription=None)
    return _due(at).filter(same, channel=queue[0].channel)


def _fail(rows: QuerySet, error: str, at: datetime) -> int:
    """Count a failed try: pause for longer each time, and give up after the last pause."""
    rows = rows.filter(state=Delivery.State.WAITING)  # not what another worker has sent since
    counted = {"tries": F("tries") + 1, "last_error": error[:300]}
    failed = rows.filter(tries__gte=len(PAUSES)).update(
        state=Delivery.State.DEAD, next_at=None, **counted
    )
    for tries, pause in reversed(list(enumerate(PAUSES))):  # upwards, a row would count twice
        failed += rows.filter(tries=tries).update(next_at=at + pause, **counted)
    return failed


@transaction.atomic
def retry_delivery(*, delivery: Delivery, by: User, at: datetime) -> None:
    """Take a message off the dead list and try it anew, with all its tries. Raises NotDead."""
    dead = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.DEAD)
    if not dead.update(state=Delivery.State.WAITING, tries=0, next_at=at):
        raise NotDead(_("这条消息不在“无法送达”清单里，不用重发"))
    audit(actor=by, action="delivery.retry", object=delivery.key, at=at)
