"""What the administrator's pages show: keys with their counts, peers with what was handed on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils.timezone import localtime

from tongxin.cases.models import Topic

from .models import CallCount, ClientKey, Forwarding, MediaCopy, Peer
from .queries import handling_of

DAYS = 30
SIZE = 50
MEDIA_SHOWN = 10


@dataclass(frozen=True)
class Day:
    """The calls of one day: taken, and refused."""

    day: date
    filed: int
    updated: int
    refused: int


def keys_with_counts(actor, at: datetime) -> list[ClientKey]:
    """Return all clients, those in use first, with `taken` and `refused` of the last 30 days."""
    since = localtime(at).date() - timedelta(days=DAYS)
    recent = Q(calls__day__gt=since)
    rows = ClientKey.objects.visible_to(actor).select_related("region")
    return list(
        rows.annotate(
            taken=Sum("calls__n", filter=recent & Q(calls__status=200)),
            refused=Sum("calls__n", filter=recent & ~Q(calls__status=200)),
        ).order_by("ended_at", "name")
    )


def state_of(client: ClientKey, at: datetime) -> str:
    """Return active, expired or ended."""
    if client.ended_at:
        return "ended"
    return "expired" if client.expires_at and client.expires_at <= at else "active"


def days_of(client: ClientKey, at: datetime) -> list[Day]:
    """Return the days of the last 30 on which a client called, newest first."""
    since = localtime(at).date() - timedelta(days=DAYS)
    days: dict[date, dict[str, int]] = {}
    rows = CallCount.objects.filter(client=client, day__gt=since)
    for day, what, status, n in rows.values_list("day", "what", "status", "n"):
        told = days.setdefault(day, {"filed": 0, "updated": 0, "refused": 0})
        told["refused" if status != 200 else {"file": "filed"}.get(what, "updated")] += n
    return [Day(day, **told) for day, told in sorted(days.items(), reverse=True)]


def media_of(client: ClientKey) -> dict[str, Any]:
    """Return how many pictures a client named are kept and awaited, and the last that are not."""
    rows = MediaCopy.objects.filter(submission__client=client)
    state = MediaCopy.State
    counts = rows.aggregate(
        kept=Count("pk", filter=Q(state=state.KEPT)),
        waiting=Count("pk", filter=Q(state=state.WAITING)),
        dead=Count("pk", filter=Q(state=state.DEAD)),
    )
    troubled = rows.exclude(last_error="").select_related("submission__case").order_by("-pk")
    return counts | {"rows": list(troubled[:MEDIA_SHOWN])}


def peers_with_counts(actor) -> list[Peer]:
    """Return all peers with `taken`, `waiting` and `dead`: how many cases stand how there."""

    def of(*states: str) -> Count:
        return Count("forwardings", filter=Q(forwardings__state__in=states))

    state = Forwarding.State
    rows = Peer.objects.visible_to(actor).annotate(
        taken=of(state.TAKEN),
        closed=of(state.CLOSED),
        waiting=of(state.WAITING),
        dead=of(state.DEAD),
    )
    return list(rows.order_by("-is_active", "name"))


def forwardings_of(peer: Peer, *, state: str, before: str) -> tuple[list[Forwarding], str]:
    """Return a page of what was handed on to a peer, newest first, and the cursor of the next."""
    rows = Forwarding.objects.filter(peer=peer).select_related("case__topic")
    if state in Forwarding.State.values:
        rows = rows.filter(state=state)
    if before.isdecimal() and len(before) < 18:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows.order_by("-pk")[: SIZE + 1])
    return found[:SIZE], str(found[SIZE - 1].pk) if len(found) > SIZE else ""


def topics_with_services() -> list[dict[str, Any]]:
    """Return every active topic and how it is offered at the door."""
    rows = Topic.objects.filter(is_active=True).select_related("category", "open311_service")
    return [
        {
            "topic": topic,
            "handling": handling_of(topic),
            "is_offered": topic.is_public
            and getattr(getattr(topic, "open311_service", None), "is_offered", True),
        }
        for topic in rows.order_by("code")
    ]
