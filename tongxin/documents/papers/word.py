"""The sheet as a Word document in the measures of GB/T 9704-2012, to be printed or written on.

Its words are Chinese, in whatever language its reader has the pages.
"""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu, Mm, Pt, RGBColor

from tongxin.ui.word import (
    BLACK,
    BODY,
    KAI,
    PITCH,
    SIZE_2,
    SIZE_3,
    SIZE_4,
    SMALL_4,
    TITLE,
    line,
    set_page,
    write,
)

from ..markup import Block
from .sheet import Sheet, rows_of

CENTRE, RIGHT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT
RED = RGBColor(0xE6, 0x00, 0x12)
WIDTH = Mm(156)
CHAR = WIDTH / 28  # 28 characters a line (5.2.3): 15.79 pt, a little less than 3号


def docx_of(sheet: Sheet, *, at: datetime) -> bytes:
    """Return the sheet as .docx; `at` is when it was made."""
    document = Document()
    set_page(document)
    _grid(document)
    if sheet.layout == "letter":
        _letter_head(document, sheet)
    else:
        _paper_head(document, sheet)
    _title(document, sheet)
    if sheet.recipients:
        _body_line(document, f"{sheet.recipients}：", indent=0)
    for block in sheet.body:
        _block(document, block)
    _people(document, sheet)
    _attachments(document, sheet)
    _signature(document, sheet)
    _imprint(document, sheet)
    core = document.core_properties
    core.title, core.author, core.created, core.modified = "".join(sheet.title), sheet.org, at, at
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _grid(document: Any) -> None:
    """Lay the page on a grid: 22 lines of 28 characters."""
    for old in document.sections[0]._sectPr.findall(qn("w:docGrid")):
        document.sections[0]._sectPr.remove(old)
    grid = OxmlElement("w:docGrid")
    grid.set(qn("w:type"), "linesAndChars")
    grid.set(qn("w:linePitch"), str(round(PITCH.pt * 20)))
    grid.set(qn("w:charSpace"), str(round((CHAR / 12700 - SIZE_3.pt) * 4096)))
    document.sections[0]._sectPr.append(grid)


def _blank(document: Any, n: int = 1) -> None:
    for _n in range(n):
        line(document, "", BODY, SIZE_3)


def _head_size(words: str, most: float) -> Any:
    return Pt(min(most, int(Mm(150).pt / max(len(words), 1))))


def _paper_head(document: Any, sheet: Sheet) -> None:
    """The head's upper edge 35 mm below that of the text, number two lines below, rule 4 mm below that."""
    marks = _marks(sheet) or [("", BLACK)]
    for words, face in marks:
        line(document, words, face, SIZE_3)
    above = Emu(Mm(35) - len(marks) * PITCH)
    if len(sheet.heads) > 1:
        _joint_head(document, sheet, above)
    else:
        size = _head_size(sheet.head, 44 if sheet.layout == "minutes" else 48)
        head = document.add_paragraph()
        head.alignment = CENTRE
        head.paragraph_format.space_before = above
        head.paragraph_format.space_after = Pt(0)
        write(head, sheet.head, TITLE, size).font.color.rgb = RED
    _blank(document, 2)
    _number_line(document, sheet)
    rule = line(document, "", BODY, Pt(4))
    rule.paragraph_format.line_spacing = Mm(4)
    _border(rule, bottom=("single", 12, "E60012"))


def _marks(sheet: Sheet) -> list[tuple[str, str]]:
    """Return 份号, 密级和保密期限, 紧急程度 from the top down, only what is set (7.2.1 to 7.2.3)."""
    marks = ((sheet.copy, BODY), (sheet.secrecy, BLACK), (sheet.urgency, BLACK))
    return [(words, face) for words, face in marks if words]


def _joint_head(document: Any, sheet: Sheet, above: Any) -> None:
    """The names of a joint paper, spread to one width, the main one first; 文件 beside them (7.2.4)."""
    longest = max(map(len, sheet.heads))
    most = min(36, Mm(92).pt / len(sheet.heads) / 1.35)
    size = Pt(min(most, int(Mm(148).pt / (longest + 2))))
    line(document, "", BODY, SIZE_3).paragraph_format.line_spacing = above
    table = document.add_table(rows=1, cols=2)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    names, suffix = table.rows[0].cells
    names.width, suffix.width = Emu(size * longest + Mm(4)), Emu(size * 2 + Mm(5))
    suffix.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    for n, name in enumerate(sheet.heads):
        row = names.paragraphs[0] if n == 0 else names.add_paragraph()
        row.alignment = WD_ALIGN_PARAGRAPH.DISTRIBUTE
        row.paragraph_format.space_before = row.paragraph_format.space_after = Pt(0)
        write(row, name, TITLE, size).font.color.rgb = RED
    write(suffix.paragraphs[0], "文件", TITLE, size).font.color.rgb = RED


