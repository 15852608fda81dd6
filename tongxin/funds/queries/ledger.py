"""What the books say: what a hash covers, what was there on a day, sums recomputed from the lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from typing import Any

from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from tongxin.kit import chain
from tongxin.regions.queries import prefixes

from ..models import Account, Allocation, Line, PayRule, Pot


def payload_of(line: Line) -> dict[str, Any]:
    """Return what the hash of a line covers: all of it but its photos' names."""
    names = ("account_id", "seq", "kind", "source_id", "on", "amount_fen", "committed_fen",
             "balance_fen", "payee", "note", "proof", "by_id", "approved_by_id", "at",
             "allocation_id", "reverses_id")  # fmt: skip
    return {name: getattr(line, name) for name in names}


def lowest_from(account_id: int, source_id: int, on: date) -> int:
    """Return the least that a source has in an account at the end of any day from `on` on.

    A payment dated back must not have emptied a day since.
    """
    rows = Line.objects.filter(account=account_id, source=source_id).exclude(amount_fen=0)
    before = rows.filter(on__lte=on).aggregate(sum=Sum("amount_fen"))["sum"] or 0
    lowest = held = before
    later = rows.filter(on__gt=on).order_by("on").values_list("on").annotate(sum=Sum("amount_fen"))
    for _day, moved in later:
        held += moved
        lowest = min(lowest, held)
    return lowest


def threshold_for(path: str, on: date) -> int | None:
    """Return from how many fen a payment at a place needs a second person; None: never.

    The most specific place counts, then the latest day.
    """
    rules = PayRule.objects.filter(
        Q(region__isnull=True) | Q(region__path__in=list(prefixes(path))), effective_from__lte=on
    ).select_related("region")
    best = max(
        rules,
        key=lambda rule: (len(rule.region.path) if rule.region else 0, rule.effective_from),
        default=None,
    )
    return best.threshold_fen if best else None


def paid_to_on(allocation: Allocation, payee: str, on: date) -> int:
    """Return what was paid out of an allocation to a payee on a day without a second person."""
    rows = Line.objects.filter(
        allocation=allocation, kind=Line.Kind.PAY, payee=payee, on=on,
        approved_by__isnull=True, reversed_by__isnull=True,
    )  # fmt: skip
    return -(rows.aggregate(sum=Sum("amount_fen"))["sum"] or 0)


# For `tongxin verify`.


def wrong_ledgers() -> Iterator[str]:
    """Yield a sentence for each account whose lines were altered, cut, or do not add up."""
    accounts = {account.pk: account for account in Account.objects.all()}
    rows = Line.objects.order_by("account_id", "seq").iterator(chunk_size=2000)
    for pk, group in groupby(rows, key=lambda line: line.account_id):
        yield from _wrong_account(accounts.pop(pk), list(group))
    for account in accounts.values():
        if account.length or account.balance_fen or account.committed_fen:
            yield _("资金账户 %s 有余额却没有流水") % account.number
    yield from _wrong_pots()
    yield from _wrong_allocations()


def _wrong_account(account: Account, lines: list[Line]) -> Iterator[str]:
    broken = chain.verify((line.hash, line.prev, payload_of(line)) for line in lines)
    if broken is not None:
        yield _("资金账户 %(number)s 第 %(seq)d 号凭证与记录链不符，可能被改动过") % {
            "number": account.number, "seq": lines[broken].seq,
        }  # fmt: skip
        return
    if [line.seq for line in lines] != list(range(1, account.length + 1)) or (
        account.head != lines[-1].hash
    ):
        yield _("资金账户 %(number)s 应有 %(length)d 笔流水，实有 %(found)d 笔") % {
            "number": account.number, "length": account.length, "found": len(lines),
        }  # fmt: skip
        return
    balance = sum(line.amount_fen for line in lines)
    committed = sum(line.committed_fen for line in lines)
    if (balance, committed) != (account.balance_fen, account.committed_fen):
        yield _("资金账户 %(number)s 余额记为 %(kept)d 分，流水合计 %(right)d 分") % {
            "number": account.number, "kept": account.balance_fen, "right": balance,
        }  # fmt: skip


def _wrong_pots() -> Iterator[str]:
    sums = {
        (account, source): (moved, committed)
        for account, source, moved, committed in Line.objects.order_by()
        .values_list("account", "source")
        .annotate(Sum("amount_fen"), Sum("committed_fen"))
    }
    for pot in Pot.objects.select_related("account", "source"):
        kept = (pot.balance_fen, pot.allocated_fen - pot.paid_fen)
        if kept != sums.get((pot.account_id, pot.source_id), (0, 0)):
            yield _("资金账户 %(number)s 的“%(source)s”与流水不符") % {
                "number": pot.account.number, "source": pot.source.name,
            }  # fmt: skip


def _wrong_allocations() -> Iterator[str]:
    rows = Line.objects.filter(allocation__isnull=False).order_by().values_list("allocation")
    paid = dict(rows.annotate(sum=Sum("amount_fen")))
    for allocation in Allocation.objects.only("number", "paid_fen"):
        if allocation.paid_fen != -paid.get(allocation.pk, 0):
            yield _("拨付 %s 的已付金额与流水不符") % allocation.number
