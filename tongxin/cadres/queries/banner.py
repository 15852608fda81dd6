"""What every page of people at work says while their land is in emergency mode."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse

from ..models import Operation
from ..scope import works_at

SECONDS = 15  # for so long a process may not know that another one started or ended an operation


@dataclass(frozen=True)
class Running:
    """An operation that runs: enough for a line on every page."""

    id: int
    name: str
    phase: str
    ends_on: date
    path: str


_known: Sequence[Running] = ()
_looked_at: float | None = None


def running_operations() -> Sequence[Running]:
    """Return what runs anywhere; asked of the database at most every 15 seconds by a process."""
    global _known, _looked_at  # noqa: PLW0603
    moment = time.monotonic()
    if _looked_at is None or moment - _looked_at > SECONDS:
        rows = Operation.objects.running().order_by("pk")
        fields = ("pk", "name", "phase", "ends_on", "region__path")
        _known, _looked_at = [Running(*row) for row in rows.values_list(*fields)], moment
    return _known


def forget_operations() -> None:
    """Drop what this process knows: the next reader asks."""
    global _looked_at  # noqa: PLW0603
    _looked_at = None


def assume_none_running() -> None:
    """Know that nothing runs, as in a database that is still empty."""
    global _known, _looked_at  # noqa: PLW0603
    _known, _looked_at = (), time.monotonic()


def banner(user) -> dict[str, Any] | None:
    """Return {"name", "phase", "until", "url"} of the operation over the land where somebody works.

    Of several the nearest; None for residents, volunteers and in ordinary times.
    """
    paths = works_at(user)
    over = [one for one in running_operations() if any(path.startswith(one.path) for path in paths)]
    if not over:
        return None
    nearest = max(over, key=lambda one: len(one.path))
    return {
        "name": nearest.name,
        "phase": Operation.PhaseKind(nearest.phase).label,
        "until": nearest.ends_on,
        "url": reverse("cadres:operation", args=[nearest.id]),
    }
