"""What the parts of this API share: ids, references, looking one up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from ninja import Query, Schema
from pydantic import Field

from tongxin.accounts.models import User
from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid, NotFound
from tongxin.regions.models import Region
from tongxin.regions.queries import get_land

from .. import queries
from ..models.plans import OVERSEERS

Id = Annotated[int, Field(ge=1, lt=2**63)]
Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,18}$")]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str, Query(max_length=40, description="`next` of the page before")]


class VisitPerson(Schema):
    id: int
    name: str


class VisitRegion(Schema):
    code: str
    name: str


def person(user: User) -> dict[str, Any]:
    return {"id": user.pk, "name": user.name}


def region_ref(region: Region) -> dict[str, Any]:
    return {"code": region.code, "name": region.name}


def one_of(rows: Any, pk: Any) -> Any:
    """:raises NotFound: if no such row is among those the caller sees"""
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound(_("没有找到，或您看不到它。"))
    return row


def region_of_code(code: str) -> Region:
    return Region.objects.public().get(pk=get_land(code).id)


def people_of(request: SignedIn, ids: Sequence[int], *more: int) -> list[User]:
    """Return people who may be sent out on the caller's land, or the caller; `more` may go anyhow.

    :raises Invalid: for anybody else
    """
    known = {pk for pk, _words in queries.goers_in(request.auth, OVERSEERS, localdate())}
    known |= {request.auth.pk, *more}
    strangers = [one for one in ids if one not in known]
    if strangers:
        raise Invalid(_("有 %d 位人员不在您的管辖范围内。") % len(strangers), field="workers")
    return queries.users_by_id(list(ids))
