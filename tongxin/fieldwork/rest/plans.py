"""Plans: listed, made, their coverage, changed and stopped."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from ninja import Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.orgs.models import Org
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import Checklist, Plan
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
from .visits import Kind, VisitReason

router = Router()
Every = Literal["once", "daily", "workdays", "weekly", "monthly", "times"]
Period = Literal["week", "month", "quarter", "year"]
Assign = Literal["crew", "named", "rotate", "each"]
TargetKind = Literal["grid", "community", "building", "site", "component", "household", "org", "person"]  # fmt: skip


class PlanSlot(Schema):
    due_from: date
    due_on: date
    why: str


class VisitPlanOut(Schema):
    """A plan; `next` are the visits still to be made, with the reason."""

    id: int
    kind: str
    name: str
    region: VisitRegion
    target_kind: str
    every: str
    rhythm: str
    assign: str
    people: list[VisitPerson]
    targets: int
    starts_on: date
    ends_on: date | None
    state: Literal["active", "waiting", "stopped", "ended"] = Field(
        description="waiting: it burdens communities and is not admitted; no visits until it is"
    )
    admission_code: str
    admission: str = Field(
        description="as last judged: why it is admitted or not; empty: it asks nothing of communities"
    )
    is_unannounced: bool
    checklist: int | None
    next: list[PlanSlot]


class VisitPlanPage(Schema):
    items: list[VisitPlanOut]
    next: str | None


class PlanPlace(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    region: Code
    org: Id | None = None
    ref: str = Field("", max_length=64)
    lng: float | None = Field(None, ge=-180, le=180)
    lat: float | None = Field(None, ge=-90, le=90)


class VisitPlanIn(BaseModel):
    """A plan to make; without `targets`, all places of `target_kind` below the region."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    name: str = Field(max_length=80)
    region: Code
    target_kind: TargetKind
    every: Every
    times: int = Field(1, ge=1, le=31)
    period: Period = "month"
    weekday: int = Field(1, ge=1, le=7)
    month_day: int = Field(1, ge=1, le=31)
    days: int = Field(1, ge=1, le=366)
    assign: Assign = "crew"
    people: list[Id] = Field(default=[], max_length=200)
    starts_on: date
    ends_on: date | None = None
    checklist: Id | None = None
    unannounced: bool = False
    org_kind: str = Field("", max_length=12)
    unit_kind: str = Field("", max_length=16)
    admission_code: str = Field("", max_length=10, description="item of the list of admitted tasks")
    targets: list[PlanPlace] | None = Field(None, max_length=3000)


class VisitPlanChange(VisitReason):
    name: str | None = Field(None, max_length=80)
    every: Every | None = None
    times: int | None = Field(None, ge=1, le=31)
    period: Period | None = None
    weekday: int | None = Field(None, ge=1, le=7)
    month_day: int | None = Field(None, ge=1, le=31)
    days: int | None = Field(None, ge=1, le=366)
    assign: Assign | None = None
    people: list[Id] | None = Field(None, max_length=200)


class CoverageShare(Schema):
    done: int
    total: int
    words: str
    percent: int | None


class CoverageRow(Schema):
    target: str
    ref: str
    states: list[str | None] = Field(description="the worst state in each column, null for none")
    share: CoverageShare


class PlanCoverage(Schema):
    """Targets by days, or by people where each walks all: 26/26 is all of them."""

    columns: list[str]
    rows: list[CoverageRow]
    targets: CoverageShare
    visits: CoverageShare


