"""One place with all that hangs on it, in few queries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..models import (
    Charge,
    Difficulty,
    PlanStage,
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
    charge: Charge | None = None
    events: list[SiteEvent] = field(default_factory=list)


def whole(site: Site) -> Whole:
    """Return a place with its plan, stages, open slips, difficulties, parts, leader and ledger."""
    people = ("lead", "by", "committee", "submitted_by", "decided_by")
    plan = SitePlan.objects.filter(site=site).select_related(*people).first()
    found = Whole(plan=plan)
    if plan is not None:
        found.stages = list(plan.stages.all())
        waiting = SlipRequest.objects.filter(site=site, verdict="").select_related(
            "stage", "asked_by"
        )
        found.slips = list(waiting.order_by("pk"))
    rows = Difficulty.objects.filter(site=site).select_related("raised_by")
    found.difficulties = list(rows.order_by("-pk")[:20])
    found.parts = list(
        SitePart.objects.filter(site=site).select_related("org", "case").order_by("-pk")[:20]
    )
    found.charge = Charge.objects.filter(site=site, to_on=None).select_related("leader").first()
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
