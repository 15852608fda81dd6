"""The file of a guide: told by its content, bound to its version, handed to who reads the guide."""

from __future__ import annotations

import io
import zipfile
from hashlib import sha256

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from docx import Document
from PIL import Image

from tongxin.accounts.models import AuditEntry
from tongxin.cadres import actions
from tongxin.cadres.actions import guide_files
from tongxin.cadres.models import Guide
from tongxin.kit.errors import Invalid
from tongxin.testing import NOON

from .cast import send

PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
PDF_TYPE = "application/pdf"


def docx(**more: bytes) -> bytes:
    out = io.BytesIO()
    document = Document()
    document.add_paragraph("一、到岗")
    document.save(out)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, data in more.items():
            archive.writestr(f"word/{name}.bin", data)
    return out.getvalue()


def picture() -> bytes:
    out = io.BytesIO()
    image = Image.new("RGB", (40, 30), "red")
    exif = image.getexif()
    exif[0x010F] = "SecretCamera"
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def publish(world, operation, file=("指南.pdf", PDF), **more) -> Guide:
    given = {"title": "下派干部工作指南", "text": "", "at": NOON, "by": world.gao, "file": file}
    return actions.publish_guide(operation=operation, **given | more)


def read(guide: Guide) -> bytes:
    with guide.file.open("rb") as file:
        return file.read()


@pytest.mark.parametrize(
    ("name", "data", "media_type", "kept_as"),
    [
        ("指南.pdf", PDF, PDF_TYPE, "指南.pdf"),
        ("指南.jpg", PDF, PDF_TYPE, "指南.pdf"),  # the content says what it is
        ("指南.docx", docx(), guide_files.DOCX, "指南.docx"),
        ("../../etc/流程图.png", picture(), "image/jpeg", "流程图.jpg"),
        ('C:\\文件\\"<b>"\n.pdf', PDF, PDF_TYPE, "b.pdf"),
        (".pdf", PDF, PDF_TYPE, "附件.pdf"),
    ],
    ids=["pdf", "by-content", "docx", "picture", "bad-name", "no-name"],
)
def test_what_a_guide_may_carry(cadres, operation, name, data, media_type, kept_as):
    guide = publish(cadres, operation, (name, data))
    assert (guide.media, guide.file_name) == (media_type, kept_as)
    kept = read(guide)
    assert (guide.size, guide.sha256) == (len(kept), sha256(kept).hexdigest())
    assert b"SecretCamera" not in kept  # a picture is cleaned of its metadata
    assert guide.file.name.startswith("guides/") and "指南" not in guide.file.name


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("空.pdf", b"", "是空的"),
        ("程序.pdf", b"MZ\x90\x00program", "不是可以附上的文件"),
        ("网页.docx", b"<html><script>alert(1)</script></html>", "不是可以附上的文件"),
        ("断.pdf", b"%PDF-1.7\n" + b"x" * 4000, "没有传完整"),
        ("宏.docx", docx(vbaProject=b"Sub AutoOpen"), "有宏或程序"),
        ("断.docx", docx()[:-400], "已损坏"),
        ("大.pdf", PDF + b"0" * guide_files.MOST_FILE + b"%%EOF", "超过 15 MB"),
    ],
    ids=["empty", "program", "page", "broken-pdf", "macros", "broken-docx", "large"],
)
def test_what_it_may_not(cadres, operation, media, name, data, why):
    with pytest.raises(actions.BadGuideFile, match=why) as refused:
        publish(cadres, operation, (name, data))
    assert refused.value.field == "file"
    assert not Guide.objects.exists() and not list(media.rglob("*.*"))


def test_a_sheet_is_no_document_and_a_bomb_is_not_unpacked(cadres, operation, monkeypatch):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "")
        archive.writestr("xl/workbook.xml", "")
    with pytest.raises(actions.BadGuideFile, match="不是 Word 文档"):
        publish(cadres, operation, ("表.docx", out.getvalue()))
    monkeypatch.setattr(guide_files, "MOST_UNPACKED", 1_000_000)
    with pytest.raises(actions.BadGuideFile, match="展开后太大"):
        publish(cadres, operation, ("弹.docx", docx(zeros=bytes(2_000_000))))


