"""The book as PDF, set by typst with whatever Chinese face the server has."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from functools import cache
from pathlib import Path

import typst
from django.utils.translation import gettext as _

from tongxin.kit.errors import Refused

from ..queries.logbook import Book
from .facts import HEADS, facts_of

SOURCE = Path(__file__).parent / "book.typ"
# In this order: official faces if an office has installed them, then the free ones.
SONG = ("FangSong_GB2312", "FangSong", "FZFangSong-Z02", "Noto Serif CJK SC", "Source Han Serif SC",
        "Noto Serif SC", "FandolFang R", "FandolSong", "SimSun", "AR PL UMing CN")  # fmt: skip
HEI = ("SimHei", "Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "FandolHei",
       "WenQuanYi Micro Hei", "WenQuanYi Zen Hei")  # fmt: skip
TITLE = ("FZXiaoBiaoSong-B05", "FZXiaoBiaoSong-B05S", *SONG)
PACKAGE = "fonts-noto-cjk"


class NoChineseFont(Refused):
    """The server has no Chinese face: a PDF would show empty boxes."""

    status = 503


def book_pdf(book: Book, *, at: datetime) -> bytes:
    """Return the book as PDF; `at` is when it was made.

    :raises NoChineseFont: where no Chinese face is installed, with the package that has one
    """
    return typst.compile(_source(), format="pdf", sys_inputs=_inputs(book, at))


def book_pages(book: Book, *, at: datetime, ppi: float = 80) -> list[bytes]:
    """Return the pages of the PDF as PNG, to be looked at. :raises NoChineseFont: as above"""
    pages = typst.compile(_source(), format="png", ppi=ppi, sys_inputs=_inputs(book, at))
    return pages if isinstance(pages, list) else [pages]


def _source() -> bytes:
    return SOURCE.read_bytes()


def _inputs(book: Book, at: datetime) -> dict[str, str]:
    words = {
        "heads": [str(head) for head in HEADS],
        "contents": _("目录"),
        "kind": _("类别"),
        "count": _("条数"),
        "span": _("起止"),
        "note": _("各条“序号”为全册记录链上的次序。"),
    }
    faces = chosen_faces(installed_faces())
    facts = asdict(facts_of(book, at=at)) | {"words": words}
    return {"facts": json.dumps(facts, ensure_ascii=False), "faces": json.dumps(faces)}


@cache
def installed_faces() -> frozenset[str]:
    """Return the families typst finds on this machine; asked once for a process."""
    return frozenset(font.family for font in typst.Fonts(include_system_fonts=True).fonts())


def chosen_faces(there: frozenset[str]) -> dict[str, object]:
    """Return the faces of title, body and heads out of those installed.

    :raises NoChineseFont: if none of them is there
    """
    body = [face for face in SONG if face in there]
    heads = [face for face in HEI if face in there]
    title = [face for face in TITLE if face in there]
    if not body and not heads:
        raise NoChineseFont(
            _("服务器没有中文字体，PDF 会是空白方块，所以没有生成。"),
            remedy=_("请管理员安装软件包 %s 后重试，或先下载 Word 文档。") % PACKAGE,
        )
    is_official = bool(title) and title[0].startswith("FZ")
    return {
        "body": body or heads,
        "head": heads or body,
        "title": title or heads,
        "weight": "regular" if is_official else "bold",
    }
