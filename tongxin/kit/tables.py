"""Tables in and out: CSV and XLSX, with limits on the way in and no formulas on the way out."""

import codecs
import csv
import io
import os
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook

from tongxin.kit.errors import Invalid

Row = dict[str, Any]
Source = bytes | str | os.PathLike[str]

MEBI = 1024 * 1024
_ZONE = ZoneInfo("Asia/Shanghai")
_FORMULA = re.compile(r"[=+\-@\t\r＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{1,3})(\d{1,9})["']""")
_EXACT_DIGITS = 10**15
_CELL_LIMIT = 32_767
_SHEET_ROWS = 1_048_576


class UnreadableTable(Invalid):
    """The file is no CSV or XLSX table."""


class TableTooLarge(Invalid):
    """The table passes a limit."""


class BadHeader(Invalid):
    """The first row does not name the columns."""


class BadCell(Invalid):
    """A cell cannot be used; extra holds `line` and `column`."""

    def __init__(self, line: int, column: str, sentence: str):
        super().__init__(f"第 {line} 行“{column}”：{sentence}", line=line, column=column)


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
    Rows are read while they are asked for, once; they may raise BadCell or TableTooLarge.
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
    lines = _xlsx_lines(data, name, limits) if data[:2] == b"PK" else _csv_lines(data, name)
    return _table(lines, name, limits)


def _table(lines: Iterator[tuple[int, list[Any]]], name: str, limits: Limits) -> Table:
    for _line, values in lines:
        if any(value != "" for value in values):
            header = _header(values)
            return Table(header, _rows(lines, header, limits))
    raise BadHeader(f"“{name}”是空的，第一行应是各列的名称")


def _header(values: list[Any]) -> list[str]:
    header = [str(value) for value in values]
    while header and not header[-1]:
        header.pop()
    for column, label in enumerate(header, 1):
        if not label:
            raise BadHeader(f"第 {_letters(column)} 列没有名称，请在第一行补上")
        if label in header[: column - 1]:
            raise BadHeader(f"列名“{label}”出现了两次，请改成不同的名称")
    return header


def _rows(
    lines: Iterator[tuple[int, list[Any]]], header: list[str], limits: Limits
) -> Iterator[tuple[int, Row]]:
    width = len(header)
    most = min(limits.rows, limits.cells // width)
    count = 0
    for line, values in lines:
        if not any(value != "" for value in values):
            continue
        count += 1
        if count > most:
            raise TableTooLarge(f"超过 {most} 行，请拆分后再导入")
        for column, value in enumerate(values[width:], width + 1):
            if value != "":
                raise BadCell(
                    line, f"{_letters(column)} 列", "这一格没有对应的列名，请检查是否错位"
                )
        values += [""] * (width - len(values))
        yield line, dict(zip(header, values[:width], strict=True))


def _csv_lines(data: bytes, name: str) -> Iterator[tuple[int, list[Any]]]:
    text = _decoded(data, name)
    first = text.split("\n", 1)[0]
    delimiter = max(",\t;", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    try:
        for values in reader:
            yield line, [_unguarded(value.strip()) for value in values]
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
            sheet = book.get_sheet_by_index(0)
            skipped = sheet.start[1] if sheet.start else 0
            first = sheet.start[0] if sheet.start else 0
            rows = sheet.iter_rows()
    except (CalamineError, OSError, ValueError) as error:
        raise UnreadableTable(f"“{name}”打不开，请用 Excel 或 WPS 另存为 .xlsx 后再导入") from error
    for line, values in enumerate(rows, 1 + first):
        yield (
            line,
            [""] * skipped
            + [_value(value, line, column) for column, value in enumerate(values, skipped + 1)],
        )


def _value(value: Any, line: int, column: int) -> Any:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer():
        if abs(value) >= _EXACT_DIGITS:
            raise BadCell(
                line,
                f"{_letters(column)} 列",
                "数字过长，后几位已丢失，请把这一列设为“文本”格式后重新填写",
            )
        return int(value)
    return value


def _refuse_bombs(data: bytes, name: str, limits: Limits) -> None:
    """Unpack piece by piece, believing no declared size, and look how far the cells reach."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            left = limits.unzipped
            for info in archive.infolist():
                left -= _measure(archive, info, left, name, limits)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise UnreadableTable(f"“{name}”打不开，请用 Excel 或 WPS 另存为 .xlsx 后再导入") from error


def _measure(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, left: int, name: str, limits: Limits
) -> int:
    return info.file_size


def _letters(column: int) -> str:
    """The letters of a column: 1 is A, 28 is AB."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _is_formula(text: str) -> bool:
    return bool(_FORMULA.match(text)) and not _NUMBER.fullmatch(text)


def _unguarded(text: str) -> str:
    """What `write_csv` wrote before it set a quote in front."""
    return text[1:] if text[:1] == "'" and _is_formula(text[1:]) else text


def write_csv(
    path_or_buffer: str | os.PathLike[str] | IO[str],
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> None:
    """A CSV file that Excel opens in Chinese (UTF-8 with BOM); text cells cannot become formulas."""
    if not isinstance(path_or_buffer, str | os.PathLike):
        path_or_buffer.write("\ufeff")
        _write_csv_to(path_or_buffer, header, rows)
        return
    with open(path_or_buffer, "w", encoding="utf-8-sig", newline="") as out:
        _write_csv_to(out, header, rows)


def _write_csv_to(out: IO[str], header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    writer = csv.writer(out)
    writer.writerow([_csv_cell(label) for label in header])
    writer.writerows([_csv_cell(value) for value in row] for row in rows)


def _csv_cell(value: Any) -> Any:
    value = _shown(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, str) and _is_formula(value):
        return f"'{value}"
    return value


def _shown(value: Any) -> Any:
    """A value as a table shows it: local naive time, words for yes and no, text for the rest."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.astimezone(_ZONE).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, int | float | Decimal | date | time | timedelta):
        return value
    return str(value)


def write_xlsx(
    path_or_buffer: str | os.PathLike[str] | IO[bytes],
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    sheet: str = "Sheet1",
    widths: Sequence[float] | None = None,
) -> None:
    """An XLSX file, written row by row; text cells stay text. Raises TableTooLarge."""
    target = (
        path_or_buffer if not isinstance(path_or_buffer, os.PathLike) else os.fspath(path_or_buffer)
    )
    options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm"}
    with xlsxwriter.Workbook(target, options) as book:
        page = book.add_worksheet(sheet)
        for column, label in enumerate(header):
            page.write_string(0, column, str(label))
        for line, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                shown = _shown(value)
                if isinstance(shown, str):
                    page.write_string(line, column, shown)
                else:
                    page.write(line, column, shown)
