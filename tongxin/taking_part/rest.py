"""Motions, polls, surveys, groups and campaigns, for programs.

A secret vote is cast without `Idempotency-Key`: a kept answer would join voter and receipt. The
caller hands in a receipt of its own instead (16 letters or digits); the same receipt counts once.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid, NotFound
from tongxin.regions.models import Region
from tongxin.regions.queries import get_land, region_of
from tongxin.ui.paging import bad_cursor, listed
from tongxin.ui.wire import IdempotencyKey, reply

from . import actions
from .models import ItemCampaign, Motion, Poll, Questionnaire, ResidentGroup, Statement
from .queries import polls as asked
from .queries import surveys as surveyed
from .queries.pledges import coverage_of

router = Router(tags=["taking part"])
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str, Query(max_length=60, description="`next` of the page before")]
Community = Annotated[str, Query(max_length=12, description="code of a community")]
STRICT = ConfigDict(extra="forbid")


class MotionOut(Schema):
    id: UUID
    number: str
    community: str
    title: str
    step: str
    raiser: str
    shown_as: str
    supports: int
    needed: int
    support_until: date
    discuss_until: date | None


class MotionOutPage(Schema):
    items: list[MotionOut]
    next: str | None


class MotionDetailOut(MotionOut):
    text: str
    final_text: str
    reply: str
    outcome: str
    done_text: str
    polls: list[int]


class MotionIn(BaseModel):
    model_config = STRICT

    community: str = Field(max_length=12)
    raiser: Literal["residents", "members", "owners"]
    title: str = Field(max_length=60)
    text: str = Field(max_length=2000)
    hides_name: bool = False


class MotionMoveIn(BaseModel):
    model_config = STRICT

    note: str = Field("", max_length=2000)
    expect: int | None = None


class StatementOut(Schema):
    id: int
    shown_as: str
    stance: str
    text: str
    at: datetime


class StatementOutPage(Schema):
    items: list[StatementOut]
    next: str | None


class StatementIn(BaseModel):
    model_config = STRICT

    text: str = Field(max_length=500)
    stance: Literal["for", "against", "other"] = "other"
    hides_name: bool = False


class PollOut(Schema):
    id: int
    community: str
    motion: UUID | None
    title: str
    electorate: str
    is_secret: bool
    state: str
    opens_at: datetime
    closes_at: datetime
    options: list[dict[str, str]]


class PollOutPage(Schema):
    items: list[PollOut]
    next: str | None


class PollVoteOut(Schema):
    entry: int
    name: str
    is_proxy: bool
    has_voted: bool


class PollDetailOut(PollOut):
    text: str
    rule: str
    source: str
    roll: int
    voted: int
    mine: list[PollVoteOut]


class PollResultOut(Schema):
    passed: bool
    quorate: bool
    cast: int
    why: list[str]
    figures: list[dict[str, Any]]


class PollIn(BaseModel):
    model_config = STRICT

    community: str = Field(max_length=12)
    rule: str = Field(max_length=20)
    is_secret: bool = True
    opens_at: datetime
    closes_at: datetime
    title: str = Field("", max_length=100)
    text: str = Field("", max_length=5000)
    motion: UUID | None = None
    options: list[str] = Field(default_factory=list, max_length=12)


class RollRowIn(BaseModel):
    model_config = STRICT

    name: str = Field(max_length=40)
    place: str = Field("", max_length=60)
    phone: str = Field("", max_length=20)
    area: float = Field(0, ge=0, description="m², for polls of owners")


class RollIn(BaseModel):
    model_config = STRICT

    rows: list[RollRowIn] = Field(min_length=1, max_length=1000)


class RollWrittenOut(Schema):
    written: int


class VoteIn(BaseModel):
    model_config = STRICT

    entry: int = Field(ge=1, lt=2**63)
    choice: str = Field(max_length=10)
    receipt: str = Field("", max_length=24, description="made by the caller; the same counts once")


class VoteOut(Schema):
    receipt: str


class ReceiptOut(Schema):
    is_counted: bool


class QuestionnaireOut(Schema):
    id: int
    region: str
    title: str
    wave: str
    state: str
    opens_on: date
    closes_on: date
    questions: list[dict[str, Any]]


class QuestionnaireOutPage(Schema):
    items: list[QuestionnaireOut]
    next: str | None


class SurveyAnswerIn(BaseModel):
    model_config = STRICT

    token: str = Field(max_length=40)
    values: dict[str, Any] = Field(max_length=60)


class SurveyAnsweredOut(Schema):
    kept: bool


class SurveyResultOut(Schema):
    n: int
    asked: int
    rate: float
    covered: float
    index: dict[str, Any] | None
    questions: list[dict[str, Any]]
    places: list[dict[str, Any]]
    trend: list[dict[str, Any]]


class ResidentGroupOut(Schema):
    id: int
    community: str
    kind: str
    name: str
    purpose: str
    people: int


class ResidentGroupOutPage(Schema):
    items: list[ResidentGroupOut]
    next: str | None


class ItemCoverageOut(Schema):
    id: int
    name: str
    state: str
    total: dict[str, int]
    units: list[dict[str, Any]]
    small: dict[str, int]
    items: list[dict[str, Any]]


class KeyNotTaken(Invalid):
    """What is kept under a key would join a person to a secret vote or an anonymous answer."""


def _no_key(key: str | None) -> None:
    """:raises KeyNotTaken: if the call has an Idempotency-Key"""
    if key:
        raise KeyNotTaken(
            _("这里不收 Idempotency-Key：留下它就能查出是谁。"),
            remedy=_("投票请自带回执码，问卷凭邀请码：同一个只算一次。"),
        )


def _community(code: str) -> Region:
    land = get_land(code)
    if land.level != Region.Level.COMMUNITY:
        raise NotFound(_("请写社区（村）的区划代码。"), field="community")
    return region_of(land)


def _one(rows: Any, pk: Any) -> Any:
    """:raises NotFound: if no such row is among those the caller sees"""
    one = rows.filter(pk=pk).first()
    if one is None:
        raise NotFound(_("没有找到，或您看不到它。"))
    return one


def _motion(one: Motion) -> dict[str, Any]:
    names = ("raiser", "shown_as", "supports", "needed", "support_until", "discuss_until")
    return {name: getattr(one, name) for name in names} | {
        "id": one.pk, "number": one.case.number, "community": one.community.code,
        "title": one.case.title, "step": one.case.step,
    }  # fmt: skip


def _motion_seen(request: SignedIn, pk: UUID) -> Motion:
    rows = Motion.objects.public() | Motion.objects.visible_to(request.auth)
    return _one(rows.select_related("case", "community").distinct(), pk)


@router.get("/motions", response=MotionOutPage, summary="Motions of a community")
def list_motions(
    request: SignedIn, community: Community, cursor: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """What everybody may read, newest first."""
    rows = Motion.objects.public().filter(community=_community(community).pk)
    if cursor:
        try:
            rows = rows.filter(pk__lt=UUID(cursor))
        except ValueError:
            raise bad_cursor() from None
    found = list(rows.select_related("case", "community").order_by("-pk")[: limit + 1])
    more = str(found[limit - 1].pk) if len(found) > limit else None
    return reply({"items": [_motion(one) for one in found[:limit]], "next": more})


@router.post("/motions", response={201: MotionOut}, summary="Raise a motion")
def raise_motion(request: SignedIn, body: MotionIn, key: IdempotencyKey) -> HttpResponse:
    """A retry with a key raises it once."""
    given = body.model_dump()
    community = _community(given.pop("community"))
    made = actions.raise_motion(community=community, by=request.auth, at=now(), key=key, **given)
    return reply(_motion(made), 201)


@router.get("/motions/{uuid:id}", response=MotionDetailOut, summary="One motion")
def get_motion(request: SignedIn, id: UUID) -> HttpResponse:
    """Its texts, what the community replied, its polls."""
    one = _motion_seen(request, id)
    told = {name: getattr(one, name) for name in ("final_text", "reply", "outcome", "done_text")}
    polls = list(Poll.objects.public().filter(motion=one).values_list("pk", flat=True))
    return reply(_motion(one) | told | {"text": one.case.text, "polls": polls})


@router.post("/motions/{uuid:id}/support", response=MotionOut, summary="Support a motion")
def support(request: SignedIn, id: UUID) -> HttpResponse:
    """Once each."""
    return reply(_motion(actions.support_motion(_motion_seen(request, id), by=request.auth, at=now())))  # fmt: skip


@router.post("/motions/{uuid:id}/moves/{slug:name}", response=MotionOut, summary="Move a motion on")
def move(
    request: SignedIn, id: UUID, name: str, body: MotionMoveIn, key: IdempotencyKey
) -> HttpResponse:
    """admit, refuse, draft, agree, carry, report by the community; withdraw by who raised it."""
    one = _motion_seen(request, id)
    actions.move_motion(one, name, by=request.auth, at=now(), note=body.note, expect=body.expect, key=key)  # fmt: skip
    return reply(_motion(_motion_seen(request, id)))


@router.get("/motions/{uuid:id}/statements", response=StatementOutPage, summary="What is said")
def list_statements(
    request: SignedIn, id: UUID, cursor: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """What is shown to everybody, newest first."""
    rows = Statement.objects.public().filter(motion=_motion_seen(request, id))
    return reply(listed(rows, cursor, limit, _statement))


def _statement(one: Statement) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("id", "shown_as", "stance", "text", "at")}


@router.post("/motions/{uuid:id}/statements", response={201: StatementOut}, summary="Speak")
def speak(request: SignedIn, id: UUID, body: StatementIn, key: IdempotencyKey) -> HttpResponse:
    """While it is discussed. A retry with a key says it once."""
    one = _motion_seen(request, id)
    made = actions.speak(one, by=request.auth, at=now(), key=key, **body.model_dump())
    return reply(_statement(made), 201)


# Polls.


def _poll(one: Poll) -> dict[str, Any]:
    names = ("id", "title", "electorate", "is_secret", "state", "opens_at", "closes_at")
    return {name: getattr(one, name) for name in names} | {
        "community": one.community.code, "motion": one.motion_id,
        "options": [{"code": o["code"], "text": asked.option_text(one, o["code"])} for o in one.options],
    }  # fmt: skip


def _poll_seen(request: SignedIn, pk: int) -> Poll:
    rows = Poll.objects.public() | Poll.objects.visible_to(request.auth)
    return _one(rows.select_related("community", "rule", "motion__case").distinct(), pk)


@router.get("/polls", response=PollOutPage, summary="Polls of a community")
def list_polls(
    request: SignedIn, community: Community, cursor: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """Those whose roll is posted, and later ones; newest first."""
    rows = Poll.objects.public().filter(community=_community(community).pk)
    return reply(listed(rows.select_related("community"), cursor, limit, _poll))


@router.post("/polls", response={201: PollOut}, summary="Set a poll")
def set_poll(request: SignedIn, body: PollIn, key: IdempotencyKey) -> HttpResponse:
    """By the desk of the community; its roll comes next."""
    given = body.model_dump()
    community = _community(given.pop("community"))
    motion = given.pop("motion")
    found = _motion_seen(request, motion) if motion else None
    made = actions.set_poll(community=community, motion=found, by=request.auth, at=now(), key=key, **given)  # fmt: skip
    return reply(_poll(_poll_seen(request, made.pk)), 201)


@router.get("/polls/{int:id}", response=PollDetailOut, summary="One poll, and my votes in it")
def get_poll(request: SignedIn, id: int) -> HttpResponse:
    """How many have voted, never what."""
    one = _poll_seen(request, id)
    turnout = asked.turnout_of(one)
    mine = [
        {"entry": v.entry.pk, "name": str(v.entry), "is_proxy": v.is_proxy, "has_voted": v.entry.has_voted}
        for v in asked.votes_of(request.auth, one)
    ]  # fmt: skip
    told = {"text": one.text, "rule": one.rule.name, "source": one.rule.source, "mine": mine}
    return reply(_poll(one) | told | {"roll": turnout.roll, "voted": turnout.voted})


@router.post("/polls/{int:id}/roll", response={201: RollWrittenOut}, summary="Write on the roll")
def write_roll(request: SignedIn, id: int, body: RollIn) -> HttpResponse:
    """All rows or none; a household that is on it already is refused, so that a retry acts once."""
    one = _one(Poll.objects.visible_to(request.auth), id)
    rows = [row.model_dump() for row in body.rows]
    made = actions.add_to_roll(one, rows, by=request.auth, at=now())
    return reply({"written": len(made)}, 201)


@router.post("/polls/{int:id}/post", response=PollOut, summary="Post the roll for objections")
def post_roll(request: SignedIn, id: int) -> HttpResponse:
    """It opens and closes by itself."""
    actions.post_roll(_one(Poll.objects.visible_to(request.auth), id), by=request.auth, at=now())
    return reply(_poll(_poll_seen(request, id)))


@router.post("/polls/{int:id}/votes", response={201: VoteOut}, summary="Cast a vote")
def cast(request: SignedIn, id: int, body: VoteIn, key: IdempotencyKey) -> HttpResponse:
    """One's own, or one entrusted to one. An Idempotency-Key is refused: see `receipt`."""
    _no_key(key)
    one = _poll_seen(request, id)
    entry = next((v.entry for v in asked.votes_of(request.auth, one) if v.entry.pk == body.entry), None)  # fmt: skip
    if entry is None:
        raise NotFound(_("您不在这次表决的名册上。"), field="entry")
    receipt = body.receipt or actions.new_receipt()
    kept = actions.cast_vote(one, entry, choice=body.choice, receipt=receipt, by=request.auth, at=now())  # fmt: skip
    return reply({"receipt": kept}, 201)


