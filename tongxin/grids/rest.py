"""Grids, their functions, components, the catalogue and hard problems, for programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.photos.models import Photo
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, get_land, region_of
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from . import actions, queries
from .models import CatalogueItem, Component, Kind, Problem

router = Router(tags=["grids"])
Limit = Annotated[int, Query(ge=1, le=200)]
Code = Annotated[str, Query(max_length=18, description="code of a region my posts reach")]
Cursor = Annotated[str, Query(max_length=60, description="`next` of the page before")]
STRICT = ConfigDict(extra="forbid")


class GridOut(Schema):
    code: str
    name: str
    head: str | None
    households: int
    has_worker: bool
    has_party_unit: bool
    open: int
    late: int
    gaps: list[str]


class GridOutPage(Schema):
    items: list[GridOut]
    next: str | None


class GridFunctionOut(Schema):
    code: str
    name: str
    open: int
    late: int
    done_this_month: int


class GridDetailOut(Schema):
    code: str
    name: str
    head: str | None
    households: int
    population: int
    party_units: list[str]
    crew: list[str]
    functions: list[GridFunctionOut]
    components: dict[str, int]
    gaps: list[str]


class CatalogueItemOut(Schema):
    id: int
    kind: Literal["component", "matter"]
    code: str
    name: str
    class_name: str
    topic: str | None
    is_extension: bool
    is_sample: bool


class CatalogueItemPage(Schema):
    items: list[CatalogueItemOut]
    next: str | None


class ComponentOut(Schema):
    code: str
    item: str
    name: str
    state: str
    grid: str
    lng: float
    lat: float
    address: str
    owner: str
    maintainer: str
    department: str
    changed_on: date | None


class ComponentOutPage(Schema):
    items: list[ComponentOut]
    next: str | None


class NearComponentOut(ComponentOut):
    metres: float


class NearComponents(Schema):
    items: list[NearComponentOut]


class ComponentIn(BaseModel):
    model_config = STRICT

    item: str = Field(max_length=5, description="5-digit code of the catalogue")
    lng: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    code: str = Field("", max_length=17, description="17 digits; the next free one if left out")
    name: str = Field("", max_length=60)
    address: str = Field("", max_length=120)
    owner: str = Field("", max_length=100)
    maintainer: str = Field("", max_length=100)
    note: str = Field("", max_length=1000)


class ComponentStateIn(BaseModel):
    model_config = STRICT

    state: Literal["good", "broken", "lost", "abandoned", "removed"]
    note: str = Field("", max_length=500)
    photos: list[str] = Field(default_factory=list, max_length=4, description="ids of my photos")
    at: datetime | None = Field(None, description="when it was seen, if not now")


class ComponentEventOut(Schema):
    id: int
    what: str
    before: str
    after: str
    at: datetime


class ProblemOut(Schema):
    id: int
    region: str
    title: str
    lead: str
    due_on: date
    closed_on: date | None
    result: str


class ProblemOutPage(Schema):
    items: list[ProblemOut]
    next: str | None


class ProblemIn(BaseModel):
    model_config = STRICT

    region: str = Field(max_length=15, description="code of a community or grid")
    title: str = Field(max_length=100)
    lead: int = Field(ge=1, description="id of the organisation that leads")
    due_on: date
    text: str = Field("", max_length=2000)
    measures: str = Field("", max_length=2000)
    urgency: Literal["hard", "key"] = "hard"


class ProblemNoteIn(BaseModel):
    model_config = STRICT

    text: str = Field(max_length=500)
    due_on: date | None = None


class ProblemCloseIn(BaseModel):
    model_config = STRICT

    result: str = Field(max_length=500)


def _land(request: SignedIn, code: str) -> Land:
    """:raises NotFound: for land the caller's posts do not reach"""
    land = get_land(code)
    if not queries.may_read_grid(request.auth, land.path):
        raise NotFound(_("没有找到这个区域，或不归您管。"))
    return land


