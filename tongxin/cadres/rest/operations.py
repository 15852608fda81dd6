"""Operations, the pool of cadres, what the communities need."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.db import transaction
from django.http import HttpResponse
from django.utils.timezone import now
from ninja import Path, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org
from tongxin.regions.models import Region
from tongxin.regions.queries import get_land, region_of, world
from tongxin.ui.wire import reply

from .. import actions
from ..models import Operation, PoolEntry
from .router import (
    CadrePlace,
    CadreRef,
    Code,
    Cursor,
    DatabaseId,
    Id,
    Limit,
    found,
    operation_of,
    page,
    place,
    ref,
    router,
)

PhaseName = Literal["initial", "regular"]


class OperationOut(Schema):
    id: int
    name: str
    region: CadrePlace
    ordered_by: CadreRef
    document_no: str
    reason: str
    phase: PhaseName
    starts_at: datetime
    ends_on: date
    ended_at: datetime | None
    end_reason: str


class OperationPage(Schema):
    items: list[OperationOut]
    next: str | None


class OperationIn(BaseModel):
    """The order by which emergency mode is switched on."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=200)
    region: Code = Field(description="code of a district or street")
    ordered_by: DatabaseId
    document_no: str = Field(max_length=200)
    reason: str = Field(max_length=2000)
    ends_on: date


class PhaseIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    phase: PhaseName
    ends_on: date
    note: str = Field("", max_length=500)
    keep: bool = Field(False, description="prolong everybody who serves until `ends_on`")


class EndIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(max_length=500)
    then: Literal["", "close", "keep"] = Field("", description="needed while somebody serves")
    keep_until: date | None = None


class Number(Schema):
    number: int = Field(description="how many secondments were meant")


class PoolOut(Schema):
    id: int
    person: CadreRef
    unit: CadreRef
    home: CadrePlace
    from_date: date
    to_date: date
    most_km: int | None
    note: str


class PoolPage(Schema):
    items: list[PoolOut]
    next: str | None


class OfferIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=40)
    phone: str = Field(max_length=40, description="tells people apart")
    unit: DatabaseId
    home: Code = Field(description="code of a community")
    from_date: date
    to_date: date
    most_km: int | None = Field(None, ge=1, le=200)
    note: str = Field("", max_length=100)


class OffersIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    items: list[OfferIn] = Field(min_length=1, max_length=200, description="all or none")


class NeedOut(Schema):
    community: CadrePlace
    minimum: int
    wish: int
    basis: str
    by_hand: bool


class Needs(Schema):
    items: list[NeedOut]


class NeedIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    minimum: int = Field(ge=0, le=500)
    wish: int = Field(ge=0, le=500)
    basis: str = Field("", max_length=200)


@router.get("/operations", response=OperationPage, summary="Operations of my land")
def list_operations(request: SignedIn, cursor: Cursor = 0, limit: Limit = 50) -> HttpResponse:
    """Emergency mode, on and off, of land where the caller works."""
    rows = Operation.objects.visible_to(request.auth).select_related("region", "ordered_by")
    items, more = page(rows.defer("region__polygon"), cursor, limit)
    return reply({"items": [told(one) for one in items], "next": more})


@router.post("/operations", response={201: OperationOut}, summary="Switch emergency mode on")
def start_operation(request: SignedIn, body: OperationIn) -> HttpResponse:
    """By an order. A region has one at a time, so a retry is refused."""
    org = found(Org.objects.public().select_related("region"), body.ordered_by)
    given = body.model_dump(include={"document_no", "ends_on"})
    operation = actions.start_operation(
        name=clean_text(body.name, limit=60, field_label="name", required=True),
        reason=clean_text(body.reason, limit=500, field_label="reason", required=True),
        region=region_of(get_land(body.region)), ordered_by=org, at=now(), by=request.auth, **given,
    )  # fmt: skip
    return reply(told(operation), status=201)


@router.get("/operations/{id}", response=OperationOut, summary="One operation")
def get_operation(request: SignedIn, id: Id) -> HttpResponse:
    """With its order, its phase and how many serve; 404 for land one does not oversee."""
    return reply(told(operation_of(request.auth, id)))


