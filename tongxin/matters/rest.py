"""同类诉求 over HTTP: what is likely the same, 我也是, hot topics."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.cases.models import Case
from tongxin.cases.queries import as_seen_by
from tongxin.kit.errors import Invalid, NotFound
from tongxin.language.private import kinds_of
from tongxin.regions.queries import get_land
from tongxin.ui.wire import IdempotencyKey, reply

from . import actions, queries
from .models import HotTopic

router = Router(tags=["matters"])
PAGE = 50


class SimilarIn(BaseModel):
    """A text and where it is about: a region's code, or a point."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=10_000)
    region: str | None = Field(None, max_length=18, description="code of a region")
    lng: float | None = Field(None, ge=-180, le=180, description="WGS-84")
    lat: float | None = Field(None, ge=-90, le=90)
    limit: int = Field(3, ge=1, le=10)


class SimilarOut(Schema):
    id: UUID
    number: str
    title: str = Field(description="what is private in it is hidden from who has no part in it")
    step: str
    step_label: str
    opened_at: datetime
    score: float = Field(description="how likely it is the same matter, 0 to 1")
    why: str = Field(description="what speaks for it, in a sentence")
    metres: float | None
    joined: int = Field(description="how many people said 我也是")


class SimilarPage(Schema):
    items: list[SimilarOut]
    private: list[str] = Field(
        description="kinds of private data in the text, hidden where it is shown in public: phone, "
        "identity, card, plate, email, account, name, door"
    )


class JoinedOut(Schema):
    case: UUID = Field(description="the case joined: the leading one, if the one named was merged")
    joined: int = Field(description="how many people said 我也是")


class HotTopicOut(Schema):
    id: int
    title: str
    place: str
    words: list[str]
    cases: int
    people: int
    approval: int = Field(description="likes and 我也是, less dislikes")
    heat: float
    why: str = Field(description="how the heat came about")
    first_at: datetime
    last_at: datetime
    lng: float | None
    lat: float | None
    region: str
    since: date
    until: date = Field(description="the day after the last")


class HotTopicPage(Schema):
    items: list[HotTopicOut]
    next: str | None


@router.post("/similar", response=SimilarPage, summary="Requests likely about the same matter")
def list_similar(request: SignedIn, body: SimilarIn) -> HttpResponse:
    """Open requests that a text is likely about, most likely first, each with its reasons.

    Public ones, and those the caller sees. It is advice: filing another is never refused.
    """
    actor = request.auth
    if (body.lng is None) != (body.lat is None):
        raise Invalid(_("经度和纬度要一起填写。"), field="lat" if body.lat is None else "lng")
    point = (body.lng, body.lat) if body.lng is not None and body.lat is not None else None
    land = get_land(body.region) if body.region else None
    if point is None and land is None:
        raise Invalid(_("请写明所在区域代码（region），或位置（lng、lat）。"), field="region")
    found = queries.similar(
        text=body.text, at=now(), land=land, point=point, limit=body.limit,
        among=Case.objects.visible_to(actor) | Case.objects.public(),
    )  # fmt: skip
    items = [_similar(one, actor) for one in found]
    return reply({"items": items, "private": kinds_of(body.text)})


def _similar(one: queries.Similar, actor) -> dict[str, Any]:
    case = as_seen_by(actor, one.case)
    return {
        "id": case.pk,
        "number": case.number,
        "title": case.title,
        "step": case.step,
        "step_label": case.flow.step_of[case.step].label,
        "opened_at": case.opened_at,
        "score": round(one.likeness.score, 3),
        "why": one.why,
        "metres": None if one.metres is None else round(one.metres, 1),
        "joined": one.joined,
    }


def _joinable(id: UUID) -> Case:
    case = Case.objects.public().filter(pk=id, kind="request").first()
    if case is None:
        raise NotFound(_("没有找到这件事，或您看不到它。"))
    return case


@router.post("/{id}/join", response=JoinedOut, summary="我也是: join a public request")
def join(request: SignedIn, id: UUID, key: IdempotencyKey) -> HttpResponse:
    """Have the same matter: be told how it goes on. Joining twice is joining once."""
    joining = actions.join_matter(case=_joinable(id), actor=request.auth, at=now())
    return reply(_joined(joining.case_id))


@router.post("/{id}/leave", response=JoinedOut, summary="Take 我也是 back")
def leave(request: SignedIn, id: UUID, key: IdempotencyKey) -> HttpResponse:
    """No longer be told; leaving twice is leaving once."""
    case = _joinable(id)
    actions.leave_matter(case=case, actor=request.auth)
    return reply(_joined(case.pk))


def _joined(pk: Any) -> dict[str, Any]:
    return {"case": pk, "joined": queries.joined([pk]).get(pk, 0)}


@router.get("/hot", response=HotTopicPage, summary="Hot topics, newest first")
def list_hot(
    request: SignedIn,
    cursor: str = Query("", max_length=20, description="`next` of the page before"),
    limit: int = Query(PAGE, ge=1, le=100),
) -> HttpResponse:
    """The topics on the boards of the areas the caller overlooks; people are counted, not listed."""
    rows = HotTopic.objects.visible_to(request.auth).filter(state="").select_related("run__region")
    if cursor:
        if not cursor.isdecimal():
            raise Invalid(_("页码不对，请从第一页重新打开。"), field="cursor")
        rows = rows.filter(pk__lt=int(cursor))
    found = list(rows.order_by("-pk")[: limit + 1])
    page = found[:limit]
    more = str(page[-1].pk) if len(found) > limit else None
    return reply({"items": [_topic(one) for one in page], "next": more})


def _topic(one: HotTopic) -> dict[str, Any]:
    return {
        "id": one.pk,
        "title": one.title,
        "place": one.place,
        "words": one.words,
        "cases": one.n,
        "people": one.people,
        "approval": one.approval,
        "heat": one.heat,
        "why": queries.why_hot(one),
        "first_at": one.first_at,
        "last_at": one.last_at,
        "lng": one.lng,
        "lat": one.lat,
        "region": one.run.region.code,
        "since": one.run.since,
        "until": one.run.until,
    }
