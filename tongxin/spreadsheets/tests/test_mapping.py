"""Sheets as offices keep them: titles, other headings, merged and hidden parts, formulas."""

from __future__ import annotations

import io

import pytest
import xlsxwriter

from tongxin.kit.errors import Refused
from tongxin.orgs.tests.test_sheets_members import HEADER, row
from tongxin.spreadsheets import actions
from tongxin.spreadsheets.declaring import all_sheets
from tongxin.spreadsheets.mapping import guess, normal
from tongxin.testing import NOON

from .making import check


def upload(data: bytes, by, name="名册.xlsx"):
    return actions.upload_sheet(sheet="members", data=data, name=name, by=by, at=NOON)


def book(fill) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as made:
        fill(made)
    return out.getvalue()


def page_of(made, lines=None, name=None):
    page = made.add_worksheet(name)
    for line, cells in enumerate(lines or [HEADER, [str(cell) for cell in row()]]):
        page.write_row(line, 0, cells)
    return page


def columns_chosen(data: bytes, by, **more):
    taken = upload(data, by)
    return actions.choose_columns(taken=taken, mapping=taken.mapping, at=NOON, **more)


def test_titles_above_the_header_are_passed_over(world):
    rows = [["北塘街道党员名册"], ["填报单位：", "松社区", "2026 年 3 月"], HEADER, row()]
    taken = check("members", rows, world.qin)
    assert taken.header_line == 3
    assert taken.counts == {"new": 1}


def test_headings_of_other_systems_are_known():
    sheet = all_sheets()["members"]
    header = [
        "序号",
        "姓 名*",
        "公民身份号码",
        "加入党组织日期（必填）",
        "转为正式党员日期",
        "所在党支部名称",
        "联系手机",
    ]
    assert guess(sheet, header) == {
        "name": 1, "identity": 2, "admitted_on": 3, "full_on": 4, "unit_name": 5, "phone": 6,
    }  # fmt: skip


def test_a_heading_is_compared_without_what_stands_around_it():
    assert normal(" 姓 名＊（必填）：") == normal("姓名")


def test_no_column_is_guessed_twice():
    sheet = all_sheets()["members"]
    found = guess(sheet, ["姓名", "姓名", "党员姓名"])
    assert list(found.values()) == [0]


def test_another_page_and_header_can_be_chosen(world):
    def fill(made):
        page_of(made, [["说明"], ["请看第二页"]], "说明")
        page_of(made, None, "党员")

    taken = upload(book(fill), world.qin)
    assert (taken.pages, taken.page) == (["说明", "党员"], "说明")
    taken = actions.choose_page(taken=taken, page="党员")
    assert (taken.header_line, taken.mapping["name"]) == (1, 0)
    with pytest.raises(Refused, match="没有“没有的”"):
        actions.choose_page(taken=taken, page="没有的")
    with pytest.raises(Refused, match="第 99 行是空的"):
        actions.choose_page(taken=taken, page="党员", header_line=99)


def test_formulas_in_columns_that_are_imported_are_refused_by_place(world):
    def fill(made):
        page = page_of(made)
        for line in range(1, 6):
            page.write_formula(line, 4, "=DATE(1998,7,1)", None, 35977)

    with pytest.raises(Refused, match="E2、E3、E4，请复制后"):
        columns_chosen(book(fill), world.qin)


def test_formulas_elsewhere_do_not_matter(world):
    def fill(made):
        page_of(made).write_formula(1, 9, "=1+1", None, 2)

    assert columns_chosen(book(fill), world.qin).state == "checking"


def test_merged_cells_below_the_header_are_refused_by_place(world):
    def fill(made):
        page = page_of(made)
        page.merge_range("C3:C6", "松社区第一党支部")

    with pytest.raises(Refused, match="C3:C6"):
        columns_chosen(book(fill), world.qin)


def test_a_merged_title_is_no_matter(world):
    def fill(made):
        page = made.add_worksheet()
        page.merge_range("A1:G1", "党员名册")
        page.write_row(1, 0, HEADER)
        page.write_row(2, 0, [str(cell) for cell in row()])

    assert columns_chosen(book(fill), world.qin).state == "checking"


def test_hidden_rows_and_columns_are_asked_about(world):
    def fill(made):
        page = page_of(made)
        page.set_row(1, None, None, {"hidden": True})
        page.set_column(6, 6, 10, None, {"hidden": True})

    data = book(fill)
    with pytest.raises(Refused, match="G 列、第 2 行") as refusal:
        columns_chosen(data, world.qin)
    assert refusal.value.field == "hidden_too"
    assert columns_chosen(data, world.qin, hidden_too=True).state == "checking"


def test_a_csv_in_gbk_with_a_quote_before_long_numbers(world):
    cells = [str(cell).replace("-", "") for cell in row()]
    cells[1] = f"'{cells[1]}"
    data = "\r\n".join([",".join(HEADER), ",".join(cells)]).encode("gb18030")
    taken = upload(data, world.qin, "名册.csv")
    taken = actions.choose_columns(taken=taken, mapping=taken.mapping, at=NOON)
    assert actions.work_off(taken=taken, at=NOON).counts == {"new": 1}


def test_a_cell_that_says_so_clears_and_an_empty_one_does_not(world):
    from tongxin.orgs.models import Membership

    from .making import take_in

    take_in("members", [[*HEADER, "职务"], [*row(), "教师"]], world.qin)
    assert check("members", [[*HEADER, "职务"], [*row(), ""]], world.qin).counts == {"same": 1}
    take_in("members", [[*HEADER, "职务"], [*row(), "（清空）"]], world.qin)
    assert Membership.objects.get(person__name="丁一").person.occupation == ""


def test_a_masked_number_changes_nothing(world):
    from .making import take_in

    take_in("members", [HEADER, row()], world.qin)
    taken = check("members", [HEADER, row(phone="138****9999")], world.qin)
    assert taken.counts == {"same": 1}
