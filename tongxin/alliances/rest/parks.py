"""Parks, spaces and homes: figures, enterprises, their problems, use and talent."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from ninja import Query, Schema
from pydantic import BaseModel, Field

from tongxin.accounts.queries import SignedIn
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import Enterprise, EnterpriseProblem, Park
from .router import STRICT, Cursor, Limit, one_of, router, type_by


class ParkOut(Schema):
    id: int
    kind: str
    name: str
    region: str
    opened_on: date
    branch: str | None


class ParkPageOut(Schema):
    items: list[ParkOut]
    next: str | None


class ParkIndexPartOut(Schema):
    name: str
    weight: int
    value: float | None
    why: str


class ParkDetailOut(ParkOut):
    enterprises: int
    staff: int
    members: int
    problems: int
    solved: int
    open: int
    index: float | None
    formula: str
    parts: list[ParkIndexPartOut]


class EnterpriseOut(Schema):
    id: int
    name: str
    industry: str
    staff: int
    members: int
    moved_in_on: date
    moved_out_on: date | None


class EnterprisePageOut(Schema):
    items: list[EnterpriseOut]
    next: str | None


class EnterpriseIn(BaseModel):
    model_config = STRICT

    name: str = Field(max_length=80)
    moved_in_on: date
    credit_code: str = Field("", max_length=18)
    industry: str = Field("", max_length=40)
    staff: int = Field(0, ge=0, le=1_000_000)
    members: int = Field(0, ge=0, le=1_000_000)
    room: str = Field("", max_length=60)


class EnterpriseProblemIn(BaseModel):
    model_config = STRICT

    type: str = Field(max_length=20)
    title: str = Field(max_length=120)
    text: str = Field("", max_length=2000)


class EnterpriseProblemOut(Schema):
    id: UUID
    number: str
    title: str
    step: str
    type: str
    enterprise: str
    stars: int | None
    is_solved: bool


class EnterpriseProblemPage(Schema):
    items: list[EnterpriseProblemOut]
    next: str | None


class FacilityUseIn(BaseModel):
    model_config = STRICT

    facility: str = Field(max_length=40)
    on: date
    people: int = Field(ge=0, le=1_000_000)


class TalentCountIn(BaseModel):
    model_config = STRICT

    kind: Literal["gathered", "recruited", "trained"]
    month: date
    people: int = Field(ge=0, le=1_000_000)
    note: str = Field("", max_length=200)


class ParkFigureOut(Schema):
    id: int
    people: int


def _parks(request: SignedIn) -> Any:
    rows = Park.objects.visible_to(request.auth)
    return rows.select_related("region", "branch", "operator", "manager")


def _park(one: Park) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in ("id", "kind", "name", "opened_on")}
    return told | {"region": one.region.code, "branch": one.branch.name if one.branch else None}


@router.get("/parks", response=ParkPageOut, summary="Parks, spaces and homes")
def list_parks(
    request: SignedIn, kind: Literal["", "park", "space", "home"] = "", cursor: Cursor = "",
    limit: Limit = 50,
) -> HttpResponse:  # fmt: skip
    """Newest first."""
    rows = _parks(request)
    return reply(listed(rows.filter(kind=kind) if kind else rows, cursor, limit, _park))


@router.get("/parks/{int:id}", response=ParkDetailOut, summary="One park")
def get_park(request: SignedIn, id: int) -> HttpResponse:
    """With the index of the business environment and the sum it comes from."""
    one = one_of(_parks(request), id)
    firms, staff, members = queries.staff_of([id]).get(id, (0, 0, 0))
    counted = queries.solved_in([id]).get(id, queries.Solved())
    index = queries.index_of(counted, queries.weights_on(localdate()))
    parts = [
        {"name": p.name, "weight": p.weight, "value": p.value, "why": p.why} for p in index.parts
    ]
    return reply(
        _park(one)
        | {
            "enterprises": firms, "staff": staff, "members": members, "problems": counted.total,
            "solved": counted.solved, "open": counted.open, "index": index.value,
            "formula": index.formula, "parts": parts,
        }
    )  # fmt: skip


def _enterprise(one: Enterprise) -> dict[str, Any]:
    names = ("id", "name", "industry", "staff", "members", "moved_in_on", "moved_out_on")
    return {name: getattr(one, name) for name in names}


@router.get(
    "/parks/{int:id}/enterprises", response=EnterprisePageOut, summary="Enterprises of a park"
)
def list_enterprises(
    request: SignedIn, id: int, gone: bool = False, cursor: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """Those in it, or those that left."""
    one = one_of(_parks(request), id)
    rows = Enterprise.objects.visible_to(request.auth).filter(
        park=one, moved_out_on__isnull=not gone
    )
    return reply(listed(rows, cursor, limit, _enterprise))


@router.post(
    "/parks/{int:id}/enterprises", response={201: EnterpriseOut}, summary="Admit an enterprise"
)
def admit(request: SignedIn, id: int, body: EnterpriseIn) -> HttpResponse:
    """`inside_already` if it is in the park."""
    one = one_of(_parks(request), id)
    made = actions.admit_enterprise(one, at=now(), by=request.auth, **body.model_dump())
    return reply(_enterprise(made), 201)


def _problem(row: EnterpriseProblem) -> dict[str, Any]:
    case = row.case
    return {
        "id": row.pk, "number": case.number, "title": case.title, "step": case.step,
        "type": row.type.code, "enterprise": row.enterprise.name, "stars": row.stars,
        "is_solved": row.solved_at is not None,
    }  # fmt: skip


@router.get(
    "/parks/{int:id}/problems", response=EnterpriseProblemPage, summary="Problems of enterprises"
)
def list_enterprise_problems(
    request: SignedIn, id: int, state: Literal["", "open", "solved"] = "",
    cursor: Annotated[UUID | None, Query(description="`next` of the page before")] = None, limit: Limit = 50,
) -> HttpResponse:  # fmt: skip
    """The latest first; moved on by `POST /cases/{id}/moves/{move}`."""
    one = one_of(_parks(request), id)
    rows = queries.problems_in(
        EnterpriseProblem.objects.visible_to(request.auth).filter(park=one), state, cursor
    )
    found = list(rows[: limit + 1])
    following = str(found[limit - 1].pk) if len(found) > limit else None
    return reply({"items": [_problem(row) for row in found[:limit]], "next": following})


@router.post(
    "/enterprises/{int:id}/problems", response={201: EnterpriseProblemOut}, summary="Bring up a problem"
)  # fmt: skip
def raise_enterprise_problem(
    request: SignedIn, id: int, body: EnterpriseProblemIn, key: IdempotencyKey
) -> HttpResponse:
    """By the enterprise or the park. A retry with a key opens one case."""
    rows = Enterprise.objects.visible_to(request.auth).select_related("park__region", "contact")
    case = actions.raise_enterprise_problem(
        one_of(rows, id), type_=type_by(body.type), title=body.title, text=body.text, key=key, at=now(),
        by=request.auth,
    )  # fmt: skip
    seen = EnterpriseProblem.objects.visible_to(request.auth).select_related(
        "case", "type", "enterprise"
    )
    return reply(_problem(one_of(seen, case.pk)), 201)


@router.post("/parks/{int:id}/uses", response=ParkFigureOut, summary="Use of a facility on a day")
def record_use(request: SignedIn, id: int, body: FacilityUseIn) -> HttpResponse:
    """Said again, the last word counts."""
    one = one_of(_parks(request), id)
    made = actions.record_use(one, at=now(), by=request.auth, **body.model_dump())
    return reply({"id": made.pk, "people": made.people})


@router.post("/parks/{int:id}/talents", response=ParkFigureOut, summary="Talent figures of a month")
def record_talent(request: SignedIn, id: int, body: TalentCountIn) -> HttpResponse:
    """Figures only, no names. Said again, the last word counts."""
    one = one_of(_parks(request), id)
    made = actions.record_talent(one, at=now(), by=request.auth, **body.model_dump())
    return reply({"id": made.pk, "people": made.people})
