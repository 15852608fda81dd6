"""What the pages of deliveries show: subscriptions with their counts, the log, masked contents."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.models import Delivery, Subscription
from tongxin.accounts.queries import masked_phone
from tongxin.cases.flow import all_flows
from tongxin.kit.text import mask_name
from tongxin.language.private import mask
from tongxin.regions.queries import place_name

SIZE = 50
KEPT_DAYS = 30
OWN_WORDS = {
    "test": gettext_lazy("测试消息"),
    "open": gettext_lazy("新事项"),
    "yellow": gettext_lazy("即将超时"),
    "red": gettext_lazy("已超时"),
    "escalate": gettext_lazy("超时升级"),
}
TONES = {"waiting": "waiting", "sent": "done", "dead": "late"}


def place_of(path: str) -> str:
    return place_name(path, below="city") if path else _("全部")


def words_of(words: str) -> str:
    """Return what is subscribed to as people say it: "点单、点单·办结"."""
    return "、".join(word_of(word) for word in words.split())


def word_of(word: str) -> str:
    """Return a kind or kind.move as people say it; what no flow knows stays."""
    kind, _dot, name = word.partition(".")
    flow = next((one for one in all_flows() if one.kind == kind), None)
    if flow is None:
        return str(OWN_WORDS.get(word, word))
    move = flow.move_of.get(name)
    told = str(move.label) if move else str(OWN_WORDS.get(name, name))
    return f"{flow.label}·{told}" if told else str(flow.label)


def subscriptions_with_counts(actor, at: datetime) -> list[Subscription]:
    """Return all subscriptions with `sent`, `waiting` and `dead` of the last 30 days."""
    recent = Q(delivery__created_at__gt=at - timedelta(days=KEPT_DAYS))

    def of(state: str) -> Count:
        return Count("delivery", filter=recent & Q(delivery__state=state))

    rows = Subscription.objects.visible_to(actor)
    rows = rows.annotate(sent=of("sent"), waiting=of("waiting"), dead=of("dead"))
    found = list(rows.order_by("-is_active", "name"))
    for one in found:
        one.place = place_of(one.area)
        one.told = words_of(one.words)
    return found


def counts_of(target: Subscription, at: datetime) -> dict[str, int]:
    """Return {"sent", "waiting", "dead", "replayed"} of the last 30 days."""
    rows = Delivery.objects.filter(
        subscription=target, created_at__gt=at - timedelta(days=KEPT_DAYS)
    )
    states = {name: Count("pk", filter=Q(state=name)) for name in TONES}
    return rows.aggregate(replayed=Count("pk", filter=Q(replay_of__isnull=False)), **states)


def log(
    actor, asked: dict[str, str], *, before: str = "", size: int = SIZE
) -> tuple[list[Delivery], str]:
    """Return a page of deliveries, newest first, and the cursor of the next.

    `asked` may have state, channel, subscription (an id) and q (part of a key or an error).
    """
    rows = Delivery.objects.visible_to(actor).select_related("user", "subscription")
    for name in ("state", "channel"):
        if value := asked.get(name):
            rows = rows.filter(**{name: value})
    if (target := asked.get("subscription", "")).isdecimal() and len(target) < 18:
        rows = rows.filter(subscription=int(target))
    if words := asked.get("q", "").strip()[:60]:
        rows = rows.filter(_holding(words))
    if before.isdecimal() and len(before) < 18:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows.order_by("-pk")[: size + 1])
    for row in found:
        row.to = target_of(row)
        row.about = about(row)
    return found[:size], str(found[size - 1].pk) if len(found) > size else ""


def _holding(words: str) -> Q:
    found = Q(key__contains=words) | Q(last_error__contains=words)
    found |= Q(payload__event__number=words)
    if words.isdecimal() and len(words) < 18:
        found |= Q(pk=int(words))
    return found


def one(actor, pk: int) -> QuerySet[Delivery]:
    """Return the delivery with a number, as a query of none or one."""
    return (
        Delivery.objects.visible_to(actor)
        .select_related("user", "subscription", "replay_of")
        .filter(pk=pk)
    )


def dead_count(actor) -> int:
    return Delivery.objects.visible_to(actor).filter(state=Delivery.State.DEAD).count()


def target_of(row: Delivery) -> str:
    """Return to whom a message goes, so that nobody is told apart by it who need not be."""
    if row.subscription:
        return row.subscription.name
    if row.user is None:
        return "—"
    name = mask_name(row.user.name)
    return f"{name} {masked_phone(row.user)}" if row.channel == "sms" else name


def about(row: Delivery) -> str:
    """Return what a message is about, in a few words without its text."""
    event = row.payload.get("event") or {}
    if event:
        word = word_of(str(row.payload.get("word", "")))
        return " ".join(filter(None, [str(event.get("number") or ""), word]))
    return mask(str(row.payload.get("title", "")))[:40]


def masked(payload: Any) -> Any:
    """Return a payload with private spans hidden; texts to people are shown by their first words."""
    if isinstance(payload, dict):
        shown = {k: v for k, v in payload.items() if not k.endswith("_sealed")}
        return {k: _clipped(v) if k == "text" else masked(v) for k, v in shown.items()}
    if isinstance(payload, list):
        return [masked(one) for one in payload]
    return mask(payload) if isinstance(payload, str) else payload


def _clipped(text: Any) -> str:
    text = mask(str(text))
    return text[:8] + "…" if len(text) > 8 else text
