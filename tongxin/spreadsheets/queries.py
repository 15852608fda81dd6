"""What pages and API ask of imports: recent ones, and the rows of one, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.errors import NotFound
from tongxin.ui.paging import bad_cursor

from .blocks import unpack_rows
from .declaring import BAD, CHANGED, NEW, SAME, Row, Sheet, all_sheets
from .models import ImportBlock, SheetImport

PAGE = 50
RECENT = 20
VERDICT_WORDS = {
    BAD: gettext_lazy("有问题"),
    NEW: gettext_lazy("新增"),
    CHANGED: gettext_lazy("更新"),
    SAME: gettext_lazy("不变"),
}
VERDICT_STATES = {BAD: "late", NEW: "done", CHANGED: "working", SAME: "idle"}


@dataclass(frozen=True)
class ShownRow:
    """A row as a page shows it: sealed values masked, sentences with the heading of their column."""

    line: int
    verdict: str
    who: list[str]
    problems: list[tuple[str, str]]
    changes: list[tuple[str, str, str]]

    @property
    def state(self) -> str:
        return VERDICT_STATES[self.verdict]

    @property
    def word(self) -> Any:
        return VERDICT_WORDS[self.verdict]


class NoSuchImport(NotFound):
    """There is no such import, or it is somebody else's, or of a register one keeps no longer."""


def import_of(actor, pk: int) -> SheetImport:
    """Return one of the actor's imports, as long as they keep its register. Raises NoSuchImport."""
    taken = SheetImport.objects.visible_to(actor).filter(pk=pk).first()
    sheet = all_sheets().get(taken.sheet) if taken else None
    if taken is None or sheet is None or not sheet.may(actor):
        raise NoSuchImport(_("没有找到这次导入"))
    return taken


def sheet_of_import(taken: SheetImport) -> Sheet:
    return all_sheets()[taken.sheet]


def recent_imports(actor, limit: int = RECENT) -> list[SheetImport]:
    """Return the actor's latest imports, newest first."""
    return list(SheetImport.objects.visible_to(actor).order_by("-pk")[:limit])


def rows_page(
    taken: SheetImport, verdict: str = "", cursor: str = "", size: int = PAGE
) -> tuple[list[ShownRow], str]:
    """Return a page of rows, in the order of the file, and the cursor of the next ("" at the end).

    With a `verdict` only rows of it. A cursor is "block-place". Raises BadCursor.
    """
    number, place = _read_cursor(cursor)
    sheet = sheet_of_import(taken)
    known = taken.blocks.filter(number__gte=number).order_by("number")
    wanted: list[int] = []
    expected = -place
    for block, counts in known.values_list("number", "counts"):
        here = counts.get(verdict, 0) if verdict else sum(counts.values())
        if here:
            wanted.append(block)
            expected += here
        if expected > size:
            break
    found: list[ShownRow] = []
    blocks = ImportBlock.objects.filter(source=taken, number__in=wanted).order_by("number")
    for one in blocks.iterator(chunk_size=8):
        rows = [
            row for row in unpack_rows(one.rows, sheet) if not verdict or row.verdict == verdict
        ]
        start = place if one.number == number else 0
        for at, row in enumerate(rows[start:], start):
            if len(found) == size:
                return found, f"{one.number}-{at}"
            found.append(shown(sheet, row))
    return found, ""


def _read_cursor(cursor: str) -> tuple[int, int]:
    if not cursor:
        return 0, 0
    number, dash, place = cursor.partition("-")
    if not (dash and number.isdecimal() and place.isdecimal() and len(cursor) < 16):
        raise bad_cursor()
    return int(number), int(place)


def shown(sheet: Sheet, row: Row) -> ShownRow:
    """Return a row as people may see it."""
    columns = sheet.by_name()
    who = [columns[name].spoken(row.get(name)) for name in sheet.shown if row.get(name)]
    problems = [(_beside(_heading(sheet, name), said), said) for name, said in row.problems]
    changes = [(_heading(sheet, name), old, new) for name, old, new in row.changes]
    return ShownRow(row.line, row.verdict, who, problems, changes)


def _beside(heading: str, sentence: str) -> str:
    """Return the heading, unless the sentence begins with it."""
    return "" if sentence.startswith((heading, _("请填写%s") % heading)) else heading


def _heading(sheet: Sheet, name: str) -> str:
    column = sheet.by_name().get(name)
    return str(column.label) if column else ""
