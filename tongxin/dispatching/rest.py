"""派单推荐 over HTTP: advice for one order, plans for many, simulations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import Path, Query, Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.cases.models import Case
from tongxin.cases.queries import parts_of
from tongxin.kit.errors import NotFound, NotPermitted
from tongxin.regions.queries import get_land, region_of
from tongxin.ui.wire import IdempotencyKey, reply

from . import actions, queries
from .models import DESK, Plan, PlanLine
from .queries.advice import Mark
from .queries.drafts import Draft

router = Router(tags=["dispatching"])

Id = Annotated[int, Path(ge=1, lt=2**63)]
MOST_ID = 2**63 - 1
PAGE = 50


class MarkOut(Schema):
    """What one criterion gives of its weight, and why."""

    code: str
    label: str
    points: float
    weight: int
    why: str


class AdvisedPersonOut(Schema):
    user_id: int
    name: str
    kind: Literal["volunteer", "grid_worker"]
    score: float = Field(description="of 100")
    why: str
    held: int
    cap: int | None
    metres: float | None
    marks: list[MarkOut]


class AdvisedUnitOut(Schema):
    org_id: int
    name: str
    score: float = Field(description="of 100")
    why: str
    marks: list[MarkOut]


class AskedOut(Schema):
    user_id: int
    name: str
    answer: str = Field(
        description="waiting, accepted, declined, silent, handed_back, recalled; empty: in line"
    )
    at: datetime | None
    answered_at: datetime | None
    note: str


class AdviceOut(Schema):
    people: list[AdvisedPersonOut]
    units: list[AdvisedUnitOut]
    asked: list[AskedOut] = Field(description="whom the order was offered or given to, in order")
    considered: int = Field(description="people with a free hand it was chosen from")
    widened: bool = Field(description="the street had too few: those around were looked at")
    weights_from: str | None = Field(description="day from which the weights apply; null: samples")


class PlanIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    region: str = Field(description="code of a street, community or district")
    as_offer: bool = Field(False, description="offer the orders instead of dispatching them")


class PlanBrief(Schema):
    id: int
    region: str
    at: datetime
    state: Literal["draft", "confirmed", "dropped"]
    as_offer: bool
    cost: float = Field(description="points lacking, as computed")
    bound: float = Field(description="no plan costs less; equal to the cost: proved best")


class LineOut(Schema):
    row: int
    case_id: UUID
    number: str
    user_id: int | None
    name: str
    why: str
    state: Literal["proposed", "out", "done", "stale", "refused"]
    said: str


class PlanOut(PlanBrief):
    seconds: float
    cost_now: float = Field(description="with what was changed by hand")
    lines: list[LineOut]


class PlanPage(Schema):
    items: list[PlanBrief]
    next: str | None


class ChangeIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    user_id: int | None = Field(ge=1, le=MOST_ID, description="null takes the order out")


class PlanChangeOut(Schema):
    more: float = Field(description="points the plan now costs more; less than nothing: saved")


def _marks(marks: list[Mark]) -> list[dict[str, Any]]:
    return [
        {
            "code": one.code,
            "label": one.label,
            "points": round(one.points, 2),
            "weight": one.weight,
            "why": one.why,
        }
        for one in marks
    ]


@router.get(
    "/cases/{id}/candidates", response=AdviceOut, summary="Who could take an order, and why"
)
def list_advice(
    request: SignedIn,
    id: Annotated[UUID, Path(description="the case's id")],
    limit: int = Query(10, ge=1, le=50),
) -> HttpResponse:
    """The best people and units, each mark with its points; whom it was offered to. For the desk."""
    rows = Case.objects.visible_to(request.auth).select_related("topic", "request")
    case = rows.filter(pk=id, kind="request").first()
    if case is None:
        raise NotFound(_("没有找到这件事，或您看不到它。"))
    if not parts_of(request.auth, case) & set(DESK):
        raise NotPermitted(_("只有派单人员可以查看推荐名单。"))
    at = now()
    found = queries.advise(case, at=at, limit=limit)
    units = queries.advise_units(case, at=at, limit=limit, weights=found.weights)
    since = found.weights.effective_from
    return reply(
        {
            "people": [
                {
                    "user_id": one.id,
                    "name": one.name,
                    "kind": one.who.kind,
                    "score": round(one.score, 2),
                    "why": one.why,
                    "held": one.who.held,
                    "cap": one.who.cap,
                    "metres": one.who.metres,
                    "marks": _marks(one.marks),
                }
                for one in found.people
            ],
            "units": [
                {
                    "org_id": one.org.pk,
                    "name": one.org.name,
                    "score": round(one.score, 2),
                    "why": one.why,
                    "marks": _marks(one.marks),
                }
                for one in units
            ],
            "asked": [
                {
                    "user_id": one.user_id,
                    "name": one.name,
                    "answer": one.answer,
                    "at": one.at,
                    "answered_at": one.answered_at,
                    "note": one.note,
                }
                for one in found.chain
            ],
            "considered": found.considered,
            "widened": found.widened,
            "weights_from": str(since) if since else None,
        }
    )


def _brief(plan: Plan) -> dict[str, Any]:
    return {
        "id": plan.pk,
        "region": plan.region.code,
        "at": plan.at,
        "state": plan.state,
        "as_offer": plan.as_offer,
        "cost": plan.cost / 100,
        "bound": plan.bound / 100,
    }


def _whole(plan: Plan) -> dict[str, Any]:
    lines = list(plan.lines.select_related("case", "person").order_by("row"))
    return {
        **_brief(plan),
        "seconds": round(plan.seconds, 3),
        "cost_now": Draft(plan, lines).cost / 100,
        "lines": [
            {
                "row": one.row,
                "case_id": one.case_id,
                "number": one.case.number,
                "user_id": one.person_id,
                "name": one.person.name if one.person else "",
                "why": one.why,
                "state": one.state,
                "said": one.said,
            }
            for one in lines
        ],
    }


def _plan(actor, pk: int) -> Plan:
    rows = Plan.objects.visible_to(actor).select_related("region").defer("region__polygon")
    plan = rows.filter(pk=pk).first()
    if plan is None:
        raise NotFound(_("没有找到，或您看不到它。"))
    return plan


@router.get("/plans", response=PlanPage, summary="Plans for many orders")
def list_plans(request: SignedIn, cursor: int = Query(MOST_ID, ge=1, le=MOST_ID)) -> HttpResponse:
    """Plans of the caller's land, latest first."""
    rows = Plan.objects.visible_to(request.auth).select_related("region")
    rows = rows.defer("instance", "region__polygon").filter(pk__lt=cursor).order_by("-pk")
    found = list(rows[: PAGE + 1])
    following = str(found[PAGE - 1].pk) if len(found) > PAGE else None
    return reply({"items": [_brief(one) for one in found[:PAGE]], "next": following})


