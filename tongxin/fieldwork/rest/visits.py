"""Visits: the round of a day, lists, one whole; arranged, begun, finished, called off, decided."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.findings.models import Finding
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import Checklist, Visit
from ..queries.reading import read_answers, read_rival
from .shapes import (
    Code,
    Cursor,
    Id,
    Limit,
    VisitPerson,
    VisitRegion,
    one_of,
    people_of,
    person,
    region_of_code,
    region_ref,
)

router = Router()
Kind = Literal["patrol", "inspection", "unannounced", "household", "care", "office_point", "style", "acceptance", "contact"]  # fmt: skip


class VisitBrief(Schema):
    """A visit in a list. `marks` are sentences about what to look at."""

    id: UUID
    number: str
    kind: str
    title: str
    region: VisitRegion
    place_name: str
    state: Literal["planned", "begun", "done", "missed", "cancelled"]
    due_from: date | None
    due_on: date | None
    begun_at: datetime | None
    finished_at: datetime | None
    workers: list[VisitPerson]
    checklist: int | None
    bad_count: int
    marks: list[str]
    is_unannounced: bool


class VisitPage(Schema):
    items: list[VisitBrief]
    next: str | None


class VisitAnswer(Schema):
    item: str
    text: str
    words: str
    note: str
    is_bad: bool
    photos: list[dict[str, str]]


class VisitDimension(Schema):
    dimension: str
    score: float
    most: float
    bad: int


class VisitWhole(VisitBrief):
    """A visit whole; `note` and `mood` are what was written, `findings` their ids."""

    note: str
    mood: str
    score: float | None
    max_score: float | None
    answers: list[VisitAnswer]
    dimensions: list[VisitDimension]
    findings: list[str]
    rivals: list[int] = Field(description="second reports that wait for a decision")


class VisitRound(Schema):
    """Visits in the order to walk them; the checklists they name once each."""

    visits: list[dict[str, Any]]
    checklists: list[dict[str, Any]]


class VisitFilters(Schema):
    """`look`: with troubles, with marks, with two reports undecided, open or missed after the day."""

    kind: Kind | None = None
    state: Literal["planned", "begun", "done", "missed", "cancelled"] | None = None
    look: Literal["bad", "marks", "rivals", "late"] | None = None
    region: Code | None = None
    since: date | None = None
    until: date | None = None


class VisitPlace(BaseModel):
    model_config = ConfigDict(extra="forbid")

    lng: float = Field(ge=-180, le=180, description="WGS-84")
    lat: float = Field(ge=-90, le=90)
    accuracy: float = Field(0, ge=0, le=100_000, description="metres")


class VisitIn(BaseModel):
    """A visit to arrange; without workers the caller goes alone, the first of them leads."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    title: str = Field(max_length=100)
    region: Code
    place_name: str = Field("", max_length=100)
    lng: float | None = Field(None, ge=-180, le=180)
    lat: float | None = Field(None, ge=-90, le=90)
    checklist: Id | None = None
    due_from: date | None = None
    due_on: date | None = None
    workers: list[Id] = Field(default=[], max_length=50)
    unannounced: bool = False


class VisitBegin(BaseModel):
    model_config = ConfigDict(extra="forbid")

    place: VisitPlace | None = None
    how: Literal["gps", "qr", "none"] = "gps"
    at: AwareDatetime | None = Field(None, description="when it happened, if not now")


class VisitAnswerIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    value: str | int | float | bool | None = None
    note: str = Field("", max_length=500)
    photos: list[UUID] = Field(default=[], max_length=20)


class VisitFinish(BaseModel):
    """What was found; `checklist_version` is the version the worker saw."""

    model_config = ConfigDict(extra="forbid")

    answers: dict[str, VisitAnswerIn] = Field(default={}, max_length=200)
    checklist_version: int | None = Field(None, ge=1)
    note: str = Field("", max_length=4000)
    mood: str = Field("", max_length=8)
    photos: list[UUID] = Field(default=[], max_length=20)
    signature: UUID | None = Field(
        None, description="picture of the signature of one who was there"
    )
    at: AwareDatetime | None = Field(None, description="when it ended, if not now")


