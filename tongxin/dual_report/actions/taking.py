"""Visits that were made and checked in elsewhere count in the rounds and at the contact points (S2.38, S2.39)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q
from django.utils.timezone import localdate

from ..models import ContactPoint, HouseholdVisit, WalkTarget
from .visits import HealthData, without_health


@dataclass(frozen=True)
class MadeVisit:
    """A visit as another register tells of it; `door` names the household, `told` where it is found."""

    walker_id: int
    org_id: int | None
    region_id: int
    area: str
    door: str
    visited_at: datetime
    told: str


@transaction.atomic
def take_visits(made: Sequence[MadeVisit], *, at: datetime) -> int:
    """Tick what these visits reached, each target once; return how many. Again changes nothing.

    A target is reached by a visit of who walks the round, in its year, to its unit, its grid or its door.
    A household visited at a contact point is counted there once a day; its note stays in the other register.
    """
    rows = sorted(made, key=lambda one: one.visited_at)
    return _tick(rows) + _count(rows)


def _tick(made: Sequence[MadeVisit]) -> int:
    people = {one.walker_id for one in made}
    years = {localdate(one.visited_at).year for one in made}
    skip = connection.features.has_select_for_update_skip_locked
    rows = WalkTarget.objects.filter(
        walk__walker__in=people, walk__year__in=years, visited_at__isnull=True
    )
    held = rows.select_for_update(skip_locked=skip, of=("self",)).select_related("walk")
    found = []
    for target in held.order_by("pk"):
        visit = next((one for one in made if _reaches(one, target)), None)
        if visit is not None:
            target.visited_at, target.note = visit.visited_at, visit.told[:200]
            found.append(target)
    WalkTarget.objects.bulk_update(found, ["visited_at", "note"], batch_size=200)
    return len(found)


def _reaches(visit: MadeVisit, target: WalkTarget) -> bool:
    walk = target.walk
    if visit.walker_id != walk.walker_id or localdate(visit.visited_at).year != walk.year:
        return False
    if target.org_id is not None:
        return visit.org_id == target.org_id
    if target.region_id is not None:
        return visit.region_id == target.region_id
    return bool(visit.door) and visit.door == target.label


def _count(made: Sequence[MadeVisit]) -> int:
    points = ContactPoint.objects.filter(leader__in={one.walker_id for one in made})
    by_leader: dict[int, list[ContactPoint]] = {}
    for point in points.select_related("region").order_by("pk"):
        by_leader.setdefault(point.leader_id, []).append(point)
    return sum(
        _count_at(point, one)
        for one in made
        if one.door
        for point in by_leader.get(one.walker_id, [])
        if one.area.startswith(point.region.path)
    )


def _count_at(point: ContactPoint, one: MadeVisit) -> bool:
    day, door = localdate(one.visited_at), one.door[:40]
    if day < point.from_date or (point.to_date is not None and day > point.to_date):
        return False
    if point.visits.filter(household=door, visited_at__date=day).exists():
        return False
    try:
        without_health(door, day, field="household")
    except HealthData:
        return False  # a door that tells of somebody's health is not copied
    waiting = Q(visited_at__isnull=True, planned_on__lte=day) | Q(planned_on=day)
    visit = point.visits.select_for_update().filter(waiting, household=door).first()
    if visit is not None and visit.visited_at is not None:
        return False
    visit = visit or HouseholdVisit(point=point, household=door, planned_on=day)
    visit.visited_at, visit.by_id, visit.note = one.visited_at, one.walker_id, one.told[:300]
    visit.save()
    return True
