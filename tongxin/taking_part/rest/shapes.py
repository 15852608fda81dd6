"""What programs hand in and get; what all endpoints of this app ask first."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.kit.errors import Invalid, NotFound
from tongxin.regions.models import Region
from tongxin.regions.queries import get_land, region_of

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


class TakingPartVoteOut(Schema):
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


def no_key(key: str | None) -> None:
    """:raises KeyNotTaken: if the call has an Idempotency-Key"""
    if key:
        raise KeyNotTaken(
            _("这里不收 Idempotency-Key：留下它就能查出是谁。"),
            remedy=_("投票请自带回执码，问卷凭邀请码：同一个只算一次。"),
        )


def community_of(code: str) -> Region:
    land = get_land(code)
    if land.level != Region.Level.COMMUNITY:
        raise NotFound(_("请写社区（村）的区划代码。"), field="community")
    return region_of(land)


def one_of(rows: Any, pk: Any) -> Any:
    """:raises NotFound: if no such row is among those the caller sees"""
    one = rows.filter(pk=pk).first()
    if one is None:
        raise NotFound(_("没有找到，或您看不到它。"))
    return one
