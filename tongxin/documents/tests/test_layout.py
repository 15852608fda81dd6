"""The paper is opened and measured: GB/T 9704-2012 in the DOCX, and on the pages of the PDF."""

from __future__ import annotations

import ctypes
from functools import cache
from io import BytesIO

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from docx import Document as WordFile
from docx.oxml.ns import qn

from tongxin.documents.markup import blocks
from tongxin.documents.papers import NoChineseFont, docx_of, first_page, pdf_of
from tongxin.documents.papers.sheet import Sheet, broken, rows_of
from tongxin.testing import NOON
from tongxin.ui import faces

JOINT = ["滨海新区甲委员会", "滨海新区乙局", "滨海新区丙委"]
POINT = 25.4 / 72
TITLE = "关于基层党组织党费收缴管理和党务公开专项监督检查发现问题的建议书"
BODY = "\n".join(
    [
        "现将有关情况函告如下。",
        "# 基本情况",
        "## 台账不全。" + "发现部分台账记录不完整" * 4 + "。",
        "1. 缺签到表。",
        "（1）未记录表决。",
        "国" * (28 * 60),
    ]
)


def sheet(layout: str = "paper", **more) -> Sheet:
    given = {
        "layout": layout, "head": "滨海新区北塘街道办事处文件", "number": "津滨北办〔2026〕3号",
        "title": broken(TITLE), "recipients": "松社区党委、苇社区党委", "body": blocks(BODY),
        "attachments": ["问题清单", "任务分工表"], "org": "北塘街道办事处", "date": "2026年3月2日",
        "copies": "区纪委监委", "printer": "北塘街道办事处", "printed": "2026年3月2日",
    }  # fmt: skip
    return Sheet(**given | more)


class Page:
    """The characters of a page with their boxes in mm from its upper left corner."""

    def __init__(self, page) -> None:
        self.width, self.height = (round(size * POINT) for size in page.get_size())
        text = page.get_textpage()
        self.chars = []
        for n in range(text.count_chars()):
            char = text.get_text_range(n, 1)
            left, bottom, right, top = text.get_charbox(n, loose=True)
            size = pdfium.FPDFText_GetFontSize(text, n)
            if char.strip():
                box = (left * POINT, self.height_mm(page, top), right * POINT, self.height_mm(page, bottom))  # fmt: skip
                self.chars.append((char, box, round(size, 1)))
        self.faces = {self._face(text, n) for n in range(text.count_chars())}
        text.close()

    @staticmethod
    def height_mm(page, y: float) -> float:
        return (page.get_size()[1] - y) * POINT

    @staticmethod
    def _face(text, n: int) -> str:
        buffer = ctypes.create_string_buffer(128)
        pdfium.FPDFText_GetFontInfo(text, n, buffer, 128, ctypes.c_int())
        return buffer.value.decode()

    def lines(self, size: float = 16.0) -> list[str]:
        """Return the words of the lines set in a size, from the top down."""
        rows: dict[int, list] = {}
        for char, box, found in self.chars:
            if found == size:
                rows.setdefault(round(box[3]), []).append((box[0], char))
        merged: list[tuple[int, list]] = []
        for bottom, row in sorted(rows.items()):
            if merged and bottom - merged[-1][0] <= 2:
                merged[-1][1].extend(row)
            else:
                merged.append((bottom, list(row)))
        return ["".join(char for _x, char in sorted(row)) for _b, row in merged]

    def words(self) -> str:
        return "".join(char for char, _box, _size in self.chars)

    def of_size(self, size: float):
        return [(char, box) for char, box, found in self.chars if found == size]


def pages_of(paper: Sheet) -> list[Page]:
    try:
        data, _substitutions = pdf_of(paper)
    except NoChineseFont:
        pytest.skip("no Chinese face on this machine")
    document = pypdfium2.PdfDocument(data)
    pages = [Page(page) for page in document]
    document.close()
    return pages


