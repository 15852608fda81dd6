"""What a rectification adds to the page of its case and to the API, and what its moves choose from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse

from tongxin.cases.flow import Option
from tongxin.cases.models import Case
from tongxin.cases.queries import OpenMove
from tongxin.orgs.models import Org
from tongxin.regions.queries import prefixes

from .hooks import lacks
from .models import Rectification

MOST_UNITS = 300


def _row(case: Case) -> Rectification | None:
    rows = Rectification.objects.select_related(
        "finding__kind", "unit", "planned_by", "done_by", "rechecked_by"
    )
    return rows.filter(case=case.pk).first()


def of_rectification(
    case: Case, *, parts: frozenset[str], at: datetime, moves: list[OpenMove]
) -> list[dict[str, Any]]:
    """Return the panel with cause, plan, deadline, money and the way to the finding."""
    row = _row(case)
    if row is None:
        return []
    return [
        {
            "template": "findings/parts/rectification.html",
            "row": row,
            "finding": row.finding,
            "lacks": lacks(row.finding) if case.step in ("rechecked", "pressed") else None,
            "url": reverse("findings:finding", args=[row.finding_id]),
        }
    ]


def details(case: Case) -> dict[str, Any]:
    """Return what the API adds to the case."""
    row = _row(case)
    if row is None:
        return {}
    return {
        "finding": row.finding.number,
        "finding_id": str(row.finding_id),
        "unit": row.unit.name if row.unit else "",
        "deadline": row.deadline.isoformat(),
        "cause": row.cause,
        "plan": row.plan,
        "returns": row.returns,
    }


def units(case: Case, *, at: datetime, text: str, chosen: list[str]) -> list[Option]:
    """Return the organisations that may be ordered: those of the place and of all land above it."""
    found = Org.objects.public().filter(region__path__in=[*prefixes(case.area)])
    rows = found.exclude(kind=Org.Kind.TEAM).order_by("region__path", "name", "pk")[:MOST_UNITS]
    return [Option(org.pk, org.name) for org in rows]
