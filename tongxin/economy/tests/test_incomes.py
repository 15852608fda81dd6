"""A year's income: written down, reported, verified by another, counted against nothing and the line."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.accounts.models import Notice
from tongxin.economy import actions, queries
from tongxin.economy.models import IncomeEntry, IncomeLine, VillageYear
from tongxin.kit.errors import KeyReused
from tongxin.regions.models import Region
from tongxin.testing import NOON

from .conftest import TODAY, again


def report(land, village=None, year=2026, who=None):
    return actions.report_year(
        village=village or land.pine, year=year, by=again(who or land.qin), at=NOON
    )


@pytest.mark.mission("S4.58", "S4.62")
def test_income_is_counted_by_kind_and_grants_are_not_income(land, earn):
    earn(3_000_000, "R1")
    earn(2_500_000, "R6")
    earn(9_000_000, "G1", is_sustainable=True)
    year = VillageYear.objects.get()
    assert (year.total_fen, year.sustainable_fen, year.grants_fen) == (
        5_500_000,
        3_000_000,
        9_000_000,
    )
    entry = earn(2_000_000, "R3", key="a")
    assert earn(2_000_000, "R3", key="a").pk == entry.pk
    with pytest.raises(KeyReused):
        earn(1, "R3", key="a")
    actions.withdraw_income(entry=entry, reason="记重了", by=again(land.qin), at=NOON)
    with pytest.raises(actions.AlreadyWithdrawn):
        actions.withdraw_income(entry=entry, reason="记重了", by=again(land.qin), at=NOON)
    year.refresh_from_db()
    assert year.total_fen == 5_500_000


def test_who_writes_and_what_is_refused(land, earn):
    for who in (land.yue, land.mei, land.sun, land.ann):
        with pytest.raises(actions.NotReporter):
            earn(100, by=again(who))
    with pytest.raises(actions.NotAVillage):
        earn(100, village=land.north, by=again(land.liu))
    with pytest.raises(actions.BadAmount):
        earn(0)
    with pytest.raises(actions.BadDay):
        earn(100, on=TODAY + timedelta(days=1))
    assert IncomeEntry.objects.count() == 0


@pytest.mark.mission("S4.62")
def test_a_year_is_verified_by_another_person_of_the_street(land, earn):
    earn(100)
    year = report(land)
    assert set(Notice.objects.values_list("user__username", flat=True)) == {"liu", "bai"}
    with pytest.raises(actions.YearClosed):
        earn(100)
    for who in (land.qin, land.shi, land.yue):
        with pytest.raises(actions.NotVerifier):
            actions.verify_year(of_year=year, accept=True, by=again(who), at=NOON)
    actions.verify_year(of_year=year, accept=False, remark="缺合同", by=again(land.liu), at=NOON)
    assert Notice.objects.filter(user=land.qin, text="缺合同").exists()
    earn(100)
    year = report(land, who=land.bai)  # the street may report for a village: then another verifies
    with pytest.raises(actions.SameHands):
        actions.verify_year(of_year=year, accept=True, by=again(land.bai), at=NOON)
    actions.verify_year(of_year=year, accept=True, by=again(land.liu), at=NOON)
    with pytest.raises(actions.NotWaiting):
        actions.verify_year(of_year=year, accept=True, by=again(land.liu), at=NOON)
    actions.reopen_year(of_year=year, reason="合同有误", by=again(land.liu), at=NOON)
    earn(100)


@pytest.mark.mission("S4.62", "S4.58")
def test_all_villages_cleared_and_six_above_the_line(land):
    """The figures of the mission: no village at nothing, six with 50,000 yuan or more that last."""
    villages = [land.pine, land.reed]
    for n in range(3, 11):
        villages.append(
            Region.objects.create(
                code=f"12011600101{n:02d}", name=f"第{n}村", short_name=f"第{n}村", level="community",
                kind="village", parent=land.north, path=f"{land.north.path}1{n:02d}/",
            )
        )  # fmt: skip
    for n, village in enumerate(villages):
        given = {"village": village, "by": again(land.liu), "at": NOON, "on": date(2025, 6, 1)}
        # six with exactly the line or more, three below it, one with much that does not last
        kind, fen = (
            ("R1", 5_000_000 + n) if n < 6 else ("R1", 4_999_999) if n < 9 else ("R7", 90_000_000)
        )
        actions.add_income(kind=land.kinds[kind], amount_fen=fen, **given)
        if n:
            actions.report_year(village=village, year=2025, by=again(land.liu), at=NOON)
    found = queries.count_year(again(land.gao), 2025, land.north.path)
    assert (found.villages, found.reported, found.zero, found.above) == (10, 9, 0, 5)
    assert not found.is_cleared  # one has not reported: nobody says that all are cleared
    actions.report_year(village=land.pine, year=2025, by=again(land.liu), at=NOON)
    found = queries.count_year(again(land.gao), 2025, land.north.path)
    assert (found.zero, found.above, found.is_cleared) == (0, 6, True)
    # the line is data with a date: a higher one of this year changes no year before it
    IncomeLine.objects.create(amount_fen=10_000_000, from_year=2026)
    assert queries.count_year(again(land.gao), 2025, land.north.path).above == 6
    assert queries.line_of(2026) == 10_000_000


@pytest.mark.mission("S4.58")
def test_a_village_that_falls_back_to_nothing_is_named(land, earn):
    earn(5_000_000, on=date(2025, 5, 1))
    report(land, year=2025)
    report(land, year=2026)  # zero is reported too
    found = queries.count_year(again(land.liu), 2026, land.pine.path)
    assert (found.zero, found.back) == (1, 1)
    assert found.lines[0].state[1] == "返零"
    assert queries.books_of(again(land.liu), [2024, 2025, 2026], land.pine.path).trend([2025, 2026]) == [
        (2025, 1, 0, 1), (2026, 1, 1, 0),
    ]  # fmt: skip
    assert queries.count_year(again(land.yue), 2026).villages == 1  # Salt alone
