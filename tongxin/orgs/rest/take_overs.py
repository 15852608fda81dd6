"""Lists of units to take over as JSON: each row's verdict, then all at once, undone or confirmed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import Path, Query, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.ui.paging import listed
from tongxin.ui.wire import reply

from .. import actions
from ..models import Org, TakeOver, TakeOverItem
from .orgs import OrgRef
from .router import router

BatchId = Annotated[int, Path(ge=1, lt=2**63)]
DatabaseId = Annotated[int, Field(ge=1, lt=2**63)]
Cursor = Query(0, ge=0, lt=2**63, description="`next` of the page before")
MOST_ROWS = 2000


class TakeOverOut(Schema):
    id: int
    into: OrgRef
    title: str
    document: str
    reason: str
    on: date
    state: Literal["draft", "applied", "confirmed", "undone"]
    made_at: datetime
    applied_at: datetime | None
    settled_at: datetime | None
    found: int = Field(description="rows that found a new unit")
    move: int = Field(description="rows that move one that stands")
    bad: int = Field(description="rows that cannot be used")


class TakeOverPage(Schema):
    items: list[TakeOverOut]
    next: str | None


class TakeOverRow(Schema):
    line: int
    source: str
    name: str
    code: str
    unit_kind: str
    sector: str
    above: str
    verdict: Literal["found", "move", ""] = Field(description="empty: cannot be used, see `why`")
    why: str
    unit: OrgRef | None = Field(description="the one that stands, or was founded by it")


class TakeOverRows(Schema):
    items: list[TakeOverRow]
    next: str | None


class TakeOverRowIn(BaseModel):
    """A unit to come; kind and sector as the page says them (党支部) or as the API does (branch)."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=100)
    source: str = Field("", max_length=100, description="where it was before")
    code: str = Field("", max_length=30)
    unit_kind: str = Field("", max_length=16, description="needed for one that does not stand yet")
    sector: str = Field("", max_length=16)
    above: str = Field("", max_length=100, description="name or code; default: `into`")


class TakeOverIn(BaseModel):
    """A list of units to come under one."""

    model_config = ConfigDict(extra="forbid")

    into: DatabaseId
    title: str = Field(max_length=160)
    on: date = Field(description="effective day, not ahead")
    document: str = Field("", max_length=60)
    reason: str = Field("", max_length=300)
    rows: list[TakeOverRowIn] = Field(min_length=1, max_length=MOST_ROWS)


class ApplyIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    skip_bad: bool = Field(False, description="leave rows out that cannot be used")


@router.get("/take-overs", response=TakeOverPage, tags=["units"], summary="Lists of units to come")
def list_take_overs(
    request: SignedIn, cursor: int = Cursor, limit: int = Query(50, ge=1, le=200)
) -> HttpResponse:
    """Newest first: into units whose registers the caller keeps."""
    return reply(listed(_batches(request), cursor, limit, _batch))


@router.post(
    "/take-overs",
    response={201: TakeOverOut},
    tags=["units"],
    summary="Hand in a list and have it judged",
)
def draft_take_over(request: SignedIn, body: TakeOverIn) -> HttpResponse:
    """Keep the list with a verdict on each row; no unit changes before it is carried out.

    For who keeps the register of `into`; at most 2,000 rows.
    """
    batch = actions.draft_take_over(
        into=_into(request, body.into),
        title=body.title,
        on=body.on,
        document=body.document,
        reason=body.reason,
        rows=[(line, _headed(row)) for line, row in enumerate(body.rows, 1)],
        at=now(),
        by=request.auth,
    )
    return _answer(request, batch.pk, status=201)


@router.get(
    "/take-overs/{id}", response=TakeOverOut, tags=["units"], summary="One list and how far it is"
)
def get_take_over(request: SignedIn, id: BatchId) -> HttpResponse:
    """Its paper, its state, how many rows found, move, or cannot be used."""
    return _answer(request, id)


