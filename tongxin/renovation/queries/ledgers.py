"""The three ledgers in sums; a line with what hangs on it; matches waiting for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Q, Sum

from ..models import Holding, Match, MatchRun, RenovationCampaign


def ledger_sums(actor: Any, path: str) -> dict[str, Mapping[str, Any]]:
    """Return for each ledger how many lines and m² an area has, what waits, what was given."""
    rows = Holding.objects.visible_to(actor).filter(region__path__under=path).exclude(state="gone")
    found = (
        rows.values("ledger")
        .annotate(
            n=Count("pk"), area=Sum("area_m2"),
            waiting=Count("pk", filter=Q(state__in=("found", "disputed"))),
            given=Count("pk", filter=Q(state="given")),
        )
        .order_by("ledger")
    )  # fmt: skip
    return {row["ledger"]: row for row in found}


def holding_whole(row: Holding) -> dict[str, Any]:
    """Return a line's second looks, its changes, and the place it was given to."""
    given = Match.objects.filter(holding=row, state="confirmed").select_related(
        "site", "decided_by"
    )
    return {
        "checks": list(row.checks.select_related("by").order_by("-pk")[:20]),
        "changes": list(row.changes.select_related("by").order_by("-pk")[:50]),
        "match": given.first(),
    }


def waiting_matches(campaign: RenovationCampaign, actor: Any, path: str) -> list[Match]:
    """Return the suggestions of an area that nobody has decided, by place."""
    rows = Match.objects.visible_to(actor).filter(
        site__campaign=campaign, site__path__under=path, state="suggested"
    )
    return list(rows.select_related("holding", "site").order_by("site__path", "pk")[:200])


def confirmed_matches(campaign: RenovationCampaign, actor: Any, path: str) -> list[Match]:
    """Return what was given in an area lately."""
    rows = Match.objects.visible_to(actor).filter(
        site__campaign=campaign, site__path__under=path, state="confirmed"
    )
    return list(
        rows.select_related("holding", "site", "decided_by").order_by("-decided_at", "-pk")[:50]
    )


def last_run(campaign: RenovationCampaign, path: str) -> MatchRun | None:
    """Return the newest run of the solver over an area."""
    rows = MatchRun.objects.filter(campaign=campaign, region__path=path).select_related("by")
    return rows.order_by("-pk").first()
