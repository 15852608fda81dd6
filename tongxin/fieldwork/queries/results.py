"""What a visit found, put together for reading."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..models import Visit


def dimensions_of(visit: Visit) -> list[dict[str, Any]]:
    """Return what a visit scored in each dimension of its checklist, in the checklist's order."""
    found: dict[str, dict[str, Any]] = {}
    for answer in visit.answers.select_related("item").order_by("item__number"):
        if answer.score is None:
            continue
        name = answer.item.dimension
        row = found.setdefault(
            name, {"dimension": name, "score": Decimal(0), "most": Decimal(0), "bad": 0}
        )
        row["score"] += answer.score
        row["most"] += answer.item.max_score
        row["bad"] += answer.is_bad
    return list(found.values())
