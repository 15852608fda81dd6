"""Tables in and out: CSV and XLSX, with limits on the way in and no formulas on the way out."""

import codecs
import csv
import io
import os
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from tongxin.kit.errors import Invalid
from tongxin.kit.tables_out import TableTooLarge, is_formula, write_csv, write_xlsx

__all__ = [
    "BadCell",
    "BadHeader",
    "Limits",
    "Table",
    "TableTooLarge",
    "UnreadableTable",
    "read_table",
    "write_csv",
    "write_xlsx",
]

Row = dict[str, Any]
Source = bytes | str | os.PathLike[str]

MEBI = 1024 * 1024
_OTHER_FORMATS = {"content.xml", "xl/workbook.bin"}
_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s/>])")
_PLACE = re.compile(rb"""<(?:\w+:)?c(?=\s)[^>]*?\sr\s*=\s*["']([A-Za-z]{1,3})(\d{1,9})["']""")
_PIECE = 256 * 1024
_EXACT_DIGITS = 10**15


class UnreadableTable(Invalid):
    """The file is no CSV or XLSX table."""


class BadHeader(Invalid):
    """The first row does not name the columns."""


class BadCell(Invalid):
    """A cell cannot be used; extra holds `line` and `column`."""

    def __init__(self, line: int, column: str, sentence: str):
        super().__init__(f"第 {line} 行“{column}”：{sentence}", line=line, column=column)
        self.sentence = sentence


@dataclass(frozen=True)
class Limits:
    """How large a table may be: rows, cells, bytes as handed in, bytes unzipped."""

    rows: int = 200_000
    cells: int = 5_000_000
    size: int = 50 * MEBI
    unzipped: int = 300 * MEBI


@dataclass(frozen=True)
class Table:
    """A table: the names of its columns, and its rows as (line number in the file, values by name).

    CSV values are text; XLSX values are text, int, float, bool, date, datetime, time. Empty is "".
    Rows are read while they are asked for, once. Asking may raise TableTooLarge, or BadCell for
    one bad row: the rows after it can still be asked for.
    """

    header: list[str]
    rows: Iterator[tuple[int, Row]]


def read_table(path_or_bytes: Source, *, name: str, limits: Limits = Limits()) -> Table:
    """Read a table; `name` is the file's name as the person knows it.

    Raises UnreadableTable, TableTooLarge, BadHeader; the rows may raise BadCell.
    """
    data = path_or_bytes if isinstance(path_or_bytes, bytes) else Path(path_or_bytes).read_bytes()
    if len(data) > limits.size:
        raise TableTooLarge(f"“{name}”太大，最大 {limits.size // MEBI} MB，请拆分后再导入")
    lines = _xlsx_lines(data, name, limits) if data[:2] == b"PK" else csv_lines(data, name)
    for line, raw in lines:
        values = _values(line, raw)
        if any(value != "" for value in values):
            header = _header(values)
            return Table(header, _Rows(lines, header, limits))
    raise BadHeader(f"“{name}”是空的，第一行应是各列的名称")


def _header(values: list[Any]) -> list[str]:
    header = [str(value) for value in values]
    while header and not header[-1]:
        header.pop()
    for column, label in enumerate(header, 1):
        if not label:
            raise BadHeader(f"第 {column_letters(column)} 列没有名称，请在第一行补上")
        if label in header[: column - 1]:
            raise BadHeader(f"列名“{label}”出现了两次，请改成不同的名称")
    return header


