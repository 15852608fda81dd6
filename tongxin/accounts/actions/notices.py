"""What people are told: a line in their inbox, and messages that leave the house."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from ..models import Delivery, Notice, Subscription, User


@transaction.atomic
def tell(*, users: Iterable[User], title: str, text: str, url: str, key: str, at: datetime) -> None:
    """Put a line in the inbox of each user, and send it by the other channels they chose.

    `key` (at most 80 characters) says what it tells of: the same thing is told to a user once.
    `url` is a path of this site; `users` need `channels`, `phone_sealed` and `email` loaded.
    """
    people = list({user.pk: user for user in users}.values())
    if not people:
        return
    title, text = _clipped(title, 120), _clipped(text, 300)
    notices = [
        Notice(user=user, at=at, title=title, text=text, url=url, key=key) for user in people
    ]
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    payload = {"title": title, "text": text, "url": url}
    _send_out(
        [
            Delivery(user=user, channel=channel, key=f"{channel}:{user.pk}:{key}", payload=payload)
            for user in people
            for channel in _channels_of(user)
        ],
        at=at,
    )


def _clipped(text: str, limit: int) -> str:
    text = str(text)  # it may be a translation that waits to be read
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _channels_of(user: User) -> list[str]:
    """Return the ways out of the house that a user chose and can be reached by."""
    reachable = {Delivery.Channel.SMS: user.phone_sealed, Delivery.Channel.EMAIL: user.email}
    chosen = user.channels.split()
    return [channel for channel, target in reachable.items() if target and channel in chosen]


def _send_out(deliveries: list[Delivery], *, at: datetime) -> None:
    for delivery in deliveries:
        delivery.created_at = delivery.next_at = at
    if deliveries:
        Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)


@transaction.atomic
def publish(*, event: dict, words: set[str], area: str, key: str, at: datetime) -> None:
    """Hand an event to the systems that subscribed to one of its words in its area.

    `words` are the event's kind and kind.move ({"request", "request.finish"}); `area` is a
    region's path; `key` (at most 80 characters) makes a repeated call harmless.
    """
    webhook = Delivery.Channel.WEBHOOK
    payload = {"word": max(words, key=len), "event": event}
    _send_out(
        [
            Delivery(
                subscription=one, channel=webhook, key=f"{webhook}:{one.pk}:{key}", payload=payload
            )
            for one in Subscription.objects.filter(is_active=True)
            if area.startswith(one.area) and (not one.words or words & set(one.words.split()))
        ],
        at=at,
    )


def write_letter(
    *, address_sealed: str, title: str, text: str, headers: dict[str, str], key: str, at: datetime
) -> None:
    """Send an e-mail to somebody who has no account; the same `key` only once.

    The address stays sealed until it is sent. `headers` tie it into their thread (Message-ID,
    In-Reply-To, Reply-To).
    """
    payload = {"to_sealed": address_sealed, "title": title, "text": text, "headers": headers}
    email = Delivery.Channel.EMAIL
    _send_out([Delivery(channel=email, key=f"{email}:{key}"[:120], payload=payload)], at=at)


def read_notice(*, notice: Notice, at: datetime) -> None:
    """Mark a line of the inbox as read; the first reading counts."""
    if Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=at):
        notice.read_at = at


def read_all(*, user: User, at: datetime) -> int:
    """Mark the whole inbox as read; return how many lines were not."""
    return Notice.objects.filter(user=user, read_at=None).update(read_at=at)
