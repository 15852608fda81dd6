"""The event log as outbox: who must be told of an event is a word in the flow table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.actions import publish, tell
from tongxin.accounts.models import User
from tongxin.language.private import mask

from ..models import Event
from ..telling import people_of, words_of


def settle_events(*, at: datetime, limit: int = 200) -> int:
    """Tell of events not yet settled: notices to people, deliveries to subscribers. Return how many.

    One transaction per batch: a worker that dies in the middle leaves its events unsettled, and
    the keys of notices and deliveries keep the next worker from telling twice.
    """
    with transaction.atomic():
        rows = (
            Event.objects.filter(settled_at__isnull=True)
            .order_by("id")
            .select_for_update(
                of=("self",), skip_locked=connection.features.has_select_for_update_skip_locked
            )
        )
        events = list(rows.select_related("case__topic", "case__region", "actor")[:limit])
        for event in events:
            _tell_of(event, at)
        Event.objects.filter(pk__in=[event.pk for event in events]).update(settled_at=at)
    return len(events)


def _tell_of(event: Event, at: datetime) -> None:
    case = event.case
    people = people_of(case, words_of(event), also=event.data.get("taken_from", []))
    if event.actor_id:
        people = [user for user in people if user.pk != event.actor_id]
    for url, users in _by_link(event, people).items():
        tell(
            users=users,
            title=f"{_label(event)}：{mask(case.title)}"[:120],  # it may leave the house by SMS
            text=_text(event),
            url=url,
            key=f"event:{event.pk}",
            at=at,
        )
    publish(
        event=as_message(event),
        words={case.kind, f"{case.kind}.{event.name}"},
        area=case.area,
        key=f"event:{event.pk}",
        at=at,
    )


def _by_link(event: Event, people: Iterable[User]) -> dict[str, list[User]]:
    """Group people by where the notice leads them: the flow knows pages made for some."""
    case, groups = event.case, defaultdict(list)
    for user in people:
        url = case.flow.link(case, event, user.pk) if case.flow.link else ""
        groups[url or reverse("cases:detail", args=[case.pk])].append(user)
    return groups


CARDS = {
    "open": gettext_lazy("新事项"),
    "yellow": gettext_lazy("即将超时"),
    "red": gettext_lazy("已超时"),
    "escalate": gettext_lazy("超时升级"),
}


def _label(event: Event) -> str:
    move = event.case.flow.move_of.get(event.name)
    return str(move.label) if move else str(CARDS.get(event.name, event.name))


def _text(event: Event) -> str:
    who = event.actor.name if event.actor else _("系统")
    step = event.case.flow.step_of[event.target].label
    note = f"：{event.note}" if event.note else ""
    return f"{event.case.number} · {who} · {step}{note}"[:300]


def as_message(event: Event) -> dict:
    """Return what subscribers are told: no names, phones or texts of residents."""
    case = event.case
    return {
        "id": event.pk,
        "case": str(case.pk),
        "number": case.number,
        "kind": case.kind,
        "move": event.name,
        "source": event.source,
        "target": event.target,
        "at": event.at.isoformat(),
        "recorded_at": event.recorded_at.isoformat(),
        "topic": case.topic.code if case.topic else None,
        "region": case.region.code,
        "hash": event.hash,
    }
