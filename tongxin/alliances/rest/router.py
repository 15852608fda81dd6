"""The router of this app, and what its endpoints share."""

from __future__ import annotations

from typing import Annotated, Any

from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.regions.models import Region

from ..models import ProblemType

router = Router(tags=["alliances"])
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str, Query(max_length=60, description="`next` of the page before")]
STRICT = ConfigDict(extra="forbid")
Id = Annotated[int, Field(ge=1, lt=2**63)]


def one_of(rows: Any, pk: Any, field: str | None = None) -> Any:
    """:raises NotFound: if no such row is among those the caller sees"""
    one = rows.filter(pk=pk).first()
    if one is None:
        raise NotFound(_("没有找到，或您看不到它。"), field=field)
    return one


def org_of(pk: int | None, field: str) -> Org | None:
    return one_of(Org.objects.public(), pk, field) if pk is not None else None


def region_by(request: SignedIn, code: str) -> Region:
    rows = Region.objects.public().filter(code=code).exclude(level="grid")
    one = rows.defer("polygon").first()
    if one is None:
        raise NotFound(_("没有找到这个区域。"), field="region")
    return one


def type_by(code: str) -> ProblemType:
    """:raises NotFound: if no type in use has that code"""
    one = ProblemType.objects.public().filter(code=code).first()
    if one is None:
        raise NotFound(_("没有这个问题类型。"), field="type")
    return one
