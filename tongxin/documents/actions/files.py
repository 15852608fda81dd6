"""Files of a document: attachments checked as they come in, and what was issued, kept as it was."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from datetime import datetime

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.ui.faces import chosen_faces, installed_faces

from ..models import Document, DocumentFile, Reply
from ..papers import NoChineseFont, docx_of, pdf_of, sheet_of
from .drafting import locked_draft

MEBI = 1024 * 1024
MOST_MEBI, MOST_FILES = 20, 20
# What may come with a letter, by its first bytes: a name alone proves nothing.
OFFICE = {"docx", "xlsx", "pptx"}
STARTS = {
    "pdf": (b"%PDF-",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "png": (b"\x89PNG\r\n",),
    "doc": (b"\xd0\xcf\x11\xe0",),
    "xls": (b"\xd0\xcf\x11\xe0",),
    "wps": (b"\xd0\xcf\x11\xe0",),
    "ofd": (b"PK\x03\x04",),
    "zip": (b"PK\x03\x04",),
    **dict.fromkeys(OFFICE, (b"PK\x03\x04",)),
}


class FileTooLarge(Invalid):
    """The attachment has more bytes than may be sent."""


class FileNotTaken(Invalid):
    """Not a kind of file that may go with a letter, or not what its name says."""


class MacroFile(Invalid):
    """The file holds macros, which run on the reader's machine."""


@dataclass(frozen=True)
class Upload:
    name: str
    data: bytes


def check_size(name: str, size: int) -> None:
    """:raises FileTooLarge: before the file is read into memory"""
    if size > MOST_MEBI * MEBI:
        raise FileTooLarge(
            _("附件“%(name)s”有 %(size).1f MB，最大 %(most)d MB，请压缩或分成几个文件。")
            % {"name": name, "size": size / MEBI, "most": MOST_MEBI},
            field="files",
        )


def check_file(upload: Upload) -> None:
    """:raises FileTooLarge, FileNotTaken, MacroFile: with a sentence that names the file"""
    name = clean_text(upload.name, limit=120, field_label=_("文件名"), required=True)
    check_size(name, len(upload.data))
    kind = name.rpartition(".")[2].lower()
    if kind in ("docm", "xlsm", "pptm", "dotm"):
        raise _macro(name)
    if kind not in STARTS or not upload.data.startswith(STARTS[kind]):
        raise FileNotTaken(
            _("附件“%s”不是可以随文发送的文件。") % name,
            field="files",
            remedy=_("可用 PDF、OFD、Word、Excel、图片和 ZIP；扩展名应与内容一致。"),
        )
    if kind in OFFICE and has_macros(upload.data):
        raise _macro(name)


def _macro(name: str) -> MacroFile:
    return MacroFile(_("“%s”带有宏，不能上传，请另存为不带宏的文件。") % name, field="files")


def has_macros(data: bytes) -> bool:
    """Say whether an Office file holds macros; a file that is no archive has none to run."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return any(name.lower().endswith("vbaproject.bin") for name in archive.namelist())
    except zipfile.BadZipFile:
        return False


@transaction.atomic
def attach(
    document: Document,
    upload: Upload,
    *,
    by,
    at: datetime,
    reply: Reply | None = None,
    order: int | None = None,
) -> DocumentFile:
    """Put a file with a draft, or with a reply.

    :raises FileTooLarge, FileNotTaken, MacroFile: as `check_file`
    """
    if reply is None:
        document = locked_draft(document, by)
    check_file(upload)
    have = document.files.filter(slot="attachment", reply=reply)
    if have.count() >= MOST_FILES:
        raise Invalid(_("最多 %d 个附件。") % MOST_FILES, field="files")
    row = DocumentFile(
        document=document, reply=reply, name=upload.name, size=len(upload.data), at=at, by=by,
        order=have.count() if order is None else order,
        sha256=hashlib.sha256(upload.data).hexdigest(),
    )  # fmt: skip
    row.file.save(upload.name, ContentFile(upload.data), save=False)
    row.save()
    return row


@transaction.atomic
def detach(file: DocumentFile, *, by, at: datetime) -> None:
    """Take an attachment out of a draft."""
    locked_draft(file.document, by)
    if file.slot != "attachment" or file.reply_id:
        raise Invalid(_("只能移除拟稿中的附件。"))
    file.delete()


def keep_files(document: Document, *, at: datetime) -> list[DocumentFile]:
    """Make and keep what is issued: DOCX, and PDF where a Chinese face is installed. Doing it again changes nothing."""
    have = set(document.files.exclude(slot="attachment").values_list("slot", flat=True))
    sheet = sheet_of(document)
    made = []
    if "docx" not in have:
        made.append(_keep(document, "docx", docx_of(sheet, at=at), at))
    if "pdf" not in have:
        try:
            data, substitutions = pdf_of(sheet)
        except NoChineseFont:
            data = b""
        if data:
            made.append(_keep(document, "pdf", data, at))
            document.substitutions = substitutions
            document.save(update_fields=["substitutions"])
    return [row for row in made if row]


def _keep(document: Document, slot: str, data: bytes, at: datetime) -> DocumentFile | None:
    number = str(document.number)
    name = f"{number} {document.title}.{slot}".replace("/", "／")[-120:]
    row = DocumentFile(
        document=document, slot=slot, name=name, size=len(data), at=at,
        sha256=hashlib.sha256(data).hexdigest(),
    )  # fmt: skip
    row.file.save(f"paper.{slot}", ContentFile(data), save=False)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:  # another made it meanwhile
        row.file.delete(save=False)
        return None
    return row


class NoSuchCopy(Refused):
    """The paper is not printed in numbered copies, or not in so many, or not issued yet."""


def print_copy(document: Document, number: int, *, by, at: datetime, address: str = "") -> bytes:
    """Return one numbered copy (份号) of an issued paper as PDF; who took which is written down.

    :raises NoSuchCopy: for a number beyond the print run
    :raises NoChineseFont: where the server cannot draw it
    """
    if not document.is_issued or not document.print_run:
        raise NoSuchCopy(_("只有已印发、填写了印制份数的公文可以按份号印制。"), field="n")
    if not 1 <= number <= document.print_run:
        raise NoSuchCopy(
            _("这份公文共印 %(all)d 份，没有第 %(n)d 份。")
            % {"all": document.print_run, "n": number},
            field="n",
        )
    data, _faces = pdf_of(sheet_of(document, copy=number))
    audit(
        actor=by, action="document.copy", at=at, address=address,
        object=f"{document.number} {number:06d}", detail={"document": str(document.pk)},
    )  # fmt: skip
    return data


def files_due(*, at: datetime, limit: int = 20) -> int:
    """Make the files of issued documents that lack one: the process died, or a face came later.

    Two workers at once make each file once: the row is unique, and the second one's is dropped.
    """
    here = DocumentFile.objects.filter(document=OuterRef("pk"))
    lacks = ~Q(Exists(here.filter(slot="docx")))
    if _can_print():
        lacks |= ~Q(Exists(here.filter(slot="pdf")))
    rows = Document.objects.filter(lacks, issued_at__isnull=False, issued_at__lte=at)
    related = rows.select_related("kind", "org", "signer", "number__register")
    return sum(len(keep_files(row, at=at)) for row in related.order_by("pk")[:limit])


def _can_print() -> bool:
    try:
        chosen_faces(installed_faces())
    except NoChineseFont:
        return False
    return True
