"""What the writes of this app share: refusals, keys, clean texts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text

LONG, SHORT = 2000, 200


class NotYours(NotPermitted):
    """Somebody else's post does this."""


class BadDay(Invalid):
    """A day that cannot be: to come where it must be past, before what it follows."""


class OverAlready(Refused):
    """It has ended: nothing is added to it."""


def text(value: str, label: Any, *, limit: int = SHORT, required: bool = True) -> str:
    return clean_text(value, limit=limit, field_label=label, required=required)


def lines(value: str, label: Any, *, limit: int = LONG, required: bool = True) -> str:
    return clean_text(value, limit=limit, field_label=label, required=required, multiline=True)


def must(allowed: bool, *, what: Any, remedy: Any = "") -> None:
    """:raises NotYours: unless it is allowed"""
    if not allowed:
        raise NotYours(_("您的岗位不能%s。") % what, remedy=remedy)


def not_to_come(day: date, at: datetime, *, field: str) -> None:
    """:raises BadDay: for a day after today"""
    if day > localdate(at):
        raise BadDay(_("日期不能晚于今天。"), field=field)


def scoped(by: Any, key: str) -> str | None:
    """Return a caller's own key as it is kept; None if none was given."""
    said = clean_text(key, limit=80, field_label="Idempotency-Key")
    return f"{by.pk if by is not None else 0}:{said}" if said else None


def money(fen: int, *, field: str) -> int:
    """:raises Invalid: for less than nothing, or more than a hundred billion yuan"""
    if not 0 <= fen <= 10**13:
        raise Invalid(_("金额不会是这个数，请核对。"), field=field)
    return fen