def _number_line(document: Any, sheet: Sheet) -> None:
    """The number in the middle; of an upward paper left, who signed right, two names a row (7.2.6)."""
    rows = ["　".join(sheet.signers[n : n + 2]) for n in range(0, len(sheet.signers), 2)]
    if not rows:
        line(document, sheet.number, BODY, SIZE_3).alignment = CENTRE
        return
    right = Emu(WIDTH - round(CHAR))
    start = Emu(right - round(CHAR * max(map(len, rows))))
    for n, names in enumerate(rows):
        row = line(document, sheet.number if n == len(rows) - 1 else "", BODY, SIZE_3)
        row.paragraph_format.left_indent = row.paragraph_format.right_indent = Emu(round(CHAR))
        # The label ends where the names begin, and each row of names begins under the first.
        for stop, side in ((start, WD_TAB_ALIGNMENT.RIGHT), (start + Pt(1), WD_TAB_ALIGNMENT.LEFT)):
            row.paragraph_format.tab_stops.add_tab_stop(Emu(stop), side)
        write(row, "\t" + ("签发人：" if n == 0 else ""), BODY, SIZE_3)
        write(row, "\t" + names, KAI, SIZE_3)


def _letter_head(document: Any, sheet: Sheet) -> None:
    """10.1: head 30 mm below the edge of the paper, double rules of 170 mm, no number on page one."""
    section = document.sections[0]
    section.different_first_page_header_footer = True
    section.header_distance = Mm(30)
    head = section.first_page_header.paragraphs[0]
    head.alignment = CENTRE
    head.paragraph_format.space_after = Mm(4)
    write(head, sheet.head, TITLE, _head_size(sheet.head, 40)).font.color.rgb = RED
    over = section.first_page_header.add_paragraph()
    _wide(over)
    _border(over, top=("thickThinSmallGap", 18, "E60012"))
    foot = section.first_page_footer.paragraphs[0]
    _wide(foot)
    _border(foot, bottom=("thinThickSmallGap", 18, "E60012"))
    foot.paragraph_format.space_before = Mm(6)
    # The number on the first line right, what is marked from there down left.
    marks = _marks(sheet) or [("", BLACK)]
    for n, (words, face) in enumerate(marks):
        row = line(document, words, face, SIZE_3)
        if n == 0:
            row.paragraph_format.tab_stops.add_tab_stop(WIDTH, WD_TAB_ALIGNMENT.RIGHT)
            write(row, f"\t{sheet.number}", BODY, SIZE_3)


def _wide(paragraph: Any) -> None:
    """Let a paragraph reach over the text to 170 mm, in the middle of the paper."""
    form = paragraph.paragraph_format
    form.left_indent, form.right_indent = Mm(-8), Mm(-6)
    form.space_before = form.space_after = Pt(0)
    form.line_spacing = Pt(6)


def _border(paragraph: Any, **sides: tuple[str, int, str]) -> None:
    borders = OxmlElement("w:pBdr")
    for side, (style, eighths, colour) in sides.items():
        element = OxmlElement(f"w:{side}")
        for name, value in (
            ("val", style),
            ("sz", str(eighths)),
            ("space", "0"),
            ("color", colour),
        ):
            element.set(qn(f"w:{name}"), value)
        borders.append(element)
    properties = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(
        borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:outlineLvl", "w:rPr"
    )


def _title(document: Any, sheet: Sheet) -> None:
    if sheet.layout == "minutes" and "".join(sheet.title) == sheet.head:
        _blank(document, 2)
        return
    _blank(document, 2)
    for words in sheet.title:
        row = line(document, words, TITLE, SIZE_2, alignment=CENTRE)
        row.paragraph_format.line_spacing = Pt(PITCH.pt + 4)
        row.paragraph_format.keep_with_next = True
    _blank(document)


def _body_line(document: Any, text: str, *, indent: int = 2, face: str = BODY) -> Any:
    row = line(document, text, face, SIZE_3, alignment=WD_ALIGN_PARAGRAPH.JUSTIFY)
    row.paragraph_format.widow_control = False
    if indent:
        row.paragraph_format.first_line_indent = round(indent * CHAR)
        # Word keeps an indent of characters when the size changes; the measure is for other readers.
        row._p.get_or_add_pPr().get_or_add_ind().set(qn("w:firstLineChars"), str(indent * 100))
    return row


def _block(document: Any, block: Block) -> None:
    if block.kind == "table":
        _table(document, block.rows)
        return
    if block.kind == "break":
        document.add_page_break()
        return
    row = _body_line(document, "")
    if block.head:
        write(row, block.head, {1: BLACK, 2: KAI}.get(block.level, BODY), SIZE_3)
    if block.text:
        write(row, block.text, BODY, SIZE_3)
    if block.level in (1, 2):
        row.paragraph_format.keep_with_next = not block.text
        level = OxmlElement("w:outlineLvl")
        level.set(qn("w:val"), str(block.level - 1))
        row._p.get_or_add_pPr().append(level)


