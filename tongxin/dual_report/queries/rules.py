"""Numbers and kinds in force on a day: our samples out of data/, and what the district set itself."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid
from tongxin.kit.tables import read_table

from ..models import Kind, Rule

DATA = Path(__file__).parent.parent / "data"
SECONDS = 30  # after which a process looks again what the district has set


class UnknownKind(Invalid):
    """No such word may be chosen on that day."""


@dataclass(frozen=True)
class Number:
    """A rule as it held on a day, and whose it is."""

    code: str
    version: str
    effective_from: date
    value: str
    source: str


@dataclass(frozen=True)
class Word:
    """Something to choose, valid from a day to a day."""

    group: str
    code: str
    name: str
    text: str
    effective_from: date
    effective_to: date | None
    source: str

    def holds(self, on: date) -> bool:
        ended = self.effective_to is not None and self.effective_to <= on
        return self.effective_from <= on and not ended


@lru_cache(maxsize=1)
def sample_rules() -> tuple[Number, ...]:
    """Return the numbers that come with the software."""
    rows = read_table(DATA / "rules.csv", name="rules.csv").rows
    return tuple(
        Number(
            row["code"], row["version"], date.fromisoformat(row["effective_from"]), row["value"],
            row["source"],
        )
        for _line, row in rows
    )  # fmt: skip


@lru_cache(maxsize=1)
def sample_kinds() -> tuple[Word, ...]:
    """Return the words that come with the software."""
    rows = read_table(DATA / "kinds.csv", name="kinds.csv").rows
    return tuple(
        Word(
            row["group"], row["code"], row["name"], row["text"],
            date.fromisoformat(row["effective_from"]),
            date.fromisoformat(row["effective_to"]) if row["effective_to"] else None,
            row["source"],
        )
        for _line, row in rows
    )  # fmt: skip


class _Own:
    """What the district has set itself, remembered by the process for half a minute."""

    def __init__(self) -> None:
        self.read_at = time.monotonic()
        fields = ("code", "version", "effective_from", "value", "source")
        self.rules = [Number(*row) for row in Rule.objects.values_list(*fields)]
        columns = ("group", "code", "name", "text", "effective_from", "effective_to", "source")
        self.kinds = [Word(*row) for row in Kind.objects.values_list(*columns)]


_memory: dict[str, _Own] = {}


def _own() -> _Own:
    own = _memory.get("own")
    if own is None or time.monotonic() - own.read_at > SECONDS:
        own = _memory["own"] = _Own()
    return own


def forget() -> None:
    """Read anew at the next question: something was changed in this process."""
    _memory.clear()


def rule(code: str, on: date) -> Number:
    """Return a number as it held on a day: the latest in force, the district's own before ours."""
    for rows in (_own().rules, sample_rules()):
        found = [one for one in rows if one.code == code and one.effective_from <= on]
        if found:
            return max(found, key=lambda one: one.effective_from)
    raise LookupError(f"no rule {code!r} on {on}")


def number(code: str, on: date) -> int:
    return int(rule(code, on).value)


def numbers(code: str, on: date) -> list[int]:
    return [int(word) for word in rule(code, on).value.split()]


def kinds(group: str, on: date | None = None) -> dict[str, Word]:
    """Return the words of a group by code, those in force on a day (of all times without one)."""
    own = [one for one in _own().kinds if one.group == group]
    taken = {one.code for one in own}
    ours = [one for one in sample_kinds() if one.group == group and one.code not in taken]
    both = sorted([*ours, *own], key=lambda one: one.effective_from)
    return {one.code: one for one in both if on is None or one.holds(on)}


def checked_kind(group: str, code: str, on: date, *, field: str) -> str:
    """Return the code, if it may be chosen on the day.

    :raises UnknownKind: if not
    """
    if code not in kinds(group, on):
        raise UnknownKind(_("没有“%s”这一项，请从列表里选择。") % code, field=field)
    return code


def name_of(group: str, code: str) -> str:
    """Return how a word is called, also one that is no longer chosen."""
    found = kinds(group).get(code)
    return found.name if found else code
