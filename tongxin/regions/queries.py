"""Reads of land and calendars, answered from a snapshot that the whole process shares."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from operator import itemgetter
from typing import Any

import shapely
from django.db.models import Count, Max
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from shapely.geometry import mapping, shape

from tongxin.kit import geo, worktime
from tongxin.kit.errors import Invalid, NotFound

from .models import DEPTH, DayException, LandVersion, Region, WorkHours, parse_spans

SNAPSHOT_SECONDS = 30
ORDINARY_SPANS = "08:30-12:00 14:00-17:30"
DEGREE_M = 111_195
FEATURE_FIELDS = ("code", "name", "short_name", "level", "kind", "path", "is_synthetic")


class UnknownRegion(NotFound):
    """No region has that code or id."""


class OutsideArea(Invalid):
    """The point lies outside the districts that are served."""


@dataclass(frozen=True, slots=True)
class Land:
    """A region as the snapshot holds it; every field means what it means on Region."""

    id: int
    code: str
    name: str
    short_name: str
    level: str
    kind: str
    path: str
    parent_id: int | None
    lng: float | None
    lat: float | None


class World:
    """All land at one moment, and the calendars on it. Never changes; a newer one replaces it."""

    def __init__(self, version: tuple, day: date) -> None:
        self.version = version
        self.day = day
        self.by_id: dict[int, Land] = {}
        self.by_path: dict[str, Land] = {}
        self.by_code: dict[str, Land] = {}
        self.ever_by_code: dict[str, Land] = {}
        self._children: dict[int | None, list[Land]] = defaultdict(list)
        rows = Region.objects.values_list(*Land.__slots__, "valid_from", "valid_to")
        # Sorted here: a database's collation may pass over the slashes.
        for *fields, start, end in sorted(rows, key=itemgetter(Land.__slots__.index("path"))):
            land = Land(*fields)
            self.by_id[land.id] = self.by_path[land.path] = self.ever_by_code[land.code] = land
            if (start is None or start <= day) and (end is None or end > day):
                self.by_code[land.code] = land
                self._children[land.parent_id].append(land)

    @property
    def lands(self) -> Iterable[Land]:
        """The regions valid on the snapshot's day, by path."""
        return self.by_code.values()

    def children_of(self, land: Land | None) -> list[Land]:
        """The regions right below that are valid on the snapshot's day; None gives the cities."""
        return self._children.get(land.id if land else None, [])

    def counts_inside(self, path: str) -> dict[str, int]:
        """How many regions of each level lie inside, at any depth."""
        return Counter(
            land.level for land in self.lands if land.path.startswith(path) and land.path != path
        )

    def at(self, lng: float, lat: float) -> Land | None:
        leaves, others = self._indexes
        found = leaves.at(lng, lat) or others.at(lng, lat)
        return max(found, key=lambda land: DEPTH[land.level], default=None)

    @cached_property
    def _indexes(self) -> tuple[geo.PolygonIndex, geo.PolygonIndex]:
        """One index of the regions without mapped parts (they tile the land), one of the others."""
        drawn = [
            (land, polygon)
            for code, polygon in Region.objects.valid_on(self.day)
            .filter(polygon__isnull=False)
            .order_by("path")
            .values_list("code", "polygon")
            if (land := self.by_code.get(code))
        ]
        parents = {land.parent_id for land, _polygon in drawn}
        leaves = [pair for pair in drawn if pair[0].id not in parents]
        others = [pair for pair in drawn if pair[0].id in parents]
        return geo.PolygonIndex(leaves), geo.PolygonIndex(others)

    @cached_property
    def calendars(self) -> Calendars:
        return Calendars(self.day)


class Calendars:
    """The working calendars of all land; regions under the same rules share one."""

    def __init__(self, day: date) -> None:
        self._day = day
        self._made: dict[tuple[str, ...], worktime.Calendar] = {}
        self._exceptions: dict[str, dict[date, bool]] = defaultdict(dict)
        for path, marked, is_workday in DayException.objects.values_list(
            "region__path", "day", "is_workday"
        ):
            self._exceptions[path][marked] = is_workday
        self._hours: dict[str, list[tuple[date, worktime.WorkHours]]] = defaultdict(list)
        rows = WorkHours.objects.order_by("-effective_from")
        for path, start, spans in rows.values_list("region__path", "effective_from", "spans"):
            self._hours[path].append((start, parse_spans(spans)))

    def of(self, path: str) -> worktime.Calendar:
        ruling = tuple(p for p in prefixes(path) if p in self._hours or p in self._exceptions)
        calendar = self._made.get(ruling)
        if calendar is None:
            calendar = self._made[ruling] = self._make(ruling[::-1])
        return calendar

    def _make(self, nearest_first: tuple[str, ...]) -> worktime.Calendar:
        exceptions = [self._exceptions[p] for p in nearest_first if p in self._exceptions]
        hours = [self._hours[p] for p in nearest_first if p in self._hours]
        ordinary = parse_spans(ORDINARY_SPANS)

        def is_workday(day: date) -> bool:
            marked = next((days[day] for days in exceptions if day in days), None)
            return worktime.state_council(day)[0] if marked is None else marked

        def hours_on(day: date) -> worktime.WorkHours:
            in_force = (spans for rules in hours for start, spans in rules if start <= day)
            return next(in_force, ordinary)

        return worktime.Calendar(hours_on(self._day), is_workday, hours_by_date=hours_on)