@pytest.fixture
def pages() -> list[Page]:
    return drawn()


@cache
def drawn() -> list[Page]:
    return pages_of(sheet())


class TestPdf:
    def test_the_paper_is_a4_and_the_text_stays_in_its_frame(self, pages):
        for page in pages:
            assert (page.width, page.height) == (210, 297)
            for char, (left, top, right, bottom), size in page.chars:
                if size == 16.0:  # 版心: 28 to 184 mm across, 37 to 262 mm down
                    assert left >= 27 and right <= 185, char
                    assert top >= 36 and bottom <= 263, char

    def test_a_full_page_has_22_lines_of_28_characters(self, pages):
        lines = pages[1].lines()
        assert len(lines) == 22
        full = [line for line in lines if set(line) == {"国"}]
        assert len(full) > 10 and all(len(line) == 28 for line in full[1:])

    def test_lines_stand_28_95_points_apart(self, pages):
        feet = sorted({round(box[3], 2) for char, box in pages[1].of_size(16.0) if char == "国"})
        steps = [b - a for a, b in zip(feet, feet[1:], strict=False)]
        assert all(abs(step - 28.95 * POINT) < 0.05 for step in steps)

    def test_the_head_is_35_mm_below_the_frame_and_red_words_come_before_the_number(self, pages):
        head = [box for char, box, size in pages[0].chars if size > 24]
        assert len(head) == len("滨海新区北塘街道办事处文件")
        assert (
            abs(min(box[1] for box in head) - (37 + 35)) < 6
        )  # the box of a face is taller than its ink
        assert min(box[0] for box in head) >= 28 and max(box[2] for box in head) <= 184

    def test_the_title_is_2_hao_in_lines_that_keep_words(self, pages):
        lines = pages[0].lines(22.0)
        assert lines == broken(TITLE) and len(lines) == 2

    def test_page_numbers_stand_outside_between_dashes(self, pages):
        for n, page in enumerate(pages, 1):
            foot = [(char, box) for char, box in page.of_size(14.0) if box[3] > 263]
            assert "".join(char for char, _box in foot) == f"—{n}—"
            left, right = foot[0][1][0], foot[-1][1][2]
            assert (right > 170) if n % 2 else (left < 40)
            assert 262 < min(box[1] for _char, box in foot) < 275

    def test_attachments_signature_and_imprint_follow(self):
        pages = pages_of(sheet(body=blocks("请于期限前回复。")))
        last = "".join(page.words() for page in pages)
        order = [
            "附件：1.问题清单",
            "2.任务分工表",
            "北塘街道办事处2026年3月2日",
            "抄送：区纪委监委。",
            "印发",
        ]
        places = [last.index(words) for words in order]
        assert places == sorted(places)
        day = [box for page in pages for char, box in page.of_size(16.0) if char == "日"][-1]
        assert 155 < day[2] < 164  # four characters from the edge, under a name wider than itself

    def test_a_letter_has_its_own_head_and_no_number_on_its_first_page(self):
        letter = pages_of(sheet("letter", head="北塘街道办事处", urgency="特急"))
        words = letter[0].words()
        assert words.startswith("北塘街道办事处特急津滨北办〔2026〕3号")
        assert "—1—" not in words and "—2—" in letter[1].words()
        assert "印发" not in letter[-1].words() and "抄送" in letter[-1].words()
        number = [box for _char, box in letter[0].of_size(16.0)][len("特急") :][:12]
        assert abs(number[-1][2] - 184) < 1  # against the right edge of the text

    def test_minutes_name_who_was_there_and_bear_no_signature(self):
        minutes = pages_of(
            sheet("minutes", people=[("出席", "张敏、陈建国"), ("列席", "李强")], copies="")
        )
        last = minutes[-1].words()
        assert "出席：张敏、陈建国" in last and "列席：李强" in last
        assert last.count("2026年3月2日") == 1  # in the imprint only

    def test_upward_papers_name_who_signs(self):
        words = pages_of(sheet(signers=["唐颖"]))[0].words()
        assert "津滨北办〔2026〕3号签发人：唐颖" in words

    def test_number_of_the_copy_secrecy_and_urgency_stand_upper_left_in_that_order(self):
        marked = sheet(copy="000012", secrecy="机密★10年", urgency="特急")
        page = pages_of(marked)[0]
        assert page.lines()[:3] == ["000012", "机密★10年", "特急"]
        for words in ("000012", "机密★", "特急"):  # flush left: 28 mm from the edge, above the head
            boxes = [box for char, box in page.of_size(16.0) if char == words[0]]
            assert abs(boxes[0][0] - 28) < 1 and 36 < boxes[0][1] < 70
        head = [box for _char, box, size in page.chars if size > 24]
        assert abs(min(box[1] for box in head) - (37 + 35)) < 6  # the head stays where it was
        assert "★" not in pages_of(sheet())[0].words()

    def test_a_letter_has_them_under_its_rule(self):
        letter = pages_of(sheet("letter", head="北塘街道办事处", copy="000003", secrecy="秘密", urgency="加急"))  # fmt: skip
        lines = letter[0].lines()
        assert lines[:3] == ["000003津滨北办〔2026〕3号", "秘密", "加急"]

    def test_a_joint_paper_is_headed_and_signed_by_all_the_main_unit_first(self):
        pages = pages_of(sheet(orgs=JOINT, heads=JOINT, body=blocks("请照此办理。")))
        red = [(char, box) for char, box, size in pages[0].chars if size > 24]
        tops = sorted({round(box[1]) for _char, box in red})
        assert len(tops) >= 3 and red[0][1][1] - (37 + 35) < 6
        rows: dict[int, str] = {}
        edges: dict[int, tuple[float, float]] = {}
        for char, box in red:
            if char not in "文件":
                y = round(box[1])
                rows[y] = rows.get(y, "") + char
                left, right = edges.get(y, (999.0, 0.0))
                edges[y] = (min(left, box[0]), max(right, box[2]))
        assert [rows[y] for y in sorted(rows)] == JOINT
        assert max(right for _left, right in edges.values()) - min(right for _left, right in edges.values()) < 1  # fmt: skip
        suffix = next(box for char, box in red if char == "文")
        middle = (min(tops) + max(box[3] for _char, box in red)) / 2
        assert abs((suffix[1] + suffix[3]) / 2 - middle) < 2
        last = pages[-1]
        line = next(row for row in last.lines() if JOINT[0] in row)
        assert line == "".join(JOINT)  # side by side, in the order of the head
        third = [box for char, box in last.of_size(16.0) if char == "丙"][-1]
        day = [box for char, box in last.of_size(16.0) if char == "月"][-1]
        assert day[1] > third[1] and abs(day[0] - third[0]) < 12  # the date under the last
        words = "".join(page.words() for page in pages)
        assert words.count("北塘街道办事处") == 1  # the imprint is the main unit's

    def test_the_body_begins_on_the_first_page_of_nine_units(self):
        nine = [f"滨海新区第{n}委员会" for n in "一二三四五六七八九"]
        page = pages_of(sheet(orgs=nine, heads=nine, body=blocks("请照此办理。")))[0]
        assert "请照此办理。" in page.words()

    def test_who_signs_a_joint_upward_paper_stands_two_a_row(self):
        upward = sheet(signers=["唐颖", "李强", "周涛"], orgs=JOINT, heads=JOINT)
        page = pages_of(upward)[0]
        assert "签发人：唐颖李强" in page.lines() and "津滨北办〔2026〕3号周涛" in page.lines()

    def test_a_paper_is_chinese_in_whatever_language_the_pages_are(self):
        from django.utils import translation

        with translation.override("en"):
            words = "".join(page.words() for page in pages_of(sheet(signers=["唐颖"])))
            word = WordFile(BytesIO(docx_of(sheet(signers=["唐颖"]), at=NOON)))
        for label in ("签发人：", "附件：", "抄送：", "印发"):
            assert label in words and any(label in row.text for row in word.paragraphs)

    def test_words_are_words_and_never_markup(self):
        odd = '#panic("x") $ * _ [ ] \\ <a> @b // ``` #import "/etc/passwd"'
        found = pages_of(sheet(title=[odd], recipients=odd, body=blocks(odd), attachments=[odd]))
        assert "panic" in found[0].words()

    def test_what_stood_in_is_said(self, monkeypatch):
        there = frozenset({"Noto Serif CJK SC", "Noto Sans CJK SC"})
        monkeypatch.setattr(faces, "installed_faces", lambda: there)
        _data, swapped = pdf_of(sheet())
        assert (
            swapped["仿宋_GB2312"] == "Noto Serif CJK SC" and swapped["黑体"] == "Noto Sans CJK SC"
        )

    def test_official_faces_are_no_substitution(self):
        from tongxin.documents.papers.pdf import substitutions

        there = frozenset({"FangSong_GB2312", "FZXiaoBiaoSong-B05", "SimHei", "KaiTi_GB2312"})
        assert substitutions(faces.chosen_faces(there)) == {}

    def test_without_a_face_it_refuses_and_names_the_package(self, monkeypatch):
        monkeypatch.setattr(faces, "installed_faces", lambda: frozenset({"DejaVu Sans"}))
        for draw in (pdf_of, first_page):
            with pytest.raises(NoChineseFont, match="没有中文字体") as refusal:
                draw(sheet())
            assert "fonts-noto-cjk" in refusal.value.remedy


