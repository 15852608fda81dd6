"""Shapes of what goes in and out: programmes, tasks, targets, benchmarks, promises, problems."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query, Schema
from pydantic import BaseModel, ConfigDict, Field

Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str, Query(max_length=60, description="`next` of the page before")]
STRICT = ConfigDict(extra="forbid")
Id = Annotated[int, Field(ge=1, lt=2**63)]
Amount = Annotated[Decimal, Field(max_digits=14, decimal_places=2)]
Code = Annotated[str, Field(max_length=18)]


class ProjectProgrammeOut(Schema):
    id: int
    kind: str
    name: str
    region: str
    state: str
    start_on: date
    end_on: date
    is_fixed: bool


class ProgrammeOutPage(Schema):
    items: list[ProjectProgrammeOut]
    next: str | None


class ProgrammeProgressOut(ProjectProgrammeOut):
    aspects: int
    items: int
    tasks: int
    percent: int
    done: int
    late: int
    at_risk: int


class KeyProgrammeIn(BaseModel):
    model_config = STRICT

    kind: str = Field(max_length=12)
    name: str = Field(max_length=80)
    region: Code
    org: Id
    start_on: date
    end_on: date
    text: str = Field("", max_length=5000)
    source: str = Field("", max_length=200)
    is_fixed: bool = False
    risk_gap: int = 20


class KeyPartIn(BaseModel):
    model_config = STRICT

    org: Id
    text: str = Field(max_length=200)
    due_on: date | None = None


class KeyTaskIn(BaseModel):
    model_config = STRICT

    title: str = Field(max_length=110)
    org: Id
    start_on: date
    due_on: date
    aspect: str = Field("", max_length=120)
    item: str = Field("", max_length=120)
    owner: Id | None = None
    text: str = Field("", max_length=3000)
    hard_end: bool = False
    measure: str = Field("", max_length=60)
    unit: str = Field("", max_length=12)
    target: Amount | None = None
    parts: list[KeyPartIn] = Field(default_factory=list, max_length=20)
    about: list[str] = Field(
        default_factory=list, max_length=4, description="kind, id, label, path of what it is about"
    )


class KeyTaskOut(Schema):
    id: UUID
    programme: int
    title: str
    org: int
    start_on: date
    due_on: date
    is_fixed: bool
    case: UUID | None
    state: str
    why: str
    percent: int
    target: Amount | None
    actual: Amount | None


class KeyTaskPage(Schema):
    items: list[KeyTaskOut]
    next: str | None


class KeyReportIn(BaseModel):
    model_config = STRICT

    note: str = Field(max_length=1000)
    value: Amount | None = None
    percent: int | None = None
    evidence: list[UUID] = Field(default_factory=list, max_length=6)


class StagesIn(BaseModel):
    model_config = STRICT

    stages: list[tuple[Annotated[str, Field(max_length=40)], int]] = Field(max_length=20)
    by_workdays: bool = True


class StageOut(Schema):
    n: int
    name: str
    start_on: date
    end_on: date
    planned_end: date
    done_on: date | None


class StagesOut(Schema):
    due_on: date
    is_fixed: bool
    sentence: str
    late_by: int
    stages: list[StageOut]


class ProjectSlipIn(BaseModel):
    model_config = STRICT

    end_on: date
    reason: str = Field("", max_length=300)
    save: bool = Field(False, description="false: only say what it would do")


class SlipOut(Schema):
    over_by: int
    saved: bool
    stages: list[StageOut]


class TargetOut(Schema):
    id: int
    parent: int | None
    name: str
    field: str
    region: str
    unit: str
    value: Amount
    from_year: int
    to_year: int
    actual: Amount | None
    percent: int | None


class TargetOutPage(Schema):
    items: list[TargetOut]
    next: str | None


class TargetDetailOut(TargetOut):
    children: list[TargetOut]


class TargetIn(BaseModel):
    model_config = STRICT

    name: str = Field(max_length=80)
    field: str = Field(max_length=12)
    unit: str = Field(max_length=12)
    value: Amount
    region: Code
    from_year: int
    to_year: int
    from_on: date | None = None


class ShareIn(BaseModel):
    model_config = STRICT

    region: Code
    value: Amount
    from_year: int | None = None
    to_year: int | None = None


class SharesIn(BaseModel):
    model_config = STRICT

    shares: list[ShareIn] = Field(max_length=300)


class FigureIn(BaseModel):
    model_config = STRICT

    on: date
    value: Amount
    note: str = Field("", max_length=300)


class MonthlyOut(Schema):
    programme: int
    month: str
    on: date
    late: list[UUID]
    at_risk: list[UUID]
    changed: list[dict[str, Any]]
    done: list[UUID]
    text: list[str]


class BenchmarkOut(Schema):
    id: int
    org: int
    exemplar: str
    name: str
    measure: str
    baseline: Amount
    theirs: Amount
    target: Amount
    result: Amount | None
    percent: int | None
    state: str


class BenchmarkOutPage(Schema):
    items: list[BenchmarkOut]
    next: str | None


class BenchmarkCheckIn(BaseModel):
    model_config = STRICT

    on: date
    value: Amount
    verdict: Literal["ahead", "on_track", "behind"]
    note: str = Field(max_length=500)


class PromiseOut(Schema):
    id: int
    person: str
    org: int
    year: int
    text: str
    verdict: str
    why: str
    suggested: str
    figures: str


class PromisePage(Schema):
    items: list[PromiseOut]
    next: str | None


class PromiseJudgeIn(BaseModel):
    model_config = STRICT

    verdict: Literal["kept", "partly", "not"]
    why: str = Field(max_length=500)


class HardProblemOut(Schema):
    id: UUID
    case: UUID
    kind: str
    title: str
    region: str
    at_region: str
    owner: str
    step: str
    due_on: date


class HardProblemPage(Schema):
    items: list[HardProblemOut]
    next: str | None


class HardProblemIn(BaseModel):
    model_config = STRICT

    kind: str = Field(max_length=10)
    title: str = Field(max_length=110)
    goal: str = Field(max_length=300)
    region: Code
    org: Id
    owner: Id
    due_on: date
    text: str = Field("", max_length=3000)


class ProblemPlanIn(BaseModel):
    model_config = STRICT

    plan: str = Field(max_length=3000)
    steps: list[tuple[Annotated[str, Field(max_length=200)], date]] = Field(max_length=20)


class EscalateIn(BaseModel):
    model_config = STRICT

    org: Id
    owner: Id
    reason: str = Field(max_length=1000)


class KeyPartOut(Schema):
    id: int
    org: int
    text: str
    due_on: date | None
    done_at: datetime | None
    note: str


class KeyPartPage(Schema):
    items: list[KeyPartOut]
    next: str | None


class KeyPartDoneIn(BaseModel):
    model_config = STRICT

    note: str = Field(max_length=300)


class KeyTargetValueIn(BaseModel):
    model_config = STRICT

    value: Amount


class KeyDutyOut(Schema):
    id: int
    code: str
    version: int
    name: str
    level: str
    source: str
    is_sample: bool
    n: int
    text: str
    proof: str


class KeyDutyPage(Schema):
    items: list[KeyDutyOut]
    next: str | None


class KeyTickIn(BaseModel):
    model_config = STRICT

    year: int = Field(ge=2000, le=2100)
    quarter: int = Field(ge=1, le=4)
    note: str = Field(max_length=300)
    org: Id | None = Field(None, description="one's own unit, or")
    point: Id | None = Field(None, description="one's own contact point")


class KeyTickOut(Schema):
    id: int
    item: int
    org: int | None
    point: int | None
    year: int
    quarter: int
    note: str
    by: str
    at: datetime


class KeyTickPage(Schema):
    items: list[KeyTickOut]
    next: str | None


class KeyPointOut(Schema):
    id: int
    leader: str
    region: str
    from_date: date
    done: list[int]
    open: list[int]
    theme: str
    state: str


class KeyPointPage(Schema):
    items: list[KeyPointOut]
    next: str | None


class KeyDemonstrationIn(BaseModel):
    model_config = STRICT

    theme: str = Field(max_length=60)
    plan: str = Field(max_length=500)


class KeyWhyIn(BaseModel):
    model_config = STRICT

    why: str = Field(max_length=300)
