"""What the register counts, by kind, unit and month. Units stand in the order of the register, unranked."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Count, Min, Q
from django.db.models.functions import TruncMonth
from django.utils.timezone import get_current_timezone

from ..models import Finding, FindingQuerySet, FindingUnit
from .ledger import late_rows

MOST_UNITS = 200


def _counted(to: str = "") -> dict[str, Count]:
    """Return the columns of every table: found, on the spot, written off, running, late, repeated."""
    step = f"{to}step"
    name = f"{to}pk" if to else "pk"
    return {
        "found": Count(name, distinct=bool(to)),
        "corrected": Count(name, distinct=bool(to), filter=Q(**{step: Finding.Step.CORRECTED})),
        "closed": Count(name, distinct=bool(to), filter=Q(**{step: Finding.Step.CLOSED})),
        "running": Count(
            name, distinct=bool(to),
            filter=Q(**{f"{step}__in": (Finding.Step.OPEN, Finding.Step.ORDERED)}),
        ),
        "repeats": Count(name, distinct=bool(to), filter=Q(**{f"{to}repeat_of__isnull": False})),
    }  # fmt: skip


def by_kind(rows: FindingQuerySet) -> list[dict[str, Any]]:
    """Return the figures of each kind, in the order of the codes. One query."""
    found: Any = rows.values("kind__code", "kind__name", "kind__category").annotate(**_counted())
    return list(found.order_by("kind__code"))


def by_month(rows: FindingQuerySet) -> list[dict[str, Any]]:
    """Return the figures of each month in which something was found. One query."""
    month = TruncMonth("found_at", tzinfo=get_current_timezone())
    found: Any = rows.annotate(month=month).values("month").annotate(**_counted())
    return list(found.order_by("month"))


def by_unit(rows: FindingQuerySet, duty: str) -> list[dict[str, Any]]:
    """Return the figures of each unit that answers in one way, in the order of the register. One query."""
    units = FindingUnit.objects.filter(responsibility=duty, finding__in=rows)
    found: Any = units.values("name").annotate(
        first=Min("finding__number"), **_counted("finding__")
    )
    return list(found.order_by("first", "name")[:MOST_UNITS])


def late_by_unit(rows: FindingQuerySet, today: date) -> dict[str, int]:
    """Return {unit: how many of its rectifications are late}. One query."""
    found = late_rows(today).filter(finding__in=rows).values_list("unit__name")
    return dict(found.annotate(Count("pk")).order_by())


def rate_of(row: dict[str, Any]) -> float | None:
    """Return the share that is settled in per cent; None of nothing."""
    done = row["corrected"] + row["closed"]
    return round(100 * done / row["found"], 1) if row["found"] else None
