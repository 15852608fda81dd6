"""Whom one may choose: grids in one's care, people of a community, funds and units for help."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from tongxin.accounts.models import User
from tongxin.orgs.models import Org, Post
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, prefixes, region_of, world

from ..models import CareDuty, Fund
from ..scope import duty_paths, own_grids


def grids_kept(actor: User) -> list[Land]:
    """Return the grids whose files the actor keeps: their own, and those of their communities."""
    lands = world()
    found = {path: lands.by_path[path] for path in own_grids(actor) if path in lands.by_path}
    for path in duty_paths(actor):
        for land in lands.children_of(lands.by_path[path]):
            found[land.path] = land
    return [found[path] for path in sorted(found)]


def land_named(lands: list[Land], code: str) -> Region | None:
    """Return one of these places by its code."""
    return next((region_of(one) for one in lands if one.code == code), None)


def communities_below(paths: tuple[str, ...]) -> list[Land]:
    """Return the communities inside some land."""
    inside = [one for one in world().lands if one.level == "community"]
    return [one for one in inside if any(one.path.startswith(path) for path in paths)]


def lands_at(paths: tuple[str, ...]) -> list[Land]:
    """Return the places of these paths and what lies right below each."""
    lands, found = world(), {}
    for path in paths:
        if path in lands.by_path:
            land = lands.by_path[path]
            found[path] = land
            found |= {one.path: one for one in lands.children_of(land)}
    return [found[path] for path in sorted(found)]


def people_of(path: str, on: date) -> list[User]:
    """Return who holds a post on the land of a community, by name."""
    posts = Post.objects.held_on(on).filter(region__path__under=path)
    rows = User.objects.filter(posts__in=posts, is_active=True).distinct()
    return list(rows.order_by("name", "pk")[:300])


def officers_of(paths: tuple[str, ...]) -> list[CareDuty]:
    """Return the standing care officers of some land."""
    rows = CareDuty.objects.filter(to_date=None).select_related("user", "region")
    found = [one for one in rows.order_by("region__path", "pk")]
    return [one for one in found if any(one.region.path.startswith(path) for path in paths)]


def funds_for(path: str) -> QuerySet[Fund]:
    """Return the funds that may be spent on land of this path."""
    return Fund.objects.filter(region__path__in=list(prefixes(path))).order_by("name", "pk")


def helpers_for(path: str) -> QuerySet[Org]:
    """Return the units that may be named as helpers of the land: those of its street, and above it."""
    parts = path.rstrip("/").split("/")
    street = "/".join(parts[:3]) + "/"
    above = Q(region__path__in=list(prefixes(path)))
    rows = Org.objects.public().filter(above | Q(region__path__under=street))
    return rows.exclude(kind=Org.Kind.TEAM).order_by("name", "pk")[:300]
