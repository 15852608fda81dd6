"""The matrix of a programme: fields by years, target beside what was reached."""

from __future__ import annotations

from typing import Any

from tongxin.orgs.models import Org

from ..models import ProgrammeTarget


def rate(row: ProgrammeTarget) -> float | None:
    """Return the per cent reached, or None while nothing was counted."""
    return round(100 * row.done / row.total, 1) if row.total and row.done is not None else None


def programme_matrix(actor, unit: Org) -> list[dict[str, Any]]:
    """Return for each programme and measure of a unit: years, and a row of cells for each field."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    rows = ProgrammeTarget.objects.visible_to(actor).filter(unit=unit)
    for row in rows.order_by("programme", "measure", "sector", "year"):
        table = found.setdefault(
            (row.programme, row.measure),
            {"programme": row.programme, "measure": row.measure, "years": set(), "fields": {}},
        )
        table["years"].add(row.year)
        reached = rate(row)
        cell = {"row": row, "rate": reached, "met": reached is not None and reached >= row.target}
        table["fields"].setdefault(row.get_sector_display(), {})[row.year] = cell
    return [
        {
            **table,
            "years": sorted(table["years"]),
            "lines": [
                (field, [cells.get(year) for year in sorted(table["years"])])
                for field, cells in table["fields"].items()
            ],
        }
        for table in found.values()
    ]
