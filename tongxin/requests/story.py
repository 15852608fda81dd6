"""The history of one case as its page on the phone tells it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from tongxin.cases.models import Case, Event
from tongxin.cases.queries import dot_line

from .words import UNSAID, happened


@dataclass(frozen=True)
class Story:
    """The history of a case as its page tells it."""

    line: dict[str, Any]
    events: list[dict[str, Any]]
    pictures: list[dict[str, Any]]  # that came with the request itself
    proof: list[dict[str, Any]]  # that came later
    minutes: int  # on the spot, by check-in and check-out
    is_on_spot: bool


def story_of(case: Case, reader, *, at: datetime) -> Story:
    """Return the line with its times, the events in plain words, the pictures. Two queries."""
    events = list(case.events.select_related("actor").order_by("seq"))
    photos = _photos_of(case)
    told = [
        {
            "what": happened(case, event, reader=reader),
            "who": "",
            "at": event.at,
            "note": event.note if _is_for(case, event, reader) else "",
            "tone": "late" if event.name in ("red", "escalate") else _tone(case, event),
            "icon": ICONS.get(event.name, "point"),
            "evidence": photos.get(event.pk, []) if event.name != "open" else [],
        }
        for event in events
        if event.name not in UNSAID
    ]
    minutes, is_there = minutes_on_spot(events, case.holder_id, at)
    first = [photo for event in events[:1] for photo in photos.pop(event.pk, [])]
    later = [photo for event in events for photo in photos.get(event.pk, [])]
    return Story(_line(case, events, at), told[::-1], first, later, minutes, is_there)


def _tone(case: Case, event: Event) -> str:
    step = case.flow.step_of.get(event.target)
    return step.tone if step else "idle"


def _is_for(case: Case, event: Event, reader) -> bool:
    """A resident reads the notes that are meant for them; who does the work reads all."""
    if reader is None or reader.pk in (event.actor_id, case.holder_id, case.offeree_id):
        return True
    move = case.flow.move_of.get(event.name)
    return case.reporter_id == reader.pk and move is not None and "reporter" in move.tells.split()


def _line(case: Case, events: list[Event], at: datetime) -> dict[str, Any]:
    """Return the line with when each dot was done: by the last event that left it behind."""
    line, done = dot_line(case, at=at), {}
    steps = case.flow.step_of
    for event in events:
        if event.target not in steps:
            continue
        reached = steps[event.target].dot
        before = steps[event.source].dot if event.source in steps else 0
        for dot in range(before, reached):
            done[dot] = event
        for dot in range(reached, before):
            done.pop(dot, None)
    for n, dot in enumerate(line["dots"]):
        if dot["state"] == "done" and n in done:
            dot["at"] = done[n].at
    return line


def minutes_on_spot(events: list[Event], user_id: int | None, at: datetime) -> tuple[int, bool]:
    """Return the minutes between check-ins and check-outs of a person, and whether they are there.

    A visit that has not been checked out counts until `at`.
    """
    total, came = timedelta(), None
    for event in events:
        if event.actor_id != user_id:
            continue
        if event.name == "check_in":
            came = event.at
        elif event.name == "check_out" and came:
            total, came = total + (event.at - came), None
    if came:
        total += max(at - came, timedelta())
    return total // timedelta(minutes=1), came is not None


def _photos_of(case: Case) -> dict[int, list[dict[str, Any]]]:
    found: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for item in case.evidence.filter(event__isnull=False).order_by("id"):
        photo = {
            "url": reverse("cases:evidence", args=[item.pk]),
            "thumb": reverse("cases:thumb", args=[item.pk]),
            "alt": item.get_kind_display(),
            "kind": item.get_kind_display(),
            "word": item.kind,
        }
        found[item.event_id].append(photo)
    return dict(found)


ICONS = {
    "open": "circle-plus", "dispatch": "send", "post": "building-store", "offer": "user-question",
    "accept": "hand-stop", "grab": "hand-grab", "claim": "heart-handshake", "finish": "checks",
    "fulfil": "checks", "verify": "eye-check", "rate": "star", "thank": "heart", "urge": "bell-ringing",
    "answer": "message", "add": "message-plus", "hear": "world-share", "attach": "photo", "check_in": "map-pin-check", "check_out": "map-pin-off", "cancel": "x",
    "wait": "player-pause", "resume": "player-play", "red": "alert-triangle", "escalate": "trending-up",
    "redo": "rotate", "reopen": "rotate", "hand_back": "arrow-back-up", "release": "arrow-back-up",
    "recall": "arrow-back-up", "decline": "arrow-back-up", "time_out": "clock-x", "lapse": "clock-check",
    "publish": "speakerphone", "withdraw": "x", "supervise": "flag", "correct": "edit",
    "merge": "arrows-join", "split": "arrows-split",
}  # fmt: skip
