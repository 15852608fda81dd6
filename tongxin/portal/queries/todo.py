"""A secretary's to-do: everything due for one's own units, late first; what lies below is counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Max, Q

from tongxin.orgs.models import Org

from ..models import DueItem
from .due import sorted_due
from .unit_home import own_units

MOST = 200


@dataclass(frozen=True)
class Todo:
    units: list[Org]
    late: list[DueItem]
    coming: list[DueItem]
    more: int
    below: int  # units below with something late
    checked_at: datetime | None

    @property
    def total(self) -> int:
        return len(self.late) + len(self.coming) + self.more


def todo_of(actor, *, on: date) -> Todo:
    """Return what is due for the units one works in. Three queries."""
    mine = own_units(actor)
    units = list(Org.objects.filter(pk__in=mine, dissolved_on=None).order_by("path"))
    rows = DueItem.objects.visible_to(actor)
    found = sorted_due(rows.filter(unit__in=mine).select_related("unit")[: MOST * 5])
    shown = found[:MOST]
    facts = DueItem.objects.visible_to(actor).aggregate(
        below=Count("unit", filter=Q(due__lt=on) & ~Q(unit__in=mine), distinct=True),
        at=Max("found_at"),
    )
    late = [one for one in shown if one.due and one.due < on]
    return Todo(
        units=units,
        late=late,
        coming=[one for one in shown if one not in late],
        more=len(found) - len(shown),
        below=facts["below"],
        checked_at=facts["at"],
    )
