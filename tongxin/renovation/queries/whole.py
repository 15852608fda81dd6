"""One place with all that hangs on it, in few queries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, FilteredRelation, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Length, Substr

from ..models import (
    Charge,
    Difficulty,
    PlanStage,
    ResearchTeam,
    Site,
    SiteEvent,
    SitePart,
    SitePlan,
    SlipRequest,
)

EVENTS = 60


@dataclass
class Whole:
    """What hangs on a place; nothing of it is asked twice."""

    plan: SitePlan | None = None
    stages: list[PlanStage] = field(default_factory=list)
    slips: list[SlipRequest] = field(default_factory=list)
    difficulties: list[Difficulty] = field(default_factory=list)
    parts: list[SitePart] = field(default_factory=list)
    events: list[SiteEvent] = field(default_factory=list)


def in_full(rows: QuerySet[Site], actor: Any) -> QuerySet[Site]:
    """Return places with what stands beside them: campaign, land, centre, plan, `leader_name` in
    charge, and whether the actor `walks` there in a research team (S1.19)."""
    leader = Charge.objects.filter(site=OuterRef("pk"), to_on=None).values("leader__name")
    given = ResearchTeam.regions.through.objects.filter(
        researchteam__campaign=OuterRef("campaign"), researchteam__members__user=actor.pk,
        region__path=Substr(OuterRef("path"), 1, Length("region__path")),
    )  # fmt: skip
    beside = ("campaign__region", "region", "centre", "plan__lead", "plan__committee")
    return rows.select_related(*beside).annotate(
        leader_name=Subquery(leader[:1]), walks=Exists(given)
    )


def whole(site: Site) -> Whole:
    """Return what hangs on a place: stages with open slips, difficulties, parts, ledger. Five queries
    for a place read `in_full`."""
    plan = getattr(site, "plan", None)
    found = Whole(plan=plan)
    if plan is not None:
        waiting = FilteredRelation("slips", condition=Q(slips__verdict=""))
        rows = plan.stages.annotate(waiting=waiting).select_related("waiting__asked_by")
        found.stages = list(rows)
        open_slips = (getattr(stage, "waiting", None) for stage in found.stages)  # none: not set
        found.slips = [slip for slip in open_slips if slip is not None]
    troubles = Difficulty.objects.filter(site=site).select_related("raised_by")
    found.difficulties = list(troubles.order_by("-pk")[:20])
    parts = SitePart.objects.filter(site=site).select_related("org", "case")
    found.parts = list(parts.order_by("-pk")[:20])
    events = SiteEvent.objects.filter(site=site).select_related("by").prefetch_related("photos")
    found.events = list(events.order_by("-on", "-pk")[:EVENTS])
    return found


def facts_of(site: Site) -> dict[str, Any]:
    """Return a place as programs are told of it."""
    return {
        "id": site.pk, "name": site.name, "kind": site.kind, "region": site.region.code,
        "state": site.state, "area_m2": site.area_m2, "needed_m2": site.needed_m2,
        "area_ok_on": site.area_ok_on, "work_ok_on": site.work_ok_on, "use_ok_on": site.use_ok_on,
        "stage": site.stage, "due_on": site.due_on, "number": site.number,
        "closed_on": site.closed_on, "in_use_on": site.in_use_on,
        "exempt_reason": site.exempt_reason,
    }  # fmt: skip
