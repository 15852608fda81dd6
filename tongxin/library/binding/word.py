"""The book as DOCX: styles, bookmarks and a table of contents that Word keeps up to date.

The numbers in the contents are those of the PDF, until Word computes its own when it opens the file.
"""

from __future__ import annotations

import io
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from tongxin.ui import word
from tongxin.ui.faces import NoChineseFont

from .book import Book, Chapter
from .pdf import WORDS, page_numbers

CENTRE, RIGHT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT
RED = RGBColor(0xA3, 0x1F, 0x24)
WIDTH = Mm(156)


def docx_of(book: Book) -> bytes:
    """Return the book as DOCX, in the faces an office has; Word puts others where they are missing."""
    try:
        pages = page_numbers(book)
    except NoChineseFont:  # the contents stay without numbers until Word fills them in
        pages = {}
    document = Document()
    word.set_page(document)
    _styles(document)
    _cover(document, book)
    _foreword(document, book)
    _contents(document, book, pages)
    for part in book.parts:
        _break(document)
        _heading(document, part.title, 1, book)
        for chapter in part.chapters:
            _chapter(document, chapter, book)
    _figures(document, book)
    document.core_properties.title, document.core_properties.author = book.title, book.org
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _styles(document: Any) -> None:
    for name, face, size in (
        ("Heading 1", word.TITLE, word.SIZE_2), ("Heading 2", word.BLACK, Pt(18)),
        ("Heading 3", word.BLACK, word.SIZE_4),
    ):  # fmt: skip
        style = document.styles[name]
        style.font.name, style.font.size, style.font.bold = word.LATIN, size, False
        style.font.color.rgb = RED if name == "Heading 1" else RGBColor(0, 0, 0)
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face)
    settings = document.settings.element
    update = OxmlElement("w:updateFields")
    update.set(qn("w:val"), "true")
    settings.append(update)


def _say(document: Any, text: str, face: str = word.BODY, size: Any = word.SIZE_4, *, side: Any = None, colour: Any = None) -> Any:  # fmt: skip
    paragraph = document.add_paragraph()
    paragraph.alignment = side
    run = word.write(paragraph, text, face, size)
    if colour is not None:
        run.font.color.rgb = colour
    return paragraph


def _break(document: Any) -> None:
    document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)


def _cover(document: Any, book: Book) -> None:
    for _n in range(5):
        document.add_paragraph()
    _say(document, book.title, word.TITLE, Pt(34), side=CENTRE, colour=RED)
    if book.subtitle:
        _say(document, book.subtitle, word.KAI, Pt(17), side=CENTRE)
    for _n in range(9):
        document.add_paragraph()
    _say(document, book.org, word.BLACK, word.SIZE_3, side=CENTRE)
    _say(document, book.day, word.BODY, word.SIZE_4, side=CENTRE)


def _foreword(document: Any, book: Book) -> None:
    if not book.foreword:
        return
    _break(document)
    _say(document, WORDS["foreword"], word.BLACK, Pt(20), side=CENTRE)
    for text in book.foreword:
        _indented(document, text)
    _say(document, book.org, side=RIGHT)
    _say(document, book.day, side=RIGHT)


def _indented(document: Any, text: str) -> None:
    _say(document, text).paragraph_format.first_line_indent = Pt(28)


def _contents(document: Any, book: Book, pages: dict[int, int]) -> None:
    """Write the contents as a TOC field whose present result is what we know."""
    _break(document)
    _say(document, WORDS["contents"], word.BLACK, Pt(20), side=CENTRE)
    lines: list[tuple[str, int | None, bool]] = []
    for part in book.parts:
        lines.append((part.title, None, True))
        lines += [(chapter.title, pages.get(chapter.number), False) for chapter in part.chapters]
    for n, (text, page, is_part) in enumerate(lines):
        paragraph = document.add_paragraph()
        if n == 0:
            _field(paragraph, "begin", ' TOC \\o "1-2" \\h \\z \\u ')
        paragraph.paragraph_format.tab_stops.add_tab_stop(
            WIDTH, WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS
        )
        if not is_part:
            paragraph.paragraph_format.left_indent = Pt(24)
        word.write(paragraph, text, word.BLACK if is_part else word.BODY, word.SMALL_4)
        if not is_part:
            word.write(paragraph, f"\t{page or ''}", word.BODY, word.SMALL_4)
        if n == len(lines) - 1:
            _field(paragraph, "end", "")


def _field(paragraph: Any, kind: str, words: str) -> None:
    run = paragraph.add_run()
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    run._r.append(mark)
    if kind == "begin":
        told = OxmlElement("w:instrText")
        told.set(qn("xml:space"), "preserve")
        told.text = words
        paragraph.add_run()._r.append(told)
        middle = OxmlElement("w:fldChar")
        middle.set(qn("w:fldCharType"), "separate")
        paragraph.add_run()._r.append(middle)


def _heading(document: Any, text: str, level: int, book: Book) -> None:
    paragraph = document.add_heading(level=level)
    paragraph.alignment = CENTRE
    paragraph.add_run(text)


def _chapter(document: Any, chapter: Chapter, book: Book) -> None:
    mates = next(part for part in book.parts if chapter in part.chapters).chapters
    place = mates.index(chapter)
    if place and (len(chapter.sections) > 1 or len(mates[place - 1].sections) > 1):
        _break(document)  # what has sections begins a page; short stories follow each other
    _heading(document, chapter.title, 2, book)
    told = f"{chapter.unit}　{chapter.authors}".strip("　")
    _say(document, told, word.BODY, word.SMALL_4, side=CENTRE)
    if chapter.summary:
        _say(document, chapter.summary, word.KAI, word.SIZE_4)
    for head, text in chapter.sections:
        if len(chapter.sections) > 1:
            document.add_heading(head, level=3)
        for line in text.splitlines():
            if line.strip():
                _indented(document, line.strip())
    _pictures(document, chapter)


def _pictures(document: Any, chapter: Chapter) -> None:
    for picture in chapter.pictures:
        paragraph = document.add_paragraph()
        paragraph.alignment = CENTRE
        paragraph.add_run().add_picture(io.BytesIO(picture.data), width=Mm(115))
        if picture.caption:
            _say(document, picture.caption, word.KAI, word.SMALL_4, side=CENTRE)


def _figures(document: Any, book: Book) -> None:
    _break(document)
    _heading(document, WORDS["figures"], 1, book)
    if book.collected:
        _say(document, WORDS["told"].format(all=book.collected, n=len(book.chapters)))
    for name, rows in ((WORDS["kind"], book.by_kind), (WORDS["unit"], book.by_unit)):
        if not rows:
            continue
        table = document.add_table(rows=0, cols=2, style="Table Grid")
        for left, right in ((name, WORDS["count"]), *rows, (WORDS["all"], sum(n for _w, n in rows))):  # fmt: skip
            cells = table.add_row().cells
            word.write(cells[0].paragraphs[0], str(left), word.BODY, word.SMALL_4)
            word.write(cells[1].paragraphs[0], str(right), word.BODY, word.SMALL_4)
            cells[1].paragraphs[0].alignment = RIGHT
        document.add_paragraph()
