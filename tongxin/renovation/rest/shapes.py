"""What the parts of the API share: schemas, gates, how things are told."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from ninja import Query, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.models import User
from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid, NotFound
from tongxin.photos.models import Photo
from tongxin.regions.queries import Land, get_land

from .. import actions, queries
from ..models import RenovationCampaign, Site

Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str, Query(max_length=60, description="`next` of the page before")]
Code = Annotated[str, Query(max_length=18, description="code of a region my posts reach")]
STRICT = ConfigDict(extra="forbid")
Id = Annotated[int, Field(ge=1, lt=2**63)]


class RenovationOut(Schema):
    id: int
    name: str
    programme: str
    region: str
    head: str
    begun_on: date
    final_on: date
    state: str
    version: int
    closed_count: int


class RenovationPage(Schema):
    items: list[RenovationOut]
    next: str | None


class RenovationFigures(Schema):
    region: str
    name: str
    total: int
    exempt: int
    base: int
    area_ok: int
    work_ok: int
    use_ok: int
    planned: int
    building: int
    closed: int
    in_use: int
    late: int
    short_m2: int


class RenovationDetail(RenovationOut):
    figures: RenovationFigures
    below: list[RenovationFigures]


class RenovationIn(BaseModel):
    model_config = STRICT

    name: str = Field(max_length=60)
    programme: str = Field("", max_length=60)
    region: str = Field(max_length=12)
    org: Id
    partner: Id | None = None
    head: Id = Field(description="id of the top leader: the secretary of the area's committee")
    begun_on: date
    final_on: date = Field(description="fixed: no endpoint moves it")
    text: str = Field("", max_length=2000)


class RenovationSite(Schema):
    id: int
    name: str
    kind: str
    region: str
    state: str
    area_m2: int
    needed_m2: int
    area_ok_on: date | None
    work_ok_on: date | None
    use_ok_on: date | None
    stage: str
    due_on: date | None
    number: int | None
    closed_on: date | None
    in_use_on: date | None
    exempt_reason: str


class SitesAsked(Schema):
    state: str = Field("", max_length=10)
    show: str = Field(
        "", max_length=12, description="area_ok, area_short, planned, closed, in_use, late, exempt"
    )


class RenovationSitePage(Schema):
    items: list[RenovationSite]
    next: str | None


class SiteStageOut(Schema):
    id: int
    code: str
    name: str
    start_on: date
    end_on: date
    done_on: date | None


class SitePlanOut(Schema):
    id: int
    mode: str
    state: str
    text: str
    tasks: list[dict[str, Any]]
    builder: str
    decision: str
    decided_on: date | None
    started_on: date | None
    built_on: date | None
    used_on: date | None
    stages: list[SiteStageOut]


class SiteTroubleOut(Schema):
    id: int
    kind: str
    text: str
    level: str
    solved_on: date | None


class SiteEventOut(Schema):
    kind: str
    text: str
    on: date
    by: str


class RenovationSiteDetail(RenovationSite):
    plan: SitePlanOut | None
    difficulties: list[SiteTroubleOut]
    parts: list[UUID]
    events: list[SiteEventOut]


class SitePlanIn(BaseModel):
    model_config = STRICT

    mode: Literal["build", "renovate", "expand"]
    text: str = Field(max_length=4000)
    lead: Id
    builder: str = Field("", max_length=100)
    tasks: list[dict[str, str]] = Field(default_factory=list, max_length=20)


class SiteReportIn(BaseModel):
    model_config = STRICT

    text: str = Field(max_length=500)
    on: date
    photos: list[UUID] = Field(default_factory=list, max_length=12)


class SiteMoveIn(BaseModel):
    """What a verb of a place takes; each verb names what it needs and refuses the rest."""

    model_config = STRICT

    on: date | None = None
    committee: Id | None = None
    approve: bool | None = None
    decision: str = Field("", max_length=300)
    stage: str = Field("", max_length=20)
    to_on: date | None = None
    reason: str = Field("", max_length=300)
    document: str = Field("", max_length=60)
    area_m2: int | None = Field(None, ge=0, le=200_000)
    answers: dict[str, dict[str, Any]] | None = None
    photos: list[UUID] = Field(default_factory=list, max_length=12)
    kind: str = Field("", max_length=10)
    text: str = Field("", max_length=500)
    is_open: bool | None = None
    is_own_use: bool | None = None
    is_posted: bool | None = None


class RenovationSlipIn(BaseModel):
    model_config = STRICT

    approve: bool
    words: str = Field("", max_length=300)


class DifficultySolvedIn(BaseModel):
    model_config = STRICT

    solution: str = Field(max_length=300)
    on: date


class SitePartIn(BaseModel):
    model_config = STRICT

    org: Id
    what: str = Field(max_length=200)
    due_on: date


class HoldingOut(Schema):
    id: int
    ledger: str
    code: str
    region: str
    name: str
    owner: str
    address: str
    area_m2: int
    cost_fen: int
    lng: float | None
    lat: float | None
    state: str


class HoldingPage(Schema):
    items: list[HoldingOut]
    next: str | None


class HoldingIn(BaseModel):
    model_config = STRICT

    ledger: Literal["centre", "stock", "ancillary"]
    region: str = Field(max_length=12)
    name: str = Field(max_length=80)
    area_m2: int = Field(ge=1, le=1_000_000)
    code: str = Field("", max_length=30)
    owner: str = Field("", max_length=80)
    address: str = Field("", max_length=120)
    cost_fen: int = Field(0, ge=0)
    lng: float | None = Field(None, ge=73, le=136)
    lat: float | None = Field(None, ge=3, le=54)
    note: str = Field("", max_length=200)


class HoldingCheckIn(BaseModel):
    model_config = STRICT

    area_m2: int = Field(ge=1, le=1_000_000)
    address: str = Field("", max_length=120)
    note: str = Field("", max_length=200)


class RenovationMatchRunIn(BaseModel):
    model_config = STRICT

    region: str = Field(max_length=12)
    most_m: int = Field(1500, ge=1, le=20_000)


class RoomMatchOut(Schema):
    id: int
    holding: int
    site: int
    distance_m: int | None
    why: str
    state: str


class RenovationMatchRunOut(Schema):
    short_before: int
    short_after: int
    is_optimal: bool
    matches: list[RoomMatchOut]


def seen_campaign(request: SignedIn, id: int) -> RenovationCampaign:
    rows = RenovationCampaign.objects.visible_to(request.user)
    return found_in(rows.select_related("region", "head", "org"), id)


def seen_site(request: SignedIn, id: int) -> Site:
    return found_in(queries.in_full(Site.objects.visible_to(request.user), request.user), id)


def found_in(rows: QuerySet[Any], id: Any) -> Any:
    row = rows.filter(pk=id).first()
    if row is None:
        raise NotFound(_("没有找到，或不归您管。"))
    return row


def land_asked(request: SignedIn, campaign: RenovationCampaign, code: str) -> Land:
    own = queries.own_lands(request.user, campaign.region.path)
    if not own:
        raise NotFound(_("这项改造里没有您管的区域。"))
    land = get_land(code) if code else own[0]
    if not any(land.path.startswith(one.path) for one in own):
        raise NotFound(_("没有找到这个区域，或不归您管。"))
    return land


def photos_of(request: SignedIn, ids: list[UUID]) -> list[Photo]:
    rows = Photo.objects.visible_to(request.user).in_bulk(ids)
    if len(rows) < len(set(ids)):
        raise Invalid(_("有照片没有找到，请先上传。"), field="photos")
    return list(rows.values())


def shape_of(one: RenovationCampaign) -> dict[str, Any]:
    return {
        "id": one.pk, "name": one.name, "programme": one.programme, "region": one.region.code,
        "head": one.head.name, "begun_on": one.begun_on, "final_on": one.final_on, "state": one.state,
        "version": one.version, "closed_count": one.closed_count,
    }  # fmt: skip


FIGURES = ("total", "exempt", "base", "area_ok", "work_ok", "use_ok", "planned", "building", "closed", "in_use", "late", "short_m2")  # fmt: skip


def figures_of(land: Land, figures: queries.Figures) -> dict[str, Any]:
    return {"region": land.code, "name": land.name} | {
        name: getattr(figures, name) for name in FIGURES
    }


def person_of(rows: QuerySet[User], id: int) -> User:
    found = rows.filter(pk=id).first()
    if found is None:
        raise actions.NotTopLeader(_("这个人不能担任。请从有相应岗位的人里选择。"), field="head")
    return found
