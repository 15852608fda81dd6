"""Dues bases by spreadsheet: the income sealed, masked on its way out, taken back whole."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from tongxin.affairs import actions
from tongxin.affairs.models import Base
from tongxin.affairs.queries import open_base
from tongxin.kit.cells import BadValue
from tongxin.spreadsheets import actions as sheets
from tongxin.spreadsheets.declaring import all_sheets
from tongxin.spreadsheets.models import SheetImport
from tongxin.spreadsheets.tests.making import check, own_media, problems, take_in  # noqa: F401
from tongxin.testing import NOON

from .helpers import member

JAN, MAR = date(2026, 1, 1), date(2026, 3, 1)
D = Decimal
HEADER = ["姓名", "所在党组织", "起始月份", "类别", "月基数", "核定金额"]


def line(world, who="wang", month="2026-01", kind="在职", base="4000", fixed=""):
    one = getattr(world, f"{who}_member")
    return [one.person.name, one.unit.name, month, kind, base, fixed]


def undone(taken):
    sheets.undo_import(taken=taken, by=taken.by, at=NOON)
    taken.refresh_from_db()
    taken = sheets.work_off(taken=taken, at=NOON)
    taken.refresh_from_db()
    return taken


def again(code, by, *, reason=""):
    """Export a register as `by`, and let what came out be checked as it is."""
    out = io.BytesIO()
    sheets.export_sheet(sheet=code, out=out, by=by, at=NOON, reason=reason)
    taken = sheets.upload_sheet(sheet=code, data=out.getvalue(), name="导出.xlsx", by=by, at=NOON)
    taken = sheets.choose_columns(taken=taken, mapping=taken.mapping, at=NOON)
    return sheets.work_off(taken=taken, at=NOON)


def test_bases_go_in_and_are_updated_by_member_and_month(world):
    assert take_in("dues-bases", [HEADER, line(world)], world.qin).outcome == {"new": 1}
    row = Base.objects.get()
    assert (row.kind, row.from_month, open_base(row), row.set_by) == (
        "salaried", JAN, D("4000.00"), world.qin,
    )  # fmt: skip
    assert "4000" not in row.base_sealed
    assert check("dues-bases", [HEADER, line(world)], world.qin).counts == {"same": 1}
    later = [line(world, base="5200"), line(world, month="2026-03", kind="学生", base="")]
    assert take_in("dues-bases", [HEADER, *later], world.qin).outcome == {"changed": 1, "new": 1}
    assert open_base(Base.objects.get(from_month=JAN)) == D("5200.00")
    student = Base.objects.get(from_month=MAR)
    assert (student.kind, student.base_sealed, student.fixed) == ("student", "", D("0.20"))


@pytest.mark.parametrize("reason", ["", "年度党费核定"])
def test_what_goes_out_goes_in_again(world, reason):
    rows = [line(world), line(world, month="2026-03", kind="农民", base="", fixed="0.50")]
    take_in("dues-bases", [HEADER, *rows], world.qin)
    taken = again("dues-bases", world.qin, reason=reason)
    assert (taken.counts, problems(taken)) == ({"same": 2}, {})


def test_the_income_leaves_masked_unless_for_a_reason(world):
    take_in("dues-bases", [HEADER, line(world)], world.qin)
    column = all_sheets()["dues-bases"].column("base")
    assert column.mask(D("4000.00")) == "****" and column.read("****") is None
    with pytest.raises(BadValue):
        column.read("四千")
    for reason, shown in (("", "****"), ("年度党费核定", 4000.0)):
        out = io.BytesIO()
        sheets.export_sheet(sheet="dues-bases", out=out, by=world.qin, at=NOON, reason=reason)
        out.seek(0)
        rows = CalamineWorkbook.from_filelike(out).get_sheet_by_index(0).to_python()
        head = rows[0].index("月基数")
        assert rows[1][head] == shown


def test_rows_that_cannot_be_are_refused_in_words(world):
    rows = [
        line(world, base=""),
        line(world, month="2026-02", fixed="3"),
        line(world, month="2026-03", kind="农民", base="", fixed="9"),
        ["查无此人", world.branch.name, "2026-01", "学生", "", ""],
        line(world, month="2026-04", kind="学生"),
    ]
    taken = check("dues-bases", [HEADER, *rows], world.qin)
    said = {at: found[0] for at, found in problems(taken).items()}
    assert [said[at][0] for at in sorted(said)] == ["base", "fixed", "fixed", "name", "base"]
    assert "请填写月基数" in said[2][1] and "范围内" in said[4][1]
    assert not Base.objects.exists()


def test_of_two_with_one_name_the_birthday_tells(world):
    member(world, world.wang_member.person.name)
    taken = check("dues-bases", [HEADER, line(world)], world.qin)
    assert "有 2 名党员" in problems(taken)[2][0][1]
    told = take_in("dues-bases", [[*HEADER, "出生日期"], [*line(world), "1980-01-01"]], world.qin)
    assert told.outcome == {"new": 1}
    assert Base.objects.get().membership != world.wang_member


def test_it_is_for_who_keeps_the_registers(world):
    take_in("dues-bases", [HEADER, line(world)], world.qin)
    sheet = all_sheets()["dues-bases"]
    assert not sheet.may(world.wang) and not sheet.may(world.ann)
    assert list(sheet.export(world.wang, whole=True)) == []
    reader = world.person("ji", "纪明", world.branch, "commissioner")
    taken = check("dues-bases", [HEADER, line(world, month="2026-02")], world.yue)
    assert taken.counts == {"bad": 1}
    assert list(sheet.export(world.yue, whole=True)) == []
    assert not sheet.may(reader) and list(sheet.export(reader, whole=True)) == []


def test_an_import_is_taken_back_whole(world):
    take_in("dues-bases", [HEADER, line(world)], world.qin)
    rows = [line(world, base="6000"), line(world, month="2026-03", kind="学生", base="")]
    taken = take_in("dues-bases", [HEADER, *rows], world.qin)
    assert undone(taken).state == SheetImport.State.UNDONE
    assert open_base(Base.objects.get()) == D("4000.00")


def test_not_once_a_month_was_charged_by_it(world):
    taken = take_in("dues-bases", [HEADER, line(world)], world.qin)
    actions.charge_month(unit=world.branch, month=MAR, at=NOON, by=world.qin)
    taken = undone(taken)
    assert taken.state == SheetImport.State.DONE and "已按这个基数计算" in taken.trouble
    assert Base.objects.exists()


def test_its_register_leads_to_it(world):
    client = Client()
    client.force_login(world.qin)
    page = client.get("/affairs/dues/").content.decode()
    assert "/sheets/new/dues-bases/" in page and "/sheets/export/dues-bases/" in page
    assert "党费基数" in client.get("/sheets/").content.decode()
