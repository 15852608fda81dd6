"""The frame in force, assessments by it, and the rate of what is confirmed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from ninja import Query, Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.ui.wire import reply

from .. import actions, queries
from ..models import Assessment, AssessmentItem
from .shapes import Cursor, Id, Limit, StandardUnit, Year, one_of, page_of, unit_ref, unit_seen

router = Router()
State = Literal["passed", "failed", "draft"]
STATES: dict[str, bool | None] = {"passed": True, "failed": False, "draft": None}


class ItemOut(Schema):
    code: str
    part: str
    title: str
    how: str
    words: str = Field(description="how it is judged, in Chinese")
    is_must: bool
    source: str


class FrameOut(Schema):
    id: int
    code: str
    version: int
    name: str
    least_share: int
    effective_from: date
    source: str
    is_sample: bool
    items: list[ItemOut]


class AssessmentBrief(Schema):
    id: int
    unit: StandardUnit
    year: int
    on: date
    passed: bool | None = Field(
        description="null until somebody of the unit above has confirmed it"
    )
    confirmed_at: datetime | None


class AssessmentPage(Schema):
    items: list[AssessmentBrief]
    next: str | None


class RulingOut(Schema):
    verdict: str
    reason: str
    from_above: bool
    by: str
    at: datetime


class JudgedOut(Schema):
    id: int
    code: str
    title: str
    is_must: bool
    computed: str
    verdict: str
    reason: str
    rows: list[dict[str, str]]
    rulings: list[RulingOut]


class AssessmentOut(AssessmentBrief):
    sentence: str
    share: float | None
    open: int
    judged: list[JudgedOut]


class SumOut(Schema):
    name: str
    unit: int | None
    sector: str | None
    total: int
    passed: int
    failed: int
    drafts: int
    rate: float | None


class RateOut(Schema):
    base: str
    year: int
    whole: SumOut
    sectors: list[SumOut]
    below: list[SumOut]


class AssessIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    year: int = Field(ge=2000, le=2100)


class RuleIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    verdict: Literal["met", "not_met", "not_asked"]
    reason: str = Field(min_length=4, max_length=300)


class ReopenIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=300)


@router.get("/frame", response=FrameOut, summary="The standard frame of a day")
def get_frame(request: SignedIn, on: date | None = None) -> HttpResponse:
    """Today's unless a day is named; each item says how it is judged."""
    row = queries.standard_on(on or localdate())
    names = ("code", "version", "name", "least_share", "effective_from", "source", "is_sample")
    texts = ("code", "part", "title", "how", "is_must", "source")
    items = [
        {name: getattr(item, name) for name in texts} | {"words": queries.frame_text_of(item)}
        for item in row.items.all()
    ]
    return reply({"id": row.pk, **{name: getattr(row, name) for name in names}, "items": items})


@router.get("/rate", response=RateOut, summary="The share of branches that meet the frame")
def get_rate(
    request: SignedIn,
    year: Year,
    unit: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> HttpResponse:
    """Computed from confirmed assessments; branches not yet assessed are in the base."""
    row = unit_seen(request, unit)
    whole, fields, below = queries.sums(row, year)
    return reply(
        {
            "base": queries.base_of(),
            "year": year,
            "whole": _sum(whole),
            "sectors": [_sum(one) for one in fields],
            "below": [_sum(one) for one in below],
        }
    )


@router.get("/assessments", response=AssessmentPage, summary="Assessments of a year")
def list_assessments(
    request: SignedIn, year: Year, state: State | None = None, cursor: Cursor = 0, limit: Limit = 50
) -> HttpResponse:
    """Of the units I read; `state` is passed, failed or draft."""
    rows = Assessment.objects.visible_to(request.auth).filter(year=year).select_related("unit")
    if state is not None:
        rows = rows.filter(passed=STATES[state])
    return reply(page_of(rows, cursor, limit, _brief))


@router.get("/assessments/{int:id}", response=AssessmentOut, summary="One, item by item")
def get_assessment(request: SignedIn, id: int) -> HttpResponse:
    """Every verdict with its reason; how many members there are is for readers of the register."""
    return reply(_whole(request, id))


@router.post(
    "/units/{int:unit}/assessments", response={200: AssessmentOut}, summary="Compute a branch"
)
def assess(request: SignedIn, unit: int, body: AssessIn) -> HttpResponse:
    """Computing again brings it up to date; what people ruled stays. Refused once confirmed."""
    row = unit_seen(request, unit)
    made = actions.assess_unit(unit=row, year=body.year, by=request.auth, at=now())
    return reply(_whole(request, made.pk))


@router.post(
    "/assessment-items/{int:id}/rulings", response={201: RulingOut}, summary="Rule an item"
)
def rule(request: SignedIn, id: int, body: RuleIn) -> HttpResponse:
    """A branch rules what is judged by hand; what was computed is overruled from above only."""
    row = one_of(AssessmentItem.objects.visible_to(request.auth).select_related("assessment"), id)
    made = actions.rule_item(row=row, by=request.auth, at=now(), **body.model_dump())
    return reply(_ruling(made), 201)


@router.post("/assessments/{int:id}/confirm", response=AssessmentOut, summary="Confirm")
def confirm(request: SignedIn, id: int) -> HttpResponse:
    """For who keeps the register of the unit above; no item may be open."""
    row = one_of(Assessment.objects.visible_to(request.auth), id)
    actions.confirm_assessment(assessment=row, by=request.auth, at=now())
    return reply(_whole(request, id))


@router.post("/assessments/{int:id}/reopen", response=AssessmentOut, summary="Open it again")
def reopen(request: SignedIn, id: int, body: ReopenIn) -> HttpResponse:
    """For who keeps the register of the unit above, with the reason."""
    row = one_of(Assessment.objects.visible_to(request.auth), id)
    actions.reopen_assessment(assessment=row, reason=body.reason, by=request.auth, at=now())
    return reply(_whole(request, id))


def _sum(one: Any) -> dict[str, Any]:
    names = ("name", "total", "passed", "failed", "drafts", "rate", "sector")
    return {name: getattr(one, name) for name in names} | {"unit": one.unit_id}


def _brief(row: Assessment) -> dict[str, Any]:
    names = ("year", "on", "passed", "confirmed_at")
    return {
        "id": row.pk,
        "unit": unit_ref(row.unit),
        **{name: getattr(row, name) for name in names},
    }


def _ruling(row: Any) -> dict[str, Any]:
    names = ("verdict", "reason", "from_above", "at")
    return {name: getattr(row, name) for name in names} | {"by": row.by.name}


def _whole(request: SignedIn, pk: Id) -> dict[str, Any]:
    rows = Assessment.objects.visible_to(request.auth)
    row = one_of(rows.select_related("unit__region", "standard").defer("unit__region__polygon"), pk)
    items = queries.seen_items(row, request.auth)
    verdicts = [(one.item, one.row.verdict) for one in items]
    outcome = queries.outcome_of(verdicts, row.standard.least_share)
    return _brief(row) | {
        "sentence": outcome.sentence,
        "share": outcome.share,
        "open": outcome.open,
        "judged": [
            {
                "id": one.row.pk,
                "code": one.item.code,
                "title": one.item.title,
                "is_must": one.item.is_must,
                "computed": one.row.computed,
                "verdict": one.row.verdict,
                "reason": one.reason,
                "rows": one.rows,
                "rulings": [_ruling(ruling) for ruling in one.rulings],
            }
            for one in items
        ],
    }
