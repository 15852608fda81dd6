"""Dues: charged once, paid once, given back by counter entries; the ledger balances to the fen."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tongxin.affairs import actions
from tongxin.affairs.actions import (
    BadAmount,
    BadMonth,
    KeyReused,
    NobodyAbove,
    NotAMember,
    NotInHand,
    NotKeeper,
    OwnAsking,
    RefundedAlready,
)
from tongxin.affairs.contributions import BadBase
from tongxin.affairs.dates import Quarter, add_months
from tongxin.affairs.models import Base, Charge, Payment, Posting
from tongxin.affairs.queries import (
    accounts_of,
    affairs_check,
    arrears_of,
    balances,
    ledger_faults,
    open_base,
    quarter_sheet,
)
from tongxin.affairs.queries.dues import behind

from .helpers import fresh, member, noon

JAN = date(2026, 1, 1)
DAY = date(2026, 3, 2)
AT = noon(DAY)
D = Decimal


def base(world, who=None, income="4000", **given):
    given = {"kind": "salaried", "from_month": JAN, **given}
    return actions.set_base(
        membership=who or world.wang_member, base=D(income), at=AT, by=world.qin, **given
    )


def charge(world, *months):
    for month in months:
        actions.charge_month(unit=world.branch, month=date(2026, month, 1), at=AT, by=world.qin)


def pay(world, amount, key="k", who=None, **given):
    return actions.take_payment(
        membership=who or world.wang_member, amount=D(amount), paid_on=DAY, key=key, at=AT,
        by=world.qin, **given,
    )  # fmt: skip


def account(world, who=None):
    who = who or world.wang_member
    return accounts_of([who])[who.pk]


class TestBases:
    def test_the_income_is_sealed(self, world):
        row = base(world, income="4321.50")
        assert "4321" not in row.base_sealed
        assert open_base(row) == D("4321.50")

    def test_a_new_base_holds_from_its_month(self, world):
        base(world)
        base(world, income="6000", from_month=date(2026, 3, 1))
        charge(world, 2, 3)
        owed = dict(Charge.objects.values_list("month__month", "amount"))
        assert owed == {2: D("40.00"), 3: D("90.00")}

    def test_refusals(self, world):
        with pytest.raises(BadBase):
            base(world, kind="farmer", fixed=D("2"))
        with pytest.raises(NotKeeper):
            actions.set_base(
                membership=world.wang_member, kind="student", from_month=JAN, at=AT, by=world.yue
            )
        with pytest.raises(NotAMember):
            base(world, who=member(world, "申请人", stage="applicant"))


class TestCharges:
    @pytest.mark.mission("S4.18")
    def test_a_month_is_charged_once(self, world):
        base(world)
        counts = [
            actions.charge_month(unit=world.branch, month=DAY, at=AT, by=world.qin)
            for _ in range(2)
        ]
        assert counts == [1, 0]
        row = Charge.objects.get()
        assert (row.amount, row.month) == (D("40.00"), date(2026, 3, 1))
        assert "4000" not in row.why

    def test_not_before_it_begins(self, world):
        with pytest.raises(BadMonth):
            actions.charge_month(unit=world.branch, month=date(2026, 4, 1), at=AT, by=world.qin)

    def test_who_is_admitted_pays_from_that_month(self, world):
        young = member(world, "新同志", stage="probationary", full_on=date(2026, 1, 20))
        type(young).objects.filter(pk=young.pk).update(admitted_on=date(2026, 2, 10))
        base(world, who=young)
        charge(world, 1, 2)
        assert [row.month.month for row in Charge.objects.filter(membership=young)] == [2]

    def test_the_worker_charges_what_is_not_charged(self, world):
        base(world)
        assert [actions.charge_due(at=AT) for _ in range(2)] == [1, 0]


class TestPayments:
    def test_a_receipt_pays_the_oldest_months_first(self, world):
        base(world)
        charge(world, 1, 2, 3)
        receipt = pay(world, "60")
        assert receipt.covers == "2026-01 – 2026-02"
        assert [c.state for c in account(world).cells.values()] == ["paid", "part", "open"]
        assert receipt.receipt == f"{world.branch.pk}-2026-00001"

    @pytest.mark.mission("S4.18")
    def test_a_payment_retried_acts_once(self, world):
        first, again = pay(world, "40"), pay(world, "40")
        assert first.pk == again.pk
        assert again.is_replay
        with pytest.raises(KeyReused):
            pay(world, "41")
        assert Payment.objects.count() == 1
        assert balances(world.branch)["cash"] == D("40.00")

    def test_ahead_of_time(self, world):
        base(world)
        charge(world, 1)
        assert "预交" in pay(world, "100").covers
        assert account(world).balance == D("-60.00")
        charge(world, 2)
        assert account(world).cells[date(2026, 2, 1)].state == "paid"

    def test_what_is_given_beyond_the_dues_pays_no_month(self, world):
        base(world)
        charge(world, 1)
        pay(world, "500", kind="extra")
        assert account(world).extra == D("500")
        assert account(world).balance == D("40.00")

    @pytest.mark.parametrize("amount", ["0", "-1", "0.001"])
    def test_money_is_whole_fen(self, world, amount):
        with pytest.raises(BadAmount):
            pay(world, amount)

    def test_not_by_strangers(self, world):
        with pytest.raises(NotKeeper):
            actions.take_payment(
                membership=world.wang_member, amount=D(1), paid_on=DAY, key="k", at=AT,
                by=world.yue,
            )  # fmt: skip


class TestRefunds:
    def test_a_counter_entry_with_a_receipt_of_its_own(self, world):
        base(world)
        charge(world, 1)
        receipt = pay(world, "40")
        back = actions.refund_payment(payment=receipt, reason="重复", at=AT, by=world.qin)
        assert (back.amount, back.number, back.refund_of) == (D("-40"), 2, receipt)
        assert account(world).balance == D("40.00")
        assert balances(world.branch)["cash"] == 0
        for one in (receipt, back):
            with pytest.raises(RefundedAlready):
                actions.refund_payment(payment=one, reason="再退", at=AT, by=world.qin)

    def test_an_extra_gift_given_back_is_no_arrear(self, world):
        gift = pay(world, "100", kind="extra")
        actions.refund_payment(payment=gift, reason="误交", at=AT, by=world.qin)
        assert account(world).balance == 0
        assert account(world).extra == 0

    def test_not_what_has_been_passed_on(self, world):
        receipt = pay(world, "40")
        actions.forward_dues(unit=world.branch, amount=D(30), on=DAY, key="f", at=AT, by=world.qin)
        with pytest.raises(NotInHand):
            actions.refund_payment(payment=receipt, reason="误交", at=AT, by=world.qin)


class TestWaivers:
    def ask(self, world, by=None, **given):
        given = {
            "from_month": date(2026, 2, 1), "to_month": date(2026, 4, 1), "pays": D("10"),
            "meeting_on": DAY, "reason": "长期住院", **given,
        }  # fmt: skip
        return actions.ask_waiver(membership=world.wang_member, at=AT, by=by or world.qin, **given)

    def test_the_unit_above_agrees(self, world):
        base(world)
        charge(world, 1, 2)
        asking = self.ask(world)
        assert "住院" not in asking.reason
        assert account(world).owed == D("80.00")
        actions.decide(asking=asking, agree=True, decision="", at=AT, by=world.tang)
        charge(world, 3)
        assert [c.owed for c in account(world).cells.values()] == [D(40), D(10), D(10)]
        assert balances(world.branch)["members"] == D("60.00")

    def test_not_by_who_asked(self, world):
        asking = self.ask(world, by=world.tang)
        with pytest.raises(OwnAsking):
            actions.decide(asking=asking, agree=True, decision="", at=AT, by=world.tang)

    def test_a_refusal_changes_nothing(self, world):
        base(world)
        asking = self.ask(world)
        actions.decide(asking=asking, agree=False, decision="材料不全", at=AT, by=world.tang)
        charge(world, 2)
        assert account(world).owed == D("40.00")

    def test_a_year_at_most(self, world):
        with pytest.raises(BadMonth):
            self.ask(world, to_month=date(2027, 2, 1))


class TestArrears:
    def arrears(self, world, on):
        return arrears_of(accounts_of([world.wang_member]).values(), on)

    def run_until(self, world, months):
        base(world, from_month=date(2025, 1, 1))
        for n in range(months):
            month = add_months(date(2025, 11, 1), -n)
            actions.charge_month(unit=world.branch, month=month, at=AT, by=world.qin)

    @pytest.mark.mission("S4.18")
    def test_six_months_give_a_hint_and_nothing_else(self, world):
        self.run_until(world, 6)
        (arrear,) = self.arrears(world, date(2025, 12, 1))
        assert (arrear.months, arrear.amount, arrear.is_long) == (6, D("240.00"), True)
        assert "系统不作任何处理" in arrear.sentence
        world.wang_member.refresh_from_db()
        assert world.wang_member.stage == "full"

    def test_five_months_are_a_reminder(self, world):
        self.run_until(world, 5)
        (arrear,) = self.arrears(world, date(2025, 12, 1))
        assert not arrear.is_long

    @pytest.mark.parametrize(
        ("months", "words"), [(5, "1 名党员欠交党费"), (6, "其中 1 名满 6 个月")]
    )
    def test_the_finding_of_the_unit_counts_as_the_list_does(self, world, months, words):
        self.run_until(world, months)
        (found,) = (
            one for one in affairs_check([world.branch], date(2025, 12, 1)) if one["kind"] == "dues"
        )
        assert words in found["sentence"]
        assert found["late"] is (months == 6)

    def test_the_month_that_runs_is_not_late(self, world):
        self.run_until(world, 1)
        assert self.arrears(world, date(2025, 11, 30)) == []
        assert len(self.arrears(world, date(2025, 12, 1))) == 1


class TestForwarding:
    def test_it_stands_in_both_ledgers(self, world):
        pay(world, "100")
        for _ in range(2):  # a retry acts once
            actions.forward_dues(
                unit=world.branch, amount=D(60), on=DAY, key="f", at=AT, by=world.qin
            )
        assert balances(world.branch)["cash"] == D("40.00")
        assert balances(world.pine_party)["cash"] == D("60.00")

    def test_a_key_stands_for_one_sum_of_one_day(self, world):
        pay(world, "100")
        given = {"unit": world.branch, "key": "f", "at": AT, "by": world.qin}
        actions.forward_dues(amount=D(60), on=DAY, **given)
        with pytest.raises(KeyReused, match="另一笔上缴"):
            actions.forward_dues(amount=D(30), on=DAY, **given)
        assert balances(world.branch)["cash"] == D("40.00")

    def test_no_more_than_there_is(self, world):
        pay(world, "100")
        with pytest.raises(NotInHand):
            actions.forward_dues(
                unit=world.branch, amount=D("100.01"), on=DAY, key="f", at=AT, by=world.qin
            )

    def test_nothing_before_it_was_there(self, world):
        pay(world, "100")
        with pytest.raises(NotInHand):
            actions.forward_dues(
                unit=world.branch, amount=D(60), on=DAY - timedelta(1), key="f", at=AT,
                by=world.qin,
            )  # fmt: skip

    def test_nobody_above(self, world):
        with pytest.raises(NobodyAbove):
            actions.forward_dues(
                unit=world.tong_party, amount=D(1), on=DAY, key="f", at=AT, by=world.he
            )


@pytest.mark.mission("S4.18")
def test_the_quarter_rolls_up(world):
    base(world)
    base(world, who=world.zhao_member, income="2000")
    charge(world, 1, 2, 3)
    pay(world, "120", key="a")
    pay(world, "10", key="b", who=world.zhao_member)
    pay(world, "5", key="c", kind="extra")
    actions.forward_dues(unit=world.branch, amount=D(50), on=DAY, key="f", at=AT, by=world.qin)
    lines, total = quarter_sheet(
        [world.pine_party, world.branch], Quarter(2026, 1), on=date(2026, 4, 1)
    )
    above, branch = lines
    assert (branch.members, branch.charged, branch.paid, branch.extra) == (
        2, D("150.00"), D("130.00"), D("5.00"),
    )  # fmt: skip
    assert (branch.forwarded, branch.closing, branch.behind) == (D(50), D("85.00"), 1)
    (running,), _total = quarter_sheet([world.branch], Quarter(2026, 1), on=date(2026, 1, 31))
    assert running.behind == 0  # the month that runs is not late yet
    assert (above.below, above.closing) == (D("50.00"), D("50.00"))
    assert all(line.adds_up for line in (*lines, total))
    following, _total = quarter_sheet([world.branch], Quarter(2026, 2), on=date(2026, 4, 1))
    assert following[0].opening == D("85.00")


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["pay", "extra", "refund", "forward", "charge"]),
        st.decimals(min_value="0.01", max_value=300, places=2),
    ),
    max_size=10,
)


@pytest.mark.mission("S4.18")
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=ACTS, income=st.decimals(min_value=0, max_value=20_000, places=2))
def test_whatever_is_done_the_ledger_balances_to_the_fen(world, acts, income):
    point = transaction.savepoint()
    try:
        _play(world, acts, income)
        _books_agree(world)
    finally:  # the world is that of one test; every example begins with it unspoilt
        transaction.savepoint_rollback(point)


def _play(world, acts, income):
    base(world, income=str(income))
    receipts, month = [], 0
    for n, (act, amount) in enumerate(acts):
        try:
            if act in ("pay", "extra"):
                kind = "dues" if act == "pay" else "extra"
                receipts.append(pay(world, amount, key=str(n), kind=kind))
            elif act == "refund" and receipts:
                actions.refund_payment(payment=receipts[-1], reason="误交", at=AT, by=world.qin)
                receipts.pop()
            elif act == "forward":
                actions.forward_dues(
                    unit=world.branch, amount=amount, on=DAY, key=str(n), at=AT, by=world.qin
                )
            elif act == "charge" and month < 3:
                month += 1
                charge(world, month)
        except NotInHand:
            pass


def _books_agree(world):
    state, one = balances(world.branch), account(world)
    assert sum(state.values()) == 0
    assert state["cash"] >= 0
    assert state["members"] == one.balance  # the member's account is the ledger's
    paid = sum((p.amount for p in Payment.objects.filter(unit=world.branch)), D(0))
    assert state["cash"] == paid - state["above"]
    assert ledger_faults() == []
    for quarter in (Quarter(2026, 1), Quarter(2026, 2)):
        (line,), _total = quarter_sheet([world.branch], quarter, on=DAY)
        assert line.adds_up


def test_a_line_lost_from_the_ledger_is_found(world):
    base(world)
    charge(world, 1)
    pay(world, "40")
    actions.forward_dues(unit=world.branch, amount=D(10), on=DAY, key="f", at=AT, by=world.qin)
    assert ledger_faults() == []
    Posting.objects.filter(unit=world.branch, credit="members").delete()
    assert len(ledger_faults()) == 2  # what is owed, and what is in hand


def test_who_sees_what_somebody_earns(world):
    base(world)
    pay(world, "40")
    commissioner = world.person("commissioner", "魏同志", world.branch, "commissioner")
    for table in (Base, Payment):
        for who in (world.qin, world.he, world.wang):
            assert table.objects.visible_to(fresh(who)).exists()
        for who in (world.zhao, world.yue, world.ann, commissioner):
            assert not table.objects.visible_to(fresh(who)).exists()
    assert not Posting.objects.visible_to(fresh(world.wang)).exists()


def test_thirty_times_ten_fen_are_three_yuan_and_no_more(world):
    """SQLite adds decimals up as floating numbers; every sum is brought back to the fen."""
    first = date(2023, 1, 1)
    months = [add_months(first, n) for n in range(30)]
    Charge.objects.bulk_create(
        Charge(unit=world.branch, membership=world.wang_member, month=month, why="试",
               amount=Decimal("0.1"), at=AT)
        for month in months
    )  # fmt: skip
    Posting.objects.bulk_create(
        Posting(unit=world.branch, membership=world.wang_member, on=JAN, debit="members",
                credit="dues", amount=Decimal("0.1"), text="试", key=f"t{n}", at=AT)
        for n in range(30)
    )  # fmt: skip
    assert str(balances(world.branch)["members"]) == "3.00"
    assert ledger_faults() == []
    lines, _total = quarter_sheet([world.branch], Quarter(2025, 1), on=DAY)
    assert str(lines[0].charged) == "0.30"
    Payment.objects.bulk_create(
        Payment(unit=world.branch, membership=world.wang_member, amount=Decimal("0.1"),
                kind="dues", method="cash", paid_on=JAN, year=2026, number=n + 1, received_by=world.qin, key=f"t{n}", at=AT)
        for n in range(30)
    )  # fmt: skip
    assert behind([world.branch], DAY) == {}
    assert str(accounts_of([world.wang_member])[world.wang_member.pk].paid) == "3.00"
