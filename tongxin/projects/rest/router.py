"""The router of this app, and what its endpoints share."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from ninja import Router

from tongxin.accounts.models import User
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org

from .. import queries

router = Router(tags=["projects"])


def one_of(rows: Any, **where: Any) -> Any:
    """:raises NotFound: if no such row is among those the caller sees"""
    found = rows.filter(**where).first()
    if found is None:
        raise NotFound(_("没有找到，或您看不到它。"))
    return found


def org_of(pk: int) -> Org:
    return one_of(Org.objects.public(), pk=pk)


def person_of(org: Org, pk: int | None) -> User | None:
    """Return somebody who holds a post in a unit."""
    if pk is None:
        return None
    found = queries.person_in(org, pk)
    if found is None:
        raise NotFound(_("这个单位没有这个人。"), field="owner")
    return found
