"""What every action of this app asks first: who runs it, in which state, on which days."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused

from ..models import Operation
from ..scope import runs


class NotYours(NotPermitted):
    """Only who runs the operation does this."""


class WrongState(Refused):
    """The operation is not at the step at which this is done."""


class BadDay(Invalid):
    """The day lies outside of what it belongs to."""


def locked(operation: Operation) -> Operation:
    """Return the operation as it stands, its row locked until the end of the transaction."""
    rows = Operation.objects.select_for_update(of=("self",)).select_related("org", "region")
    return rows.get(pk=operation.pk)


def must_run(by: User, operation: Operation) -> None:
    """:raises NotYours: for who holds no office of the organising unit that runs operations"""
    if not runs(by, operation):
        raise NotYours(
            _("由%s的监督员、管理员或书记办理。") % operation.org.name,
            remedy=_("请联系组织单位。"),
        )


def must_be(operation: Operation, *states: str) -> None:
    """:raises WrongState:"""
    if operation.state not in states:
        raise WrongState(
            _("专项监督“%(name)s”%(state)s，不能这样办。")
            % {"name": operation.name, "state": operation.get_state_display()}
        )


def must_lie_within(on: date, operation: Operation, field: str = "on") -> None:
    """:raises BadDay: for a day outside the period of the operation"""
    if not operation.starts_on <= on <= operation.ends_on:
        span = {"first": operation.starts_on, "last": operation.ends_on}
        raise BadDay(_("日期要在 %(first)s 到 %(last)s 之间。") % span, field=field)


def not_ahead(on: date, at: datetime, field: str = "on") -> None:
    """:raises BadDay: for a day after `at`"""
    if on > localdate(at):
        raise BadDay(_("日期不能晚于今天。"), field=field)


def key_of(by: User, key: str) -> str:
    """Return a key as it is kept: everybody's keys are their own; "" stays ""."""
    return f"{by.pk}:{key[:80]}" if key else ""


def audit_name(operation: Operation) -> str:
    """Return how the log of audits calls an operation: administrators read it, who are not inside."""
    if operation.is_unannounced and operation.is_open:
        return _("专项监督 %d 号") % operation.pk
    return operation.name
