"""Who went where: visits by leader, the matrix of research teams, unannounced visits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.db.models import Count, Max, Q

from tongxin.fieldwork.models import Visit

from ..models import (
    Charge,
    Difficulty,
    LeaderVisit,
    RenovationCampaign,
    ResearchTeam,
    Site,
    SitePlan,
)

SOURCE = "renovation.campaign"


def visits_by_leader(campaign: RenovationCampaign, path: str = "") -> list[Mapping[str, Any]]:
    """Return how often each leader went and to how many places (S1.22), who went most first."""
    rows = LeaderVisit.objects.filter(site__campaign=campaign, kind=LeaderVisit.Kind.LEADER)
    if path:
        rows = rows.filter(site__path__under=path)
    return list(
        rows.values("leader", "leader__name")
        .annotate(
            visits=Count("pk", distinct=True), places=Count("site", distinct=True), last=Max("on"),
            decided=Count("decisions", distinct=True),
        )
        .order_by("-visits", "leader__name")
    )  # fmt: skip


@dataclass(frozen=True)
class TeamLine:
    """A research team's line of the matrix: what it was given, where it was, what is left."""

    team: ResearchTeam
    given: int
    visited: int
    left: tuple[str, ...]

    @property
    def share(self) -> int | None:
        return self.visited * 100 // self.given if self.given else None


def visit_matrix(campaign: RenovationCampaign) -> list[TeamLine]:
    """Return for each team the places of its land and which it has been to (S1.19). Four queries."""
    sites = list(
        Site.objects.base().filter(campaign=campaign).order_by("path").values_list("pk", "path", "name")
    )  # fmt: skip
    been = set(
        LeaderVisit.objects.filter(site__campaign=campaign, kind=LeaderVisit.Kind.RESEARCH).values_list("team", "site")
    )  # fmt: skip
    lines = []
    for team in campaign.teams.prefetch_related("regions"):
        roots = tuple(region.path for region in team.regions.all())
        own = [(pk, name) for pk, path, name in sites if roots and path.startswith(roots)]
        left = tuple(name for pk, name in own if (team.pk, pk) not in been)
        lines.append(TeamLine(team, len(own), len(own) - len(left), left))
    return lines


def unannounced(campaign: RenovationCampaign) -> dict[str, int]:
    """Return how many unannounced visits were made, and to how many places (S1.41); planned ones stay secret."""
    made = Visit.objects.filter(
        source_kind=SOURCE, source_id=str(campaign.pk), begun_at__isnull=False
    )
    return made.aggregate(visits=Count("pk"), places=Count("region", distinct=True))


def charges_of(campaign: RenovationCampaign) -> dict[str, int]:
    """Return how many places of the base a leader answers for (S1.13)."""
    rows = Charge.objects.filter(site__campaign=campaign, to_on=None).exclude(
        site__state=Site.State.EXEMPT
    )
    return rows.aggregate(
        places=Count("site", distinct=True), leaders=Count("leader", distinct=True)
    )


def open_troubles(campaign: RenovationCampaign, path: str) -> dict[str, int]:
    """Return how many difficulties are open, by kind, in an area."""
    rows = Difficulty.objects.filter(
        site__campaign=campaign, site__path__under=path, solved_on=None
    )
    counts = rows.values("kind").annotate(n=Count("pk")).order_by("kind")
    words = dict(Difficulty.Kind.choices)
    return {str(words[row["kind"]]): row["n"] for row in counts}


def lead_times(campaign: RenovationCampaign, path: str) -> dict[str, Any]:
    """Return the middle lead times in days of what is done: decided → begun → built → used (S1.45)."""
    rows = SitePlan.objects.filter(site__campaign=campaign, site__path__under=path).filter(
        Q(started_on__isnull=False)
    )
    dates = list(rows.values_list("decided_on", "started_on", "built_on", "used_on"))
    pairs = {"start": (0, 1), "build": (1, 2), "use": (2, 3)}
    found: dict[str, Any] = {}
    for name, (a, b) in pairs.items():
        spans = ((row[a], row[b]) for row in dates)
        days = [(until - since).days for since, until in spans if since and until]
        found[name] = round(median(days)) if days else None
        found[f"{name}_n"] = len(days)
    return found


def push_of(campaign: RenovationCampaign) -> dict[str, Any]:
    """Return who leads a campaign and what comes again: group, areas, rhythms, bulletins, follow-ups."""
    follow_ups = campaign.follow_ups.annotate(done=Count("marks")).order_by("pk")
    return {
        "group": list(campaign.group.filter(to_on=None).select_related("user").order_by("pk")),
        "areas": list(campaign.areas.select_related("region", "head").order_by("region__path")),
        "rhythms": list(campaign.rhythms.select_related("region", "chair").order_by("pk")),
        "bulletins": list(campaign.bulletins.select_related("document").order_by("-number")[:12]),
        "follow_ups": list(follow_ups),
        "in_use": campaign.sites.filter(state=Site.State.IN_USE).count(),
    }
