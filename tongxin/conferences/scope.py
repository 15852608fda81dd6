"""Who runs a conference body, who sits in it, and what of its work each of them may read."""

from __future__ import annotations

from django.db.models import Q

from tongxin.dual_report.scope import at_desk, desk_paths, desk_reach
from tongxin.meetings.queries import gathers
from tongxin.orgs.scope import LAND_ROLES, READERS, posts_of, reach, unit_reach, unit_roles

# Whose land it is: they see its bodies and lists without sitting there.
ON_THE_LAND = (*LAND_ROLES, "dispatcher", "verifier")
# Over the unit that convenes: as `meetings.queries.gathers`.
CONVENERS = ("secretary", "organiser", "officer", "leader")


def org_ids(actor) -> list[int]:
    """Return the ids of the organisations the actor holds a post in."""
    return sorted({post.org_id for post in posts_of(actor)})


def runs_body(actor, body) -> bool:
    """Say whether the actor runs a body: who convenes meetings of its Party committee.

    Its secretary or organiser, those above it, and the commissioners of the committee itself.
    """
    if body.org_id is None:
        return False
    if unit_roles(actor, body.org.path) & set(CONVENERS):
        return True
    return any(p.role == "commissioner" and p.org_id == body.org_id for p in posts_of(actor))


def convenes(actor, body) -> bool:
    """Say whether the actor prepares a body's sessions: who runs it, or its community's desk (S3.33).

    The desk plans, sets the agenda and calls the seats; charter, seats, decisions and resolutions
    stay with the committee that runs the body, and its secretary chairs.
    """
    if runs_body(actor, body):
        return True
    return body.level == "community" and body.org is not None and gathers(actor, body.org)


def body_reach(actor, to: str = "") -> Q:
    """Return the rows of bodies the actor may read; `to` is the way to the body ("body__")."""
    inside = unit_reach(actor, READERS, column=f"{to}org__path")
    return inside | reach(actor, ON_THE_LAND, column=f"{to}region__path")


def run_reach(actor, to: str = "") -> Q:
    """Return the rows of bodies the actor runs."""
    inside = unit_reach(actor, CONVENERS, column=f"{to}org__path")
    own = [post.org_id for post in posts_of(actor) if post.role == "commissioner"]
    return inside | Q(**{f"{to}org__in": own})


def keeps_lists(actor, path: str) -> bool:
    """Say whether the actor keeps the lists of land: who acts for its communities."""
    return at_desk(actor, path)


__all__ = [
    "CONVENERS",
    "ON_THE_LAND",
    "at_desk",
    "body_reach",
    "convenes",
    "desk_paths",
    "desk_reach",
    "keeps_lists",
    "org_ids",
    "run_reach",
    "runs_body",
]
