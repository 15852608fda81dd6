"""What every action of this app asks first: whose hall it is; keys that are each caller's own."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _

from tongxin.kit.errors import NotPermitted
from tongxin.kit.text import clean_text
from tongxin.orgs.scope import roles_over
from tongxin.places.models import Centre

from ..models.window import CLERKS


def must_hold(by: Any, roles: Collection[str], path: str, *, what: Any) -> None:
    """:raises NotPermitted: unless `by` holds one of the roles over the land of a path"""
    if roles_over(by, path).isdisjoint(roles):
        raise NotPermitted(_("您的岗位不能%s。") % what, remedy=_("请由这个中心的工作人员办理。"))


def must_serve(by: Any, path: str, *, what: Any) -> None:
    """:raises NotPermitted: unless `by` sits at windows on the land of a path"""
    must_hold(by, CLERKS, path, what=what)


def scoped(by: Any, key: str | None) -> str | None:
    """Return a key as it is kept: each caller's own; None if none was given."""
    text = clean_text(key, limit=80, field_label="Idempotency-Key")
    return f"{by.pk if by is not None else 0}:{text}" if text else None


def locked(centre: Centre) -> Centre:
    """Return a centre's row under lock, with its land: one writer for each hall's numbers."""
    rows = Centre.objects.select_for_update(of=("self",)).select_related("region")
    return rows.get(pk=centre.pk)
