"""The life log as a book: a unit's year, read whole, its chain recomputed (S4.11)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from tongxin.kit import chain

from ..models import LogEntry, Org
from ..models.log import reads_books

# What the hash of an entry covers, in `actions.log_payload` too.
COVERED = (
    *("unit_id", "year", "seq", "kind", "text", "data", "source", "key", "at"),
    *("recorded_at", "actor_id"),
)


@dataclass(frozen=True)
class Book:
    """All entries of a unit's year in their order, and where the chain breaks, if it does."""

    unit: Org
    year: int
    entries: list[LogEntry]
    broken: LogEntry | None

    @property
    def head(self) -> str:
        """Return the last hash: whoever has it can tell later whether the book was changed."""
        return self.entries[-1].hash if self.entries else chain.GENESIS

    @property
    def is_whole(self) -> bool:
        return self.broken is None

    @property
    def sentence(self) -> str:
        """Say whether the book is whole, or name the first entry that is not as it was written."""
        if not self.entries:
            return _("本册还没有记录。")
        if self.broken is None:
            return _("本册 %d 条，链完整。") % len(self.entries)
        return _(
            "本册 %(n)d 条，第 %(seq)d 条（%(day)s）与记录链不符，可能被改动过，请联系管理员。"
        ) % {
            "n": len(self.entries),
            "seq": self.broken.seq,
            "day": localtime(self.broken.at).strftime("%Y-%m-%d"),
        }

    def by_kind(self) -> list[tuple[str, list[LogEntry]]]:
        """Return (label, entries) of every kind that has some, in the order of the kinds."""
        groups: dict[str, list[LogEntry]] = {kind: [] for kind in LogEntry.Kind.values}
        for entry in self.entries:
            groups.setdefault(entry.kind, []).append(entry)
        labels = dict(LogEntry.Kind.choices)
        return [(str(labels.get(kind, kind)), rows) for kind, rows in groups.items() if rows]


def book_units(actor) -> QuerySet[Org]:
    """Return the units whose books somebody may read; those dissolved keep theirs."""
    return Org.objects.filter(reads_books(actor), kind=Org.Kind.PARTY).select_related("region")


def book_years(unit: Org) -> list[int]:
    """Return the years of a unit's books, newest first; one query."""
    years = LogEntry.objects.filter(unit=unit).order_by().values_list("year", flat=True)
    return sorted(set(years.distinct()), reverse=True)


def open_book(unit: Org, year: int) -> Book:
    """Return a unit's book of a year, its chain recomputed; one query."""
    rows = LogEntry.objects.filter(unit=unit, year=year).select_related("actor").order_by("seq")
    entries = list(rows)
    return Book(unit, year, entries, broken_entry(entries))


def broken_entry(entries: list[LogEntry]) -> LogEntry | None:
    """Return the first entry that is not as it was written, or does not follow the one before."""
    at = chain.verify((entry.hash, entry.prev, covered(entry)) for entry in entries)
    gap = next((n for n, entry in enumerate(entries) if entry.seq != n + 1), None)
    found = [n for n in (at, gap) if n is not None]
    return entries[min(found)] if found else None


def covered(entry: LogEntry) -> dict:
    return {name: getattr(entry, name) for name in COVERED}


def broken_books() -> Iterator[tuple[str, int, int, datetime]]:
    """Yield (unit, year, seq, at) of the first broken entry of every book that has one."""
    rows = LogEntry.objects.select_related("unit").order_by("unit_id", "year", "seq")
    book: list[LogEntry] = []
    for entry in rows.iterator(chunk_size=2000):
        if book and (book[0].unit_id, book[0].year) != (entry.unit_id, entry.year):
            yield from _broken(book)
            book = []
        book.append(entry)
    if book:
        yield from _broken(book)


def _broken(book: list[LogEntry]) -> Iterator[tuple[str, int, int, datetime]]:
    entry = broken_entry(book)
    if entry is not None:
        yield entry.unit.name, entry.year, entry.seq, entry.at
