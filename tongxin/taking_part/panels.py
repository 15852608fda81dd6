"""What a motion adds to the page of its case, and to what programs are told of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tongxin.cases.models import Case
from tongxin.cases.queries import OpenMove

from .models import Motion


def of_motion(
    case: Case, *, parts: frozenset[str], at: datetime, moves: list[OpenMove]
) -> list[dict[str, Any]]:
    motion = Motion.objects.select_related("community").filter(case=case.pk).first()
    if motion is None:
        return []
    return [{"template": "taking_part/parts/motion_panel.html", "motion": motion}]


def details(case: Case) -> dict[str, Any]:
    motion = Motion.objects.filter(case=case.pk).first()
    if motion is None:
        return {}
    return {
        "raiser": motion.raiser,
        "supports": motion.supports,
        "needed": motion.needed,
        "discuss_until": motion.discuss_until,
        "final_text": motion.final_text,
        "outcome": motion.outcome,
    }
