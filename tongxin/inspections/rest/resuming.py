"""Reopening by class and batch."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpResponse
from django.utils.timezone import now
from ninja import Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.regions.models import Region
from tongxin.regions.queries import get_land
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import ResumeBatch, Resumption, Site
from .shapes import Cursor, Id, InspectionPlace, InspectionRef, Limit, one_of, place, ref

router = Router()


class ClassCount(Schema):
    firm_class: str
    label: str
    states: dict[str, int]
    people: int = Field(description="people back at work in firms that reopened")


class ClassCounts(Schema):
    items: list[ClassCount]


class BatchOut(Schema):
    id: int
    region: InspectionPlace
    firm_class: str
    number: int
    planned_on: date
    approved_at: datetime | None


class BatchPage(Schema):
    items: list[BatchOut]
    next: str | None


class FirmAnswer(Schema):
    code: str
    text: str
    declared: bool
    found: bool | None
    note: str


class FirmOut(Schema):
    id: int
    site: InspectionRef
    people: int
    state: str
    answers: list[FirmAnswer]


class ResumptionBatchIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    region: str = Field(max_length=18)
    firm_class: Literal["vital", "large", "building", "trade", "other"]
    planned_on: date


class FirmIn(BaseModel):
    """A firm's application: what it declares of every condition in force, by code."""

    model_config = ConfigDict(extra="forbid")

    site: Id
    people: int = Field(ge=0, le=1_000_000)
    declared: dict[str, bool] = Field(max_length=60)


class FoundIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    met: bool
    note: str = Field("", max_length=200)


class FirmCheckIn(BaseModel):
    """What the check on the spot found, of every condition asked, by code."""

    model_config = ConfigDict(extra="forbid")

    found: dict[str, FoundIn] = Field(max_length=60)


class BatchApproved(Schema):
    reopened: int
    left: int


@router.get("/resuming/classes", response=ClassCounts, summary="Firms by class and state")
def list_classes(request: SignedIn) -> HttpResponse:
    """On the land one overlooks."""
    lines = queries.by_class(Resumption.objects.visible_to(request.auth))
    items = [
        {
            "firm_class": one.value, "label": one.label, "states": dict(one.cells),
            "people": one.people,
        }
        for one in lines
    ]  # fmt: skip
    return reply({"items": items})


@router.get("/resuming/batches", response=BatchPage, summary="Batches")
def list_batches(request: SignedIn, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """Latest first."""
    rows = ResumeBatch.objects.visible_to(request.auth).select_related("region")
    return reply(listed(rows, cursor, limit, _batch))


@router.post(
    "/resuming/batches", response={201: BatchOut}, summary="Make the next batch of a class"
)
def make_batch(request: SignedIn, body: ResumptionBatchIn) -> HttpResponse:
    """For officers of the land."""
    given = body.model_dump()
    given["region"] = one_of(Region.objects.public(), get_land(given["region"]).id)
    return reply(_batch(actions.make_batch(by=request.auth, at=now(), **given)), 201)


@router.post("/resuming/batches/{int:id}/firms", response={201: FirmOut}, summary="Apply to reopen")
def apply_to_resume(request: SignedIn, id: int, body: FirmIn, key: IdempotencyKey) -> HttpResponse:
    """Every condition in force is answered."""
    batch = one_of(ResumeBatch.objects.visible_to(request.auth), id)
    given = body.model_dump()
    site = one_of(Site.objects.visible_to(request.auth).select_related("region"), given.pop("site"))
    made = actions.apply_to_resume(
        batch=batch, site=site, key=key or "", by=request.auth, at=now(), **given
    )
    return reply(_firm(made), 201)


@router.post("/resuming/firms/{int:id}/check", response=FirmOut, summary="Check a firm")
def check_firm(request: SignedIn, id: int, body: FirmCheckIn) -> HttpResponse:
    """All met: ready for the batch's approval; what is not met says what is missing."""
    rows = Resumption.objects.visible_to(request.auth).select_related("batch", "site")
    row = one_of(rows, id)
    found = {code: (one.met, one.note) for code, one in body.found.items()}
    actions.check_resumption(resumption=row, found=found, by=request.auth, at=now())
    return reply(_firm(one_of(rows, id)))


@router.post(
    "/resuming/batches/{int:id}/approve", response=BatchApproved, summary="Approve a batch"
)
def approve_batch(request: SignedIn, id: int) -> HttpResponse:
    """Firms whose conditions are all met reopen; the others wait for the next batch."""
    batch = one_of(ResumeBatch.objects.visible_to(request.auth), id)
    reopened, left = actions.approve_batch(batch=batch, by=request.auth, at=now())
    return reply({"reopened": reopened, "left": left})


def _batch(row: ResumeBatch) -> dict[str, Any]:
    names = ("firm_class", "number", "planned_on", "approved_at")
    return {
        "id": row.pk,
        "region": place(row.region),
        **{name: getattr(row, name) for name in names},
    }


def _firm(row: Resumption) -> dict[str, Any]:
    answers = row.answers.select_related("condition").order_by("condition__code")
    return {
        "id": row.pk, "site": ref(row.site), "people": row.people, "state": row.state,
        "answers": [
            {
                "code": one.condition.code, "text": one.condition.text, "declared": one.declared,
                "found": one.found, "note": one.note,
            }
            for one in answers
        ],
    }  # fmt: skip