@router.get("/polls/{int:id}/receipt", response=ReceiptOut, summary="Is a ballot counted")
def check_receipt(
    request: SignedIn, id: int, receipt: Annotated[str, Query(max_length=24)]
) -> HttpResponse:
    """Whether it is in the box; not what it says."""
    return reply({"is_counted": asked.is_counted(_poll_seen(request, id), receipt)})


@router.get("/polls/{int:id}/result", response=PollResultOut, summary="The result and why")
def result(request: SignedIn, id: int) -> HttpResponse:
    """For everybody once published; for the desk once closed. Refused before."""
    one = _poll_seen(request, id)
    found = asked.result_of(one)
    if one.state != "published" and not Poll.objects.visible_to(request.auth).filter(pk=id).exists():  # fmt: skip
        raise asked.NotYetClosed(_("结果还没有公布。"))
    shown = asked.is_shown(one)
    return reply(
        {
            "passed": found["passed"], "quorate": found["quorate"], "cast": found["cast"],
            "why": asked.why_of(one), "figures": asked.figures_of(one) if shown else [],
        }
    )  # fmt: skip


@router.post("/polls/{int:id}/publish", response=PollOut, summary="Publish the result")
def publish(request: SignedIn, id: int) -> HttpResponse:
    """Its motion is settled, its voters are told."""
    actions.publish_poll(_one(Poll.objects.visible_to(request.auth), id), by=request.auth, at=now())
    return reply(_poll(_poll_seen(request, id)))


