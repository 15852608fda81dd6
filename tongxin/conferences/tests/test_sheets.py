"""The lists come in by an office's own form, again without doubling, and go out as a ledger."""

from datetime import timedelta

import pytest

from tongxin.conferences.models import ListItem
from tongxin.spreadsheets import actions as sheets
from tongxin.spreadsheets.declaring import all_sheets
from tongxin.spreadsheets.tests.making import check, own_media, problems, take_in  # noqa: F401
from tongxin.testing import NOON

HEADER = ["清单", "区域", "事项", "内容类型", "数量", "提出方", "起", "止", "系列"]
NEED = ["需求", "松社区", "清理楼道", "人员", 4, "松社区居委会", "2026-03-02", "2026-06-30", ""]
MONEY = ["项目", "北塘街道", "助学", "资金", 5000.5, "某企业", "2026-03-02", "2026-06-30", "群众"]


@pytest.mark.mission("S2.47")
def test_a_ledger_of_items_comes_in_is_put_right_and_taken_back(world):
    first = take_in("lists", [HEADER, NEED, MONEY], world.liu)
    assert first.outcome == {"new": 2}
    kept = {one.title: one.quantity for one in ListItem.objects.all()}
    assert kept == {"清理楼道": 4, "助学": 500050}
    assert check("lists", [HEADER, NEED, MONEY], world.liu).counts == {"same": 2}
    more = [*NEED]
    more[4] = 9
    second = take_in("lists", [HEADER, more], world.liu)
    assert second.outcome == {"changed": 1}
    assert ListItem.objects.get(title="清理楼道").quantity == 9
    rows = list(all_sheets()["lists"].export(world.liu, whole=False))
    assert [row["quantity"] for row in rows if row["title"] == "助学"] == [5000.5]
    sheets.undo_import(taken=second, by=world.liu, at=NOON + timedelta(hours=2))
    sheets.work_off(taken=second, at=NOON + timedelta(hours=2))


def test_what_is_wrong_is_said_beside_its_row(world):
    bad = [
        ["需求", "盐社区", "甲", "人员", 4, "某", "2026-03-02", "2026-06-30", ""],
        ["项目", "松社区", "乙", "人员", 4, "某", "2026-03-02", "2026-06-30", ""],
        ["需求", "无此社区", "丙", "人员", 4, "某", "2026-03-02", "2026-06-30", ""],
        ["需求", "松社区", "丁", "人员", 4, "某", "2026-06-02", "2026-03-30", ""],
    ]
    found = problems(check("lists", [HEADER, *bad], world.liu))
    words = str(found)
    for one in ("不由您管理", "要写系列", "没有找到", "早于开始日期"):
        assert one in words
    assert not ListItem.objects.exists()
