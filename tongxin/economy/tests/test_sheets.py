"""Incomes of villages come in by a file, once, and leave by one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tongxin.economy import actions
from tongxin.economy.models import IncomeEntry, VillageYear
from tongxin.spreadsheets import actions as sheets
from tongxin.spreadsheets.declaring import all_sheets
from tongxin.spreadsheets.tests.making import check, own_media, take_in  # noqa: F401
from tongxin.testing import NOON

from .conftest import again

HEADER = ["村", "日期", "收入类别", "金额（元）", "可持续", "说明"]
ROWS = [
    ["松社区", "2026-02-01", "资产出租", 30000, "", "厂房"],
    ["120116001002", "2026-02-03", "R6", 500.5, "", ""],
]
BAD = [
    ["盐社区", "2026-02-01", "资产出租", 1, "", ""],
    ["松社区", "2026-02-01", "没有的", 1, "", ""],
    ["松社区", "2099-02-01", "资产出租", 1, "", ""],
    ["松社区", "2026-02-01", "资产出租", 0, "", ""],
]


@pytest.mark.mission("S4.58")
def test_incomes_come_in_once_and_are_taken_back(land):
    taken = take_in("village_incomes", [HEADER, *ROWS, *BAD], land.liu)
    assert taken.outcome == {"new": 2, "bad": 4}
    assert VillageYear.objects.get(village=land.pine).sustainable_fen == 3_000_000
    assert check("village_incomes", [HEADER, *ROWS], land.liu).counts == {"same": 2}
    assert [
        one["amount"]
        for one in all_sheets()["village_incomes"].export(again(land.gao), whole=False)
    ] == [30000, 500.5]
    assert list(all_sheets()["village_incomes"].export(again(land.yue), whole=False)) == []
    sheets.undo_import(taken=taken, by=taken.by, at=NOON + timedelta(hours=1))
    taken.refresh_from_db()
    sheets.work_off(taken=taken, at=NOON + timedelta(hours=1))
    assert IncomeEntry.objects.standing().count() == 0
    assert VillageYear.objects.get(village=land.pine).total_fen == 0


def test_a_reported_year_takes_no_file(land):
    actions.report_year(village=land.pine, year=2026, by=again(land.qin), at=NOON)
    assert check("village_incomes", [HEADER, ROWS[0]], land.liu).counts == {"bad": 1}
