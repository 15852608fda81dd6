"""Units that stay together, placed at the least cost, with a proof: prices, and a small program over them.

Any prices give a *cut*: whatever zone each unit goes to, the allocation costs at least
`base - sum of gain[unit, its zone]`, by one pass over all pairs (see `_Work.bound`). The best
assignment of units to zones under all cuts so far is a small program (HiGHS); its answer is tried by
one flow, whose prices are the next cut, exact where it was tried. Cuts rise, trials fall; where they
meet, nothing better exists. Stopped early, what is left between them is the gap.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .allocation import _Work

STEPS = 300  # of the search for prices before the first cut
STALL, SLOWER = 20, 0.6  # steps without gain, and how much shorter the next ones are
SEEDS = 12  # cuts of that search that are kept
TRIES = 4  # zones that each unit tries in turn at first
TRYING = 1.5  # seconds of processor time for that
FAR = 10**7
SCALE = 1000.0  # kilometres in the program: small numbers


@dataclass(frozen=True)
class Cut:
    """`base - gains` at these prices: what no allocation of these zones costs less than."""

    prices: np.ndarray
    base: int
    gains: list[np.ndarray]  # of each unit, by zone


class Together:
    """The search for where units go that stay together."""

    def __init__(self, work: _Work, *, budget: float) -> None:
        self.work, self.zone = work, work.instance.zone
        self.until = time.process_time() + budget
        self.groups = work.groups
        nothing = np.zeros_like(work.way)
        self.zones = [work._by_zone(group, nothing)[0] for group in self.groups]
        self.cuts: list[Cut] = []
        self.flow = np.zeros((0, 0), np.int64)
        self.cost = 2**62

    @property
    def is_over(self) -> bool:
        return time.process_time() >= self.until

    def solve(self) -> np.ndarray:
        """Return a flow in which each unit goes to one zone; the best there is, unless time is up."""
        prices = self._start()
        self._climb(prices)
        if self.cost > self.work.lower:
            self._prove()
        return self.flow

    def _start(self) -> np.ndarray:
        """Place the largest unit first, each where it gains most; then let each try its next best."""
        work = self.work
        allowed = work.way < FAR
        _flow, _cost, prices = work._best(allowed)
        work._take(prices)
        sizes = {g: int(work.supply[work.of_group == g].sum()) for g in self.groups}
        order = sorted(self.groups, key=lambda g: (-sizes[g], g))
        for group in order:
            allowed = self._only_best(allowed, group, prices)
            self.flow, self.cost, prices = work._best(allowed)
        began, settled = time.process_time(), False
        while not settled and self.cost > work.lower:
            settled = True
            for group, rank in [(g, r) for g in order for r in range(TRIES)]:
                if time.process_time() - began > TRYING:
                    settled = True
                    break
                tried = self._only_best(self._freed(allowed, group), group, prices, rank)
                if (tried == allowed).all():
                    continue
                other = work._best(tried)
                if other[1] < self.cost:
                    allowed, settled = tried, False
                    self.flow, self.cost, prices = other
        work._take(prices)
        return prices

    def _freed(self, near: np.ndarray, group: int) -> np.ndarray:
        mine = (self.work.of_group == group)[:, None]
        return np.where(mine, self.work.way < FAR, near)

    def _only_best(
        self, near: np.ndarray, group: int, prices: np.ndarray, rank: int = 0
    ) -> np.ndarray:
        """Return the arcs with those of a unit confined to the zone that gains most, or next."""
        work = self.work
        zones, gains = work._by_zone(group, np.maximum(prices - work.way, 0))
        best = np.argsort(-gains, kind="stable")[min(rank, len(zones) - 1)]
        return self._confined(near, group, zones[best])

    def _confined(self, near: np.ndarray, group: int, zone: int) -> np.ndarray:
        mine = (self.work.of_group == group)[:, None]
        return np.where(mine, (self.work.way < FAR) & (self.zone[group] == zone), near)

    def _climb(self, prices: np.ndarray) -> None:
        """Look for better prices by steps along the gradient of the bound (Polyak), keeping the best."""
        work = self.work
        here, pace, stall = prices.astype(float), 1.0, 0
        heading, kept = None, [work.prices]
        for _step in range(STEPS):
            whole = np.maximum(np.rint(here), 0).astype(np.int64)
            before, lower = work.lower, work.bound(whole)
            work._take(whole)
            if work.lower > before:
                kept, stall = [*kept[-SEEDS + 1 :], whole], 0
            stall += 1
            if stall > STALL:
                pace, stall, heading = pace * SLOWER, 0, None
                here = work.prices.astype(float)
                continue
            slope = self._slope(whole).astype(float)
            heading = slope if heading is None else (slope + heading) / 2
            step = np.where((here <= 0) & (heading < 0), 0, heading)
            steep = float((step * step).sum())
            if steep == 0 or self.cost <= work.lower or self.is_over:
                break
            here = np.maximum(here + pace * max(self.cost - lower, 1) / steep * step, 0)
        self.cuts += [cut_of(work, one) for one in kept]

    def _slope(self, prices: np.ndarray) -> np.ndarray:
        """Return places offered at these prices less cadres who would come: dearer is slower."""
        work = self.work
        gain = np.maximum(prices - work.way, 0)
        offered = (np.where(work.worths[:, None] > prices, work.caps, 0)).sum(axis=0)
        coming = np.zeros(len(prices))
        for group in self.groups:
            zones, gains = work._by_zone(group, gain)
            outside = self.zone[group] != zones[int(gains.argmax())]
            gain[np.ix_(work.of_group == group, outside)] = 0
        where = gain.argmax(axis=1) if len(gain) else np.zeros(0, int)
        comes = gain.max(axis=1, initial=0) > 0
        np.add.at(coming, where[comes], work.supply[comes])
        return offered - coming

    def _prove(self) -> None:
        """Try what the cuts leave possible, until they leave nothing better, or time is up."""
        work = self.work
        tried: set[tuple[int, ...]] = set()
        while self.cost > work.lower and not self.is_over:
            lower, choice = least_of(
                self.cuts, most=self.cost, most_seconds=self.until - time.process_time()
            )
            work.lower = max(work.lower, min(lower, self.cost))
            if choice is None or choice in tried:
                return
            tried.add(choice)
            allowed = work.way < FAR
            for group, zones, number in zip(self.groups, self.zones, choice, strict=True):
                allowed = self._confined(allowed, group, zones[number])
            flow, cost, prices = work._best(allowed)
            self.cuts.append(cut_of(work, prices))
            if cost < self.cost:
                self.flow, self.cost = flow, cost


def cut_of(work: _Work, prices: np.ndarray) -> Cut:
    """Return the cut of some prices, by one pass over all pairs."""
    gain = np.maximum(prices - work.way, 0)
    alone = work.of_group < 0
    total = int((gain.max(axis=1, initial=0) * work.supply)[alone].sum())
    rent = np.maximum(work.worths[:, None] - prices, 0)
    base = -total - int((rent * work.caps).sum())
    return Cut(prices, base, [work._by_zone(group, gain)[1] for group in work.groups])


def least_of(
    cuts: list[Cut], *, most: int | None = None, most_seconds: float = 60
) -> tuple[int, tuple[int, ...] | None]:
    """Return what no assignment of zones costs less than under all cuts, and the one that costs it.

    What costs more than `most` is not told apart. The bound is the program's own lower bound,
    rounded up: costs are whole metres. None if time was up before it had an assignment.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    sizes = [len(gains) for gains in cuts[0].gains]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    count = int(starts[-1])
    # What each choice loses against the best of its unit: from the best of all upwards.
    floors = [cut.base - sum(int(gains.max()) for gains in cut.gains) for cut in cuts]
    low = max(floors)
    top = FAR if most is None else max(most - low, 0) + 1
    losses = [np.concatenate([gains.max() - gains for gains in cut.gains]) for cut in cuts]
    rows = np.minimum(np.array(losses, float), [[top + low - floor] for floor in floors])
    one_each = np.zeros((len(sizes), count + 1))
    for n in range(len(sizes)):
        one_each[n, starts[n] : starts[n + 1]] = 1
    right = np.array([floor - low for floor in floors], float)
    found = milp(
        np.r_[np.zeros(count), 1.0],
        constraints=[
            LinearConstraint(np.c_[-rows / SCALE, np.ones(len(cuts))], lb=right / SCALE),
            LinearConstraint(one_each, 1, 1),
        ],
        bounds=Bounds(np.zeros(count + 1), np.r_[np.ones(count), np.inf]),
        integrality=np.r_[np.ones(count), 0],
        options={"mip_rel_gap": 0, "time_limit": max(most_seconds, 0.1)},
    )
    sure = getattr(found, "mip_dual_bound", None)
    lower = low + max(0, int(np.ceil((sure or 0) * SCALE - 0.01)))
    if found.x is None:
        return lower, None
    picked = [found.x[starts[n] : starts[n + 1]].argmax() for n in range(len(sizes))]
    return lower, tuple(int(one) for one in picked)
