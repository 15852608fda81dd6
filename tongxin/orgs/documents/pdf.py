"""The book as PDF, set by typst with whatever Chinese face the server has."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import typst
from django.utils.translation import gettext as _

from tongxin.ui.faces import HEI, SONG, NoChineseFont, chosen_faces, installed_faces

from ..queries.logbook import Book
from .facts import HEADS, facts_of

__all__ = [
    "HEI",
    "SONG",
    "NoChineseFont",
    "book_pdf",
    "book_pages",
    "chosen_faces",
    "installed_faces",
]

SOURCE = Path(__file__).parent / "book.typ"


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
