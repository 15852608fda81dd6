"""Full years in the Party, who is due for a medal, whose party birthday a month has."""

from __future__ import annotations

from datetime import date
from typing import Any

from tongxin.orgs.models import Membership, Org

from ..models import Medal
from .rules import decimal, number


def full_years(start: date, on: date) -> int:
    """Return the full years from a day to another: the day before the anniversary is one less."""
    return on.year - start.year - ((on.month, on.day) < (start.month, start.day))


def jubilee(start: date, years: int) -> date:
    """Return the day on which so many years are full; for the 29th of February the day after."""
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        return date(start.year + years, 3, 1)


def medal_terms(on: date) -> tuple[int, str]:
    """Return (years, the field from which they count) that hold on a day.

    党龄 counts from the day of full membership (《中国共产党章程》第七条).
    """
    return int(decimal("honours", "medal_years", on)), number("honours", "medal_from", on)


def years_start(membership: Membership, field: str) -> date | None:
    """Return the day from which somebody's years count; old files have the admission only."""
    return getattr(membership, field) or membership.admitted_on


def medal_board(unit: Org, on: date) -> dict[str, Any]:
    """Return {"due", "soon", "listed", "delivered"} of a unit and those under it.

    `due` has been full and is not listed, `soon` will be within a year.
    """
    years, field = medal_terms(on)
    horizon = date(on.year - years + 1, 12, 31)
    rows = Membership.objects.standing().filter(
        unit__path__under=unit.path, stage="full", admitted_on__lte=horizon
    )
    rows = rows.filter(medal=None).select_related("person", "unit")
    due, soon = [], []
    for row in rows:
        start = years_start(row, field)
        if start is None:
            continue
        full_on = jubilee(start, years)
        line = {"membership": row, "years": full_years(start, on), "full_on": full_on}
        if full_on <= on:
            due.append(line)
        elif full_on <= date(on.year + 1, 12, 31):
            soon.append(line)
    medals = Medal.objects.filter(membership__unit__path__under=unit.path)
    medals = medals.select_related("membership__person", "membership__unit")
    return {
        "years": years,
        "due": sorted(due, key=lambda one: one["full_on"]),
        "soon": sorted(soon, key=lambda one: one["full_on"]),
        "listed": list(medals.filter(delivered_on=None).order_by("eligible_on")[:200]),
        "delivered": list(
            medals.exclude(delivered_on=None)
            .prefetch_related("photos")
            .order_by("-delivered_on")[:50]
        ),
    }


def birthdays(unit: Org, on: date, most: int = 100) -> list[dict[str, Any]]:
    """Return whose day of admission lies in the month of `on`, in order of days."""
    rows = Membership.objects.members().filter(
        unit__path__under=unit.path, admitted_on__month=on.month, admitted_on__year__lt=on.year
    )
    found = rows.select_related("person", "unit")[:most]
    lines = [
        {"membership": row, "day": row.admitted_on.day, "years": on.year - row.admitted_on.year}
        for row in found
        if row.admitted_on
    ]
    return sorted(lines, key=lambda one: one["day"])
