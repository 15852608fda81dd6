"""Who reads by need: the worker of the grid, the care officer of the community; who sees figures only."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from tongxin.orgs.scope import posts_of

# They answer for land and see figures, assessments and funds there: no file, no name.
OVERSEERS = frozenset({"officer", "leader", "inspector"})


def paths_q(paths: Iterable[str], column: str) -> Q:
    """Return the rows whose `column` (the path of a region) lies inside one of the paths."""
    inside = Q(pk__in=[])
    for path in sorted(set(paths)):
        inside |= Q(**{f"{column}__under": path})
    return inside


def own_grids(actor) -> tuple[str, ...]:
    """Return the paths of the grids the actor walks: a post over more than a grid opens nothing."""
    posts = posts_of(actor)
    return tuple(sorted({p.path for p in posts if p.role == "grid_worker" and p.level == "grid"}))


def duty_paths(actor) -> tuple[str, ...]:
    """Return the paths of the communities whose care officer the actor is; one query, remembered.

    The duty is in force while they hold a post in the community: who has left reads nothing.
    """
    if actor is None or not actor.is_authenticated:
        return ()
    known = getattr(actor, "_care_paths", None)
    if known is None:
        from .models import CareDuty

        rows = CareDuty.objects.filter(user=actor.pk, to_date__isnull=True)
        named = set(rows.values_list("region__path", flat=True))
        held = {post.path for post in posts_of(actor)} if named else set()
        known = actor._care_paths = tuple(
            sorted(p for p in named if any(h.startswith(p) for h in held))
        )
    return known


def overseeing_paths(actor) -> tuple[str, ...]:
    """Return the paths of the land whose figures the actor sees."""
    return tuple(sorted({p.path for p in posts_of(actor) if p.role in OVERSEERS}))


def officer_paths(actor) -> tuple[str, ...]:
    """Return the paths of the land for which the actor decides: officers of a street or district."""
    return tuple(sorted({p.path for p in posts_of(actor) if p.role == "officer"}))


def figure_paths(actor) -> tuple[str, ...]:
    """Return the paths of all land whose figures the actor sees."""
    return tuple(sorted({*overseeing_paths(actor), *duty_paths(actor), *own_grids(actor)}))


def has_duty(actor, path: str) -> bool:
    """Say whether the actor is care officer of the community in which the path lies."""
    return any(path.startswith(own) for own in duty_paths(actor))


def is_officer(actor, path: str) -> bool:
    """Say whether the actor decides for the land of the path."""
    return any(path.startswith(own) for own in officer_paths(actor))


def walks(actor, path: str) -> bool:
    """Say whether the actor is the worker of the grid of the path."""
    return any(path.startswith(own) for own in own_grids(actor))
