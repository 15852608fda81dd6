"""How a case stands in the figures: one string, and the tallies it adds one to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.utils.timezone import localtime

from .models import Case

# A tally: path, parent path, kind, span, start, dim and key, as its columns.
Key = tuple[str, str, str, str, date, str, str]
LEVELS = (2, 3, 4)  # district, street, community


def standing(case: Case) -> str:
    """Return where the case stands now: "area|kind|day|step|late|topic"."""
    return standing_of(case.area, case.kind, case.opened_at, case.step, case.is_late, case.topic_id)


def standing_of(
    area: str, kind: str, opened_at: datetime, step: str, is_late: bool, topic_id: int | None
) -> str:
    return f"{area}|{kind}|{localtime(opened_at).date()}|{step}|{int(is_late)}|{topic_id or 0}"


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
