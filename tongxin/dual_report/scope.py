"""Who acts for a community here: the posts over its land, and the party committee that leads it."""

from __future__ import annotations

from django.db.models import Q

from tongxin.orgs.models import Org, Sector, UnitKind
from tongxin.orgs.scope import READERS, posts_of

# Posts over land that act for a community, and those that only look at its figures.
DESK = frozenset({"dispatcher", "verifier", "officer"})
WATCH = frozenset({"leader", "inspector"})
# A committee that leads land acts for it; a branch, or the committee of a firm, does not.
LEADING = (
    UnitKind.COMMITTEE,
    UnitKind.WORK_COMMITTEE,
    UnitKind.GENERAL_BRANCH,
    UnitKind.JOINT_COMMITTEE,
)
TERRITORIAL = ("", Sector.STREET, Sector.COMMUNITY, Sector.VILLAGE)


def desk_paths(actor) -> tuple[str, ...]:
    """Return the paths of the land for which the actor acts; at most one query, then remembered."""
    if actor is None or not actor.is_authenticated:
        return ()
    known = getattr(actor, "_report_in_paths", None)
    if known is None:
        known = actor._report_in_paths = _desk_paths(actor)
    return known


def _desk_paths(actor) -> tuple[str, ...]:
    posts = posts_of(actor)
    found = {post.path for post in posts if post.role in DESK}
    offices = [post for post in posts if post.role in READERS]
    if offices:
        leading = Org.objects.public().filter(
            pk__in=[post.org_id for post in offices],
            kind=Org.Kind.PARTY,
            unit_kind__in=LEADING,
            sector__in=TERRITORIAL,
        )
        ids = set(leading.values_list("pk", flat=True))
        found |= {post.path for post in offices if post.org_id in ids}
    return tuple(sorted(found))


def watch_paths(actor) -> tuple[str, ...]:
    """Return the paths of the land whose figures the actor may see."""
    watched = {post.path for post in posts_of(actor) if post.role in WATCH}
    return tuple(sorted(watched | set(desk_paths(actor))))


def at_desk(actor, path: str) -> bool:
    """Say whether the actor acts for the land of this path."""
    return any(path.startswith(own) for own in desk_paths(actor))


def desk_reach(actor, column: str) -> Q:
    """Return the rows on land for which the actor acts; `column` is the way to the land's path."""
    inside = Q(pk__in=[])
    for path in desk_paths(actor):
        inside |= Q(**{f"{column}__under": path})
    return inside
