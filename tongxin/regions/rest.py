"""Land as JSON. Divisions are public knowledge: no sign-in."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from itertools import islice
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from tongxin.kit.errors import Invalid

from . import queries
from .models import DEPTH, Region
from .queries import Land

router = Router(tags=["regions"], auth=None)

LevelName = Literal["city", "district", "street", "community", "grid", "building"]
Datum = Literal["wgs84", "gcj02"]
# Land changes a few times a year; ten minutes spare the server every map that is opened again.
MAP_SECONDS = 600


class BadPoint(Invalid):
    """The text is not "longitude,latitude"."""


class LandOut(Schema):
    code: str
    name: str
    short_name: str
    level: LevelName
    kind: str
    parent: str | None
    path: str
    lng: float | None
    lat: float | None


class LandPage(Schema):
    items: list[LandOut]
    next: str | None = Field(description="cursor of the next page; null on the last one")


class LandRef(Schema):
    code: str
    name: str
    level: LevelName


class LandDetail(LandOut):
    parents: list[LandRef] = Field(description="from the city down")
    children: dict[str, int] = Field(description="how many of each level lie inside, at any depth")
    valid_from: date | None
    valid_to: date | None
    successors: list[str]
    is_synthetic: bool = Field(description="the polygon is made up: no free one is published")
    polygon: dict[str, Any] | None = None


class Wanted(Schema):
    level: LevelName | None = None
    under: str = Field("", description="code of a region; what lies inside it")
    q: str = Field("", max_length=40, description="part of the name, or the beginning of the code")
    at: str = Field("", description="longitude,latitude in WGS-84: the regions that hold the point")
    cursor: str = Field("", max_length=40)
    limit: int = Field(100, ge=1, le=1000)


@router.get("", response=LandPage, summary="Regions valid today")
def list_regions(request: HttpRequest, wanted: Query[Wanted]):
    """Divisions and grids by place, level and name, in the order of their paths. Public."""
    lands = _lands_at(wanted.at) if wanted.at else queries.world().lands
    under = queries.get_land(wanted.under).path if wanted.under else ""
    chosen = (
        land
        for land in lands
        if land.path > wanted.cursor
        and land.path.startswith(under)
        and land.path != under
        and (not wanted.level or land.level == wanted.level)
        and (wanted.q in land.name or land.code.startswith(wanted.q))
    )
    page = list(islice(chosen, wanted.limit + 1))
    items = page[: wanted.limit]
    more = len(page) > wanted.limit
    return {"items": [_out(land) for land in items], "next": items[-1].path if more else None}


@router.get("/{code}", response=LandDetail, summary="One region, closed ones too")
def get_region(request: HttpRequest, code: str, geometry: bool = False, datum: Datum = "wgs84"):
    """With what it lies in, what lies inside, its polygon if asked for, and its successors."""
    land = queries.get_land_ever(code)
    region = Region.objects.public().get(pk=land.id)
    polygon = region.polygon if geometry else None
    return _out(land) | {
        "parents": queries.lands_of(land.path)[:-1],
        "children": queries.world().counts_inside(land.path),
        "valid_from": region.valid_from,
        "valid_to": region.valid_to,
        "successors": region.successors.order_by("code").values_list("code", flat=True),
        "is_synthetic": region.is_synthetic,
        "polygon": polygon and queries.in_datum(polygon, datum),
    }


@router.get("/{code}/geojson", summary="The polygons one level below, for a map")
def children_geojson(
    request: HttpRequest,
    code: str,
    level: LevelName | None = None,
    tolerance_m: float = Query(0, ge=0, le=5000),
    datum: Datum = "wgs84",
) -> HttpResponse:
    """GeoJSON of the regions inside, one level below unless another is named; cacheable."""
    land = queries.get_land(code)
    known = queries.world()
    asked = (known.version, land.path, level, tolerance_m, datum)
    etag = f'"{sha256(repr(asked).encode()).hexdigest()[:20]}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponse(status=304)
    else:
        inside = Region.objects.public().valid_on(known.day)
        inside = inside.filter(path__under=land.path, level=level or _level_below(land))
        response = JsonResponse(
            queries.geojson_of(inside.order_by("path"), tolerance_m=tolerance_m, datum=datum),
            content_type="application/geo+json",
        )
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={MAP_SECONDS}"
    return response


def _out(land: Land) -> dict[str, Any]:
    fields = ("code", "name", "short_name", "level", "kind", "path", "lng", "lat")
    above = queries.lands_of(land.path)[-2:-1]
    return {field: getattr(land, field) for field in fields} | {
        "parent": above[0].code if above else None
    }


def _lands_at(text: str) -> list[Land]:
    try:
        lng, lat = (float(part) for part in text.split(","))
        land = queries.region_at(lng, lat)
    except ValueError as error:
        raise BadPoint(
            _("“%s”不是一个位置") % text[:40],
            field="at",
            remedy=_("请写成“经度,纬度”，如 117.70,39.02"),
        ) from error
    return queries.lands_of(land.path) if land else []


def _level_below(land: Land) -> str:
    levels = Region.Level.values
    return levels[min(DEPTH[land.level], len(levels) - 1)]
