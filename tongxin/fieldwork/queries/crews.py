"""Who goes: the grid workers of a place, and the places a plan may choose from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models import Q

from tongxin.accounts.models import User
from tongxin.orgs.models import Org, Post
from tongxin.orgs.scope import reach
from tongxin.regions.models import Region

from ..models import Plan

Kind = Plan.TargetKind
LAND = {Kind.GRID: "grid", Kind.COMMUNITY: "community", Kind.BUILDING: "building"}


def crews_of(paths: Iterable[str], day: date) -> dict[str, list[User]]:
    """Return the grid workers of each place: those of the nearest land that has any, by path."""
    wanted = list(dict.fromkeys(paths))
    rows = (
        Post.objects.held_on(day)
        .filter(role=Post.Role.GRID_WORKER, user__is_active=True)
        .select_related("user", "region")
        .order_by("from_date", "pk")
    )
    by_path: dict[str, list[User]] = {}
    for post in rows:
        by_path.setdefault(post.region.path, []).append(post.user)
    return {path: _nearest(path, by_path) for path in wanted}


def _nearest(path: str, by_path: dict[str, list[User]]) -> list[User]:
    parts = path.split("/")[:-1]
    for n in range(len(parts), 0, -1):
        if found := by_path.get("/".join(parts[:n]) + "/"):
            return found
    return []


def targets_in(
    region: Region, kind: str, day: date, *, org_kind: str = "", unit_kind: str = ""
) -> list[dict[str, Any]]:
    """Return every place of a kind inside a region, as `make_plan` takes them."""
    if kind in LAND:
        rows = Region.objects.valid_on(day).under(region).filter(level=LAND[Kind(kind)])
        return [
            {"name": land.short_name, "region": land, "lng": land.lng, "lat": land.lat}
            for land in rows.defer("polygon").order_by("path")
        ]
    if kind == Kind.ORG:
        orgs = Org.objects.filter(region__path__under=region.path, dissolved_on=None)
        if org_kind:
            orgs = orgs.filter(kind=org_kind)
        if unit_kind:
            orgs = orgs.filter(unit_kind=unit_kind)
        return [
            {"name": org.name, "region": org.region, "org": org,
             "lng": org.region.lng, "lat": org.region.lat}
            for org in orgs.select_related("region").order_by("path", "pk")
        ]  # fmt: skip
    return []


def goers_in(
    actor: Any, roles: Sequence[str], day: date, *, near: str = "", words: str = ""
) -> list[tuple[int, str]]:
    """Return those who may be sent out on the actor's land: (id, "name · post"), by name.

    `near` is a path of land where they have their post, `words` are of their name or unit.
    """
    rows = (
        Post.objects.held_on(day)
        .filter(reach(actor, roles, column="region__path"), user__is_active=True)
        .exclude(role__in=("volunteer", "handler", "operator"))
        .select_related("user", "org")
        .order_by("user__name", "pk")
    )
    if near:
        rows = rows.filter(region__path__under=near)
    if words:
        rows = rows.filter(Q(user__name__icontains=words) | Q(org__name__icontains=words))
    found: dict[int, str] = {}
    for post in rows[:1000]:
        found.setdefault(post.user_id, f"{post.user.name or post.user.username} · {post.org.name}")
    return list(found.items())


def users_by_id(ids: Sequence[int]) -> list[User]:
    """Return users in the order of their ids given."""
    found = User.objects.in_bulk(list(ids))
    return [found[pk] for pk in ids if pk in found]