@router.post("/operations/{id}/phase", response=Number, summary="Next phase, or longer")
def enter_phase(request: SignedIn, id: Id, body: PhaseIn) -> HttpResponse:
    """Go over to the regular phase, or prolong the one it is in."""
    number = actions.enter_phase(
        operation=operation_of(request.auth, id), at=now(), by=request.auth, **body.model_dump()
    )
    return reply({"number": number})


@router.post("/operations/{id}/end", response=Number, summary="Switch emergency mode off")
def end_operation(request: SignedIn, id: Id, body: EndIn) -> HttpResponse:
    """While somebody serves, `then` says what becomes of them."""
    number = actions.end_operation(
        operation=operation_of(request.auth, id), at=now(), by=request.auth, **body.model_dump()
    )
    return reply({"number": number})


@router.get("/operations/{id}/pool", response=PoolPage, summary="Who is offered")
def list_pool(request: SignedIn, id: Id, cursor: Cursor = 0, limit: Limit = 100) -> HttpResponse:
    """For who directs the operation; units see their own."""
    operation = operation_of(request.auth, id)
    rows = PoolEntry.objects.visible_to(request.auth).ready().filter(operation=operation)
    rows = rows.select_related("person", "unit", "home").defer("home__polygon")
    items, more = page(rows, cursor, limit)
    return reply({"items": [_entry(one) for one in items], "next": more})


@router.post("/operations/{id}/pool", response={201: PoolPage}, summary="Offer cadres")
def offer_cadres(request: SignedIn, id: Id, body: OffersIn) -> HttpResponse:
    """All or none; who is in the pool already is refused, so a retry does nothing twice."""
    operation = operation_of(request.auth, id)
    units = Org.objects.public().in_bulk({one.unit for one in body.items})
    made = []
    with transaction.atomic():
        for one in body.items:
            unit = units.get(one.unit) or found(Org.objects.public(), one.unit)
            given: dict[str, Any] = one.model_dump() | {"home": region_of(get_land(one.home))}
            given |= {
                "unit": unit,
                "name": clean_text(one.name, limit=40, field_label="name", required=True),
            }
            made.append(
                actions.enrol_cadre(operation=operation, at=now(), by=request.auth, **given)
            )
    return reply({"items": [_entry(one) for one in made], "next": None}, status=201)


@router.get("/operations/{id}/needs", response=Needs, summary="What the communities need")
def list_needs(request: SignedIn, id: Id) -> HttpResponse:
    """Minimum and wish of each community, with the sum behind; for who directs the operation."""
    operation = operation_of(request.auth, id, directed=True)
    by_id = world().by_id
    rows = [(by_id[one.community_id], one) for one in operation.needs.all()]
    rows.sort(key=lambda row: row[0].path)
    return reply({"items": [_need(land, one) for land, one in rows]})


@router.put("/operations/{id}/needs/{code}", response=NeedOut, summary="Set one community's need")
def set_need(
    request: SignedIn, id: Id, code: Annotated[str, Path(pattern=r"^[0-9]{1,18}$")], body: NeedIn
) -> HttpResponse:
    """By hand; the next suggestion leaves it."""
    region: Region = region_of(get_land(code))
    need = actions.set_need(
        operation=operation_of(request.auth, id, directed=True), community=region, at=now(),
        by=request.auth, **body.model_dump(),
    )  # fmt: skip
    return reply(_need(region, need))


def told(one: Operation) -> dict[str, Any]:
    names = (
        "name",
        "document_no",
        "reason",
        "phase",
        "starts_at",
        "ends_on",
        "ended_at",
        "end_reason",
    )
    facts = {name: getattr(one, name) for name in names}
    return {"id": one.pk, "region": place(one.region), "ordered_by": ref(one.ordered_by), **facts}


def _entry(one: PoolEntry) -> dict[str, Any]:
    facts = {name: getattr(one, name) for name in ("from_date", "to_date", "most_km", "note")}
    return {
        "id": one.pk, "person": ref(one.person), "unit": ref(one.unit), "home": place(one.home),
        **facts,
    }  # fmt: skip


def _need(land, one) -> dict[str, Any]:
    facts = {name: getattr(one, name) for name in ("minimum", "wish", "basis", "by_hand")}
    return {"community": {"code": land.code, "name": land.name}, **facts}