class TestWord:
    @pytest.fixture
    def word(self):
        return WordFile(BytesIO(docx_of(sheet(), at=NOON)))

    def test_page_and_margins(self, word):
        section = word.sections[0]
        measures = (
            section.page_width,
            section.page_height,
            section.top_margin,
            section.left_margin,
        )
        assert [round(one.mm, 1) for one in measures] == [210.0, 297.0, 37.0, 28.0]
        text = section.page_width - section.left_margin - section.right_margin
        high = section.page_height - section.top_margin - section.bottom_margin
        assert (round(text.mm if hasattr(text, "mm") else text / 36000), round(high / 36000)) == (
            156,
            225,
        )

    def test_the_grid_is_22_lines_of_28_characters(self, word):
        grid = word.sections[0]._sectPr.find(qn("w:docGrid"))
        pitch, space = int(grid.get(qn("w:linePitch"))), int(grid.get(qn("w:charSpace")))
        assert grid.get(qn("w:type")) == "linesAndChars"
        assert int(225 / 25.4 * 1440 / pitch) == 22
        assert round(156 / 25.4 * 72 / (16 + space / 4096), 2) == 28

    def faces(self, word) -> dict[str, tuple[str, float]]:
        found = {}
        for paragraph in word.paragraphs:
            for run in paragraph.runs:
                fonts = run._element.rPr.rFonts
                found[run.text] = (fonts.get(qn("w:eastAsia")), run.font.size.pt)
        return found

    def test_faces_and_sizes_by_level(self, word):
        found = self.faces(word)
        assert found["滨海新区北塘街道办事处文件"][0] == "方正小标宋_GBK"
        assert found[broken(TITLE)[0]] == ("方正小标宋_GBK", 22)
        assert found["一、基本情况"] == ("黑体", 16)
        assert found["（一）台账不全。"] == ("楷体_GB2312", 16)
        assert found["1. 缺签到表。"] == found["（1）未记录表决。"] == ("仿宋_GB2312", 16)
        assert found["抄送：区纪委监委。"] == ("仿宋_GB2312", 14)

    def test_the_pitch_is_exact_and_paragraphs_begin_two_characters_in(self, word):
        body = next(one for one in word.paragraphs if one.text.startswith("现将"))
        assert round(body.paragraph_format.line_spacing.pt, 2) == 28.95
        assert body._p.pPr.ind.get(qn("w:firstLineChars")) == "200"

    def test_page_numbers_differ_on_odd_and_even_pages(self, word):
        section = word.sections[0]
        assert word.settings.odd_and_even_pages_header_footer
        odd, even = section.footer.paragraphs[0], section.even_page_footer.paragraphs[0]
        assert (odd.alignment, even.alignment) == (2, 0)
        assert "— " in odd.text and " PAGE " in odd._p.xml

    def test_the_rule_is_red_and_the_imprint_stands_at_the_foot(self, word):
        xml = word.element.xml
        assert 'w:color="E60012"' in xml and 'w:yAlign="bottom"' in xml

    def test_a_letter_has_double_rules_and_no_number_on_its_first_page(self):
        word = WordFile(BytesIO(docx_of(sheet("letter"), at=NOON)))
        section = word.sections[0]
        assert section.different_first_page_header_footer
        assert "thickThinSmallGap" in section.first_page_header._element.xml
        assert "thinThickSmallGap" in section.first_page_footer._element.xml
        assert "PAGE" not in section.first_page_footer._element.xml

    def test_marks_and_joint_heads(self):
        marked = sheet(
            copy="000012", secrecy="机密★10年", urgency="特急", orgs=JOINT, heads=JOINT,
            signers=["唐颖", "李强", "周涛"],
        )  # fmt: skip
        word = WordFile(BytesIO(docx_of(marked, at=NOON)))
        rows = [row.text for row in word.paragraphs]
        assert rows[:3] == ["000012", "机密★10年", "特急"]
        names, suffix = word.tables[0].rows[0].cells
        assert names.text.split("\n") == JOINT and suffix.text == "文件"
        assert all(row.alignment == 4 for row in names.paragraphs)  # spread to one width
        assert "\t签发人：\t唐颖　李强" in rows and "津滨北办〔2026〕3号\t\t周涛" in rows
        signed = [[cell.text for cell in table.rows[0].cells] for table in word.tables[-2:]]
        assert signed == [JOINT, ["", "", "2026年3月2日"]]


