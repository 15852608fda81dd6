"""The yearly divisions, the borders of districts, and the made-up cells inside them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.kit import codes, geo
from tongxin.kit.errors import Invalid

from .. import tiling
from ..models import Region
from ..queries import UnknownRegion
from ..sources import DISTRICTS, Division, read_divisions, read_outlines
from .changes import Level, grid_rows, place_in_tree
from .versions import land_changed

Progress = Callable[[str, int, int], None]
BATCH = 500


class NothingToDraw(Invalid):
    """A district without an outline, or without streets."""


@dataclass
class Imported:
    """How many regions an import touched; all zero means that nothing had changed."""

    created: int = 0
    renamed: int = 0
    closed: int = 0
    drawn: int = 0
    grids: int = 0

    def __iadd__(self, other: Imported) -> Imported:
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))
        return self

    @property
    def total(self) -> int:
        return sum(getattr(self, field.name) for field in fields(self))


@transaction.atomic
def import_regions(
    *,
    at: datetime,
    source: Path | None = None,
    districts: Collection[str] = DISTRICTS,
    outlines: Path | None = None,
    grids_per_community: int = 4,
    seed: int = 1,
    progress: Progress | None = None,
) -> Imported:
    """The whole land of some districts: divisions, borders, cells of streets and communities, grids.

    Safe to run again: what is there stays, names follow the source, what the source no longer
    has is closed on the day of `at`. `source` and `outlines` are folders (sources.py says what
    is read when they are None); `progress(what, done, total)` hears of each step. Raises
    SourceMissing, BadGeometry.
    """
    say = progress or (lambda what, done, total: None)
    total = len(districts) + 1
    say(_("读取区划"), 0, total)
    result = import_divisions(rows=read_divisions(source, districts), on=localdate(at))
    bare = Region.objects.filter(code__in=districts, polygon__isnull=True)
    missing = list(bare.values_list("code", flat=True))
    if missing:
        result.drawn += import_polygons(outlines=read_outlines(missing, outlines))
    for done, district in enumerate(Region.objects.filter(code__in=districts), start=1):
        say(_("绘制 %s") % district.name, done, total)
        result += draw_district(
            district=district, grids_per_community=grids_per_community, seed=seed
        )
    say(_("完成"), total, total)
    return result


@transaction.atomic
def import_divisions(*, rows: Iterable[Division], on: date) -> Imported:
    """Bring the tree of cities, districts, streets and communities to a new edition.

    `rows` hold whole districts, parents before children. New regions of a district that was
    there before start on that day; streets and communities that are gone close, and one of the
    same name in the same district succeeds them. What was split or merged here stays as it is.
    Raises BadCode, WrongLevel.
    """
    divisions = {row.code: row for row in rows}
    known = {region.code: region for region in _known(divisions)}
    created = _create(divisions, known, on)
    result = Imported(created=len(created), renamed=_rename(divisions, known))
    result.closed = _close_missing(divisions, known, created, on)
    if result.total:
        land_changed()
    return result


def _known(divisions: Mapping[str, Division]) -> list[Region]:
    wanted = Q(level=Level.CITY)
    for code in divisions:
        if len(code) == 6:
            wanted |= Q(path__under=f"{code[:4]}/{code[4:]}/")
    levels = (Level.CITY, Level.DISTRICT, Level.STREET, Level.COMMUNITY)
    return list(Region.objects.filter(wanted, level__in=levels).defer("polygon"))


def _create(
    divisions: Mapping[str, Division], known: Mapping[str, Region], on: date
) -> dict[str, Region]:
    created: dict[str, Region] = {}
    for length in (4, 6, 9, 12):
        fresh = []
        for code, division in divisions.items():
            if len(code) == length and code not in known:
                parent = known.get(division.parent_code) or created.get(division.parent_code)
                fresh.append(_region_of(division, parent, on if code[:6] in known else None))
        created |= {region.code: region for region in Region.objects.bulk_create(fresh, BATCH)}
    return created


def _region_of(division: Division, parent: Region | None, on: date | None) -> Region:
    level, path = place_in_tree(parent=parent, code=division.code)
    return Region(
        code=division.code,
        level=level,
        parent=parent,
        path=path,
        valid_from=on,
        **_names(division),
    )


def _names(division: Division) -> dict[str, str]:
    kind = ""
    if len(division.code) == 9:
        kind = codes.parse_division(division.code).street_kind
    elif len(division.code) == 12:
        kind = codes.community_kind(division.name)
    return {
        "name": division.name,
        "short_name": codes.short_name(division.name),
        "kind": kind if kind in Region.Kind.values else "",
    }


def _rename(divisions: Mapping[str, Division], known: Mapping[str, Region]) -> int:
    renamed = []
    for code, region in known.items():
        if code in divisions and region.name != divisions[code].name:
            for field, value in _names(divisions[code]).items():
                setattr(region, field, value)
            renamed.append(region)
    Region.objects.bulk_update(renamed, ["name", "short_name", "kind"], BATCH)
    return len(renamed)


def _close_missing(
    divisions: Mapping[str, Division],
    known: Mapping[str, Region],
    created: Mapping[str, Region],
    on: date,
) -> int:
    made_here = set(Region.objects.filter(predecessors__isnull=False).values_list("pk", flat=True))
    gone = [
        region
        for code, region in known.items()
        if len(code) > 6
        and code not in divisions
        and region.valid_to is None
        and region.pk not in made_here
    ]
    heirs = {(region.code[:6], region.name): region for region in created.values()}
    for region in gone:
        Region.objects.under(region).filter(valid_to__isnull=True).update(valid_to=on)
        heir = heirs.get((region.code[:6], region.name))
        if heir and heir.level == region.level:
            region.successors.add(heir)
    return len(gone)


@transaction.atomic
def import_polygons(*, outlines: Mapping[str, dict[str, Any]], is_synthetic: bool = False) -> int:
    """Give regions their borders: GeoJSON in WGS-84 by code. Raises UnknownRegion, BadGeometry."""
    regions = list(Region.objects.filter(code__in=outlines))
    if unknown := set(outlines) - {region.code for region in regions}:
        raise UnknownRegion(_("没有这些代码的区域：%s") % "、".join(sorted(unknown)))
    for region in regions:
        border = tiling.on_lattice(geo.repair(outlines[region.code]))
        _draw(region, border, is_synthetic=is_synthetic)
    _save_borders(regions)
    return len(regions)


@transaction.atomic
def draw_district(*, district: Region, grids_per_community: int, seed: int) -> Imported:
    """Fill a district's outline with synthetic cells: streets, communities, grids.

    Does nothing where a street has a border already. Raises NothingToDraw.
    """
    streets = _open_below([district.pk])
    if any(street.polygon for street in streets):
        return Imported()
    if not district.polygon or not streets:
        raise NothingToDraw(_("“%s”还没有边界或街镇，不能绘制示意网格") % district.name)
    communities: dict[int | None, list[Region]] = {street.pk: [] for street in streets}
    for community in _open_below(communities):
        communities[community.parent_id].append(community)
    parts = [[grids_per_community] * len(inside) for inside in communities.values()]
    whole = tiling.nested_cells(district.polygon, parts, seed + int(district.code))
    drawn, grids = [], []
    for street, cell in zip(streets, whole.parts, strict=True):
        drawn.append(_draw(street, cell.polygon))
        for community, inner in zip(communities[street.pk], cell.parts, strict=True):
            drawn.append(_draw(community, inner.polygon))
            grids += grid_rows(community, [grid.polygon for grid in inner.parts])
    _save_borders(drawn)
    Region.objects.bulk_create(grids, BATCH)
    return Imported(drawn=len(drawn), grids=len(grids))


def _open_below(parents: Collection[int | None]) -> list[Region]:
    found = Region.objects.filter(parent__in=parents, valid_to__isnull=True)
    return list(found.order_by("path"))


def _draw(region: Region, polygon: dict[str, Any], *, is_synthetic: bool = True) -> Region:
    region.polygon, region.is_synthetic = polygon, is_synthetic
    region.lng, region.lat = geo.centroid(polygon)
    return region


def _save_borders(regions: list[Region]) -> None:
    # An upsert: Django's bulk_update builds a CASE per row and field, five times as slow.
    Region.objects.bulk_create(
        regions,
        BATCH,
        update_conflicts=True,
        unique_fields=["path"],
        update_fields=["polygon", "is_synthetic", "lng", "lat"],
    )
    land_changed()
