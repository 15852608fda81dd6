"""Who was asked to take an order, what each answered, and who is asked next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.cases.models import Case, Event

# What ends an offer, and what people read of it.
ENDS = {
    "accept": "accepted",
    "decline": "declined",
    "time_out": "silent",
    "hand_back": "handed_back",
    "recall": "recalled",
    "dispatch": "recalled",
    "post": "recalled",
    "cancel": "recalled",
}
NO = frozenset({"declined", "silent", "handed_back"})


@dataclass
class Asked:
    """Somebody who was asked: by an offer or an order, or who stands in line for it."""

    user_id: int
    name: str
    answer: str  # waiting, accepted, declined, silent, handed_back, recalled; "" not asked yet
    at: datetime | None = None
    answered_at: datetime | None = None
    note: str = ""
    due_at: datetime | None = None

    @property
    def words(self) -> str:
        return {
            "waiting": _("等待应答"),
            "accepted": _("已接单"),
            "declined": _("婉拒"),
            "silent": _("超时未应答"),
            "handed_back": _("接单后退回"),
            "recalled": _("已收回"),
            "": _("排队中"),
        }[self.answer]

    @property
    def tone(self) -> str:
        return {"waiting": "waiting", "accepted": "done", "": "idle", "recalled": "idle"}.get(
            self.answer, "late"
        )


def chain_of(case: Case) -> list[Asked]:
    """Return whom the case was offered or given to, in order, and who still stands in line.

    One query, the events, which note names; one more for who stands in line or grabbed.
    """
    names = (*ENDS, "offer", "grab", "reopen")
    rows = case.events.filter(name__in=names).order_by("seq")
    asked = _asked(list(rows))
    if asked and asked[-1].answer == "waiting" and case.step == "offered":
        asked[-1].due_at = case.due_at
        request = getattr(case, "request", None)
        asked += [Asked(user, "", "") for user in (request.queue if request else [])]
    if nameless := {one.user_id for one in asked if not one.name}:
        called = dict(User.objects.filter(pk__in=nameless).values_list("pk", "name"))
        for one in asked:
            one.name = one.name or called.get(one.user_id, "")
    return asked


def _asked(events: list[Event]) -> list[Asked]:
    """Read the chain out of the events: offers and orders to a person, and how each ended."""
    found: list[Asked] = []
    for event in events:
        open_one = found[-1] if found and found[-1].answer in ("waiting", "accepted") else None
        end = ENDS.get(event.name)
        if open_one and end and (open_one.answer == "waiting" or end == "handed_back"):
            open_one.answer, open_one.answered_at, open_one.note = end, event.at, event.note
        to = _given_to(event)
        if to:
            taken = "accepted" if event.name == "grab" else "waiting"
            found.append(Asked(*to, taken, at=event.at))
    return found


def _given_to(event: Event) -> tuple[int, str] | None:
    """Return whom an event asks, with the name it notes: the first of a list, the holder."""
    if event.name == "offer":
        queue = event.data.get("queue") or []
        return _noted(queue[0]) if queue else None
    if event.name == "dispatch":
        return _noted(event.data.get("holder"))
    return (event.actor_id, "") if event.name == "grab" and event.actor_id else None


def _noted(noted: Any) -> tuple[int, str] | None:
    """Return somebody as an event notes them: {"id", "name"}, or the bare id."""
    if isinstance(noted, dict):
        found, name = noted.get("id"), str(noted.get("name") or "")
    else:
        found, name = noted, ""
    return (int(found), name) if found else None


def said_no(asked: list[Asked]) -> dict[int, Asked]:
    """Return who is not asked again by the machine: {user id: their answer}."""
    return {one.user_id: one for one in asked if one.answer in NO}
