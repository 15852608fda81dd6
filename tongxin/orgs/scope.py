"""Who reaches what: the one place where posts become a filter on rows and parts in a case."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.kit.errors import NotFound
from tongxin.regions.models import DEPTH
from tongxin.regions.queries import Land, get_land, world

from .models.posts import Post

# Who keeps the registers of a party unit and all that stand under it, and who may read them.
REGISTRARS = ("secretary", "organiser")
READERS = (*REGISTRARS, "commissioner")
# Who overlooks land reads what is registered of the units there, but no membership.
LAND_ROLES = ("officer", "leader", "inspector")


@dataclass(frozen=True)
class Held:
    """A post an actor holds today: the role, the organisation, and the land it reaches."""

    role: str
    org_id: int
    region_id: int
    path: str
    level: str
    org_path: str = ""


HELD = ("role", "org_id", "region_id", "region__path", "region__level", "org__path")


def posts_of(actor, on: date | None = None) -> tuple[Held, ...]:
    """Return the posts an actor holds; asked once per request, then kept on the actor.

    `on` defaults to today: what somebody may do now depends on the posts of now, whenever the
    thing itself happened.
    """
    if actor is None or not actor.is_authenticated:
        return ()
    held = getattr(actor, "_held_posts", None)
    if held is None:
        rows = Post.objects.held_on(on or localdate()).filter(user=actor.pk).values_list(*HELD)
        held = actor._held_posts = tuple(Held(*row) for row in rows)
    return held


def reach(actor, roles: Collection[str], *, widen: str = "", column: str = "area") -> Q:
    """Return the rows whose `area` lies inside a region where the actor holds one of the roles.

    `column` is the way to the region's path from the row, if it is not `area`. `widen` names a level: the post's land is taken to reach up to that level (a volunteer of a
    community sees the hall of the whole street).
    """
    inside = Q(pk__in=[])  # nothing, until a post opens something
    for path in sorted({post.path for post in posts_of(actor) if post.role in roles}):
        if widen:
            parts = path.split("/")[: DEPTH[widen]]
            path = "/".join(part for part in parts if part) + "/"  # noqa: PLW2901
        inside |= Q(**{f"{column}__under": path})
    return inside


def own_lands(actor, roles: Collection[str], *, inside: str = "") -> list[Land]:
    """Return the lands where the actor holds one of the roles, widest first, none inside another.

    `inside` is the path of an area: then what of it is theirs, the area itself for who stands above it.
    """
    paths = {post.path for post in posts_of(actor) if post.role in roles}
    ordered = sorted(paths, key=lambda path: (len(path), path))
    outer = [path for n, path in enumerate(ordered) if not path.startswith(tuple(ordered[:n]))]
    if inside.startswith(tuple(outer)):
        outer = [inside]
    by_path = world().by_path
    return [by_path[path] for path in outer if path.startswith(inside) and path in by_path]


def land_asked(actor, code: str, roles: Collection[str]) -> Land:
    """Return the land of a code, if the actor's posts of those roles reach it; "": their widest.

    :raises NotFound: for who works on no land, alike for land that is not theirs and land there is not
    """
    lands = own_lands(actor, roles)
    if not lands:
        raise NotFound(_("您的岗位没有管辖范围。"))
    if not code:
        return lands[0]
    land = get_land(code[:18])
    if not any(land.path.startswith(one.path) for one in lands):
        raise NotFound(_("没有找到这个区域，或不归您管。"))
    return land


def roles_over(actor, area: str) -> set[str]:
    """Return the roles that the actor's posts give over one area (a region's path)."""
    return {post.role for post in posts_of(actor) if area.startswith(post.path)}


def unit_reach(actor, roles: Collection[str] = REGISTRARS, *, column: str = "path") -> Q:
    """Return the rows whose unit stands at or under one where the actor holds one of the roles.

    `column` is the way to the unit's path from the row ("unit__path").
    """
    inside = Q(pk__in=[])
    held = [post for post in posts_of(actor) if post.org_path and post.role in roles]
    for path in sorted({post.org_path for post in held}):
        inside |= Q(**{f"{column}__under": path})
    return inside


def register_reach(actor, *, to: str = "") -> Q:
    """Return the rows of units the actor may read: under any post of theirs, or on their land.

    `to` is the way to the unit from the row ("unit__"). Membership is narrower: READERS alone.
    """
    inside = unit_reach(actor, Post.Role.values, column=f"{to}path")
    return inside | reach(actor, LAND_ROLES, column=f"{to}region__path")


def unit_roles(actor, unit_path: str) -> set[str]:
    """Return the roles the actor holds in a unit or in one above it; `unit_path` is `Org.path`."""
    held = [post for post in posts_of(actor) if post.org_path]
    return {post.role for post in held if unit_path.startswith(post.org_path)}


def keeps_register(actor, unit_path: str) -> bool:
    """Say whether the actor keeps the registers of a unit: its secretary, or above it."""
    return not unit_roles(actor, unit_path).isdisjoint(REGISTRARS)
