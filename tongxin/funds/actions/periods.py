"""Closing a month: its opening, what came, what went, its closing; after that nothing is dated in it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Refused

from ..models import Account, Line, Period
from .common import MonthFrozen, check_open, locked, must_keep


class MonthNotOver(Refused):
    """A month is closed once it is over."""


class EarlierOpen(Refused):
    """Months are closed in their order."""


@transaction.atomic
def freeze(*, account: Account, month: date, by: User, at: datetime) -> Period:
    """Close a month (any day of it) of an account.

    :raises MonthNotOver: while it runs
    :raises EarlierOpen: while lines of an earlier month are open
    :raises MonthFrozen: if it was closed before
    :raises NotKeeper, AccountClosed: as their names say
    """
    account = locked(account.pk)
    must_keep(by, account.org)
    check_open(account)
    first = month.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    if last >= localdate(at):
        raise MonthNotOver(_("%s 还没有过完，不能结账。") % f"{first:%Y-%m}", field="month")
    if account.frozen_until is not None and first <= account.frozen_until:
        raise MonthFrozen(_("%s 已经结账。") % f"{first:%Y-%m}", field="month")
    _check_earlier(account, first)
    before = Q(on__lt=first)
    came = Q(on__gte=first) & (Q(kind="income") | Q(reverses__kind="income"))
    went = Q(on__gte=first) & (Q(kind="pay") | Q(reverses__kind="pay"))
    sums = Line.objects.filter(account=account, on__lte=last).aggregate(
        opening=Sum("amount_fen", filter=before),
        income=Sum("amount_fen", filter=came),
        paid=Sum("amount_fen", filter=went),
        n=Count("pk", filter=Q(on__gte=first)),
    )
    opening, income, paid = (sums[name] or 0 for name in ("opening", "income", "paid"))
    period = Period.objects.create(
        account=account, month=first, opening_fen=opening, income_fen=income, paid_fen=-paid,
        closing_fen=opening + income + paid, lines=sums["n"], frozen_at=at, frozen_by=by,
    )  # fmt: skip
    account.frozen_until = last
    account.save(update_fields=["frozen_until"])
    audit(actor=by, action="funds.freeze", object=f"{account.number} {first:%Y-%m}", at=at)
    return period


def _check_earlier(account: Account, first: date) -> None:
    rows = Line.objects.filter(account=account, on__lt=first)
    if account.frozen_until is not None:
        rows = rows.filter(on__gt=account.frozen_until)
    earliest = rows.order_by("on").values_list("on", flat=True).first()
    if earliest is not None:
        raise EarlierOpen(_("请先结 %s 的账。") % f"{earliest:%Y-%m}", field="month")
