"""Ratings of units as JSON: a year's list, its labels; plans of lagging units and their measures."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Path, Query, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid, NotFound
from tongxin.ui.paging import listed
from tongxin.ui.wire import reply

from .. import actions, queries
from ..models import ImprovementPlan, Org, PlanMeasure, RatingLabel, UnitRating
from .orgs import OrgRef
from .router import router

ToneName = Literal["good", "lagging"]
RowId = Annotated[int, Path(ge=1, lt=2**63)]
DatabaseId = Annotated[int, Field(ge=1, lt=2**63)]
Cursor = Query(0, ge=0, lt=2**63, description="`next` of the page before")
AnyYear = Query(None, ge=2000, le=2100, description="default: this year")
MOST_MEASURES = 20


class RatingLabelOut(Schema):
    code: str
    version: int
    name: str
    tone: ToneName
    criteria: str
    source: str
    is_sample: bool
    n: int = Field(description="units that carry it in that year, of those the caller reads")
    base: int = Field(description="units that may carry it, of those the caller reads")
    percent: float | None = Field(description="of the base; null where nobody may carry it")


class RatingLabels(Schema):
    year: int
    items: list[RatingLabelOut]


class UnitRatingOut(Schema):
    id: int
    unit: OrgRef
    year: int
    label: str = Field(description="code of the label")
    label_name: str
    tone: ToneName
    reason: str
    on: date
    decided_by: str
    plan_id: int | None = Field(description="of a lagging unit: its plan to catch up")
    withdrawn_on: date | None
    withdrawn_why: str


class UnitRatingPage(Schema):
    items: list[UnitRatingOut]
    next: str | None


class MeasureOut(Schema):
    id: int
    text: str
    who: str
    due: date
    done_on: date | None
    note: str


class UnitPlanOut(Schema):
    id: int
    unit: OrgRef
    rating_id: int
    causes: str
    due: date
    measures: list[MeasureOut]
    lifted_on: date | None
    lifted_why: str


class UnitRatingIn(BaseModel):
    """A label for a unit in a year; the reason is a person's."""

    model_config = ConfigDict(extra="forbid")

    unit: DatabaseId
    year: int = Field(ge=2000, le=2100)
    label: str = Field(max_length=30, description="code of a label in force on `on`")
    reason: str = Field(max_length=600)
    on: date


class RatingWithdrawalIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(max_length=600)


class MeasureIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=400)
    due: date
    who: str = Field("", max_length=80)


class UnitPlanIn(BaseModel):
    """What a lagging unit does to catch up."""

    model_config = ConfigDict(extra="forbid")

    causes: str = Field(max_length=2000)
    due: date
    measures: list[MeasureIn] = Field(min_length=1, max_length=MOST_MEASURES)


class MeasureDoneIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    on: date
    note: str = Field(max_length=600)


class LiftIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    on: date
    reason: str = Field(max_length=600)


@router.get(
    "/unit-ratings", response=UnitRatingPage, tags=["unit ratings"], summary="Ratings of a year"
)
def list_unit_ratings(
    request: SignedIn,
    *,
    year: int | None = AnyYear,
    label: str = Query("", max_length=30, description="code of a label: those that carry it"),
    cursor: int = Cursor,
    limit: int = Query(50, ge=1, le=200),
) -> HttpResponse:
    """Those that stand, oldest first, of units the caller reads. Nothing is scored or ranked."""
    rows = queries.ratings_of(request.auth, year or localdate().year, label=label)
    return reply(listed(rows, cursor, limit, _rating, oldest=True))


@router.get(
    "/unit-ratings/labels",
    response=RatingLabels,
    tags=["unit ratings"],
    summary="Labels in force, and the share of each",
)
def list_rating_labels(request: SignedIn, year: int | None = AnyYear) -> HttpResponse:
    """Each with how many carry it in the year, of how many that may: a share shows its base."""
    today = localdate()
    year = year or today.year
    shares = queries.shares(request.auth, year, on=today)
    return reply({"year": year, "items": [_label(share) for share in shares]})


@router.post(
    "/unit-ratings", response={201: UnitRatingOut}, tags=["unit ratings"], summary="Rate a unit"
)
def rate_unit(request: SignedIn, body: UnitRatingIn) -> HttpResponse:
    """For who keeps the register of the unit above; the unit's secretary is told."""
    rating = actions.rate_unit(
        unit=_rated_unit(request, body.unit),
        year=body.year,
        label=_label_on(body.label, body.on),
        reason=body.reason,
        on=body.on,
        at=now(),
        by=request.auth,
    )
    return reply(_rating(_rating_of(request, rating.pk)), status=201)


@router.post(
    "/unit-ratings/{id}/withdraw",
    response=UnitRatingOut,
    tags=["unit ratings"],
    summary="Take a label back",
)
def withdraw_rating(request: SignedIn, id: RowId, body: RatingWithdrawalIn) -> HttpResponse:
    """With the reason; the row stays, but is in no list any more."""
    rating = _rating_of(request, id)
    actions.withdraw_rating(rating=rating, why=body.reason, at=now(), by=request.auth)
    return reply(_rating(_rating_of(request, id)))


