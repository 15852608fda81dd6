"""What stands in the book, read once out of the tables; both files are set from it."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from ..models import Exemplar, Volume

log = logging.getLogger(__name__)
MOST_UNITS = 20
MOST_PICTURES = 2  # of one text: a volume of forty texts is to be sent by mail


@dataclass(frozen=True)
class Picture:
    data: bytes  # JPEG
    caption: str


@dataclass(frozen=True)
class Chapter:
    number: int
    title: str
    unit: str
    kind: str
    summary: str
    sections: tuple[tuple[str, str], ...]  # (head, words); one section needs no head
    authors: str = ""
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True)
class Part:
    title: str
    chapters: tuple[Chapter, ...]


@dataclass(frozen=True)
class Book:
    title: str
    subtitle: str
    org: str
    year: int
    issued_on: date | None
    foreword: tuple[str, ...]  # paragraphs
    parts: tuple[Part, ...]
    collected: int
    by_kind: tuple[tuple[str, int], ...] = field(default=())
    by_unit: tuple[tuple[str, int], ...] = field(default=())

    @property
    def chapters(self) -> list[Chapter]:
        return [chapter for part in self.parts for chapter in part.chapters]

    @property
    def day(self) -> str:
        on = self.issued_on
        return f"{on.year}年{on.month}月" if on else f"{self.year}年"


def bound(volume: Volume) -> Book:
    """Return the book of a volume as it stands now."""
    number, parts = 0, []
    kinds: Counter[str] = Counter()
    units: Counter[str] = Counter()
    items: dict[int, list[Exemplar]] = {}
    rows = volume.items.select_related("exemplar__kind", "exemplar__org").prefetch_related(
        "exemplar__photos__photo"
    )
    for row in rows.order_by("order", "pk"):
        items.setdefault(row.part_id, []).append(row.exemplar)
    for part in volume.parts.order_by("order", "pk"):
        chapters = []
        for one in items.get(part.pk, []):
            number += 1
            kinds[one.kind.name] += 1
            units[one.org.name] += 1
            chapters.append(_chapter(number, one))
        parts.append(Part(part.title, tuple(chapters)))
    return Book(
        title=volume.title, subtitle=volume.subtitle, org=volume.org.name, year=volume.year,
        issued_on=volume.issued_on, foreword=tuple(_paragraphs(volume.foreword)),
        parts=tuple(parts), collected=volume.collected, by_kind=tuple(kinds.most_common()),
        by_unit=_most(units),
    )  # fmt: skip


def _most(units: Counter[str]) -> tuple[tuple[str, int], ...]:
    """Return the units with most texts, and the others in one line."""
    rows = units.most_common()
    rest = sum(n for _name, n in rows[MOST_UNITS:])
    return (*rows[:MOST_UNITS], *([("其他单位", rest)] if rest else []))


def _chapter(number: int, one: Exemplar) -> Chapter:
    return Chapter(
        number=number, title=one.title, unit=one.org.name, kind=one.kind.name, summary=one.summary,
        sections=tuple(one.parts), authors=one.authors if one.authors != one.org.name else "", pictures=tuple(_pictures(one)),
    )  # fmt: skip


def _pictures(one: Exemplar) -> list[Picture]:
    found = []
    for row in list(one.photos.all())[:MOST_PICTURES]:
        try:
            with row.photo.file.open() as file:
                found.append(Picture(file.read(), row.caption))
        except FileNotFoundError:  # the text is bound without it
            log.warning("photo %s of exemplar %s is not there", row.photo_id, one.pk)
    return found


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
