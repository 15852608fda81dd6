"""The four movements of money: in, given, out, taken back. Each is one line, written once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.chain import GENESIS, event_hash
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.ids import uuid7
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org
from tongxin.photos.models import Photo
from tongxin.regions.models import Region

from ..models import Account, Allocation, BudgetLine, Line, LinePhoto, Payable, Pot, Source
from ..queries.ledger import lowest_from, paid_to_on, payload_of, threshold_for
from ..queries.words import yuan
from .common import (
    SHORT,
    check_day,
    check_fen,
    check_open,
    locked,
    must_keep,
    next_number,
    scoped,
    written_before,
)

MOST_PAYABLES = 60
To = tuple[str, str, str, str]  # kind, id, label, url of what the money is for
Kind = Line.Kind


class NotEnough(Refused):
    """More would be paid than the account holds of that source."""


class OverAllocation(Refused):
    """More would be paid than was given."""


class Withdrawn(Refused):
    """An allocation that was taken back pays nothing."""


class NeedsApproval(Refused):
    """From this amount on a second person approves."""


class BadPayables(Invalid):
    """What has to be paid, by day, is no more than what was given."""


class BadSubject(Invalid):
    """What the money is for is named by kind, id, label and an address of this site."""


class AlreadyReversed(Refused):
    """A line is taken back once, and a counter-line never."""


class StillUsed(Refused):
    """Money that was paid out cannot be taken back from under the payment."""


@transaction.atomic
def receive(
    *, account: Account, source: Source, amount_fen: int, on: date, by: User, at: datetime,
    note: str = "", key: str | None = None, payer: str = "", photos: Iterable[Photo] = (),
) -> Line:  # fmt: skip
    """Write down money that came, from a source; `payer` is who sent it.

    :raises NotKeeper, BadAmount, BadDay, MonthFrozen, AccountClosed, KeyReused: as their names say
    """
    account = locked(account.pk)
    must_keep(by, account.org)
    kept = scoped(by, key)
    if old := written_before(kept, account=account, kind=Kind.INCOME, fen=amount_fen):
        return old
    check_fen(amount_fen)
    check_open(account)
    check_day(account, on, at)
    pot = pot_of(account, source)
    pot.received_fen += amount_fen
    pot.save(update_fields=["received_fen"])
    return write_line(
        account, kind=Kind.INCOME, source=source, on=on, amount_fen=amount_fen, note=note,
        payee=payer, by=by, at=at, key=kept, photos=photos,
    )  # fmt: skip


@transaction.atomic
def allocate(
    *, account: Account, source: Source, amount_fen: int, purpose: str, by: User, at: datetime,
    region: Region | None = None, org: Org | None = None, to: To | None = None,
    payables: Sequence[tuple[date, int]] = (), key: str | None = None,
    budget: BudgetLine | None = None, on: date | None = None,
) -> Allocation:  # fmt: skip
    """Give money of a source for a purpose; it may be given before it has come, not paid.

    `to` is (kind, id, label, url) of what it is for; `payables` say what has to be paid by when.

    :raises NotKeeper, BadAmount, BadDay, MonthFrozen, AccountClosed, KeyReused: as their names say
    :raises BadPayables: if they are more than the amount; BadSubject: for an address elsewhere
    """
    account = locked(account.pk)
    must_keep(by, account.org)
    kept = scoped(by, key)
    if old := written_before(kept, account=account, kind=Kind.ALLOCATE, fen=amount_fen):
        return old.allocation  # type: ignore[return-value]
    check_fen(amount_fen)
    check_open(account)
    on = on or localdate(at)
    check_day(account, on, at)
    _check_payables(payables, amount_fen)
    if budget is not None and (budget.source_id, budget.year) != (source.pk, on.year):
        raise BadSubject(_("预算科目的来源或年度与这笔拨付不同。"), field="budget")
    region = region or (org.region if org is not None else account.region)
    prefix = f"{account.region.code[:6].ljust(6, '0')}-{on.year}-B"
    allocation = Allocation.objects.create(
        id=uuid7(at), number=f"{prefix}{next_number(prefix):04d}", account=account, source=source,
        budget=budget, year=on.year, amount_fen=amount_fen, region=region, org=org, by=by, at=at,
        purpose=clean_text(purpose, limit=SHORT, field_label=_("用途"), required=True), **_subject(to),
    )  # fmt: skip
    Payable.objects.bulk_create(
        [Payable(allocation=allocation, due_on=day, amount_fen=fen) for day, fen in payables]
    )
    pot = pot_of(account, source)
    pot.allocated_fen += amount_fen
    pot.save(update_fields=["allocated_fen"])
    write_line(
        account, kind=Kind.ALLOCATE, source=source, allocation=allocation, on=on,
        committed_fen=amount_fen, note=allocation.purpose, by=by, at=at, key=kept,
    )  # fmt: skip
    return allocation


def _check_payables(payables: Sequence[tuple[date, int]], amount_fen: int) -> None:
    if len(payables) > MOST_PAYABLES:
        raise BadPayables(_("应付款最多 %d 期。") % MOST_PAYABLES, field="payables")
    total = sum(check_fen(fen, field="payables") for _day, fen in payables)
    if total > amount_fen:
        raise BadPayables(
            _("应付款合计 %(total)s 元，超过拨付金额 %(amount)s 元。")
            % {"total": yuan(total), "amount": yuan(amount_fen)},
            field="payables",
        )


def _subject(to: To | None) -> dict[str, str]:
    kind, pk, label, url = (str(part) for part in to) if to else ("", "", "", "")
    # An address of this site only: the page shows it as a link.
    if url and (not url.startswith("/") or url.startswith(("//", "/\\")) or len(url) > SHORT):
        raise BadSubject(_("对象的地址应是本站的路径。"), field="to")
    if len(kind) > 20 or len(pk) > 40 or bool(kind) != bool(pk):
        raise BadSubject(_("对象应写明类型和编号。"), field="to")
    label = clean_text(label, limit=120, field_label=_("对象"), required=bool(kind))
    return {"subject_kind": kind, "subject_id": pk, "subject_label": label, "subject_url": url}


@transaction.atomic
def plan_payable(
    *, allocation: Allocation, due_on: date, amount_fen: int, by: User, at: datetime, note: str = ""
) -> Payable:
    """Say what more of an allocation has to be paid, and by when.

    :raises BadPayables: if all together were more than was given
    :raises NotKeeper, BadAmount, Withdrawn: as their names say
    """
    account = locked(allocation.account_id)
    must_keep(by, account.org)
    allocation = Allocation.objects.select_for_update().get(pk=allocation.pk)
    check_standing(allocation)
    planned = list(allocation.payables.values_list("due_on", "amount_fen"))
    _check_payables([*planned, (due_on, amount_fen)], allocation.amount_fen)
    payable = Payable.objects.create(
        allocation=allocation, due_on=due_on, amount_fen=amount_fen,
        note=clean_text(note, limit=120, field_label=_("说明")),
    )  # fmt: skip
    spread(allocation)
    payable.refresh_from_db()
    return payable


@transaction.atomic
def pay(
    *, allocation: Allocation, amount_fen: int, on: date, payee: str, by: User, at: datetime,
    photos: Iterable[Photo] = (), note: str = "", key: str | None = None,
) -> Line:  # fmt: skip
    """Pay out of an allocation, up to the amount that needs a second person.

    :raises NeedsApproval: from there on, with what to do: `ask_payment`
    :raises OverAllocation: for more than it has left
    :raises NotEnough: for more than the account holds of its source, on that day and since
    :raises NotKeeper, BadAmount, BadDay, MonthFrozen, AccountClosed, Withdrawn, KeyReused: as named
    """
    account = locked(allocation.account_id)
    must_keep(by, account.org)
    kept = scoped(by, key)
    if old := written_before(kept, account=account, kind=Kind.PAY, fen=amount_fen):
        return old
    check_fen(amount_fen)
    payee = clean_text(payee, limit=80, field_label=_("收款方"), required=True)
    threshold = threshold_for(account.region.path, on)
    # Several payments to one payee on a day count as one: nobody goes under the mark in slices.
    asked = amount_fen + paid_to_on(allocation, payee, on)
    if threshold is not None and asked >= threshold:
        raise NeedsApproval(
            _("向同一收款方一天付款达到 %s 元须由另一人审批。") % yuan(threshold),
            field="amount",
            remedy=_("请提交付款申请，由本单位另一位负责人审批后支付。"),
        )
    return pay_out(
        account, allocation, amount_fen=amount_fen, on=on, payee=payee, by=by, at=at,
        photos=photos, note=note, key=kept,
    )  # fmt: skip


def pay_out(
    account: Account, allocation: Allocation, *, amount_fen: int, on: date, payee: str, by: User,
    at: datetime, photos: Iterable[Photo] = (), note: str = "", key: str | None = None,
    approved_by: User | None = None,
) -> Line:  # fmt: skip
    """Write a payment into a locked account. For `pay` and for an approved order."""
    check_open(account)
    check_day(account, on, at)
    allocation = Allocation.objects.select_for_update().get(pk=allocation.pk)
    check_standing(allocation)
    if amount_fen > allocation.left_fen:
        raise OverAllocation(
            _("这笔拨付只剩 %s 元未付。") % yuan(allocation.left_fen), field="amount"
        )
    pot = pot_of(account, allocation.source)
    there = min(pot.balance_fen, lowest_from(account.pk, allocation.source_id, on))
    if amount_fen > there:
        raise NotEnough(
            _("账户里“%(source)s”在 %(day)s 可支付 %(money)s 元，不够支付。")
            % {"source": allocation.source.name, "day": on, "money": yuan(max(there, 0))},
            field="amount",
            remedy=_("请等资金到账并登记收入后再支付。"),
        )
    pot.paid_fen += amount_fen
    pot.save(update_fields=["paid_fen"])
    allocation.paid_fen += amount_fen
    allocation.save(update_fields=["paid_fen"])
    spread(allocation)
    return write_line(
        account, kind=Kind.PAY, source=allocation.source, allocation=allocation, on=on,
        amount_fen=-amount_fen, committed_fen=-amount_fen, payee=payee, note=note, by=by, at=at,
        key=key, photos=photos, approved_by=approved_by,
    )  # fmt: skip


@transaction.atomic
def reverse(*, line: Line, reason: str, by: User, at: datetime) -> Line:
    """Take a line back by a counter-line of today; both stay.

    :raises AlreadyReversed: if it was taken back, or is a counter-line itself
    :raises StillUsed: for an income of which too much was paid, an allocation of which something was
    :raises NotKeeper, MonthFrozen, AccountClosed: as their names say
    """
    account = locked(line.account_id)
    must_keep(by, account.org)
    check_open(account)
    line = Line.objects.select_related("source", "allocation").get(pk=line.pk)
    if line.kind == Kind.REVERSE or Line.objects.filter(reverses=line).exists():
        raise AlreadyReversed(_("第 %d 号凭证已冲销，或本身就是冲销凭证。") % line.seq)
    reason = clean_text(reason, limit=SHORT, field_label=_("冲销原因"), required=True)
    on = localdate(at)
    check_day(account, on, at)
    _undo(account, line, at)
    audit(
        actor=by, action="funds.reverse", object=f"{account.number}-{line.seq}", at=at,
        reason=reason,
    )  # fmt: skip
    return write_line(
        account, kind=Kind.REVERSE, source=line.source, allocation=line.allocation, on=on,
        amount_fen=-line.amount_fen, committed_fen=-line.committed_fen, payee=line.payee,
        note=reason, by=by, at=at, reverses=line,
    )  # fmt: skip


def _undo(account: Account, line: Line, at: datetime) -> None:
    pot = pot_of(account, line.source)
    if line.kind == Kind.INCOME:
        if line.amount_fen > pot.balance_fen:
            raise StillUsed(
                _("这笔收入已有一部分付出，账户里“%(source)s”只剩 %(money)s 元，不能冲销。")
                % {"source": line.source.name, "money": yuan(pot.balance_fen)},
                remedy=_("请先冲销有关的付款。"),
            )
        pot.received_fen -= line.amount_fen
        pot.save(update_fields=["received_fen"])
        return
    assert line.allocation_id is not None  # noqa: S101 (a constraint: only an income has none)
    allocation = Allocation.objects.select_for_update().get(pk=line.allocation_id)
    if line.kind == Kind.ALLOCATE:
        if allocation.paid_fen:
            raise StillUsed(
                _("这笔拨付已支付 %s 元，不能撤回。") % yuan(allocation.paid_fen),
                remedy=_("请先冲销有关的付款。"),
            )
        pot.allocated_fen -= allocation.amount_fen
        pot.save(update_fields=["allocated_fen"])
        allocation.withdrawn_at = at
        allocation.save(update_fields=["withdrawn_at"])
        return
    pot.paid_fen += line.amount_fen
    pot.save(update_fields=["paid_fen"])
    allocation.paid_fen += line.amount_fen
    allocation.save(update_fields=["paid_fen"])
    spread(allocation)


def check_standing(allocation: Allocation) -> None:
    """:raises Withdrawn: if it was taken back"""
    if allocation.withdrawn_at is not None:
        raise Withdrawn(_("拨付 %s 已撤回。") % allocation.number)


def pot_of(account: Account, source: Source) -> Pot:
    """Return what a source has in a locked account, begun if need be."""
    pot, _made = Pot.objects.get_or_create(account=account, source=source)
    return pot


def spread(allocation: Allocation) -> None:
    """Fill what has to be paid with what was paid, the earliest day first."""
    left = allocation.paid_fen
    for payable in allocation.payables.order_by("due_on", "pk"):
        paid = min(left, payable.amount_fen)
        left -= paid
        if paid != payable.paid_fen:
            payable.paid_fen = paid
            payable.save(update_fields=["paid_fen"])


def write_line(
    account: Account, *, kind: str, source: Source, on: date, by: User, at: datetime,
    amount_fen: int = 0, committed_fen: int = 0, photos: Iterable[Photo] = (), note: str = "",
    payee: str = "", key: str | None = None, **more: Any,
) -> Line:  # fmt: skip
    """Write the next line of a locked account and keep its sums. The one door of the book."""
    pictures = list(photos)
    account.length += 1
    account.balance_fen += amount_fen
    account.committed_fen += committed_fen
    line = Line(
        account=account, seq=account.length, kind=kind, source=source, on=on, by=by, at=at,
        amount_fen=amount_fen, committed_fen=committed_fen, balance_fen=account.balance_fen,
        payee=clean_text(payee, limit=80, field_label=_("收款方")),
        note=clean_text(note, limit=SHORT, field_label=_("摘要")), key=key,
        proof=[picture.sha256 for picture in pictures], prev=account.head or GENESIS, **more,
    )  # fmt: skip
    line.hash = account.head = event_hash(line.prev, payload_of(line))
    line.save(force_insert=True)
    account.save(update_fields=["length", "balance_fen", "committed_fen", "head"])
    LinePhoto.objects.bulk_create([LinePhoto(line=line, photo=picture) for picture in pictures])
    return line


@transaction.atomic
def add_proof(*, line: Line, photos: Iterable[Photo], by: User, at: datetime) -> int:
    """Add evidence to a line that stands: the receipt that came later. Return how many are new.

    :raises NotKeeper: unless `by` keeps the books
    """
    account = locked(line.account_id)
    must_keep(by, account.org)
    there = set(line.photos.values_list("photo", flat=True))
    new = [LinePhoto(line=line, photo=one) for one in photos if one.pk not in there]
    LinePhoto.objects.bulk_create(new)
    if new:
        audit(
            actor=by, action="funds.proof", object=f"{account.number}-{line.seq}", at=at,
            detail={"photos": [str(one.photo_id) for one in new]},
        )  # fmt: skip
    return len(new)
