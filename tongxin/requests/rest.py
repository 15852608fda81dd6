"""Filing a request, collecting a wish, blowing a whistle, as JSON; who could take an order."""

from __future__ import annotations

import base64
import binascii
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Path, Query, Router, Schema
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.cases.brief import CaseBrief, in_brief
from tongxin.cases.models import Case
from tongxin.cases.queries import NONE, parts_of, topic_by_code
from tongxin.kit.errors import Invalid, NotFound, NotPermitted
from tongxin.orgs.models import Org
from tongxin.orgs.scope import land_asked, posts_of
from tongxin.regions.models import DEPTH, Region
from tongxin.regions.queries import get_land, locate, region_of
from tongxin.ui.wire import IdempotencyKey, reply

from . import actions, queries
from .hearts import LEADING, HeartPlace, HeartRow, hearts
from .models import Channel

router = Router(tags=["cases"])

MOST_PHOTO_TEXT = 2 * 1024 * 1024
# An id is made on the phone when the case is written, and carries that time.
ID_SLACK = timedelta(days=1)
AHEAD = timedelta(minutes=5)

Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,18}$")]
DatabaseId = Annotated[int, Field(ge=1, lt=2**63)]


class CaseIn(BaseModel):
    """What is asked for. A place is needed: a region's code, or a point."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["request", "wish", "whistle"] = "request"
    text: str = Field(max_length=20_000)
    title: str = Field("", max_length=200, description="default: the beginning of the text")
    topic: Code | None = Field(None, description="code of a topic of the catalogue")
    region: Code | None = Field(None, description="code of a region")
    lng: float | None = Field(None, ge=-180, le=180, description="WGS-84")
    lat: float | None = Field(None, ge=-90, le=90)
    address: str = ""
    at: AwareDatetime | None = Field(None, description="when it was written, if not now")
    id: UUID | None = Field(None, description="a version 7 UUID made by the client")
    # request
    is_private: bool = False
    beneficiary: str = Field("", description="request: for whom it is filed, if for another")
    consent: str = Field("", description="request: how they agreed")
    contact: str = Field("", description="request: a mobile number")
    answers: dict[str, Any] = Field(default={}, description="request: to the topic's questions")
    photos: list[Annotated[str, Field(max_length=MOST_PHOTO_TEXT)]] = Field(
        default=[], max_length=9, description="request: base64; larger ones by /evidence afterwards"
    )
    # wish
    wisher: str = Field("", description="wish: a name that tells nobody who it is")
    cost: int = Field(0, ge=0, le=100_000, description="wish: yuan")
    # whistle
    departments: list[DatabaseId] = Field(default=[], max_length=20, description="whistle: ids")


# What each kind takes on top; a value elsewhere is refused, not forgotten.
OWN = {
    "request": {"is_private", "beneficiary", "consent", "contact", "answers", "photos", "id"},
    "wish": {"wisher", "cost"},
    "whistle": {"departments"},
}


class Reasoned(Schema):
    user_id: int
    name: str
    kind: Literal["volunteer", "grid_worker"]
    why: str = Field(description="what speaks for them, in a sentence")
    held: int = Field(description="orders in hand")
    cap: int | None
    month: int = Field(description="orders taken this month")
    metres: float | None
    score: float = Field(description="lower is better")


class Candidates(Schema):
    items: list[Reasoned]


@router.post("/cases", response={201: CaseBrief}, summary="File a request, wish or whistle")
def file_case(request: SignedIn, body: CaseIn, key: IdempotencyKey) -> HttpResponse:
    """Open a case; whoever files it is its reporter.

    A retry with the same Idempotency-Key, or the same `id`, answers with the case it already
    opened. Wishes are collected by dispatchers, whistles blown by officers of streets.
    """
    actor, at = request.auth, body.at or now()
    _check(body, at)
    case = FILERS[body.kind](body, actor, at, key)
    return reply(in_brief(case, actor), status=201, replayed=case.is_replay)


@router.get("/cases/{id}/candidates", response=Candidates, summary="Who could take an order")
def list_candidates(
    request: SignedIn,
    id: Annotated[UUID, Path(description="the case's id")],
    limit: int = Query(10, ge=1, le=50),
) -> HttpResponse:
    """Free hands, near, and not always the same; best first. For who dispatches."""
    case = Case.objects.visible_to(request.auth).select_related("topic").filter(pk=id).first()
    if case is None:
        raise NotFound(_("没有找到这件事，或您看不到它。"))
    if not request.auth.is_superuser and not parts_of(request.auth, case) & {
        "dispatcher",
        "officer",
    }:
        raise NotPermitted(_("只有派单人员可以查看推荐名单。"))
    found = queries.candidates(case, at=now(), limit=limit)
    return reply({"items": [_candidate(one) for one in found]})


def _candidate(one: queries.Candidate) -> dict[str, Any]:
    return {
        "user_id": one.id,
        "name": one.name,
        "kind": one.kind,
        "why": one.why,
        "held": one.held,
        "cap": one.cap,
        "month": one.month,
        "metres": one.metres,
        "score": round(one.rank, 3),
    }


class HeartOut(Schema):
    code: str = Field(description="of the class; none: what belongs to no class; any: the sum")
    name: str
    asked: int
    share: float | None = Field(description="percent of all asked")
    done: int = Field(description="of those asked for: verified or closed; a wish: fulfilled")
    on_time: int = Field(description="of `done`: late in no step")
    median_hours: float | None = Field(description="from asking to the last end of the work")
    rated: int = Field(description="how many of `done` residents gave stars")
    mean_stars: float | None


class HeartRegion(Schema):
    code: str = Field(description="empty: what lies in none of the regions below")
    name: str
    asked: dict[str, int] = Field(description="by code of the class, `none` besides")


class HeartFigures(Schema):
    region: str
    since: date
    until: date
    classes: list[HeartOut]
    total: HeartOut
    regions: list[HeartRegion]


@router.get(
    "/service-classes/figures",
    response=HeartFigures,
    tags=["figures"],
    summary="The five classes of service, counted",
)
def get_heart_figures(
    request: SignedIn,
    region: Annotated[str, Query(max_length=18, description="default: the caller's widest")] = "",
    since: Annotated[date | None, Query(description="default: the first of this month")] = None,
    until: Annotated[date | None, Query(description="last day, included; default: today")] = None,
    kind: Annotated[Literal["", "request", "wish"], Query()] = "",
) -> HttpResponse:
    """What was asked for in the period and what came of it. For officers and leaders of the land."""
    land = land_asked(request.auth, region, LEADING)
    if DEPTH[land.level] > DEPTH["community"]:
        raise Invalid(_("统计到社区（村）为止，请选择社区或更大的区域。"), field="region")
    until = until or localdate()
    since = since or until.replace(day=1)
    if since > until:
        raise Invalid(_("开始日期应不晚于结束日期。"), field="since")
    found = hearts(land, since=since, until=until, kind=kind)
    return reply(
        {
            "region": land.code,
            "since": since,
            "until": until,
            "classes": [_heart(row) for row in found.rows],
            "total": _heart(found.whole),
            "regions": [_heart_region(one) for one in found.places if one.asked],
        }
    )


def _heart(row: HeartRow) -> dict[str, Any]:
    plain = ("code", "name", "asked", "share", "done", "on_time", "rated")
    told = {name: getattr(row, name) for name in plain}
    return told | {"median_hours": row.hours, "mean_stars": row.mean}


def _heart_region(one: HeartPlace) -> dict[str, Any]:
    code, name = (one.land.code, one.land.name) if one.land else ("", _("未落到下级区域"))
    asked = {of or NONE: n for of, n in one.asked.items()}
    return {"code": code, "name": str(name), "asked": asked}


def _check(body: CaseIn, at: datetime) -> None:
    given = body.model_fields_set
    known = OWN[body.kind]
    if extra := sorted(given & set().union(*OWN.values()) - known):
        raise Invalid(_("这一类不需要：%s。") % "、".join(extra), field=extra[0])
    if at > now() + AHEAD:
        raise Invalid(_("发生时间晚于现在，请检查手机时间。"), field="at")
    if (body.lng is None) != (body.lat is None):
        raise Invalid(_("经度和纬度要一起填写。"), field="lat" if body.lat is None else "lng")
    if body.id is not None:
        _check_id(body.id, at)


def _check_id(id: UUID, at: datetime) -> None:
    """Cases are listed by the time in their id, so it must be near the truth."""
    made = (id.int >> 80) / 1000
    if id.version != 7 or abs(made - at.timestamp()) > ID_SLACK.total_seconds():
        raise Invalid(_("id 应是提交当天生成的 UUIDv7，请检查手机时间。"), field="id")


def _region(body: CaseIn) -> Region:
    """Return the region named, or the one the point lies in; a point must lie in the area served."""
    found = locate(body.lng, body.lat) if body.lng is not None and body.lat is not None else None
    if body.region:
        found = get_land(body.region)
    if found is None:
        raise Invalid(_("请写明所在区域代码（region），或位置（lng、lat）。"), field="region")
    return region_of(found)


def _where(body: CaseIn) -> dict[str, Any]:
    topic = topic_by_code(body.topic) if body.topic else None
    return {"region": _region(body), "topic": topic}


def _file_request(body: CaseIn, actor, at: datetime, key: str | None) -> Case:
    return actions.file_request(
        text=body.text, title=body.title, lng=body.lng, lat=body.lat, address=body.address, at=at,
        actor=actor, channel=Channel.API, is_private=body.is_private, id=body.id, key=key,
        beneficiary=body.beneficiary, consent=body.consent, contact=body.contact,
        answers=body.answers, photos=_photos(body.photos), **_where(body),
    )  # fmt: skip


def _photos(texts: list[str]) -> list[bytes]:
    try:
        return [base64.b64decode(text, validate=True) for text in texts]
    except binascii.Error:
        raise Invalid(_("照片应是 base64 编码，请检查。"), field="photos") from None


def _collect_wish(body: CaseIn, actor, at: datetime, key: str | None) -> Case:
    return actions.collect_wish(
        title=body.title or body.text.split("\n")[0][:40], text=body.text, wisher=body.wisher,
        cost=body.cost, at=at, actor=actor, key=key, **_where(body),
    )  # fmt: skip


def _blow_whistle(body: CaseIn, actor, at: datetime, key: str | None) -> Case:
    where = _where(body)
    found = Org.objects.public().in_bulk(body.departments)
    if missing := [one for one in body.departments if one not in found]:
        raise Invalid(_("没有编号为 %d 的单位，或已撤销。") % missing[0], field="departments")
    return actions.blow_whistle(
        title=body.title or body.text.split("\n")[0][:40], text=body.text, at=at, actor=actor,
        street_org=_office_of(actor, where["region"]), key=key, lng=body.lng, lat=body.lat,
        departments=[found[one] for one in body.departments], address=body.address, **where,
    )  # fmt: skip


def _office_of(actor, region: Region) -> Org:
    """Return the office for which the actor whistles: that of the nearest post over the region."""
    posts = [p for p in posts_of(actor) if p.role == "officer" and region.path.startswith(p.path)]
    if not posts:
        raise NotPermitted(_("只有街镇管理员可以吹哨。"))
    nearest = max(posts, key=lambda post: len(post.path))
    return Org.objects.public().get(pk=nearest.org_id)


FILERS = {"request": _file_request, "wish": _collect_wish, "whistle": _blow_whistle}
