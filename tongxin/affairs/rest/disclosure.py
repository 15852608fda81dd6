"""What units must publish and have published."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.ui.paging import listed
from tongxin.ui.wire import reply

from .. import actions, queries
from ..models import Disclosure
from .shapes import AffairUnit, Cursor, Limit, unit_kept, unit_ref

router = Router()


class DisclosureOut(Schema):
    id: int
    unit: AffairUnit
    code: str
    period: str
    title: str
    content: str
    place: str
    state: str
    due_on: date
    public_from: date | None
    public_to: date | None


class DisclosurePage(Schema):
    items: list[DisclosureOut]
    next: str | None


class GapOut(Schema):
    code: str
    period: str
    title: str
    due_on: date
    late: bool


class Gaps(Schema):
    items: list[GapOut]


class PublishIn(BaseModel):
    """An item of a period as a gap names it, or `code` "other" with a period of one's own."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(max_length=20)
    period: str = Field(max_length=20)
    title: str = Field(max_length=100)
    content: str = Field(max_length=5000)
    place: Literal["board", "online", "both"]
    public_from: date
    public_to: date


@router.get("/disclosures", response=DisclosurePage, summary="Items of the units I read")
def list_disclosures(request: SignedIn, cursor: Cursor = 0, limit: Limit = 50) -> HttpResponse:
    """Due, public and done, in the order in which they were made."""
    rows = Disclosure.objects.visible_to(request.auth).select_related("unit")
    return reply(listed(rows, cursor, limit, _brief, oldest=True))


@router.get("/units/{int:unit}/gaps", response=Gaps, summary="What a unit has not published")
def list_gaps(request: SignedIn, unit: int) -> HttpResponse:
    """By the rules in force, the earliest day first."""
    org, today = unit_kept(request, unit), localdate()
    rows = queries.gaps([org], today)
    return reply({"items": [_gap(row, today) for row in rows]})


@router.post(
    "/units/{int:unit}/disclosures", response={201: DisclosureOut}, summary="Publish an item"
)
def publish(request: SignedIn, unit: int, body: PublishIn) -> HttpResponse:
    """An item of a period is published once, so a retry is refused and changes nothing."""
    org = unit_kept(request, unit)
    row = actions.publish(unit=org, at=now(), by=request.auth, **body.model_dump())
    return reply(_brief(row), 201)


@router.get(
    "/units/{int:unit}/public",
    response=DisclosurePage,
    auth=None,
    summary="What a unit has published, for anybody",
)
def list_public(
    request: HttpRequest, unit: int, cursor: Cursor = 0, limit: Limit = 50
) -> HttpResponse:
    """What is or was on its public page."""
    org = Org.objects.public().filter(kind=Org.Kind.PARTY, pk=unit).first()
    if org is None:
        raise NotFound(_("没有找到这个党组织。"))
    rows = Disclosure.objects.public().filter(unit=org, public_from__lte=localdate())
    return reply(listed(rows.select_related("unit"), cursor, limit, _brief, oldest=True))


def _brief(row: Disclosure) -> dict[str, Any]:
    names = (
        "code", "period", "title", "content", "place", "state", "due_on", "public_from", "public_to",
    )  # fmt: skip
    return {
        "id": row.pk,
        "unit": unit_ref(row.unit),
        **{name: getattr(row, name) for name in names},
    }


def _gap(row: Any, on: date) -> dict[str, Any]:
    return {
        "code": row.code,
        "period": row.period,
        "title": row.title,
        "due_on": row.due_on,
        "late": row.is_late(on),
    }
