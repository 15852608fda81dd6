"""How a case stands in the figures: one string, and the tallies it adds one to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.utils.timezone import localtime

from .models import Case

# A tally: path, parent path, kind, span, start, dim and key, as its columns.
Key = tuple[str, str, str, str, date, str, str]
LEVELS = (2, 3, 4)  # district, street, community


def standing(case: Case) -> str:
    """Return where the case stands now: "area|kind|day|step|late|topic"."""
    day = localtime(case.opened_at).date()
    late = int(case.is_late)
    return f"{case.area}|{case.kind}|{day}|{case.step}|{late}|{case.topic_id or 0}"


def contributions(standing: str) -> Iterator[Key]:
    """Yield the tallies a case of that standing is counted in; none for ""."""
    if not standing:
        return
    area, kind, day, step, late, topic = standing.split("|")
    opened = date.fromisoformat(day)
    parts = area.split("/")[:-1]
    for depth in LEVELS:
        if depth > len(parts):
            break
        path, parent = "/".join(parts[:depth]) + "/", "/".join(parts[: depth - 1]) + "/"
        for span, start in (("m", opened.replace(day=1)), ("d", opened)):
            yield path, parent, kind, span, start, "s", f"{step}|{late}"
            yield path, parent, kind, span, start, "t", topic
