"""The book as a Word document in the dress of official papers (GB/T 9704-2012)."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any

from django.utils.translation import gettext as _
from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from tongxin.ui.word import (
    BLACK,
    BODY,
    SIZE_2,
    SIZE_3,
    SIZE_4,
    SMALL_4,
    TITLE,
    line,
    set_page,
    write,
)

from ..queries.logbook import Book
from .facts import HEADS, Chapter, Facts, facts_of

WIDTHS = (Mm(13), Mm(25), Mm(72), Mm(20), Mm(26))
CENTRE = WD_ALIGN_PARAGRAPH.CENTER


def book_docx(book: Book, *, at: datetime) -> bytes:
    """Return the book as a .docx; `at` is when it was made."""
    facts, document = facts_of(book, at=at), Document()
    set_page(document)
    document.sections[0].different_first_page_header_footer = True  # a cover has no number
    _cover(document, facts)
    _contents(document, facts)
    for chapter in facts.chapters:
        _heading(document, f"{chapter.number}、{chapter.title}")
        _entries(document, chapter)
    core = document.core_properties
    core.title = f"{facts.unit} {facts.year}{facts.title}"
    core.author, core.created, core.modified = facts.unit, at, at
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _cover(document: Any, facts: Facts) -> None:
    for _n in range(5):
        line(document, "", BODY, SIZE_3)
    line(document, facts.unit, TITLE, SIZE_2, alignment=CENTRE)
    line(document, f"{facts.year}{facts.title}", TITLE, SIZE_2, alignment=CENTRE)
    for _n in range(7):
        line(document, "", BODY, SIZE_3)
    table = document.add_table(rows=0, cols=2)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for label, words in facts.cover:
        cells = table.add_row().cells
        _fill(cells[0], label, BLACK, SIZE_4, Mm(36))
        _fill(cells[1], words, BODY, SIZE_4, Mm(104))
    line(document, "", BODY, SIZE_3)
    last = line(document, facts.sentence, BODY, SIZE_4, alignment=CENTRE)
    last.add_run().add_break(WD_BREAK.PAGE)


def _fill(cell: Any, text: str, face: str, size: Any, width: Any, alignment: Any = None) -> None:
    cell.width = width
    paragraph = cell.paragraphs[0]
    paragraph.alignment = alignment
    paragraph.paragraph_format.space_after = Pt(2)
    write(paragraph, text, face, size)


def _heading(document: Any, text: str) -> None:
    paragraph = line(document, text, BLACK, SIZE_3)
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.space_before = Pt(12)
    # An outline level, so that Word's navigation and a table of contents find the chapter.
    level = OxmlElement("w:outlineLvl")
    level.set(qn("w:val"), "0")
    paragraph._p.get_or_add_pPr().append(level)


def _contents(document: Any, facts: Facts) -> None:
    line(document, _("目录"), BLACK, SIZE_3, alignment=CENTRE)
    if not facts.chapters:
        line(document, facts.sentence, BODY, SIZE_3, alignment=CENTRE)
        return
    widths = (Mm(16), Mm(70), Mm(24), Mm(46))
    heads = ("", _("类别"), _("条数"), _("起止"))
    table = _table(document, heads, widths)
    for chapter in facts.chapters:
        words = (
            chapter.number,
            chapter.title,
            str(len(chapter.rows)),
            f"{chapter.first} – {chapter.last}",
        )
        _row(table, words, widths, centred=(0, 2, 3))
    last = line(document, _("各条“序号”为全册记录链上的次序。"), BODY, SIZE_4)
    last.add_run().add_break(WD_BREAK.PAGE)


def _entries(document: Any, chapter: Chapter) -> None:
    table = _table(document, [str(head) for head in HEADS], WIDTHS)
    for row in chapter.rows:
        _row(table, row, WIDTHS, centred=(0, 1, 3, 4))


def _table(document: Any, heads: Any, widths: Any) -> Any:
    table = document.add_table(rows=1, cols=len(heads), style="Table Grid")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    for cell, head, width in zip(table.rows[0].cells, heads, widths, strict=True):
        _fill(cell, head, BLACK, SMALL_4, width, CENTRE)
    _mark(table.rows[0], "w:tblHeader")  # repeated on every page
    return table


def _row(table: Any, words: Any, widths: Any, *, centred: tuple[int, ...]) -> None:
    row = table.add_row()
    _mark(row, "w:cantSplit")
    for n, (cell, text, width) in enumerate(zip(row.cells, words, widths, strict=True)):
        _fill(cell, text, BODY, SMALL_4, width, CENTRE if n in centred else None)


def _mark(row: Any, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))
