"""What the actions of report-in ask before they write."""

from __future__ import annotations

import calendar
from datetime import date

from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.regions.models import Region

from ..scope import at_desk


class NotYourCommunity(NotPermitted):
    """Only who acts for the community may do this."""


class NotOnesOwn(NotPermitted):
    """Nobody confirms or appraises themselves."""


class NotACommunity(Invalid):
    """Reports go to a community or village."""


def only_desk(by: User, path: str) -> None:
    """Refuse whoever does not act for the land.

    :raises NotYourCommunity: with whom to ask
    """
    if not at_desk(by, path):
        raise NotYourCommunity(
            _("这个社区不由您负责，不能办理。"), remedy=_("请联系社区党组织或街道管理员。")
        )


def only_another(by: User, whose: int | None) -> None:
    """Refuse who would judge themselves.

    :raises NotOnesOwn: if `by` is the user `whose`
    """
    if whose is not None and by.pk == whose:
        raise NotOnesOwn(_("自己的事请由社区其他人确认。"))


def only_community(community: Region) -> None:
    """:raises NotACommunity: if it is none"""
    if community.level != Region.Level.COMMUNITY:
        raise NotACommunity(_("请选择一个社区或村。"), field="community")


def months_later(day: date, months: int) -> date:
    """Return the same day so many months later; the last of the month if it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
