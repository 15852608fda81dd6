"""Whether a plan may be asked of communities: what burdens them is held back until it is admitted (S4.65).

The list of admitted tasks stands on a floor above. Who keeps it says so once, when it starts
(`apps.ready`); without a guard nothing is held back:

    queries.guard_plans(judge=leave_of_plan, count=count_visits, page="campaigns:plan")
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse

from tongxin.orgs.models import Org
from tongxin.regions.models import Region

from ..models import Plan, Target, VisitKind

CHECKS = (VisitKind.INSPECTION, VisitKind.STYLE, VisitKind.ACCEPTANCE)
ONE_COMMUNITY = (Region.Level.COMMUNITY, Region.Level.GRID, Region.Level.BUILDING)


@dataclass(frozen=True)
class Leave:
    """Whether a plan is admitted, and why: a sentence."""

    is_admitted: bool
    why: str


Judge = Callable[[Plan, str, date], Leave]
Count = Callable[[Plan, str, Sequence[Target], date, datetime], None]
_guard: list[tuple[Judge, Count, str]] = []


def guard_plans(*, judge: Judge, count: Count, page: str) -> None:
    """Let a register of the floors above say which plans are admitted, and count what was asked.

    `page` is the name of the address where a plan that waits is mended.
    """
    _guard[:] = [(judge, count, page)]


def mend_url(plan: Plan) -> str:
    """Return where a plan that waits is named or asked for; "" without a register above."""
    return reverse(_guard[0][2], args=[plan.pk]) if _guard else ""


def burden_of(plan: Plan) -> str:
    """Return what a plan asks of communities: "check", "task", or "" for nothing.

    A check goes to communities or their organisations to look at their work. A task sends the crews of
    several communities out for something else than their own everyday round. An unannounced visit
    asks nothing of them: no papers, nobody to receive it; to count it beforehand would announce it.
    """
    if plan.is_unannounced:
        return ""
    if plan.kind in CHECKS and _goes_to_communities(plan):
        return "check"
    wide = plan.region.level not in ONE_COMMUNITY
    if wide and plan.assign == Plan.Assign.CREW and plan.kind != VisitKind.PATROL:
        return "task"
    return ""


def _goes_to_communities(plan: Plan) -> bool:
    if plan.target_kind == Plan.TargetKind.COMMUNITY:
        return True
    if plan.target_kind != Plan.TargetKind.ORG:
        return False
    rows = plan.targets.filter(dropped_on=None)
    own = rows.filter(org__kind=Org.Kind.COMMUNITY)
    party = rows.filter(org__kind=Org.Kind.PARTY, org__region__level=Region.Level.COMMUNITY)
    return (own | party).exists()


def leave_of(plan: Plan, on: date) -> Leave | None:
    """Return whether a plan is admitted on a day; None if it asks nothing of communities."""
    burden = burden_of(plan) if _guard else ""
    return _guard[0][0](plan, burden, on) if burden else None


def count_asked(plan: Plan, targets: Sequence[Target], on: date, at: datetime) -> None:
    """Let the register above count that communities were asked, one slot of a plan."""
    burden = burden_of(plan) if _guard else ""
    if burden:
        _guard[0][1](plan, burden, targets, on, at)
