"""Numbers and lists that differ by place, field and year: versions with a date and a source.

The samples in `data/` hold for every district until it puts a version of its own beside them
(`actions.set_rules`); the version in force is the one that began last, and the district's own of
the same day wins.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from .models import RuleVersion

DATA = Path(__file__).parent / "data"
# What each list must have beside code and title.
COLUMNS = {
    "selection": ("most", "note"),
    "survey": ("most", "note"),
    "grades": ("least",),
    "reasons": ("note",),
    "honours": ("whom",),
    "duties": ("whom", "period", "note"),
    "subsidies": ("each_fen", "year_fen", "percent"),
    "help": ("note",),
    "village": ("value", "note"),
}
ABOUT = ("version", "effective_from", "sector", "source")


@dataclass(frozen=True)
class Rules:
    """One list as it holds on a day: rows of words by column, in their order."""

    kind: str
    version: str
    effective_from: date
    sector: str  # "" holds for every field that has no version of its own (S4.55)
    source: str
    rows: tuple[dict[str, str], ...]

    def __iter__(self) -> Iterator[dict[str, str]]:
        return iter(self.rows)

    def get(self, code: str) -> dict[str, str] | None:
        return next((row for row in self.rows if row["code"] == code), None)

    def title(self, code: str) -> str:
        """Return the words of a code; the code itself where the list no longer has it."""
        row = self.get(code)
        return row["title"] if row else code

    def number(self, code: str, column: str = "value") -> int:
        """Return the number of a row, 0 where there is none."""
        row = self.get(code)
        return int(row[column]) if row and row[column] else 0

    @property
    def choices(self) -> list[tuple[str, str]]:
        return [(row["code"], row["title"]) for row in self.rows]

    @property
    def most(self) -> int:
        """Return the sum of what can be scored at most."""
        return sum(int(row["most"]) for row in self.rows)


def in_force(kind: str, day: date, sector: str = "") -> Rules:
    """Return the version of a list that holds on a day; the oldest for a day before all of them.

    A field of work (`Org.sector`) with versions of its own goes by those. One query.
    """
    found = [*samples(kind), *_own(kind)]
    found = [one for one in found if sector and one.sector == sector] or [
        one for one in found if not one.sector
    ]
    begun = [rules for rules in found if rules.effective_from <= day]
    if not begun:
        return min(found, key=lambda rules: rules.effective_from)
    return max(enumerate(begun), key=lambda one: (one[1].effective_from, one[0]))[1]


def of_version(kind: str, version: str, day: date) -> Rules:
    """Return the version a register was begun with, or what holds on the day if it is unknown."""
    found = [rules for rules in [*samples(kind), *_own(kind)] if rules.version == version]
    return found[-1] if found else in_force(kind, day)


def _own(kind: str) -> list[Rules]:
    rows = RuleVersion.objects.filter(kind=kind).order_by("effective_from", "pk")
    return [
        Rules(kind, one.version, one.effective_from, one.sector, one.source, tuple(one.rows))
        for one in rows
    ]


@cache
def samples(kind: str) -> tuple[Rules, ...]:
    """Return the versions that come with the program, marked 样例 in their source."""
    with (DATA / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    found: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for line in lines:
        about = tuple(line.pop(name) for name in ABOUT)
        found.setdefault(about, []).append(line)
    return tuple(
        Rules(kind, version, date.fromisoformat(begun), sector, source, tuple(rows))
        for (version, begun, sector, source), rows in found.items()
    )
