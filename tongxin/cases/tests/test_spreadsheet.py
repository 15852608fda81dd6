"""The catalogue as a spreadsheet: out, edited, in again; broken rows are named."""

import csv
import io
from pathlib import Path

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from tongxin.cases.actions import load_catalogue, load_catalogue_sheet
from tongxin.cases.models import Topic, TopicCategory
from tongxin.cases.spreadsheet import (
    COLUMNS,
    LIMITS,
    BadRows,
    catalogue_stamp,
    judge_rows,
    parse_catalogue,
    read_catalogue,
    write_catalogue,
)
from tongxin.kit.tables import BadHeader, TableTooLarge, UnreadableTable
from tongxin.testing import NOON

SHIPPED = Path(__file__).parents[2] / "requests" / "data" / "catalogue.csv"
HEADER = ["大类代码", "大类名称", "事项代码", "事项名称", "办理时限", "谁可承接"]
ROW = ["01", "便民维修", "0109", "门窗维修", "2 工作日", "志愿者、部门"]


@pytest.fixture
def shipped(db):
    return read_catalogue(SHIPPED, "catalogue.csv")


def exported() -> bytes:
    target = io.BytesIO()
    write_catalogue(target)
    return target.getvalue()


def sheet(*rows, header=HEADER) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        page = book.add_worksheet()
        for line, row in enumerate([header, *rows]):
            page.write_row(line, 0, row)
    return target.getvalue()


def verdicts(data: bytes) -> list[str]:
    return [one.verdict for one in judge_rows(list(parse_catalogue(data, "目录.xlsx")))]


@pytest.mark.mission("S0.56")
class TestRoundTrip:
    def test_the_shipped_catalogue_has_15_categories_and_56_topics(self, db, shipped):
        done = load_catalogue(rows=shipped, by=None, at=NOON)
        assert done == {"created": 56, "changed": 0, "same": 0}
        assert TopicCategory.objects.count() == 15

    def test_what_goes_out_comes_in_again_as_the_same(self, db, shipped):
        load_catalogue(rows=shipped, by=None, at=NOON)
        before = catalogue_stamp()
        data = exported()
        assert verdicts(data) == ["same"] * 56
        done = load_catalogue_sheet(data, name="目录.xlsx", by=None, at=NOON)
        assert done == {"created": 0, "changed": 0, "same": 56}
        assert catalogue_stamp() == before

    def test_a_house_without_a_catalogue_gets_the_same_from_the_sheet(self, db, shipped):
        load_catalogue(rows=shipped, by=None, at=NOON)
        data, before = exported(), catalogue_stamp()
        Topic.objects.all().delete()
        TopicCategory.objects.all().delete()
        assert verdicts(data) == ["new"] * 56
        load_catalogue_sheet(data, name="目录.xlsx", by=None, at=NOON)
        assert catalogue_stamp() == before

    def test_people_read_words_and_a_sheet_that_explains(self, world):
        book = CalamineWorkbook.from_filelike(io.BytesIO(exported()))
        assert book.sheet_names == ["事项目录", "填写说明"]
        header, first, *_ = book.get_sheet_by_index(0).to_python()
        shown = dict(zip(header, first, strict=True))
        assert (shown["事项代码"], shown["办理时限"]) == ("0101", "4 工作时")
        assert shown["谁可承接"] == "志愿者、网格员、部门"
        explained = [row[0] for row in book.get_sheet_by_index(1).to_python()]
        assert explained[1 : len(COLUMNS) + 1] == header

    def test_text_that_looks_like_a_formula_stays_text(self, world):
        Topic.objects.filter(code="0101").update(summary="=1+1", keywords="+水管 @水龙头")
        rows = read_catalogue(exported(), "目录.xlsx")
        tap = next(row for row in rows if row["item_code"] == "0101")
        assert (tap["summary"], tap["keywords"]) == ("=1+1", "+水管 @水龙头")


class TestVerdicts:
    def test_new_and_changed_and_same_are_told_apart(self, world):
        rows = [
            ["01", "便民维修", "0101", "水管维修", "8 工作时", "志愿者、网格员、部门"],
            ["01", "便民维修", "0103", "道路坑洼", "3wd", "department"],
            ROW,
        ]
        judged = judge_rows(list(parse_catalogue(sheet(*rows), "目录.xlsx")))
        assert [(one.line, one.verdict) for one in judged] == [
            (2, "changed"),
            (3, "same"),
            (4, "new"),
        ]
        assert judged[0].changes == (("办理时限", "4 工作时", "8 工作时"),)

    def test_moving_to_another_category_and_its_new_name_are_changes(self, world):
        row = ["02", "市政设施", "0103", "道路坑洼", "3wd", "部门"]
        (judged,) = judge_rows(list(parse_catalogue(sheet(row), "目录.xlsx")))
        assert judged.changes == (("大类代码", "01", "02"), ("大类名称", "", "市政设施"))

    def test_looking_changes_nothing(self, world):
        before = catalogue_stamp()
        verdicts(sheet(ROW))
        assert catalogue_stamp() == before


