"""Operations: drafted, carried on, their figures, coverage, teams, draws, report."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.regions.models import Region
from tongxin.regions.queries import get_land
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import Operation, SamplingPlan, Team
from .shapes import (
    Cursor,
    Id,
    InspectionPlace,
    InspectionRef,
    Limit,
    inner_operation,
    one_of,
    place,
    ref,
    seen_operation,
    some_of,
)

router = Router()


class SupervisionOut(Schema):
    id: int
    name: str
    number: str
    org: InspectionRef
    region: InspectionPlace
    scope: str
    requirements: str
    tags: list[str]
    starts_on: date
    ends_on: date
    is_unannounced: bool
    state: Literal["drafted", "approved", "running", "closed"]


class SupervisionPage(Schema):
    items: list[SupervisionOut]
    next: str | None


class OperationFigure(Schema):
    code: str
    label: str
    value: float | None
    total: int | None = Field(description="out of how many, where it is a share")
    definition: str = Field(description="how it is counted, in Chinese")


class OperationFigures(Schema):
    items: list[OperationFigure]


class CoverOut(Schema):
    id: int
    kind: str
    name: str
    region: str | None = Field(description="code of the land, if the subject is land")
    visits: int
    last_on: date | None


class SubjectCoverageOut(Schema):
    items: list[CoverOut]


class TeamOut(Schema):
    id: int
    number: int
    name: str
    leader: InspectionRef
    leader_title: str
    is_class_led: bool
    dispatches: int
    people: int
    visits: int
    findings: int


class TeamsOut(Schema):
    items: list[TeamOut]


class DrawnSite(Schema):
    site: int
    code: str
    stratum: str
    people: list[int]


class DrawOut(Schema):
    id: int
    seed: str
    kinds: list[str]
    per_stratum: int
    per_site: int
    reason: str
    redraws: int | None
    redraw_reason: str
    at: datetime
    frame: int = Field(description="how many sites it was drawn from")
    is_reproduced: bool = Field(description="the seed and the frame give the same again")
    sites: list[DrawnSite]


class InspectionReport(Schema):
    title: str
    figures: dict[str, Any]
    paragraphs: list[list[str]]
    tables: list[dict[str, Any]]


class SupervisionIn(BaseModel):
    """A plan; `org` is the unit in whose name it is drafted, `region` a code."""

    model_config = ConfigDict(extra="forbid")

    org: Id
    region: str = Field(max_length=18)
    name: str = Field(max_length=80)
    number: str = Field("", max_length=40)
    scope: str = Field(max_length=2000)
    requirements: str = Field("", max_length=2000)
    tags: list[str] = Field(default=[], max_length=8)
    starts_on: date
    ends_on: date
    is_unannounced: bool = False


class SubjectsIn(BaseModel):
    """Land by code (streets, villages, communities)."""

    model_config = ConfigDict(extra="forbid")

    regions: list[str] = Field(min_length=1, max_length=500)


class TeamIn(BaseModel):
    """A team; people are those of the organising unit, by user id; areas are codes of streets."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=40)
    leader: Id
    leader_title: str = Field("", max_length=60)
    is_class_led: bool = False
    members: list[Id] = Field(default=[], max_length=60)
    areas: list[str] = Field(default=[], max_length=60)


class DrawIn(BaseModel):
    """A draw; `redraws` names the draw it takes the place of, with the reason."""

    model_config = ConfigDict(extra="forbid")

    seed: str = Field(max_length=40)
    kinds: list[str] = Field(min_length=1, max_length=10)
    per_stratum: int = Field(1, ge=1, le=50)
    per_site: int = Field(2, ge=1, le=10)
    reason: str = Field(max_length=300)
    redraws: Id | None = None
    redraw_reason: str = Field("", max_length=300)


