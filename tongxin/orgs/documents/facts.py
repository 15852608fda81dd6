"""What both documents say: the cover, the contents, the entries, as plain words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.text import chinese_number

from ..queries.logbook import Book

HEADS = (
    gettext_lazy("序号"),
    gettext_lazy("发生日期"),
    gettext_lazy("内容"),
    gettext_lazy("记录人"),
    gettext_lazy("记录时间"),
)


@dataclass(frozen=True)
class Chapter:
    number: str  # 一, 二, …
    title: str
    first: str
    last: str
    rows: list[tuple[str, ...]]  # seq, day, text, who, recorded


@dataclass(frozen=True)
class Facts:
    title: str
    unit: str
    year: str
    cover: list[tuple[str, str]]
    sentence: str
    chapters: list[Chapter]


def facts_of(book: Book, *, at: datetime) -> Facts:
    """Return the words of a book; `at` is when the document was made."""
    chapters = []
    for n, (label, entries) in enumerate(book.by_kind(), start=1):
        days = sorted(localtime(entry.at).date() for entry in entries)
        rows: list[tuple[str, ...]] = [
            (
                str(entry.seq),
                f"{localtime(entry.at):%Y-%m-%d}",
                entry.text,
                entry.actor.name if entry.actor else _("系统"),
                f"{localtime(entry.recorded_at):%Y-%m-%d %H:%M}",
            )
            for entry in entries
        ]
        chapters.append(
            Chapter(chinese_number(n), label, f"{days[0]:%m-%d}", f"{days[-1]:%m-%d}", rows)
        )
    return Facts(
        title=_("全程纪实册"),
        unit=book.unit.name,
        year=_("%d 年度") % book.year,
        cover=[
            (_("党组织"), book.unit.name),
            (_("年度"), str(book.year)),
            (_("记录"), _("%d 条") % len(book.entries)),
            (_("末条校验码"), " ".join(book.head[n : n + 8] for n in range(0, 64, 8))),
            (_("生成时间"), f"{localtime(at):%Y-%m-%d %H:%M}"),
        ],
        sentence=book.sentence,
        chapters=chapters,
    )
