"""Every write of accounts."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.text import Truncator

from .models import AuditEntry, Delivery, Notice, Subscription, Token, User
from .queries import digest


def audit(
    *,
    actor: User | None,
    action: str,
    at: datetime,
    object: str = "",
    reason: str = "",
    detail: dict | None = None,
    address: str = "",
) -> AuditEntry:
    """Write down what somebody did beside moving a case; `action` is a dotted name ("token.make")."""
    return AuditEntry.objects.create(
        actor=actor,
        action=action,
        object=object[:120],
        reason=reason[:300],
        detail=detail or {},
        at=at,
        address=address,
    )


@transaction.atomic
def make_token(*, user: User, name: str, at: datetime, expires_at: datetime | None = None) -> str:
    """Return a new API token ("tx_" and 40 characters): the only time it can be read."""
    token = "tx_" + secrets.token_urlsafe(30)
    Token.objects.create(
        user=user, name=name[:60], digest=digest(token), created_at=at, expires_at=expires_at
    )
    audit(actor=user, action="token.make", object=name, at=at)
    return token


@transaction.atomic
def revoke_token(*, token: Token, by: User, at: datetime) -> None:
    if Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at):
        audit(actor=by, action="token.revoke", object=f"{token.user_id}:{token.name}", at=at)


def clipped(text: str, limit: int) -> str:
    return Truncator(text).chars(limit)


@transaction.atomic
def tell(*, users: Iterable[User], title: str, text: str, url: str, key: str, at: datetime) -> None:
    """Put a line in the inbox of each user, and send it by the other channels they chose.

    `key` (at most 80 characters) says what it tells of: the same thing is told to a user once.
    """
    people = list({user.pk: user for user in users}.values())
    if not people:
        return
    title, text = clipped(title, 120), clipped(text, 300)
    Notice.objects.bulk_create(
        [Notice(user=user, at=at, title=title, text=text, url=url, key=key) for user in people],
        ignore_conflicts=True,
    )
    payload = {"title": title, "text": text, "url": url}
    send_out(
        [
            Delivery(user=user, channel=channel, key=f"{channel}:{user.pk}:{key}", payload=payload)
            for user in people
            for channel in channels_of(user)
        ],
        at=at,
    )


def channels_of(user: User) -> list[str]:
    """Return the ways out of the house that a user chose and can be reached by."""
    reachable = {Delivery.Channel.SMS: user.phone_sealed, Delivery.Channel.EMAIL: user.email}
    chosen = user.channels.split()
    return [channel for channel, target in reachable.items() if target and channel in chosen]


def send_out(deliveries: list[Delivery], *, at: datetime) -> None:
    for delivery in deliveries:
        delivery.created_at = delivery.next_at = at
    if deliveries:
        Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)


@transaction.atomic
def publish(*, event: dict, words: set[str], area: str, key: str, at: datetime) -> None:
    """Hand an event to the systems that subscribed to one of its words in its area.

    `words` are the event's kind and kind.move; `area` is a region's path; `key` (at most 80
    characters) makes a repeated call harmless.
    """
    webhook = Delivery.Channel.WEBHOOK
    send_out(
        [
            Delivery(
                subscription=one, channel=webhook, key=f"{webhook}:{one.pk}:{key}", payload=event
            )
            for one in Subscription.objects.filter(is_active=True)
            if area.startswith(one.area) and (not one.words or words & set(one.words.split()))
        ],
        at=at,
    )
