"""What the parts of the API share: ids, cursors, references, the gate to a unit."""

from __future__ import annotations

from typing import Annotated, Any

from django.utils.translation import gettext as _
from ninja import Query, Schema
from pydantic import Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.orgs.scope import keeps_register

Id = Annotated[int, Field(ge=1, lt=2**63)]
Cursor = Annotated[int, Query(ge=0, lt=2**63, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200)]


class AffairUnit(Schema):
    id: int
    name: str


def unit_ref(unit: Org) -> dict[str, Any]:
    return {"id": unit.pk, "name": unit.name}


def unit_kept(request: SignedIn, pk: int) -> Org:
    """Return a party unit whose registers the caller keeps; anything else is not there."""
    rows = Org.objects.public().filter(kind=Org.Kind.PARTY, pk=pk).select_related("parent")
    unit = rows.first()
    if unit is None or not keeps_register(request.auth, unit.path):
        raise NotFound(_("没有找到这个党组织，或您不负责它。"))
    return unit


def found(rows: Any, pk: Any) -> Any:
    """:raises NotFound: if no such row is among those the caller sees"""
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound(_("没有找到，或您看不到它。"))
    return row
