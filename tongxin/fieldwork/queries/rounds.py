"""Today's round of one who walks, in order; and what a phone needs of a visit without network."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Q, prefetch_related_objects

from tongxin.regions.queries import place_name

from ..models import Checklist, Item, Visit
from .ordering import Point, shortest

MOST = 200
State = Visit.State


def round_of(user: Any, day: date, start: Point | None = None) -> list[Visit]:
    """Return the visits the user may make on a day, in the order to walk them.

    What has begun comes first, then what ends today or before, then the rest; inside each of these
    the places lie along a short path from `start` (lng, lat). Those without a place close a group.
    """
    rows = (
        Visit.objects.walked_by(user)
        .filter(Q(due_from=None) | Q(due_from__lte=day), _open_on(day))
        .select_related("region", "checklist", "plan")
        .prefetch_related("team__user")
        .order_by("due_on", "pk")
    )
    return in_order(list(rows[:MOST]), day, start)


def _open_on(day: date) -> Q:
    waiting = Q(state=State.PLANNED) & (Q(due_on=None) | Q(due_on__gte=day))
    return waiting | Q(state=State.BEGUN)


def done_on(user: Any, day: date) -> list[Visit]:
    """Return the visits that the user's teams finished on a day, last first: the log of the round."""
    rows = Visit.objects.walked_by(user).filter(state=State.DONE, finished_at__date=day)
    return list(rows.select_related("region", "checklist").order_by("-finished_at")[:MOST])


def in_order(visits: Sequence[Visit], day: date, start: Point | None = None) -> list[Visit]:
    """Return visits in the order to walk them, as `round_of`."""
    groups: dict[int, list[Visit]] = {0: [], 1: [], 2: []}
    for visit in visits:
        urgent = visit.due_on is not None and visit.due_on <= day
        groups[0 if visit.state == State.BEGUN else 1 if urgent else 2].append(visit)
    ordered: list[Visit] = []
    for group in groups.values():
        placed = [one for one in group if place_of(one)]
        points = [place_of(one) for one in placed]
        order = shortest([point for point in points if point], start)
        ordered += [placed[n] for n in order]
        ordered += [one for one in group if not place_of(one)]
        if order:
            start = points[order[-1]]
    return ordered


def place_of(visit: Visit) -> Point | None:
    """Return where a visit is: its own place, else the middle of its region."""
    if visit.lng is not None and visit.lat is not None:
        return visit.lng, visit.lat
    if visit.region.lng is not None and visit.region.lat is not None:
        return visit.region.lng, visit.region.lat
    return None


def as_offline(visit: Visit) -> dict[str, Any]:
    """Return everything a phone needs to make a visit without network, as plain JSON.

    Read with `region`, `checklist` and `team__user`; the items of a checklist are asked once each
    time, so a bundle of many visits uses `offline_bundle`.
    """
    return offline_bundle([visit])["visits"][0] | {
        "checklist": offline_checklist(visit.checklist) if visit.checklist else None
    }


def offline_bundle(visits: Sequence[Visit]) -> dict[str, Any]:
    """Return visits and, once each, the checklists they name: {"visits", "checklists"}."""
    lists = {visit.checklist_id: visit.checklist for visit in visits if visit.checklist}
    items: dict[int, list[Item]] = {}
    if lists:
        for item in Item.objects.filter(checklist__in=list(lists)).order_by("number", "pk"):
            items.setdefault(item.checklist_id, []).append(item)
    return {
        "visits": [_offline(visit) for visit in visits],
        "checklists": [
            _checklist(one, items.get(one.pk, [])) for one in lists.values() if one is not None
        ],
    }


def offline_done(visits: Sequence[Visit]) -> list[dict[str, Any]]:
    """Return finished visits as a phone shows them: no checklist goes along."""
    prefetch_related_objects(visits, "team__user")
    return [_offline(visit) for visit in visits]


def _offline(visit: Visit) -> dict[str, Any]:
    place = place_of(visit)
    return {
        "id": str(visit.pk),
        "number": visit.number,
        "kind": visit.kind,
        "kind_label": str(visit.get_kind_display()),
        "title": visit.title,
        "region": {"code": visit.region.code, "name": place_name(visit.area)},
        "place_name": visit.place_name,
        "lng": place[0] if place else None,
        "lat": place[1] if place else None,
        "due_from": visit.due_from.isoformat() if visit.due_from else None,
        "due_on": visit.due_on.isoformat() if visit.due_on else None,
        "state": visit.state,
        "begun_at": visit.begun_at.isoformat() if visit.begun_at else None,
        "workers": [str(one.user) for one in visit.team.all()],
        "checklist_code": visit.checklist.code if visit.checklist else None,
        "checklist_version": visit.checklist.version if visit.checklist else None,
        "asks_mood": visit.kind in ASKS_MOOD,
    }


ASKS_MOOD = ("household", "care", "contact", "office_point", "patrol")


def offline_checklist(checklist: Checklist) -> dict[str, Any]:
    return _checklist(checklist, list(checklist.items.order_by("number", "pk")))


def _checklist(checklist: Checklist, items: Sequence[Item]) -> dict[str, Any]:
    return {
        "code": checklist.code,
        "version": checklist.version,
        "name": checklist.name,
        "items": [
            {
                "code": item.code,
                "number": item.number,
                "text": item.text,
                "help": item.help,
                "type": item.type,
                "options": [one["value"] for one in item.options],
                "required": item.required,
                "needs_photo": item.needs_photo,
                "condition": list(item.condition) if item.condition else None,
                "bad_when": item.bad_when,
                "max_score": float(item.max_score),
                "dimension": item.dimension,
            }
            for item in items
        ],
    }