def _table(document: Any, rows: list[list[str]]) -> None:
    table = document.add_table(rows=len(rows), cols=len(rows[0]), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for n, words in enumerate(rows):
        for cell, text in zip(table.rows[n].cells, words, strict=True):
            write(cell.paragraphs[0], text, BLACK if n == 0 else BODY, SMALL_4)
    head = table.rows[0]._tr.get_or_add_trPr()
    head.append(OxmlElement("w:tblHeader"))


def _people(document: Any, sheet: Sheet) -> None:
    for n, (label, names) in enumerate(sheet.people):
        if n == 0:
            _blank(document)
        row = _body_line(document, "", indent=0)
        row.paragraph_format.left_indent = round(5 * CHAR)
        row.paragraph_format.first_line_indent = round(-3 * CHAR)
        write(row, label, BLACK, SIZE_3)
        write(row, f"：{names}", BODY, SIZE_3)


def _attachments(document: Any, sheet: Sheet) -> None:
    if not sheet.attachments:
        return
    _blank(document)
    many = len(sheet.attachments) > 1
    for n, name in enumerate(sheet.attachments, 1):
        lead = "附件：" if n == 1 else "\u3000\u3000\u3000"
        row = _body_line(document, f"{lead}{n}. {name}" if many else lead + name, indent=0)
        row.paragraph_format.left_indent = round((6 if many else 5) * CHAR)
        row.paragraph_format.first_line_indent = round(-(4 if many else 3) * CHAR)


def _signature(document: Any, sheet: Sheet) -> None:
    """署名 centred over the date, the date four characters from the edge (7.3.5.1), room for a seal."""
    if sheet.layout != "minutes" and sheet.date and sheet.orgs:
        _joint_signature(document, sheet)
    elif sheet.layout != "minutes" and sheet.date:
        _blank(document, 3)
        gap = _width(sheet.org) - _width(sheet.date)
        for words, more in ((sheet.org, -gap / 2), (sheet.date, 0)):
            row = line(document, words, BODY, SIZE_3, alignment=RIGHT)
            row.paragraph_format.right_indent = round(max(4 + more, 0) * CHAR)
            row.paragraph_format.keep_with_next = words == sheet.org
    if sheet.note:
        _body_line(document, f"（{sheet.note}）")


def _joint_signature(document: Any, sheet: Sheet) -> None:
    """The units of a joint paper side by side in their order, the date under the last (7.3.5.1)."""
    rows = rows_of(sheet.orgs)
    across = len(rows[0])
    for names in [*rows, [*[""] * (across - 1), sheet.date]]:
        if names[-1] != sheet.date:
            _blank(document, 3)  # room for a seal of 42 mm
        table = document.add_table(rows=1, cols=across)
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        for cell, words in zip(table.rows[0].cells, names, strict=True):
            row = cell.paragraphs[0]
            row.alignment = CENTRE if across > 1 else RIGHT
            row.paragraph_format.right_indent = Emu(0 if across > 1 else round(4 * CHAR))
            row.paragraph_format.line_spacing = PITCH
            row.paragraph_format.space_before = row.paragraph_format.space_after = Pt(0)
            row.paragraph_format.keep_with_next = names[-1] != sheet.date
            write(row, words, BODY, SIZE_3)


def _width(text: str) -> float:
    """Return the width in characters; digits are half."""
    return sum(0.5 if char.isascii() else 1 for char in text)


def _imprint(document: Any, sheet: Sheet) -> None:
    """版记: rules of 156 mm, thick (0.35 mm), thin (0.25 mm), thick; words in 4号 (7.4)."""
    is_letter = sheet.layout == "letter"
    if not sheet.copies and is_letter:
        return
    thick, thin = ("single", 8, "000000"), ("single", 6, "000000")  # eighths of a point
    if is_letter:
        _imprint_line(document, "抄送：" + sheet.copies + "。")
        return
    if sheet.copies:
        row = _imprint_line(document, "抄送：" + sheet.copies + "。")
        _border(row, top=thick)
    row = _imprint_line(document, f"{sheet.printer}\t{sheet.printed}{'印发'}")
    row.paragraph_format.tab_stops.add_tab_stop(Emu(WIDTH - SIZE_4), WD_TAB_ALIGNMENT.RIGHT)
    _border(row, top=thin if sheet.copies else thick, bottom=thick)


def _imprint_line(document: Any, text: str) -> Any:
    """A line in a frame at the foot of the text, where Word keeps it whatever stands above."""
    row = line(document, text, BODY, SIZE_4)
    row.paragraph_format.left_indent = row.paragraph_format.right_indent = SIZE_4
    frame = OxmlElement("w:framePr")
    for name, value in (
        ("w", str(round(WIDTH.twips))), ("hRule", "auto"), ("hSpace", "0"), ("wrap", "notBeside"),
        ("vAnchor", "margin"), ("hAnchor", "margin"), ("xAlign", "left"), ("yAlign", "bottom"),
    ):  # fmt: skip
        frame.set(qn(f"w:{name}"), value)
    row._p.get_or_add_pPr().insert_element_before(
        frame,
        "w:widowControl",
        "w:numPr",
        "w:pBdr",
        "w:shd",
        "w:tabs",
        "w:spacing",
        "w:ind",
        "w:jc",
    )
    return row
