"""Tables on the way out: CSV and XLSX whose text cells can never become formulas."""

import csv
import math
import os
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, Protocol, cast
from zoneinfo import ZoneInfo

import xlsxwriter

from tongxin.kit.errors import Invalid

_ZONE = ZoneInfo("Asia/Shanghai")
_FORMULA = re.compile(r"[=+\-@\t\r＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_CELL_LIMIT = 32_767
_SHEET_ROWS = 1_048_576
_FORBIDDEN_IN_NAME = re.compile(r"[\[\]:*?/\\']")
_CUT = "…（已截断）"


class Writable(Protocol):
    """What bytes can be written to: a file, a buffer, an answer of the web server."""

    def write(self, data: bytes, /) -> Any: ...


class TableTooLarge(Invalid):
    """The table passes a limit."""


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would take the text for a formula (CSV injection)."""
    return bool(_FORMULA.match(text)) and not _NUMBER.fullmatch(text)


def write_csv(
    path_or_buffer: str | os.PathLike[str] | IO[str],
    header: Sequence[Any],
    rows: Iterable[Sequence[Any]],
) -> None:
    """A CSV file that Excel opens in Chinese (UTF-8 with BOM); text cells cannot become formulas."""
    if not isinstance(path_or_buffer, str | os.PathLike):
        path_or_buffer.write("\ufeff")
        _write_lines(path_or_buffer, header, rows)
        return
    with open(path_or_buffer, "w", encoding="utf-8-sig", newline="") as out:
        _write_lines(out, header, rows)


def _write_lines(out: IO[str], header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> None:
    writer = csv.writer(out)
    writer.writerow([_csv_cell(label) for label in header])
    writer.writerows([_csv_cell(value) for value in row] for row in rows)


def _csv_cell(value: Any) -> Any:
    shown = _shown(value)
    if isinstance(shown, datetime):
        return f"{shown:%Y-%m-%d %H:%M}"
    if isinstance(shown, str) and is_formula(shown):
        return f"'{shown}"
    return shown


def _shown(value: Any) -> Any:
    """A value as a table shows it: local naive time, words for yes and no, text for the rest."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.astimezone(_ZONE).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, int | float | Decimal | date):
        return value
    return str(value)


def write_xlsx(
    path_or_buffer: str | os.PathLike[str] | Writable,
    header: Sequence[Any],
    rows: Iterable[Sequence[Any]],
    *,
    sheet: str = "Sheet1",
    widths: Sequence[float] | None = None,
) -> None:
    """An XLSX file, written row by row in little memory; text cells stay text.

    `widths` are in characters; without them the labels decide. Raises TableTooLarge for more
    rows than a sheet holds.
    """
    target = (
        os.fspath(path_or_buffer) if isinstance(path_or_buffer, os.PathLike) else path_or_buffer
    )
    with xlsxwriter.Workbook(cast(Any, target), {"constant_memory": True}) as book:
        page = book.add_worksheet(_FORBIDDEN_IN_NAME.sub("-", sheet)[:31])
        styles = _Styles(book)
        page.freeze_panes(1, 0)
        for column, label in enumerate(header):
            page.set_column(column, column, widths[column] if widths else _label_width(str(label)))
            page.write_string(0, column, str(label), styles.head)
        for line, row in enumerate(rows, 1):
            if line == _SHEET_ROWS:
                raise TableTooLarge(f"超过 {_SHEET_ROWS - 1} 行，一张表放不下，请缩小范围后再导出")
            for column, value in enumerate(row):
                _write_cell(page, line, column, _shown(value), styles)


class _Styles:
    def __init__(self, book: Any):
        self.head = book.add_format({"bold": True, "bottom": 1, "valign": "vcenter"})
        self.day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        self.moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm", "align": "left"})
        # Excel keeps such text as text even when it is edited or saved as CSV.
        self.guarded = book.add_format({"quote_prefix": True})


def _write_cell(page: Any, line: int, column: int, value: Any, styles: _Styles) -> None:
    if isinstance(value, datetime):
        page.write_datetime(line, column, value, styles.moment)
    elif isinstance(value, date):
        page.write_datetime(line, column, value, styles.day)
    elif not isinstance(value, str):
        page.write_number(line, column, value)
    elif value:
        text = value if len(value) <= _CELL_LIMIT else value[: _CELL_LIMIT - len(_CUT)] + _CUT
        page.write_string(line, column, text, styles.guarded if is_formula(text) else None)


def _label_width(label: str) -> int:
    """Room for a label in characters of half width, and for a little more than it."""
    return min(40, max(10, 4 + sum(2 if ord(mark) > 0x2E7F else 1 for mark in label)))
