"""Who leads an operation, who stands on its field line, who keeps the home line of a cadre."""

from __future__ import annotations

from django.db.models import Q

from tongxin.orgs.scope import posts_of, unit_reach, unit_roles
from tongxin.regions.models import Region

# Over land: who directs, and who looks on.
LEADS = ("officer",)
LOOKS = ("officer", "leader", "inspector")
# In the community itself: who lives and works with the cadres, and rates their day.
FIELD = ("secretary", "commissioner", "first_secretary", "dispatcher", "verifier")
# In the unit that ordered the operation, or above it.
ORDERERS = ("secretary", "organiser")
HOME = ("secretary", "organiser", "commissioner")
WORKS = frozenset((*LOOKS, *FIELD, "organiser", "grid_worker", "handler", "cadre", "adviser"))


def _field_paths(actor) -> set[str]:
    """Return the communities in which the actor holds a post of the field line.

    Only posts whose reach is the community: the secretary of a department's branch reaches the
    whole district, and has no say over the cadres in it.
    """
    posts = posts_of(actor)
    return {p.path for p in posts if p.role in FIELD and p.level == Region.Level.COMMUNITY}


def _land_paths(actor, roles) -> set[str]:
    return {post.path for post in posts_of(actor) if post.role in roles}


def lands(actor, roles, *, column: str) -> Q:
    """Return the rows whose region lies inside land where the actor holds one of the roles."""
    inside = Q(pk__in=[])
    for path in sorted(_land_paths(actor, roles)):
        inside |= Q(**{f"{column}__under": path})
    return inside


def in_field(actor, *, column: str) -> Q:
    """Return the rows of the communities in which the actor stands on the field line."""
    return Q(**{f"{column}__in": sorted(_field_paths(actor))})


def leads(actor, operation) -> bool:
    """Say whether the actor directs the operation: officer over its land, or of who ordered it."""
    over = {p.role for p in posts_of(actor) if operation.region.path.startswith(p.path)}
    ordered = unit_roles(actor, operation.ordered_by.path)
    return not over.isdisjoint(LEADS) or not ordered.isdisjoint(ORDERERS)


def rates(actor, community_path: str) -> bool:
    """Say whether the actor rates the cadres of a community: of its field line, or officer above."""
    over = {p.role for p in posts_of(actor) if community_path.startswith(p.path)}
    return community_path in _field_paths(actor) or not over.isdisjoint(LEADS)


def rates_somewhere(actor) -> bool:
    """Say whether there may be cadres whom the actor rates."""
    return any(post.role in (*FIELD, *LEADS) for post in posts_of(actor))


def reads_ratings(actor) -> bool:
    """Say whether the actor stands on either line, or looks on: not the cadre alone."""
    return any(post.role in (*FIELD, *HOME, *LOOKS) for post in posts_of(actor))


def directed(actor, *, column: str = "") -> Q:
    """Return the operations the actor directs; `column` is the way to the operation ("operation__")."""
    return lands(actor, LEADS, column=f"{column}region__path") | unit_reach(
        actor, ORDERERS, column=f"{column}ordered_by__path"
    )


def works_at(actor) -> set[str]:
    """Return the land of the posts with which the actor works, not merely volunteers."""
    return _land_paths(actor, WORKS)
