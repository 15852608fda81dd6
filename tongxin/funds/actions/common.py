"""What every write of the books shares: whose account it is, locks, numbers, keys, amounts, days."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import connection
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, KeyReused, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org
from tongxin.orgs.scope import unit_roles

from ..models import Account, FundCounter, Line
from ..models.accounts import KEEPERS

SHORT, LONG = 200, 500
MOST_FEN = 10**13  # a hundred thousand million yuan


class NotKeeper(NotPermitted):
    """The books of an organisation are kept by its own officer, secretary or organiser."""


class BadAmount(Invalid):
    """An amount is above nothing, in whole fen."""


class BadDay(Invalid):
    """A line is dated between the day the account was opened and today."""


class AccountClosed(Refused):
    """Nothing is written into an account that is closed."""


class MonthFrozen(Refused):
    """A closed month takes no line."""


def keeps_books(actor: Any, org: Org) -> bool:
    """Say whether the actor keeps the books of an organisation: a post there or above it."""
    return not unit_roles(actor, org.path).isdisjoint(KEEPERS)


def must_keep(by: Any, org: Org) -> None:
    """:raises NotKeeper: unless `by` keeps the books of the organisation"""
    if not keeps_books(by, org):
        raise NotKeeper(
            _("%s 的资金由本单位的管理员、书记或组织员经办。") % org.name,
            remedy=_("请本单位的经办人登记；上级和监督员可以查看和抽查。"),
        )


def locked(account_id: int) -> Account:
    """Return the account as it stands now; one writer at a time until the transaction ends."""
    rows = Account.objects.select_for_update(of=("self",)).select_related("org", "region")
    return rows.get(pk=account_id)


def scoped(by: User | None, key: str | None) -> str | None:
    """Return a key as it is kept: each caller's own; None if none was given."""
    text = clean_text(key, limit=80, field_label="Idempotency-Key")
    return f"{by.pk if by is not None else 0}:{text}" if text else None


def written_before(key: str | None, *, account: Account, kind: str, fen: int) -> Line | None:
    """Return the line a key has written.

    :raises KeyReused: if it wrote something else
    """
    line = Line.objects.filter(key=key).first() if key else None
    if line is None:
        return None
    if (line.account_id, line.kind, abs(line.sum_fen)) != (account.pk, kind, fen):
        raise KeyReused(_("这个 Idempotency-Key 已用于另一笔。"), field="Idempotency-Key")
    return line


def next_number(prefix: str) -> int:
    """Take the next number of a prefix; a transaction that fails gives it back."""
    table = connection.ops.quote_name(FundCounter._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (prefix, n) VALUES (%s, 1)"  # noqa: S608
            f" ON CONFLICT (prefix) DO UPDATE SET n = {table}.n + 1 RETURNING n",
            [prefix],
        )
        (n,) = cursor.fetchone()
    return n


def check_fen(fen: Any, *, field: str = "amount") -> int:
    """:raises BadAmount: unless it is a whole number of fen above nothing"""
    if isinstance(fen, bool) or not isinstance(fen, int) or not 0 < fen <= MOST_FEN:
        raise BadAmount(_("金额应大于 0，精确到分。"), field=field)
    return fen


def check_open(account: Account) -> None:
    """:raises AccountClosed: if it is closed"""
    if account.closed_on is not None:
        raise AccountClosed(_("账户“%s”已销户，不能再记账。") % account.name, field="account")


def check_day(account: Account, on: date, at: datetime) -> None:
    """:raises BadDay, MonthFrozen: unless a line may be dated so"""
    if on > localdate(at):
        raise BadDay(_("日期不能晚于今天。"), field="on")
    if account.frozen_until is not None and on <= account.frozen_until:
        raise MonthFrozen(
            _("%s 及以前已结账，不能再记入。") % f"{account.frozen_until:%Y-%m}",
            field="on",
            remedy=_("请记在结账之后的日期；已结账的差错用冲销更正。"),
        )
    if on < account.opened_on:
        raise BadDay(_("账户 %s 才开立，日期不能更早。") % account.opened_on, field="on")