@router.get("/operations", response=SupervisionPage, summary="Operations of supervision I see")
def list_operations(request: SignedIn, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """Latest first. An unannounced one is seen by its teams and its unit alone until it is closed."""
    rows = Operation.objects.visible_to(request.auth).select_related("org", "region")
    return reply(listed(rows, cursor, limit, _operation))


@router.post("/operations", response={201: SupervisionOut}, summary="Draft an operation")
def draft_operation(request: SignedIn, body: SupervisionIn, key: IdempotencyKey) -> HttpResponse:
    """For inspectors, officers and secretaries of the unit."""
    given = body.model_dump()
    org = one_of(Org.objects.public(), given.pop("org"))
    region = one_of(Region.objects.public(), get_land(given.pop("region")).id)
    made = actions.draft_operation(
        org=org, region=region, key=key or "", by=request.auth, at=now(), **given
    )
    return reply(_operation(made), 201)


@router.get("/operations/{int:id}", response=SupervisionOut, summary="One operation")
def get_operation(request: SignedIn, id: int) -> HttpResponse:
    """Its plan and state."""
    return reply(_operation(seen_operation(request, id)))


@router.post("/operations/{int:id}/approve", response=SupervisionOut, summary="Approve a plan")
def approve_operation(request: SignedIn, id: int) -> HttpResponse:
    """For a leader or secretary of the unit, never who drafted it."""
    row = seen_operation(request, id)
    return reply(_operation(actions.approve_operation(operation=row, by=request.auth, at=now())))


@router.post("/operations/{int:id}/begin", response=SupervisionOut, summary="Let an operation run")
def begin_operation(request: SignedIn, id: int) -> HttpResponse:
    """Once it is approved and has teams and subjects."""
    row = seen_operation(request, id)
    return reply(_operation(actions.begin_operation(operation=row, by=request.auth, at=now())))


@router.post("/operations/{int:id}/close", response=SupervisionOut, summary="Close an operation")
def close_operation(request: SignedIn, id: int) -> HttpResponse:
    """Computes the report, keeps it, and drafts it as a document."""
    row = seen_operation(request, id)
    return reply(_operation(actions.close_operation(operation=row, by=request.auth, at=now())))


@router.get("/operations/{int:id}/figures", response=OperationFigures, summary="What it did")
def list_figures(request: SignedIn, id: int) -> HttpResponse:
    """Every figure with how it is counted."""
    row = seen_operation(request, id)
    items = [
        {
            "code": one.code, "label": str(one.label), "value": one.value, "total": one.total,
            "definition": str(one.definition),
        }
        for one in queries.figures_of(row)
    ]  # fmt: skip
    return reply({"items": items})


@router.get("/operations/{int:id}/coverage", response=SubjectCoverageOut, summary="Whom it reached")
def list_coverage(request: SignedIn, id: int) -> HttpResponse:
    """Every subject of the plan with its finished visits."""
    row = seen_operation(request, id)
    items = [
        {
            "id": one.subject.pk, "kind": one.subject.kind, "name": one.subject.name,
            "region": one.subject.region.code if one.subject.region else None,
            "visits": one.visits, "last_on": one.last_on,
        }
        for one in queries.coverage_of(row)
    ]  # fmt: skip
    return reply({"items": items})


@router.post(
    "/operations/{int:id}/subjects", response=SubjectCoverageOut, summary="Name land as subjects"
)
def add_subjects(request: SignedIn, id: int, body: SubjectsIn) -> HttpResponse:
    """What is named already stays as it is."""
    row = seen_operation(request, id)
    regions = some_of(Region.objects.public(), [get_land(c).id for c in body.regions], "regions")
    actions.add_land(operation=row, regions=regions, by=request.auth)
    return list_coverage(request, id)


@router.get("/operations/{int:id}/teams", response=TeamsOut, summary="Its teams with their figures")
def list_teams(request: SignedIn, id: int) -> HttpResponse:
    """By number; the figures of each are of the whole operation so far."""
    row = seen_operation(request, id)
    return reply({"items": [_team(one) for one in queries.teams_of(row)]})


@router.post("/operations/{int:id}/teams", response={201: TeamOut}, summary="Make a team")
def make_team(request: SignedIn, id: int, body: TeamIn) -> HttpResponse:
    """Its number is the next; a leader of the leading body is checked to be one."""
    row = inner_operation(request, id)
    given = body.model_dump()
    people = queries.people_for(row)
    given["leader"] = some_of(people, [given["leader"]], "leader")[0]
    given["members"] = some_of(people, given["members"], "members")
    codes = [get_land(code).id for code in given["areas"]]
    given["areas"] = some_of(Region.objects.public(), codes, "areas")
    made: Team = actions.make_team(operation=row, by=request.auth, at=now(), **given)
    return reply(_team(next(one for one in queries.teams_of(row) if one.team.pk == made.pk)), 201)


@router.post("/operations/{int:id}/draws", response={201: DrawOut}, summary="Draw sites and people")
def make_draw(request: SignedIn, id: int, body: DrawIn, key: IdempotencyKey) -> HttpResponse:
    """By kind and street, conflicts of interest left out. From the seed anybody can draw it again."""
    row = inner_operation(request, id)
    given = body.model_dump()
    pk = given.pop("redraws")
    before = one_of(SamplingPlan.objects.visible_to(request.auth), pk) if pk else None
    made = actions.draw_sample(
        operation=row, redraws=before, key=key or "", by=request.auth, at=now(), **given
    )
    return reply(_draw(made), 201)


@router.get("/draws/{int:id}", response=DrawOut, summary="One draw")
def get_draw(request: SignedIn, id: int) -> HttpResponse:
    """For who is inside of its operation."""
    return reply(_draw(one_of(SamplingPlan.objects.visible_to(request.auth), id)))


@router.get("/operations/{int:id}/report", response=InspectionReport, summary="Its report")
def get_report(request: SignedIn, id: int) -> HttpResponse:
    """As it was when the operation was closed."""
    row = seen_operation(request, id)
    if row.state != Operation.State.CLOSED:
        raise NotFound(_("专项监督还没有结束，没有报告。"))
    return reply(row.result)


def _operation(row: Operation) -> dict[str, Any]:
    names = (
        "name", "number", "scope", "requirements", "tags", "starts_on", "ends_on",
        "is_unannounced", "state",
    )  # fmt: skip
    return {
        "id": row.pk,
        "org": ref(row.org),
        "region": place(row.region),
        **{name: getattr(row, name) for name in names},
    }


def _team(one: queries.TeamLine) -> dict[str, Any]:
    row = one.team
    return {
        "id": row.pk, "number": row.number, "name": row.name, "leader": ref(row.leader),
        "leader_title": row.leader_title, "is_class_led": row.is_class_led,
        "dispatches": one.dispatches, "people": one.people, "visits": one.visits,
        "findings": one.findings,
    }  # fmt: skip


def _draw(row: SamplingPlan) -> dict[str, Any]:
    names = ("seed", "kinds", "per_stratum", "per_site", "reason", "redraw_reason", "at")
    sites = row.sites.select_related("site").prefetch_related("people").order_by("order")
    return {
        "id": row.pk,
        "redraws": row.redraws_id,
        "frame": len(row.frame),
        "is_reproduced": queries.recomputed(row),
        "sites": [
            {
                "site": one.site_id, "code": one.site.code, "stratum": one.stratum,
                "people": [person.user_id for person in one.people.all()],
            }
            for one in sites
        ],
        **{name: getattr(row, name) for name in names},
    }  # fmt: skip