class VisitReason(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(max_length=200)


class VisitTeam(BaseModel):
    model_config = ConfigDict(extra="forbid")

    workers: list[Id] = Field(max_length=50)


class VisitDecision(VisitReason):
    decision: Literal["first", "second"]


class VisitRival(Schema):
    """A second report: what it says otherwise than the one that stands."""

    id: int
    by: VisitPerson
    at: datetime
    decision: str
    reason: str
    note: str
    differs: list[dict[str, str]]


class VisitRivals(Schema):
    items: list[VisitRival]


@router.get("/round", response=VisitRound, summary="My visits of a day, in the order to walk them")
def get_round(
    request: SignedIn, on: date | None = None,
    lng: float | None = Query(None, ge=-180, le=180), lat: float | None = Query(None, ge=-90, le=90),
) -> HttpResponse:  # fmt: skip
    """Everything needed to make them without network; `lng`, `lat`: where one starts."""
    start = (lng, lat) if lng is not None and lat is not None else None
    visits = queries.round_of(request.auth, on or localdate(), start)
    return reply(queries.offline_bundle(visits))


@router.get("/visits", response=VisitPage, summary="Visits I may see")
def list_visits(
    request: SignedIn, asked: Query[VisitFilters], cursor: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """Newest arranged first. An unannounced one is there for its team and who ordered it until it begins."""
    area = region_of_code(asked.region).path if asked.region else ""
    rows = queries.filtered(
        Visit.objects.visible_to(request.auth), kind=asked.kind or "", state=asked.state or "",
        area=area, look=asked.look or "", first=asked.since, last=asked.until, today=localdate(),
    )  # fmt: skip
    page, following = queries.page_of_visits(rows, cursor, limit)
    return reply({"items": [_brief(row) for row in page], "next": following or None})


@router.post("/visits", response={201: VisitBrief}, summary="Arrange a visit")
def plan_visit(request: SignedIn, body: VisitIn, key: IdempotencyKey) -> HttpResponse:
    """For who holds a post over the region. A retry with the same key arranges once."""
    given = body.model_dump()
    checklist = given.pop("checklist")
    rows = Checklist.objects.visible_to(request.auth).published()
    made = actions.plan_visit(
        region=region_of_code(given.pop("region")), by=request.auth, at=now(), key=key or "",
        checklist=one_of(rows, checklist) if checklist else None,
        workers=people_of(request, given.pop("workers")), **given,
    )  # fmt: skip
    return reply(_brief(_read(request, made.pk)), 201)


@router.get("/visits/{uuid:id}", response=VisitWhole, summary="One visit whole")
def get_visit(request: SignedIn, id: UUID) -> HttpResponse:
    """With answers, scores and the findings the caller may see."""
    return reply(_whole(request, _read(request, id)))


@router.post("/visits/{uuid:id}/begin", response=VisitBrief, summary="Begin a visit")
def begin_visit(request: SignedIn, id: UUID, body: VisitBegin, key: IdempotencyKey) -> HttpResponse:
    """For its team, from its first day on. A place outside the region or far off is kept and marked."""
    visit = _read(request, id)
    at = now()
    actions.begin_visit(
        visit, at=body.at or at, recorded_at=at, by=request.auth, how=body.how, key=key or "",
        place=body.place.model_dump() if body.place else None,
    )  # fmt: skip
    return reply(_brief(_read(request, id)))


@router.post("/visits/{uuid:id}/finish", response=VisitBrief, summary="Finish a visit")
def finish_visit(
    request: SignedIn, id: UUID, body: VisitFinish, key: IdempotencyKey
) -> HttpResponse:
    """A second report of a finished visit is kept for a decision (`rival` among its marks)."""
    visit, at = _read(request, id), now()
    given = body.model_dump()
    for answer in given["answers"].values():
        answer["photos"] = [str(one) for one in answer["photos"]]
    actions.finish_visit(
        visit, answers=given["answers"], at=body.at or at, recorded_at=at, by=request.auth,
        checklist_version=body.checklist_version, note=body.note, mood=body.mood,
        photos=[str(one) for one in body.photos], key=key or "",
        signature=str(body.signature) if body.signature else None,
    )  # fmt: skip
    return reply(_brief(_read(request, id)))


@router.post("/visits/{uuid:id}/cancel", response=VisitBrief, summary="Call a visit off")
def cancel_visit(request: SignedIn, id: UUID, body: VisitReason) -> HttpResponse:
    """Before it has begun; its team is told why."""
    actions.cancel_visit(visit=_read(request, id), reason=body.reason, by=request.auth, at=now())
    return reply(_brief(_read(request, id)))


@router.post("/visits/{uuid:id}/reopen", response=VisitBrief, summary="Give a visit back")
def reopen_visit(request: SignedIn, id: UUID, body: VisitReason) -> HttpResponse:
    """For who manages visits on that land; audited."""
    actions.reopen_visit(visit=_read(request, id), reason=body.reason, by=request.auth, at=now())
    return reply(_brief(_read(request, id)))


@router.post("/visits/{uuid:id}/team", response=VisitBrief, summary="Say anew who goes")
def change_team(request: SignedIn, id: UUID, body: VisitTeam) -> HttpResponse:
    """The first leads; who comes in is told."""
    visit = _read(request, id)
    there = [one.user_id for one in visit.team.all()]
    workers = people_of(request, body.workers, *there)
    actions.change_team(visit=visit, workers=workers, by=request.auth, at=now())
    return reply(_brief(_read(request, id)))


@router.get("/visits/{uuid:id}/rivals", response=VisitRivals, summary="Second reports of a visit")
def list_rivals(request: SignedIn, id: UUID) -> HttpResponse:
    """What each says otherwise than the report that stands."""
    visit = _read(request, id)
    rows = visit.rivals.select_related("by").order_by("pk")
    return reply({"items": [_rival(read_rival(visit, row)) for row in rows]})


@router.post("/visits/{uuid:id}/rivals/{int:rival}/decide", response=VisitBrief, summary="Decide")
def decide_rival(request: SignedIn, id: UUID, rival: int, body: VisitDecision) -> HttpResponse:
    """Say which report stands; the other one is kept."""
    visit = _read(request, id)
    row = one_of(visit.rivals.select_related("visit"), rival)
    actions.decide_rival(
        rival=row, decision=body.decision, reason=body.reason, by=request.auth, at=now()
    )
    return reply(_brief(_read(request, id)))


def _read(request: SignedIn, id: UUID) -> Visit:
    rows = Visit.objects.visible_to(request.auth).select_related("region", "checklist")
    return one_of(rows.prefetch_related("team__user"), id)


def _brief(row: Visit) -> dict[str, Any]:
    names = (
        "number", "kind", "title", "place_name", "state", "due_from", "due_on", "begun_at",
        "finished_at", "bad_count",
    )  # fmt: skip
    return {
        "id": str(row.pk),
        "region": region_ref(row.region),
        "workers": [person(one.user) for one in row.team.all()],
        "checklist": row.checklist_id,
        "marks": queries.sentences(row.marks),
        "is_unannounced": row.is_secret_until_begun,
        **{name: getattr(row, name) for name in names},
    }


def _whole(request: SignedIn, row: Visit) -> dict[str, Any]:
    found = Finding.objects.visible_to(request.auth)
    found = found.filter(source_kind="visit", source_id=str(row.pk))
    return _brief(row) | {
        "note": row.note,
        "mood": row.mood,
        "score": float(row.score) if row.score is not None else None,
        "max_score": float(row.max_score) if row.max_score is not None else None,
        "answers": [
            {"item": one["item"].code, "text": one["item"].text, "words": one["words"],
             "note": one["note"], "is_bad": one["is_bad"],
             "photos": [{"url": p["url"], "thumb": p["thumb"]} for p in one["photos"]]}
            for one in read_answers(row)
        ],
        "dimensions": [
            one | {"score": float(one["score"]), "most": float(one["most"])}
            for one in queries.dimensions_of(row)
        ],
        "findings": [str(pk) for pk in found.order_by("pk").values_list("pk", flat=True)],
        "rivals": list(row.rivals.filter(decision="").order_by("pk").values_list("pk", flat=True)),
    }  # fmt: skip


def _rival(read: dict[str, Any]) -> dict[str, Any]:
    row = read["rival"]
    return {
        "id": row.pk,
        "by": person(row.by),
        "at": row.at,
        "decision": row.decision,
        "reason": row.reason,
        "note": read["note"],
        "differs": [
            {"item": one["item"].code, "text": one["item"].text, "first": one["first"],
             "second": one["second"]}
            for one in read["differs"]
        ],
    }  # fmt: skip
