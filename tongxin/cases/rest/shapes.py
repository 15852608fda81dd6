"""The shapes of JSON, for the schema: answers are written by hand, and a test compares them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from ..brief import CaseBrief

Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,18}$")]
DatabaseId = Annotated[int, Field(ge=1, lt=2**63)]


class Ref(Schema):
    id: int
    name: str


class CodeRef(Schema):
    code: str
    name: str


class CaseLine(Schema):
    """A case as a page of cases shows it."""

    id: UUID
    number: str
    kind: str
    step: str
    step_label: str
    title: str
    topic: CodeRef | None
    region: CodeRef
    address: str
    lng: float | None
    lat: float | None
    handler: Ref | None
    holder: Ref | None
    is_private: bool
    is_fast: bool
    is_late: bool
    card: Literal["", "yellow", "red"]
    opened_at: datetime
    stepped_at: datetime
    closed_at: datetime | None
    due_at: datetime | None
    length: int


class CasePage(Schema):
    items: list[CaseLine]
    next: str | None = Field(description="cursor of the next page; null on the last one")


class Clock(Schema):
    norm: str = Field(description="4wh, 2wd, 30m…: working hours and days, minutes, hours, days")
    due_at: datetime | None
    until: datetime | None = Field(description="the clock stands still until then")
    left: str = Field(description="the time left, in words")
    sentence: str = Field(description="how `due_at` came about")


class Dot(Schema):
    char: str
    title: str
    state: Literal["done", "now", "late", "todo", "skipped"]


class Line(Schema):
    dots: list[Dot]
    left: str
    tone: str


class Child(Schema):
    id: UUID
    number: str
    kind: str
    step: str
    step_label: str
    title: str
    handler: Ref | None
    due_at: datetime | None
    is_late: bool


class EvidenceOut(Schema):
    id: UUID
    kind: Literal["photo", "before", "after", "receipt", "signature"]
    url: str
    thumb: str
    taken_at: datetime | None
    uploaded_at: datetime
    uploaded_by: str = Field(description="name, masked for strangers")
    seq: int | None = Field(description="the event it was handed in with; null: not yet")


class CaseDetail(CaseBrief):
    text: str
    topic: CodeRef | None
    region: CodeRef
    address: str
    lng: float | None
    lat: float | None
    reporter: Ref | None
    handler: Ref | None
    holder: Ref | None
    offeree: Ref | None
    parent: UUID | None
    is_private: bool
    is_fast: bool
    asked: str = Field(description="an adjustment that waits for approval")
    opened_at: datetime
    stepped_at: datetime
    clock: Clock
    line: Line
    children: list[Child]
    evidence: list[EvidenceOut]
    details: dict[str, Any] = Field(description="what this kind of case adds, e.g. the rating")


class EventBrief(Schema):
    seq: int
    move: str = Field(description="the move, or the clock that rang")
    label: str
    source: str
    target: str
    target_label: str
    at: datetime = Field(description="when it happened")
    recorded_at: datetime = Field(description="when we learnt of it")
    actor: Ref | None = Field(description="null: the system, or a resident with a link")
    note: str
    data: dict[str, Any]
    prev: str
    hash: str = Field(description="SHA-256 over `prev` and this event")


class EventOut(EventBrief):
    took: int | None = Field(description="working minutes since the event before")


class EventPage(Schema):
    items: list[EventOut]
    next: str | None


class MoveDone(Schema):
    event: EventBrief
    case: CaseBrief


class Place(BaseModel):
    """A point in WGS-84 degrees; accuracy in metres."""

    lng: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    accuracy: float | None = Field(None, ge=0, lt=1e6)


class MoveIn(BaseModel):
    """What a move is handed in; which of it, the move's `needs` and `takes` say."""

    model_config = ConfigDict(extra="forbid")

    note: str = ""
    evidence: list[UUID] = Field(default=[], max_length=40, description="ids of one's uploads")
    at: AwareDatetime | None = Field(None, description="when it happened, if not now")
    expect: int | None = Field(None, description="the `length` seen: refused if the case moved on")
    holder: DatabaseId | None = Field(None, description="a user")
    handler: DatabaseId | None = Field(None, description="an organisation")
    queue: list[DatabaseId] | None = Field(None, min_length=1, max_length=50)
    until: AwareDatetime | None = None
    stars: int | None = Field(None, ge=1, le=5)
    tags: list[Annotated[str, Field(max_length=20)]] | None = Field(None, max_length=10)
    minutes: int | None = Field(None, ge=1, le=16 * 60)
    amount: float | None = Field(None, ge=0, le=100_000)
    reached: bool | None = None
    solved: bool | None = None
    place: Place | None = None
    topic: Code | None = None
    region: Code | None = None
    leader: str | None = Field(None, max_length=40, description="id or number of the leading case")
    cause: str | None = Field(
        None, max_length=2000, description="why it came about (rectification)"
    )
    plan: str | None = Field(None, max_length=2000, description="how it is put right")


class TopicOut(Schema):
    code: str
    name: str
    summary: str
    kind: str
    service_class: str = Field("", description="code of one of the five classes; empty: none")
    accept_norm: str
    norm: str
    verify_norm: str
    is_urgent: bool
    takers: list[str]
    modes: list[str]
    skills: list[str]
    proof: str
    verify: str
    points: int
    is_public: bool
    needs_receipt: bool
    is_sample: bool
    questions: list[dict[str, Any]]


class CategoryOut(Schema):
    code: str
    name: str
    topics: list[TopicOut]


class CatalogueOut(Schema):
    categories: list[CategoryOut]


class Counts(Schema):
    total: int
    open: int
    late: int


class StepCount(Schema):
    kind: str
    step: str
    label: str
    n: int


class TopicCount(Schema):
    code: str
    name: str
    n: int


class RegionCount(Counts):
    code: str
    name: str


class Stats(Counts):
    region: CodeRef
    since: date
    until: date
    by_step: list[StepCount]
    by_topic: list[TopicCount]
    by_region: list[RegionCount] = Field(description="one level below, where there are cases")
