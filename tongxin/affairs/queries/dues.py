"""What members owe and paid, who is behind, the quarterly sheet; all sums in fen-exact decimals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import (
    Case,
    CharField,
    Count,
    DecimalField,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.utils.translation import gettext as _

from tongxin.accounts.queries import sealer
from tongxin.orgs.models import Membership, Org

from ..dates import Quarter, add_months, month_of
from ..models import Base, Charge, Forward, Payment, Posting

ZERO = Decimal("0.00")
NOTHING = Value(ZERO, output_field=DecimalField(max_digits=12, decimal_places=2))
ARREARS_MONTHS = 6
Account = Posting.Account


def fen(total: Decimal | None) -> Decimal:
    """Return a sum to the fen: SQLite adds up decimals as floating numbers."""
    return (total or ZERO).quantize(ZERO)


def open_base(row: Base) -> Decimal:
    """Return the income that a base was set from."""
    return Decimal(sealer().open(row.base_sealed)) + ZERO if row.base_sealed else ZERO


def base_on(membership: Membership, month: date) -> Base | None:
    """Return what somebody's dues are counted from in a month."""
    rows = Base.objects.filter(membership=membership, from_month__lte=month)
    return rows.order_by("-from_month").first()


def uncharged(unit: Org, month: date) -> list[tuple[Membership, int | None]]:
    """Return the members of a unit with no charge for a month yet, each with the id of their base.

    Who was admitted pays from that month on; who left pays no more from the month after.
    """
    base = Base.objects.filter(membership=OuterRef("pk"), from_month__lte=month)
    rows = (
        Membership.objects.filter(unit=unit, stage__in=Membership.MEMBERS)
        .filter(from_date__lt=add_months(month, 1))
        .exclude(to_date__lt=month)
        .exclude(admitted_on__gte=add_months(month, 1))
        .exclude(pk__in=Charge.objects.filter(unit=unit, month=month).values("membership"))
        .annotate(base=Subquery(base.order_by("-from_month").values("pk")[:1]))
        .select_related("person")
        .order_by("pk")
    )
    return [(row, row.base) for row in rows]


@dataclass
class Cell:
    """A month of a member: what was owed after what was waived, and how much of it is paid."""

    month: date
    owed: Decimal
    paid: Decimal = ZERO
    waived: Decimal = ZERO

    @property
    def state(self) -> str:
        if not self.owed:
            return "waived"
        return "paid" if self.paid >= self.owed else "part" if self.paid else "open"


@dataclass
class MemberAccount:
    """A member's account: the months in order, paid off oldest first, and what is left over."""

    membership: Membership
    cells: dict[date, Cell] = field(default_factory=dict)
    paid: Decimal = ZERO
    extra: Decimal = ZERO

    @property
    def owed(self) -> Decimal:
        return sum((cell.owed for cell in self.cells.values()), ZERO)

    @property
    def balance(self) -> Decimal:
        """What is still open; less than nothing is paid ahead."""
        return self.owed - self.paid

    def open_months(self, until: date) -> list[date]:
        return [m for m, cell in self.cells.items() if cell.paid < cell.owed and m <= until]

    def settle(self) -> None:
        """Let what was paid pay off the oldest months first."""
        left = self.paid
        for month in sorted(self.cells):
            cell = self.cells[month]
            cell.paid = min(cell.owed, max(left, ZERO))
            left -= cell.paid


def accounts_of(memberships: Collection[Membership]) -> dict[int, MemberAccount]:
    """Return {membership id: account}. Two queries, however many members."""
    accounts = {one.pk: MemberAccount(one) for one in memberships}
    charges = Charge.objects.filter(membership__in=accounts).order_by("month")
    for row in charges.values_list("membership_id", "month", "amount", "waived"):
        who, month, amount, waived = row
        accounts[who].cells[month] = Cell(month, amount - waived + ZERO, waived=waived)
    kept = (Payment.Kind.DUES, Payment.Kind.REFUND)
    payments = Payment.objects.filter(membership__in=accounts).annotate(
        of=Case(
            When(kind=Payment.Kind.REFUND, then=F("refund_of__kind")),
            default=F("kind"),
            output_field=CharField(),
        )
    )
    for who, of, total in payments.values_list("membership_id", "of").annotate(Sum("amount")):
        if of in kept:
            accounts[who].paid += fen(total)
        else:
            accounts[who].extra += fen(total)
    for account in accounts.values():
        account.settle()
    return accounts


def members_of(unit: Org) -> list[Membership]:
    """Return the standing members of a unit, by name."""
    rows = Membership.objects.members().filter(unit=unit).select_related("person", "unit")
    return list(rows.order_by("person__name", "pk"))


@dataclass(frozen=True)
class Arrear:
    """A member behind with their dues, with a sentence; nothing follows from it by itself."""

    membership: Membership
    months: int
    amount: Decimal
    since: date
    sentence: str
    is_long: bool