@router.get("", response=GridOutPage, summary="Grids of a place and what they lack")
def list_grids(
    request: SignedIn,
    region: Code,
    gap: Literal["", "any", "worker", "head", "party", "large"] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> HttpResponse:
    """`gap=any` are those that lack a worker, a head or a party unit, or are too large."""
    land, today = _land(request, region), localdate()
    most = queries.households_most(today)
    rows = queries.grids_in([land.path], today)
    rows = rows.filter(queries.gap_filter(gap, most)) if gap else rows
    found = list((rows.filter(path__gt=cursor) if cursor else rows)[: limit + 1])
    work = queries.workload_of(found[:limit], request.auth, now())
    items = [
        {
            "code": row.code, "name": row.name, "head": row.head_name, "households": row.households,
            "has_worker": row.has_worker, "has_party_unit": row.has_unit,
            "open": work[row.path][0], "late": work[row.path][1],
            "gaps": [str(gap) for gap in queries.gaps_of(row, most)],
        }
        for row in found[:limit]
    ]  # fmt: skip
    return reply({"items": items, "next": found[limit - 1].path if len(found) > limit else None})


@router.get("/catalogue", response=CatalogueItemPage, summary="Kinds of components and matters")
def list_catalogue(
    request: SignedIn, region: Code, kind: Literal["component", "matter"] = "component",
    cursor: Cursor = "", limit: Limit = 100,
) -> HttpResponse:  # fmt: skip
    """Those in force today, of the standard and of the district."""
    land = _land(request, region)
    rows = (
        CatalogueItem.objects.public().in_force(localdate()).for_land(land.path).filter(kind=kind)
    )
    rows = (
        (rows.filter(code__gt=cursor) if cursor else rows).select_related("topic").order_by("code")
    )
    found = list(rows[: limit + 1])
    items = [
        {name: getattr(one, name) for name in ("id", "kind", "code", "name", "class_name", "is_extension", "is_sample")}
        | {"topic": one.topic.code if one.topic else None}
        for one in found[:limit]
    ]  # fmt: skip
    return reply({"items": items, "next": found[limit - 1].code if len(found) > limit else None})


COMPONENT = ("code", "name", "state", "lng", "lat", "address", "owner", "maintainer", "department", "changed_on")  # fmt: skip


def _component(one: Component) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in COMPONENT}
    return told | {"item": one.item.code, "grid": one.grid.code}


