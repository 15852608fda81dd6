"""The book as a Word document in the dress of official papers (GB/T 9704-2012).

The faces are named, not embedded: an office has 方正小标宋, 仿宋_GB2312 and 楷体_GB2312, which are
not free to hand on; Word puts another in their place where they are missing.
"""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any

from django.utils.translation import gettext as _
from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from ..queries.logbook import Book
from .facts import HEADS, Chapter, Facts, facts_of

TITLE, BODY, BLACK, SONG = "方正小标宋_GBK", "仿宋_GB2312", "黑体", "宋体"
LATIN = "Times New Roman"
TOP, BOTTOM, LEFT, RIGHT = Mm(37), Mm(35), Mm(28), Mm(26)  # 天头 37, 版心 156 × 225
PITCH = Pt(28.95)  # 22 lines on a page
SIZE_2, SIZE_3, SIZE_4, SMALL_4 = Pt(22), Pt(16), Pt(14), Pt(12)
WIDTHS = (Mm(13), Mm(25), Mm(72), Mm(20), Mm(26))
CENTRE = WD_ALIGN_PARAGRAPH.CENTER


def book_docx(book: Book, *, at: datetime) -> bytes:
    """Return the book as a .docx; `at` is when it was made."""
    facts, document = facts_of(book, at=at), Document()
    _set_page(document)
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


def _set_page(document: Any) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = TOP, BOTTOM
    section.left_margin, section.right_margin = LEFT, RIGHT
    section.footer_distance = Mm(28)  # the number stands 7 mm below the text
    section.different_first_page_header_footer = True
    document.settings.odd_and_even_pages_header_footer = True
    _page_number(section.footer.paragraphs[0], WD_ALIGN_PARAGRAPH.RIGHT)
    _page_number(section.even_page_footer.paragraphs[0], WD_ALIGN_PARAGRAPH.LEFT)
    style = document.styles["Normal"]
    style.font.name, style.font.size = LATIN, SIZE_3
    style.element.rPr.rFonts.set(qn("w:eastAsia"), BODY)


def _page_number(paragraph: Any, side: Any) -> None:
    """Write — 1 — in 4号 宋体, one character from the edge of the text."""
    paragraph.alignment = side
    indent = paragraph.paragraph_format
    indent.left_indent = indent.right_indent = SIZE_4
    _write(paragraph, "— ", SONG, SIZE_4)
    run = _write(paragraph, "", SONG, SIZE_4)
    for kind, words in (("begin", None), (None, " PAGE "), ("end", None)):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.set(qn("xml:space"), "preserve")
            element.text = words
        run._r.append(element)
    _write(paragraph, " —", SONG, SIZE_4)


def _write(paragraph: Any, text: str, face: str, size: Any, *, bold: bool = False) -> Any:
    run = paragraph.add_run(text)
    run.font.name, run.font.size, run.font.bold = LATIN, size, bold
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face)
    return run


def _line(document: Any, text: str, face: str, size: Any, *, alignment: Any = None) -> Any:
    paragraph = document.add_paragraph()
    form = paragraph.paragraph_format
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, PITCH
    form.space_before = form.space_after = Pt(0)
    paragraph.alignment = alignment
    _write(paragraph, text, face, size)
    return paragraph


def _cover(document: Any, facts: Facts) -> None:
    for _n in range(5):
        _line(document, "", BODY, SIZE_3)
    _line(document, facts.unit, TITLE, SIZE_2, alignment=CENTRE)
    _line(document, f"{facts.year}{facts.title}", TITLE, SIZE_2, alignment=CENTRE)
    for _n in range(7):
        _line(document, "", BODY, SIZE_3)
    table = document.add_table(rows=0, cols=2)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for label, words in facts.cover:
        cells = table.add_row().cells
        _fill(cells[0], label, BLACK, SIZE_4, Mm(36))
        _fill(cells[1], words, BODY, SIZE_4, Mm(104))
    _line(document, "", BODY, SIZE_3)
    last = _line(document, facts.sentence, BODY, SIZE_4, alignment=CENTRE)
    last.add_run().add_break(WD_BREAK.PAGE)


def _fill(cell: Any, text: str, face: str, size: Any, width: Any, alignment: Any = None) -> None:
    cell.width = width
    paragraph = cell.paragraphs[0]
    paragraph.alignment = alignment
    paragraph.paragraph_format.space_after = Pt(2)
    _write(paragraph, text, face, size)


def _heading(document: Any, text: str) -> None:
    paragraph = _line(document, text, BLACK, SIZE_3)
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.space_before = Pt(12)
    # An outline level, so that Word's navigation and a table of contents find the chapter.
    level = OxmlElement("w:outlineLvl")
    level.set(qn("w:val"), "0")
    paragraph._p.get_or_add_pPr().append(level)


def _contents(document: Any, facts: Facts) -> None:
    _line(document, _("目录"), BLACK, SIZE_3, alignment=CENTRE)
    if not facts.chapters:
        _line(document, facts.sentence, BODY, SIZE_3, alignment=CENTRE)
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
    last = _line(document, _("各条“序号”为全册记录链上的次序。"), BODY, SIZE_4)
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