@router.get("/plans", response=VisitPlanPage, summary="Plans I may see")
def list_plans(request: SignedIn, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """Newest first. An unannounced one is there for those who ordered it and who go."""
    rows = Plan.objects.visible_to(request.auth).select_related("region")
    rows = rows.prefetch_related("named__user", "targets")
    return reply(listed(rows, cursor, limit, _plan))


@router.post("/plans", response={201: VisitPlanOut}, summary="Make a plan")
def make_plan(request: SignedIn, body: VisitPlanIn, key: IdempotencyKey) -> HttpResponse:
    """For who plans on that land. A retry with the same key makes one."""
    given = body.model_dump()
    checklist, targets = given.pop("checklist"), given.pop("targets")
    lists = Checklist.objects.visible_to(request.auth).published()
    made = actions.make_plan(
        region=region_of_code(given.pop("region")), by=request.auth, at=now(), key=key or "",
        checklist=one_of(lists, checklist) if checklist else None,
        people=people_of(request, given.pop("people")),
        targets=None if targets is None else [_place(one) for one in targets], **given,
    )  # fmt: skip
    return reply(_plan(_read(request, made.pk)), 201)


def _place(one: dict[str, Any]) -> dict[str, Any]:
    org = one_of(Org.objects.public(), one["org"]) if one["org"] else None
    return one | {"region": region_of_code(one["region"]), "org": org}


@router.get("/plans/{int:id}", response=VisitPlanOut, summary="One plan and what comes next")
def get_plan(request: SignedIn, id: int) -> HttpResponse:
    """With the visits that are still to be made, each with its reason, and whether it is admitted."""
    return reply(_plan(_read(request, id)))


@router.get("/plans/{int:id}/coverage", response=PlanCoverage, summary="How much is covered")
def get_coverage(
    request: SignedIn, id: int, since: date | None = None, until: date | None = None
) -> HttpResponse:
    """In a period, this year unless said otherwise."""
    plan = _read(request, id)
    first, last = queries.period_of("year", localdate())
    matrix = queries.coverage(plan, since or first, until or last)
    return reply(
        {
            "columns": matrix.columns,
            "rows": [
                {
                    "target": row.target.name,
                    "ref": row.target.ref,
                    "states": [cell["state"] if cell else None for cell in row.cells],
                    "share": _share(row.share),
                }
                for row in matrix.rows
            ],
            "targets": _share(matrix.targets),
            "visits": _share(matrix.visits),
        }
    )


@router.post("/plans/{int:id}/change", response=VisitPlanOut, summary="Change how a plan goes on")
def change_plan(request: SignedIn, id: int, body: VisitPlanChange) -> HttpResponse:
    """What is not named stays; the change and its reason are kept."""
    plan = _read(request, id)
    given = body.model_dump(exclude_unset=True, exclude_none=True)
    people = given.pop("people", None)
    there = [one.user_id for one in plan.named.all()]
    chosen = people_of(request, people, *there) if people is not None else None
    actions.change_plan(plan=plan, by=request.auth, at=now(), people=chosen, **given)
    return reply(_plan(_read(request, id)))


@router.post("/plans/{int:id}/stop", response=VisitPlanOut, summary="Stop a plan")
def stop_plan(request: SignedIn, id: int, body: VisitReason) -> HttpResponse:
    """Visits that have not begun are called off."""
    actions.stop_plan(plan=_read(request, id), reason=body.reason, by=request.auth, at=now())
    return reply(_plan(_read(request, id)))


@router.post("/plans/{int:id}/resume", response=VisitPlanOut, summary="Take a plan up again")
def resume_plan(request: SignedIn, id: int, body: VisitReason) -> HttpResponse:
    """From today; what was left out is not made up for."""
    actions.resume_plan(plan=_read(request, id), reason=body.reason, by=request.auth, at=now())
    return reply(_plan(_read(request, id)))


@router.post("/plans/{int:id}/end", response=VisitPlanOut, summary="End a plan for good")
def end_plan(request: SignedIn, id: int, body: VisitReason) -> HttpResponse:
    """Visits that have not begun are called off."""
    actions.end_plan(plan=_read(request, id), reason=body.reason, by=request.auth, at=now())
    return reply(_plan(_read(request, id)))


def _read(request: SignedIn, id: int) -> Plan:
    rows = Plan.objects.visible_to(request.auth).select_related("region", "checklist")
    return one_of(rows.prefetch_related("named__user", "targets"), id)


def _plan(row: Plan) -> dict[str, Any]:
    names = ("kind", "name", "target_kind", "every", "assign", "starts_on", "ends_on", "state", "is_unannounced", "admission_code")  # fmt: skip
    return {
        "id": row.pk,
        "region": region_ref(row.region),
        "rhythm": queries.rhythm_in_words(row),
        "people": [person(one.user) for one in row.named.all()],
        "targets": sum(one.dropped_on is None for one in row.targets.all()),
        "checklist": row.checklist_id,
        "admission": row.admission_why,
        "next": [
            {"due_from": slot.due_from, "due_on": slot.due_on, "why": slot.why}
            for slot in queries.next_slots(row, localdate(), 3)
        ],
        **{name: getattr(row, name) for name in names},
    }


def _share(share: queries.Share) -> dict[str, Any]:
    return {
        "done": share.done, "total": share.total, "words": share.words, "percent": share.percent,
    }  # fmt: skip
