"""Contests: called, entered, marked, ranked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from django.http import HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import BaseModel, Field

from tongxin.accounts.queries import SignedIn
from tongxin.documents.queries import writes_for
from tongxin.kit.errors import NotFound
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import Contest, Exemplar
from .shapes import STRICT, Cursor, Id, Limit, one_of, org_of, told

router = Router(tags=["library"])
NAMES = (
    "id title rules opens_on closes_on judging_until is_blind least_marks trims_from state prizes"
)


class ContestOut(Schema):
    id: int
    org: str
    title: str
    rules: str
    opens_on: date
    closes_on: date
    judging_until: date
    is_blind: bool
    least_marks: int
    trims_from: int
    state: str
    prizes: list[dict[str, Any]]


class ContestOutPage(Schema):
    items: list[ContestOut]
    next: str | None


class ContestCriterionOut(Schema):
    id: int
    name: str
    most: int


class ContestToMarkOut(Schema):
    number: int
    title: str
    marked: float | None
    stands_aside: bool


class ContestDetailOut(ContestOut):
    criteria: list[ContestCriterionOut]
    to_mark: list[ContestToMarkOut]


class ContestPairIn(BaseModel):
    model_config = STRICT

    name: str = Field(max_length=40)
    number: int = Field(ge=1, le=1000)


class ContestIn(BaseModel):
    model_config = STRICT

    org: Id
    title: str = Field(max_length=80)
    rules: str = Field("", max_length=4000)
    opens_on: date
    closes_on: date
    judging_until: date
    criteria: list[ContestPairIn] = Field(max_length=10, description="together 100 points")
    prizes: list[ContestPairIn] = Field(max_length=10)
    is_blind: bool = False
    least_marks: int = Field(2, ge=1, le=30)
    trims_from: int = Field(5, ge=0, le=30)


class ContestEntryIn(BaseModel):
    model_config = STRICT

    exemplar: Id


class ContestMarkIn(BaseModel):
    model_config = STRICT

    points: dict[int, float] = Field(description="{id of a criterion: points}")
    comment: str = Field(max_length=300)


class ContestRankOut(Schema):
    number: int
    rank: int | None
    title: str
    org: str
    score: Decimal | None
    why: str
    prize: str


class ContestEntryOut(Schema):
    id: int
    number: int


class ContestMarkOut(Schema):
    id: int
    total: Decimal


def _shape(one: Contest) -> dict[str, Any]:
    return told(one, NAMES) | {"org": one.org.name}


def _detail(actor: Any, one: Contest) -> dict[str, Any]:
    rows = queries.to_mark(actor, one) if one.state in ("judging", "ranked") else []
    return _shape(one) | {
        "criteria": [told(c, "id name most") for c in one.criteria.all()],
        "to_mark": [
            {"number": r["entry"].number, "title": r["title"], "stands_aside": r["aside"],
             "marked": float(r["mark"].total) if r["mark"] else None}
            for r in rows
        ],
    }  # fmt: skip


def _seen(request: SignedIn, pk: int) -> Contest:
    return one_of(Contest.objects.visible_to(request.auth).select_related("org__region"), pk)


@router.get("/contests", response=ContestOutPage, summary="Contests I may see")
def list_contests(request: SignedIn, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """Of the caller's unit, called where the caller works, judged by the caller, or published."""
    rows = Contest.objects.visible_to(request.auth).select_related("org")
    return reply(listed(rows, cursor, limit, _shape))


@router.post("/contests", response={201: ContestDetailOut}, summary="Prepare a contest")
def call(request: SignedIn, body: ContestIn, key: IdempotencyKey) -> HttpResponse:
    """Criteria together give a hundred points. A retry with a key prepares it once."""
    given = body.model_dump()
    pairs: dict[str, Any] = {
        n: [(one["name"], one["number"]) for one in given.pop(n)] for n in ("criteria", "prizes")
    }
    made = actions.call_contest(
        org=org_of(given.pop("org")), by=request.auth, at=now(), key=key or "", **given, **pairs
    )
    return reply(_detail(request.auth, made), 201)


@router.get(
    "/contests/{int:id}", response=ContestDetailOut, summary="One contest, and what I have to mark"
)
def get_contest(request: SignedIn, id: int) -> HttpResponse:
    """With its criteria; a judge sees the entries to mark once the judging has begun."""
    return reply(_detail(request.auth, _seen(request, id)))


@router.post(
    "/contests/{int:id}/moves/{name}", response=ContestDetailOut, summary="Take a contest a step on"
)
def step(
    request: SignedIn, id: int, name: Literal["open", "judging", "rank", "publish"]
) -> HttpResponse:
    """By who runs it. Judging is refused with too few judges, a ranking while marks are missing."""
    run: Any = {
        "open": actions.open_contest, "judging": actions.begin_judging, "rank": actions.rank_entries,
        "publish": actions.publish_contest,
    }[name]  # fmt: skip
    return reply(_detail(request.auth, run(_seen(request, id), by=request.auth, at=now())))


@router.post(
    "/contests/{int:id}/entries", response={201: ContestEntryOut}, summary="Enter an exemplar"
)
def enter(request: SignedIn, id: int, body: ContestEntryIn) -> HttpResponse:
    """Of one's own unit, handed in, while the call is open; again changes nothing."""
    exemplar = one_of(
        Exemplar.objects.visible_to(request.auth).select_related("org"), body.exemplar
    )
    made = actions.enter_contest(_seen(request, id), exemplar=exemplar, by=request.auth, at=now())
    return reply(told(made, "id number"), 201)


@router.post(
    "/contests/{int:id}/entries/{int:number}/mark", response=ContestMarkOut, summary="Mark an entry"
)
def mark(request: SignedIn, id: int, number: int, body: ContestMarkIn) -> HttpResponse:
    """By a judge, not of one's own unit; until the last day it may be changed."""
    entry = _seen(request, id).entries.select_related("exemplar__org").filter(number=number).first()
    if entry is None:
        raise NotFound(_("没有这个编号的案例。"))
    points = {pk: Decimal(str(value)) for pk, value in body.points.items()}
    made = actions.mark_entry(entry, points=points, comment=body.comment, by=request.auth, at=now())
    return reply(told(made, "id total"))


@router.get(
    "/contests/{int:id}/ranking",
    response=list[ContestRankOut],
    summary="The ranking and how it came about",
)
def get_ranking(request: SignedIn, id: int) -> HttpResponse:
    """For everybody who sees the contest once it is published; before that for who runs it."""
    one = _seen(request, id)
    if one.state != "published" and not writes_for(request.auth, one.org):
        raise NotFound(_("结果还没有公布。"))
    return reply(
        [
            told(e, "number rank score prize") | {"title": e.exemplar.title, "org": e.exemplar.org.name, "why": queries.why(e)}
            for e in queries.ranking(one)
        ]
    )  # fmt: skip
