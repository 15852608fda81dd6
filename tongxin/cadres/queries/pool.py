"""The pool in figures: who is offered by which unit, what is needed, and how the two compare."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from ..models import Operation


@dataclass(frozen=True)
class PoolFigures:
    pool: int
    units: int
    communities: int
    minimum: int
    wish: int
    together: int

    @property
    def lacks(self) -> int:
        """How many the pool lacks to the minimum of all communities."""
        return max(0, self.minimum - self.pool)


def pool_figures(operation: Operation) -> PoolFigures:
    """Return what is offered and needed; three queries."""
    pool = operation.pool.ready().aggregate(n=Count("pk"), units=Count("unit", distinct=True))
    need = operation.needs.aggregate(n=Count("pk"), least=Sum("minimum"), wish=Sum("wish"))
    return PoolFigures(
        pool["n"], pool["units"], need["n"], need["least"] or 0, need["wish"] or 0,
        operation.together.count(),
    )  # fmt: skip


@dataclass(frozen=True)
class UnitLine:
    id: int
    name: str
    offered: int
    near_only: int
    together: str


def units_of(operation: Operation) -> list[UnitLine]:
    """Return a line for each sending unit, the largest first; two queries."""
    rows = (
        operation.pool.ready()
        .values_list("unit", "unit__name")
        .annotate(n=Count("pk"), near=Count("pk", filter=Q(most_km__isnull=False)))
        .order_by("-n", "unit__name")
    )
    kept = {one.unit_id: one.get_level_display() for one in operation.together.all()}
    return [UnitLine(pk, name, n, near, str(kept.get(pk, ""))) for pk, name, n, near in rows]
