"""Word in the measures of GB/T 9704-2012: page, page number, a run in a named Chinese face.

The faces are named, not embedded: an office has 方正小标宋, 仿宋_GB2312 and 楷体_GB2312, which are
not free to hand on; Word puts another in their place where they are missing.
"""

from __future__ import annotations

from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

TITLE, BODY, BLACK, SONG = "方正小标宋_GBK", "仿宋_GB2312", "黑体", "宋体"
KAI = "楷体_GB2312"
LATIN = "Times New Roman"
TOP, BOTTOM, LEFT, RIGHT = Mm(37), Mm(35), Mm(28), Mm(26)  # 天头 37, 版心 156 × 225
PITCH = Pt(28.95)  # 22 lines on a page
SIZE_2, SIZE_3, SIZE_4, SMALL_4 = Pt(22), Pt(16), Pt(14), Pt(12)


def set_page(document: Any) -> None:
    """Set paper, margins, page numbers and the face of the body."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = TOP, BOTTOM
    section.left_margin, section.right_margin = LEFT, RIGHT
    section.footer_distance = Mm(28)  # the number stands 7 mm below the text
    document.settings.odd_and_even_pages_header_footer = True
    page_number(section.footer.paragraphs[0], WD_ALIGN_PARAGRAPH.RIGHT)
    page_number(section.even_page_footer.paragraphs[0], WD_ALIGN_PARAGRAPH.LEFT)
    style = document.styles["Normal"]
    style.font.name, style.font.size = LATIN, SIZE_3
    style.element.rPr.rFonts.set(qn("w:eastAsia"), BODY)


def page_number(paragraph: Any, side: Any) -> None:
    """Write — 1 — in 4号 宋体, one character from the edge of the text."""
    paragraph.alignment = side
    indent = paragraph.paragraph_format
    indent.left_indent = indent.right_indent = SIZE_4
    write(paragraph, "— ", SONG, SIZE_4)
    run = write(paragraph, "", SONG, SIZE_4)
    for kind, words in (("begin", None), (None, " PAGE "), ("end", None)):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.set(qn("xml:space"), "preserve")
            element.text = words
        run._r.append(element)
    write(paragraph, " —", SONG, SIZE_4)


def write(paragraph: Any, text: str, face: str, size: Any, *, bold: bool = False) -> Any:
    """Add a run in a Chinese face and return it."""
    run = paragraph.add_run(text)
    run.font.name, run.font.size, run.font.bold = LATIN, size, bold
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face)
    return run


def line(document: Any, text: str, face: str, size: Any, *, alignment: Any = None) -> Any:
    """Add a paragraph on the pitch of the page and return it."""
    paragraph = document.add_paragraph()
    form = paragraph.paragraph_format
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, PITCH
    form.space_before = form.space_after = Pt(0)
    paragraph.alignment = alignment
    if text:
        write(paragraph, text, face, size)
    return paragraph
