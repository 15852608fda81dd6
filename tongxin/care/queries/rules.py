"""Kinds of files and numbers in force on a day: the district's own before the samples in data/."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from tongxin.kit.tables import read_table

from ..models import CareKind, CareRule

DATA = Path(__file__).parent.parent / "data"
SECONDS = 30  # after which a process looks again what the district has set


@dataclass(frozen=True)
class Kind:
    """Who is looked after: how often visited, how long a file holds, how long it is kept after."""

    code: str
    name: str
    every_days: int
    term_days: int
    forget_days: int
    effective_from: date
    source: str


@dataclass(frozen=True)
class Number:
    code: str
    path: str  # of the region where it holds; "" everywhere
    effective_from: date
    value: int
    source: str


@lru_cache(maxsize=1)
def sample_kinds() -> tuple[Kind, ...]:
    rows = read_table(DATA / "kinds.csv", name="kinds.csv").rows
    return tuple(
        Kind(
            row["code"], row["name"], int(row["every_days"]), int(row["term_days"]),
            int(row["forget_days"]), date.fromisoformat(row["effective_from"]), row["source"],
        )
        for _line, row in rows
    )  # fmt: skip


@lru_cache(maxsize=1)
def sample_rules() -> tuple[Number, ...]:
    rows = read_table(DATA / "rules.csv", name="rules.csv").rows
    return tuple(
        Number(
            row["code"], "", date.fromisoformat(row["effective_from"]), int(row["value"]),
            row["source"],
        )
        for _line, row in rows
    )  # fmt: skip


class _Own:
    """What the district has set itself, remembered by the process for half a minute."""

    def __init__(self) -> None:
        self.read_at = time.monotonic()
        names = ("code", "name", "every_days", "term_days", "forget_days", "effective_from")
        self.kinds = [Kind(*row) for row in CareKind.objects.values_list(*names, "source")]
        rows = CareRule.objects.values_list(
            "code", "region__path", "effective_from", "value", "source"
        )
        self.rules = [
            Number(code, path or "", since, value, source)
            for code, path, since, value, source in rows
        ]


_memory: dict[str, _Own] = {}


def _own() -> _Own:
    own = _memory.get("own")
    if own is None or time.monotonic() - own.read_at > SECONDS:
        own = _memory["own"] = _Own()
    return own


def forget() -> None:
    """Read anew at the next question: something was changed in this process."""
    _memory.clear()


def kinds(on: date) -> dict[str, Kind]:
    """Return the kinds in force on a day, by code; the latest of each, the district's own first."""
    found: dict[str, Kind] = {}
    for rows in (sample_kinds(), _own().kinds):
        for one in sorted(rows, key=lambda one: one.effective_from):
            if one.effective_from <= on:
                found[one.code] = one
    return found


def kind_of(code: str, on: date) -> Kind:
    """:raises LookupError: if there is no such kind on the day"""
    return kinds(on)[code]


def number(code: str, on: date, path: str = "") -> int:
    """Return a number as it holds on a day in the land of `path`; the nearest region's wins."""
    own = [
        one
        for one in _own().rules
        if one.code == code and one.effective_from <= on and path.startswith(one.path)
    ]
    if own:
        return max(own, key=lambda one: (len(one.path), one.effective_from)).value
    found = [one for one in sample_rules() if one.code == code and one.effective_from <= on]
    return max(found, key=lambda one: one.effective_from).value
