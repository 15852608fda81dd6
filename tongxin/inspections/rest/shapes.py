"""What the parts of the API share: ids, cursors, references, the gates."""

from __future__ import annotations

from typing import Annotated, Any

from django.utils.translation import gettext as _
from ninja import Query, Schema
from pydantic import Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound

from ..models import Dispatch, Operation, Team
from ..scope import is_inside

Id = Annotated[int, Field(ge=1, lt=2**63)]
Cursor = Annotated[str, Query(max_length=20, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200)]


class InspectionRef(Schema):
    id: int
    name: str


class InspectionPlace(Schema):
    code: str
    name: str


def ref(row: Any) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name}


def place(region: Any) -> dict[str, Any]:
    return {"code": region.code, "name": region.name}


def one_of(rows: Any, pk: Any) -> Any:
    """:raises NotFound: if no such row is among those the caller sees"""
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound(_("没有找到，或您看不到它。"))
    return row


def some_of(rows: Any, pks: list[int], field: str) -> list[Any]:
    """Return the rows in the order asked for.

    :raises NotFound: if one of them is not among those the caller sees
    """
    found = rows.in_bulk(pks)
    missing = [pk for pk in pks if pk not in found]
    if missing:
        raise NotFound(_("没有找到 %s，或您看不到它。") % missing[0], field=field)
    return [found[pk] for pk in dict.fromkeys(pks)]


def seen_operation(request: SignedIn, pk: int) -> Operation:
    rows = Operation.objects.visible_to(request.auth).select_related("org", "region")
    return one_of(rows, pk)


def inner_operation(request: SignedIn, pk: int) -> Operation:
    """:raises NotFound: for who overlooks only"""
    row = seen_operation(request, pk)
    if not is_inside(request.auth, row):
        raise NotFound(_("没有找到，或您看不到它。"))
    return row


def seen_team(request: SignedIn, pk: int) -> Team:
    rows = Team.objects.visible_to(request.auth)
    return one_of(rows.select_related("operation__org", "operation__region", "leader"), pk)


def seen_dispatch(request: SignedIn, pk: int) -> Dispatch:
    rows = Dispatch.objects.visible_to(request.auth)
    related = rows.select_related("team__operation__org", "team__operation__region", "team__leader")
    return one_of(related, pk)
