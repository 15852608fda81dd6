"""What every action of this app asks first: who may, in which texts, on which days."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.orgs.models import Org
from tongxin.orgs.scope import keeps_register

from ..queries import may_confirm


class NotYours(NotPermitted):
    """Only who keeps the register of the unit, or of the one above, does this."""


class NotAbove(NotPermitted):
    """What a unit did is accepted by the unit above, not by itself."""


class BadYear(Invalid):
    """The year is outside of what it belongs to."""


class BadDay(Invalid):
    """The day has not come, or is not one of the year."""


def must_keep(by: User, unit: Org) -> None:
    """:raises NotYours: for who keeps the register neither of the unit nor of one above"""
    if not keeps_register(by, unit.path):
        raise NotYours(_("由%s的书记、组织员或上级办理。") % unit.name)


def must_be_above(by: User, unit: Org) -> None:
    """:raises NotAbove: for who does not keep the register of the unit above"""
    if not may_confirm(by, unit):
        raise NotAbove(
            _("%s的考核由上级党组织确认，不能自己确认。") % unit.name,
            remedy=_("请联系上级党组织的书记或组织员。"),
        )


def not_ahead(on: date, at: datetime, field: str = "on") -> None:
    """:raises BadDay: for a day after `at`"""
    if on > localdate(at):
        raise BadDay(_("日期不能晚于今天。"), field=field)


def key_of(by: User, key: str) -> str:
    """Return a key as it is kept: everybody's keys are their own; "" stays ""."""
    return f"{by.pk}:{key[:80]}" if key else ""
