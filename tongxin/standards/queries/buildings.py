"""Buildings, who covers them, and what was done there of the three duties in a year (S3.40)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from tongxin.orgs.models import Org
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, place_name

from ..models import BuildingDuty, DutyRecord

SHOWS = ("", "uncovered", "undone", "done")


def buildings_in(land: Land, year: int, on: date) -> QuerySet[Any]:
    """Return the buildings of a place: `is_covered` by a standing unit, `duties` done in the year (0-3)."""
    covers = Org.grids.through.objects.filter(
        region=OuterRef("pk"), org__dissolved_on=None, org__kind=Org.Kind.PARTY
    )
    done = Count("duty_records__duty", filter=Q(duty_records__on__year=year), distinct=True)
    rows = Region.objects.valid_on(on).filter(level=Region.Level.BUILDING)
    rows = rows.filter(path__under=land.path).defer("polygon")
    return rows.annotate(is_covered=Exists(covers), duties=done).order_by("path")


def show_only(rows: QuerySet[Any], show: str) -> QuerySet[Any]:
    """Narrow buildings to those without a unit, with duties left undone, or with all three done."""
    if show == "uncovered":
        return rows.filter(is_covered=False)
    if show == "undone":
        return rows.filter(is_covered=True, duties__lt=len(BuildingDuty.values))
    return rows.filter(duties=len(BuildingDuty.values)) if show == "done" else rows


def building_rows(buildings: Sequence[Any], year: int) -> list[dict[str, Any]]:
    """Return buildings with the units that cover them and how often each duty was done. Two queries."""
    ids = [one.pk for one in buildings]
    units: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    covers = Org.grids.through.objects.filter(region__in=ids, org__dissolved_on=None)
    for region, pk, name, path in covers.values_list(
        "region", "org", "org__name", "org__path"
    ).order_by("org__path"):
        units[region].append((pk, name, path))
    counts: dict[tuple[int, str], int] = {}
    records = DutyRecord.objects.filter(building__in=ids, on__year=year).order_by()
    for region, duty, n in records.values_list("building", "duty").annotate(n=Count("pk")):
        counts[(region, duty)] = n
    return [
        {
            "building": one,
            "place": place_name(one.path),
            "units": units[one.pk],
            "duties": [(label, counts.get((one.pk, duty), 0)) for duty, label in BuildingDuty.choices],
            "is_gap": not units[one.pk],
        }
        for one in buildings
    ]  # fmt: skip


def records_of(building: Region, year: int) -> QuerySet[DutyRecord]:
    """Return what was done in a building in a year, newest first."""
    rows = DutyRecord.objects.filter(building=building, on__year=year)
    return rows.select_related("unit", "by").order_by("-on", "-pk")
