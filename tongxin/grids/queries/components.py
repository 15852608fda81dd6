"""Reads of the component register: lists, maps, what stands nearest to a point."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet

from tongxin.cases.models import Topic
from tongxin.kit.geo import distance_m
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, locate, world

from ..models import CatalogueItem, Component, FilingCondition, Kind, State

DEGREE_M = 111_195.0
MOST_OFFLINE, MOST_POINTS = 300, 5_000
# Colours of the large classes on the map; what is broken or lost is red whatever its class.
CLASS_TONES = {"01": "working", "02": "waiting", "03": "verify", "04": "done"}
CLASS_CHARS = {"01": "政", "02": "交", "03": "环", "04": "绿"}
BAD = (State.BROKEN, State.LOST)


@dataclass(frozen=True)
class Near:
    """A component beside a point, with the way to it in metres."""

    component: Component
    metres: float

    @property
    def words(self) -> str:
        """ "井盖 3 m"."""
        return f"{self.component.name} {self.metres:.0f} m"


def nearest(
    lng: float,
    lat: float,
    *,
    within_m: float = 50,
    limit: int = 5,
    topic: int | None = None,
    actor: Any = None,
) -> list[Near]:
    """Return the standing components nearest to a point (WGS-84), nearest first. One query.

    `topic` keeps to the kinds whose requests are filed under it, `actor` to those somebody sees.
    """
    dlat = within_m / DEGREE_M
    dlng = dlat / max(0.1, math.cos(math.radians(lat)))
    rows = Component.objects.standing().filter(
        lat__range=(lat - dlat, lat + dlat), lng__range=(lng - dlng, lng + dlng)
    )
    if topic is not None:
        rows = rows.filter(item__topic=topic)
    if actor is not None:
        rows = rows.filter(pk__in=Component.objects.visible_to(actor).values("pk"))
    found = [
        Near(one, distance_m(lng, lat, one.lng, one.lat))
        for one in rows.select_related("item", "grid")
    ]
    return sorted((one for one in found if one.metres <= within_m), key=lambda one: one.metres)[
        :limit
    ]


def offline_components(
    grid_codes: Collection[str], limit: int = MOST_OFFLINE
) -> list[dict[str, Any]]:
    """Return what a phone takes along of some grids: id, name, state, place. One query.

    [{"id", "code", "name", "state", "state_label", "lng", "lat", "address", "topic"}]
    """
    rows = Component.objects.standing().filter(grid__code__in=list(grid_codes)).order_by("code")
    labels = {one.value: str(one.label) for one in State}
    found = rows.values("id", "code", "name", "state", "lng", "lat", "address", "item__topic__code")
    return [
        {
            **{
                name: row[name] for name in ("id", "code", "name", "state", "lng", "lat", "address")
            },
            "state_label": labels[row["state"]],
            "topic": row["item__topic__code"] or "",
        }
        for row in found[:limit]
    ]


def components_in(
    actor: Any, path: str, *, item: str = "", class_code: str = "", state: str = "", q: str = ""
) -> QuerySet[Component]:
    """Return the components a reader sees at or below a place, narrowed, by area and id."""
    rows = Component.objects.visible_to(actor).filter(area__under=path)
    if item:
        rows = rows.filter(item__code=item)
    if class_code:
        rows = rows.filter(item__code__startswith=class_code)
    if state == "bad":
        rows = rows.filter(state__in=BAD)
    elif state in State.values:
        rows = rows.filter(state=state)
    if q:
        rows = rows.filter(
            Q(code__startswith=q)
            | Q(name__contains=q)
            | Q(address__contains=q)
            | Q(owner__contains=q)
        )
    return rows


def state_counts(rows: QuerySet[Component]) -> dict[str, int]:
    return dict(rows.order_by().values_list("state").annotate(Count("pk")))


def points_of(rows: QuerySet[Component], url: str) -> list[dict[str, Any]]:
    """Return components as pins of a map, at most 5,000; `url` has CODE where the id goes."""
    labels = {one.value: str(one.label) for one in State}
    values = rows.order_by("code").values_list("code", "item__code", "name", "state", "lng", "lat")
    return [
        {
            "lng": lng,
            "lat": lat,
            "title": name,
            "note": f"{labels[state]} · {code}",
            "url": url.replace("CODE", code),
            "tone": "late" if state in BAD else CLASS_TONES.get(kind[:2], "idle"),
            "char": CLASS_CHARS.get(kind[:2], "其"),
        }
        for code, kind, name, state, lng, lat in values[:MOST_POINTS]
    ]


def classes_in_force(day: date) -> list[tuple[str, str]]:
    """Return the large classes of components: [(code, name)]. One query."""
    rows = CatalogueItem.objects.in_force(day).filter(kind=Kind.COMPONENT, region=None)
    found: dict[str, str] = {}
    for code, name in rows.order_by("code").values_list("code", "class_name"):
        found.setdefault(code[:2], name)
    return list(found.items())


def conditions_of(items: Any, day: date) -> QuerySet[FilingCondition]:
    """Return the filing conditions of some items in force on a day, by item and number."""
    rows = FilingCondition.objects.filter(
        Q(effective_to=None) | Q(effective_to__gt=day), item__in=items, effective_from__lte=day
    )
    return rows.select_related("item").order_by("item__kind", "item__code", "number")


def conditions_of_topic(topic: str, path: str, day: date) -> QuerySet[FilingCondition]:
    """Return under which conditions a matter of a topic is filed at a place (for the dispatcher)."""
    items = CatalogueItem.objects.in_force(day).for_land(path).filter(topic__code=topic)
    return conditions_of(items.values("pk"), day)


def topics_in_use() -> QuerySet[Topic]:
    """Return the service topics a kind may be bound to."""
    return Topic.objects.filter(is_active=True).order_by("code")


def grid_at(lng: float, lat: float) -> Land:
    """Return the grid that holds a point. Raises OutsideArea."""
    land = locate(lng, lat)
    if land.level == Region.Level.BUILDING and land.parent_id:
        return world().by_id[land.parent_id]
    return land
