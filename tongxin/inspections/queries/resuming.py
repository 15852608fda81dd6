"""Conditions asked of a class of firms, and how many reopened by class and batch (S0.62)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ..models import Condition, FirmClass, Resumption


def conditions_for(firm_class: str, on: date) -> list[Condition]:
    """Return what is asked of a class on a day: of each code the version in force."""
    latest: dict[str, Condition] = {}
    for one in Condition.objects.in_force(on).order_by("code", "version"):
        if not one.classes or firm_class in one.classes:
            latest[one.code] = one
    return list(latest.values())


@dataclass
class ClassLine:
    """How far a class has come: firms by state, people back at work."""

    value: str
    label: str
    states: Counter[str] = field(default_factory=Counter)
    people: int = 0

    @property
    def total(self) -> int:
        return sum(self.states.values())

    @property
    def cells(self) -> list[tuple[str, int]]:
        return [(state, self.states[state]) for state in Resumption.State.values]


def by_class(rows: Any) -> list[ClassLine]:
    """Return a line for each class, from applications the caller has scoped; one query."""
    lines = {value: ClassLine(value, str(label)) for value, label in FirmClass.choices}
    facts: Iterable[tuple[str, str, int]] = rows.values_list("batch__firm_class", "state", "people")
    for firm_class, state, people in facts:
        line = lines[firm_class]
        line.states[state] += 1
        if state == Resumption.State.APPROVED:
            line.people += people
    return list(lines.values())
