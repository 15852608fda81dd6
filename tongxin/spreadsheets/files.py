"""The files that we give out: an empty form of a register, and somebody's own sheet with verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import IO, Any

import xlsxwriter
from django.utils.translation import gettext as _
from django.utils.translation import override

from .blocks import unpack_rows
from .declaring import BAD, CHANGED, NEW, Column, Row, Sheet
from .models import SheetImport

VERDICT_HEADING = "校验结果"
FORM_ROWS = 5000  # rows of the empty form with lists to choose from
AS_TEXT = {"code", "identity", "phone"}
DAYS = "yyyy-mm-dd"


def write_form(sheet: Sheet, out: IO[bytes]) -> None:
    """Write an empty form: headings, lists to choose from, and a page that says what to write."""
    with override("zh-hans"), xlsxwriter.Workbook(out) as book:
        page = book.add_worksheet(str(sheet.title)[:31])
        head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#F0EDE8"})
        needed = book.add_format(
            {"bold": True, "bottom": 1, "bg_color": "#F0EDE8", "font_color": "#981C1F"}
        )
        formats = {
            "text": book.add_format({"num_format": "@"}),
            "day": book.add_format({"num_format": DAYS}),
        }
        page.freeze_panes(1, 0)
        for place, column in enumerate(sheet.columns):
            look = (
                formats["text"]
                if column.kind in AS_TEXT
                else formats["day"]
                if column.kind == "date"
                else None
            )
            page.set_column(place, place, width_of(column), look)
            page.write_string(0, place, column.heading, needed if column.required else head)
            _limit(page, place, column)
        _write_help(book, sheet, head)


def width_of(column: Column) -> int:
    return column.width or max(10, 2 * len(column.heading) + 4)


def _limit(page: Any, place: int, column: Column) -> None:
    """Let the form itself offer what may be chosen."""
    words = ["是", "否"] if column.kind == "flag" else list(column.labels.values())
    if column.kind in ("flag", "choice") and sum(len(word) + 1 for word in words) < 255:
        page.data_validation(
            1, place, FORM_ROWS, place,
            {"validate": "list", "source": words, "error_message": "请从列表中选择", "ignore_blank": True},
        )  # fmt: skip


def _write_help(book: Any, sheet: Sheet, head: Any) -> None:
    page = book.add_worksheet("填写说明")
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    for place, (label, width) in enumerate(
        (("列名", 16), ("必填", 8), ("怎样填写", 46), ("可选内容", 46), ("例子", 24))
    ):
        page.set_column(place, place, width, wrap)
        page.write_string(0, place, label, head)
    for line, column in enumerate(sheet.columns, 1):
        words = ["是", "否"] if column.kind == "flag" else list(column.labels.values())
        cells = (
            column.heading, "必填" if column.required else "", str(column.help),
            "、".join(words), column.example,
        )  # fmt: skip
        for place, text in enumerate(cells):
            page.write_string(line, place, text, wrap)
    notes = (
        "空着的格子不会改动登记册里已有的内容；要清空一项，请填“（清空）”。",
        "带星号的号码（如 138****5678）不会改动登记册里的号码。",
        "可以用自己的表：列名、顺序不同也能导入，导入时再对应。",
    )
    for line, text in enumerate(notes, len(sheet.columns) + 2):
        page.write_string(line, 0, text)


def write_copy(taken: SheetImport, lines: Iterator[tuple[int, list[Any]]], sheet: Sheet, out: IO[bytes]) -> None:  # fmt: skip
    """Write the person's own page again, with what became of each row in a column beside it.

    Values are written as they were read: text stays text, numbers numbers, days days.
    """
    is_over = taken.state in (SheetImport.State.DONE, SheetImport.State.FAILED)
    verdicts = {row.line: row for row in _rows(taken, sheet)}
    beside = max(len(taken.header), 1)
    with override("zh-hans"), xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        looks = _Looks(book)
        page = book.add_worksheet(taken.page[:31] or "Sheet1")
        page.set_column(0, beside - 1, 16)
        page.set_column(beside, beside, 60)
        page.freeze_panes(taken.header_line, 0)
        for line, values in lines:
            row = verdicts.get(line)
            is_bad = row is not None and row.verdict == BAD
            for place, value in enumerate(values[:beside]):
                looks.write(page, line - 1, place, value, is_bad, is_head=line == taken.header_line)
            if line == taken.header_line:
                page.write_string(line - 1, beside, VERDICT_HEADING, looks.head)
            elif row is not None:
                text = _verdict(sheet, row, is_over)
                page.write_string(line - 1, beside, text, looks.bad if is_bad else looks.plain)


def _rows(taken: SheetImport, sheet: Sheet) -> Iterator[Row]:
    for block in taken.blocks.order_by("number").iterator(chunk_size=4):
        yield from unpack_rows(block.rows, sheet)


def _verdict(sheet: Sheet, row: Row, is_over: bool) -> str:
    columns = sheet.by_name()

    def named(name: str, text: str) -> str:
        return f"{columns[name].heading}：{text}" if name in columns else text

    if row.verdict == BAD:
        return _("未导入。") + "；".join(named(name, text) for name, text in row.problems)
    if row.verdict == NEW:
        return _("已新增") if is_over else _("可以新增")
    if row.verdict == CHANGED:
        changes = "；".join(
            named(name, f"{old or '空'} → {new or '空'}") for name, old, new in row.changes
        )
        return (_("已更新：%s") if is_over else _("可以更新：%s")) % changes
    return _("与登记册相同")


class _Looks:
    """Formats of the copy: red fill for what was refused."""

    def __init__(self, book: Any) -> None:
        red = {"bg_color": "#FBE3E0"}
        self.head = book.add_format({"bold": True, "bottom": 1})
        self.plain = book.add_format({})
        self.bad = book.add_format({**red, "font_color": "#8A191C"})
        self.fill = book.add_format(red)
        self.day = book.add_format({"num_format": DAYS, "align": "left"})
        self.bad_day = book.add_format({"num_format": DAYS, "align": "left", **red})
        self.moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm", "align": "left"})

    def write(self, page: Any, line: int, place: int, value: Any, is_bad: bool, *, is_head: bool) -> None:  # fmt: skip
        look = self.head if is_head else self.fill if is_bad else self.plain
        if value == "":
            page.write_blank(line, place, None, look)
        elif isinstance(value, bool):
            page.write_boolean(line, place, value, look)
        elif isinstance(value, int | float):
            page.write_number(line, place, value, look)
        elif isinstance(value, datetime) and value.time() != time(0):
            page.write_datetime(line, place, value, self.moment)
        elif isinstance(value, date):
            page.write_datetime(line, place, value, self.bad_day if is_bad else self.day)
        else:
            page.write_string(line, place, str(value), look)
