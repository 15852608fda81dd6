"""The allocation: one run, its proof, its placements, what a change costs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpResponse
from django.utils.timezone import now
from ninja import Query, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.regions.queries import get_land, region_of
from tongxin.ui.wire import reply

from .. import actions
from ..models import AllocationRun, Placement
from ..queries.runs import lines_of, price_of, proof_of, totals_of
from .router import (
    CadrePlace,
    CadreRef,
    Code,
    Cursor,
    Id,
    Limit,
    found,
    operation_of,
    page,
    place,
    ref,
    router,
)

RELATED = ("operation__region", "operation__ordered_by")


class RunIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    first: date
    last: date
    keep_changes: bool = Field(False, description="of the present draft, made by hand")


class RunLine(Schema):
    community: CadrePlace
    minimum: int
    wish: int
    placed: int
    short: int = Field(description="to the minimum")
    mean_km: float | None


class RunOut(Schema):
    id: int
    number: int
    state: Literal["draft", "confirmed", "dropped"]
    at: datetime
    objective: int = Field(description="metres: ways, and empty places as ways")
    bound: int = Field(description="metres: no allocation costs less, changes by hand apart")
    changes_cost: int
    seconds: float
    totals: dict[str, float]
    lines: list[RunLine]


class ProofOut(Schema):
    bound: int = Field(description="recomputed now from `prices`")
    agrees: bool
    gap: int
    prices: dict[str, int] = Field(description="by community id, metres")


class PlacementOut(Schema):
    id: int
    person: CadreRef
    unit: CadreRef
    community: CadrePlace | None = Field(description="null: in reserve")
    metres: int
    by_hand: bool


class PlacementPage(Schema):
    items: list[PlacementOut]
    next: str | None


class PlacementMoveIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    community: Code | None = Field(description="null: into the reserve")
    note: str = Field("", max_length=200)
    expect: int | None = Field(None, description="the price that was shown, in metres")


class PriceOut(Schema):
    cost: int = Field(description="metres")
    why: str
    best: int | None = Field(description="if the others were arranged anew")
    best_why: str


class Sent(Schema):
    number: int


@router.post("/operations/{id}/runs", response={201: RunOut}, summary="Share the pool out")
def allocate(request: SignedIn, id: Id, body: RunIn) -> HttpResponse:
    """A draft, at the least cost, with its proof; it replaces the draft before."""
    operation = operation_of(request.auth, id, directed=True)
    drafts = AllocationRun.objects.visible_to(request.auth).filter(
        operation=operation, state="draft"
    )
    run = actions.allocate(
        operation=operation, first=body.first, last=body.last, at=now(), by=request.auth,
        keep=drafts.first() if body.keep_changes else None,
    )  # fmt: skip
    return reply(_told(run), status=201)


def _run(request: SignedIn, id: int) -> AllocationRun:
    rows = AllocationRun.objects.visible_to(request.auth).select_related(*RELATED)
    return found(rows.defer("operation__region__polygon"), id)


@router.get("/runs/{id}", response=RunOut, summary="One run of the allocation")
def get_run(request: SignedIn, id: Id) -> HttpResponse:
    """A draft or what was confirmed: its cost, its bound, and how far it may be from the best."""
    return reply(_told(_run(request, id)))


@router.get("/runs/{id}/proof", response=ProofOut, summary="How good a run is, recomputed")
def get_proof(request: SignedIn, id: Id) -> HttpResponse:
    """The bound from the prices of the run, by one pass over all pairs of cadre and community."""
    run = _run(request, id)
    return reply({**proof_of(run), "prices": run.prices})


@router.get("/runs/{id}/placements", response=PlacementPage, summary="Where a run sends everybody")
def list_placements(
    request: SignedIn, id: Id, cursor: Cursor = 0, limit: Limit = 200
) -> HttpResponse:
    """One row for each cadre, by community; metres from home, and why."""
    rows = _run(request, id).placements.select_related("entry__person", "entry__unit", "community")
    items, more = page(rows.defer("community__polygon"), cursor, limit)
    return reply({"items": [_placement(one) for one in items], "next": more})


@router.get(
    "/runs/{id}/placements/{placement_id}/price", response=PriceOut, summary="What a change costs"
)
def get_price(
    request: SignedIn, id: Id, placement_id: Id,
    community: str = Query("", pattern=r"^[0-9]{0,18}$", description="code; empty: the reserve"),
) -> HttpResponse:  # fmt: skip
    """Exactly, in metres and in words; and at best, if the others were arranged anew."""
    run = _run(request, id)
    placement = found(run.placements.select_related("entry"), placement_id)
    target = get_land(community).id if community else None
    if target is not None and str(target) not in run.needs:
        raise actions.BadTarget(actions.not_in_the_run(community), field="community")
    price = price_of(run, placement, target, look_further=True)
    return reply({name: getattr(price, name) for name in ("cost", "why", "best", "best_why")})


@router.post(
    "/runs/{id}/placements/{placement_id}", response=PriceOut, summary="Change one placement"
)
def move_placement(
    request: SignedIn, id: Id, placement_id: Id, body: PlacementMoveIn
) -> HttpResponse:
    """Move one cadre of a draft by hand; the answer says what the change costs."""
    placement = found(_run(request, id).placements.select_related("run"), placement_id)
    community = region_of(get_land(body.community)) if body.community else None
    price = actions.move_placement(
        placement=placement, community=community, note=body.note, at=now(), by=request.auth,
        expect=body.expect,
    )  # fmt: skip
    return reply({name: getattr(price, name) for name in ("cost", "why", "best", "best_why")})


@router.post("/runs/{id}/confirm", response=Sent, summary="Send everybody")
def confirm_run(request: SignedIn, id: Id) -> HttpResponse:
    """Once: secondments, posts, notices and lines in the books. A retry is refused."""
    sent = actions.confirm_run(run=_run(request, id), at=now(), by=request.auth)
    return reply({"number": len(sent)})


@router.post("/runs/{id}/drop", response=RunOut, summary="Give a draft up")
def drop_run(request: SignedIn, id: Id) -> HttpResponse:
    """Only a draft can be given up; doing it again is refused by its state."""
    run = _run(request, id)
    actions.drop_run(run=run, at=now(), by=request.auth)
    return reply(_told(_run(request, id)))


def _told(run: AllocationRun) -> dict[str, Any]:
    lines = lines_of(run)
    names = ("number", "state", "at", "objective", "bound", "changes_cost", "seconds")
    return {
        "id": run.pk,
        **{name: getattr(run, name) for name in names},
        "totals": totals_of(run, lines),
        "lines": [
            {"community": {"code": line.land.code, "name": line.land.name}, "minimum": line.minimum,
             "wish": line.wish, "placed": line.placed, "short": line.short, "mean_km": line.mean}
            for line in lines
        ],
    }  # fmt: skip


def _placement(one: Placement) -> dict[str, Any]:
    return {
        "id": one.pk, "person": ref(one.entry.person), "unit": ref(one.entry.unit),
        "community": place(one.community) if one.community else None,
        "metres": one.metres, "by_hand": one.by_hand,
    }  # fmt: skip
