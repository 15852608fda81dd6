"""Reads of land and calendars, answered from a snapshot that the whole process shares."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Count, Max
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.kit import geo, worktime
from tongxin.kit.errors import Invalid, NotFound

from .models import DEPTH, DayException, LandVersion, Region, WorkHours, parse_spans

SNAPSHOT_SECONDS = 30
ORDINARY_SPANS = "08:30-12:00 14:00-17:30"


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
        self._children: dict[int | None, list[Land]] = defaultdict(list)
        valid_ids = set(Region.objects.valid_on(day).values_list("pk", flat=True))
        rows = Region.objects.order_by("path").values_list(*Land.__slots__)
        for land in (Land(*row) for row in rows):
            self.by_id[land.id] = self.by_path[land.path] = land
            if land.id in valid_ids:
                self.by_code[land.code] = land
                self._children[land.parent_id].append(land)

    @property
    def lands(self) -> Iterable[Land]:
        """The regions valid on the snapshot's day, by path."""
        return self.by_code.values()

    def children_of(self, land: Land | None) -> list[Land]:
        """The regions right below that are valid on the snapshot's day; None gives the cities."""
        return self._children.get(land.id if land else None, [])

    def at(self, lng: float, lat: float) -> Land | None:
        leaves, others = self._indexes
        found = leaves.at(lng, lat) or others.at(lng, lat)
        return max(found, key=lambda land: DEPTH[land.level], default=None)

    @cached_property
    def _indexes(self) -> tuple[geo.PolygonIndex, geo.PolygonIndex]:
        """One index of the regions without mapped parts (they tile the land), one of the others."""
        rows = Region.objects.filter(polygon__isnull=False).order_by("path")
        drawn = [
            (self.by_id[pk], polygon)
            for pk, polygon in rows.values_list("pk", "polygon")
            if self.by_code.get(self.by_id[pk].code) is self.by_id[pk]
        ]
        parents = {land.parent_id for land, _polygon in drawn}
        leaves = [pair for pair in drawn if pair[0].id not in parents]
        others = [pair for pair in drawn if pair[0].id in parents]
        return geo.PolygonIndex(leaves), geo.PolygonIndex(others)

    def calendar(self, path: str) -> worktime.Calendar:
        ruled = tuple(p for p in prefixes(path) if p in self._ruled)
        calendar = self._calendars.get(ruled)
        if calendar is None:
            calendar = self._calendars[ruled] = self._make_calendar(ruled)
        return calendar

    @cached_property
    def _calendars(self) -> dict[tuple[str, ...], worktime.Calendar]:
        return {}

    @cached_property
    def _ruled(self) -> frozenset[str]:
        return frozenset(self._hours) | frozenset(self._exceptions)

    @cached_property
    def _hours(self) -> dict[str, list[tuple[date, worktime.WorkHours]]]:
        rows = WorkHours.objects.order_by("-effective_from")
        found = defaultdict(list)
        for path, start, spans in rows.values_list("region__path", "effective_from", "spans"):
            found[path].append((start, parse_spans(spans)))
        return dict(found)

    @cached_property
    def _exceptions(self) -> dict[str, dict[date, bool]]:
        found: dict[str, dict[date, bool]] = defaultdict(dict)
        for path, day, is_workday in DayException.objects.values_list(
            "region__path", "day", "is_workday"
        ):
            found[path][day] = is_workday
        return dict(found)

    def _make_calendar(self, ruled: tuple[str, ...]) -> worktime.Calendar:
        nearest_first = ruled[::-1]
        exceptions = [self._exceptions[p] for p in nearest_first if p in self._exceptions]
        hours = [self._hours[p] for p in nearest_first if p in self._hours]
        ordinary = parse_spans(ORDINARY_SPANS)

        def is_workday(day: date) -> bool:
            marked = next((days[day] for days in exceptions if day in days), None)
            return worktime.state_council(day)[0] if marked is None else marked

        def hours_on(day: date) -> worktime.WorkHours:
            in_force = (spans for rules in hours for start, spans in rules if start <= day)
            return next(in_force, ordinary)

        return worktime.Calendar(hours_on(self.day), is_workday, hours_by_date=hours_on)


_lock = threading.Lock()
_world: World | None = None
_checked_at = 0.0


def world() -> World:
    """Return the snapshot; at most every SNAPSHOT_SECONDS one cheap look whether it is stale."""
    global _world, _checked_at  # noqa: PLW0603
    if _world is not None and time.monotonic() - _checked_at < SNAPSHOT_SECONDS:
        return _world
    with _lock:
        day = localdate()  # what is valid "now" is a question to the wall, as permission is
        version = (day, *_land_version())
        if _world is None or _world.version != version:
            _world = World(version, day)
        _checked_at = time.monotonic()
        return _world


def forget() -> None:
    """Drop the snapshot: the next reader looks again."""
    global _world  # noqa: PLW0603
    _world = None


def _land_version() -> tuple[int, ...]:
    size = Region.objects.aggregate(n=Count("pk"), top=Max("pk"))
    number = LandVersion.objects.values_list("number", flat=True).first()
    return size["n"], size["top"] or 0, number or 0


def get_land(code_or_id: str | int) -> Land:
    """Return a region by its code (valid today) or its id (closed ones too).

    Raises UnknownRegion.
    """
    known = world()
    land = known.by_id.get(code_or_id) if isinstance(code_or_id, int) else None
    land = land or known.by_code.get(str(code_or_id))
    if land is None:
        raise UnknownRegion(_("没有代码为“%s”的区域，请核对代码") % str(code_or_id)[:20])
    return land


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
    return world().calendar(path)


def geojson_of(
    regions: Iterable[Region], *, tolerance_m: float = 0, datum: str = "wgs84"
) -> dict[str, Any]:
    """A GeoJSON FeatureCollection of the regions that have a polygon, in "wgs84" or "gcj02"."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": region.code,
                "properties": {
                    "code": region.code,
                    "name": region.name,
                    "short_name": region.short_name,
                    "level": region.level,
                    "kind": region.kind,
                    "path": region.path,
                    "is_synthetic": region.is_synthetic,
                },
                "geometry": _drawn(region.polygon, tolerance_m, datum),
            }
            for region in regions
            if region.polygon
        ],
    }


def _drawn(polygon: dict[str, Any], tolerance_m: float, datum: str) -> dict[str, Any]:
    if tolerance_m:
        polygon = geo.simplify(polygon, tolerance_m)
    convert = geo.wgs84_to_gcj02 if datum == "gcj02" else None
    return {"type": polygon["type"], "coordinates": _rounded(polygon["coordinates"], convert)}


def _rounded(part: Any, convert: Callable[[float, float], geo.Point] | None) -> Any:
    """Coordinates of any nesting, at five decimals (about a metre)."""
    if isinstance(part[0], (int, float)):
        lng, lat = convert(part[0], part[1]) if convert else part[:2]
        return [round(lng, 5), round(lat, 5)]
    return [_rounded(inner, convert) for inner in part]
