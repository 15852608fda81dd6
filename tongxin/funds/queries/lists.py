"""What the pages and the API list: accounts with what they owe, lines, allocations, alarms, the budget."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum
from django.http import QueryDict
from django.utils.translation import gettext as _

from tongxin.ui.paging import bad_cursor

from ..models import (
    Account,
    AccountQuerySet,
    Allocation,
    AllocationQuerySet,
    BudgetLine,
    Line,
    Payable,
    PayableQuerySet,
    PayOrder,
)


def totals_of(accounts: AccountQuerySet) -> dict[str, int]:
    """Return what lies in some accounts, what is promised and how many they are. One query."""
    sums = accounts.aggregate(
        n=Count("pk"), balance=Sum("balance_fen"), committed=Sum("committed_fen")
    )
    return {name: value or 0 for name, value in sums.items()}


def overdue_of(rows: PayableQuerySet, on: date) -> PayableQuerySet:
    """Return what should have been paid before a day, the longest overdue first."""
    found = rows.unpaid().filter(due_on__lt=on)
    return found.select_related("allocation__account__org", "allocation__region").order_by(
        "due_on", "pk"
    )


def overdue_sum(rows: PayableQuerySet, on: date) -> tuple[int, int]:
    """Return (how many, fen) of what is overdue. One query."""
    late = rows.unpaid().filter(due_on__lt=on)
    sums = late.aggregate(n=Count("pk"), sum=Sum(F("amount_fen") - F("paid_fen")))
    return sums["n"], sums["sum"] or 0


def with_overdue(accounts: list[Account], on: date) -> dict[int, int]:
    """Return {account: fen overdue} of a page of accounts. One query."""
    rows = Payable.objects.unpaid().filter(due_on__lt=on, allocation__account__in=accounts)
    return dict(
        rows.order_by()
        .values_list("allocation__account")
        .annotate(sum=Sum(F("amount_fen") - F("paid_fen")))
    )


def year_of(account: Account, year: int) -> tuple[int, int]:
    """Return (came, went) of an account in a year, counter-lines taken off. One query."""
    came = Q(kind="income") | Q(reverses__kind="income")
    went = Q(kind="pay") | Q(reverses__kind="pay")
    sums = account.lines.filter(on__year=year).aggregate(
        came=Sum("amount_fen", filter=came), went=Sum("amount_fen", filter=went)
    )
    return sums["came"] or 0, -(sums["went"] or 0)


@dataclass(frozen=True)
class AskedLines:
    """How a reader narrows the lines of an account: by the words of the address."""

    kind: str = ""
    source: str = ""
    month: date | None = None


def asked_lines(words: QueryDict | dict[str, str]) -> AskedLines:
    kind, source = words.get("kind", ""), words.get("source", "")
    try:
        month = date.fromisoformat(f"{words.get('month', '')}-01")
    except ValueError:
        month = None
    return AskedLines(kind if kind in Line.Kind.values else "", (source or "")[:20], month)


def lines_of(rows: QuerySet[Line], asked: AskedLines) -> QuerySet[Line]:
    """Return the lines asked for, with what a row of the ledger shows."""
    if asked.kind:
        rows = rows.filter(kind=asked.kind)
    if asked.source:
        rows = rows.filter(source__code=asked.source)
    if asked.month is not None:
        rows = rows.filter(on__year=asked.month.year, on__month=asked.month.month)
    return rows.select_related(
        "source", "allocation", "by", "approved_by", "reverses", "reversed_by"
    )


def page_of_lines(rows: QuerySet[Line], cursor: str, size: int) -> tuple[list[Line], str]:
    """Return a page of one account's lines, newest first; the cursor is a line's number.

    :raises BadCursor: for what no page gave
    """
    if cursor:
        if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
            raise bad_cursor()
        rows = rows.filter(seq__lt=int(cursor))
    found = list(rows.order_by("-seq")[: size + 1])
    return found[:size], str(found[size - 1].seq) if len(found) > size else ""


def allocations_of(
    rows: AllocationQuerySet, *, year: int | None = None, source: str = "", state: str = "",
    area: str = "", on: date | None = None,
) -> AllocationQuerySet:  # fmt: skip
    """Return allocations asked for: of a year, source, place, open or overdue on a day."""
    if year:
        rows = rows.filter(year=year)
    if source:
        rows = rows.filter(source__code=source)
    if area:
        rows = rows.filter(region__path__under=area)
    if state == "open":
        rows = rows.standing().filter(paid_fen__lt=F("amount_fen"))
    elif state == "paid":
        rows = rows.standing().filter(paid_fen=F("amount_fen"))
    elif state == "late":
        late = Payable.objects.unpaid().filter(due_on__lt=on or date.min)
        rows = rows.standing().filter(pk__in=late.values("allocation"))
    return rows.select_related("account", "source", "region")


def waiting_for(actor: Any) -> QuerySet[PayOrder]:
    """Return the payments that wait for a second person, as far as the actor sees their accounts."""
    return (
        PayOrder.objects.visible_to(actor)
        .waiting()
        .select_related("allocation__account__org", "allocation__source", "by")
    )


# The budget and where money goes (S4.17, S4.72).

BASE_LEVELS = ("community", "grid", "building")


@dataclass
class Leaning:
    """Of a year: what was planned and given, and how much of it goes to the base."""

    year: int
    planned: int = 0
    planned_base: int = 0
    given: int = 0
    given_base: int = 0
    paid: int = 0

    @property
    def planned_share(self) -> int | None:
        return round(100 * self.planned_base / self.planned) if self.planned else None

    @property
    def given_share(self) -> int | None:
        return round(100 * self.given_base / self.given) if self.given else None


def leaning(actor: Any, *, year: int, years: int = 3, area: str = "") -> list[Leaning]:
    """Return the leaning of a year and of those before it, as far as the actor sees. Two queries.

    To the base: given to a community or village, its grids and buildings, or what stands there.
    """
    span = range(year - years + 1, year + 1)
    found = {one: Leaning(one) for one in span}
    lines = BudgetLine.objects.visible_to(actor).filter(year__in=span)
    given = Allocation.objects.visible_to(actor).standing().filter(year__in=span)
    if area:
        lines = lines.filter(region__path__under=area)
        given = given.filter(region__path__under=area)
    for of_year, for_base, fen in (
        lines.order_by().values_list("year", "for_base").annotate(Sum("amount_fen"))
    ):
        found[of_year].planned += fen
        found[of_year].planned_base += fen if for_base else 0
    for of_year, level, fen, paid in (
        given.order_by()
        .values_list("year", "region__level")
        .annotate(Sum("amount_fen"), Sum("paid_fen"))
    ):
        one = found[of_year]
        one.given += fen
        one.paid += paid
        one.given_base += fen if level in BASE_LEVELS else 0
    return list(found.values())


def budget_of(actor: Any, year: int, area: str = "") -> list[BudgetLine]:
    """Return the lines of a year's budget with `used`, what was given out of each. One query."""
    standing = Q(allocations__withdrawn_at__isnull=True)
    rows = BudgetLine.objects.visible_to(actor).filter(year=year)
    if area:
        rows = rows.filter(region__path__under=area)
    return list(
        rows.select_related("source", "org")
        .annotate(used=Sum("allocations__amount_fen", filter=standing))
        .order_by("org_id", "pk")[:200]
    )


