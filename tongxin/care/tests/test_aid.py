"""Help to the fen out of funds with a balance; rounds of greetings to hundreds of households."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from tongxin.care import actions
from tongxin.care.models import Aid, AidRound, FundEntry, RoundHousehold
from tongxin.care.queries import aid_sums, household_count, lists, wish_count
from tongxin.cases.actions import open_case
from tongxin.cases.models import Event
from tongxin.kit.errors import Invalid, NotFound, NotPermitted
from tongxin.testing import NOON

from .conftest import DAY, NAME, TODAY, a_file, a_picture, fresh

JANUARY, DECEMBER = TODAY.replace(month=1, day=1), TODAY.replace(month=12, day=31)


@pytest.fixture
def fund(care):
    made = actions.open_fund(
        name="党费慰问金", source="dues", region=care.north, by=care.liu, at=NOON
    )
    actions.pay_in(fund=made, fen=100_000, text="区委组织部下拨", by=care.liu, at=NOON)
    return fresh(made)


def given(care, file, **more):
    told = {
        "kind": "goods", "what": "米面油", "fen": 12_345, "on": TODAY, "by": care.mei, "at": NOON,
    }  # fmt: skip
    return actions.give_aid(file=file, **told | more)


def test_help_is_counted_to_the_fen_by_source(care, fund):
    file = a_file(care)
    given(care, file, fund=fund)
    given(care, file, kind="money", what="慰问金", fen=50_001, fund=fund, receipt=a_picture())
    given(care, file, kind="service", what="理发", fen=0)
    given(care, file, what="棉被", fen=9_999, org=care.roads)
    told = aid_sums(care.pine.path, JANUARY, DECEMBER)
    assert told.fen == 72_345 and told.households == 1 and told.times == 4
    assert told.by_fund == [("党费慰问金", 62_346), ("城市管理委", 9_999), ("", 0)]
    assert fresh(fund).balance_fen == 37_654
    assert FundEntry.objects.aggregate(s=Sum("fen"))["s"] == 37_654


@pytest.mark.parametrize(
    ("more", "refusal", "field"),
    [
        ({"fen": 100_001}, actions.FundEmpty, "fund"),
        ({"fund": None}, actions.NoSource, "fund"),
        ({"kind": "money"}, actions.NoProof, "receipt"),
        ({"kind": "money", "fen": 0}, Invalid, "fen"),
        ({"fen": -1}, Invalid, "fen"),
        ({"kind": "gold"}, Invalid, "kind"),
        ({"on": TODAY + DAY}, actions.BadDay, "on"),
        ({"on": TODAY - DAY}, actions.BadDay, "on"),
    ],
)
def test_what_is_not_given(care, fund, more, refusal, field):
    file = a_file(care)
    with pytest.raises(refusal) as caught:
        given(care, file, **{"fund": fund} | more)
    assert caught.value.field == field
    assert not Aid.objects.exists() and fresh(fund).balance_fen == 100_000


def test_a_fund_is_spent_on_its_own_land(care):
    south = actions.open_fund(
        name="南港资金", source="finance", region=care.south, by=care.gao, at=NOON
    )
    actions.pay_in(fund=south, fen=1000, text="拨入", by=care.gao, at=NOON)
    with pytest.raises(actions.WrongFund):
        given(care, a_file(care), fund=south, fen=100)
    assert not Aid.objects.exists()


def test_who_sets_up_a_fund_and_pays_in(care, fund):
    for who in (care.mei, care.zhang, care.ann):
        with pytest.raises(actions.NotYourCare):
            actions.open_fund(name="x", source="dues", region=care.pine, by=who, at=NOON)
        with pytest.raises(actions.NotYourCare):
            actions.pay_in(fund=fund, fen=1, text="x", by=who, at=NOON)
    with pytest.raises(actions.NotNow):
        actions.open_fund(name=fund.name, source="dues", region=care.north, by=care.liu, at=NOON)
    one = actions.pay_in(fund=fund, fen=5, text="补", by=care.liu, at=NOON, key="p")
    assert actions.pay_in(fund=fund, fen=5, text="补", by=care.liu, at=NOON, key="p").pk == one.pk
    with pytest.raises(Invalid):
        actions.pay_in(fund=fund, fen=0, text="空", by=care.liu, at=NOON)


def test_a_mistake_is_set_right_by_a_line_against_it(care, fund):
    aid = given(care, a_file(care), fund=fund)
    with pytest.raises(actions.NotYourCare):
        actions.correct_aid(aid=aid, reason="记错了", by=care.mei, at=NOON)
    with pytest.raises(NotFound):
        actions.correct_aid(aid=aid, reason="记错了", by=care.liu, at=NOON)
    against = actions.correct_aid(aid=aid, reason="数量记错", by=care.chen, at=NOON)
    assert against.fen == -12_345 and fresh(aid).fen == 12_345
    assert fresh(fund).balance_fen == 100_000
    told = aid_sums(care.pine.path, JANUARY, DECEMBER)
    assert (told.fen, told.households, told.times) == (0, 0, 0)
    for wrong in (aid, against):
        with pytest.raises(actions.NotNow):
            actions.correct_aid(aid=wrong, reason="再来", by=care.chen, at=NOON)


def test_a_retry_gives_once(care, fund):
    file = a_file(care)
    one = given(care, file, fund=fund, key="g")
    assert given(care, file, fund=fund, key="g").pk == one.pk
    assert fresh(fund).balance_fen == 87_655


def test_what_a_household_got_is_read_with_its_file(care, fund):
    given(care, a_file(care), fund=fund)
    seen = {
        who for who in ("mei", "chen", "liu", "gao", "zhang", "ann")
        if Aid.objects.visible_to(getattr(care, who)).exists()
    }  # fmt: skip
    assert seen == {"mei", "chen"}


# Rounds of greetings.


def a_round(care, **more) -> AidRound:
    told = {
        "name": "2026 年慰问", "region": care.pine, "starts_on": TODAY, "ends_on": TODAY + 9 * DAY,
        "goods": "米面油一套", "by": care.chen, "at": NOON,
    }  # fmt: skip
    return actions.begin_round(**told | more)


def put_on(care, found, count, start=0):
    rows = [
        {"grid": care.p1 if n % 2 else care.p2, "name": f"示例{n}", "building": f"{n % 40}号楼",
         "door": str(n)}
        for n in range(start, start + count)
    ]  # fmt: skip
    return actions.list_households(round=found, rows=rows, by=care.chen, at=NOON)


@pytest.mark.mission("S2.43")
def test_more_than_eight_hundred_households_are_a_figure_out_of_rows(care):
    found = a_round(care)
    with CaptureQueriesContext(
        connection,
    ) as told:
        assert put_on(care, found, 812) == 812
    assert len(told) < 20
    assert put_on(care, found, 20) == 0  # the same households again
    reached = list(found.households.order_by("pk").values_list("pk", "stamp", "grid")[:805])
    Aid.objects.bulk_create(
        Aid(
            community=care.pine, area=care.p1.path, household_id=pk, kind="goods", what="米面油",
            on=TODAY, by=care.mei, at=NOON,
        )
        for pk, _stamp, _grid in reached
    )  # fmt: skip
    assert household_count(care.pine.path, JANUARY, DECEMBER) == 805
    second = a_round(care, name="中秋慰问")
    put_on(care, second, 3)
    again = second.households.order_by("pk").first()
    actions.reach_household(household=again, state="done", photo=a_picture(), by=care.chen, at=NOON)
    assert household_count(care.pine.path, JANUARY, DECEMBER) == 805  # greeted twice, counted once


@pytest.mark.mission("S2.44")
def test_two_hundred_wishes_are_a_figure_out_of_cases(care):
    wish = open_case(
        kind="wish", title="一副老花镜", region=care.pine, at=NOON, actor=care.zhang,
        reporter=care.zhang,
    )  # fmt: skip
    assert wish_count(care.pine.path, JANUARY, DECEMBER) == 0  # collected, not yet come true
    cases = type(wish).objects
    rows = [fresh(wish) for _n in range(203)]
    for n, row in enumerate(rows):
        row.pk = row.pk.__class__(int=row.pk.int + n + 1)
        row.number, row.step = f"示例-{n}", "closed" if n % 2 else "fulfilled"
    cases.bulk_create(rows)
    Event.objects.bulk_create(
        Event(
            case=row, seq=9, at=NOON, recorded_at=NOON, name="fulfil", source="claimed",
            target="fulfilled", prev="0" * 64, hash="0" * 64,
        )
        for row in rows
    )  # fmt: skip
    assert wish_count(care.pine.path, JANUARY, DECEMBER) == 203
    assert wish_count(care.salt.path, JANUARY, DECEMBER) == 0


def test_a_household_is_greeted_once_with_a_proof_out_of_the_fund(care, fund):
    found = a_round(care, fund=fund, value_fen=60_000)
    put_on(care, found, 3)
    first, second, third = found.households.filter().order_by("pk")
    reach = actions.reach_household
    with pytest.raises(actions.NoProof):
        reach(household=first, state="done", by=care.chen, at=NOON)
    done = reach(household=first, state="done", signature=a_picture(), by=care.chen, at=NOON)
    assert done.state == "done" and fresh(fund).balance_fen == 40_000
    with pytest.raises(actions.NotNow):
        reach(household=first, state="done", photo=a_picture(), by=care.chen, at=NOON)
    with pytest.raises(actions.FundEmpty):
        reach(household=second, state="done", photo=a_picture(), by=care.chen, at=NOON)
    assert fresh(second).state == "todo"
    reach(household=third, state="away", by=care.chen, at=NOON)
    told = lists.reached_of(found)
    assert (told.total, told.done, told.left, told.percent) == (3, 1, 1, 33)


def test_a_list_is_masked_until_opened_and_shown_to_who_carries_the_goods(care):
    found = a_round(care)
    a_file(care)
    assert actions.list_files(round=found, codes=["elder"], by=care.chen, at=NOON) == 1
    rows, _next = lists.households_page(care.mei, found, state="all", cursor=0, on=TODAY)
    assert [(one.name, one.door) for one in rows] == [(f"{NAME[0]}*{NAME[-1]}", "")]
    with pytest.raises(NotPermitted):
        actions.look_at_round(round=found, reason="看一下名单", by=care.liu, at=NOON)
    actions.look_at_round(round=found, reason="送慰问品上门", by=care.mei, at=NOON)
    rows, _next = lists.households_page(care.mei, found, state="all", cursor=0, on=TODAY)
    assert rows[0].name == NAME
    assert not RoundHousehold.objects.visible_to(care.liu).exists()
    assert lists.rounds_seen(care.liu)[0].total == 1  # the street sees how far it is


def test_a_household_outside_ones_care_is_not_put_on_a_list(care):
    found = a_round(care, region=care.pine)
    row = {"grid": care.p2, "name": "甲"}
    with pytest.raises(actions.NotYourCare):
        actions.list_households(round=found, rows=[row], by=care.mei, at=NOON)
    with pytest.raises(actions.NotYourCare):
        a_round(care, name="x", by=care.mei)
    with pytest.raises(actions.NoSource):
        a_round(care, name="x", value_fen=100)


def test_a_corrected_greeting_is_to_be_made_again(care, fund):
    found = a_round(care, fund=fund, value_fen=10_000)
    put_on(care, found, 1)
    row = found.households.get()
    actions.reach_household(household=row, state="done", photo=a_picture(), by=care.chen, at=NOON)
    actions.correct_aid(aid=Aid.objects.get(), reason="送错了户", by=care.chen, at=NOON)
    assert fresh(row).state == "todo" and fresh(fund).balance_fen == 100_000
