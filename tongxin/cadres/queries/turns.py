"""Who takes which turn: the fewest turns first, then whoever rested longest; deterministic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.timezone import get_current_timezone

from ..models import RotationPoint, RotationTurn, Secondment

REST = timedelta(hours=11)


@dataclass(frozen=True)
class Slot:
    """A turn to fill: where, on which day, from when to when, by how many."""

    point: RotationPoint
    day: date
    starts_at: datetime
    ends_at: datetime
    hands: int


def plan_turns(
    slots: Iterable[Slot], people: list[Secondment], before: Iterable[RotationTurn] = ()
) -> list[tuple[Slot, list[Secondment]]]:
    """Return who takes each slot; fewer than its hands where nobody else is free."""
    turns: Counter[int] = Counter()
    points: Counter[tuple[int, int]] = Counter()
    over: dict[int, datetime] = {}
    for turn in before:
        turns[turn.secondment_id] += 1
        points[turn.secondment_id, turn.point_id] += 1
        over[turn.secondment_id] = max(turn.ends_at, over.get(turn.secondment_id, turn.ends_at))
    busy: set[tuple[int, date]] = set()
    plan = []
    for slot in slots:
        free = [
            one
            for one in people
            if one.from_date <= slot.day <= one.last_day
            and (one.pk, slot.day) not in busy
            and (one.pk not in over or over[one.pk] + REST <= slot.starts_at)
        ]
        free.sort(
            key=lambda one: (
                turns[one.pk],
                points[one.pk, slot.point.pk],  # noqa: B023 (sorted at once)
                over[one.pk].timestamp() if one.pk in over else 0.0,
                one.pk,
            )
        )
        chosen = free[: slot.hands]
        for one in chosen:
            turns[one.pk] += 1
            points[one.pk, slot.point.pk] += 1
            over[one.pk] = slot.ends_at
            busy.add((one.pk, slot.day))
        plan.append((slot, chosen))
    return plan


def week_of(points: list[RotationPoint], first: date) -> list[RotationTurn]:
    """Return the turns of some points in the seven days from a day on, by time; one query."""
    begin = datetime.combine(first, time(), tzinfo=get_current_timezone())
    rows = RotationTurn.objects.filter(
        point__in=points, starts_at__gte=begin, starts_at__lt=begin + timedelta(days=7)
    )
    return list(rows.select_related("secondment__person").order_by("starts_at", "pk"))


def turns_ahead(user, at: datetime) -> list[RotationTurn]:
    """Return somebody's own turns to come; one query."""
    rows = RotationTurn.objects.filter(secondment__person__user=user.pk, ends_at__gte=at)
    return list(rows.select_related("point").order_by("starts_at")[:5])
