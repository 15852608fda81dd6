"""Messages leave: claimed, sent outside any transaction, tried again with growing pauses.

At least once: a worker that dies after sending and before writing so sends again after the lease.
X-Tongxin-Delivery stays the same, so that the receiver can tell.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from tongxin.kit.errors import Refused

from .. import senders
from ..models import Delivery, User
from ..queries import sealer
from .auditing import audit

# After the sixth failure, some ten hours after the first, a message is dead.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480))
# How long a claimed message is left alone: longer than any queue below can take.
LEASE = timedelta(minutes=15)
QUEUE_LENGTH = 50
QUEUES_AT_ONCE = 8

Send = Callable[[], None]
Outcome = tuple[Delivery, Exception | None]

logger = logging.getLogger(__name__)


class NotDead(Refused):
    """Only a message that was given up can be tried anew."""


def deliver_due(*, at: datetime, limit: int = QUEUE_LENGTH) -> dict[str, int]:
    """Send what is due, at most `limit` (50) messages; several workers may do so at once.

    Returns {"sent": …, "failed": …}. Every receiver has its own queue and thread, so that one
    that hangs holds up nobody else.
    """
    queues: dict[tuple, list[tuple[Delivery, Send]]] = defaultdict(list)
    counts: Counter[str] = Counter(sent=0, failed=0)
    for delivery in _claim(at, min(limit, QUEUE_LENGTH)):
        queues[delivery.channel, delivery.subscription_id].append(
            (delivery, _prepare(delivery, at))
        )
    if not queues:
        return dict(counts)
    with ThreadPoolExecutor(QUEUES_AT_ONCE) as pool:
        for sending in as_completed([pool.submit(_send, queue) for queue in queues.values()]):
            counts += _record(sending.result(), at)
    return {"sent": counts["sent"], "failed": counts["failed"]}


@transaction.atomic
def _claim(at: datetime, limit: int) -> list[Delivery]:
    due = (
        Delivery.objects.filter(state=Delivery.State.WAITING, next_at__lte=at)
        .select_related("user", "subscription")
        .order_by("next_at")
        .select_for_update(skip_locked=True, of=("self",))
    )
    rows = list(due[:limit])
    if rows:
        Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(next_at=at + LEASE)
    return rows


def _prepare(delivery: Delivery, at: datetime) -> Send:
    """Return what sends a message; all tables and seals are read here, none in the threads."""
    try:
        return PREPARE[delivery.channel](delivery, at)
    except (Refused, senders.SendFailed) as error:
        return lambda error=error: _give_up(error)


def _give_up(error: Exception) -> None:
    raise error


def _prepare_sms(delivery: Delivery, at: datetime) -> Send:
    phone = sealer().open(delivery.user.phone_sealed)
    text = _("【同心】%(title)s %(text)s %(url)s") % _written(delivery)
    return lambda: senders.send_sms(phone, text, at=at)


def _prepare_email(delivery: Delivery, at: datetime) -> Send:
    address, written = delivery.user.email, _written(delivery)
    text = f"{written['text']}\n\n{written['url']}\n"
    return lambda: senders.send_email(address, written["title"], text)


def _written(delivery: Delivery) -> dict[str, str]:
    return {**delivery.payload, "url": settings.TONGXIN_URL.rstrip("/") + delivery.payload["url"]}


def _prepare_webhook(delivery: Delivery, at: datetime) -> Send:
    target, payload = delivery.subscription, delivery.payload
    if not target.is_active:
        raise senders.SendFailed(_("订阅已停用"))
    if why := senders.refuse_target(target.url):
        raise senders.SendFailed(why)
    secret = sealer().open(target.secret_sealed)
    headers = {"X-Tongxin-Event": payload["word"], "X-Tongxin-Delivery": str(delivery.pk)}
    return lambda: senders.post_signed(
        target.url, payload["event"], secret=secret, at=at, headers=headers
    )


PREPARE = {"sms": _prepare_sms, "email": _prepare_email, "webhook": _prepare_webhook}


def _send(queue: list[tuple[Delivery, Send]]) -> list[Outcome]:
    """Send a queue in its order; when the receiver does not answer, the rest fails with it."""
    outcomes: list[Outcome] = []
    for delivery, send in queue:
        error: Exception | None = None
        try:
            send()
        except Exception as raised:  # noqa: BLE001 (one odd message must not stop the others)
            error = raised
        outcomes.append((delivery, error))
        if isinstance(error, senders.Unreachable):
            outcomes += [(other, error) for other, _send in queue[len(outcomes) :]]
            break
    return outcomes


@transaction.atomic
def _record(outcomes: list[Outcome], at: datetime) -> Counter[str]:
    sent = [delivery.pk for delivery, error in outcomes if error is None]
    Delivery.objects.filter(pk__in=sent).update(
        state=Delivery.State.SENT, tries=F("tries") + 1, sent_at=at, next_at=None, last_error=""
    )
    for delivery, error in outcomes:
        if error is None:
            continue
        if not isinstance(error, senders.SendFailed | Refused):
            logger.error("Delivery %s", delivery.pk, exc_info=error)
        _fail(Delivery.objects.filter(pk=delivery.pk), error, at)
    last, error = outcomes[-1]
    if isinstance(error, senders.Unreachable):
        _fail(_waiting_with(last, at), error, at)
    return Counter(sent=len(sent), failed=len(outcomes) - len(sent))


def _waiting_with(delivery: Delivery, at: datetime) -> QuerySet:
    """Return what else is due for the same receiver: without it, each pass would hang again."""
    same = Q(channel=delivery.channel, subscription=delivery.subscription_id)
    return Delivery.objects.filter(same, next_at__lte=at)


def _fail(rows: QuerySet, error: Exception, at: datetime) -> None:
    """Count a failed try: pause for longer each time, and give up after the last pause."""
    rows = rows.filter(state=Delivery.State.WAITING)
    counted = {"tries": F("tries") + 1, "last_error": str(error)[:300]}
    dead = rows.filter(tries__gte=len(PAUSES))
    dead.update(state=Delivery.State.DEAD, next_at=None, **counted)
    for tries, pause in reversed(list(enumerate(PAUSES))):  # upwards, a row would count twice
        rows.filter(tries=tries).update(next_at=at + pause, **counted)


@transaction.atomic
def retry_delivery(*, delivery: Delivery, by: User, at: datetime) -> None:
    """Take a message off the dead list and try it anew, with all its tries. Raises NotDead."""
    dead = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.DEAD)
    if not dead.update(state=Delivery.State.WAITING, tries=0, next_at=at):
        raise NotDead(_("这条消息不在“无法送达”清单里，不用重发"))
    audit(actor=by, action="delivery.retry", object=delivery.key, at=at)
