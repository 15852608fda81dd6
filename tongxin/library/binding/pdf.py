"""The book as PDF, set by typst; on which page each text stands."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tongxin.ui.faces import chosen_faces, installed_faces

from .book import Book

SOURCE = Path(__file__).parent / "volume.typ"
# A volume is in Chinese, in whatever language its editor has the pages.
WORDS = {
    "contents": "目录", "foreword": "前言", "figures": "收录情况", "kind": "类型", "unit": "报送单位",
    "count": "篇数", "all": "合计", "told": "共征集 {all} 个，收录 {n} 个。", "editor": "编印",
}  # fmt: skip


@contextmanager
def _desk(book: Book) -> Iterator[tuple[Path, dict[str, str]]]:
    """Lay source and pictures into a folder of their own; yield the source and its inputs."""
    faces = chosen_faces(installed_faces())
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        source = root / "volume.typ"
        source.write_bytes(SOURCE.read_bytes())
        facts = _facts(book)
        for chapter, told in zip(book.chapters, facts["chapters"], strict=True):
            for n, picture in enumerate(chapter.pictures):
                name = f"{chapter.number}-{n}.jpg"
                (root / name).write_bytes(picture.data)
                told["pictures"].append({"file": name, "caption": picture.caption})
        yield (
            source,
            {
                "facts": json.dumps(facts, ensure_ascii=False),
                "faces": json.dumps(faces, ensure_ascii=False),
            },
        )


def _facts(book: Book) -> dict[str, Any]:
    told = WORDS["told"].format(all=book.collected, n=len(book.chapters))
    return {
        "title": book.title, "subtitle": book.subtitle, "org": book.org, "day": book.day,
        "foreword": book.foreword, "by_kind": book.by_kind, "by_unit": book.by_unit,
        "words": WORDS | {"told": told if book.collected else ""}, "n": len(book.chapters),
        "parts": [[part.title, [c.number for c in part.chapters]] for part in book.parts],
        "chapters": [
            {
                "number": c.number, "title": c.title, "unit": c.unit, "authors": c.authors,
                "summary": c.summary, "pictures": [],
                "sections": [[head, [p.strip() for p in text.splitlines() if p.strip()]] for head, text in c.sections],
            }
            for c in book.chapters
        ],
    }  # fmt: skip


def pdf_of(book: Book) -> bytes:
    """Return the book as PDF. :raises NoChineseFont: where the server has no Chinese face"""
    import typst

    with _desk(book) as (source, inputs):
        return typst.compile(source, sys_inputs=inputs)


def pages_of(book: Book, *, ppi: float = 72) -> list[bytes]:
    """Return the pages as PNG, to be looked at. :raises NoChineseFont:"""
    import typst

    with _desk(book) as (source, inputs):
        pages = typst.compile(source, format="png", ppi=ppi, sys_inputs=inputs)
    return pages if isinstance(pages, list) else [pages]


def page_numbers(book: Book) -> dict[int, int]:
    """Return {number of a chapter: its page}, as the contents of the PDF say. :raises NoChineseFont:"""
    import typst

    with _desk(book) as (source, inputs):
        found = json.loads(typst.query(source, "<chapter>", field="value", sys_inputs=inputs))
    return {one["number"]: one["page"] for one in found}
