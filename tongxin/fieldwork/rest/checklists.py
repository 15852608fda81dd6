"""Checklists: the versions one may use, one whole, drafts written and published."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.http import HttpResponse
from django.utils.timezone import now
from ninja import Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.ui.paging import listed
from tongxin.ui.wire import reply

from .. import actions
from ..models import Checklist, Item
from .shapes import Code, Cursor, Limit, one_of, region_of_code
from .visits import Kind

router = Router()
ItemType = Literal["yes_no", "choice", "number", "text", "photo", "score"]


class ChecklistItem(Schema):
    """An item; asked only when `condition` [code, value] holds, bad by `bad_when`."""

    code: str
    number: int
    text: str
    help: str
    type: ItemType
    options: list[dict[str, Any]]
    required: bool
    needs_photo: Literal["no", "when_bad", "always"]
    condition: list[str] | None
    bad_when: str
    max_score: float
    dimension: str
    finding_kind: str


class ChecklistOut(Schema):
    id: int
    code: str
    version: int
    name: str
    kind: str
    region: str | None
    effective_from: date
    effective_to: date | None
    is_draft: bool
    is_sample: bool


class ChecklistWhole(ChecklistOut):
    about: str
    source: str
    after_code: str = Field(description="the stage that has to be passed before; empty for none")
    pass_percent: int
    items: list[ChecklistItem]


class ChecklistPage(Schema):
    items: list[ChecklistOut]
    next: str | None


class ChecklistIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: str = Field(max_length=20)
    name: str = Field(max_length=60)
    kind: Kind
    region: Code
    about: str = Field("", max_length=300)
    source: str = Field("", max_length=200)


class ChecklistOption(BaseModel):
    model_config = ConfigDict(extra="forbid")

    value: str = Field(min_length=1, max_length=60)
    score: float | None = None


class ChecklistItemIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: str = Field(max_length=20)
    text: str = Field(max_length=200)
    help: str = Field("", max_length=200)
    type: ItemType = "yes_no"
    options: list[ChecklistOption] = Field(default=[], max_length=30)
    required: bool = True
    needs_photo: Literal["no", "when_bad", "always"] = "no"
    asked_if_item: str = Field("", max_length=20)
    asked_if_value: str = Field("", max_length=60)
    bad_when: str = Field("", max_length=120)
    max_score: float = Field(0, ge=0, le=1000)
    dimension: str = Field("", max_length=20)
    finding_kind: str = Field("", max_length=20)
    number: int | None = Field(None, ge=1)


class ChecklistPublish(BaseModel):
    model_config = ConfigDict(extra="forbid")

    effective_from: date
    after_code: str | None = Field(None, max_length=30, description="the stage before; '' for none")
    pass_percent: int | None = Field(None, ge=0, le=100, description="of the full score")


class ChecklistOwn(BaseModel):
    """Empty: the next version; with both, one's own out of a sample."""

    model_config = ConfigDict(extra="forbid")

    region: Code | None = None
    code: str = Field("", max_length=20)


@router.get("/checklists", response=ChecklistPage, summary="Checklists I may use")
def list_checklists(request: SignedIn, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """Every version, newest first; drafts for who writes them."""
    rows = Checklist.objects.visible_to(request.auth).select_related("region")
    return reply(listed(rows, cursor, limit, _brief))


@router.post("/checklists", response={201: ChecklistWhole}, summary="Begin a checklist")
def make_checklist(request: SignedIn, body: ChecklistIn) -> HttpResponse:
    """A draft without items, for who writes on that land."""
    given = body.model_dump()
    made = actions.make_checklist(
        region=region_of_code(given.pop("region")), by=request.auth, at=now(), **given
    )
    return reply(_whole(_read(request, made.pk)), 201)


@router.get("/checklists/{int:id}", response=ChecklistWhole, summary="One version with its items")
def get_checklist(request: SignedIn, id: int) -> HttpResponse:
    """As the worker is asked, in order."""
    return reply(_whole(_read(request, id)))


@router.post("/checklists/{int:id}/items", response=ChecklistWhole, summary="Put an item")
def save_item(request: SignedIn, id: int, body: ChecklistItemIn) -> HttpResponse:
    """Add an item to a draft, or change the one of that code."""
    row = _read(request, id)
    given = body.model_dump()
    actions.save_item(checklist=row, by=request.auth, at=now(), **given)
    return reply(_whole(row))


@router.post("/checklists/{int:id}/copy", response={201: ChecklistWhole}, summary="Copy a version")
def copy_checklist(request: SignedIn, id: int, body: ChecklistOwn) -> HttpResponse:
    """Into the next draft, or a sample into a checklist of one's own land."""
    region = region_of_code(body.region) if body.region else None
    made = actions.copy_checklist(
        checklist=_read(request, id), region=region, code=body.code, by=request.auth, at=now()
    )
    return reply(_whole(_read(request, made.pk)), 201)


@router.post("/checklists/{int:id}/publish", response=ChecklistWhole, summary="Publish a draft")
def publish_checklist(request: SignedIn, id: int, body: ChecklistPublish) -> HttpResponse:
    """From a day on; the version before ends then, and nothing changes this one any more."""
    row = _read(request, id)
    made = actions.publish_checklist(checklist=row, by=request.auth, at=now(), **body.model_dump())
    return reply(_whole(made))


def _read(request: SignedIn, id: int) -> Checklist:
    return one_of(Checklist.objects.visible_to(request.auth).select_related("region"), id)


def _brief(row: Checklist) -> dict[str, Any]:
    names = ("code", "version", "name", "kind", "effective_from", "effective_to", "is_draft", "is_sample")  # fmt: skip
    return {
        "id": row.pk,
        "region": row.region.code if row.region else None,
        **{name: getattr(row, name) for name in names},
    }


def _whole(row: Checklist) -> dict[str, Any]:
    items = [_item(one) for one in row.items.order_by("number", "pk")]
    return _brief(row) | {
        "about": row.about,
        "source": row.source,
        "after_code": row.after_code,
        "pass_percent": row.pass_percent,
        "items": items,
    }


def _item(row: Item) -> dict[str, Any]:
    names = ("code", "number", "text", "help", "type", "options", "required", "needs_photo", "bad_when", "dimension", "finding_kind")  # fmt: skip
    return {
        "condition": list(row.condition) if row.condition else None,
        "max_score": float(row.max_score),
        **{name: getattr(row, name) for name in names},
    }
