"""Which limits of booking hold for a room on a day."""

from __future__ import annotations

from datetime import date

from ..models import BookingRule, Room

# Where no rule is loaded, as the sample has it.
HOUSE = {"most_minutes": 240, "lead_minutes": 60, "ahead_days": 14, "most_open": 3}


def limits_of(room: Room, day: date) -> BookingRule:
    """Return the nearest rule: the room's own, its kind's, then all; of these the nearest land's.

    `room` carries its centre and region.
    """
    path = room.centre.region.path
    best: BookingRule | None = None
    rank: tuple[int, int, int, date] = (0, 0, 0, date.min)
    for one in BookingRule.objects.filter(effective_from__lte=day).select_related("region"):
        if one.room_id not in (None, room.pk) or one.kind_id not in (None, room.kind_id):
            continue
        if one.region is not None and not path.startswith(one.region.path):
            continue
        near = len(one.region.path) if one.region else 0
        mine = (one.room_id is not None, one.kind_id is not None, near, one.effective_from)
        if best is None or mine >= rank:
            best, rank = one, mine
    return best or BookingRule(effective_from=day, **HOUSE)
