"""Terms and numbers about membership, by the day of the fact: data, with their source."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent.parent / "data" / "member_rules.csv"


@dataclass(frozen=True)
class MemberRule:
    """A number in force from a day on; `is_sample` marks what we composed."""

    code: str
    value: int
    unit: str
    effective_from: date
    is_sample: bool
    source: str


@cache
def member_rules() -> tuple[MemberRule, ...]:
    """Return all versions of all rules, the newest of a code first."""
    with DATA.open(encoding="utf-8", newline="") as file:
        rows = [
            MemberRule(
                row["code"],
                int(row["value"]),
                row["unit"],
                date.fromisoformat(row["effective_from"]),
                row["is_sample"] == "yes",
                row["source"],
            )
            for row in csv.DictReader(file)
        ]
    return tuple(sorted(rows, key=lambda rule: rule.effective_from, reverse=True))


def member_rule(code: str, on: date) -> MemberRule:
    """Return the rule of a code that holds on a day; the oldest for a day before all of them."""
    versions = [rule for rule in member_rules() if rule.code == code]
    return next((rule for rule in versions if rule.effective_from <= on), versions[-1])


def add_months(day: date, months: int) -> date:
    """Return the same day so many months later (or, if negative, before); the last of a shorter month."""
    months += day.year * 12 + day.month - 1
    year, month = divmod(months, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (first_of_next - date(year, month + 1, 1)).days
    return date(year, month + 1, min(day.day, last))
