"""Brands with their indicators."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import BaseModel, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import Brand
from .shapes import STRICT, Cursor, Id, Limit, one_of, org_of, told

router = Router(tags=["library"])
NAMES = "id name slogan product plan story state since"


class BrandOut(Schema):
    id: int
    family: str
    org: str
    region: str
    name: str
    slogan: str
    product: str
    plan: str
    story: str
    state: str
    since: date


class BrandOutPage(Schema):
    items: list[BrandOut]
    next: str | None


class BrandIndicatorOut(Schema):
    id: int
    name: str
    unit: str
    target: Decimal | None
    values: dict[str, Decimal]
    share: int | None


class BrandDetailOut(BrandOut):
    indicators: list[BrandIndicatorOut]


class BrandIn(BaseModel):
    model_config = STRICT

    family: str = Field(max_length=12, description="code of a family")
    org: Id
    name: str = Field(max_length=40)
    since: date
    slogan: str = Field("", max_length=100)
    product: str = Field("", max_length=60)
    plan: str = Field("", max_length=500)
    story: str = Field("", max_length=4000)


class BrandValuesIn(BaseModel):
    model_config = STRICT

    period: str = Field(max_length=7, description="2026 or 2026-Q1")
    values: dict[int, Decimal] = Field(description="{id of an indicator: value}")


def _shape(one: Brand) -> dict[str, Any]:
    return told(one, NAMES) | {
        "family": one.family.code, "org": one.org.name, "region": one.region.code,
    }  # fmt: skip


def _detail(one: Brand) -> dict[str, Any]:
    rows = queries.indicators_of(one)["rows"]
    return _shape(one) | {
        "indicators": [told(r["one"], "id name unit target") | {"values": r["values"], "share": r["share"]} for r in rows]
    }  # fmt: skip


def _related(rows: Any) -> Any:
    return rows.select_related("family", "org", "region").defer("region__polygon")


@router.get("/brands", response=BrandOutPage, auth=None, summary="Brands of villages and sectors")
def list_brands(
    request: HttpRequest, family: Annotated[str, Query(max_length=12)] = "", cursor: Cursor = "",
    limit: Limit = 50,
) -> HttpResponse:  # fmt: skip
    """For everybody."""
    rows = _related(Brand.objects.public())
    rows = rows.filter(family__code=family) if family else rows
    return reply(listed(rows, cursor, limit, _shape))


@router.post("/brands", response={201: BrandDetailOut}, summary="Register a brand")
def register(request: SignedIn, body: BrandIn, key: IdempotencyKey) -> HttpResponse:
    """With the indicators of its family. A retry with a key registers it once."""
    given = body.model_dump()
    code = given.pop("family")
    family = next((one for one in queries.families() if one.code == code), None)
    if family is None:
        raise Invalid(_("没有这个品牌系列。"), field="family")
    made = actions.register_brand(
        family=family,
        org=org_of(given.pop("org")),
        by=request.auth,
        at=now(),
        key=key or "",
        **given,
    )
    return reply(_detail(made), 201)


@router.get("/brands/{int:id}", response=BrandDetailOut, summary="One brand with its indicators")
def get_brand(request: SignedIn, id: int) -> HttpResponse:
    """Values by period, and how much of the target is met; for who may see the brand."""
    return reply(_detail(one_of(_related(Brand.objects.visible_to(request.auth)), id)))


@router.post(
    "/brands/{int:id}/values", response=BrandDetailOut, summary="Record values of a period"
)
def record(request: SignedIn, id: int, body: BrandValuesIn) -> HttpResponse:
    """One that stands already is corrected; what stood before is kept."""
    one = one_of(_related(Brand.objects.visible_to(request.auth)), id)
    actions.record_values(one, period=body.period, values=body.values, by=request.auth, at=now())
    return reply(_detail(one))
