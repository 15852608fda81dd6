"""Which communities take volunteers without being asked, as those who admit see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tongxin.regions.models import Region
from tongxin.regions.queries import Land, world

from ..models import OpenDoor

MOST_DOORS = 40  # about the communities of a street: a district does not set them one by one


def doors_of(lands: Sequence[Land]) -> list[dict[str, Any]]:
    """Return {"land", "open"} of each community in the lands; nothing for more than a street's."""
    here = [
        land
        for land in world().lands
        if land.level == Region.Level.COMMUNITY
        and any(land.path.startswith(one.path) for one in lands)
    ]
    if len(here) > MOST_DOORS:
        return []
    rows = OpenDoor.objects.filter(region__in=[land.id for land in here])
    is_open = set(rows.values_list("region", flat=True))
    return [{"land": land, "open": land.id in is_open} for land in here]
