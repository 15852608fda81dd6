"""Assessments as people read them, and the rate computed from those confirmed (S4.8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from tongxin.orgs.models import Org, Sector, UnitKind
from tongxin.orgs.scope import READERS, keeps_register, roles_over, unit_roles

from ..models import Assessment, AssessmentItem, Ruling, StandardItem
from .facts import COUNTS_MEMBERS
from .judging import Outcome, outcome_of

BOOK_WATCHERS = {"officer", "leader", "inspector"}


def branches_under(unit: Org) -> QuerySet[Org]:
    """Return the units that are measured: standing, lasting branches at or under a unit (the base)."""
    rows = Org.objects.units().filter(unit_kind=UnitKind.BRANCH, is_temporary=False)
    return rows.filter(path__under=unit.path).order_by("path")


def base_of() -> str:
    """Say of what the rate is a share."""
    return _("辖内现有的党支部（不含临时党支部），没有考核的也算在内")


def path_above(unit: Org) -> str:
    return unit.path[: -len(f"{unit.pk}/")]


def may_confirm(actor, unit: Org) -> bool:
    """Say whether somebody keeps the register of the unit above: nobody accepts their own work."""
    above = path_above(unit)
    return bool(above) and keeps_register(actor, above)


@dataclass(frozen=True)
class Sum:
    """How many units, and how many of them were confirmed to meet the standard."""

    name: str
    passed: int
    failed: int
    drafts: int
    total: int
    unit_id: int | None = None
    sector: str | None = None

    @property
    def rate(self) -> float | None:
        """Of a hundred of all; None where there is nothing to measure."""
        return round(100 * self.passed / self.total, 1) if self.total else None

    @property
    def missing(self) -> int:
        return self.total - self.passed - self.failed - self.drafts

    @property
    def cells(self) -> list[tuple[str, int]]:
        """Return (state of the list behind it, how many), as the tables show them."""
        return [
            ("", self.total), ("passed", self.passed), ("failed", self.failed),
            ("draft", self.drafts), ("none", self.missing),
        ]  # fmt: skip


@dataclass(frozen=True)
class Branch:
    """Where a unit stands in a year; `passed` is None while nothing is confirmed."""

    path: str
    sector: str
    assessed: bool
    passed: bool | None


def rates(unit: Org, year: int) -> list[Branch]:
    """Return where each unit of the base stands in a year. Two queries."""
    found = Assessment.objects.filter(year=year, unit__path__under=unit.path)
    verdicts = dict(found.values_list("unit", "passed"))
    rows = branches_under(unit).values_list("pk", "path", "sector")
    return [Branch(path, sector, pk in verdicts, verdicts.get(pk)) for pk, path, sector in rows]


def sum_of(name: str, rows: Iterable[Branch], **more: Any) -> Sum:
    rows = list(rows)
    return Sum(
        name,
        sum(row.passed is True for row in rows),
        sum(row.passed is False for row in rows),
        sum(row.assessed and row.passed is None for row in rows),
        len(rows),
        **more,
    )


def sums(unit: Org, year: int) -> tuple[Sum, list[Sum], list[Sum]]:
    """Return (all, by field, by the units right below) of a year. Three queries."""
    rows = rates(unit, year)
    by_sector: dict[str, list[Branch]] = defaultdict(list)
    by_child: dict[int, list[Branch]] = defaultdict(list)
    for row in rows:
        by_sector[row.sector].append(row)
        rest = row.path[len(unit.path) :]
        if rest:
            by_child[int(rest.split("/", 1)[0])].append(row)
    children = Org.objects.filter(pk__in=by_child).order_by("path").values_list("pk", "name")
    labels = {"": _("未分领域"), **{value: str(label) for value, label in Sector.choices}}
    fields = [
        sum_of(label, by_sector[value], sector=value)
        for value, label in labels.items()
        if value in by_sector
    ]
    below = [sum_of(name, by_child[pk], unit_id=pk) for pk, name in children]
    return sum_of(unit.name, rows), fields, below


def outcome_of_assessment(assessment: Assessment) -> Outcome:
    """Return what the verdicts of an assessment come to; two queries if nothing is loaded."""
    rows = assessment.items.select_related("item")
    pairs = [(row.item, row.verdict) for row in rows]
    return outcome_of(pairs, assessment.standard.least_share)


@dataclass(frozen=True)
class ItemView:
    """An item as the reader may see it: what they may not read is left out of reason and rows."""

    row: AssessmentItem
    item: StandardItem
    reason: str
    rows: list[dict[str, str]]
    rulings: list[Ruling]

    @property
    def is_overruled(self) -> bool:
        return bool(self.row.computed) and self.row.verdict != self.row.computed


def seen_items(assessment: Assessment, actor) -> list[ItemView]:
    """Return the items by their order; how many members there are is for readers of the register.

    The facts of the life log are for those who may read the book. Two queries.
    """
    roles = unit_roles(actor, assessment.unit.path)
    reads = not roles.isdisjoint(READERS)
    books = reads or not roles_over(actor, assessment.unit.region.path).isdisjoint(BOOK_WATCHERS)
    rulings = Prefetch(
        "rulings", Ruling.objects.filter(withdrawn_at=None).select_related("by").order_by("pk")
    )
    rows = assessment.items.select_related("item").prefetch_related(rulings)
    found = []
    for row in rows.order_by("item__order"):
        hidden = row.item.check_name in COUNTS_MEMBERS or row.item.applies == "committee"
        reason = _("人数只对管理名册的人显示") if hidden and not reads else row.reason
        found.append(
            ItemView(row, row.item, reason, row.rows if books else [], list(row.rulings.all()))
        )
    return found
