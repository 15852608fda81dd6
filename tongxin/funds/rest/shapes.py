"""What the books look like on the wire, and what is handed in."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query, Schema
from pydantic import BaseModel, ConfigDict, Field

from ..models import Account, Allocation, Line, PayOrder, UseCheck

Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str, Query(max_length=60, description="`next` of the page before")]
STRICT = ConfigDict(extra="forbid")
Fen = Annotated[int, Field(ge=1, le=10**13, description="in fen, a hundredth of a yuan")]
Id = Annotated[int, Field(ge=1, lt=2**63)]
Photos = Annotated[list[UUID], Field(max_length=9, description="ids of one's own uploads")]


class FundSourceOut(Schema):
    code: str
    name: str
    kind: str
    level: str
    is_sample: bool


class FundSources(Schema):
    items: list[FundSourceOut]


class FundAccountOut(Schema):
    id: int
    number: str
    name: str
    org: int
    region: str
    is_special: bool
    purpose: str
    balance_fen: int
    committed_fen: int = Field(description="given and not yet paid")
    frozen_until: date | None
    opened_on: date
    closed_on: date | None


class FundAccountPage(Schema):
    items: list[FundAccountOut]
    next: int | str | None


class FundAccountIn(BaseModel):
    model_config = STRICT

    org: Id
    name: str = Field(max_length=80)
    is_special: bool = False
    purpose: str = Field("", max_length=200)
    opened_on: date | None = None


class FundLineOut(Schema):
    id: int
    seq: int
    kind: Literal["income", "allocate", "pay", "reverse"]
    source: str
    allocation: str | None
    on: date
    amount_fen: int = Field(description="signed: what it did to the balance")
    committed_fen: int
    balance_fen: int
    payee: str
    note: str
    reverses: int | None = Field(description="number of the line it takes back")
    hash: str


class FundLinePage(Schema):
    items: list[FundLineOut]
    next: str | None


class LineWords(Schema):
    """As the words of the ledger's address; what is not known asks nothing."""

    kind: str = ""
    source: str = ""
    month: str = Field("", description="2026-03")


class ReceiveIn(BaseModel):
    model_config = STRICT

    source: str = Field(max_length=20, description="code")
    amount_fen: Fen
    on: date
    payer: str = Field("", max_length=80)
    note: str = Field("", max_length=200)
    photos: Photos = Field(default_factory=list)


class PayableIn(BaseModel):
    model_config = STRICT

    due_on: date
    amount_fen: Fen


class SubjectIn(BaseModel):
    model_config = STRICT

    kind: str = Field(max_length=20)
    id: str = Field(max_length=40)
    label: str = Field(max_length=120)
    url: str = Field("", max_length=200, description="a path of this site")


class AllocateIn(BaseModel):
    model_config = STRICT

    source: str = Field(max_length=20, description="code")
    amount_fen: Fen
    purpose: str = Field(max_length=200)
    region: str = Field("", max_length=18, description="code; the account's own without one")
    to: SubjectIn | None = None
    payables: list[PayableIn] = Field(default_factory=list, max_length=60)
    budget: Id | None = None


class FundPayableOut(Schema):
    id: int
    due_on: date
    amount_fen: int
    paid_fen: int
    note: str


class AllocationOut(Schema):
    id: str
    number: str
    account: int
    source: str
    region: str
    year: int
    purpose: str
    amount_fen: int
    paid_fen: int
    subject: dict[str, str]
    withdrawn: bool


class AllocationWhole(AllocationOut):
    payables: list[FundPayableOut]


class AllocationPage(Schema):
    items: list[AllocationOut]
    next: str | None


class FundPayIn(BaseModel):
    model_config = STRICT

    amount_fen: Fen
    on: date
    payee: str = Field(max_length=80)
    note: str = Field("", max_length=200)
    photos: Photos = Field(default_factory=list)


class PayOrderOut(Schema):
    id: str
    allocation: str
    amount_fen: int
    on: date
    payee: str
    state: Literal["waiting", "paid", "refused"]
    reason: str


class PayOrders(Schema):
    items: list[PayOrderOut]


class PayDecideIn(BaseModel):
    model_config = STRICT

    approve: bool
    reason: str = Field("", max_length=200)


class FundReasonIn(BaseModel):
    model_config = STRICT

    reason: str = Field(max_length=200)


class FundMonthIn(BaseModel):
    model_config = STRICT

    month: date = Field(description="any day of it")


class FundPeriodOut(Schema):
    month: date
    opening_fen: int
    income_fen: int
    paid_fen: int
    closing_fen: int
    lines: int


class OverdueOut(Schema):
    allocation: str
    number: str
    purpose: str
    region: str
    due_on: date
    days: int
    left_fen: int


class Overdues(Schema):
    count: int
    fen: int
    items: list[OverdueOut]


class FundsOfOut(Schema):
    allocated: int
    paid: int
    due: int
    overdue: int


class UseCheckIn(BaseModel):
    model_config = STRICT

    result: Literal["proper", "flawed", "misused"]
    text: str = Field(max_length=500)
    on: date
    line: Id | None = None
    mend_by: date | None = None
    photos: Photos = Field(default_factory=list)


class UseCheckOut(Schema):
    id: int
    account: int
    result: str
    text: str
    on: date
    mend_by: date | None
    mended_on: date | None


class UseCheckPage(Schema):
    items: list[UseCheckOut]
    next: int | str | None


def account_told(one: Account) -> dict[str, Any]:
    names = ("id", "number", "name", "is_special", "purpose", "balance_fen", "committed_fen",
             "frozen_until", "opened_on", "closed_on")  # fmt: skip
    return {name: getattr(one, name) for name in names} | {"org": one.org_id, "region": one.region.code}  # fmt: skip


def line_told(one: Line) -> dict[str, Any]:
    names = ("id", "seq", "kind", "on", "amount_fen", "committed_fen", "balance_fen", "payee",
             "note", "hash")  # fmt: skip
    return {name: getattr(one, name) for name in names} | {
        "source": one.source.code,
        "allocation": str(one.allocation_id) if one.allocation_id else None,
        "reverses": one.reverses.seq if one.reverses else None,
    }


def allocation_told(one: Allocation) -> dict[str, Any]:
    names = ("number", "year", "purpose", "amount_fen", "paid_fen")
    return {name: getattr(one, name) for name in names} | {
        "id": str(one.pk), "account": one.account_id, "source": one.source.code,
        "region": one.region.code, "withdrawn": one.withdrawn_at is not None,
        "subject": {
            "kind": one.subject_kind, "id": one.subject_id, "label": one.subject_label,
            "url": one.subject_url,
        },
    }  # fmt: skip


def whole_told(one: Allocation) -> dict[str, Any]:
    names = ("id", "due_on", "amount_fen", "paid_fen", "note")
    rows = one.payables.order_by("due_on", "pk").values(*names)
    return allocation_told(one) | {"payables": list(rows)}


def order_told(one: PayOrder) -> dict[str, Any]:
    names = ("amount_fen", "on", "payee", "state", "reason")
    return {name: getattr(one, name) for name in names} | {
        "id": str(one.pk), "allocation": str(one.allocation_id),
    }  # fmt: skip


def check_told(one: UseCheck) -> dict[str, Any]:
    names = ("id", "result", "text", "on", "mend_by", "mended_on")
    return {name: getattr(one, name) for name in names} | {"account": one.account_id}
