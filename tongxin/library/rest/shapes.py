"""What the endpoints of the library share: limits, keys, one row among those the caller sees."""

from __future__ import annotations

from typing import Annotated, Any

from django.utils.translation import gettext as _
from ninja import Query
from pydantic import ConfigDict, Field

from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org

Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str, Query(max_length=60, description="`next` of the page before")]
STRICT = ConfigDict(extra="forbid")
Id = Annotated[int, Field(ge=1, lt=2**63)]


def one_of(rows: Any, pk: Any) -> Any:
    """:raises NotFound: if no such row is among those the caller sees"""
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到，或您看不到它。"))
    return found


def org_of(pk: int) -> Org:
    return one_of(Org.objects.public().select_related("region"), pk)


def told(row: Any, names: str) -> dict[str, Any]:
    """Return some columns of a row by name."""
    return {name: getattr(row, name) for name in names.split()}
