"""Indicators of places; buildings, who covers them and what was done there."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.orgs.scope import LAND_ROLES, READERS, posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, get_land
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from .shapes import Id, Limit, StandardUnit, Year, one_of

router = Router()
Code = Annotated[str, Query(max_length=30, description="code of a region my posts reach")]


class IndicatorOut(Schema):
    code: str
    group: str
    name: str
    have: int
    total: int
    share: float | None
    formula: str


class Indicators(Schema):
    items: list[IndicatorOut]


class BuildingOut(Schema):
    code: str
    name: str
    place: str
    units: list[StandardUnit]
    policy: int
    activity: int
    trouble: int


class BuildingPage(Schema):
    items: list[BuildingOut]
    next: str | None


class DutyIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    unit: Id
    duty: Literal["policy", "activity", "trouble"]
    on: date
    text: str = Field(max_length=300)


class BuildingDutyOut(Schema):
    id: int
    duty: str
    on: date
    text: str


def _land(request: SignedIn, code: str) -> Land:
    land = get_land(code)
    roles = {*LAND_ROLES, *READERS}
    paths = [post.path for post in posts_of(request.auth) if post.role in roles]
    if not any(land.path.startswith(path) for path in paths):
        raise NotFound(_("没有找到这个区域，或不归您管。"))
    return land


@router.get("/indicators", response=Indicators, summary="Participation and means at grid level")
def list_indicators(request: SignedIn, region: Code) -> HttpResponse:
    """Each with base and formula, as of today."""
    land, today = _land(request, region), localdate()
    found = queries.indicators(land, queries.kinds_of_lands(land, today), today)
    names = ("code", "have", "total", "share")
    words = ("group", "name", "formula")
    return reply(
        {
            "items": [
                {name: getattr(one, name) for name in names}
                | {name: str(getattr(one, name)) for name in words}
                for one in found
            ]
        }
    )


@router.get("/buildings", response=BuildingPage, summary="Buildings and their three duties")
def list_buildings(
    request: SignedIn,
    region: Code,
    year: Year,
    show: Literal["", "uncovered", "undone", "done"] = "",
    cursor: Annotated[str, Query(max_length=60)] = "",
    limit: Limit = 50,
) -> HttpResponse:
    """`show=uncovered` are those for which nobody answers (S3.40)."""
    rows = queries.buildings_in(_land(request, region), year, localdate())
    rows = queries.show_only(rows, show)
    found = list((rows.filter(path__gt=cursor) if cursor else rows)[: limit + 1])
    lines = queries.building_rows(found[:limit], year)
    more = found[limit - 1].path if len(found) > limit else None
    return reply({"items": [_building(line) for line in lines], "next": more})


@router.post(
    "/buildings/{str:code}/records", response={201: BuildingDutyOut}, summary="Record a duty"
)
def record_duty(request: SignedIn, code: str, body: DutyIn, key: IdempotencyKey) -> HttpResponse:
    """For who keeps the register of a unit that covers the building. A retry with a key writes once."""
    rows = Region.objects.public().filter(code=code[:30], level=Region.Level.BUILDING)
    building = rows.first()
    if building is None:
        raise NotFound(_("没有找到这栋楼，或不归您管。"))
    given = body.model_dump()
    unit = one_of(Org.objects.visible_to(request.auth), given.pop("unit"))
    made = actions.record_duty(
        unit=unit, building=building, key=key or "", by=request.auth, at=now(), **given
    )
    return reply({name: getattr(made, name) for name in ("id", "duty", "on", "text")}, 201)


def _building(line: dict[str, Any]) -> dict[str, Any]:
    row = line["building"]
    counts = dict(zip(("policy", "activity", "trouble"), (n for _label, n in line["duties"]), strict=True))  # fmt: skip
    units = [{"id": pk, "name": name} for pk, name, _path in line["units"]]
    return {"code": row.code, "name": row.name, "place": line["place"], "units": units, **counts}
