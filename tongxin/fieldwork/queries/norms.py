"""The numbers by which visits are marked, as they held on a day."""

from __future__ import annotations

from datetime import date

from ..models import FieldNorm


def norms_on(day: date) -> dict[str, int]:
    """Return every norm that holds on a day, by code: the latest that had begun."""
    rows = FieldNorm.objects.filter(effective_from__lte=day).order_by("effective_from")
    return dict(rows.values_list("code", "value"))
