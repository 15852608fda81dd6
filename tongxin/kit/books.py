"""Spreadsheets as people keep them: several pages, titles above the header, merged and hidden parts.

`kit.tables` reads a table whose first line names its columns; here nothing is taken for granted.
A book is looked through once, piece by piece, before any cell is laid out: what is too large,
packed to deceive, or not a table is refused by a sentence.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from tongxin.kit.tables import (
    Limits,
    UnreadableTable,
    column_letters,
    column_number,
    csv_lines,
    unpacked,
)
from tongxin.kit.tables_out import TableTooLarge

MEBI = 1024 * 1024
_SMALL_PART = 4 * MEBI  # workbook.xml and its relations
_LONGEST_CELL = 512 * 1024
_MOST_MARKS = 1000
_KEPT_MARKS = 200
LIMITS = Limits()
_EXACT_DIGITS = 10**15
_DECEITFUL = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_FILLED = re.compile(
    rb"""<(?:\w+:)?c(?=[\s>])(?:[^>]*?\sr\s*=\s*["']([A-Za-z]{1,3})(\d{1,9})["'])?[^>]*(?<!/)>"""
    rb"""(?!\s*</)\s*(<(?:\w+:)?f[\s>/])?"""
)
_MERGED = re.compile(
    rb"""<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*["']([A-Z]+)(\d+):([A-Z]+)(\d+)["']"""
)
_HIDDEN_ROW = re.compile(rb"""<(?:\w+:)?row\s(?=[^>]*?\shidden\s*=\s*["'](?:1|true)["'])[^>]*?\br\s*=\s*["'](\d+)["']""")  # fmt: skip
_HIDDEN_COLUMN = re.compile(
    rb"""<(?:\w+:)?col\s(?=[^>]*?\shidden\s*=\s*["'](?:1|true)["'])[^>]*>"""
)
_SPAN = re.compile(rb"""\s(min|max)\s*=\s*["'](\d+)["']""")
_PAGE = re.compile(r"""<(?:\w+:)?sheet\s[^>]*>""")
_RELATION = re.compile(r"""<(?:\w+:)?Relationship\s[^>]*>""")
_WORD = re.compile(r"""([\w:]+)\s*=\s*["']([^"']*)["']""")


@dataclass
class Marks:
    """What a page of a book has beside values; lines and columns count from 1.

    `merged` are ranges as (first line, last line, name), `hidden_columns` numbers, `formulas`
    the lines by column number (the first few), `last_line` that of the last filled cell.
    """

    merged: list[tuple[int, int, str]] = field(default_factory=list)
    hidden_columns: set[int] = field(default_factory=set)
    hidden_lines: list[int] = field(default_factory=list)
    formulas: dict[int, list[int]] = field(default_factory=dict)
    last_line: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the marks as JSON keeps them, a few examples of each."""
        return {
            "merged": [list(one) for one in self.merged[-_KEPT_MARKS:]],
            "hidden_columns": sorted(self.hidden_columns)[:_KEPT_MARKS],
            "hidden_lines": self.hidden_lines[-_KEPT_MARKS:],
            "formulas": {str(n): lines[-_KEPT_MARKS:] for n, lines in self.formulas.items()},
            "last_line": self.last_line,
        }

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> Marks:
        return cls(
            merged=[(first, last, place) for first, last, place in facts["merged"]],
            hidden_columns=set(facts["hidden_columns"]),
            hidden_lines=facts["hidden_lines"],
            formulas={int(n): lines for n, lines in facts["formulas"].items()},
            last_line=facts["last_line"],
        )


@dataclass(frozen=True)
class Book:
    """A file as handed in: the names of its visible pages, each with its marks."""

    name: str
    pages: dict[str, Marks]
    data: bytes = field(repr=False)
    limits: Limits = field(default_factory=Limits, repr=False)
    is_csv: bool = False

    def lines(self, page: str) -> Iterator[tuple[int, list[Any]]]:
        """Yield (line number in the file, values) of every line that is not empty.

        Values are str, int, float, bool, date, datetime or time; empty is "". Stops at the last
        filled line. Raises TableTooLarge after `limits.rows` lines.
        """
        count = 0
        for line, values in self._raw(page):
            if any(value != "" for value in values):
                count += 1
                if count > self.limits.rows:
                    raise TableTooLarge(f"“{self.name}”超过 {self.limits.rows} 行，请拆分后再导入")
                yield line, values

    def _raw(self, page: str) -> Iterator[tuple[int, list[Any]]]:
        if self.is_csv:
            yield from csv_lines(self.data, self.name)
            return
        try:
            with CalamineWorkbook.from_filelike(io.BytesIO(self.data)) as book:
                sheet = book.get_sheet_by_name(page)
        except (CalamineError, OSError, ValueError, IndexError) as error:
            raise _unreadable(self.name) from error
        # The reader leaves out empty columns on the left, but not empty rows at the top.
        left = [""] * (sheet.start[1] if sheet.start else 0)
        for line, values in enumerate(sheet.iter_rows(), 1):
            yield line, left + [_value(value) for value in values]


def open_book(data: bytes, *, name: str, limits: Limits = LIMITS) -> Book:
    """Look a file through; `name` is what the person calls it.

    :raises UnreadableTable: if it is neither XLSX nor CSV, or packed to deceive
    :raises TableTooLarge: if it is larger than `limits`, packed or unpacked
    """
    if len(data) > limits.size:
        raise TableTooLarge(f"“{name}”太大，最大 {limits.size // MEBI} MB，请拆分后再导入")
    if data[:2] != b"PK":
        for _line in csv_lines(data, name):  # all of it, so that nothing breaks off later
            pass
        return Book(name, {"CSV": Marks()}, data, limits, is_csv=True)
    marks = _look_through(data, name, limits)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            seen = [m.name for m in book.sheets_metadata if m.visible == SheetVisibleEnum.Visible]
    except (CalamineError, OSError, ValueError, IndexError) as error:
        raise _unreadable(name) from error
    pages = {page: marks.get(page, Marks()) for page in seen}
    if not pages:
        raise UnreadableTable(f"“{name}”里没有可见的工作表，请取消隐藏后再导入")
    return Book(name, pages, data, limits)


def _look_through(data: bytes, name: str, limits: Limits) -> dict[str, Marks]:
    """Unpack every part once and keep nothing but its marks; by the names of pages."""
    left = limits.unzipped
    by_part: dict[str, Marks] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if {"content.xml", "xl/workbook.bin"} & {e.lower() for e in archive.namelist()}:
                raise _unreadable(name)
            for info in archive.infolist():
                scan = _Scan(limits.cells) if "worksheets/" in info.filename else None
                for piece in unpacked(archive, info):
                    left -= len(piece)
                    fits = scan is None or scan.take(piece)
                    if left < 0 or not fits:
                        raise TableTooLarge(f"“{name}”展开后太大，请删去多余的行列，或拆分后再导入")
                if scan is not None:
                    if not scan.finish():
                        raise TableTooLarge(f"“{name}”展开后太大，请删去多余的行列，或拆分后再导入")
                    by_part[info.filename.lower()] = scan.marks
            parts = _parts_by_page(archive, name)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, KeyError) as error:
        raise _unreadable(name) from error
    return {page: by_part[part] for page, part in parts.items() if part in by_part}


def _parts_by_page(archive: zipfile.ZipFile, name: str) -> dict[str, str]:
    """Return which part of the package holds which page, by the page's name."""
    text = [
        _part(archive, part, name) for part in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
    ]
    targets: dict[str, str] = {}
    for tag in _RELATION.findall(text[1]):
        words = dict(_WORD.findall(tag))
        target = words.get("Target", "").lower()
        targets[words.get("Id", "")] = (
            target[1:] if target.startswith("/") else f"xl/{target.removeprefix('./')}"
        )
    found = {}
    for tag in _PAGE.findall(text[0]):
        words = dict(_WORD.findall(tag))
        place = next((value for key, value in words.items() if key.endswith(":id")), "")
        found[unescape(words.get("name", ""))] = targets.get(place, "")
    return found


def _part(archive: zipfile.ZipFile, part: str, name: str) -> str:
    """Return a small part as text; whatever declares entities is not read."""
    with archive.open(part) as stream:
        text = stream.read(_SMALL_PART + 1)
    if len(text) > _SMALL_PART or _DECEITFUL.search(text):
        raise _unreadable(name)
    return text.decode("utf-8", "replace")


class _Scan:
    """How far the filled cells of a page reach, and its marks, read from its XML as it comes."""

    def __init__(self, most_cells: int):
        self.most_cells = most_cells
        self.marks = Marks()
        self.rest = b""
        self.width = 0
        self.deceitful = False

    def take(self, piece: bytes) -> bool:
        """Take in the next piece; whether the page is still small enough and honest."""
        text = self.rest + piece
        # A cell is looked at whole: what begins after the last "<c" waits for the next piece.
        cut = max(
            text.rfind(b"<c "), text.rfind(b":c "), text.rfind(b"<mergeCell "), text.rfind(b"<row ")
        )
        cut = text.rfind(b"<", 0, cut + 1) if cut > 0 else -1
        if cut <= 0:
            self.rest = text
            return len(text) <= _LONGEST_CELL
        self.rest = text[cut:]
        return self._read(text[:cut]) and len(self.rest) <= _LONGEST_CELL

    def finish(self) -> bool:
        return self._read(self.rest)

    def _read(self, text: bytes) -> bool:
        if _DECEITFUL.search(text):
            return False
        marks = self.marks
        for match in _FILLED.finditer(text):
            letters, line, formula = match.groups()
            if letters is None:
                return False  # a cell that does not say its place could be anywhere
            number, column = int(line), column_number(letters)
            marks.last_line = max(marks.last_line, number)
            self.width = max(self.width, column)
            if formula:
                known = marks.formulas.setdefault(column, [])
                if len(known) < _MOST_MARKS:
                    known.append(number)
        self._read_frame(text)
        return self.width * marks.last_line <= self.most_cells

    def _read_frame(self, text: bytes) -> None:
        marks = self.marks
        if b"hidden" in text:
            marks.hidden_lines += [int(line) for line in _HIDDEN_ROW.findall(text)][:_MOST_MARKS]
            for tag in _HIDDEN_COLUMN.findall(text):
                span = {key: int(value) for key, value in _SPAN.findall(tag)}
                first = span.get(b"min", 0)
                last = min(span.get(b"max", first), first + _MOST_MARKS)
                marks.hidden_columns |= set(range(first, last + 1))
        if b"mergeCell" in text and len(marks.merged) < _MOST_MARKS:
            for a, first, b, last in _MERGED.findall(text):
                place = f"{a.decode()}{int(first)}:{b.decode()}{int(last)}"
                marks.merged.append((int(first), int(last), place))


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_DIGITS:
        return int(value)
    return value


def cell_name(column: int, line: int) -> str:
    """Return what a spreadsheet calls a cell: (2, 5) is B5."""
    return f"{column_letters(column)}{line}"


def _unreadable(name: str) -> UnreadableTable:
    return UnreadableTable(f"“{name}”打不开，请用 Excel 或 WPS 另存为 .xlsx 后再导入")
