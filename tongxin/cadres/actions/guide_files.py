"""The file of a guide: a PDF, a Word document or a picture, told by its content, never by its name."""

from __future__ import annotations

import io
import zipfile
import zlib
from hashlib import sha256
from typing import Any

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid
from tongxin.kit.images import MEBI, check_photo
from tongxin.kit.tables import unpacked

from ..models.operations import GUIDE_ENDS

MOST_FILE = 15 * MEBI
MOST_UNPACKED = 150 * MEBI
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_PARTS = {"[Content_Types].xml", "word/document.xml"}


class BadGuideFile(Invalid):
    """Neither a PDF nor a Word document nor a picture; broken, with macros, or too large."""


def carry(name: str, data: bytes) -> dict[str, Any]:
    """Return the fields of a guide that carries this file: judged, a picture cleaned of metadata.

    :raises BadGuideFile: see there
    """
    name = name.replace("\\", "/").rpartition("/")[2]
    if not data:
        raise BadGuideFile(_("文件“%s”是空的，请重新选择") % name[:40], field="file")
    if len(data) > MOST_FILE:
        raise BadGuideFile(
            _("文件“%(name)s”超过 %(most)d MB，请压缩后再上传")
            % {"name": name[:40], "most": MOST_FILE // MEBI},
            field="file",
        )
    media, kept = _judged(name, data)
    stem = name.rpartition(".")[0] if "." in name else name
    stem = "".join(c for c in stem if c.isprintable() and c not in '"<>:|?*').strip(" .")
    return {
        "file": ContentFile(kept, name="guide"),
        "file_name": f"{stem[:70] or _('附件')}.{GUIDE_ENDS[media]}",
        "media": media,
        "size": len(kept),
        "sha256": sha256(kept).hexdigest(),
    }


def _judged(name: str, data: bytes) -> tuple[str, bytes]:
    if data.startswith(b"%PDF-"):
        if b"%%EOF" not in data[-2048:]:
            raise BadGuideFile(_("PDF“%s”没有传完整，请重新上传") % name[:40], field="file")
        return "application/pdf", data
    if data.startswith(b"PK\x03\x04"):
        _check_docx(name, data)
        return DOCX, data
    try:
        return "image/jpeg", check_photo(data, max_bytes=MOST_FILE).clean
    except Invalid as error:
        raise BadGuideFile(
            _("“%s”不是可以附上的文件，请换 PDF、Word（DOCX）或者 JPG、PNG 图片") % name[:40],
            field="file",
        ) from error


def _check_docx(name: str, data: bytes) -> None:
    """Read it through once, to the true end of every part, and keep nothing."""
    left = MOST_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if not names >= _PARTS:
                raise BadGuideFile(
                    _("“%s”不是 Word 文档（DOCX），请另存为 DOCX 或 PDF") % name[:40], field="file"
                )
            if any(part.lower().endswith(("vbaproject.bin", ".exe", ".dll")) for part in names):
                raise BadGuideFile(
                    _("“%s”里有宏或程序，请另存为不带宏的 DOCX 或 PDF") % name[:40], field="file"
                )
            for info in archive.infolist():
                for piece in unpacked(archive, info):
                    left -= len(piece)
                    if left < 0:
                        raise BadGuideFile(
                            _("“%s”展开后太大，请压缩图片后再上传") % name[:40], field="file"
                        )
    except (
        zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError,
    ) as error:  # fmt: skip
        raise BadGuideFile(_("“%s”已损坏，请重新上传") % name[:40], field="file") from error
