"""热线 over HTTP: orders of another hotline come in once each, and can be asked after."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import Path, Query, Router, Schema
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, Refused
from tongxin.ui.wire import reply

from . import actions, queries
from .models import OutsideOrder

router = Router(tags=["hotline"])

Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,18}$")]


class OrderIn(BaseModel):
    """An order as the other hotline has it. `id` is its own number and makes it one case."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=60, description="the other system's number")
    text: str = Field(min_length=1, max_length=10_000)
    title: str = Field("", max_length=120)
    at: AwareDatetime | None = Field(None, description="when the caller said it")
    caller: str = Field("", max_length=30, description="a mobile or fixed number; kept sealed")
    region: Code | None = Field(None, description="code of a region")
    street: str = Field("", max_length=60, description="name, if there is no code")
    community: str = Field("", max_length=60, description="name, if there is no code")
    lng: float | None = Field(None, ge=-180, le=180, description="WGS-84")
    lat: float | None = Field(None, ge=-90, le=90)
    address: str = Field("", max_length=120)
    topic: Code | None = Field(None, description="code of a topic of the catalogue")
    topic_hint: str = Field("", max_length=60, description="the other system's own category")
    deadline: AwareDatetime | None = None
    is_private: bool = False


class BatchIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    orders: list[dict[str, Any]] = Field(
        max_length=actions.ordering.MOST_ORDERS, description="each as in POST /hotline/orders"
    )


class OrderTaken(Schema):
    id: str
    verdict: Literal["created", "known", "added"] = Field(
        description="created; known: the same again; added: what changed is a note on the case"
    )
    case: str = Field(description="the case's number")
    case_id: str


class RowTaken(Schema):
    index: int
    id: str
    verdict: Literal["created", "known", "added", "refused"]
    case: str | None = None
    code: str | None = Field(None, description="of a refusal")
    detail: str | None = None
    field: str | None = None


class Taken(Schema):
    items: list[RowTaken]
    counts: dict[str, int]


class Said(Schema):
    at: datetime
    what: str
    text: str


class Progress(Schema):
    id: str
    case: str
    step: str
    step_label: str
    is_open: bool
    is_late: bool
    place: str
    handler: str | None
    received_at: datetime
    deadline: datetime | None
    is_past_deadline: bool
    due_at: datetime | None
    closed_at: datetime | None
    versions: int = Field(description="how often its content changed, the first one counted")
    answers: list[Said] = Field(description="what was said to who asked")


class ProgressPage(Schema):
    items: list[Progress]
    next: str | None


@router.post("/orders", response={201: OrderTaken}, summary="Hand over an order of another hotline")
def take_order(request: SignedIn, body: OrderIn) -> HttpResponse:
    """File it as a request with channel `hotline`; the same `id` again is the same case.

    Unchanged it answers 200 as before; changed, what it says now becomes a note on the open case.
    Closed cases take no changes (409). For holders of an operator's post.
    """
    done = actions.take_order(given=body.model_dump(), by=request.auth, at=now())
    case: Any = done.case
    told = {
        "id": done.number, "verdict": done.verdict, "case": case.number, "case_id": str(case.pk),
    }  # fmt: skip
    status = 201 if done.verdict == "created" else 200
    return reply(told, status=status, replayed=done.verdict == "known")


@router.post("/orders/batch", response=Taken, summary="Hand over up to 500 orders")
def take_orders(request: SignedIn, body: BatchIn) -> HttpResponse:
    """Take each on its own: the answer has a verdict for every row, in their order."""
    rows, wrong = [], {}
    for index, row in enumerate(body.orders):
        try:
            rows.append((index, OrderIn.model_validate(row).model_dump()))
        except ValueError as error:
            wrong[index] = _shape_told(index, row, error)
    at = now()
    done = actions.take_orders(rows=[row for _index, row in rows], by=request.auth, at=at)
    told = wrong | {
        index: _row_told(index, verdict) for (index, _row), verdict in zip(rows, done, strict=True)
    }
    items = [told[index] for index in sorted(told)]
    counts: dict[str, int] = {}
    for one in items:
        counts[one["verdict"]] = counts.get(one["verdict"], 0) + 1
    return reply({"items": items, "counts": counts})


def _row_told(index: int, done: actions.OrderVerdict) -> dict[str, Any]:
    refusal: Refused | None = done.refusal
    told = {"index": index, "id": done.number, "verdict": done.verdict, "case": None}
    if done.case is not None:
        told["case"] = done.case.number
    if refusal is not None:
        told |= {"code": refusal.code, "detail": str(refusal.message), "field": refusal.field}
    return told


def _shape_told(index: int, row: dict[str, Any], error: Any) -> dict[str, Any]:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    detail = _("“%s”缺少、多余，或写法不对。") % field
    number = str(row.get("id", ""))[:60]
    return {
        "index": index, "id": number, "verdict": "refused", "case": None, "code": "invalid",
        "detail": detail, "field": field,
    }  # fmt: skip


@router.get("/orders/{id}", response=Progress, summary="How far an order is")
def get_order(
    request: SignedIn,
    id: Annotated[str, Path(max_length=60, description="the other system's number")],
) -> HttpResponse:
    """Where its case stands, and what was said to who asked."""
    order = _orders(request).filter(number=id).first()
    if order is None:
        raise NotFound(_("没有找到这个编号的工单，或您看不到它。"))
    return reply(queries.progress_of(order, at=now()))


@router.get("/orders", response=ProgressPage, summary="Orders handed over, latest first")
def list_orders(
    request: SignedIn,
    cursor: int | None = Query(None, ge=1, lt=2**63),
    state: Literal["", "open", "closed"] = "",
    limit: int = Query(50, ge=1, le=200),
) -> HttpResponse:
    """Those of the caller's desks, each with where it stands; `state` open or closed narrows them."""
    found = _orders(request).order_by("-pk")
    if state:
        found = found.filter(case__closed_at__isnull=state == "open")
    if cursor:
        found = found.filter(pk__lt=cursor)
    page = list(found[: limit + 1])
    said = queries.answers_to([one.case_id for one in page[:limit]])
    at = now()
    items = [queries.progress_of(one, at=at, said=said) for one in page[:limit]]
    following = str(page[limit - 1].pk) if len(page) > limit else None
    return reply({"items": items, "next": following})


def _orders(request: SignedIn):
    orders = OutsideOrder.objects.visible_to(request.auth)
    return orders.select_related("case__handler", "case__topic")
