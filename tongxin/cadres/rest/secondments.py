"""Secondments and the ratings of their days."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from ninja import Query, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.regions.queries import get_land, region_of
from tongxin.ui.wire import reply

from .. import actions
from ..models import DailyRating, Secondment
from .router import (
    CadrePlace,
    CadreRef,
    Code,
    Cursor,
    DatabaseId,
    Id,
    Limit,
    found,
    nothing_there,
    page,
    place,
    ref,
    router,
)

RELATED = ("person", "from_unit", "office", "community", "operation")
Attendance = Literal["present", "leave", "absent"]


class SecondmentOut(Schema):
    id: int
    person: CadreRef
    from_unit: CadreRef = Field(description="the home line, which stays")
    office: CadreRef = Field(description="the field line")
    community: CadrePlace
    operation: CadreRef
    from_date: date
    to_date: date = Field(description="last day, included")
    ended_on: date | None
    end: Literal["", "finished", "recalled", "transferred", "closed"]
    before: int | None = Field(description="the secondment it continues, after a transfer")


class SecondmentPage(Schema):
    items: list[SecondmentOut]
    next: str | None


class ProlongIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    until: date
    note: str = Field("", max_length=200)


class SecondmentTransferIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    community: Code
    note: str = Field("", max_length=200)


class RecallIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(max_length=200)


class RatingOut(Schema):
    id: int
    secondment: int
    day: date
    attendance: Attendance
    marks: dict[str, int] = Field(description="by criterion: 3 到位, 2 基本到位, 1 不到位")
    note: str
    corrected: bool


class RatingPage(Schema):
    items: list[RatingOut]
    next: str | None


class RatingIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    day: date
    attendance: Attendance = "present"
    marks: dict[str, int] = Field(default={}, max_length=20)
    note: str = Field("", max_length=200)


class CorrectionIn(RatingIn):
    reason: str = Field(max_length=200)


@router.get("/secondments", response=SecondmentPage, summary="Who serves where")
def list_secondments(
    request: SignedIn,
    *,
    on: Annotated[date | None, Query(description="who serves on that day; default: today")] = None,
    region: str = Query("", pattern=r"^[0-9]{0,18}$", description="code: at or inside"),
    operation: DatabaseId | None = None,
    cursor: Cursor = 0,
    limit: Limit = 100,
) -> HttpResponse:
    """Of either line of the caller: their land or community, their unit, themselves."""
    rows = Secondment.objects.visible_to(request.auth).serving_on(on or localdate())
    if region:
        rows = rows.filter(community__path__under=get_land(region).path)
    if operation:
        rows = rows.filter(operation=operation)
    items, more = page(rows.select_related(*RELATED).defer("community__polygon"), cursor, limit)
    return reply({"items": [_told(one) for one in items], "next": more})


def _row(request: SignedIn, id: int) -> Secondment:
    rows = Secondment.objects.visible_to(request.auth).select_related(*RELATED)
    return found(rows.defer("community__polygon"), id)


@router.get("/secondments/{id}", response=SecondmentOut, summary="One secondment")
def get_secondment(request: SignedIn, id: Id) -> HttpResponse:
    """Both lines: the home unit that stays, and the community served."""
    return reply(_told(_row(request, id)))


@router.post("/secondments/{id}/prolong", response=SecondmentOut, summary="Serve longer")
def prolong(request: SignedIn, id: Id, body: ProlongIn) -> HttpResponse:
    """Serve on to a later day, with the reason; refused once it has ended."""
    actions.prolong(
        secondment=_row(request, id), until=body.until, note=body.note, at=now(), by=request.auth
    )
    return reply(_told(_row(request, id)))


@router.post("/secondments/{id}/transfer", response=SecondmentOut, summary="Serve elsewhere")
def transfer(request: SignedIn, id: Id, body: SecondmentTransferIn) -> HttpResponse:
    """From tomorrow on; answers with the new secondment. A retry finds the old one ended."""
    community = region_of(get_land(body.community))
    new = actions.transfer(
        secondment=_row(request, id), community=community, note=body.note, at=now(),
        by=request.auth,
    )  # fmt: skip
    return reply(_told(new))


@router.post("/secondments/{id}/recall", response=SecondmentOut, summary="Call back")
def recall(request: SignedIn, id: Id, body: RecallIn) -> HttpResponse:
    """End it before its day, with the reason; later turns and crew places end with it."""
    actions.recall(secondment=_row(request, id), reason=body.reason, at=now(), by=request.auth)
    return reply(_told(_row(request, id)))


@router.get("/secondments/{id}/ratings", response=RatingPage, summary="How the days were rated")
def list_ratings(request: SignedIn, id: Id, cursor: Cursor = 0, limit: Limit = 100) -> HttpResponse:
    """One rating for each day, with corrections; newest first."""
    rows = _row(request, id).ratings.prefetch_related("changes")
    items, more = page(rows, cursor, limit)
    return reply({"items": [_rating(one) for one in items], "next": more})


@router.post("/secondments/{id}/ratings", response={201: RatingOut}, summary="Rate a day")
def rate_day(request: SignedIn, id: Id, body: RatingIn) -> HttpResponse:
    """One a cadre and day; by the field line, never oneself. A retry is refused."""
    rating = actions.rate_day(
        secondment=_row(request, id), at=now(), by=request.auth, **body.model_dump()
    )
    return reply(_rating(rating), status=201)


@router.post("/secondments/{id}/corrections", response=RatingOut, summary="Correct a rating")
def correct_rating(request: SignedIn, id: Id, body: CorrectionIn) -> HttpResponse:
    """With a reason; what the rating said before is kept, and the cadre told."""
    row = _row(request, id)
    rating = (
        DailyRating.objects.visible_to(request.auth).filter(secondment=row, day=body.day).first()
    )
    if rating is None:
        raise nothing_there()
    given = body.model_dump(exclude={"day"})
    change = actions.correct_rating(rating=rating, at=now(), by=request.auth, **given)
    return reply(_rating(change.rating))


def _told(one: Secondment) -> dict[str, Any]:
    facts = {name: getattr(one, name) for name in ("from_date", "to_date", "ended_on", "end")}
    return {
        "id": one.pk, "person": ref(one.person), "from_unit": ref(one.from_unit),
        "office": ref(one.office), "community": place(one.community),
        "operation": ref(one.operation), "before": one.before_id, **facts,
    }  # fmt: skip


def _rating(one: DailyRating) -> dict[str, Any]:
    facts = {name: getattr(one, name) for name in ("day", "attendance", "marks", "note")}
    return {
        "id": one.pk, "secondment": one.secondment_id, "corrected": bool(one.changes.all()), **facts,
    }  # fmt: skip
