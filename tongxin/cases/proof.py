"""What proves a case: its photos by event, and the two that show before and after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from .models import Case, Event, Evidence

DONE = ("finish", "fulfil")


def photo_of(item: Evidence) -> dict[str, Any]:
    """Return a photo as `ui/parts/photo_grid.html` draws it."""
    return {
        "url": reverse("cases:photo", args=[item.pk]),
        "file": reverse("cases:evidence", args=[item.pk]),
        "thumb": reverse("cases:thumb", args=[item.pk]),
        "kind": item.get_kind_display(),
        "word": item.kind,
        "alt": item.get_kind_display(),
        "at": item.taken_at or item.uploaded_at,
    }


def photos_by_event(cases: Iterable[Case]) -> dict[int, list[dict[str, Any]]]:
    """Return {event id: photos}, oldest first. One query."""
    rows = Evidence.objects.filter(case__in=cases, event__isnull=False).order_by("id")
    found: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for item in rows:
        found[item.event_id].append(photo_of(item))
    return dict(found)


def before_and_after(
    events: Iterable[Event], photos: dict[int, list[dict[str, Any]]]
) -> dict[str, dict[str, Any]] | None:
    """Return {"before", "after"}: the first picture of the trouble and the last of the work done.

    Photos that say which they are come first; else what the resident sent stands for before, and
    what was handed in on finishing for after. None if there are not both.
    """
    before, after = _before(events, photos), _after(events, photos)
    return {"before": before, "after": after} if before and after else None


def _before(events: Iterable[Event], photos: dict[int, list[dict]]) -> dict | None:
    every = [(event.name, photo) for event in events for photo in photos.get(event.pk, [])]
    said = [photo for _name, photo in every if photo["word"] == "before"]
    sent = [photo for name, photo in every if name == "open" and photo["word"] == "photo"]
    return next(iter([*said, *sent]), None)


def _after(events: Iterable[Event], photos: dict[int, list[dict]]) -> dict | None:
    every = [(event.name, photo) for event in events for photo in photos.get(event.pk, [])]
    said = [photo for _name, photo in every if photo["word"] == "after"]
    sent = [photo for name, photo in every if name in DONE and photo["word"] == "photo"]
    found = said or sent
    return found[-1] if found else None


@dataclass(frozen=True)
class Proof:
    """What a verifier judges a case by."""

    before: dict[str, Any] | None
    after: dict[str, Any] | None
    others: list[dict[str, Any]]
    done: Event | None  # the last time it was finished


def proofs_of(cases: list[Case]) -> dict[Any, Proof]:
    """Return {case id: its proof} for a page of cases. Two queries."""
    events = defaultdict(list)
    rows = Event.objects.filter(case__in=cases, name__in=["open", "answer", *DONE])
    for event in rows.select_related("actor").order_by("case", "seq"):
        events[event.case_id].append(event)
    photos = photos_by_event(cases)
    return {case.pk: _proof(events[case.pk], photos) for case in cases}


def _proof(events: list[Event], photos: dict[int, list[dict]]) -> Proof:
    before, after = _before(events, photos), _after(events, photos)
    every = [photo for event in events for photo in photos.get(event.pk, [])]
    done = next((event for event in reversed(events) if event.name in DONE), None)
    return Proof(before, after, [one for one in every if one not in (before, after)], done)