class _Rows:
    """The rows of a table: an iterator by hand, as a generator would end at the first bad row."""

    def __init__(self, lines: Iterator[tuple[int, list[Any]]], header: list[str], limits: Limits):
        self.lines, self.header = lines, header
        self.most = min(limits.rows, limits.cells // len(header))
        self.count = 0

    def __iter__(self) -> Iterator[tuple[int, Row]]:
        return self

    def __next__(self) -> tuple[int, Row]:
        line, values = self._next_filled()
        width = len(self.header)
        for column, value in enumerate(values[width:], width + 1):
            if value != "":
                raise BadCell(
                    line, f"{column_letters(column)} 列", "这一格没有对应的列名，请检查是否错位"
                )
        return line, dict(zip_longest(self.header, values[:width], fillvalue=""))

    def _next_filled(self) -> tuple[int, list[Any]]:
        for line, raw in self.lines:
            values = _values(line, raw)
            if any(value != "" for value in values):
                self.count += 1
                if self.count > self.most:
                    raise TableTooLarge(f"超过 {self.most} 行，请拆分后再导入")
                return line, values
        raise StopIteration


def csv_lines(data: bytes, name: str) -> Iterator[tuple[int, list[Any]]]:
    text = _decoded(data, name)
    first = text.split("\n", 1)[0]
    delimiter = max(",\t;", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for values in reader:
            yield line, [_unguarded(value.strip()).strip() for value in values]
            line = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableTable(f"“{name}”第 {line} 行读不懂，请检查引号是否成对") from error


def _decoded(data: bytes, name: str) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UnreadableTable(f"“{name}”不是 CSV 或 XLSX 表格，请用 Excel 或 WPS 另存为 .xlsx 后再导入")


def _xlsx_lines(data: bytes, name: str, limits: Limits) -> Iterator[tuple[int, list[Any]]]:
    _refuse_bombs(data, name, limits)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            seen = [m.name for m in book.sheets_metadata if m.visible == SheetVisibleEnum.Visible]
            sheet = book.get_sheet_by_name((seen or book.sheet_names)[0])
    except (CalamineError, OSError, ValueError, IndexError) as error:
        raise _unreadable(name) from error
    # The reader leaves out empty columns on the left, but not empty rows at the top.
    skipped = sheet.start[1] if sheet.start else 0
    for line, values in enumerate(sheet.iter_rows(), 1):
        yield line, [""] * skipped + values


def _values(line: int, raw: list[Any]) -> list[Any]:
    return [_value(value, line, column) for column, value in enumerate(raw, 1)]


def _value(value: Any, line: int, column: int) -> Any:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer():
        if abs(value) >= _EXACT_DIGITS:
            raise BadCell(
                line,
                f"{column_letters(column)} 列",
                "数字过长，后几位已丢失，请把这一列设为“文本”格式后重新填写",
            )
        return int(value)
    return value


def _refuse_bombs(data: bytes, name: str, limits: Limits) -> None:
    """Unpack once, piece by piece, before the reader does, and keep nothing.

    Declared sizes may lie, and one cell far away makes the reader lay out every cell before it.
    """
    left = limits.unzipped
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if _OTHER_FORMATS & {entry.lower() for entry in archive.namelist()}:
                raise _unreadable(name)
            for info in archive.infolist():
                reach = _Reach(limits.cells)
                for piece in unpacked(archive, info):
                    left -= len(piece)
                    if left < 0 or not reach.allows(piece):
                        raise TableTooLarge(f"“{name}”展开后太大，请删去多余的行列，或拆分后再导入")
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError) as error:
        raise _unreadable(name) from error


def unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The unpacked bytes up to the true end of the stream, whatever its header declares."""
    info.file_size = sys.maxsize
    info.CRC = None  # type: ignore[assignment]
    with archive.open(info) as stream:
        while piece := stream.read(_PIECE):
            yield piece


class _Reach:
    """How far the cells of a sheet reach, read from the references in its XML."""

    def __init__(self, most_cells: int):
        self.most_cells = most_cells
        self.is_sheet = False
        self.rest = b""
        self.column = self.row = 0

    def allows(self, piece: bytes) -> bool:
        """Take in the next piece of XML; whether the sheet is still small enough."""
        text, mark, self.rest = (self.rest + piece).rpartition(b">")
        self.is_sheet = self.is_sheet or b"sheetData" in text
        if not self.is_sheet:
            return True
        places = _PLACE.findall(text + mark)
        for letters, row in set(places):
            self.column = max(self.column, column_number(letters))
            self.row = max(self.row, int(row))
        # A cell that does not say its place could be anywhere.
        known = len(places) == len(_CELL.findall(text + mark)) and len(self.rest) <= _PIECE
        return known and self.column * self.row <= self.most_cells


def column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _unreadable(name: str) -> UnreadableTable:
    return UnreadableTable(f"“{name}”打不开，请用 Excel 或 WPS 另存为 .xlsx 后再导入")


def column_letters(column: int) -> str:
    """The letters of a column: 1 is A, 28 is AB."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _unguarded(text: str) -> str:
    """What `write_csv` wrote before it set a quote in front."""
    return text[1:] if text[:1] == "'" and is_formula(text[1:]) else text