_lock = threading.Lock()
_world: World | None = None
_checked_at = 0.0


def world() -> World:
    """Return the snapshot; at most every SNAPSHOT_SECONDS one cheap look whether it is stale."""
    global _world, _checked_at  # noqa: PLW0603
    known = _world
    if known is not None and time.monotonic() - _checked_at < SNAPSHOT_SECONDS:
        return known
    with _lock:
        day = localdate()  # what is valid now asks the clock of the wall, as permission does
        version = (day, *_land_version())
        if known is None or known.version != version:
            known = World(version, day)
        _world, _checked_at = known, time.monotonic()
        return known


def forget() -> None:
    """Drop the snapshot: the next reader looks again."""
    global _world  # noqa: PLW0603
    _world = None


def _land_version() -> tuple[int, ...]:
    size = Region.objects.aggregate(n=Count("pk"), top=Max("pk"))
    number = LandVersion.objects.values_list("number", flat=True).first()
    return size["n"], size["top"] or 0, number or 0


def get_land(code_or_id: str | int) -> Land:
    """A region by its code (valid today) or its id (closed ones too). Raises UnknownRegion."""
    known = world()
    if isinstance(code_or_id, int):
        return _found(known.by_id.get(code_or_id), code_or_id)
    return _found(known.by_code.get(code_or_id), code_or_id)


def get_land_ever(code: str) -> Land:
    """A region by its code, closed ones too. Raises UnknownRegion."""
    return _found(world().ever_by_code.get(code), code)


def _found(land: Land | None, asked: str | int) -> Land:
    if land is None:
        raise UnknownRegion(_("没有代码为“%s”的区域，请核对代码") % str(asked)[:20])
    return land


def region_of(land: Land) -> Region:
    """Return a land as a Region without asking the database; what a Land lacks is deferred."""
    names = [f.attname for f in Region._meta.concrete_fields if f.attname in Land.__slots__]
    return Region.from_db("default", names, [getattr(land, name) for name in names])


def prefixes(path: str) -> Iterator[str]:
    """The paths from the city down to `path` itself: "1201/16/" gives "1201/", "1201/16/"."""
    for position, character in enumerate(path, start=1):
        if character == "/":
            yield path[:position]


def lands_of(path: str) -> list[Land]:
    """The regions from the city down to the one of this path; closed ones too."""
    by_path = world().by_path
    return [by_path[prefix] for prefix in prefixes(path) if prefix in by_path]


def place_name(path: str, below: str = "district") -> str:
    """ "汉沽街道 · 河西社区 · 第二网格": the short names below a level (that level's, if none)."""
    chain = lands_of(path)
    lower = [land.short_name for land in chain if DEPTH[land.level] > DEPTH[below]]
    return " · ".join(lower or [land.short_name for land in chain[-1:]])


def region_at(lng: float, lat: float) -> Land | None:
    """The deepest region valid today that holds the point (WGS-84 degrees)."""
    return world().at(lng, lat)


def locate(lng: float, lat: float) -> Land:
    """As region_at. Raises OutsideArea."""
    land = region_at(lng, lat)
    if land is None:
        served = "、".join(land.name for land in world().lands if land.level == "district")
        raise OutsideArea(
            _("这个位置不在服务范围内"),
            field="location",
            remedy=_("请在%s范围内选择位置") % (served or _("已开通的区域")),
        )
    return land


def calendar_for(path: str) -> worktime.Calendar:
    """The working calendar of a region: the State Council's days and the ordinary hours, unless
    the region or the nearest one above it says otherwise (WorkHours, DayException)."""
    return world().calendars.of(path)


def geojson_of(
    regions: Iterable[Region], *, tolerance_m: float = 0, datum: str = "wgs84"
) -> dict[str, Any]:
    """A GeoJSON FeatureCollection of the regions that have a polygon, in "wgs84" or "gcj02".

    Simplified together, so that neighbours keep their common border.
    """
    drawn = [region for region in regions if region.polygon]
    polygons: list[Any] = [region.polygon for region in drawn]
    if tolerance_m and drawn:
        shapes = [shape(polygon) for polygon in polygons]
        simpler = shapely.coverage_simplify(shapes, tolerance_m / DEGREE_M)
        polygons = [mapping(polygon) for polygon in simpler]
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": region.code,
                "properties": {name: getattr(region, name) for name in FEATURE_FIELDS},
                "geometry": in_datum(polygon, datum),
            }
            for region, polygon in zip(drawn, polygons, strict=True)
        ],
    }


def in_datum(polygon: Mapping[str, Any], datum: str) -> dict[str, Any]:
    """A stored polygon (WGS-84) in "wgs84" or "gcj02", at five decimals (about a metre)."""
    convert = geo.wgs84_to_gcj02 if datum == "gcj02" else None
    return {"type": polygon["type"], "coordinates": _rounded(polygon["coordinates"], convert)}


def _rounded(part: Any, convert: Callable[[float, float], geo.Point] | None) -> Any:
    if isinstance(part[0], (int, float)):
        lng, lat = convert(part[0], part[1]) if convert else part[:2]
        return [round(lng, 5), round(lat, 5)]
    return [_rounded(inner, convert) for inner in part]
