"""Other systems that hear of events: written down, tested, their secret turned, told again."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text

from .. import senders
from ..models import Delivery, Subscription, User
from ..queries import sealer
from .auditing import audit

MOST_AT_ONCE = 5000
OVERLAP_DAYS = (0, 1, 7, 30)
SECRET_LENGTH = 16  # at least, if the other side brings one


class NotTheAdministrator(NotPermitted):
    """What leaves the house is the business of who installs the system."""


class BadTarget(Invalid):
    """No webhook may go to that address."""


class TooManyAtOnce(Refused):
    """So many messages are not sent again in one go."""


class SubscriptionOff(Refused):
    """Nothing is sent to a subscription that is switched off."""


def _must_administer(by: User) -> None:
    if not by.is_superuser:
        raise NotTheAdministrator(_("只有系统管理员可以管理订阅和外发记录。"))


@transaction.atomic
def save_subscription(
    *,
    name: str,
    url: str,
    by: User,
    at: datetime,
    words: str = "",
    area: str = "",
    is_active: bool = True,
    secret: str = "",
    subscription: Subscription | None = None,
) -> tuple[Subscription, str]:
    """Write down a subscription, or change one. Returns it and the secret made for a new one.

    :raises NotTheAdministrator, BadTarget, Invalid:
    """
    _must_administer(by)
    url = clean_text(url, limit=300, field_label=_("地址"), required=True)
    if why := senders.refuse_target(url):
        raise BadTarget(why, field="url")
    if secret and len(secret) < SECRET_LENGTH:
        raise Invalid(_("密钥至少 %d 位。") % SECRET_LENGTH, field="secret")
    made = "" if secret or subscription else secrets.token_urlsafe(30)
    found = subscription or Subscription()
    found.name = clean_text(name, limit=60, field_label=_("名称"), required=True)
    found.words = " ".join(clean_text(words, limit=300, field_label=_("订阅内容")).split())
    found.url, found.area, found.is_active = url, area, is_active
    if secret or made:
        found.secret_sealed = sealer().seal(secret or made)
    found.save()
    audit(actor=by, action="subscription.save", object=found.name, at=at)
    return found, made


@transaction.atomic
def turn_secret(
    *, subscription: Subscription, by: User, at: datetime, overlap_days: int = 7
) -> str:
    """Return a new secret; messages carry the signature of the one before for some days more.

    :raises NotTheAdministrator, Invalid:
    """
    _must_administer(by)
    if overlap_days not in OVERLAP_DAYS:
        raise Invalid(_("旧密钥可以再用 0、1、7 或 30 天。"), field="overlap_days")
    target = Subscription.objects.select_for_update().get(pk=subscription.pk)
    secret = secrets.token_urlsafe(30)
    target.old_secret_sealed = target.secret_sealed if overlap_days else ""
    target.old_secret_until = at + timedelta(days=overlap_days) if overlap_days else None
    target.secret_sealed = sealer().seal(secret)
    target.save(update_fields=["secret_sealed", "old_secret_sealed", "old_secret_until"])
    audit(actor=by, action="subscription.turn", object=target.name, at=at)
    return secret


@transaction.atomic
def test_subscription(*, subscription: Subscription, by: User, at: datetime) -> Delivery:
    """Send a message that tells of nothing, to see whether it arrives.

    :raises NotTheAdministrator, SubscriptionOff:
    """
    _must_administer(by)
    _must_be_on(subscription)
    event = {"id": 0, "kind": "test", "move": "test", "at": at.isoformat()}
    delivery = Delivery.objects.create(
        subscription=subscription, channel=Delivery.Channel.WEBHOOK, created_at=at, next_at=at,
        key=f"webhook:{subscription.pk}:test:{secrets.token_hex(6)}",
        payload={"word": "test", "event": event},
    )  # fmt: skip
    audit(actor=by, action="subscription.test", object=subscription.name, at=at)
    return delivery


def _must_be_on(subscription: Subscription) -> None:
    if not subscription.is_active:
        raise SubscriptionOff(_("“%s”已停用，请先启用。") % subscription.name)


@transaction.atomic
def replay(
    *, subscription: Subscription, since: datetime, until: datetime, by: User, at: datetime
) -> int:
    """Send again what a subscription was told from `since` to `until`; return how many messages.

    Each keeps its event id and its delivery number and is marked as a replay. What still waits is
    not doubled. Sent messages are kept for 30 days.

    :raises NotTheAdministrator, SubscriptionOff, Invalid:
    :raises TooManyAtOnce: for more than 5,000
    """
    _must_administer(by)
    _must_be_on(subscription)
    if until <= since:
        raise Invalid(_("结束时间应在开始时间之后。"), field="until")
    rows = Delivery.objects.filter(
        subscription=subscription, created_at__gte=since, created_at__lt=until, replay_of=None
    ).exclude(state=Delivery.State.WAITING)
    count = _again(rows.exclude(payload__word="test"), at)
    audit(
        actor=by, action="subscription.replay", object=subscription.name, at=at,
        detail={"since": since.isoformat(), "until": until.isoformat(), "count": count},
    )  # fmt: skip
    return count


def _again(rows, at: datetime) -> int:
    """Send copies of deliveries, oldest first."""
    found = list(rows.order_by("pk")[: MOST_AT_ONCE + 1])
    if len(found) > MOST_AT_ONCE:
        raise TooManyAtOnce(_("一次最多补发 %d 条，请缩短时间范围。") % MOST_AT_ONCE, field="until")
    stamp = f"{int(at.timestamp() * 1000):x}"
    Delivery.objects.bulk_create(
        Delivery(
            subscription_id=row.subscription_id, channel=row.channel, payload=row.payload,
            key=f"{row.key[:90]}:again:{stamp}", replay_of_id=row.replay_of_id or row.pk,
            created_at=at, next_at=at,
        )
        for row in found
    )  # fmt: skip
    return len(found)


@transaction.atomic
def resend(*, ids: Collection[int], by: User, at: datetime) -> int:
    """Send chosen messages again; return how many.

    What was given up is tried anew. A webhook that arrived goes again, marked as a replay; a text
    message or e-mail that arrived does not, and what still waits goes by itself.

    :raises NotTheAdministrator, TooManyAtOnce:
    """
    _must_administer(by)
    chosen = Delivery.objects.filter(pk__in=list(ids))
    count = chosen.filter(state=Delivery.State.DEAD).update(
        state=Delivery.State.WAITING, tries=0, next_at=at
    )
    arrived = chosen.filter(state=Delivery.State.SENT, channel=Delivery.Channel.WEBHOOK)
    count += _again(arrived, at)
    if count:
        audit(actor=by, action="delivery.retry", object=str(count), at=at)
    return count
