"""What every action of this app asks first: who leads the place, amounts that make sense, keys."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of, roles_over

from ..models.common import LEADS

MOST = Decimal("999999999999")


class WrongState(Refused):
    """It has gone on already: what is asked belongs to another moment."""


class BadAmount(Invalid):
    """A figure that cannot be one."""


class BadDates(Invalid):
    """Days that contradict each other."""


def must_lead(by: Any, path: str, *, what: str, roles: Collection[str] = LEADS) -> None:
    """:raises NotPermitted: unless `by` holds one of the roles over the land of a path"""
    if roles_over(by, path).isdisjoint(roles):
        raise NotPermitted(_("您的岗位不能%s。") % what, remedy=_("请管这片区域的督办单位办理。"))


def is_of(by: Any, org: Org) -> bool:
    """Say whether somebody works in an organisation, as anything but a volunteer."""
    return any(post.org_id == org.pk and post.role != "volunteer" for post in posts_of(by))


def scoped(by: Any, key: str | None) -> str | None:
    text = clean_text(key or "", limit=80, field_label="Idempotency-Key")
    return f"{by.pk}:{text}" if text else None


def amount(value: Any, *, label: str, field: str, least: Decimal | None = None) -> Decimal | None:
    """Return a figure with two places, None for none.

    :raises BadAmount: for what is no number, below `least`, or too large
    """
    if value in (None, ""):
        return None
    try:
        number = Decimal(str(value)).quantize(Decimal("0.01"))
    except (InvalidOperation, ValueError):
        raise BadAmount(_("“%s”请填数字。") % label, field=field) from None
    if not number.is_finite() or abs(number) > MOST:
        raise BadAmount(_("“%s”不会是这个数，请核对。") % label, field=field)
    if least is not None and number < least:
        raise BadAmount(_("“%(label)s”不能小于 %(least)s。") % {"label": label, "least": least}, field=field)  # fmt: skip
    return number


def line(value: Any, *, limit: int, label: str, required: bool = False) -> str:
    return clean_text(value or "", limit=limit, field_label=label, required=required)


def lines(value: Any, *, limit: int, label: str, required: bool = False) -> str:
    return clean_text(
        value or "", limit=limit, field_label=label, required=required, multiline=True
    )
