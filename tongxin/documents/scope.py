"""Who reads papers: the unit that writes them, the units above it, and who receives them."""

from __future__ import annotations

from django.db.models import Q

from tongxin.orgs.scope import posts_of, unit_reach

# Who works at a unit's desk: writes its papers and reads those that come in.
DESK_ROLES = (
    "officer", "leader", "inspector", "handler", "dispatcher", "secretary", "commissioner",
    "organiser", "first_secretary", "team_leader",
)  # fmt: skip
# Who checks a draft (核稿), and who signs it for the unit (签发): posts, never names.
REVIEWERS = ("officer", "leader", "inspector", "secretary", "commissioner", "organiser")
SIGNERS = ("leader", "secretary")
# Who reads the papers of the units under their own.
OVERSEERS = ("officer", "leader", "inspector", "secretary", "organiser")


def desks_of(actor) -> list[int]:
    """Return the units at whose desk the actor sits, by id."""
    return sorted({post.org_id for post in posts_of(actor) if post.role in DESK_ROLES})


def desk_reach(actor, to: str) -> Q:
    """Return the rows of units whose papers the actor writes or oversees; `to` leads to the unit."""
    return Q(**{f"{to}__in": desks_of(actor)}) | unit_reach(actor, OVERSEERS, column=f"{to}__path")


def roles_in(actor, org_id: int) -> set[str]:
    """Return the roles the actor holds in that very unit today."""
    return {post.role for post in posts_of(actor) if post.org_id == org_id}
