"""Who acts for a community here, and whose figures somebody may read."""

from __future__ import annotations

from django.db.models import Q

from tongxin.dual_report.scope import watch_paths
from tongxin.orgs.scope import roles_over

# Posts over land that keep a community's deliberations and polls; others that look on read them.
DESK = ("dispatcher", "verifier", "officer")
SOFT = ("source_kind", "source_id", "source_label", "source_url")
MOST_OPTIONS, MOST_QUESTIONS = 12, 60


def keeps(actor, path: str) -> bool:
    """Say whether the actor keeps deliberations on the land of a path."""
    return not roles_over(actor, path).isdisjoint(DESK)


def watch_reach(actor, column: str) -> Q:
    """Return the rows on land whose deliberations the actor may read; `column` leads to its path."""
    inside = Q(pk__in=[])
    for path in watch_paths(actor):
        inside |= Q(**{f"{column}__under": path})
    return inside
