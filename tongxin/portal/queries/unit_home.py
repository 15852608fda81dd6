"""One unit's home: who, where, what is due, what was written last; and the overview of party work."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from tongxin.orgs.models import LogEntry, Org, Post, Sector
from tongxin.orgs.scope import LAND_ROLES, READERS, posts_of, unit_reach
from tongxin.regions.queries import Land, UnknownRegion, get_land, world

from ..models import DueItem
from .due import sorted_due

SHOWN_DUE, SHOWN_LOG, SHOWN_UNITS = 12, 6, 30
LEADS = ("secretary", "first_secretary")


@dataclass(frozen=True)
class UnitHome:
    unit: Org
    posts: list[Post]
    grids: list
    due: list[DueItem]
    due_more: int
    log: list[LogEntry]


def unit_home(unit: Org, actor, *, on: date) -> UnitHome:
    """Return what stands on a unit's home for a reader. Four queries."""
    posts = Post.objects.held_on(on).filter(org=unit).select_related("user").order_by("pk")
    due = sorted_due(DueItem.objects.visible_to(actor).filter(unit=unit))
    log = LogEntry.objects.visible_to(actor).filter(unit=unit).select_related("actor")
    order = list(Post.Role.values)
    return UnitHome(
        unit=unit,
        posts=sorted(posts, key=lambda post: (post.role not in LEADS, order.index(post.role))),
        grids=list(unit.grids.defer("polygon").order_by("path")),
        due=due[:SHOWN_DUE],
        due_more=max(0, len(due) - SHOWN_DUE),
        log=list(log.order_by("-year", "-seq")[:SHOWN_LOG]),
    )


def own_units(actor) -> list[int]:
    """Return the units in which the actor has work of a party unit to do."""
    roles = {*READERS, *DueItem.SENT}
    return sorted({post.org_id for post in posts_of(actor) if post.role in roles})


# The overview of party work.


@dataclass
class SectorRow:
    label: str
    code: str
    units: int = 0
    led: int = 0
    covering: int = 0
    late: int = 0  # units with something late


@dataclass
class PartyOverview:
    """The party units of a place that the reader may overlook."""

    land: Land
    sectors: list[SectorRow] = field(default_factory=list)
    worst: list[tuple[Org, int]] = field(default_factory=list)
    checked: bool = True

    def total(self, name: str) -> int:
        return sum(getattr(row, name) for row in self.sectors)


def party_lands(actor) -> list[Land]:
    """Return the places whose party work one may overlook: those of posts, and the streets below."""
    roles = {*LAND_ROLES, *READERS}
    paths = {post.path for post in posts_of(actor) if post.role in roles}
    every = sorted(world().by_path.values(), key=lambda land: land.path)
    mine = [land for land in every if land.path in paths]
    below = [
        land
        for land in every
        if land.level in ("district", "street")
        and any(land.path.startswith(path) for path in paths)
    ]
    return list({land.path: land for land in [*sorted(mine, key=_size), *below]}.values())


def _size(land: Land) -> int:
    return len(land.path)


def chosen_land(actor, code: str) -> Land | None:
    """Return the place asked for if the actor may overlook it; their widest without one."""
    lands = party_lands(actor)
    if not code:
        return lands[0] if lands else None
    try:
        asked = get_land(code)
    except UnknownRegion:
        return None
    return next((land for land in lands if land.path == asked.path), None)


def units_overlooked(actor, land: Land) -> QuerySet[Org]:
    """Return the standing party units on a piece of land that the actor keeps or looks over."""
    inside = unit_reach(actor, READERS)
    for path in sorted({post.path for post in posts_of(actor) if post.role in LAND_ROLES}):
        inside |= Q(region__path__under=path)
    return Org.objects.filter(
        inside, kind=Org.Kind.PARTY, dissolved_on=None, region__path__under=land.path
    )


def party_overview(actor, land: Land, *, on: date) -> PartyOverview:
    """Return how the party units of a place stand, by their field. Two queries."""
    rows = units_overlooked(actor, land)
    held = Post.objects.held_on(on).filter(org=OuterRef("pk"), role__in=LEADS)
    late = DueItem.objects.filter(unit=OuterRef("pk"), due__lt=on)
    covering = Org.grids.through.objects.filter(org=OuterRef("pk"))
    counted = (
        rows.annotate(is_led=Exists(held), is_late=Exists(late), is_covering=Exists(covering))
        .order_by()
        .values("sector")
        .annotate(
            n=Count("pk"),
            led=Count("pk", filter=Q(is_led=True)),
            late=Count("pk", filter=Q(is_late=True)),
            covering=Count("pk", filter=Q(is_covering=True)),
        )
    )
    by_code = {row["sector"]: row for row in counted}
    labels = [*Sector.choices, ("", "")]
    found = PartyOverview(land)
    for code, label in labels:
        if row := by_code.get(code):
            found.sectors.append(
                SectorRow(str(label), code, row["n"], row["led"], row["covering"], row["late"])
            )
    found.worst = _worst(rows, on)
    return found


def _worst(rows: QuerySet[Org], on: date) -> list[tuple[Org, int]]:
    late = rows.annotate(n=Count("due_items", filter=Q(due_items__due__lt=on))).filter(n__gt=0)
    return [(unit, unit.n) for unit in late.order_by("-n", "path")[:SHOWN_UNITS]]
