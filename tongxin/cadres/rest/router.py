"""The router of cadres, and what its endpoints share."""

from __future__ import annotations

from typing import Annotated, Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from ninja import Path, Query, Router, Schema
from pydantic import Field

from tongxin.kit.errors import NotFound

from ..models import Operation
from ..scope import leads

router = Router(tags=["cadres"])

Id = Annotated[int, Path(ge=1, lt=2**63)]
DatabaseId = Annotated[int, Field(ge=1, lt=2**63)]
Code = Annotated[str, Field(pattern=r"^[0-9]{1,18}$")]
Cursor = Annotated[int, Query(ge=0, lt=2**63, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200)]


class CadreRef(Schema):
    id: int
    name: str


class CadrePlace(Schema):
    code: str
    name: str


def nothing_there() -> NotFound:
    return NotFound(_("没有找到，或您看不到它。"))


def found(rows: QuerySet, pk: int) -> Any:
    """Return the row, or refuse as not there what is not the caller's to see."""
    row = rows.filter(pk=pk).first()
    if row is None:
        raise nothing_there()
    return row


def operation_of(actor, pk: int, *, directed: bool = False) -> Operation:
    """Return an operation the caller sees; `directed`: only one they direct."""
    rows = Operation.objects.visible_to(actor).select_related("region", "ordered_by")
    operation = found(rows.defer("region__polygon"), pk)
    if directed and not leads(actor, operation):
        raise nothing_there()
    return operation


def page(rows: QuerySet, cursor: int, limit: int) -> tuple[list, str | None]:
    """Return a page of rows by id, and the cursor of the next."""
    got = list(rows.filter(pk__gt=cursor).order_by("pk")[: limit + 1])
    items = got[:limit]
    return items, str(items[-1].pk) if len(got) > limit else None


def ref(row) -> dict[str, Any]:
    return {"id": row.pk, "name": str(row)}


def place(region) -> dict[str, Any]:
    return {"code": region.code, "name": region.name}