def ledger_table(account: Account) -> tuple[list[str], list[list[Any]]]:
    """Return header and rows of an account's whole ledger; its columns add up to the balance."""
    header = [_("序号"), _("日期"), _("类型"), _("资金来源"), _("摘要"), _("收款方"), _("拨付编号"),
              _("收入（元）"), _("支出（元）"), _("余额（元）"), _("拨付（元）"), _("冲销"), _("经办"),
              _("审批"), _("登记时间")]  # fmt: skip
    rows: list[list[Any]] = []
    came = went = 0
    for line in lines_of(account.lines.all(), AskedLines()).order_by("seq").iterator(500):
        income, spent = (line.amount_fen if line.is_income else 0), line.spent_fen
        came, went = came + income, went + spent
        given = 0
        if line.kind == "allocate" or (line.reverses and line.reverses.kind == "allocate"):
            given = line.committed_fen
        rows.append([
            line.seq, line.on, str(line.get_kind_display()), line.source.name, line.note, line.payee,
            line.allocation.number if line.allocation else "", *(fen / 100 if fen else "" for fen in (income, spent)),
            line.balance_fen / 100, given / 100 if given else "", line.reverses.seq if line.reverses else "",
            line.by.name, line.approved_by.name if line.approved_by else "", line.at,
        ])  # fmt: skip
    rows.append(["", "", _("合计"), "", "", "", "", came / 100, went / 100, (came - went) / 100,
                 "", "", "", "", ""])  # fmt: skip
    return header, rows


def page_of_allocations(
    rows: QuerySet[Allocation], cursor: str, size: int
) -> tuple[list[Allocation], str]:
    """Return a page of allocations, newest first, and the cursor of the next: an id.

    :raises BadCursor: for what no page gave
    """
    if cursor:
        try:
            rows = rows.filter(pk__lt=UUID(cursor))
        except ValueError as error:
            raise bad_cursor() from error
    found = list(rows.order_by("-pk")[: size + 1])
    return found[:size], str(found[size - 1].pk) if len(found) > size else ""
