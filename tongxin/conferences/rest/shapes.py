"""What programs hand in and get of joint conferences and lists."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query, Schema
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str, Query(max_length=60, description="`next` of the page before")]
STRICT = ConfigDict(extra="forbid")
Id = Annotated[int, Field(ge=1, lt=2**63)]
MatterWord = Literal["people", "room", "goods", "money", "service"]
KindWord = Literal["need", "supply", "resource", "service", "project"]


class BodyOut(Schema):
    id: int
    level: str
    region: str
    name: str
    org: str | None = Field(description="the committee that convenes; null: none could")
    founded_on: date


class BodyOutPage(Schema):
    items: list[BodyOut]
    next: str | None


class BodySeatOut(Schema):
    id: int
    name: str
    kind: str
    rep_name: str
    why: str
    from_date: date


class BodyFullOut(BodyOut):
    chair: str | None
    why_chair: str
    charter: str
    state: str = Field(description="met, due, at_risk, missed, free: how it stands this period")
    sentence: str
    seats: list[BodySeatOut]


class BodyStandingOut(Schema):
    body: int
    name: str
    period: str
    state: str
    held: int
    wanted: int
    sentence: str


class BodyStandingsOut(Schema):
    items: list[BodyStandingOut]


class SessionIn(BaseModel):
    model_config = STRICT

    body: Id
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    venue: str = Field(max_length=100)
    title: str = Field("", max_length=100)


class SessionOut(Schema):
    id: int
    body: int
    meeting: int = Field(description="the meeting of /meetings: attendance, minutes, approval")
    title: str
    starts_at: AwareDatetime
    state: str


class SessionOutPage(Schema):
    items: list[SessionOut]
    next: str | None


class AgendaItemOut(Schema):
    id: int
    kind: str
    title: str
    state: str
    proposed_for: str
    decision: str


class AgendaItemIn(BaseModel):
    model_config = STRICT

    kind: Literal["major", "service", "deliberation", "bulletin"]
    title: str = Field(max_length=100)
    text: str = Field("", max_length=2000)


class AgendaIn(BaseModel):
    model_config = STRICT

    items: list[Id] = Field(max_length=30, description="ids in the order of the agenda")


class AgendaDecideIn(BaseModel):
    model_config = STRICT

    decision: str = Field(max_length=2000)
    defer: bool = False


class ResolutionTaskOut(Schema):
    case: UUID
    owner: str
    step: str
    progress: str
    done_note: str


class ResolutionOut(Schema):
    id: int
    number: str
    body: int
    session: int
    title: str
    work: str
    place: str
    due_on: date
    end: str
    result: str
    tasks: list[ResolutionTaskOut]


class ResolutionOutPage(Schema):
    items: list[ResolutionOut]
    next: str | None


class ResolutionIn(BaseModel):
    model_config = STRICT

    title: str = Field(max_length=100)
    work: str = Field(max_length=2000)
    place: str = Field(max_length=100)
    due_on: date
    units: list[Id] = Field(default_factory=list, max_length=12, description="ids of /orgs")
    holder: Id | None = Field(None, description="a person, where no unit fits")
    item: Id | None = None


class SessionFullOut(SessionOut):
    seats: int
    here: int
    quorum: bool
    agenda: list[AgendaItemOut]
    carried_over: list[ResolutionOut] = Field(description="what became of earlier resolutions")


class ListItemOut(Schema):
    id: int
    kind: str
    region: str
    matter: str
    title: str
    party: str
    quantity: int = Field(description="people, rooms, pieces, fen or turns")
    left: int
    from_date: date
    to_date: date
    state: str
    series: str


class ListItemOutPage(Schema):
    items: list[ListItemOut]
    next: str | None


class ListItemIn(BaseModel):
    model_config = STRICT

    kind: KindWord
    region: str = Field(max_length=12, description="code of a region")
    matter: MatterWord
    title: str = Field(max_length=60)
    quantity: int = Field(ge=1, lt=10**13)
    from_date: date
    to_date: date
    text: str = Field("", max_length=500)
    words: str = Field("", max_length=100)
    org: Id | None = None
    series: Literal["", "people", "grassroots", "firms"] = ""


class ListReviewIn(BaseModel):
    model_config = STRICT

    accept: bool
    note: str = Field("", max_length=200)


class MatchOut(Schema):
    id: int
    need: int
    supply: int
    quantity: int
    why: str
    gain: int
    state: str


class ConferenceMatchRunOut(Schema):
    id: int
    needs: int
    supplies: int
    value: int
    is_optimal: bool
    matches: list[MatchOut]


class ConferenceMatchRunIn(BaseModel):
    model_config = STRICT

    region: str = Field(max_length=12)


class AgreeIn(BaseModel):
    model_config = STRICT

    supply: Id
    quantity: int = Field(ge=1, lt=10**13)


class AgreementOut(Schema):
    case: UUID
    need: int
    supply: int
    quantity: int
    from_date: date
    to_date: date
    step: str
    delivered: int | None


class ListFiguresOut(Schema):
    agreed: int
    done: int
    needs: int
    minutes: int
    fen: int


class PackageOut(Schema):
    id: int
    street: str
    name: str
    year: int
    state: str
    items: list[dict[str, Any]]


class PackageOutPage(Schema):
    items: list[PackageOut]
    next: str | None


class ConsultationIn(BaseModel):
    model_config = STRICT

    region: str = Field(max_length=12, description="code of a region")
    title: str = Field(max_length=60)
    text: str = Field("", max_length=500)
    from_date: date
    to_date: date


class ConsultationOut(Schema):
    id: int
    region: str
    title: str
    text: str
    from_date: date
    to_date: date
    closed_at: AwareDatetime | None
    summary: str
    opinions: int


class ConsultationOutPage(Schema):
    items: list[ConsultationOut]
    next: str | None


class ConsultationClosedIn(BaseModel):
    model_config = STRICT

    summary: str = Field(max_length=2000)


class OpinionIn(BaseModel):
    model_config = STRICT

    text: str = Field(max_length=500)


class OpinionOut(Schema):
    id: int
    consultation: int
    text: str
    at: AwareDatetime
    answer: str
    answered_at: AwareDatetime | None
    need: int | None = Field(description="the line of /list-items it became")


class OpinionOutPage(Schema):
    items: list[OpinionOut]
    next: str | None


class OpinionNeedIn(BaseModel):
    model_config = STRICT

    matter: MatterWord
    title: str = Field(max_length=60)
    quantity: int = Field(ge=1, lt=10**13)
    from_date: date
    to_date: date


class OpinionAnswerIn(BaseModel):
    model_config = STRICT

    answer: str = Field("", max_length=300)
    need: OpinionNeedIn | None = None


class JointActivityIn(BaseModel):
    model_config = STRICT

    title: str = Field(max_length=80)
    text: str = Field("", max_length=500)
    series: Literal["", "people", "grassroots", "firms"] = ""
    region: str = Field(max_length=12)
    place: str = Field(max_length=100)
    host: Id = Field(description="id of /orgs")
    orgs: list[Id] = Field(min_length=1, max_length=60, description="ids of /orgs")
    starts_at: AwareDatetime
    ends_at: AwareDatetime


class ActivityPartOut(Schema):
    org: int
    name: str
    answer: str = Field(description="asked, joins, declines")
    people: int
    brings: str


class JointActivityOut(Schema):
    id: int
    title: str
    text: str
    series: str
    region: str
    place: str
    host: int
    host_name: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    state: str
    residents: int
    result: str
    parts: list[ActivityPartOut]


class JointActivityOutPage(Schema):
    items: list[JointActivityOut]
    next: str | None


class ActivityAnswerIn(BaseModel):
    model_config = STRICT

    org: Id
    joins: bool
    people: int = Field(0, ge=0, le=5000)
    brings: str = Field("", max_length=100)


class ActivityHeldIn(BaseModel):
    model_config = STRICT

    residents: int = Field(ge=0, lt=10**6)
    result: str = Field(max_length=500)
