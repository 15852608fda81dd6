"""Which rooms go to which places (S1.32): whole rooms, the most shortage covered, then the least cost.

Plain arithmetic over `Room` and `Gap`; knows neither tables nor requests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tongxin.kit.geo import distance_m

SECONDS = 10.0
ELSEWHERE_M = 500  # what a room of another community must be nearer by to be preferred
YUAN_A_METRE = 100  # so many yuan of conversion weigh as much as one metre


@dataclass(frozen=True)
class Room:
    """A room that may be given: its area in m², what it takes to convert it, where it is."""

    id: int
    region_id: int
    area_m2: int
    cost_fen: int
    lng: float | None
    lat: float | None


@dataclass(frozen=True)
class Gap:
    """A place that lacks so many m²."""

    id: int
    region_id: int
    short_m2: int
    lng: float | None
    lat: float | None


@dataclass(frozen=True)
class Pair:
    """A room for a place: how far, and what it weighs among pairs that cover as much."""

    room: Room
    gap: Gap
    distance_m: int | None
    weight: int


@dataclass(frozen=True)
class Solution:
    """The pairs chosen, what they cover in m², and whether nothing better can be."""

    pairs: tuple[Pair, ...]
    covered_m2: int
    weight: int
    is_optimal: bool


def pairs_of(rooms: Sequence[Room], gaps: Sequence[Gap], most_m: int) -> list[Pair]:
    """Return the pairs that may be: within the distance, or in the same community if a point lacks."""
    found = []
    for room in rooms:
        for gap in gaps:
            same = room.region_id == gap.region_id
            metres: int | None = None
            if None not in (room.lng, room.lat, gap.lng, gap.lat):
                metres = round(distance_m(room.lng, room.lat, gap.lng, gap.lat))  # type: ignore[arg-type]
                if metres > most_m:
                    continue
            elif not same:
                continue
            weight = (metres or 0) + room.cost_fen // (100 * YUAN_A_METRE)
            found.append(Pair(room, gap, metres, weight + (0 if same else ELSEWHERE_M) + 1))
    return found


def solve(rooms: Sequence[Room], gaps: Sequence[Gap], most_m: int) -> Solution:
    """Choose pairs: each room once and whole, the most m² of shortage covered, then the least weight.

    CP-SAT proves it; `is_optimal` is False only if the time ran out.
    """
    pairs = pairs_of(rooms, [gap for gap in gaps if gap.short_m2 > 0], most_m)
    if not pairs:
        return Solution((), 0, 0, True)
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    takes = [model.new_bool_var("") for _pair in pairs]
    by_room: dict[int, list] = {}
    by_gap: dict[int, list] = {}
    for take, pair in zip(takes, pairs, strict=True):
        by_room.setdefault(pair.room.id, []).append(take)
        by_gap.setdefault(pair.gap.id, []).append((take, pair))
    for mine in by_room.values():
        model.add_at_most_one(mine)
    covers = []
    for group in by_gap.values():
        short = group[0][1].gap.short_m2
        cover = model.new_int_var(0, short, "")
        model.add(cover <= sum(take * pair.room.area_m2 for take, pair in group))
        covers.append(cover)
    covered, weight = (
        sum(covers),
        sum(take * pair.weight for take, pair in zip(takes, pairs, strict=True)),
    )
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1  # the same answer each time
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = SECONDS
    model.maximize(covered)
    first = solver.solve(model)
    if first not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Solution((), 0, 0, False)
    best = round(solver.objective_value)
    model.add(covered >= best)
    for take in takes:
        model.add_hint(take, solver.value(take))
    model.minimize(weight)
    second = solver.solve(model)
    if second not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Solution((), 0, 0, False)
    chosen = tuple(pair for take, pair in zip(takes, pairs, strict=True) if solver.value(take))
    proved = first == cp_model.OPTIMAL and second == cp_model.OPTIMAL
    return Solution(chosen, covered_of(chosen), sum(pair.weight for pair in chosen), proved)


def covered_of(pairs: Sequence[Pair]) -> int:
    """Return how many m² of shortage some pairs cover."""
    sums: dict[int, tuple[int, int]] = {}
    for pair in pairs:
        area, short = sums.get(pair.gap.id, (0, pair.gap.short_m2))
        sums[pair.gap.id] = area + pair.room.area_m2, short
    return sum(min(area, short) for area, short in sums.values())