@router.get(
    "/take-overs/{id}/rows",
    response=TakeOverRows,
    tags=["units"],
    summary="The rows of a list with their verdicts",
)
def list_take_over_rows(
    request: SignedIn,
    id: BatchId,
    *,
    verdict: Literal["found", "move", "bad", "any"] = "any",
    cursor: int = Cursor,
    limit: int = Query(100, ge=1, le=500),
) -> HttpResponse:
    """By line, each with the reason of its verdict."""
    rows = _one(request, id).items.select_related("unit").filter(line__gt=cursor)
    if verdict != "any":
        rows = rows.filter(verdict="" if verdict == "bad" else verdict)
    page = list(rows.order_by("line")[: limit + 1])
    more = str(page[limit - 1].line) if len(page) > limit else None
    return reply({"items": [_row(one) for one in page[:limit]], "next": more})


@router.post(
    "/take-overs/{id}/apply", response=TakeOverOut, tags=["units"], summary="Carry a list out"
)
def apply_take_over(request: SignedIn, id: BatchId, body: ApplyIn) -> HttpResponse:
    """All of it or nothing; it is judged again first, and can be undone until it is confirmed."""
    batch = _one(request, id)
    actions.apply_take_over(batch=batch, at=now(), by=request.auth, skip_bad=body.skip_bad)
    return _answer(request, id)


@router.post(
    "/take-overs/{id}/undo", response=TakeOverOut, tags=["units"], summary="Take a list back whole"
)
def undo_take_over(request: SignedIn, id: BatchId) -> HttpResponse:
    """What it founded goes, what it moved returns; refused once one of them is in use."""
    actions.undo_take_over(batch=_one(request, id), at=now(), by=request.auth)
    return _answer(request, id)


@router.post(
    "/take-overs/{id}/confirm", response=TakeOverOut, tags=["units"], summary="Make a list final"
)
def confirm_take_over(request: SignedIn, id: BatchId) -> HttpResponse:
    """The life logs are written and the secretaries told; it cannot be undone any more."""
    actions.confirm_take_over(batch=_one(request, id), at=now(), by=request.auth)
    return _answer(request, id)


def _batches(request: SignedIn) -> QuerySet[TakeOver]:
    rows = TakeOver.objects.visible_to(request.auth).select_related("into")
    return rows.annotate(
        found=Count("items", filter=Q(items__verdict="found")),
        move=Count("items", filter=Q(items__verdict="move")),
        bad=Count("items", filter=Q(items__verdict="")),
    )


def _one(request: SignedIn, pk: int) -> TakeOver:
    found = _batches(request).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到这份接收名单，或您看不到它。"))
    return found


def _answer(request: SignedIn, pk: int, *, status: int = 200) -> HttpResponse:
    return reply(_batch(_one(request, pk)), status=status)


def _into(request: SignedIn, pk: int) -> Org:
    unit = Org.objects.visible_to(request.auth).filter(pk=pk).first()
    if unit is None:
        raise NotFound(_("没有找到这个党组织，或您看不到它。"), field="into")
    return unit


def _headed(row: TakeOverRowIn) -> dict[str, str]:
    """Return a row under the headings of the sheet, as the action reads it."""
    return {heading: getattr(row, name) for name, heading in actions.COLUMNS.items()}


def _batch(one: Any) -> dict[str, Any]:
    names = (
        "id", "title", "document", "reason", "on", "state", "made_at", "applied_at", "settled_at",
        "found", "move", "bad",
    )  # fmt: skip
    facts = {name: getattr(one, name) for name in names}
    return {**facts, "into": {"id": one.into_id, "name": one.into.name}}


def _row(one: TakeOverItem) -> dict[str, Any]:
    names = (
        "line", "source", "name", "code", "unit_kind", "sector", "above", "verdict", "why",
    )  # fmt: skip
    unit = {"id": one.unit.pk, "name": one.unit.name} if one.unit else None
    return {**{name: getattr(one, name) for name in names}, "unit": unit}
