"""Who could take which of many orders: the nearest of those who can, and what each pair lacks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np

from tongxin.cases.models import Case
from tongxin.regions.queries import Land, prefixes, world

from . import crowd
from .advice import PLAIN, READ, Setting
from .criteria import BUSY, CRITERIA
from .crowd import Somebody

NEAREST = 80  # volunteers of an order; the street's own come first
IN_HAND = ("load", "fair")  # criteria that depend on how many orders somebody has
OF_PAIR = tuple(code for code in (*PLAIN, *READ) if code not in IN_HAND)


class Pairing:
    """People by where they live and which grid they answer for, and the ways between."""

    def __init__(self, people: list[Somebody]) -> None:
        self.people = people
        self.homes: dict[int, list[int]] = defaultdict(list)
        self.grids: dict[str, list[int]] = defaultdict(list)
        for row, one in enumerate(people):
            if one.home and one.kind == "grid_worker":
                self.grids[one.home.path].append(row)
            elif one.home:
                self.homes[one.home.id].append(row)
        self.lands = [world().by_id[home] for home in self.homes]
        self._ways: dict[Any, list[tuple[float, bool, Land]]] = {}

    def of(self, settings: list[Setting]) -> tuple[np.ndarray, ...]:
        """Return (order, person, cost, metres, full) of all pairs; metres -1 where nobody knows.

        `full[i]` counts those who could have taken order i, but for full hands.
        """
        columns: tuple[list[int], ...] = ([], [], [], [])
        full = np.zeros(len(settings), np.int64)
        for row, setting in enumerate(settings):
            able = [(who, None) for who in self._workers(setting)]
            near, full[row] = self._volunteers(setting)
            for who, metres in [*able, *near]:
                seen = as_seen(self.people[who], metres, setting)
                values = (row, who, lacking(seen, setting), -1 if metres is None else round(metres))
                for column, value in zip(columns, values, strict=True):
                    column.append(value)
        order, person, cost, ways = (np.array(column, np.int64) for column in columns)
        return order, person, cost, ways, full

    def _workers(self, setting: Setting) -> Iterator[int]:
        """Yield the grid workers who answer for the place and have a hand free."""
        case = setting.case
        if case.topic and "grid_worker" not in case.topic.takers.split():
            return
        for path in prefixes(case.area):
            for who in self.grids.get(path, []):
                one = self.people[who]
                if one.id != case.reporter_id and one.held < BUSY:
                    yield who

    def _volunteers(self, setting: Setting) -> tuple[list[tuple[int, float | None]], int]:
        """Return the NEAREST volunteers who can take an order, and how many have full hands."""
        case, asked = setting.case, set(setting.asked)
        found: list[tuple[int, float | None]] = []
        full = 0
        if case.topic and "volunteer" not in case.topic.takers.split():
            return found, full
        for metres, is_own, land in self._from(case):
            if len(found) >= NEAREST or (not is_own and metres > setting.weights.limit_m):
                break
            for who in self.homes[land.id]:
                one = self.people[who]
                if one.id == case.reporter_id or (asked and not one.skills & asked):
                    continue
                if one.cap is not None and one.held >= one.cap:
                    full += 1
                else:
                    found.append((who, metres))
        return found, full

    def _from(self, case: Case) -> list[tuple[float, bool, Land]]:
        """Return (metres, of the case's street, community): the street's own first, then by way."""
        spot, street = crowd.point_of(case), crowd.street_of(case.area)
        key = (spot, street.id if street else None)
        if key not in self._ways:
            own = street.path if street else "-"
            found = [
                (crowd.metres_to(spot, land) or 0.0, land.path.startswith(own), land)
                for land in self.lands
            ]
            self._ways[key] = sorted(found, key=lambda one: (not one[1], one[0], one[2].id))
        return self._ways[key]


def lacking(seen: Somebody, setting: Setting) -> int:
    """Return what somebody lacks of all points that depend on the pair, in hundredths."""
    weight = setting.weights.of
    lost = sum(weight[code] * (1 - CRITERIA[code].value(seen, setting)) for code in OF_PAIR)
    return round(100 * lost)


def as_seen(one: Somebody, metres: float | None, setting: Setting) -> Somebody:
    """Return somebody as an order sees them: the skills it asks for, the way to it, its topic."""
    done, rated, good = one.practice.get(setting.case.topic_id, (0, 0, 0))
    return Somebody(
        one.id, one.name, one.kind, one.home, one.cap, one.skills & set(setting.asked), metres,
        one.held, one.month, one.last, done, rated, good, one.times,
    )  # fmt: skip
