"""书记队伍 over HTTP: villages, diaries, help, surveys, removals, honours, duties."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Path, Query, Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from . import actions, queries
from .models import (
    AssistancePlan,
    DiaryEntry,
    DutyItem,
    DutyList,
    Honour,
    Removal,
    Subsidy,
    SurveyRound,
)
from .rules import in_force

router = Router(tags=["secretaries"])

Id = Annotated[int, Path(ge=1, lt=2**63)]
Cursor = Annotated[int, Query(ge=0, lt=2**63, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200)]
Year = Annotated[int, Query(ge=1949, le=2100)]


class PartyUnitRef(Schema):
    id: int
    name: str


class VillageOut(Schema):
    village: str
    code: str
    unit: PartyUnitRef | None
    first_secretary: str | None
    team_leader: str | None
    double_post: str = Field(description="what is wrong with the double post; empty if nothing")
    last_diary: date | None


class VillageCoverage(Schema):
    total: int
    covered: int
    doubled: int = Field(description="first secretaries who lead the team of their village")
    sentence: str
    items: list[VillageOut]


class DiaryIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    village: int = Field(ge=1, lt=2**63, description="id of the village's party unit")
    day: date
    text: str = Field(max_length=4000)
    place: str = Field("", max_length=200)


class DiaryOut(Schema):
    id: int
    village: PartyUnitRef
    author: str
    day: date
    place: str
    text: str
    adds_to: int | None


class DiaryPage(Schema):
    items: list[DiaryOut]
    next: str | None


class AssistancePlanOut(Schema):
    id: int
    village: PartyUnitRef
    household: str = Field(description="masked")
    need: str
    opened_on: date
    closed_on: date | None
    planned: int
    done: int
    paid_fen: int


class AssistancePlanPage(Schema):
    items: list[AssistancePlanOut]
    next: str | None


class SubsidyPayIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    voucher: str = Field(max_length=100)


class SubsidyEntryOut(Schema):
    id: int
    subsidy: int
    fen: int
    voucher: str
    day: date


class HonourOut(Schema):
    id: int
    code: str
    title: str
    year: int
    unit: PartyUnitRef
    person: str | None
    issuer: str
    reason: str
    given_on: date


class HonourPage(Schema):
    items: list[HonourOut]
    next: str | None


class RemovalOut(Schema):
    id: int
    unit: PartyUnitRef
    person: str
    reason: str
    text: str
    on: date


class RemovalPage(Schema):
    counts: dict[str, int] = Field(description='"all", "graded", and each reason')
    items: list[RemovalOut]
    next: str | None


class SurveyRoundOut(Schema):
    id: int
    unit: PartyUnitRef
    year: int
    title: str
    opens_on: date
    closes_on: date


class SurveyRoundPage(Schema):
    items: list[SurveyRoundOut]
    next: str | None


class DutyListOut(Schema):
    id: int
    unit: PartyUnitRef
    person: str | None
    year: int
    duties: int
    done: int
    late: int


class DutyListPage(Schema):
    items: list[DutyListOut]
    next: str | None


class DutyReportIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    evidence: str = Field(max_length=2000)


class DutyOut(Schema):
    id: int
    title: str
    period: str
    due: date
    evidence: str
    is_done: bool


def _page(rows, cursor: int, limit: int, shape: Callable[[Any], dict[str, Any]]) -> HttpResponse:
    return reply(listed(rows, cursor, limit, shape))


def _unit(unit: Org) -> dict[str, Any]:
    return {"id": unit.pk, "name": unit.name}


@router.get("/villages", response=VillageCoverage, summary="Villages and who is sent to them")
def list_villages(request: SignedIn) -> HttpResponse:
    """Every village of one's scope, with its first secretary, team and what is wrong."""
    cover = queries.coverage_of(queries.villages_of(request.auth), on=localdate())
    items = [
        {
            "village": one.region.name,
            "code": one.region.code,
            "unit": _unit(one.unit) if one.unit else None,
            "first_secretary": one.first.user.name if one.first else None,
            "team_leader": one.team.leader.name if one.team else None,
            "double_post": one.double,
            "last_diary": one.last_diary,
        }
        for one in cover.villages
    ]
    return reply(
        {
            "total": cover.total,
            "covered": cover.covered,
            "doubled": cover.doubled,
            "sentence": cover.sentence,
            "items": items,
        }
    )


@router.get("/diary", response=DiaryPage, summary="Diaries of villages, newest first")
def list_diary(
    request: SignedIn,
    village: int = Query(0, ge=0, lt=2**63, description="id of the village's party unit"),
    cursor: Cursor = 0,
    limit: Limit = 50,
) -> HttpResponse:
    """One's own, and those of villages whose registers one keeps or looks over."""
    rows = DiaryEntry.objects.visible_to(request.auth).select_related("village", "author")
    return _page(rows.filter(village=village) if village else rows, cursor, limit, _diary)


@router.post("/diary", response={201: DiaryOut}, summary="Write a day into one's diary")
def write_diary(request: SignedIn, body: DiaryIn, key: IdempotencyKey) -> HttpResponse:
    """What was written is never changed; a retry with the same Idempotency-Key writes once."""
    village = next(
        (one for one in queries.villages_of(request.auth) if one.pk == body.village), None
    )
    if village is None:
        raise NotFound(_("没有找到这个村，或您看不到它。"), field="village")
    entry = actions.write_diary(
        author=request.auth,
        village=village,
        day=body.day,
        text=body.text,
        place=body.place,
        at=now(),
        key=key,
    )
    return reply(_diary(entry), status=201)


def _diary(entry: DiaryEntry) -> dict[str, Any]:
    return {
        "id": entry.pk,
        "village": _unit(entry.village),
        "author": entry.author.name,
        "day": entry.day,
        "place": entry.place,
        "text": entry.text,
        "adds_to": entry.adds_to_id,
    }


