"""Vouchers come in once, by the ledger's own rules; a whole file is taken back by counter-lines."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.funds import actions, queries
from tongxin.funds.models import Allocation, Line
from tongxin.spreadsheets import actions as sheets
from tongxin.spreadsheets.actions.undoing import CannotUndo
from tongxin.spreadsheets.declaring import all_sheets
from tongxin.spreadsheets.tests.making import check, own_media, problems, take_in  # noqa: F401
from tongxin.testing import NOON

from .conftest import again, balance

HEADER = [
    "账号",
    "凭证号",
    "类型",
    "日期",
    "金额（元）",
    "资金来源",
    "拨付编号",
    "对方",
    "用在",
    "摘要",
]


@pytest.fixture
def rows(books):
    number = books.account.number
    return [
        [number, "1", "收入", "2026-02-01", 2000, "区管党费专项", "", "区委组织部", "", ""],
        [number, "2", "拨付", "2026-02-02", 1500, "P01", "", "", "松社区", "活动场所"],
        [number, "3", "支付", "2026-02-03", 1200.55, "", "2", "滨海建筑公司", "", "首付"],
    ]


@pytest.mark.mission("S1.46", "S1.47")
def test_a_file_is_written_once_and_taken_back_before_the_month_is_closed(books, rows):
    taken = take_in("fund_payments", [HEADER, *rows], books.liu)
    assert taken.outcome == {"new": 3}
    assert balance(books.account) == 1_000_000 + 200_000 - 120_055
    assert Allocation.objects.get().region == books.pine
    assert check("fund_payments", [HEADER, *rows], books.liu).counts == {"same": 3}
    sheets.undo_import(taken=taken, by=taken.by, at=NOON + timedelta(hours=1))
    taken.refresh_from_db()
    sheets.work_off(taken=taken, at=NOON + timedelta(hours=1))
    assert balance(books.account) == 1_000_000
    assert Line.objects.filter(kind="reverse").count() == 3
    assert list(queries.wrong_ledgers()) == []


def test_what_the_ledger_refuses_is_refused_in_the_preview_and_writes_nothing(books, rows):
    number = books.account.number
    bad = [
        [number, "4", "支付", "2026-02-03", 300, "", "2", "乙", "", "超过剩余"],
        [number, "5", "支付", "2026-02-03", 1, "", "没有", "乙", "", ""],
        [number, "6", "收入", "2026-02-01", 1, "没有的来源", "", "", "", ""],
        ["999999-A9", "7", "收入", "2026-02-01", 1, "P01", "", "", "", ""],
        [number, "8", "收入", "2099-02-01", 1, "P01", "", "", "", ""],
        [number, "9", "拨付", "2026-02-01", 1, "P01", "", "", "盐社区", "不在本街"],
    ]
    taken = check("fund_payments", [HEADER, *rows, *bad], books.liu)
    assert taken.counts == {"new": 3, "bad": 6}
    found = problems(taken)
    assert "299.45" in found[5][0][1]
    assert Line.objects.count() == 1
    assert check("fund_payments", [HEADER, *rows], books.tang).counts == {"bad": 3}


def test_a_closed_month_is_not_taken_back(books, rows):
    taken = take_in("fund_payments", [HEADER, *rows], books.liu)
    for month in (1, 2):
        actions.freeze(
            account=books.account, month=date(2026, month, 1), by=again(books.liu), at=NOON
        )
    with pytest.raises(CannotUndo):
        sheets.undo_import(taken=taken, by=taken.by, at=NOON + timedelta(hours=1))
    told = list(all_sheets()["fund_payments"].export(again(books.shen), whole=False))
    assert [one["voucher"] for one in told] == ["#1", "1", "2", "3"]
    assert sum(
        one["amount"] if one["kind"] == "income" else -one["amount"]
        for one in told
        if one["kind"] != "allocate"
    ) == pytest.approx(10_799.45)