@router.get("/components", response=ComponentOutPage, summary="Components of a place")
def list_components(
    request: SignedIn,
    region: Code,
    item: Annotated[str, Query(max_length=5)] = "",
    state: Literal["", "bad", "good", "broken", "lost", "abandoned", "removed"] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> HttpResponse:
    """`state=bad` are those broken or lost."""
    land = _land(request, region)
    rows = queries.components_in(request.auth, land.path, item=item, state=state)
    rows = (rows.filter(code__gt=cursor) if cursor else rows).select_related("item", "grid")
    found = list(rows.order_by("code")[: limit + 1])
    more = found[limit - 1].code if len(found) > limit else None
    return reply({"items": [_component(one) for one in found[:limit]], "next": more})


@router.get("/components/near", response=NearComponents, summary="Components nearest to a point")
def near_components(
    request: SignedIn,
    lng: Annotated[float, Query(ge=-180, le=180)],
    lat: Annotated[float, Query(ge=-90, le=90)],
    within: Annotated[float, Query(gt=0, le=500, description="metres")] = 50,
    limit: Annotated[int, Query(ge=1, le=20)] = 5,
) -> HttpResponse:
    """Of those the caller sees; the nearest first."""
    found = queries.nearest(lng, lat, within_m=within, limit=limit, actor=request.auth)
    return reply(
        {"items": [_component(one.component) | {"metres": round(one.metres, 1)} for one in found]}
    )


def _seen(request: SignedIn, code: str) -> Component:
    rows = Component.objects.visible_to(request.auth).select_related("item", "grid")
    one = rows.filter(code=code[:17]).first()
    if one is None:
        raise NotFound(_("没有找到这个部件，或您看不到它。"))
    return one


@router.get("/components/{str:code}", response=ComponentOut, summary="One component")
def get_component(request: SignedIn, code: str) -> HttpResponse:
    """By its 17-digit id, if the caller's posts reach the place."""
    return reply(_component(_seen(request, code)))


@router.post("/components", response={201: ComponentOut}, summary="Enter a component")
def add_component(request: SignedIn, body: ComponentIn, key: IdempotencyKey) -> HttpResponse:
    """Its grid is the one that holds the point. A retry with a key enters it once."""
    given = body.model_dump()
    kind = given.pop("item")
    items = CatalogueItem.objects.public().in_force(localdate())
    land = queries.grid_at(body.lng, body.lat)
    item = items.for_land(land.path).filter(code=kind, kind=Kind.COMPONENT).first()
    if item is None:
        raise NotFound(_("目录里没有代码为“%s”的部件。") % kind, field="item")
    made = actions.add_component(item=item, at=now(), by=request.auth, key=key or "", **given)
    return reply(_component(made), 201)


@router.post(
    "/components/{str:code}/state", response=ComponentEventOut, summary="Say how a component is"
)
def set_state(
    request: SignedIn, code: str, body: ComponentStateIn, key: IdempotencyKey
) -> HttpResponse:
    """The same state again is a check. A retry with a key acts once."""
    one = _seen(request, code)
    photos = list(Photo.objects.visible_to(request.auth).filter(pk__in=body.photos))
    if len(photos) != len(set(body.photos)):
        raise NotFound(_("没有找到您上传的照片。"), field="photos")
    at = now()
    event = actions.set_state(
        one, state=body.state, note=body.note, photos=photos, at=min(body.at or at, at),
        recorded_at=at, by=request.auth, key=key or "",
    )  # fmt: skip
    return reply({name: getattr(event, name) for name in ("id", "what", "before", "after", "at")})


def _problem(one: Problem) -> dict[str, Any]:
    names = ("id", "title", "due_on", "closed_on", "result")
    told = {name: getattr(one, name) for name in names}
    return told | {"region": one.region.code, "lead": one.lead.name}


@router.get("/problems", response=ProblemOutPage, summary="Hard problems of communities")
def list_problems(
    request: SignedIn,
    region: Code,
    state: Literal["open", "late", "done", "all"] = "open",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> HttpResponse:
    """Newest first."""
    land = _land(request, region)
    wanted = "" if state == "all" else state
    rows = queries.problems_in(request.auth, land.path, wanted, localdate())
    return reply(listed(rows, cursor, limit, _problem))


def _problem_seen(request: SignedIn, pk: int) -> Problem:
    rows = Problem.objects.visible_to(request.auth).select_related("region", "lead")
    one = rows.filter(pk=pk).first()
    if one is None:
        raise NotFound(_("没有找到这个问题，或您看不到它。"))
    return one


@router.post("/problems", response={201: ProblemOut}, summary="Put a hard problem on the list")
def list_problem(request: SignedIn, body: ProblemIn, key: IdempotencyKey) -> HttpResponse:
    """The organisation that leads is told. A retry with a key lists it once."""
    given = body.model_dump()
    region = region_of(_land(request, given.pop("region")))
    lead = Org.objects.public().filter(pk=given.pop("lead")).first()
    if lead is None:
        raise NotFound(_("没有找到牵头单位。"), field="lead")
    made = actions.list_problem(
        region=region, lead=lead, at=now(), by=request.auth, key=key or "", **given
    )
    return reply(_problem(made), 201)


@router.post("/problems/{int:id}/notes", response=ProblemOut, summary="Say how far a problem is")
def note_problem(
    request: SignedIn, id: int, body: ProblemNoteIn, key: IdempotencyKey
) -> HttpResponse:
    """For who keeps the list or belongs to the organisation that leads; `due_on` puts the day off."""
    one = _problem_seen(request, id)
    actions.note_problem(
        problem=one, text=body.text, due_on=body.due_on, at=now(), by=request.auth, key=key or ""
    )
    return reply(_problem(_problem_seen(request, id)))


@router.post("/problems/{int:id}/close", response=ProblemOut, summary="Write a problem off")
def close_problem(request: SignedIn, id: int, body: ProblemCloseIn) -> HttpResponse:
    """With what came of it; by the community or above it, not by who leads alone."""
    one = _problem_seen(request, id)
    actions.close_problem(
        problem=one, result=body.result, on=localdate(), at=now(), by=request.auth
    )
    return reply(_problem(_problem_seen(request, id)))


@router.get("/{str:code}", response=GridDetailOut, summary="One grid with its four functions")
def get_grid(request: SignedIn, code: str) -> HttpResponse:
    """Figures count the cases the caller sees."""
    land = _land(request, code[:18])
    if land.level != Region.Level.GRID:
        raise NotFound(_("没有找到这个网格，或不归您管。"))
    page = queries.grid_page(land, request.auth, at=now(), day=localdate())
    profile = page.profile
    return reply(
        {
            "code": land.code,
            "name": land.name,
            "head": profile.head.name if profile and profile.head else None,
            "households": profile.households if profile else 0,
            "population": profile.population if profile else 0,
            "party_units": [unit.name for unit in page.units],
            "crew": [one.name for one in page.crew],
            "functions": [
                {
                    "code": one.code, "name": str(one.name), "open": one.open, "late": one.late,
                    "done_this_month": one.done,
                }
                for one in page.functions
            ],
            "components": page.components,
            "gaps": [str(gap) for gap in page.gaps],
        }
    )  # fmt: skip