def test_words_or_a_file(cadres, operation):
    with pytest.raises(Invalid, match="请填写正文，或者附上文件"):
        publish(cadres, operation, None)
    assert publish(cadres, operation, None, text="一、到岗").file_name == ""
    assert publish(cadres, operation).text == ""


@pytest.mark.mission("S0.23")
def test_a_reading_is_of_the_version_with_its_file(cadres, operation):
    send(cadres, operation, "bo", cadres.pine)
    first = publish(cadres, operation)
    actions.confirm_reading(guide=first, at=NOON, by=cadres.bo)
    second = publish(cadres, operation, ("指南.pdf", PDF + b"\n%%EOF"))
    first.refresh_from_db()
    assert (second.version, first.is_current) == (2, False)
    assert first.sha256 != second.sha256 and read(first) == PDF  # kept as it was
    assert not second.readings.exists()  # a new file is to be read anew
    assert publish(cadres, operation, None, text="不再附文件").file_name == ""
    entry = AuditEntry.objects.filter(action="guide.publish").order_by("pk").first()
    assert entry.detail["sha256"] == first.sha256


class TestPages:
    def test_published_with_a_file_and_handed_to_readers_alone(self, client, cadres, operation):
        send(cadres, operation, "bo", cadres.pine)
        client.force_login(cadres.gao)
        url = reverse("cadres:new-guide", args=[operation.pk])
        assert 'enctype="multipart/form-data"' in client.get(url).content.decode()
        sent = {"title": "工作指南", "text": "", "file": SimpleUploadedFile("指南.pdf", PDF)}
        assert client.post(url, sent).status_code == 302
        guide = Guide.objects.get()
        where = reverse("cadres:guide-file", args=[guide.pk])
        page = client.get(reverse("cadres:guide", args=[guide.pk])).content.decode()
        assert where in page and "指南.pdf" in page
        for who in (cadres.gao, cadres.bo):  # who directs, who serves
            client.force_login(who)
            answer = client.get(where)
            assert b"".join(answer.streaming_content) == PDF  # read to its end, it closes itself
            assert answer["Content-Type"] == PDF_TYPE
            assert answer["Content-Disposition"].startswith("attachment;")
            assert answer["X-Content-Type-Options"] == "nosniff"
        client.force_login(cadres.sun)  # neither there nor hers: the same
        assert client.get(where).status_code == 404
        client.logout()
        assert client.get(where).status_code == 302

    def test_a_picture_is_shown_and_no_file_is_not_there(self, client, cadres, operation, media):
        client.force_login(cadres.gao)
        shown = publish(cadres, operation, ("流程图.png", picture()))
        answer = client.get(reverse("cadres:guide-file", args=[shown.pk]))
        assert answer["Content-Type"] == "image/jpeg"
        assert answer["Content-Disposition"].startswith("inline")
        assert b"".join(answer.streaming_content).startswith(b"\xff\xd8")
        plain = publish(cadres, operation, None, text="一、到岗", title="另一份")
        assert client.get(reverse("cadres:guide-file", args=[plain.pk])).status_code == 404
        next(media.rglob("*.jpg")).unlink()
        assert client.get(reverse("cadres:guide-file", args=[shown.pk])).status_code == 404

    def test_a_refusal_stands_beside_the_field(self, client, cadres, operation):
        client.force_login(cadres.gao)
        url = reverse("cadres:new-guide", args=[operation.pk])
        bad = {"title": "工作指南", "text": "", "file": SimpleUploadedFile("指南.pdf", b"MZ")}
        answer = client.post(url, bad)
        assert answer.status_code == 422 and "不是可以附上的文件" in answer.content.decode()
        nothing = client.post(url, {"title": "工作指南", "text": ""})
        assert nothing.status_code == 422 and "请填写正文，或者附上文件" in nothing.content.decode()
        client.force_login(cadres.bo)  # who serves does not publish
        assert client.post(url, bad).status_code == 404
        assert not Guide.objects.exists()
