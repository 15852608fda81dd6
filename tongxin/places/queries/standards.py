"""The checklist of a phase on a day."""

from __future__ import annotations

from datetime import date

from ..models import PhaseItem


def items_on(phase: str, day: date) -> list[PhaseItem]:
    """Return the checklist of a phase on a day."""
    return list(PhaseItem.objects.on(day).filter(phase=phase).order_by("code", "version"))
