"""Programmes and their goals; entries towards a goal."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from ninja import Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.orgs.models import Org
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import Goal, GoalEntry, Programme
from .shapes import Cursor, Id, Limit, StandardUnit, one_of, page_of, unit_ref

router = Router()


class ProgrammeOut(Schema):
    id: int
    name: str
    unit: StandardUnit
    from_year: int
    to_year: int
    campaign_year: int | None
    campaign_title: str
    closed_on: date | None


class ProgrammePage(Schema):
    items: list[ProgrammeOut]
    next: str | None


class GoalOut(Schema):
    id: int
    programme: int
    sector: str = Field(description='"" is all fields')
    year: int
    title: str
    measure: str
    target: Decimal
    unit_of: str
    counts: str
    owner: StandardUnit
    due: date
    state: Literal["done", "late", "working", "waiting"]
    done: int | None
    total: int | None
    figure: float | None
    words: str = Field(description="figure and target with their base, in Chinese")


class ProgrammeGoals(Schema):
    items: list[GoalOut]


class GoalEntryOut(Schema):
    id: int
    on: date
    text: str
    evidence: str
    done: int | None
    total: int | None
    corrects: int | None
    by: str
    at: datetime


class EntryPage(Schema):
    items: list[GoalEntryOut]
    next: str | None


class GoalIn(BaseModel):
    """A goal of a field and year; `owner` is the programme's unit or one below it."""

    model_config = ConfigDict(extra="forbid")

    sector: str = Field("", max_length=16)
    year: int
    title: str = Field(max_length=120)
    measure: str = Field(max_length=60)
    unit_of: Literal["percent", "count", "done"] = "percent"
    target: Decimal = Field(max_digits=9, decimal_places=1)
    counts: Literal["entries", "standard"] = "entries"
    owner: Id
    due: date


class EntryIn(BaseModel):
    """A step towards a goal: `done` is reached in all by that day, of `total`."""

    model_config = ConfigDict(extra="forbid")

    on: date
    text: str = Field(max_length=500)
    evidence: str = Field("", max_length=300)
    done: int | None = Field(None, ge=0, lt=2**31)
    total: int | None = Field(None, ge=1, lt=2**31)
    corrects: Id | None = None


@router.get("/programmes", response=ProgrammePage, summary="Programmes I see")
def list_programmes(request: SignedIn, cursor: Cursor = 0, limit: Limit = 50) -> HttpResponse:
    """In the order in which they were made."""
    rows = Programme.objects.visible_to(request.auth).select_related("unit")
    return reply(page_of(rows, cursor, limit, _programme))


@router.get(
    "/programmes/{int:id}/goals", response=ProgrammeGoals, summary="The goals of a programme"
)
def list_goals(request: SignedIn, id: int) -> HttpResponse:
    """As they stand today, by field and year: the matrix."""
    programme = one_of(Programme.objects.visible_to(request.auth), id)
    rows = programme.goals.select_related("programme__unit", "owner")
    goals = list(rows.order_by("sector", "year", "pk")[:600])
    return reply({"items": [_goal(view) for view in queries.goal_views(goals, localdate())]})


@router.post("/programmes/{int:id}/goals", response={201: GoalOut}, summary="Set a goal")
def set_goal(request: SignedIn, id: int, body: GoalIn) -> HttpResponse:
    """For who keeps the lead unit's register. The same title in a field and year is refused."""
    programme = one_of(Programme.objects.visible_to(request.auth).select_related("unit"), id)
    given = body.model_dump()
    owner = one_of(Org.objects.public().filter(kind=Org.Kind.PARTY), given.pop("owner"))
    made = actions.set_goal(programme=programme, owner=owner, by=request.auth, at=now(), **given)
    return reply(_goal(_view(request, made.pk)), 201)


@router.get("/goals/{int:id}", response=GoalOut, summary="A goal as it stands today")
def get_goal(request: SignedIn, id: int) -> HttpResponse:
    """Figure, target and state; the rate of a standard is computed from what is confirmed."""
    return reply(_goal(_view(request, id)))


@router.get("/goals/{int:id}/entries", response=EntryPage, summary="The entries of a goal")
def list_entries(request: SignedIn, id: int, cursor: Cursor = 0, limit: Limit = 50) -> HttpResponse:
    """In the order in which they were written; a corrected one stays."""
    goal = one_of(Goal.objects.visible_to(request.auth), id)
    rows = GoalEntry.objects.visible_to(request.auth).filter(goal=goal).select_related("by")
    return reply(page_of(rows, cursor, limit, _entry))


@router.post("/goals/{int:id}/entries", response={201: GoalEntryOut}, summary="Write an entry")
def add_entry(request: SignedIn, id: int, body: EntryIn, key: IdempotencyKey) -> HttpResponse:
    """For who keeps the register of the unit that answers for it. A retry with the same key writes once."""
    goal = one_of(Goal.objects.visible_to(request.auth), id)
    given = body.model_dump()
    pk = given.pop("corrects")
    corrects = one_of(GoalEntry.objects.visible_to(request.auth), pk) if pk else None
    made = actions.add_entry(
        goal=goal, corrects=corrects, key=key or "", by=request.auth, at=now(), **given
    )
    return reply(_entry(made), 201)


def _view(request: SignedIn, pk: int) -> queries.GoalView:
    rows = Goal.objects.visible_to(request.auth).select_related("programme__unit", "owner")
    return queries.goal_views([one_of(rows, pk)], localdate())[0]


def _programme(row: Programme) -> dict[str, Any]:
    names = ("name", "from_year", "to_year", "campaign_year", "campaign_title", "closed_on")
    return {
        "id": row.pk,
        "unit": unit_ref(row.unit),
        **{name: getattr(row, name) for name in names},
    }


def _goal(view: queries.GoalView) -> dict[str, Any]:
    goal = view.goal
    names = ("sector", "year", "title", "measure", "target", "unit_of", "counts", "due")
    return {
        "id": goal.pk,
        "programme": goal.programme_id,
        "owner": unit_ref(goal.owner),
        **{name: getattr(goal, name) for name in names},
        **{name: getattr(view, name) for name in ("state", "done", "total", "figure", "words")},
    }


def _entry(row: GoalEntry) -> dict[str, Any]:
    names = ("on", "text", "evidence", "done", "total", "at")
    return {
        "id": row.pk,
        "corrects": row.corrects_id,
        "by": row.by.name,
        **{name: getattr(row, name) for name in names},
    }