# Surveys.


def _survey(one: Questionnaire) -> dict[str, Any]:
    names = ("id", "title", "wave", "state", "opens_on", "closes_on", "questions")
    return {name: getattr(one, name) for name in names} | {"region": one.region.code}


@router.get("/surveys", response=QuestionnaireOutPage, summary="Surveys of my land")
def list_surveys(request: SignedIn, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """For who looks after land, newest first."""
    rows = Questionnaire.objects.visible_to(request.auth).select_related("region")
    return reply(listed(rows, cursor, limit, _survey))


@router.post("/surveys/answers", response={201: SurveyAnsweredOut}, summary="Answer by a token")
def answer(request: SignedIn, body: SurveyAnswerIn, key: IdempotencyKey) -> HttpResponse:
    """One answer a token, kept without who sent it; a used token is refused, and so is a key."""
    _no_key(key)
    actions.answer_by_token(body.token, body.values, at=now())
    return reply({"kept": True}, 201)


@router.get("/surveys/{int:id}/results", response=SurveyResultOut, summary="Results with margins")
def survey_results(request: SignedIn, id: int) -> HttpResponse:
    """For everybody once published; for who looks after the land once it has ended. No free words."""
    rows = Questionnaire.objects.visible_to(request.auth) | Questionnaire.objects.public().filter(state="published")  # fmt: skip
    one = _one(rows.select_related("region", "formula").distinct(), id)
    found = surveyed.results_of(one)
    names = ("n", "asked", "rate", "covered", "index", "questions", "places")
    return reply({n: getattr(found, n) for n in names} | {"trend": surveyed.trend_of(one)})


# Groups and campaigns.


@router.get("/groups", response=ResidentGroupOutPage, summary="Groups of a community")
def list_groups(
    request: SignedIn, community: Community, cursor: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """Mass groups, associations and groups of residents that stand."""
    rows = ResidentGroup.objects.public().filter(community=_community(community).pk)
    return reply(listed(rows.select_related("community"), cursor, limit, _group))


def _group(one: ResidentGroup) -> dict[str, Any]:
    names = ("id", "kind", "name", "purpose", "people")
    return {name: getattr(one, name) for name in names} | {"community": one.community.code}


@router.get(
    "/campaigns/{int:id}", response=ItemCoverageOut, summary="How far a campaign of items is"
)
def get_campaign(request: SignedIn, id: int) -> HttpResponse:
    """By unit and item; small units are drawn together, nobody is named."""
    one = _one(ItemCampaign.objects.visible_to(request.auth).select_related("org"), id)
    found = coverage_of(one)
    items = [
        {"code": i.code, "group": i.group, "text": i.text, "picked": i.picked, "done": i.done}
        for i in found["items"]
    ]
    names = ("total", "units", "small")
    told = {name: found[name] for name in names}
    return reply({"id": one.pk, "name": one.name, "state": one.state, "items": items} | told)
