"""Books as people keep them, and books made to harm."""

import io
import zipfile
from datetime import date

import pytest
import xlsxwriter

from tongxin.kit.books import open_book
from tongxin.kit.tables import Limits, TableTooLarge, UnreadableTable


def made(fill, **options) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, options) as book:
        fill(book)
    return out.getvalue()


def opened(data: bytes, **limits):
    return open_book(data, name="表.xlsx", limits=Limits(**limits))


def lines(data: bytes, page: str = "Sheet1", **limits):
    return list(opened(data, **limits).lines(page))


def rewritten(data: bytes, part: str, change) -> bytes:
    """Return a package with one part changed."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, change(text) if name == part else text)
    return out.getvalue()


def plain(book):
    page = book.add_worksheet()
    page.write_row(0, 0, ["姓名", "年龄"])
    page.write_row(1, 0, ["张敏", 41])


SHEET = "xl/worksheets/sheet1.xml"


def test_lines_come_with_their_numbers_and_empty_ones_are_left_out():
    def fill(book):
        page = book.add_worksheet()
        page.write(2, 1, "姓名")
        page.write(5, 1, "张敏")

    assert lines(made(fill)) == [(3, ["", "姓名"]), (6, ["", "张敏"])]


def test_days_of_the_1904_system_are_read_right():
    def fill(book):
        page = book.add_worksheet()
        page.write_datetime(0, 0, date(1985, 3, 5), book.add_format({"num_format": "yyyy-mm-dd"}))

    for is_1904 in (False, True):
        assert lines(made(fill, date_1904=is_1904)) == [(1, [date(1985, 3, 5)])]


def test_a_million_empty_rows_end_at_the_last_filled_one():
    def fill(book):
        plain(book)
        look = book.add_format({"bg_color": "#ff0000"})
        page = book.worksheets()[0]
        for column in range(20):
            page.write_blank(1_048_575, column, None, look)

    data = made(fill)
    assert len(lines(data)) == 2
    assert opened(data).pages["Sheet1"].last_line == 2


def test_more_rows_than_allowed_are_said():
    def fill(book):
        page = book.add_worksheet()
        for line in range(12):
            page.write(line, 0, line)

    with pytest.raises(TableTooLarge, match="超过 10 行"):
        lines(made(fill), rows=10)


def test_a_cell_far_away_is_refused_before_it_is_laid_out():
    def fill(book):
        plain(book)
        book.worksheets()[0].write(1_048_575, 16_383, "远")

    with pytest.raises(TableTooLarge, match="展开后太大"):
        opened(made(fill))


def test_a_bomb_is_refused_by_what_comes_out_of_it():
    data = rewritten(made(plain), SHEET, lambda text: text + b" " * 40_000_000)
    assert len(data) < 100_000
    with pytest.raises(TableTooLarge, match="展开后太大"):
        opened(data, unzipped=20_000_000)


def test_a_cell_without_an_end_is_refused():
    data = rewritten(
        made(plain),
        SHEET,
        lambda text: text.replace(b"<sheetData>", b"<sheetData><c " + b"x" * 2_000_000),
    )
    with pytest.raises((TableTooLarge, UnreadableTable)):
        opened(data)


def test_entities_are_not_expanded():
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    for part in (SHEET, "xl/workbook.xml"):
        data = rewritten(made(plain), part, lambda text: text.replace(b"?>", b"?>" + bomb, 1))
        with pytest.raises((TableTooLarge, UnreadableTable)):
            opened(data)


def test_marks_say_what_a_page_has_beside_values():
    def fill(book):
        page = book.add_worksheet("党员")
        page.merge_range("A1:C1", "名册")
        page.write_row(1, 0, ["姓名", "年龄", "备注"])
        page.write(2, 0, "张敏")
        page.write_formula(2, 1, "=20+21", None, 41)
        page.merge_range("C3:C5", "同上")
        page.set_column(2, 2, 10, None, {"hidden": True})
        page.write(4, 0, "王芳")
        page.set_row(4, None, None, {"hidden": True})
        book.add_worksheet("藏").hide()

    book = opened(made(fill))
    assert list(book.pages) == ["党员"]
    marks = book.pages["党员"]
    assert marks.merged == [(1, 1, "A1:C1"), (3, 5, "C3:C5")]
    assert marks.formulas == {2: [3]}
    assert marks.hidden_columns == {3}
    assert marks.hidden_lines == [5]


def test_marks_are_found_across_the_pieces_it_reads(monkeypatch):
    def fill(book):
        page = book.add_worksheet()
        for line in range(300):
            page.write_formula(line, 1, "=1+1", None, 2)
        page.merge_range("D1:D9", "合")

    data = made(fill)
    whole = opened(data).pages["Sheet1"]
    for size in (7, 64, 1000):
        monkeypatch.setattr("tongxin.kit.tables._PIECE", size)
        assert opened(data).pages["Sheet1"] == whole
    assert whole.formulas[2] == list(range(1, 301))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_csv_of_any_usual_encoding(encoding):
    data = "姓名,年龄\r\n张敏,41\r\n".encode(encoding)
    book = open_book(data, name="表.csv")
    assert list(book.lines("CSV")) == [(1, ["姓名", "年龄"]), (2, ["张敏", "41"])]


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18, b"\0\1\2\3", b""])
def test_what_is_no_table_is_refused_by_a_sentence(data):
    if data == b"":
        assert list(open_book(data, name="空.csv").lines("CSV")) == []
        return
    with pytest.raises(UnreadableTable, match="请用 Excel 或 WPS"):
        open_book(data, name="坏.xlsx")
