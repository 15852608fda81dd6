"""What follows an order: calls, reports of progress, money that came."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import Finding, FollowUpCall, Payment, ProgressReport, Rectification
from .shapes import DatabaseId, Fen, photos_of, seen

router = Router()


class FindingCallOut(Schema):
    id: int
    at: datetime
    unit: str
    spoke_to: str
    reached: bool
    text: str
    next_on: date | None
    by: str


class FindingCalls(Schema):
    items: list[FindingCallOut]


class FindingCallIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    at: AwareDatetime
    spoke_to: str = Field(max_length=60)
    text: str = Field(max_length=500)
    reached: bool = True
    unit: DatabaseId | None = Field(None, description="one of the finding's `units`")
    next_on: date | None = None


class FindingPaymentOut(Schema):
    id: int
    on: date
    fen: int
    unit: str
    note: str
    has_receipt: bool
    is_revoked: bool
    by: str


class FindingPayments(Schema):
    due_fen: int | None
    paid_fen: int | None
    items: list[FindingPaymentOut]


class FindingPaymentIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    fen: Fen
    on: date
    unit: DatabaseId | None = Field(None, description="one of the finding's `units`")
    receipt: UUID | None = Field(None, description="id of one's own upload")
    note: str = Field("", max_length=200)


class FindingReportOut(Schema):
    id: int
    on: date
    text: str
    paid_fen: int | None
    was_late: bool


class FindingReportIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    on: date
    text: str = Field(max_length=500)


def _call(one: FollowUpCall) -> dict[str, Any]:
    return {
        "id": one.pk, "at": one.at, "unit": one.unit.name if one.unit else "",
        "spoke_to": one.spoke_to, "reached": one.reached, "text": one.text,
        "next_on": one.next_on, "by": one.by.name,
    }  # fmt: skip


def _payment(one: Payment) -> dict[str, Any]:
    return {
        "id": one.pk, "on": one.on, "fen": one.fen, "unit": one.unit.name if one.unit else "",
        "note": one.note, "has_receipt": one.receipt_id is not None,
        "is_revoked": one.revoked_at is not None, "by": one.by.name,
    }  # fmt: skip


def _report(one: ProgressReport) -> dict[str, Any]:
    return {
        "id": one.pk, "on": one.on, "text": one.text, "paid_fen": one.paid_fen,
        "was_late": one.was_late,
    }  # fmt: skip


def _unit(found: Finding, pk: int | None):
    return next((unit for unit in found.units.all() if unit.pk == pk), None)


@router.get("/{uuid:id}/calls", response=FindingCalls, summary="Calls that followed it up")
def list_calls(request: SignedIn, id: UUID) -> HttpResponse:
    """For who oversees the place."""
    found = seen(request.auth, id)
    if not queries.may_oversee(request.auth, found.area):
        raise NotFound(_("没有找到这个问题，或您看不到它。"))
    rows = found.calls.select_related("unit", "by").order_by("-at", "-pk")
    return reply({"items": [_call(one) for one in rows[:200]]})


@router.post("/{uuid:id}/calls", response={201: FindingCallOut}, summary="Log a call")
def log_call(request: SignedIn, id: UUID, body: FindingCallIn) -> HttpResponse:
    """When, with whom, what was said, when next; the one that was due is made by it."""
    found = seen(request.auth, id)
    made = actions.log_call(
        found, called_at=body.at, spoke_to=body.spoke_to, text=body.text, reached=body.reached,
        next_on=body.next_on, unit=_unit(found, body.unit), at=now(), by=request.auth,
    )  # fmt: skip
    return reply(_call(made), 201)


@router.get("/{uuid:id}/payments", response=FindingPayments, summary="Money due and received")
def list_payments(request: SignedIn, id: UUID) -> HttpResponse:
    """Those taken back stay, marked."""
    found = seen(request.auth, id)
    items = [_payment(one) for one in queries.payments_of(found)]
    return reply({"due_fen": found.due_fen, "paid_fen": found.paid_fen, "items": items})


@router.post("/{uuid:id}/payments", response={201: FindingPaymentOut}, summary="Record money")
def record_payment(
    request: SignedIn, id: UUID, body: FindingPaymentIn, key: IdempotencyKey
) -> HttpResponse:
    """By a unit that is pressed or who oversees the place; never above what is due."""
    found = seen(request.auth, id)
    receipt = photos_of(request.auth, [body.receipt])[0] if body.receipt else None
    made = actions.record_payment(
        found, fen=body.fen, on=body.on, note=body.note, receipt=receipt,
        unit=_unit(found, body.unit), key=key or "", at=now(), by=request.auth,
    )  # fmt: skip
    return reply(_payment(made), 201)


@router.post(
    "/rectifications/{uuid:id}/reports",
    response={201: FindingReportOut},
    summary="Report how far one's unit is",
)
def report(request: SignedIn, id: UUID, body: FindingReportIn) -> HttpResponse:
    """`id` is that of the unit's case; one report a day."""
    rows = Rectification.objects.visible_to(request.auth).select_related("case", "finding")
    row = rows.filter(pk=id).first()
    if row is None:
        raise NotFound(_("没有找到这项整改，或您看不到它。"))
    made = actions.report_progress(row, on=body.on, text=body.text, at=now(), by=request.auth)
    return reply(_report(made), 201)