def arrears_of(accounts: Iterable[MemberAccount], on: date) -> list[Arrear]:
    """Return who is behind on a day, most months first. The current month is not late yet."""
    found = []
    for account in accounts:
        months = account.open_months(add_months(month_of(on), -1))
        if not months:
            continue
        amount = sum((account.cells[m].owed - account.cells[m].paid for m in months), ZERO)
        words = {"n": len(months), "since": f"{months[0]:%Y-%m}", "amount": amount}
        is_long = len(months) >= ARREARS_MONTHS
        if is_long:
            sentence = _(
                "自 %(since)s 起 %(n)d 个月未交，共 %(amount)s 元。请先谈话了解原因；"
                "没有正当理由连续六个月不交党费的，按党章第九条由支部大会讨论，系统不作任何处理"
            )
        else:
            sentence = _("自 %(since)s 起 %(n)d 个月未交，共 %(amount)s 元，请提醒")
        found.append(
            Arrear(account.membership, len(months), amount, months[0], sentence % words, is_long)
        )
    return sorted(found, key=lambda one: (-one.months, one.membership.person.name))


# --- the ledger


def balances(unit: Org, *, until: date | None = None) -> dict[str, Decimal]:
    """Return {account: debits less credits} of a unit's ledger up to a day; their sum is nothing."""
    rows = Posting.objects.filter(unit=unit)
    if until:
        rows = rows.filter(on__lte=until)
    found: dict[str, Decimal] = dict.fromkeys(Account.values, ZERO)
    for debit, credit, total in rows.values_list("debit", "credit").annotate(Sum("amount")):
        found[debit] += fen(total)
        found[credit] -= fen(total)
    return found


def ledger_of(unit: Org) -> QuerySet[Posting]:
    """Return the postings of a unit, for pages by id."""
    return Posting.objects.filter(unit=unit).select_related("membership__person")


def ledger_faults() -> list[str]:
    """Return a sentence for each unit whose ledger says other than its charges and receipts.

    Recounted from the other side: what members owe is charges less waivers less dues paid, what is
    in hand is receipts plus what came from below less what was passed on. Five queries.
    """
    posted, counted = _posted(), _counted()
    faults = []
    for unit, name in sorted({*posted, *counted}):
        booked, found = posted[unit, name], counted[unit, name]
        if name in (Account.MEMBERS, Account.CASH) and booked != found:
            words = {"unit": unit, "account": Account(name).label, "a": booked, "b": found}
            faults.append(
                _("党组织 %(unit)s 的党费账：%(account)s %(a)s 元，按收据应为 %(b)s 元") % words
            )
    return faults


def _posted() -> defaultdict[tuple[int, str], Decimal]:
    posted: defaultdict[tuple[int, str], Decimal] = defaultdict(lambda: ZERO)
    sums = Posting.objects.values_list("unit", "debit", "credit").annotate(Sum("amount"))
    for unit, debit, credit, total in sums.order_by():
        posted[unit, debit] += fen(total)
        posted[unit, credit] -= fen(total)
    return posted


def _counted() -> defaultdict[tuple[int, str], Decimal]:
    counted: defaultdict[tuple[int, str], Decimal] = defaultdict(lambda: ZERO)
    owed = Charge.objects.values_list("unit").annotate(Sum("amount"), Sum("waived"))
    for unit, amount, waived in owed.order_by():
        counted[unit, Account.MEMBERS] += fen(amount) - fen(waived)
    paid = Payment.objects.values_list("unit", "kind", "refund_of__kind").annotate(Sum("amount"))
    for unit, kind, of, total in paid.order_by():
        counted[unit, Account.CASH] += fen(total)
        if Payment.Kind.DUES in (kind, of):
            counted[unit, Account.MEMBERS] -= fen(total)
    for side, sign in (("unit", -1), ("to_unit", 1)):
        for unit, total in Forward.objects.values_list(side).annotate(Sum("amount")).order_by():
            counted[unit, Account.CASH] += sign * fen(total)
    return counted


@dataclass
class Line:
    """A line of the quarterly sheet."""

    unit: Org | None
    members: int = 0
    opening: Decimal = ZERO
    charged: Decimal = ZERO
    paid: Decimal = ZERO
    extra: Decimal = ZERO
    refunded: Decimal = ZERO
    below: Decimal = ZERO
    forwarded: Decimal = ZERO
    closing: Decimal = ZERO
    behind: int = 0

    def add(self, other: Line) -> None:
        for name in self.__dataclass_fields__:
            if name != "unit":
                setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def adds_up(self) -> bool:
        """Opening + taken + from below − given back − forwarded = closing, to the fen."""
        taken = self.opening + self.paid + self.extra + self.below
        return taken - self.refunded - self.forwarded == self.closing