@router.post(
    "/unit-ratings/{id}/plan",
    response={201: UnitPlanOut},
    tags=["unit ratings"],
    summary="Write the plan of a lagging unit",
)
def make_unit_plan(request: SignedIn, id: RowId, body: UnitPlanIn) -> HttpResponse:
    """For who keeps the unit's own register, its secretary or above; one plan for a rating."""
    plan = actions.make_plan(
        rating=_rating_of(request, id),
        causes=body.causes,
        due=body.due,
        measures=[_measure_in(one) for one in body.measures],
        at=now(),
        by=request.auth,
    )
    return reply(_plan(plan), status=201)


@router.get(
    "/unit-plans/{id}", response=UnitPlanOut, tags=["unit ratings"], summary="A plan to catch up"
)
def get_unit_plan(request: SignedIn, id: RowId) -> HttpResponse:
    """With its measures: what was to be done by when, and how it was done."""
    return reply(_plan(_plan_of(request, id)))


@router.post(
    "/unit-plans/{id}/measures",
    response={201: UnitPlanOut},
    tags=["unit ratings"],
    summary="Add a measure to a plan",
)
def add_measure(request: SignedIn, id: RowId, body: MeasureIn) -> HttpResponse:
    """While the plan runs; answers the whole plan."""
    plan = _plan_of(request, id)
    actions.add_measure(plan=plan, measure=_measure_in(body), at=now(), by=request.auth)
    return reply(_plan(_plan_of(request, id)), status=201)


@router.post(
    "/unit-plans/{id}/measures/{measure_id}/finish",
    response=UnitPlanOut,
    tags=["unit ratings"],
    summary="Say that a measure was done",
)
def finish_measure(
    request: SignedIn, id: RowId, measure_id: RowId, body: MeasureDoneIn
) -> HttpResponse:
    """And how it was done; answers the whole plan."""
    measure = _plan_of(request, id).measures.filter(pk=measure_id).first()
    if measure is None:
        raise NotFound(_("方案里没有这条措施。"))
    actions.finish_measure(measure=measure, on=body.on, note=body.note, at=now(), by=request.auth)
    return reply(_plan(_plan_of(request, id)))


@router.post(
    "/unit-plans/{id}/lift",
    response=UnitPlanOut,
    tags=["unit ratings"],
    summary="Say that a unit has caught up",
)
def lift_unit_plan(request: SignedIn, id: RowId, body: LiftIn) -> HttpResponse:
    """For who keeps the register of the unit above, once every measure is done."""
    plan = _plan_of(request, id)
    actions.lift_plan(plan=plan, why=body.reason, on=body.on, at=now(), by=request.auth)
    return reply(_plan(_plan_of(request, id)))


def _rated_unit(request: SignedIn, pk: int) -> Org:
    rows = Org.objects.visible_to(request.auth).select_related("region", "parent")
    unit = rows.filter(pk=pk).first()
    if unit is None:
        raise NotFound(_("没有找到这个党组织，或您看不到它。"), field="unit")
    return unit


def _label_on(code: str, day: date) -> RatingLabel:
    """Return the newest version of a label in force on a day."""
    found = {one.code: one for one in queries.labels_on(day)}
    if code not in found:
        raise Invalid(_("评定那天没有“%s”这个等次。") % code, field="label")
    return found[code]


def _rating_of(request: SignedIn, pk: int) -> UnitRating:
    rows = UnitRating.objects.visible_to(request.auth)
    rows = rows.select_related("unit__parent", "label", "plan", "decided_by")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到这次评定，或您看不到它。"))
    return found


def _plan_of(request: SignedIn, pk: int) -> ImprovementPlan:
    rows = ImprovementPlan.objects.visible_to(request.auth).select_related("unit__parent")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到这个整改方案，或您看不到它。"))
    return found


def _measure_in(one: MeasureIn) -> actions.Measure:
    return actions.Measure(one.text, one.due, one.who)


def _label(share: queries.Share) -> dict[str, Any]:
    names = ("code", "version", "name", "tone", "criteria", "source", "is_sample")
    facts = {name: getattr(share.label, name) for name in names}
    return {**facts, "n": share.n, "base": share.base, "percent": share.percent}


def _rating(one: UnitRating) -> dict[str, Any]:
    plan = getattr(one, "plan", None)
    names = ("id", "year", "reason", "on", "withdrawn_on", "withdrawn_why")
    return {
        **{name: getattr(one, name) for name in names},
        "unit": {"id": one.unit_id, "name": one.unit.name},
        "label": one.label.code,
        "label_name": one.label.name,
        "tone": one.label.tone,
        "decided_by": one.decided_by.name,
        "plan_id": plan.pk if plan else None,
    }


def _plan(one: ImprovementPlan) -> dict[str, Any]:
    names = ("id", "rating_id", "causes", "due", "lifted_on", "lifted_why")
    return {
        **{name: getattr(one, name) for name in names},
        "unit": {"id": one.unit_id, "name": one.unit.name},
        "measures": [_measure(row) for row in one.measures.order_by("due", "pk")],
    }


def _measure(one: PlanMeasure) -> dict[str, Any]:
    names = ("id", "text", "who", "due", "done_on", "note")
    return {name: getattr(one, name) for name in names}
