"""Dues: bases set, months charged, money taken and given back, waived, passed on; all in a ledger.

Every move of money is one `Posting` from an account to another, so a ledger cannot be out of
balance; nothing in it is changed or erased, a mistake is mended by a counter entry.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Invalid, KeyReused, Refused
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import LogEntry, Membership, Org

from ..contributions import FEN, RATED, dues_for
from ..dates import add_months, month_of, months_between
from ..models import Asking, Base, Charge, Forward, Payment, Posting, Waiver
from ..queries.dues import ZERO, accounts_of, balances, open_base, uncharged
from .common import above_of, local, require_keeper, require_party, require_past
from .terms import ask

Account = Posting.Account
MOST = Decimal("1000000")


class BadAmount(Invalid):
    """Money is more than nothing, in whole fen."""


class BadMonth(Invalid):
    """A month that has not begun, or was charged already."""


class NotAMember(Refused):
    """Dues are paid by members; applicants pay none."""


class RefundedAlready(Refused):
    """A receipt is given back once, and a refund never."""


class NotInHand(Refused):
    """A unit passes on what it has."""


@transaction.atomic
def set_base(
    *, membership: Membership, kind: str, from_month: date, at: datetime, by: User,
    base: Decimal = ZERO, fixed: Decimal | None = None,
) -> Base:  # fmt: skip
    """Set what a member's dues are counted from, from a month on; months charged stay as they are.

    :raises BadBase: if the rule leaves no such amount
    :raises NotAMember: for somebody who is none
    """
    membership = _member(membership, by)
    from_month = month_of(from_month)
    owed = dues_for(base, kind, from_month, fixed=fixed)
    keeps_income = kind in RATED
    row, _made = Base.objects.update_or_create(
        membership=membership,
        from_month=from_month,
        defaults={
            "unit": membership.unit,
            "kind": kind,
            "base_sealed": sealer().seal(str(base)) if keeps_income else "",
            "fixed": None if keeps_income else owed.amount,
            "set_by": by,
            "set_at": at,
        },
    )
    return row


def _member(membership: Membership, by: User) -> Membership:
    membership = Membership.objects.select_related("unit", "person").get(pk=membership.pk)
    require_keeper(by, membership.unit)
    if membership.stage not in Membership.MEMBERS:
        raise NotAMember(_("%s还不是党员，不交党费") % membership.person)
    return membership


@transaction.atomic
def charge_month(*, unit: Org, month: date, at: datetime, by: User | None = None) -> int:
    """Charge every member of a unit whose base is known for a month; return how many.

    Doing it twice charges nobody twice. Without `by` it is the worker.

    :raises BadMonth: for a month that has not begun
    """
    if by is not None:
        require_keeper(by, unit)
    month = month_of(month)
    if month > local(at):
        raise BadMonth(_("还没到这个月，不能计算"), field="month")
    Org.objects.select_for_update().only("pk").get(pk=unit.pk)  # one writer for each ledger
    waiting = [(one, base) for one, base in uncharged(unit, month) if base]
    bases = Base.objects.in_bulk([base for _one, base in waiting])
    waivers = _waivers(unit, month)
    charges = Charge.objects.bulk_create(
        [_charge(one, bases[base], month, waivers.get(one.pk), at) for one, base in waiting]
    )
    words = _("%s 应交党费") % f"{month:%Y-%m}"
    Posting.objects.bulk_create(
        Posting(
            unit=unit,
            membership_id=one.membership_id,
            on=month,
            debit=Account.MEMBERS,
            credit=Account.DUES,
            amount=one.amount - one.waived,
            text=words,
            key=f"charge:{one.pk}",
            at=at,
        )
        for one in charges
        if one.amount > one.waived
    )
    return len(charges)


def _waivers(unit: Org, month: date) -> dict[int, Decimal]:
    rows = Waiver.objects.filter(
        unit=unit, is_agreed=True, from_month__lte=month, to_month__gte=month
    )
    return dict(rows.values_list("membership_id", "pays"))


def _charge(
    member: Membership, base: Base, month: date, pays: Decimal | None, at: datetime
) -> Charge:
    owed = dues_for(open_base(base), base.kind, month, fixed=base.fixed)
    waived = max(owed.amount - pays, ZERO) if pays is not None else ZERO
    return Charge(
        unit_id=member.unit_id,
        membership=member,
        month=month,
        amount=owed.amount,
        waived=waived,
        why=owed.why,
        at=at,
    )


def charge_due(*, at: datetime, limit: int = 20) -> int:
    """Charge the month that runs in units where somebody with a base is not charged yet."""
    month = month_of(local(at))
    known = Base.objects.filter(
        from_month__lte=month,
        membership__to_date__isnull=True,
        membership__stage__in=Membership.MEMBERS,
        membership__from_date__lt=add_months(month, 1),
    ).exclude(membership__admitted_on__gte=add_months(month, 1))
    missing = known.exclude(membership__in=Charge.objects.filter(month=month).values("membership"))
    ids = missing.values_list("membership__unit", flat=True).distinct().order_by()[:limit]
    return sum(
        charge_month(unit=unit, month=month, at=at) for unit in Org.objects.filter(pk__in=list(ids))
    )


@transaction.atomic
def take_payment(
    *, membership: Membership, amount: Decimal, paid_on: date, key: str, at: datetime, by: User,
    method: str = Payment.Method.CASH, kind: str = Payment.Kind.DUES, note: str = "",
) -> Payment:  # fmt: skip
    """Take a member's money and give a receipt; the same key takes it once.

    It pays off the oldest months first; `kind` EXTRA is what is given beyond the dues.

    :raises BadAmount, NotAMember, NotYet: as their names say
    :raises KeyReused: if the key took another payment
    """
    membership = _member(membership, by)
    require_past(paid_on, at, "paid_on")
    _check_amount(amount)
    if kind not in (Payment.Kind.DUES, Payment.Kind.EXTRA):
        raise BadAmount(_("退款请在原收据上办理"), field="kind")
    unit = membership.unit
    Org.objects.select_for_update().only("pk").get(pk=unit.pk)
    if before := Payment.objects.filter(unit=unit, key=key).first():
        if (before.membership_id, before.amount) != (membership.pk, amount):
            raise KeyReused(_("这个编号已用于另一笔交款，请刷新页面后再试"))
        before.is_replay = True
        return before
    payment = Payment.objects.create(
        unit=unit, membership=membership, year=paid_on.year, number=_next_number(unit, paid_on.year),
        kind=kind, amount=amount, method=method, paid_on=paid_on, note=note, received_by=by,
        covers=_covers(membership, amount) if kind == Payment.Kind.DUES else "", at=at, key=key,
    )  # fmt: skip
    credit = Account.MEMBERS if kind == Payment.Kind.DUES else Account.DUES
    words = _("收据 %s") % payment.receipt
    _post(
        unit=unit,
        debit=Account.CASH,
        credit=credit,
        amount=amount,
        on=paid_on,
        text=words,
        key=f"payment:{payment.pk}",
        at=at,
        membership=membership,
    )
    return payment


def _check_amount(amount: Decimal) -> None:
    if not 0 < amount <= MOST or amount != amount.quantize(FEN):
        raise BadAmount(_("金额应大于 0，精确到分"), field="amount")


def _next_number(unit: Org, year: int) -> int:
    last = Payment.objects.filter(unit=unit, year=year).aggregate(n=Max("number"))["n"]
    return (last or 0) + 1


def _covers(membership: Membership, amount: Decimal) -> str:
    """Return the months that a payment pays off, in words."""
    account, months = accounts_of([membership])[membership.pk], []
    left = amount
    for month, cell in account.cells.items():
        if left > 0 and cell.paid < cell.owed:
            months.append(month)
            left -= cell.owed - cell.paid
    if not months:
        return _("预交")
    words = f"{months[0]:%Y-%m}"
    words += f" – {months[-1]:%Y-%m}" if len(months) > 1 else ""
    return words + (_("，余额预交") if left > 0 else "")


@transaction.atomic
def refund_payment(*, payment: Payment, reason: str, at: datetime, by: User) -> Payment:
    """Give a receipt's money back by a counter entry with a receipt of its own.

    :raises RefundedAlready: the second time
    :raises NotInHand: if the money has been passed on
    """
    payment = Payment.objects.select_related("unit", "membership").get(pk=payment.pk)
    unit = Org.objects.select_for_update().get(pk=payment.unit_id)
    require_keeper(by, unit)
    if payment.kind == Payment.Kind.REFUND or Payment.objects.filter(refund_of=payment).exists():
        raise RefundedAlready(_("收据 %s 已经退款，或本身就是退款") % payment.receipt)
    today = local(at)
    _check_cash(unit, payment.amount, today)
    back = Payment.objects.create(
        unit=unit, membership=payment.membership, year=today.year,
        number=_next_number(unit, today.year), kind=Payment.Kind.REFUND, amount=-payment.amount,
        method=payment.method, paid_on=today, refund_of=payment, note=reason, received_by=by,
        at=at, key=f"refund:{payment.pk}",
    )  # fmt: skip
    debit = Account.MEMBERS if payment.kind == Payment.Kind.DUES else Account.DUES
    words = _("退回收据 %s") % payment.receipt
    _post(
        unit=unit,
        debit=debit,
        credit=Account.CASH,
        amount=payment.amount,
        on=today,
        text=words,
        key=f"refund:{payment.pk}",
        at=at,
        membership=payment.membership,
    )
    return back


@transaction.atomic
def ask_waiver(
    *, membership: Membership, from_month: date, to_month: date, pays: Decimal, meeting_on: date,
    reason: str, at: datetime, by: User,
) -> Asking:  # fmt: skip
    """Ask the unit above that a member in hardship pays less or nothing for some months.

    :raises BadMonth: for more than a year, or before it begins
    """
    membership = _member(membership, by)
    require_past(meeting_on, at, "meeting_on")
    first, last = month_of(from_month), month_of(to_month)
    if not first <= last < add_months(first, 12):
        raise BadMonth(_("减免一次最长 12 个月，截止月份不早于起始月份"), field="to_month")
    if pays < 0:
        raise BadAmount(_("每月仍交的金额不能是负数"), field="pays")
    waiver = Waiver.objects.create(
        unit=membership.unit, membership=membership, from_month=first, to_month=last, pays=pays,
        meeting_on=meeting_on, reason=reason,
    )  # fmt: skip
    # The reason is about somebody's hardship: it stays in the waiver, which only few may see.
    return ask(
        kind=Asking.Kind.WAIVER, unit=membership.unit, reason=_("一名党员申请少交或免交党费"),
        at=at, by=by, waiver=waiver,
    )  # fmt: skip


def waiver_decided(asking: Asking, *, at: datetime, by: User) -> None:
    """Put a waiver into force: months charged already are reduced, later ones as they come."""
    waiver = asking.waiver
    if waiver is None or asking.verdict != Asking.Verdict.AGREED:
        return
    Org.objects.select_for_update().only("pk").get(pk=waiver.unit_id)
    waiver.is_agreed = True
    waiver.save(update_fields=["is_agreed"])
    months = list(months_between(waiver.from_month, waiver.to_month))
    rows = Charge.objects.filter(membership=waiver.membership, month__in=months, waived=0)
    for charge in rows.select_related("unit", "membership"):
        less = max(charge.amount - waiver.pays, ZERO)
        if less:
            charge.waived = less
            charge.save(update_fields=["waived"])
            words = _("%s 减免党费") % f"{charge.month:%Y-%m}"
            _post(
                unit=charge.unit,
                debit=Account.DUES,
                credit=Account.MEMBERS,
                amount=less,
                on=local(at),
                text=words,
                key=f"waiver:{charge.pk}",
                at=at,
                membership=charge.membership,
            )
    _log(waiver.unit, _("上级同意减免一名党员的党费"), f"waiver:{waiver.pk}", at, by)


@transaction.atomic
def forward_dues(
    *, unit: Org, amount: Decimal, on: date, key: str, at: datetime, by: User, note: str = ""
) -> Forward:
    """Pass dues on to the unit above: out of one ledger and into the other, once for a key.

    :raises NotInHand: for more than the unit has
    :raises KeyReused: if the key was used for another sum or day
    """
    require_party(unit)
    require_keeper(by, unit)
    require_past(on, at, "on")
    _check_amount(amount)
    above = above_of(unit)
    list(Org.objects.select_for_update().filter(pk__in=[unit.pk, above.pk]).order_by("pk"))
    if before := Forward.objects.filter(unit=unit, key=key).first():
        if (before.amount, before.on) != (amount, on):
            raise KeyReused(_("这个编号已用于另一笔上缴，请刷新页面后再试"))
        before.is_replay = True
        return before
    _check_cash(unit, amount, on)
    try:
        row = Forward.objects.create(
            unit=unit, to_unit=above, amount=amount, on=on, note=note, by=by, at=at, key=key
        )
    except IntegrityError as error:
        raise KeyReused(_("这个编号已用于另一笔交款，请刷新页面后再试")) from error
    words = _("上缴 %s") % above
    _post(
        unit=unit,
        debit=Account.ABOVE,
        credit=Account.CASH,
        amount=amount,
        on=on,
        text=words,
        key=f"forward:{row.pk}",
        at=at,
    )
    words = _("%s 上缴") % unit
    _post(
        unit=above,
        debit=Account.CASH,
        credit=Account.BELOW,
        amount=amount,
        on=on,
        text=words,
        key=f"from:{row.pk}",
        at=at,
    )
    text = _("向%(above)s上缴党费 %(amount)s 元") % {"above": above, "amount": amount}
    _log(unit, text, f"forward:{row.pk}", at, by)
    return row


def _check_cash(unit: Org, amount: Decimal, on: date) -> None:
    # What was there on that day, and what is there now: an entry may be dated back.
    cash = min(balances(unit)[Account.CASH], balances(unit, until=on)[Account.CASH])
    if amount > cash:
        words = {"cash": cash, "amount": amount}
        raise NotInHand(_("库存党费 %(cash)s 元，不够 %(amount)s 元") % words, field="amount")


def _post(
    *, unit: Org, debit: str, credit: str, amount: Decimal, on: date, text: str, key: str,
    at: datetime, membership: Membership | None = None,
) -> None:  # fmt: skip
    Posting.objects.create(
        unit=unit, membership=membership, on=on, debit=debit, credit=credit, amount=amount,
        text=text[:120], key=key, at=at,
    )  # fmt: skip


def _log(unit: Org, text: str, key: str, at: datetime, by: User | None) -> None:
    write_log(
        unit=unit, kind=LogEntry.Kind.DUES, text=text, at=at, recorded_at=at,
        source="affairs.dues", key=f"affairs.dues:{key}", actor=by,
    )  # fmt: skip
