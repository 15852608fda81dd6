"""Who is inside an operation of supervision, and who may only see it from outside.

Inside are who holds an office in the organising unit, who is in one of its teams, and who drafted
it. Of an open operation those above the organising unit are inside too, and who overlooks all of
its land sees it once it runs. Of an unannounced one (四不两直) nobody else knows before it is closed;
what was begun at a site is no secret any more to who overlooks that site.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from tongxin.orgs.scope import LAND_ROLES, posts_of, reach, unit_reach

# Offices of the organising unit that are inside; those who run an operation, and who approve it.
INSIDE = ("inspector", "officer", "leader", "secretary", "organiser", "commissioner")
RUNNERS = ("inspector", "officer", "secretary", "organiser")
APPROVERS = ("leader", "secretary")
# Who leads a team as one of the unit's leading body (班子成员).
CLASS = ("leader", "secretary", "commissioner")
# Who reads the register of sites of their land, and who keeps it.
SITE_READERS = (*LAND_ROLES, "dispatcher", "secretary", "organiser")
SITE_KEEPERS = ("officer", "inspector")


def in_teams(actor: Any) -> Any:
    """Return the ids of the operations in whose teams the actor is."""
    from .models import TeamMember

    return TeamMember.objects.filter(user=actor.pk, left_at=None).values("team__operation")


def inside(actor: Any, *, to: str = "") -> Q:
    """Return the rows of operations the actor is inside of; `to` is the way to the operation."""
    own = [post.org_id for post in posts_of(actor) if post.role in INSIDE]
    above = unit_reach(actor, INSIDE, column=f"{to}org__path") & Q(**{f"{to}is_unannounced": False})
    theirs = Q(**{f"{to}pk__in": in_teams(actor)}) | Q(**{f"{to}made_by": actor.pk})
    return Q(**{f"{to}org__in": own}) | above | theirs


def overlooked(actor: Any, *, to: str = "") -> Q:
    """Return the rows of operations that run openly, or are over, on land the actor overlooks whole."""
    told = Q(**{f"{to}is_unannounced": False, f"{to}state__in": ("running", "closed")})
    over = Q(**{f"{to}state": "closed"})
    return reach(actor, LAND_ROLES, column=f"{to}region__path") & (told | over)


def is_inside(actor: Any, operation: Any) -> bool:
    """Say whether the actor is inside of one operation; one query at most."""
    if actor.pk == operation.made_by_id or roles_in(actor, operation, INSIDE):
        return True
    from .models import TeamMember

    mine = TeamMember.objects.filter(user=actor.pk, team__operation=operation, left_at=None)
    return mine.exists()


def roles_in(actor: Any, operation: Any, roles: tuple[str, ...]) -> set[str]:
    """Return which of the roles the actor holds in the organising unit, or above an open operation's."""
    return {
        post.role
        for post in posts_of(actor)
        if post.role in roles
        and (
            post.org_id == operation.org_id
            or (
                not operation.is_unannounced
                and post.org_path
                and operation.org.path.startswith(post.org_path)
            )
        )
    }


def runs(actor: Any, operation: Any) -> bool:
    """Say whether the actor runs an operation: plans, teams, dispatches, draws, report."""
    return bool(roles_in(actor, operation, RUNNERS))


def approves(actor: Any, operation: Any) -> bool:
    """Say whether the actor may approve it; never who drafted it."""
    return actor.pk != operation.made_by_id and bool(roles_in(actor, operation, APPROVERS))


def sites_reached(actor: Any, *, column: str = "region__path") -> Q:
    """Return the rows of sites on land whose register of sites the actor reads."""
    return reach(actor, SITE_READERS, column=column)


def keeps_sites(actor: Any, path: str) -> bool:
    """Say whether the actor keeps the register of sites of a place (a region's path)."""
    return any(p.role in SITE_KEEPERS and path.startswith(p.path) for p in posts_of(actor))
