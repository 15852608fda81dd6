"""Alliances and their projects: boards, taking on, problems, indicators, meetings, satisfaction."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from ninja import Query, Schema
from pydantic import BaseModel, Field

from tongxin.accounts.queries import SignedIn
from tongxin.orgs.models import Org
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import (
    Alliance,
    AllianceProject,
    ApprovalItem,
    Desk,
    Indicator,
    Industry,
    ProblemType,
    Satisfaction,
)
from .router import STRICT, Cursor, Id, Limit, one_of, region_by, router, type_by


class AllianceOut(Schema):
    id: int
    name: str
    convenor: str
    region: str
    founded_on: date
    ended_on: date | None
    is_example: bool
    projects: int
    active: int
    investment_fen: int
    solved: int
    open: int
    stars: float | None


class AlliancePageOut(Schema):
    items: list[AllianceOut]
    next: str | None


class AllianceDeskOut(Schema):
    id: int
    number: int
    name: str
    head: str | None


class AllianceMemberOut(Schema):
    org: int
    name: str
    kind: str


class AllianceDetailOut(AllianceOut):
    purpose: str
    desks: list[AllianceDeskOut]
    members: list[AllianceMemberOut]


class AllianceProjectOut(Schema):
    id: int
    alliance: int
    desk: int
    name: str
    owner: str
    region: str
    industry: str
    investment_fen: int
    is_major: bool
    state: str
    starts_on: date
    dossier: int


class AllianceProjectPage(Schema):
    items: list[AllianceProjectOut]
    next: str | None


class AllianceProjectIn(BaseModel):
    model_config = STRICT

    desk: Id
    name: str = Field(max_length=80)
    owner: Id
    region: str = Field(max_length=12)
    starts_on: date
    industry: Literal[tuple(Industry.values)] = "other"  # type: ignore[valid-type]
    investment_fen: int = Field(0, ge=0, le=10**13)
    is_major: bool = False
    about: str = Field("", max_length=2000)
    address: str = Field("", max_length=120)
    lng: float | None = Field(None, ge=-180, le=180)
    lat: float | None = Field(None, ge=-90, le=90)
    chain: str = Field("", max_length=20, description="code of a template of approvals")


class ProblemTypeOut(Schema):
    code: str
    scope: str
    name: str
    department: str
    is_sample: bool


class ProjectProblemOut(Schema):
    id: UUID
    number: str
    title: str
    step: str
    type: str
    department: str | None
    due_on: date | None
    solution: str
    result: str


class ProjectProblemPage(Schema):
    items: list[ProjectProblemOut]
    next: str | None


class AllianceProblemIn(BaseModel):
    model_config = STRICT

    type: str = Field(max_length=20)
    title: str = Field(max_length=120)
    text: str = Field("", max_length=2000)
    item: Id | None = Field(None, description="id of the approval it is about")


class AllianceIndicatorOut(Schema):
    id: int
    name: str
    unit: str
    rule: str
    needed: Decimal
    now: Decimal | None
    due_on: date | None
    is_met: bool


class IndicatorIn(BaseModel):
    model_config = STRICT

    name: str = Field(max_length=60)
    needed: Decimal = Field(max_digits=14, decimal_places=2)
    unit: str = Field("", max_length=12)
    rule: Literal["least", "most"] = "least"
    due_on: date | None = None
    basis: str = Field("", max_length=120)


class IndicatorReadingIn(BaseModel):
    model_config = STRICT

    value: Decimal = Field(max_digits=14, decimal_places=2)
    on: date
    note: str = Field("", max_length=200)


class CoordinationIn(BaseModel):
    model_config = STRICT

    title: str = Field(max_length=100)
    starts_at: datetime
    ends_at: datetime
    venue: str = Field(max_length=100)
    chair: str = Field(max_length=40)
    agenda: str = Field("", max_length=1500)
    on_site: bool = False
    agencies: list[Annotated[str, Field(max_length=60)]] = Field(
        default_factory=list, max_length=20
    )


class CoordinationOut(Schema):
    id: int
    series: int


class SatisfactionOut(Schema):
    id: int
    label: str
    stars: int | None
    words: str
    answered_at: datetime | None


class SatisfactionIn(BaseModel):
    model_config = STRICT

    stars: int = Field(ge=1, le=5)
    words: str = Field("", max_length=500)


class FinishIn(BaseModel):
    model_config = STRICT

    on: date


def _alliance(one: Alliance) -> dict[str, Any]:
    names = ("id", "name", "founded_on", "ended_on", "is_example")
    figures = queries.standing_of(one)
    told = {name: getattr(one, name) for name in names}
    told |= {
        name: getattr(figures, name)
        for name in ("projects", "active", "investment_fen", "solved", "open", "stars")
    }
    return told | {"convenor": one.convenor.name, "region": one.region.code}


def _seen(request: SignedIn) -> Any:
    rows = Alliance.objects.visible_to(request.auth).select_related("region", "convenor")
    return queries.with_standing(rows)


@router.get("", response=AlliancePageOut, summary="Alliances one has a part in")
def list_alliances(request: SignedIn, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """Newest first, with their figures."""
    return reply(listed(_seen(request), cursor, limit, _alliance))


@router.get("/{int:id}", response=AllianceDetailOut, summary="One alliance")
def get_alliance(request: SignedIn, id: int) -> HttpResponse:
    """Its purpose, desks and member units."""
    one = one_of(_seen(request), id)
    desks = [
        {"id": desk.pk, "number": desk.number, "name": desk.name, "head": desk.head.name if desk.head else None}
        for desk in queries.desks_of(one)
    ]  # fmt: skip
    members = one.members.filter(left_on=None).select_related("org").order_by("pk")
    seats = [{"org": seat.org_id, "name": seat.org.name, "kind": seat.kind} for seat in members]
    return reply(_alliance(one) | {"purpose": one.purpose, "desks": desks, "members": seats})


def _project(one: AllianceProject) -> dict[str, Any]:
    names = ("id", "name", "industry", "investment_fen", "is_major", "state", "starts_on")
    told = {name: getattr(one, name) for name in names}
    return told | {
        "alliance": one.alliance_id, "desk": one.desk_id, "owner": one.owner.name,
        "region": one.region.code, "dossier": one.dossier.pk,
    }  # fmt: skip


def _projects(request: SignedIn) -> Any:
    rows = AllianceProject.objects.visible_to(request.auth)
    return rows.select_related("owner", "region", "dossier", "desk", "alliance__region")


@router.get("/projects", response=AllianceProjectPage, summary="Projects one sees")
def list_projects(
    request: SignedIn, alliance: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    state: Literal["", "active", "finished", "withdrawn"] = "", cursor: Cursor = "", limit: Limit = 50,
) -> HttpResponse:  # fmt: skip
    """Newest first."""
    rows = _projects(request)
    rows = rows.filter(alliance=alliance) if alliance else rows
    rows = rows.filter(state=state) if state else rows
    return reply(listed(rows, cursor, limit, _project))


@router.post("/projects", response={201: AllianceProjectOut}, summary="Take a project on")
def take_on(request: SignedIn, body: AllianceProjectIn, key: IdempotencyKey) -> HttpResponse:
    """A project stands in one desk: `project_taken` if a desk has it. A retry with a key acts once."""
    given = body.model_dump()
    desk = one_of(
        Desk.objects.visible_to(request.auth).select_related("alliance__region"),
        given.pop("desk"),
        "desk",
    )
    chain = queries.chain_in_force(given.pop("chain"), on=localdate())
    made = actions.take_on(
        desk=desk, owner=one_of(Org.objects.public(), given.pop("owner"), "owner"), region=region_by(request, given.pop("region")),
        chain=chain, at=now(), by=request.auth, key=key or "", **given,
    )  # fmt: skip
    return reply(_project(one_of(_projects(request), made.pk)), 201)


@router.get("/projects/{int:id}", response=AllianceProjectOut, summary="One project")
def get_project(request: SignedIn, id: int) -> HttpResponse:
    """Its approvals are those of its dossier."""
    return reply(_project(one_of(_projects(request), id)))


@router.post("/projects/{int:id}/finish", response=AllianceProjectOut, summary="Finish a project")
def finish(request: SignedIn, id: int, body: FinishIn) -> HttpResponse:
    """Refused while a problem is open. The owner is asked how satisfied it is."""
    actions.finish_project(one_of(_projects(request), id), on=body.on, at=now(), by=request.auth)
    return reply(_project(one_of(_projects(request), id)))


@router.get("/problem-types", response=list[ProblemTypeOut], summary="Types of problems")
def list_types(request: SignedIn, scope: Literal["project", "enterprise"]) -> HttpResponse:
    """Those in use, of projects or of enterprises."""
    rows = ProblemType.objects.public().filter(scope=scope).order_by("code")
    names = ("code", "scope", "name", "department", "is_sample")
    return reply([{name: getattr(one, name) for name in names} for one in rows])


def _problem(row: Any) -> dict[str, Any]:
    case = row.case
    return {
        "id": row.pk, "number": case.number, "title": case.title, "step": case.step, "type": row.type.code,
        "department": row.department.name if row.department else None, "due_on": row.due_on,
        "solution": row.solution, "result": row.result,
    }  # fmt: skip


@router.get(
    "/projects/{int:id}/problems", response=ProjectProblemPage, summary="Problems of a project"
)
def list_problems(request: SignedIn, id: int) -> HttpResponse:
    """The open ones first; they are moved on by `POST /cases/{id}/moves/{move}`."""
    one = one_of(_projects(request), id)
    return reply({"items": [_problem(row) for row in queries.problems_of(one)], "next": None})


@router.post(
    "/projects/{int:id}/problems", response={201: ProjectProblemOut}, summary="Bring up a problem"
)
def raise_problem(
    request: SignedIn, id: int, body: AllianceProblemIn, key: IdempotencyKey
) -> HttpResponse:
    """By the owner or the desk. A retry with a key opens one case."""
    one, item = one_of(_projects(request), id), None
    if body.item is not None:
        rows = ApprovalItem.objects.visible_to(request.auth).select_related("dossier")
        item = one_of(rows, body.item, "item")
    case = actions.raise_problem(
        one, type_=type_by(body.type), title=body.title, text=body.text, item=item, key=key, at=now(),
        by=request.auth,
    )  # fmt: skip
    row = next(row for row in queries.problems_of(one) if row.pk == case.pk)
    return reply(_problem(row), 201)


def _indicator(one: Indicator) -> dict[str, Any]:
    names = ("id", "name", "unit", "rule", "needed", "now", "due_on", "is_met")
    told = {name: getattr(one, name) for name in names}
    return told | {"needed": str(one.needed), "now": None if one.now is None else str(one.now)}


@router.get(
    "/projects/{int:id}/indicators",
    response=list[AllianceIndicatorOut],
    summary="Indicators of a project",
)
def list_indicators(request: SignedIn, id: int) -> HttpResponse:
    """What each needs and is now."""
    one = one_of(_projects(request), id)
    return reply([_indicator(row) for row in one.indicators.order_by("pk")])


@router.post(
    "/projects/{int:id}/indicators", response=AllianceIndicatorOut, summary="Set what has to be met"
)
def set_indicator(request: SignedIn, id: int, body: IndicatorIn) -> HttpResponse:
    """One of that name is changed."""
    one = one_of(_projects(request), id)
    made = actions.set_indicator(one, at=now(), by=request.auth, **body.model_dump())
    return reply(_indicator(made))


@router.post(
    "/indicators/{int:id}/readings", response=AllianceIndicatorOut, summary="Write down a reading"
)
def read_indicator(request: SignedIn, id: int, body: IndicatorReadingIn) -> HttpResponse:
    """The reading of the latest day is what it is now."""
    one = one_of(Indicator.objects.visible_to(request.auth).select_related("project"), id)
    made = actions.read_indicator(one, at=now(), by=request.auth, **body.model_dump())
    return reply(_indicator(made))


@router.post(
    "/projects/{int:id}/meetings", response={201: CoordinationOut}, summary="Plan a coordination meeting"
)  # fmt: skip
def plan_meeting(
    request: SignedIn, id: int, body: CoordinationIn, key: IdempotencyKey
) -> HttpResponse:
    """What earlier ones left open goes first on its agenda."""
    one = one_of(_projects(request), id)
    made = actions.plan_coordination(one, key=key, at=now(), by=request.auth, **body.model_dump())
    return reply({"id": made.pk, "series": made.series_id}, 201)


def _said(row: Satisfaction) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("id", "label", "stars", "words", "answered_at")}


@router.get(
    "/projects/{int:id}/satisfaction", response=list[SatisfactionOut], summary="What the owner says"
)
def list_satisfaction(request: SignedIn, id: int) -> HttpResponse:
    """After each milestone, and at the end."""
    one = one_of(_projects(request), id)
    return reply([_said(row) for row in one.satisfactions.order_by("pk")])


@router.post("/satisfaction/{int:id}", response=SatisfactionOut, summary="Answer as the owner")
def answer(request: SignedIn, id: int, body: SatisfactionIn) -> HttpResponse:
    """Once: `answered_already` after that."""
    row = one_of(Satisfaction.objects.visible_to(request.auth).select_related("project"), id)
    done = actions.answer_as_owner(row, at=now(), by=request.auth, **body.model_dump())
    return reply(_said(done))
