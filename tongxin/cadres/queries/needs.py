"""What each community needs, by the rule: so many for each grid, the rest shared out by grids."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.regions.models import Region
from tongxin.regions.queries import Land, world

from ..models import Operation
from .rules import rule_on


@dataclass(frozen=True)
class Suggestion:
    community_id: int
    minimum: int
    wish: int
    basis: str


def communities_of(path: str) -> list[Land]:
    """Return the communities under a path, by path."""
    return [
        land
        for land in world().lands
        if land.level == Region.Level.COMMUNITY and land.path.startswith(path)
    ]


def suggestions(operation: Operation, *, at: datetime) -> list[Suggestion]:
    """Return a need for every community of the operation: its minimum by grids, its wish by share.

    The pool, less the reserve of the rule, is shared out by numbers of grids with the largest
    remainders first, so that the wishes sum to what there is, or to the minimums if they are more.
    Raises NoRule.
    """
    rule = rule_on("need", localdate(at))
    places = communities_of(operation.region.path)
    grids = {land.id: max(1, len(world().children_of(land))) for land in places}
    pool = operation.pool.ready().count()
    offered = pool * (100 - int(rule["reserve_percent"])) // 100
    shares = apportion(offered, [grids[land.id] for land in places])
    whole = sum(grids.values())
    found = []
    for land, share in zip(places, shares, strict=True):
        minimum = -(-grids[land.id] // int(rule["grids_per_cadre"]))
        basis = _("%(grids)d 个网格，每 %(each)d 个至少 1 人；%(pool)d 人按网格占比 %(grids)d/%(whole)d 分得 %(share)d 人") % {
            "grids": grids[land.id], "each": rule["grids_per_cadre"], "pool": offered,
            "whole": whole, "share": share,
        }  # fmt: skip
        found.append(Suggestion(land.id, minimum, max(minimum, share), basis))
    return found


def apportion(total: int, weights: list[int]) -> list[int]:
    """Share a whole out by weights, with the largest remainders first; the sum is the whole."""
    whole = sum(weights)
    if not whole:
        return []
    floors = [total * weight // whole for weight in weights]
    rests = [total * weight % whole for weight in weights]
    left = total - sum(floors)
    for index in sorted(range(len(weights)), key=lambda i: (-rests[i], i))[:left]:
        floors[index] += 1
    return floors
