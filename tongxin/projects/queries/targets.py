"""Figures of targets rolled up from below, drilled down, and the matrix of fields and years."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum

from tongxin.regions.queries import prefixes

from ..models import Field, Target, TargetFigure, Task

ZERO = Decimal(0)


@dataclass
class Rolled:
    """A target with what was reached: its own figure, its tasks' sum, or the sum of its children."""

    target: Target
    own: Decimal | None = None
    children: list[Rolled] = field(default_factory=list)

    @property
    def actual(self) -> Decimal | None:
        if not self.children:
            return self.own
        known = [one.actual for one in self.children if one.actual is not None]
        return sum(known, ZERO) if known else None

    @property
    def covered(self) -> Decimal:
        """What the children add up to."""
        return sum((one.target.value for one in self.children), ZERO)

    @property
    def percent(self) -> int | None:
        if self.actual is None:
            return None
        return int(self.actual * 100 / self.target.value)

    @property
    def reported(self) -> tuple[int, int]:
        """Of how many leaves below, how many have a figure: (reported, all)."""
        if not self.children:
            return (int(self.own is not None), 1)
        pairs = [one.reported for one in self.children]
        return sum(a for a, _b in pairs), sum(b for _a, b in pairs)


def rolled(roots: Iterable[Target]) -> dict[int, Rolled]:
    """Return {target id: figures} of some targets and of all that stands below. Two queries."""
    roots = list(roots)
    under = Q(pk__in=[])
    for one in roots:
        under |= Q(path__startswith=one.path)
    latest = TargetFigure.objects.filter(target=OuterRef("pk")).order_by("-on", "-pk")
    rows = list(
        Target.objects.filter(under)
        .select_related("region", "org", "programme")
        .annotate(last=Subquery(latest.values("value")[:1]))
        .order_by("path")
    )
    found = {one.pk: Rolled(one, own=one.last) for one in rows}
    sums = (
        Task.objects.filter(aim__in=list(found), actual__isnull=False)
        .order_by()
        .values_list("aim")
        .annotate(n=Sum("actual"))
    )
    for pk, total in sums:
        found[pk].own = total
    for one in sorted(rows, key=lambda row: (len(row.path), row.pk)):
        if one.parent_id in found:
            found[one.parent_id].children.append(found[one.pk])
    return found


def matrix_of(
    rows: Iterable[Rolled],
) -> tuple[list[int], list[tuple[str, dict[int, list[Rolled]]]]]:
    """Return years and, for each field, its targets by year (分领域、分年度, S4.5).

    A target of several years that was split by year shows in each its share of that year.
    """
    by_field: dict[str, dict[int, list[Rolled]]] = defaultdict(lambda: defaultdict(list))
    years: set[int] = set()
    for one in rows:
        shares = {
            share.target.from_year: share for share in one.children
            if share.target.from_year == share.target.to_year
            and share.target.region_id == one.target.region_id
        }  # fmt: skip
        for year in range(one.target.from_year, one.target.to_year + 1):
            by_field[one.target.field][year].append(shares.get(year, one))
            years.add(year)
    order = [value for value in Field.values if value in by_field]
    return sorted(years), [(value, dict(by_field[value])) for value in order]


def fitting(actor: Any, target: Target) -> QuerySet[Target]:
    """Return the targets another one could serve: same matter, wider place and years, not below it."""
    found = Target.objects.visible_to(actor).filter(
        field=target.field, unit=target.unit, region__path__in=[*prefixes(target.region.path)],
        from_year__lte=target.from_year, to_year__gte=target.to_year, from_on__lte=target.from_on,
    )  # fmt: skip
    return found.exclude(path__startswith=target.path).exclude(pk=target.parent_id or 0).select_related("region")  # fmt: skip


def plain(value: Any) -> str:
    """Return a figure as people write it: no needless noughts."""
    if value is None:
        return "—"
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    return text or "0"
