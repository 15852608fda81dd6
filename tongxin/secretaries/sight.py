"""Who sees what of the secretaries' registers: posts over a unit, over its land, or in the village."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q

from tongxin.orgs.scope import REGISTRARS, posts_of, unit_reach

# Who looks over a piece of land and changes nothing in a register.
WATCHERS = ("officer", "leader", "inspector")
# Who works in a village: they see what is kept of that village.
VILLAGE_ROLES = ("first_secretary", "team_leader", "adviser")


def _way(column: str, end: str) -> str:
    return f"{column}__{end}" if column else end


def kept(actor, column: str) -> Q:
    """Return the rows of units whose registers the actor keeps; `column` leads to the unit, ""
    where the rows are units."""
    return unit_reach(actor, REGISTRARS, column=_way(column, "path"))


def watched(actor, column: str) -> Q:
    """Return the rows of units on land that the actor looks over."""
    inside = Q(pk__in=[])
    for path in sorted({post.path for post in posts_of(actor) if post.role in WATCHERS}):
        inside |= Q(**{_way(column, "region__path__under"): path})
    return inside


def lived_in(actor, column: str) -> Q:
    """Return the rows of the villages in which the actor holds a post of a village team."""
    return Q(**{f"{column}__in": village_ids(actor)})


def keeps_any(actor) -> bool:
    """Say whether there are units whose registers the actor keeps."""
    return any(post.role in REGISTRARS and post.org_path for post in posts_of(actor))


def sees_villages(actor) -> bool:
    """Say whether there may be villages that the actor keeps, looks over or is sent to."""
    roles = (*WATCHERS, *VILLAGE_ROLES)
    return keeps_any(actor) or any(post.role in roles for post in posts_of(actor))


def village_ids(actor, roles: Collection[str] = VILLAGE_ROLES) -> list[int]:
    """Return the units of the villages the actor is sent to."""
    return sorted({post.org_id for post in posts_of(actor) if post.role in roles})


def units_above(actor) -> set[int]:
    """Return the ids of the units at and above those in which the actor holds a post."""
    paths = [post.org_path for post in posts_of(actor)]
    return {int(part) for path in paths for part in path.split("/") if part}
