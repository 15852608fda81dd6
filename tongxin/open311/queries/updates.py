"""What has happened to requests, told by the updates extension of mySociety."""

from __future__ import annotations

from typing import Any

from tongxin.cases.models import Event
from tongxin.language.private import mask

from ..models import ClientKey
from .requests import TOLD, Asked, is_published, public_requests

STATUS_OF_STEP = {
    "filed": "OPEN",
    "hall": "FOR_TRIAGE",
    "offered": "FOR_TRIAGE",
    "dispatched": "ACTION_SCHEDULED",
    "accepted": "IN_PROGRESS",
    "waiting": "IN_PROGRESS",
    "suspended": "ACTION_SCHEDULED",
    "done": "FIXED",
    "verified": "FIXED",
    "closed": "CLOSED",
    "cancelled": "NO_FURTHER_ACTION",
    "merged": "DUPLICATE",
}


def updates_asked(asked: Asked, client: ClientKey | None) -> list[dict[str, Any]]:
    """Return what has happened to requests that came in by the door, oldest first.

    With a client only to its own. Notes meant for who asked are in it, masked.
    """
    cases = public_requests().filter(open311__isnull=False)
    if client is not None:
        cases = cases.filter(open311__client=client)
    else:
        cases = cases.filter(open311__client__publishes=True)
    if asked.area:
        cases = cases.filter(area__under=asked.area)
    if asked.numbers:
        cases = cases.filter(number__in=asked.numbers)
    rows = Event.objects.filter(case__in=cases.values("pk")).exclude(name="open")
    if not asked.numbers:
        rows = rows.filter(recorded_at__gte=asked.start, recorded_at__lte=asked.end)
    rows = rows.select_related("case__open311__client").order_by("id")
    first = (asked.page - 1) * asked.size
    return [_update(event) for event in rows[first : first + asked.size] if is_told(event)]


def is_told(event: Event) -> bool:
    """Return whether an event is news to who asked: another step, or words meant for them."""
    return event.source != event.target or (event.name in TOLD and bool(event.note))


def status_of(event: Event) -> str:
    """Return the word of the extension for where a case stood after an event."""
    if event.target == "void":  # never public, yet whoever was handed the case hears that it ended
        return "NO_FURTHER_ACTION"
    return STATUS_OF_STEP.get(event.target, "OPEN")


def _update(event: Event) -> dict[str, Any]:
    case = event.case
    step = case.flow.step_of[event.target]
    says = event.name in TOLD and event.note and is_published(case)
    return {
        "update_id": str(event.pk),
        "service_request_id": case.number,
        "status": status_of(event),
        "updated_datetime": event.recorded_at,
        "description": mask(event.note) if says else str(step.label),
        "media_url": None,
    }
