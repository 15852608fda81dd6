"""Rules as data: read from `data/`, chosen by the date of the fact they are about.

A district that has rules of its own lays a file of the same name and columns into
`VAR_DIR/rules/`; it is read instead of ours.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid
from tongxin.orgs.models import Org, Sector

from .dates import Span, parse_span

DATA = Path(__file__).parent / "data"
GRASSROOTS = (Sector.COMMUNITY, Sector.VILLAGE)


class NoRule(Invalid):
    """The day lies before the first version of a rule that we know."""


def sheet(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of a rule sheet: the district's own, or the one that comes with the system."""
    own = Path(settings.VAR_DIR) / "rules" / f"{name}.csv"
    path = own if own.exists() else DATA / f"{name}.csv"
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _read(path: Path, _changed: int) -> tuple[dict[str, str], ...]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return tuple(csv.DictReader(file))


def in_force(name: str, on: date) -> tuple[dict[str, str], ...]:
    """Return the rows of the version of a sheet that is in force on a day.

    :raises NoRule: if the day lies before the first version
    """
    known = sheet(name)
    started = [row["effective_from"] for row in known if row["effective_from"] <= on.isoformat()]
    if not started:
        raise NoRule(_("%s 早于系统里最早的规则版本，请检查日期") % on)
    newest = max(started)
    return tuple(row for row in known if row["effective_from"] == newest)


# --- terms and elections


@dataclass(frozen=True)
class TermRule:
    """How long a committee stands, and what makes its election valid."""

    version: str
    years: int
    remind_months: int
    extend_months: int
    quorum: Fraction
    is_edge_enough: bool  # exactly the quorum will do: “不少于” since 2020, “超过” before
    more_candidates: Fraction
    source: str


def term_rule(unit: Org, on: date) -> TermRule:
    """Return the rule for a unit: five years in villages and communities, three elsewhere (B.6)."""
    scope = "grassroots" if unit.sector in GRASSROOTS else "branch"
    row = next(row for row in in_force("term_rules", on) if row["scope"] == scope)
    return TermRule(
        version=row["version"],
        years=int(row["years"]),
        remind_months=int(row["remind_months"]),
        extend_months=int(row["extend_months"]),
        quorum=Fraction(row["quorum"]),
        is_edge_enough=row.get("quorum_edge") == "reached",
        more_candidates=Fraction(row["more_candidates"].rstrip("%")) / 100,
        source=row["source"],
    )


# --- development of members


@dataclass(frozen=True)
class Step:
    """A step of a version: what it needs, and between which days it may be taken."""

    no: int
    code: str
    stage: str
    title: str
    clause: str
    after: str
    least: Span | None
    most: Span | None
    needs: dict[str, str]
    evidence: str
    by_above: bool
    opens: str
    source: str

    @property
    def special(self) -> Span | None:
        """How long it may take at most under special circumstances."""
        return parse_span(self.needs.get("special", ""))


def admission_version(on: date) -> str:
    """Return the version of the steps that rules a file begun on a day."""
    return in_force("admission_steps", on)[0]["version"]


def admission_steps(version: str) -> tuple[Step, ...]:
    """Return the steps of a version, in order.

    :raises NoRule: if there is no such version
    """
    rows = [row for row in sheet("admission_steps") if row["version"] == version]
    if not rows:
        raise NoRule(_("没有“%s”版的发展党员流程") % version)
    return tuple(_step(row) for row in rows)


def _step(row: dict[str, str]) -> Step:
    needs = (need.partition(":") for need in row["needs"].split())
    return Step(
        no=int(row["no"]),
        code=row["code"],
        stage=row["stage"],
        title=row["title"],
        clause=row["clause"],
        after=row["after"],
        least=parse_span(row["least"]),
        most=parse_span(row["most"]),
        needs={name: value for name, _colon, value in needs},
        evidence=row["evidence"],
        by_above=row["who"] == "above",
        opens=row["opens"],
        source=row["source"],
    )


# --- dues


@dataclass(frozen=True)
class Band:
    """Dues of a kind of member: a rate up to a base, or an amount between two."""

    upto: Decimal | None
    rate: Decimal | None
    least: Decimal | None
    most: Decimal | None
    version: str
    source: str


def dues_bands(kind: str, on: date) -> tuple[Band, ...]:
    """Return the bands of a kind of member, lowest first."""
    rows = [row for row in in_force("dues_bands", on) if row["kind"] == kind]
    if not rows:
        raise NoRule(_("没有这类党员的党费标准：%s") % kind)
    return tuple(_band(row) for row in rows)


def _band(row: dict[str, str]) -> Band:
    def number(text: str) -> Decimal | None:
        return Decimal(text.rstrip("%")) / (100 if "%" in text else 1) if text else None

    return Band(
        upto=number(row["upto"]),
        rate=number(row["rate"]),
        least=number(row["least"]),
        most=number(row["most"]),
        version=row["version"],
        source=row["source"],
    )


# --- disclosure


@dataclass(frozen=True)
class Item:
    """Something a unit must publish: how often, by when, for how long, where."""

    code: str
    title: str
    every: str
    within_days: int
    least_days: int
    place: str
    trigger: str
    version: str
    source: str


def disclosure_items(on: date) -> tuple[Item, ...]:
    """Return what must be published by the rule in force on a day; nothing before the first rule."""
    try:
        rows = in_force("disclosure_items", on)
    except NoRule:
        return ()
    return tuple(
        Item(
            code=row["code"],
            title=row["title"],
            every=row["every"],
            within_days=int(row["within_days"]),
            least_days=int(row["least_days"]),
            place=row["place"],
            trigger=row["trigger"],
            version=row["version"],
            source=row["source"],
        )
        for row in rows
    )