class TestBrokenRows:
    @pytest.mark.parametrize(
        ("place", "value", "column", "word"),
        [
            (0, "一", "大类代码", "数字或大写字母"),
            (1, "", "大类名称", "请填写"),
            (2, "", "事项代码", "数字或大写字母"),
            (3, "", "事项名称", "请填写"),
            (3, "门\u202e窗", "事项名称", "看不见的特殊字符"),
            (4, "很快", "办理时限", "不是时限"),
            (5, "机器人", "谁可承接", "志愿者、网格员、部门"),
        ],
    )
    def test_line_and_column_are_named_and_nothing_changes(self, world, place, value, column, word):
        broken = [*ROW[:2], "0110", *ROW[3:]]
        broken[place] = value
        with pytest.raises(BadRows, match=f"第 3 行“{column}”.*{word}") as refusal:
            load_catalogue_sheet(sheet(ROW, broken), name="目录.xlsx", by=None, at=NOON)
        assert [(one["line"], one["column"]) for one in refusal.value.extra["errors"]] == [
            (3, column)
        ]
        assert not Topic.objects.filter(code="0109").exists()

    def test_all_of_them_are_told_at_once(self, world):
        rows = [[*ROW[:2], f"02{n:02d}", "", "很快", "志愿者"] for n in range(15)]
        with pytest.raises(BadRows, match="另有 10 处") as refusal:
            read_catalogue(sheet(*rows), "目录.xlsx")
        assert len(refusal.value.extra["errors"]) == 30

    def test_a_cell_outside_the_table_is_told_with_the_others(self, world):
        with pytest.raises(BadRows, match="第 2 行“G 列”：.*错位；第 3 行“办理时限”"):
            read_catalogue(
                sheet([*ROW, "备注"], [*ROW[:2], "0110", "窗", "很快", "部门"]), "目录.xlsx"
            )

    def test_a_code_comes_once(self, world):
        with pytest.raises(BadRows, match="第 3 行“事项代码”：与第 2 行重复"):
            read_catalogue(sheet(ROW, ROW), "目录.xlsx")

    def test_a_category_has_one_name(self, world):
        other = ["01", "维修", "0110", *ROW[3:]]
        with pytest.raises(BadRows, match="第 3 行“大类名称”：大类 01 在上面叫“便民维修”"):
            read_catalogue(sheet(ROW, other), "目录.xlsx")

    def test_excel_may_have_turned_a_code_into_a_number(self, world):
        rows = read_catalogue(sheet([1, "便民维修", 109, *ROW[3:]]), "目录.xlsx")
        assert (rows[0]["category_code"], rows[0]["item_code"]) == ("01", "0109")

    @pytest.mark.parametrize(
        ("header", "word"),
        [
            (HEADER[:3], "缺少这些列：事项名称"),
            ([*HEADER, "备注"], "不认识的列：备注"),
            ([*HEADER, "办理时限"], "出现了两次"),
        ],
    )
    def test_a_header_that_does_not_fit_is_said(self, world, header, word):
        with pytest.raises(BadHeader, match=word):
            read_catalogue(sheet([*ROW, "x"][: len(header)], header=header), "目录.xlsx")

    def test_a_sheet_without_rows_is_no_catalogue(self, world):
        with pytest.raises(BadHeader, match="没有事项"):
            read_catalogue(sheet(), "目录.xlsx")

    @pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n\x00", b"PK\x03\x04 not a zip"])
    def test_what_is_no_table_is_refused(self, world, data):
        with pytest.raises(UnreadableTable):
            read_catalogue(data, "目录.xlsx")

    def test_a_file_too_large_is_refused_before_it_is_read(self, world):
        with pytest.raises(TableTooLarge):
            read_catalogue(b"a" * (LIMITS.size + 1), "目录.csv")

    def test_too_many_rows_are_refused(self, world):
        lines = [",".join(HEADER), *(",".join([*ROW[:2], str(n), *ROW[3:]]) for n in range(2001))]
        with pytest.raises(TableTooLarge, match="2000"):
            read_catalogue("\n".join(lines).encode(), "目录.csv")

    def test_the_shipped_sheet_and_its_columns_agree(self):
        with SHIPPED.open() as file:
            header = next(csv.reader(file))
        assert header == [column.code for column in COLUMNS if column.code != "is_active"]
