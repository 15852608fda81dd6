"""Quarrels that were reported: how long they are watched, and whether one keeps coming back."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from tongxin.cases.models import Case, Topic
from tongxin.kit.geo import distance_m

from .topics import sort_of

NORMS = Path(__file__).parent.parent / "data" / "watch.csv"


@lru_cache(maxsize=1)
def _norms() -> tuple[tuple[str, int, date], ...]:
    with NORMS.open(encoding="utf-8", newline="") as file:
        return tuple(
            (row["code"], int(row["value"]), date.fromisoformat(row["effective_from"]))
            for row in csv.DictReader(file)
        )


def watch_norms(day: date) -> dict[str, int]:
    """Return the norms of watching in force on a day, by their code."""
    known = sorted(_norms(), key=lambda one: one[2])
    return {code: value for code, value, since in known if since <= day}


def quarrels_near(case: Case, *, days: int, metres: int) -> list[Case]:
    """Return the other quarrels filed in the same grid within some days and metres, newest first."""
    if case.lng is None or case.lat is None:
        return []
    topics = [one.pk for one in _quarrels()]
    rows = Case.objects.filter(
        kind="request", area=case.area, topic__in=topics, lng__isnull=False,
        opened_at__gt=case.opened_at - timedelta(days=days), opened_at__lte=case.opened_at,
    ).exclude(pk=case.pk)  # fmt: skip
    return [
        one
        for one in rows.order_by("-id")[:200]
        if distance_m(case.lng, case.lat, one.lng, one.lat) <= metres  # type: ignore[arg-type]
    ]


def _quarrels() -> list[Topic]:
    return [one for one in Topic.objects.select_related("category") if sort_of(one) == "dispute"]
