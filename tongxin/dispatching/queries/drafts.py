"""A plan as it stands: read out of what it keeps, and of what people changed since."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from django.utils.translation import gettext as _

from ..models import Plan, PlanLine
from . import assign
from .assign import NOBODY, Instance

TOP = 5  # orders in hand; more are counted together
POINT = 100  # costs are hundredths of points


class Draft:
    """The instance of a plan, who has each of its orders now, and what that costs, exactly."""

    def __init__(self, plan: Plan, lines: list[PlanLine] | None = None) -> None:
        self.plan = plan
        self.arrays = assign.unpack(plan.instance)
        self.instance: Instance = assign.from_arrays(self.arrays)
        self.ids: np.ndarray = self.arrays["ids"]
        self.held: np.ndarray = self.arrays["held"]
        rows = (
            [(one.row, one.person_id, one.state) for one in lines]
            if lines is not None
            else list(plan.lines.values_list("row", "person", "state"))
        )
        self.person = np.full(len(self.instance.penalty), NOBODY, np.int64)
        self.out = np.zeros(len(self.person), bool)
        for row, user, state in rows:
            self.person[row] = self.row_of(user)
            self.out[row] = state == PlanLine.State.OUT

    @cached_property
    def _rows(self) -> dict[int, int]:
        return {int(user): row for row, user in enumerate(self.ids)}

    def row_of(self, user: int | None) -> int:
        return self._rows.get(user or 0, NOBODY)

    @property
    def cost(self) -> int:
        """What the plan costs as it stands; an order taken out costs nothing, nor does it count."""
        return assign.cost_of(self.instance, self.person) - int(
            self.instance.penalty[self.out].sum()
        )

    @property
    def bound(self) -> int:
        """What no plan costs less than, recomputed from the prices kept: the proof."""
        return assign.bound_of(self.instance, self.arrays["prices"])

    def alternatives(self, row: int) -> list[tuple[int, int]]:
        return assign.alternatives(self.instance, self.person, row)

    def next_best(self, row: int, many: int) -> list[int]:
        """Return the ids of the next best for an order, others' orders being as they are."""
        return [int(self.ids[who]) for who, _more in self.alternatives(row)[:many]]

    def metres(self, person: np.ndarray) -> np.ndarray:
        """Return the way to each order that somebody has in a plan and whose way is known."""
        chosen = self.instance.person == person[self.instance.order]
        far = self.arrays["metres"][chosen]
        return far[far >= 0]

    def spread(self) -> tuple[list[str], list[int], list[int]]:
        """Return (words, before, after): how many people have none, one, two, … orders in hand."""
        after = self.held + np.bincount(self.person[self.person >= 0], minlength=len(self.held))
        before, later = (
            np.bincount(np.minimum(one, TOP), minlength=TOP + 1).tolist()
            for one in (self.held, after)
        )
        words = [_("%d 单") % n for n in range(TOP)] + [_("%d 单以上") % TOP]
        return words, before, later

    def desk(self) -> np.ndarray:
        """Return the plan of a desk that gives one order after the other to whoever is best then."""
        return assign.one_by_one(self.instance)
