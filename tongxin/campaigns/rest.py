"""Campaigns, the admission list, approvals, burdens and plates, for programs."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import Land, get_land, region_of, world
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from . import actions, queries
from .models import AdmissionItem, AdmissionList, Approval, Campaign, CampaignTask, Plate
from .models.admission import BURDEN_READERS

router = Router(tags=["campaigns"])
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str, Query(max_length=60, description="`next` of the page before")]
Code = Annotated[str, Query(max_length=18, description="code of a region my posts reach")]
STRICT = ConfigDict(extra="forbid")
Id = Annotated[int, Field(ge=1, lt=2**63)]


class CampaignOut(Schema):
    id: int
    kind: str
    name: str
    region: str
    level: str
    state: str
    from_on: date
    due_on: date
    wanted: int
    items: list[dict[str, Any]]


class CampaignOutPage(Schema):
    items: list[CampaignOut]
    next: str | None


class CampaignPlaceOut(Schema):
    region: str
    name: str
    total: int
    reported: int
    closed: int
    late: int


class CampaignDetailOut(CampaignOut):
    total: int
    reported: int
    closed: int
    late: int
    places: list[CampaignPlaceOut]


class CampaignItemIn(BaseModel):
    model_config = STRICT

    text: str = Field(max_length=60)
    kind: Literal["yes_no", "number", "text"]
    unit: str = Field("", max_length=10)


class CampaignIn(BaseModel):
    model_config = STRICT

    kind: str = Field(max_length=12)
    name: str = Field(max_length=60)
    region: str = Field(max_length=12)
    org: Id
    from_on: date
    due_on: date
    level: Literal["grid", "community"] = "grid"
    text: str = Field("", max_length=2000)
    items: list[CampaignItemIn] = Field(default_factory=list, max_length=20)
    needs_photo: bool = True
    burden: Literal["task", "form", "check"] = "task"
    admitted_by: Id | None = Field(None, description="id of an item of the admission list")


class CampaignTaskOut(Schema):
    id: UUID
    region: str
    step: str
    due_on: date
    is_late: bool
    answers: dict[str, Any]


class CampaignTaskPage(Schema):
    items: list[CampaignTaskOut]
    next: str | None


class TaskReportIn(BaseModel):
    model_config = STRICT

    answers: dict[str, Any] = Field(default_factory=dict, max_length=20)
    note: str = Field(max_length=2000)
    evidence: list[UUID] = Field(default_factory=list, max_length=6)


class AdmissionAskIn(BaseModel):
    model_config = STRICT

    reason: str = Field(max_length=500)


class ApprovalOut(Schema):
    id: int
    title: str
    kind: str
    region: str
    reason: str
    verdict: str
    expires_on: date | None


class ApprovalOutPage(Schema):
    items: list[ApprovalOut]
    next: str | None


class ApprovalDecideIn(BaseModel):
    model_config = STRICT

    approve: bool
    expires_on: date | None = None
    decision: str = Field("", max_length=300)


class AdmissionItemOut(Schema):
    id: int
    code: str
    kind: str
    name: str
    department: str
    basis: str
    times_a_year: int


class AdmissionOut(Schema):
    name: str | None
    version: str | None
    items: list[AdmissionItemOut]


class CommunityBurdenOut(Schema):
    community: str
    name: str
    task: int
    form: int
    check: int
    outside: int
    plates: int


class BurdensOut(Schema):
    total: int
    outside: int
    communities: list[CommunityBurdenOut]


class BurdenIn(BaseModel):
    model_config = STRICT

    community: str = Field(max_length=12)
    kind: Literal["task", "form", "check"]
    title: str = Field(max_length=100)
    from_name: str = Field(max_length=100)
    on: date
    item: Id | None = None


class BurdenOut(Schema):
    id: int
    is_admitted: bool


class PlateOut(Schema):
    id: int
    community: str
    text: str
    from_name: str
    reason: str
    is_admitted: bool
    hung_on: date
    removed_on: date | None


class PlateOutPage(Schema):
    items: list[PlateOut]
    next: str | None


def _land(request: SignedIn, code: str) -> Land:
    land = get_land(code)
    paths = [post.path for post in posts_of(request.auth) if post.role in BURDEN_READERS]
    if not any(land.path.startswith(path) for path in paths):
        raise NotFound(_("没有找到这个区域，或不归您管。"))
    return land


def _one(rows: Any, pk: Any) -> Any:
    """:raises NotFound: if no such row is among those the caller sees"""
    one = rows.filter(pk=pk).first()
    if one is None:
        raise NotFound(_("没有找到，或您看不到它。"))
    return one


def _campaign(one: Campaign) -> dict[str, Any]:
    names = ("id", "kind", "name", "level", "state", "from_on", "due_on", "wanted", "items")
    return {name: getattr(one, name) for name in names} | {"region": one.region.code}


def _seen(request: SignedIn, pk: int) -> Campaign:
    rows = Campaign.objects.visible_to(request.auth)
    return _one(rows.select_related("region", "org", "admitted_by__list"), pk)


@router.get("", response=CampaignOutPage, summary="Campaigns of my land")
def list_campaigns(
    request: SignedIn,
    state: Literal["", "draft", "issuing", "running", "closed", "withdrawn"] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> HttpResponse:
    """Newest first; drafts are seen by who overlooks the land."""
    rows = Campaign.objects.visible_to(request.auth).select_related("region")
    rows = rows.filter(state=state) if state else rows
    return reply(listed(rows, cursor, limit, _campaign))


@router.post("", response={201: CampaignOut}, summary="Propose a campaign")
def propose(request: SignedIn, body: CampaignIn, key: IdempotencyKey) -> HttpResponse:
    """It is a draft until it is issued. A retry with a key proposes it once."""
    given = body.model_dump()
    region = region_of(_land(request, given.pop("region")))
    org = _one(Org.objects.public(), given.pop("org"))
    item = given.pop("admitted_by")
    made = actions.propose_campaign(
        region=region, org=org, admitted_by=_item(region.path, item), at=now(), by=request.auth,
        key=key or "", **given,
    )  # fmt: skip
    return reply(_campaign(made), 201)


def _item(path: str, pk: int | None) -> AdmissionItem | None:
    """Return an item of the list in force at a place."""
    if pk is None:
        return None
    current = AdmissionList.objects.public().in_force(path, localdate())
    if current is None:
        raise NotFound(_("这里还没有准入目录。"), field="admitted_by")
    return _one(current.items.all(), pk)


@router.get("/admission", response=AdmissionOut, summary="What may be asked of communities")
def get_admission(request: SignedIn, region: Code) -> HttpResponse:
    """The list in force today at a place."""
    found = AdmissionList.objects.public().in_force(_land(request, region).path, localdate())
    names = ("id", "code", "kind", "name", "department", "basis", "times_a_year")
    items = [{n: getattr(one, n) for n in names} for one in found.items.all()] if found else []
    told = (
        {"name": found.name, "version": found.version} if found else {"name": None, "version": None}
    )
    return reply(told | {"items": items})


def _approval(one: Approval) -> dict[str, Any]:
    names = ("id", "title", "kind", "reason", "verdict", "expires_on")
    return {name: getattr(one, name) for name in names} | {"region": one.region.code}


@router.get("/approvals", response=ApprovalOutPage, summary="What was asked beside the list")
def list_approvals(
    request: SignedIn, waiting: bool = True, cursor: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """Those that wait, or those decided, newest first; for who overlooks the land."""
    rows = Approval.objects.visible_to(request.auth).select_related("region")
    rows = rows.filter(verdict="") if waiting else rows.exclude(verdict="")
    return reply(listed(rows, cursor, limit, _approval))


@router.post("/approvals/{int:id}/decide", response=ApprovalOut, summary="Approve or refuse")
def decide(request: SignedIn, id: int, body: ApprovalDecideIn) -> HttpResponse:
    """By an officer of the district other than the one who asked."""
    one = _one(Approval.objects.visible_to(request.auth), id)
    done = actions.decide_approval(one, at=now(), by=request.auth, **body.model_dump())
    return reply(_approval(done))


@router.get("/burdens", response=BurdensOut, summary="What communities bear in a month")
def get_burdens(
    request: SignedIn,
    region: Code,
    month: Annotated[str, Query(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")],
) -> HttpResponse:
    """By community, with what came from outside the list."""
    day = date.fromisoformat(f"{month}-01")
    found = queries.burdens_of(_land(request, region), request.auth, since=day, until=day)
    return reply(
        {
            "total": found.total,
            "outside": found.outside,
            "communities": [
                {
                    "community": row.land.code, "name": row.land.name, "outside": row.outside,
                    "plates": row.plates, **{kind.value: row.kinds.get(kind, 0) for kind in queries.COUNTED},
                }
                for row in found.rows
            ],
        }
    )  # fmt: skip


@router.post("/burdens", response={201: BurdenOut}, summary="Write down what came another way")
def record_burden(request: SignedIn, body: BurdenIn, key: IdempotencyKey) -> HttpResponse:
    """Without an item of the list it counts as coming from outside it."""
    given = body.model_dump()
    community = region_of(_land(request, given.pop("community")))
    item = _item(community.path, given.pop("item"))
    made = actions.record_burden(
        community=community, item=item, at=now(), by=request.auth, key=key or "", **given
    )
    return reply({"id": made.pk, "is_admitted": made.is_admitted}, 201)


def _plate(one: Plate) -> dict[str, Any]:
    names = ("id", "text", "from_name", "reason", "hung_on", "removed_on")
    told = {name: getattr(one, name) for name in names}
    return told | {"community": one.community.code, "is_admitted": one.item_id is not None}


@router.get("/plates", response=PlateOutPage, summary="Plates on the walls of communities")
def list_plates(
    request: SignedIn, region: Code, hanging: bool = True, cursor: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """Those that hang, or those taken down, each with who asked for it and why."""
    rows = queries.plates_in(request.auth, _land(request, region).path)
    rows = rows.filter(removed_on=None) if hanging else rows.exclude(removed_on=None)
    return reply(listed(rows, cursor, limit, _plate))


@router.post(
    "/tasks/{uuid:id}/report", response=CampaignTaskOut, summary="Answer and report a task"
)
def report_task(
    request: SignedIn, id: UUID, body: TaskReportIn, key: IdempotencyKey
) -> HttpResponse:
    """For who works in the grid and has taken the task over. A retry with a key acts once."""
    rows = CampaignTask.objects.visible_to(request.auth).select_related(
        "case", "campaign", "region"
    )
    task = _one(rows, id)
    photos = list(task.case.evidence.filter(pk__in=body.evidence, uploaded_by=request.auth))
    actions.finish_task(
        task, answers=body.answers, note=body.note, evidence=photos, at=now(), by=request.auth,
        key=key,
    )  # fmt: skip
    return reply(_task(_one(rows, id)))


def _task(task: CampaignTask) -> dict[str, Any]:
    return {
        "id": task.pk,
        "region": task.region.code,
        "step": task.case.step,
        "due_on": task.due_on,
        "is_late": task.case.is_late,
        "answers": task.answers,
    }


@router.get("/{int:id}", response=CampaignDetailOut, summary="One campaign and how far it is")
def get_campaign(request: SignedIn, id: int) -> HttpResponse:
    """Figures count the tasks the caller sees."""
    one = _seen(request, id)
    land = world().by_path[one.region.path]
    found = queries.progress_of(one, land, at=now(), actor=request.auth)
    names = ("total", "reported", "closed", "late")
    told = {name: getattr(found, name) for name in names}
    places = [
        {"region": part.land.code, "name": part.land.name} | {n: getattr(part, n) for n in names}
        for part in found.children
    ]
    return reply(_campaign(one) | told | {"places": places})


@router.post("/{int:id}/issue", response=CampaignOut, summary="Issue a campaign")
def issue(request: SignedIn, id: int) -> HttpResponse:
    """The worker makes the tasks. Refused where neither the list nor an approval admits it."""
    return reply(_campaign(actions.issue_campaign(_seen(request, id), at=now(), by=request.auth)))


@router.post("/{int:id}/ask", response=ApprovalOut, summary="Ask to issue what is not on the list")
def ask_approval(request: SignedIn, id: int, body: AdmissionAskIn) -> HttpResponse:
    """The other officers of the district are told; one of them decides."""
    one = _seen(request, id)
    return reply(
        _approval(actions.ask_approval(one, reason=body.reason, at=now(), by=request.auth))
    )


@router.get("/{int:id}/tasks", response=CampaignTaskPage, summary="Tasks of a campaign")
def list_tasks(
    request: SignedIn, id: int, state: Annotated[str, Query(max_length=10)] = "",
    cursor: Cursor = "", limit: Limit = 50,
) -> HttpResponse:  # fmt: skip
    """By place; `state` is a step of the task, or late."""
    one = _seen(request, id)
    rows = queries.tasks_of(one, request.auth, one.region.path, state, localdate())
    found = list((rows.filter(region__path__gt=cursor) if cursor else rows)[: limit + 1])
    more = found[limit - 1].region.path if len(found) > limit else None
    return reply({"items": [_task(task) for task in found[:limit]], "next": more})
