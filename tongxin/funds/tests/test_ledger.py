"""The book: money in, given, out, taken back; what is refused leaves it as it was."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.funds import actions, queries
from tongxin.funds.models import Account, Allocation, Line, Payable, PayRule
from tongxin.kit.errors import KeyReused
from tongxin.testing import NOON

from .conftest import TODAY, again, balance


@pytest.mark.mission("S1.46", "S1.47", "S0.77")
def test_money_comes_is_given_and_paid_and_every_sum_agrees(books, give, spend):
    allocation = give(600_000, payables=[(date(2026, 2, 1), 200_000), (date(2026, 5, 1), 400_000)],
                      to=("project", "7", "东尹村产业项目", "/economy/projects/7/"))  # fmt: skip
    spend(allocation, 250_001)
    account = Account.objects.get(pk=books.account.pk)
    assert (account.balance_fen, account.committed_fen) == (749_999, 349_999)
    assert [(line.seq, line.kind, line.sum_fen, line.balance_fen) for line in account.lines.order_by("seq")] == [
        (1, "income", 1_000_000, 1_000_000), (2, "allocate", 600_000, 1_000_000),
        (3, "pay", -250_001, 749_999),
    ]  # fmt: skip
    assert list(allocation.payables.order_by("due_on").values_list("paid_fen", flat=True)) == [
        200_000, 50_001,
    ]  # fmt: skip
    assert queries.of_subject("project", 7, on=TODAY) == {
        "allocated": 600_000, "paid": 250_001, "due": 349_999, "overdue": 0,
    }  # fmt: skip
    assert queries.of_subject("project", 7, on=date(2026, 5, 2))["overdue"] == 349_999
    assert list(queries.wrong_ledgers()) == []


@pytest.mark.mission("S1.47")
def test_no_more_is_paid_than_was_given_nor_than_the_source_has_brought(books, give, spend):
    small, large = give(100_000), give(2_000_000)
    with pytest.raises(actions.OverAllocation, match="1,000.00"):
        spend(small, 100_001)
    with pytest.raises(actions.NotEnough, match="10,000.00"):
        spend(large, 1_000_001)
    # dues in the same account are not district money
    actions.receive(account=books.account, source=books.dues, amount_fen=5_000_000, on=TODAY,
                    by=again(books.liu), at=NOON)  # fmt: skip
    with pytest.raises(actions.NotEnough, match="区级财政资金"):
        spend(large, 1_000_001)
    # nor is what came later there on an earlier day
    with pytest.raises(actions.NotEnough):
        spend(give(5_000_000, source=books.dues), 100, on=TODAY - timedelta(days=1))
    assert balance(books.account) == 6_000_000
    assert Line.objects.filter(kind="pay").count() == 0


def test_a_payment_dated_back_must_not_have_emptied_a_day_since(books, give, spend):
    allocation = give(3_000_000)
    spend(allocation, 900_000, on=date(2026, 2, 1))
    actions.receive(account=books.account, source=books.fiscal, amount_fen=900_000,
                    on=date(2026, 2, 20), by=again(books.liu), at=NOON)  # fmt: skip
    with pytest.raises(actions.NotEnough, match="1,000.00"):
        spend(allocation, 100_001, on=date(2026, 1, 20))
    spend(allocation, 100_000, on=date(2026, 1, 20))


@pytest.mark.parametrize("fen", [0, -5, 10**14, True, 1.5])
def test_an_amount_is_a_whole_number_of_fen_above_nothing(books, give, fen):
    with pytest.raises(actions.BadAmount):
        give(fen)
    assert Allocation.objects.count() == 0


def test_only_the_keeper_of_the_organisation_writes(books, give):
    for who in (books.shen, books.gao, books.tang, books.wu, books.ann, books.mei):
        with pytest.raises(actions.NotKeeper):
            give(by=again(who))
        with pytest.raises(actions.NotKeeper):
            actions.receive(account=books.account, source=books.fiscal, amount_fen=1, on=TODAY,
                            by=again(who), at=NOON)  # fmt: skip
        with pytest.raises(actions.NotKeeper):
            actions.freeze(account=books.account, month=date(2026, 1, 1), by=again(who), at=NOON)
    assert Line.objects.count() == 1


@pytest.mark.mission("S1.47")
def test_a_line_is_taken_back_by_a_counter_line_once(books, give, spend):
    allocation = give()
    income = Line.objects.get(kind="income")
    line = spend(allocation, 300_000)
    with pytest.raises(actions.StillUsed, match="7,000.00"):
        actions.reverse(line=income, reason="重复登记", by=again(books.liu), at=NOON)
    with pytest.raises(actions.StillUsed, match="3,000.00"):
        actions.reverse(line=allocation.lines.get(kind="allocate"), reason="撤回", by=again(books.liu), at=NOON)  # fmt: skip
    counter = actions.reverse(line=line, reason="收款方账号写错", by=again(books.bai), at=NOON)
    assert (counter.amount_fen, counter.reverses_id) == (300_000, line.pk)
    assert balance(books.account) == 1_000_000
    for again_ in (line, counter):
        with pytest.raises(actions.AlreadyReversed):
            actions.reverse(line=again_, reason="再来一次", by=again(books.liu), at=NOON)
    actions.reverse(line=allocation.lines.get(kind="allocate"), reason="项目取消", by=again(books.liu), at=NOON)  # fmt: skip
    with pytest.raises(actions.Withdrawn):
        spend(allocation, 1)
    with pytest.raises(TypeError):
        line.save()
    assert list(queries.wrong_ledgers()) == []
    assert Account.objects.get(pk=books.account.pk).committed_fen == 0


@pytest.mark.mission("S1.47")
def test_a_closed_month_takes_no_line_and_says_what_came_and_went(books, give, spend):
    allocation = give()
    wrong = spend(allocation, 100_000, on=date(2026, 1, 20))
    spend(allocation, 50_000, on=date(2026, 2, 3))

    def close(month):
        return actions.freeze(account=books.account, month=month, by=again(books.liu), at=NOON)

    with pytest.raises(actions.EarlierOpen, match="2026-01"):
        close(date(2026, 2, 1))
    with pytest.raises(actions.MonthNotOver):
        close(TODAY)
    first = close(date(2026, 1, 31))
    assert (first.opening_fen, first.income_fen, first.paid_fen, first.closing_fen) == (
        0, 1_000_000, 100_000, 900_000,
    )  # fmt: skip
    with pytest.raises(actions.MonthFrozen):
        close(date(2026, 1, 1))
    with pytest.raises(actions.MonthFrozen) as refused:
        spend(allocation, 100, on=date(2026, 1, 31))
    assert refused.value.field == "on"
    # what was wrong in it is put right by a line of today
    assert actions.reverse(line=wrong, reason="重复付款", by=again(books.liu), at=NOON).on == TODAY
    second = close(date(2026, 2, 1))
    assert (second.opening_fen, second.paid_fen, second.closing_fen) == (900_000, 50_000, 850_000)


def test_days_are_between_the_opening_and_today_and_a_closed_account_is_closed(books, give, spend):
    allocation = give()
    for day in (TODAY + timedelta(days=1), date(2025, 12, 31)):
        with pytest.raises(actions.BadDay):
            spend(allocation, 1, on=day)
    with pytest.raises(actions.NotEmpty):
        actions.close_account(account=books.account, by=again(books.liu), at=NOON)
    empty = actions.open_account(org=books.north_office, region=books.north, name="旧账",
                                 by=again(books.liu), at=NOON)  # fmt: skip
    actions.close_account(account=empty, by=again(books.liu), at=NOON)
    with pytest.raises(actions.AccountClosed):
        give(1, account=empty)
    with pytest.raises(actions.AccountThere):
        actions.open_account(org=books.north_office, region=books.north, name="旧账",
                             by=again(books.liu), at=NOON)  # fmt: skip


def test_what_has_to_be_paid_is_no_more_than_was_given(books, give):
    with pytest.raises(actions.BadPayables, match="6,000.00"):
        give(500_000, payables=[(TODAY, 300_000), (TODAY, 300_000)])
    allocation = give(500_000, payables=[(TODAY, 300_000)])
    with pytest.raises(actions.BadPayables):
        actions.plan_payable(allocation=allocation, due_on=TODAY, amount_fen=200_001,
                             by=again(books.liu), at=NOON)  # fmt: skip
    for to in (("site", "1", "点", "https://else.example/"), ("site", "1", "点", "//else.example"), ("site", "", "点", "/")):  # fmt: skip
        with pytest.raises(actions.BadSubject):
            give(to=to)
    assert Payable.objects.count() == 1


def test_a_retry_writes_once_and_a_key_stands_for_one_thing(books, give, spend):
    allocation = give(key="a")
    assert give(key="a").pk == allocation.pk
    assert spend(allocation, 100, key="p").pk == spend(allocation, 100, key="p").pk
    with pytest.raises(KeyReused):
        spend(allocation, 200, key="p")
    assert balance(books.account) == 999_900


@pytest.mark.mission("S1.47")
def test_a_large_payment_needs_somebody_else_and_slices_count_together(books, give, spend):
    PayRule.objects.create(threshold_fen=100_000, effective_from=date(2026, 2, 1))
    allocation = give(900_000)
    spend(allocation, 100_000, on=date(2026, 1, 31))  # before the rule
    with pytest.raises(actions.NeedsApproval, match="1,000.00"):
        spend(allocation, 100_000)
    spend(allocation, 60_000)
    with pytest.raises(actions.NeedsApproval):
        spend(allocation, 40_000)
    spend(allocation, 40_000, payee="另一家")


@pytest.mark.mission("S1.47")
def test_an_altered_or_missing_line_is_found(books, give, spend):
    spend(give(), 100)
    assert list(queries.wrong_ledgers()) == []
    Line.objects.filter(seq=1).update(amount_fen=2_000_000)
    assert "第 1 号凭证" in next(queries.wrong_ledgers())
    Line.objects.filter(seq=1).update(amount_fen=1_000_000)
    Line.objects.filter(seq=3).delete()
    assert "应有 3 笔流水，实有 2 笔" in next(queries.wrong_ledgers())
