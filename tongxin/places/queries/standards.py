"""The checklist of a phase on a day."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from ..models import PhaseItem


def items_on(phase: str, day: date) -> list[PhaseItem]:
    """Return the checklist of a phase on a day."""
    rows = PhaseItem.objects.filter(
        Q(effective_to=None) | Q(effective_to__gt=day), phase=phase, effective_from__lte=day
    )
    return list(rows.order_by("code", "version"))