def test_seals_stand_three_a_row_at_most_and_the_last_one_over_the_date():
    assert rows_of(["甲", "乙"]) == [["甲", "乙"]]
    assert rows_of(["甲", "乙", "丙", "丁"]) == [["甲", "乙", "丙"], ["", "", "丁"]]
    long = ["中共天津市滨海新区委员会组织部", "滨海新区人力资源和社会保障局"]
    assert rows_of(long) == [[long[0]], [long[1]]]  # too wide to stand side by side


class TestTitles:
    def test_a_long_one_breaks_between_words(self):
        for title in (TITLE, "关于做好二〇二六年度老旧小区改造和社区治理工作有关事项的通知"):
            lines = broken(title)
            assert "".join(lines) == title and all(len(one) <= 20 for one in lines)
            assert not any(one.startswith(("的", "》", "、")) for one in lines)

    def test_a_short_one_stays_whole(self):
        assert broken("关于放假的通知") == ["关于放假的通知"]


class TestMarkup:
    def test_levels_number_themselves_and_begin_anew_under_the_next(self):
        body = blocks("# 甲\n## 一。后\n## 二\n### 丙\n#### 丁\n# 乙\n## 又")
        assert [one.words for one in body] == [
            "一、甲", "（一）一。后", "（二）二", "1.丙", "（1）丁", "二、乙", "（一）又",
        ]  # fmt: skip
        assert (body[1].head, body[1].text) == ("（一）一。", "后")

    def test_typed_numbers_are_kept_and_figures_are_no_levels(self):
        body = blocks("三、已有\n1.5万元已拨付。\n2026年完成。\n| 甲 | 乙 |\n|---|---|\n| 1 | 2 |")
        assert [one.level for one in body] == [1, 0, 0, 0]
        assert body[3].rows == [["甲", "乙"], ["1", "2"]]
