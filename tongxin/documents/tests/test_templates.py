"""Templates come from Word: their words are read, their places checked, nothing in them is run."""

import zipfile
from io import BytesIO

import pytest
from docx import Document as WordFile

from tongxin.documents import actions
from tongxin.documents.actions import MacroFile, NotAWordFile, Upload
from tongxin.documents.actions.files import check_file
from tongxin.documents.filling import BrokenField, UnknownField, check_places, sample_text
from tongxin.documents.models import DocumentTemplate
from tongxin.kit.errors import NotPermitted
from tongxin.testing import NOON

from .test_pages import as_user, words

KINDS = "advice_letter reminder_letter bulletin letter minutes inspection_report notice plan decision".split()


def word_file(*lines: str, styles=()) -> bytes:
    document = WordFile()
    for n, line in enumerate(lines):
        document.add_paragraph(line, style=styles[n] if n < len(styles) else None)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def with_macro(data: bytes) -> bytes:
    out = BytesIO(data)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("word/vbaProject.bin", b"x")
    return out.getvalue()


GOOD = word_file(
    "关于{{事由}}的提醒", "你单位存在以下问题：", "{{问题清单}}", "请于{{ 回复期限 }}前回复。"
)


def save(office, data=GOOD, **more):
    given = {
        "org": office.org, "kind": "reminder_letter", "name": "本委提示函", "file_name": "提示函.docx",
        "data": data, "by": office.drafter, "at": NOON,
    }  # fmt: skip
    return actions.save_template(**given | more)


def test_its_words_begin_a_document(office):
    row = save(office)
    made = office.letter(
        kind="reminder_letter", title="", template=row,
        context={"source": "专项检查", "findings": ["未公示", "未建账"]},
    )  # fmt: skip
    assert made.title == "关于专项检查的提醒"
    assert made.body.split("\n") == [
        "你单位存在以下问题：",
        "1.未公示",
        "2.未建账",
        "请于2026年3月20日前回复。",
    ]


def test_headings_of_word_become_levels(office):
    data = word_file("标题", "情况", "内容", styles=(None, "Heading 1"))
    assert save(office, data).body == "# 情况\n内容"


def test_a_new_version_replaces_and_none_is_lost(office):
    first, second = save(office), save(office, word_file("新标题", "新正文"))
    first.refresh_from_db()
    assert (first.version, first.is_active, second.version) == (1, False, 2)
    page = words(as_user(office.drafter).get(f"/documents/templates/{second.pk}/"))
    assert "v1" in page and "新正文" in page
    actions.retire_template(second, by=office.drafter, at=NOON)
    assert not DocumentTemplate.objects.filter(is_active=True).exists()


@pytest.mark.parametrize(
    ("name", "data", "refusal", "sentence"),
    [
        ("a.docx", word_file("题", "请按{{领导批示}}办理"), UnknownField, "领导批示"),
        ("a.docx", word_file("题", "见{{问题清单"), BrokenField, "没有成对"),
        ("a.docx", with_macro(GOOD), MacroFile, "带有宏"),
        ("a.docm", GOOD, MacroFile, "带有宏"),
        ("a.doc", b"\xd0\xcf\x11\xe0", NotAWordFile, "docx"),
        ("a.docx", b"PK\x03\x04 no archive", NotAWordFile, "打不开"),
        ("a.docx", word_file("只有标题"), NotAWordFile, "没有正文"),
    ],
)
def test_what_cannot_be_a_template_is_refused(office, name, data, refusal, sentence):
    with pytest.raises(refusal, match=sentence):
        save(office, data, file_name=name)
    assert not DocumentTemplate.objects.exists()


def test_only_ones_own_unit_has_templates(office):
    row = save(office)
    with pytest.raises(NotPermitted):
        save(office, by=office.world.li)
    with pytest.raises(NotPermitted):
        actions.retire_template(row, by=office.world.li, at=NOON)
    assert as_user(office.world.li).get(f"/documents/templates/{row.pk}/").status_code == 404


def test_it_is_handed_in_and_shown_on_the_page(office):
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = as_user(office.drafter)
    bad = SimpleUploadedFile("坏.docx", word_file("题", "{{不认识的}}"))
    form = {"org": office.org.pk, "kind": "reminder_letter", "name": "提示函"}
    client.get("/documents/templates/new/")
    answer = client.post("/documents/templates/new/", form | {"file": bad})
    assert (
        answer.status_code == 422 and "不认识的" in words(answer) and "可用的字段" in words(answer)
    )
    good = SimpleUploadedFile("好.docx", GOOD)
    answer = client.post("/documents/templates/new/", form | {"file": good}, follow=True)
    assert "{{问题清单}}" in words(answer)
    row = DocumentTemplate.objects.get()
    assert client.get(f"/documents/templates/{row.pk}/?file=1").content == GOOD


@pytest.mark.parametrize("kind", KINDS)
def test_every_sample_is_a_template_that_would_be_taken(kind):
    check_places("\n".join(sample_text(kind)))
    title, body = actions.read_template("样例.docx", actions.sample_template(kind))
    assert title == sample_text(kind)[0] and "{{" in body


class TestAttachments:
    @pytest.mark.parametrize("name", ["表.xlsm", "文.docm", "幻灯.pptm"])
    def test_macros_are_refused_by_name(self, name):
        with pytest.raises(MacroFile):
            check_file(Upload(name, b"PK\x03\x04"))

    def test_and_by_what_is_inside(self):
        with pytest.raises(MacroFile):
            check_file(Upload("文.docx", with_macro(GOOD)))
        check_file(Upload("文.docx", GOOD))

    @pytest.mark.parametrize(
        ("name", "data"), [("a.exe", b"MZ"), ("a.pdf", b"MZ"), ("无后缀", b"%PDF-")]
    )
    def test_what_is_not_what_its_name_says(self, name, data):
        with pytest.raises(actions.FileNotTaken):
            check_file(Upload(name, data))

    def test_one_too_large(self):
        with pytest.raises(actions.FileTooLarge, match=r"30\.0 MB"):
            check_file(Upload("a.pdf", b"%PDF-" + b"0" * (30 * 1024 * 1024 - 5)))
