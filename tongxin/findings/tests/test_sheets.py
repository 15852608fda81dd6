"""A ledger of elsewhere comes in, is put right by a later sheet, taken back; ours leaves narrowed."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest

from tongxin.findings import actions
from tongxin.findings.models import Finding
from tongxin.kit.errors import Refused
from tongxin.kit.tables import read_table
from tongxin.spreadsheets import actions as sheets
from tongxin.spreadsheets.declaring import Narrowed, all_sheets
from tongxin.spreadsheets.tests.making import check, own_media, problems, take_in  # noqa: F401
from tongxin.testing import NOON

HEADER = [
    "序号", "区域", "点位", "问题", "类别", "责任单位", "责任类型", "发现人", "时间", "整改措施", "时限",
    "完成情况", "复查人", "销号日期",
]  # fmt: skip
DONE = [
    1, "松社区", "3号楼", "楼道堆物", "消防通道堵塞", "城市管理委、好邻居物业", "监管责任、主体责任", "沈明",
    "2026-02-01", "清走", "2026-02-10", "已清走", "高峰", "2026-02-09",
]  # fmt: skip
OPEN = [2, "盐社区", "", "灭火器过期", "F12", "盐社区居委会", "", "沈明", "2026-02-20", "", "", "", "", ""]  # fmt: skip


def test_a_ledger_comes_in_once_and_is_numbered(cast):
    taken = take_in("findings", [HEADER, DONE, OPEN], cast.shen)
    assert taken.outcome == {"new": 2}
    done, open_ = Finding.objects.order_by("n")
    assert [done.number, open_.number] == ["2026-0001", "2026-0002"]
    assert (done.step, done.rechecked_by_name, done.deadline) == (
        "closed", "高峰", date(2026, 2, 10),
    )  # fmt: skip
    assert {str(u) for u in done.units.all()} == {
        "城市管理委（监管责任）", "好邻居物业（主体责任）", "松社区居委会（属地责任）",
    }  # fmt: skip
    assert done.found_by_name == "沈明" and open_.step == "open"
    assert check("findings", [HEADER, DONE, OPEN], cast.shen).counts == {"same": 2}


def test_a_later_sheet_puts_it_right_and_all_is_taken_back(cast):
    first = take_in("findings", [HEADER, DONE, OPEN], cast.shen)
    later = [*OPEN]
    later[9:] = ["换新", "2026-02-28", "已换新", "高峰", "2026-02-27"]
    second = take_in("findings", [HEADER, later], cast.shen)
    assert second.outcome == {"changed": 1}
    row = Finding.objects.get(number="2026-0002")
    assert (row.step, row.result) == ("closed", "已换新")
    for taken in (second, first):
        sheets.undo_import(taken=taken, by=taken.by, at=NOON + timedelta(hours=2))
        taken.refresh_from_db()
        sheets.work_off(taken=taken, at=NOON + timedelta(hours=2))
        row.refresh_from_db()
        assert row.step == ("open" if taken is second else "void")
    assert set(Finding.objects.values_list("step", flat=True)) == {"void"}


def test_rows_that_cannot_be_are_refused_in_words(cast, record):
    record(text="在系统内登记")
    bad = [[*DONE] for _n in range(6)]
    bad[0][1] = "没有的社区"
    bad[1][4] = "没有的类别"
    bad[2][6] = "领导责任"
    bad[3][6] = "主体责任、监管责任、属地责任"
    bad[4][13] = "2026-01-01"
    bad[5][8] = "2027-01-01"
    assert check("findings", [HEADER, *bad], cast.shen).counts == {"bad": 6}
    ours = ["编号", "区域", "问题", "时间", "完成情况"]
    row = ["2026-0001", "松社区", "在系统内登记", "2026-03-02", "改好了"]
    assert check("findings", [ours, row], cast.shen).counts == {"bad": 1}
    assert check("findings", [HEADER, OPEN], cast.liu).counts == {"bad": 1}  # not their street


def test_what_is_dealt_with_here_since_is_not_taken_back(cast):
    taken = take_in("findings", [HEADER, OPEN], cast.shen)
    finding = Finding.objects.get()
    actions.order_rectification(
        finding, org=cast.roads, deadline=date(2026, 3, 9), note="", at=NOON, by=cast.shen
    )
    with pytest.raises(Refused):
        sheets.undo_import(taken=taken, by=taken.by, at=NOON + timedelta(hours=2))
    finding.refresh_from_db()
    assert finding.step == "ordered"


def test_the_ledger_leaves_as_its_list_was_narrowed(cast, record):
    record(text="甲", site="1号楼")
    record(text="乙", kind="F21")
    sheet = all_sheets()["findings"]
    narrowed = Narrowed({"kind": "F21"}, on=date(2026, 3, 2))
    (row,) = sheet.export(cast.shen, whole=False, narrowed=narrowed)
    assert row["number"] == "2026-0002" and row["found_by"] == "沈明"
    assert row["duties"][row["units"].index("水务局")] == "监管责任"
    assert [one["line"] for one in sheet.export(cast.shen, whole=False)] == [1, 2]
    assert not list(sheet.export(cast.wu, whole=False))
    assert not sheet.may_export(cast.wu) and not sheet.may(cast.li)


def test_the_sheet_that_leaves_is_the_form_inspectors_know(cast, record, client):
    record(text="甲", site="1号楼", at=NOON)
    client.force_login(cast.shen)
    answer = client.post("/sheets/export/findings/?kind=F11")
    data = b"".join(answer.streaming_content) if answer.streaming else answer.content
    table = read_table(io.BytesIO(data).getvalue(), name="a.xlsx")
    wanted = "序号 点位 问题 类别 责任单位 责任类型 发现人 时间 整改措施 时限 完成情况 复查人 销号日期".split()  # fmt: skip
    assert [one for one in table.header if one in wanted] == wanted
