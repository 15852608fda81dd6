"""Contact points with their visits, and the matrix of rounds: what is done and what is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Prefetch, Q

from tongxin.accounts.models import User

from ..models import ContactPoint, HouseholdVisit, Walk, WalkTarget
from .coverage import Share
from .rules import Word, kinds


def points_seen(actor, year: int) -> list[ContactPoint]:
    """Return the contact points an actor sees, each with `visited`: households visited that year."""
    done = Count("visits", filter=Q(visits__visited_at__year=year))
    rows = ContactPoint.objects.visible_to(actor).filter(to_date__isnull=True)
    return list(rows.annotate(visited=done).select_related("leader", "region").order_by("pk")[:100])


def visits_of(point: ContactPoint) -> list[HouseholdVisit]:
    """Return the visits of a contact point: planned ones first, then those made, newest first."""
    rows = list(point.visits.order_by("planned_on", "pk"))
    made = [one for one in rows if one.visited_at is not None]
    return [one for one in rows if one.visited_at is None] + made[::-1]


@dataclass(frozen=True)
class Cell:
    """A round of one person: how much is done."""

    walk: Walk
    share: Share


@dataclass(frozen=True)
class Walker:
    """A row of the matrix: a person, and their round of each kind (None: not set)."""

    user: User
    place: str
    cells: list[Cell | None]
    whole: Share


def matrix(actor, year: int, on: date) -> tuple[list[Word], list[Walker]]:
    """Return the kinds of rounds and a row for each who walks (S2.39). One query."""
    columns = list(kinds("walk", on).values())
    rows = Walk.objects.visible_to(actor).filter(year=year)
    rows = rows.annotate(
        base=Count("targets"), done=Count("targets", filter=Q(targets__visited_at__isnull=False))
    )
    found: dict[tuple[int, int], dict[str, Cell]] = {}
    people: dict[tuple[int, int], Walk] = {}
    for walk in rows.select_related("walker", "region").order_by("region__path", "walker", "pk"):
        key = (walk.walker_id, walk.region_id)
        people.setdefault(key, walk)
        found.setdefault(key, {})[walk.kind] = Cell(walk, Share(walk.base, walk.done))
    walkers = [
        Walker(
            walk.walker,
            walk.region.short_name,
            [found[key].get(column.code) for column in columns],
            Share(
                sum(cell.share.base for cell in found[key].values()),
                sum(cell.share.done for cell in found[key].values()),
            ),
        )
        for key, walk in people.items()
    ]
    return columns, walkers


def walk_with_targets(actor, pk: int) -> Walk | None:
    """Return a round the actor sees, with `left` and `made`, its targets."""
    rows = Walk.objects.visible_to(actor).select_related("walker", "region")
    targets = WalkTarget.objects.order_by("pk")
    return rows.prefetch_related(Prefetch("targets", targets)).filter(pk=pk).first()
