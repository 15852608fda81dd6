"""What the parts of the API share: ids, cursors, references, the gates."""

from __future__ import annotations

from typing import Annotated, Any

from django.db.models.functions import Length
from django.utils.translation import gettext as _
from ninja import Query, Schema
from pydantic import Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org

Id = Annotated[int, Field(ge=1, lt=2**63)]
Cursor = Annotated[int, Query(ge=0, lt=2**63, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200)]
Year = Annotated[int, Query(ge=2000, le=2100)]


class StandardUnit(Schema):
    id: int
    name: str


def unit_ref(unit: Org) -> dict[str, Any]:
    return {"id": unit.pk, "name": unit.name}


def page_of(rows: Any, cursor: int, limit: int, brief: Any) -> dict[str, Any]:
    """Return {"items", "next"} of the rows after a key."""
    found = list(rows.filter(pk__gt=cursor).order_by("pk")[: limit + 1])
    items = found[:limit]
    return {
        "items": [brief(row) for row in items],
        "next": str(items[-1].pk) if len(found) > limit else None,
    }


def one_of(rows: Any, pk: Any) -> Any:
    """:raises NotFound: if no such row is among those the caller sees"""
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound(_("没有找到，或您看不到它。"))
    return row


def unit_seen(request: SignedIn, pk: int | None) -> Org:
    """Return a standing unit the caller may read; the highest of them if none is named."""
    rows = Org.objects.visible_to(request.auth).filter(dissolved_on=None)
    rows = rows.select_related("parent", "region")
    unit = rows.filter(pk=pk).first() if pk else rows.order_by(Length("path"), "path").first()
    if unit is None:
        raise NotFound(_("没有找到这个党组织，或您看不到它。"))
    return unit
