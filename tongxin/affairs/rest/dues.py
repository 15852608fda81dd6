"""Dues: what a unit's members owe, payments, the quarter."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid
from tongxin.kit.ids import uuid7
from tongxin.orgs.models import Membership
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..dates import Quarter
from ..models import Payment
from .shapes import AffairUnit, Cursor, Id, Limit, found, unit_kept, unit_ref

router = Router()
Yuan = Annotated[Decimal, Field(gt=0, le=1_000_000, decimal_places=2)]


class PaymentOut(Schema):
    id: int
    unit: AffairUnit
    membership_id: int
    receipt: str
    kind: str
    amount: Decimal = Field(description="yuan, as text; less than nothing for a refund")
    method: str
    covers: str
    paid_on: date


class PaymentPage(Schema):
    items: list[PaymentOut]
    next: str | None


class PaymentIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    membership_id: Id
    amount: Yuan
    paid_on: date | None = Field(None, description="today, if it is not said")
    method: Literal["cash", "transfer", "phone"] = "cash"
    kind: Literal["dues", "extra"] = "dues"
    note: str = Field("", max_length=200)


class ArrearOut(Schema):
    membership_id: int
    name: str
    months: int
    amount: Decimal
    since: date
    sentence: str
    is_long: bool = Field(description="six months and more")


class Arrears(Schema):
    items: list[ArrearOut]


class DuesLine(Schema):
    unit: AffairUnit | None
    members: int
    opening: Decimal
    charged: Decimal
    paid: Decimal
    extra: Decimal
    refunded: Decimal
    below: Decimal
    forwarded: Decimal
    closing: Decimal
    behind: int


class Sheet(Schema):
    quarter: str
    items: list[DuesLine]
    total: DuesLine


@router.get("/dues/payments", response=PaymentPage, summary="Receipts")
def list_payments(request: SignedIn, cursor: Cursor = 0, limit: Limit = 50) -> HttpResponse:
    """Of the units whose registers one keeps, and one's own."""
    rows = Payment.objects.visible_to(request.auth).select_related("unit")
    return reply(listed(rows, cursor, limit, _payment, oldest=True))


@router.post("/dues/payments", response={201: PaymentOut}, summary="Take a member's dues")
def take_payment(request: SignedIn, body: PaymentIn, key: IdempotencyKey) -> HttpResponse:
    """A retry with the same Idempotency-Key takes the money once."""
    row = found(Membership.objects.visible_to(request.auth), body.membership_id)
    unit_kept(request, row.unit_id)
    at = now()
    payment = actions.take_payment(
        membership=row,
        amount=body.amount,
        paid_on=body.paid_on or localdate(at),
        method=body.method,
        kind=body.kind,
        note=body.note,
        key=key or str(uuid7()),
        at=at,
        by=request.auth,
    )
    return reply(_payment(payment), 201, replayed=payment.is_replay)


@router.get("/dues/{int:unit}/arrears", response=Arrears, summary="Who is behind")
def list_arrears(request: SignedIn, unit: int) -> HttpResponse:
    """With a sentence each; nothing follows from it by itself."""
    org = unit_kept(request, unit)
    accounts = queries.accounts_of(queries.members_of(org))
    rows = queries.arrears_of(accounts.values(), localdate())
    return reply({"items": [_arrear(row) for row in rows]})


@router.get("/dues/{int:unit}/quarter", response=Sheet, summary="The quarterly sheet")
def get_quarter(
    request: SignedIn, unit: int, q: str = Query("", description="2026Q3; this one if empty")
) -> HttpResponse:
    """A line for the unit and each one under it, and their sum."""
    org = unit_kept(request, unit)
    quarter = Quarter.parse(q) if q else Quarter.of(localdate())
    if quarter is None:
        raise Invalid(_("季度请写成 2026Q3"), field="q")
    lines, total = queries.quarter_sheet(queries.units_under(org), quarter, on=localdate())
    items = [_line(line) for line in lines]
    return reply({"quarter": str(quarter), "items": items, "total": _line(total)})


def _payment(row: Payment) -> dict[str, Any]:
    return {
        "id": row.pk,
        "unit": unit_ref(row.unit),
        "membership_id": row.membership_id,
        "receipt": row.receipt,
        "kind": row.kind,
        "amount": row.amount,
        "method": row.method,
        "covers": row.covers,
        "paid_on": row.paid_on,
    }


def _arrear(row: Any) -> dict[str, Any]:
    return {
        "membership_id": row.membership.pk,
        "name": row.membership.person.name,
        "months": row.months,
        "amount": row.amount,
        "since": row.since,
        "sentence": row.sentence,
        "is_long": row.is_long,
    }


def _line(line: Any) -> dict[str, Any]:
    names = (
        "members", "opening", "charged", "paid", "extra", "refunded", "below", "forwarded",
        "closing", "behind",
    )  # fmt: skip
    unit = unit_ref(line.unit) if line.unit else None
    return {"unit": unit, **{name: getattr(line, name) for name in names}}