def quarter_sheet(units: Collection[Org], quarter: Quarter, *, on: date) -> tuple[list[Line], Line]:
    """Return a line for each unit and their sum. Four queries, however many units.

    What passed between two of the units stands once in each, so the sum shows both sides. Who is
    behind is judged at the end of the quarter, or on the day `on` while it runs.
    """
    lines = {unit.pk: Line(unit) for unit in units}
    _add_ledger(lines, quarter)
    _add_payments(lines, quarter)
    charges = Charge.objects.filter(unit__in=lines, month__range=(quarter.first, quarter.last))
    for pk, owed, waived in charges.values_list("unit").annotate(Sum("amount"), Sum("waived")):
        lines[pk].charged += fen(owed) - fen(waived)
    members = Membership.objects.members().filter(unit__in=lines)
    for pk, count in members.values_list("unit").annotate(Count("pk")):
        lines[pk].members = count
    for pk in behind(units, min(on, quarter.last + timedelta(days=1))).values():
        lines[pk].behind += 1
    total = Line(None)
    for line in lines.values():
        total.add(line)
    return list(lines.values()), total


def _add_ledger(lines: dict[int, Line], quarter: Quarter) -> None:
    rows = Posting.objects.filter(unit__in=lines, on__lte=quarter.last)
    sums = rows.values_list("unit", "debit", "credit").annotate(
        ever=Sum("amount"), during=Sum("amount", filter=Q(on__gte=quarter.first))
    )
    for pk, debit, credit, ever, during in sums:
        line, now = lines[pk], fen(during)
        sign = (debit == Account.CASH) - (credit == Account.CASH)
        line.closing += sign * fen(ever)
        line.opening += sign * (fen(ever) - now)
        if credit == Account.BELOW:
            line.below += now
        if debit == Account.ABOVE:
            line.forwarded += now


def _add_payments(lines: dict[int, Line], quarter: Quarter) -> None:
    rows = Payment.objects.filter(unit__in=lines, paid_on__range=(quarter.first, quarter.last))
    for pk, kind, total in rows.values_list("unit", "kind").annotate(Sum("amount")):
        line = lines[pk]
        if kind == Payment.Kind.REFUND:
            line.refunded -= fen(total)
        elif kind == Payment.Kind.EXTRA:
            line.extra += fen(total)
        else:
            line.paid += fen(total)


def behind(units: Collection[Org], on: date) -> dict[int, int]:
    """Return {membership id: unit id} of standing members with an unpaid month before this one.

    Payments pay off the oldest months first, so two sums tell. One query.
    """
    return behind_on(units, on)[0]


def behind_on(units: Collection[Org], *days: date) -> list[dict[int, int]]:
    """Return for each of the days who was behind, of what is paid by now: {membership: unit}. One query."""
    here = Membership.objects.members().filter(unit__in=units)
    sums = {
        f"{name}_{n}": Sum(name, filter=Q(month__lt=month_of(day)))
        for n, day in enumerate(days)
        for name in ("amount", "waived")
    }
    names = ("membership", "membership__unit", *sums, "paid")
    owed = Charge.objects.filter(membership__in=here, month__lt=month_of(max(days))).order_by()
    debits = owed.values("membership", "membership__unit").annotate(**sums, paid=NOTHING)
    dues = Q(kind=Payment.Kind.DUES) | Q(refund_of__kind=Payment.Kind.DUES)
    paid = Payment.objects.filter(dues, membership__in=here).order_by()
    credits = paid.values("membership", "membership__unit").annotate(
        **dict.fromkeys(sums, NOTHING), paid=Sum("amount")
    )
    debts: dict[int, list[Decimal]] = defaultdict(lambda: [ZERO] * len(days))
    unit_of: dict[int, int] = {}
    for who, unit, *given, done in debits.values_list(*names).union(
        credits.values_list(*names), all=True
    ):
        unit_of[who] = unit
        for n, debt in enumerate(debts[who]):
            debts[who][n] = debt + fen(given[2 * n]) - fen(given[2 * n + 1]) - fen(done)
    return [
        {who: unit_of[who] for who, left in debts.items() if left[n] > 0} for n in range(len(days))
    ]


def units_under(unit: Org) -> list[Org]:
    """Return a unit and the party units under it, top first."""
    rows = Org.objects.filter(path__under=unit.path, kind=Org.Kind.PARTY)
    return list(rows.filter(dissolved_on__isnull=True).order_by("path"))


def forwarded_in(unit: Org, quarter: Quarter) -> list[Forward]:
    """Return what a unit passed on in a quarter, newest first."""
    rows = Forward.objects.filter(unit=unit, on__range=(quarter.first, quarter.last))
    return list(rows.select_related("to_unit", "by").order_by("-on", "-pk"))
