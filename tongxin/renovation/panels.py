"""What a part shows of the place it is for, and what programs are told of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tongxin.cases.models import Case
from tongxin.cases.queries import OpenMove

from .models import SitePart


def _part(case: Case) -> SitePart | None:
    rows = SitePart.objects.select_related("site__campaign", "org")
    return rows.filter(case=case.pk).first()


def of_part(
    case: Case, *, parts: frozenset[str], at: datetime, moves: list[OpenMove]
) -> list[dict[str, Any]]:
    part = _part(case)
    return [{"template": "renovation/parts/part.html", "part": part}] if part else []


def details(case: Case) -> dict[str, Any]:
    part = _part(case)
    if part is None:
        return {}
    return {"site": {"id": part.site_id, "name": part.site.name}, "due_on": part.due_on}