@router.post("/plans", response={201: PlanOut}, summary="Compute a plan for many orders")
def make_plan(request: SignedIn, body: PlanIn, key: IdempotencyKey) -> HttpResponse:
    """The best plan for all orders of an area that wait for somebody: a draft, nothing is given.

    Proved: `bound` is what no plan costs less than. For who dispatches over the whole area.
    """
    region = region_of(get_land(body.region))
    plan = actions.make_plan(
        region=region, at=now(), by=request.auth, as_offer=body.as_offer, key=key
    )
    return reply(_whole(plan), status=201)


@router.get("/plans/{id}", response=PlanOut, summary="One plan with its lines")
def read_plan(request: SignedIn, id: Id) -> HttpResponse:
    """A plan within the caller's reach: its sums, and every line with its reason."""
    return reply(_whole(_plan(request.auth, id)))


@router.post("/plans/{id}/lines/{row}", response=PlanChangeOut, summary="Change a line of a draft")
def change_line(
    request: SignedIn, id: Id, row: Annotated[int, Path(ge=0, le=10_000)], body: ChangeIn
) -> HttpResponse:
    """Give an order to somebody else, or take it out; says exactly what that costs."""
    lines: Any = _plan(request.auth, id).lines
    line: PlanLine | None = lines.select_related("plan__region").filter(row=row).first()
    if line is None:
        raise NotFound(_("没有找到，或您看不到它。"))
    more = actions.change_line(line=line, person=body.user_id, by=request.auth)
    return reply({"more": more / 100})


@router.post("/plans/{id}/confirm", response=PlanOut, summary="Carry out a plan")
def confirm_plan(request: SignedIn, id: Id) -> HttpResponse:
    """Every line is an ordinary move; one refused does not stop the others. May be repeated."""
    plan = _plan(request.auth, id)
    return reply(_whole(actions.confirm_plan(plan=plan, at=now(), by=request.auth)))


@router.post("/plans/{id}/drop", response=PlanOut, summary="Put a draft away")
def drop_plan(request: SignedIn, id: Id) -> HttpResponse:
    """Put a draft away; nothing was dispatched by it, and nothing will be."""
    plan = _plan(request.auth, id)
    actions.drop_plan(plan=plan, by=request.auth)
    plan.refresh_from_db()
    return reply(_whole(plan))