@router.get("/plans", response=AssistancePlanPage, summary="Households helped, without their names")
def list_plans(request: SignedIn, cursor: Cursor = 0, limit: Limit = 50) -> HttpResponse:
    """What each needs, what was planned and done, and what was paid."""
    rows = queries.with_counts(
        AssistancePlan.objects.visible_to(request.auth).select_related("village")
    )
    page = listed(rows, cursor, limit, lambda plan: {"plan": plan})
    plans = [one["plan"] for one in page["items"]]
    paid = queries.paid_by_plan(plans)
    page["items"] = [
        {
            "id": plan.pk,
            "village": _unit(plan.village),
            "household": queries.masked_household(plan),
            "need": plan.need,
            "opened_on": plan.opened_on,
            "closed_on": plan.closed_on,
            "planned": plan.n,
            "done": plan.done,
            "paid_fen": paid.get(plan.pk, 0),
        }
        for plan in plans
    ]
    return reply(page)


@router.post(
    "/plans/{plan}/subsidies/{id}/pay",
    response={201: SubsidyEntryOut},
    summary="Pay a subsidy that was built and inspected",
)
def pay_subsidy(
    request: SignedIn, plan: Id, id: Id, body: SubsidyPayIn, key: IdempotencyKey
) -> HttpResponse:
    """Refused before it is built and inspected by another; a retry with the same key pays once."""
    found = get_object_or_404(AssistancePlan.objects.visible_to(request.auth), pk=plan)
    subsidy: Subsidy = get_object_or_404(found.subsidies, pk=id)
    entry = actions.pay_subsidy(
        subsidy=subsidy, voucher=body.voucher, by=request.auth, at=now(), key=key
    )
    told = {"id": entry.pk, "subsidy": id, "fen": entry.fen, "voucher": entry.voucher}
    return reply(told | {"day": entry.day}, status=201)


@router.get("/honours", response=HonourPage, summary="Honours that stand")
def list_honours(
    request: SignedIn, year: Year | None = None, cursor: Cursor = 0, limit: Limit = 100
) -> HttpResponse:
    """Who was honoured, with what and for what; of one year if it is named."""
    rows = Honour.objects.public().select_related("unit", "user", "issuer")
    return _page(rows.filter(year=year) if year else rows, cursor, limit, _honour)


def _honour(one: Honour) -> dict[str, Any]:
    return {
        "id": one.pk,
        "code": one.code,
        "title": one.title,
        "year": one.year,
        "unit": _unit(one.unit),
        "person": one.user.name if one.user else None,
        "issuer": one.issuer.name,
        "reason": one.reason,
        "given_on": one.given_on,
    }


@router.get("/removals", response=RemovalPage, summary="Secretaries taken out of their posts")
def list_removals(
    request: SignedIn, year: Year | None = None, cursor: Cursor = 0, limit: Limit = 100
) -> HttpResponse:
    """Counted by reason, each with the reason in words; for the units above."""
    rows = Removal.objects.visible_to(request.auth).filter(year=year or localdate().year)
    reasons = in_force("reasons", localdate())

    def shape(one: Removal) -> dict[str, Any]:
        return {
            "id": one.pk,
            "unit": _unit(one.unit),
            "person": one.post.user.name,
            "reason": reasons.title(one.reason),
            "text": one.text,
            "on": one.on,
        }

    page = listed(rows.select_related("unit", "post__user"), cursor, limit, shape)
    return reply({"counts": queries.removal_counts(rows), **page})


@router.get("/surveys", response=SurveyRoundPage, summary="Surveys of secretaries")
def list_surveys(request: SignedIn, cursor: Cursor = 0, limit: Limit = 50) -> HttpResponse:
    """Those one runs, and those one is asked in."""
    rows = SurveyRound.objects.visible_to(request.auth).select_related("unit")
    return _page(rows, cursor, limit, _round)


def _round(one: SurveyRound) -> dict[str, Any]:
    return {
        "id": one.pk,
        "unit": _unit(one.unit),
        "year": one.year,
        "title": one.title,
        "opens_on": one.opens_on,
        "closes_on": one.closes_on,
    }


@router.get("/duties", response=DutyListPage, summary="Responsibility lists and how far they are")
def list_duties(
    request: SignedIn, year: Year | None = None, cursor: Cursor = 0, limit: Limit = 50
) -> HttpResponse:
    """Lists of units and of secretaries; one's own and those of units one keeps or looks over."""
    rows = DutyList.objects.visible_to(request.auth).filter(year=year or localdate().year)
    counted = queries.with_progress(rows.select_related("unit", "user"), at=now())
    return _page(counted, cursor, limit, _duties)


def _duties(one: Any) -> dict[str, Any]:
    return {
        "id": one.pk,
        "unit": _unit(one.unit),
        "person": one.user.name if one.user else None,
        "year": one.year,
        "duties": one.n,
        "done": one.done,
        "late": one.late,
    }


@router.post("/duties/{list}/{id}/report", response=DutyOut, summary="Report a duty as met")
def report_duty(request: SignedIn, list: Id, id: Id, body: DutyReportIn) -> HttpResponse:
    """With evidence in words; the unit above may send it back."""
    found = get_object_or_404(DutyList.objects.visible_to(request.auth), pk=list)
    item: DutyItem = get_object_or_404(found.items, pk=id)
    done = actions.report_duty(item=item, evidence=body.evidence, by=request.auth, at=now())
    return reply(
        {
            "id": done.pk,
            "title": done.title,
            "period": done.period,
            "due": done.due,
            "evidence": done.evidence,
            "is_done": done.done_at is not None,
        }
    )
