"""Who goes where, at the least cost, with a proof: numbers in, numbers out, no database.

A cadre sent to a community costs the metres from home. A place that stays empty costs metres too:
the first of a community the most, those of its minimum much, those beyond up to its wish less; so nobody is sent farther to fill a place than that place is worth. Whoever
is sent nowhere stays in reserve, which costs nothing.

Cadres with the same home are one node, so the whole is a small flow of least cost; it is solved by
OR-Tools and then proved here, not believed: `bound` turns one price for each community into a
lower bound of every possible allocation, by one pass over all pairs (weak duality). Where the
bound meets the cost, nothing better exists, whatever the solver did. Where units stay together, one
such bound is not enough: `together` proves it with several (cuts), until they meet the cost or the
time is up, and then the gap says how much could at most still be saved.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
from ortools.graph.python import min_cost_flow

from .together import Together, cut_of, least_of

EARTH_M = 6_371_008.8
RESERVE = -1  # the place of whoever is sent nowhere
NOBODY = -2  # `fixed`: not decided beforehand
FAR = 10**7  # metres: farther than any allowed way
MOST_ARCS = 400_000  # beyond, only near arcs are built and the missing ones are priced in
BUDGET = 12.0  # seconds of processor time for proving, where units stay together


class NotSolved(RuntimeError):  # noqa: N818 (a broken instance is no refusal)
    """The solver gave no answer: the instance is broken, not merely hard."""


@dataclass(frozen=True)
class Worth:
    """What an empty place costs, in metres of way: the first of a community, up to half of its
    minimum, up to the minimum, halfway to the wish, the rest. Falling, so that what is lacking is
    lacking everywhere a little, not in one place wholly."""

    first: int = 400_000
    low: int = 300_000
    minimum: int = 200_000
    half: int = 60_000
    rest: int = 30_000


@dataclass(frozen=True)
class Instance:
    """n cadres and m communities. Points are [lng, lat] in degrees, limits in metres.

    `group[i]` numbers those who stay together (-1: alone); `zone[g, j]` is the zone of community j
    as group g sees it: itself, or its street. A group's members go to one zone only.
    """

    homes: np.ndarray  # (n, 2)
    places: np.ndarray  # (m, 2)
    minimum: np.ndarray  # (m,)
    wish: np.ndarray  # (m,), at least the minimum
    limit: np.ndarray  # (n,) metres
    group: np.ndarray  # (n,)
    zone: np.ndarray  # (groups, m)
    worth: Worth = field(default_factory=Worth)


@dataclass(frozen=True)
class Result:
    """An allocation, what it costs (metres), and the proof of how good it is."""

    place: np.ndarray  # (n,) index of the community, or RESERVE
    metres: np.ndarray  # (n,) way from home; 0 in reserve
    objective: int  # way and empty places, in metres of way
    bound: int  # no allocation costs less
    prices: np.ndarray  # (m,) the certificate: what one more cadre is worth there, in metres
    seconds: float  # of processor time
    rounds: int  # flows solved
    cuts: tuple[np.ndarray, ...] = ()  # more prices: the proof where units stay together

    @property
    def gap(self) -> int:
        """How many metres could at most still be saved; 0 is proved optimal."""
        return self.objective - self.bound


def ways(homes: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return whole metres along the great circle between all pairs, (n, m)."""
    lng1, lat1 = np.radians(homes[:, :1]), np.radians(homes[:, 1:])
    lng2, lat2 = np.radians(places[:, 0]), np.radians(places[:, 1])
    half = (
        np.sin((lat1 - lat2) / 2) ** 2
        + np.cos(lat1) * np.cos(lat2) * np.sin((lng1 - lng2) / 2) ** 2
    )
    return np.rint(2 * EARTH_M * np.arcsin(np.sqrt(half))).astype(np.int64)


def solve(instance: Instance, fixed: np.ndarray | None = None, *, budget: float = BUDGET) -> Result:
    """Return the best allocation; `fixed[i]` is a place already decided, RESERVE, or NOBODY.

    Where units stay together, proving it takes at most `budget` seconds of processor time.

    :raises NotSolved: if the solver refuses, which a well-formed instance never makes it do
    """
    began = time.process_time()
    work = _Work(instance, fixed)
    cuts: tuple[np.ndarray, ...] = ()
    if work.groups:
        search = Together(work, budget=budget)
        best = search.solve()
        cuts = tuple(cut.prices for cut in search.cuts)
    else:
        best = work.proved()
    place = work.spread(best)
    metres = np.zeros(len(place), np.int64)
    sent = place >= 0
    metres[sent] = _pair_ways(instance, np.flatnonzero(sent), place[sent])
    return Result(
        place=place,
        metres=metres,
        objective=cost_of(instance, place),
        bound=work.lower + work.fixed_cost,
        prices=work.prices,
        seconds=time.process_time() - began,
        rounds=work.rounds,
        cuts=cuts,
    )


def cost_of(instance: Instance, place: np.ndarray) -> int:
    """Return what an allocation costs: ways, and every place left empty, in metres."""
    sent = np.flatnonzero(place >= 0)
    filled = np.bincount(place[sent], minlength=len(instance.wish))
    return int(_pair_ways(instance, sent, place[sent]).sum()) + emptiness(instance, filled)


def emptiness(instance: Instance, filled: np.ndarray) -> int:
    """Return what the empty places cost when so many stand in each community."""
    total = 0
    for cap, worth, before in _bands(instance):
        total += int(((cap - np.clip(filled - before, 0, cap)) * worth).sum())
    return total


def _pair_ways(instance: Instance, who: np.ndarray, where: np.ndarray) -> np.ndarray:
    if not len(who):
        return np.zeros(0, np.int64)
    points, back = np.unique(instance.homes[who], axis=0, return_inverse=True)
    return ways(points, instance.places)[back.reshape(-1), where]


def _bands(instance: Instance) -> list[tuple[np.ndarray, int, np.ndarray]]:
    """Return (places, worth of each, places before them), the most valuable first."""
    least, wish, worth = instance.minimum, instance.wish, instance.worth
    ends = [np.minimum(least, 1), (least + 1) // 2, least, least + (wish - least + 1) // 2, wish]
    worths = [worth.first, worth.low, worth.minimum, worth.half, worth.rest]
    starts = [np.zeros_like(least), *ends]
    return [(e - s, w, s) for s, e, w in zip(starts, ends, worths, strict=False)]


class _Work:
    """One solution in the making: cadres of the same home, limit and group as one class."""

    def __init__(self, instance: Instance, fixed: np.ndarray | None) -> None:
        self.instance = instance
        count = len(instance.homes)
        self.fixed = np.full(count, NOBODY) if fixed is None else fixed
        self.free = np.flatnonzero(self.fixed == NOBODY)
        keys = np.column_stack(
            [instance.homes[self.free], instance.limit[self.free], instance.group[self.free]]
        )
        rows, self.klass = np.unique(keys, axis=0, return_inverse=True)
        self.klass = self.klass.reshape(-1)
        self.supply = np.bincount(self.klass, minlength=len(rows))
        self.way = ways(rows[:, :2], instance.places) if len(rows) else np.zeros((0, 0), np.int64)
        if len(rows):
            self.way = np.where(self.way <= rows[:, 2:3], self.way, FAR)
        self.of_group = rows[:, 3].astype(int) if len(rows) else np.zeros(0, int)
        self.groups = [g for g in np.unique(self.of_group) if g >= 0]
        decided = self.fixed[self.fixed >= 0]
        self.taken = np.bincount(decided, minlength=len(instance.wish))
        self.caps, self.worths = self._left()
        self.fixed_cost = 0
        self.fixed_cost = cost_of(instance, np.where(self.fixed >= 0, self.fixed, RESERVE))
        self.lower, self.prices, self.rounds = -(2**62), np.zeros(len(instance.wish), int), 0

    def _left(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the places each band still has (5, m), and what they are worth (5,)."""
        caps = [
            cap - np.clip(self.taken - before, 0, cap) for cap, _w, before in _bands(self.instance)
        ]
        return np.array(caps), np.array([worth for _c, worth, _b in _bands(self.instance)])

    def proved(self) -> np.ndarray:
        """Return the flow of least cost where nobody stays together, proved over all pairs."""
        flow, _cost, prices = self._best(self.way < FAR)
        self._take(prices)
        return flow

    def _best(self, allowed: np.ndarray) -> tuple[np.ndarray, int, np.ndarray]:
        """Return the flow of least cost along the allowed arcs: (flow, cost, prices).

        Where there are many, only the near ones are built at first; those that would pay at the
        prices found are added until none is left.
        """
        near = self._near(allowed)
        while True:
            flow, cost, prices = self._flow(near)
            gain = np.where(allowed, prices - self.way, -FAR)
            best = np.where(near, gain, 0).max(axis=1, initial=0)
            missing = (gain > np.maximum(best, 0)[:, None]) & ~near
            if not missing.any():
                return flow, cost, prices
            near |= missing

    def _near(self, allowed: np.ndarray) -> np.ndarray:
        count = int(allowed.sum())
        k = MOST_ARCS // 8 // max(1, len(allowed)) + 8
        if count <= MOST_ARCS or k >= allowed.shape[1]:
            return allowed.copy()
        way = np.where(allowed, self.way, FAR)
        return allowed & (way <= np.partition(way, k, axis=1)[:, k : k + 1])

    def bound(self, prices: np.ndarray) -> int:
        """Return what no allocation can cost less than, over that of what is fixed.

        Lagrange: at these prices a cadre gains at most max(price - way, 0), a place at most
        max(worth - price, 0), a group at most what its best single zone gives; nothing else is
        to be had. Holds for any prices that are not negative.
        """
        gain = np.maximum(prices - self.way, 0)
        alone = self.of_group < 0
        total = int((gain.max(axis=1, initial=0) * self.supply)[alone].sum())
        total += sum(int(self._by_zone(g, gain)[1].max(initial=0)) for g in self.groups)
        rent = np.maximum(self.worths[:, None] - prices, 0)
        return -total - int((rent * self.caps).sum())

    def _by_zone(self, group: int, gain: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the zones of a group, and what it gains at most in each."""
        mine, order, starts, zones = self._sorted(group)
        best = np.maximum.reduceat(gain[mine[:, None], order], starts, axis=1)
        return zones, (best * self.supply[mine, None]).sum(axis=0)

    @cache  # noqa: B019 (dies with the work, a few seconds later)
    def _sorted(self, group: int) -> tuple[np.ndarray, ...]:
        """Return the classes of a group, the places by zone, where each zone begins, the zones."""
        order = np.argsort(self.instance.zone[group], kind="stable")
        zones, starts = np.unique(self.instance.zone[group][order], return_index=True)
        return np.flatnonzero(self.of_group == group), order, starts, zones

    def _take(self, prices: np.ndarray) -> None:
        lower = self.bound(prices)
        if lower > self.lower:
            self.lower, self.prices = lower, prices

    def _flow(self, near: np.ndarray) -> tuple[np.ndarray, int, np.ndarray]:
        """Solve along these arcs; return (classes, m + 1) numbers with the reserve last, cost, prices."""
        self.rounds += 1
        classes, places = near.shape
        sink = classes + places
        who, where = np.nonzero(near)
        band, of_band = np.nonzero(self.caps)
        tails = np.concatenate([who, np.arange(classes), classes + of_band])
        heads = np.concatenate([classes + where, np.full(classes, sink), np.full(len(band), sink)])
        caps = np.concatenate([self.supply[who], self.supply, self.caps[band, of_band]])
        costs = np.concatenate([self.way[who, where], np.zeros(classes, int), -self.worths[band]])
        graph = min_cost_flow.SimpleMinCostFlow()
        arcs = graph.add_arcs_with_capacity_and_unit_cost(tails, heads, caps, costs)
        graph.set_nodes_supplies(np.arange(classes), self.supply)
        graph.set_node_supply(sink, -int(self.supply.sum()))
        if graph.solve() != graph.OPTIMAL:
            raise NotSolved(str(graph.solve()))
        sent = graph.flows(arcs)
        flow = np.zeros((classes, places + 1), np.int64)
        flow[who, where] = sent[: len(who)]
        flow[:, places] = sent[len(who) : len(who) + classes]
        return flow, int(graph.optimal_cost()), self._prices(flow, near)

    def _prices(self, flow: np.ndarray, near: np.ndarray) -> np.ndarray:
        """Return what one more cadre is worth in each place: shortest ways back to the sink.

        Somebody more in j takes an empty place, or lets one of j go to the reserve, or to k.
        """
        places = near.shape[1]
        free = self.caps - _filled(flow[:, :places].sum(axis=0), self.caps)
        open_worth = np.where(free > 0, self.worths[:, None], 0).max(axis=0)
        to_sink = -np.maximum(open_worth, 0).astype(float)
        to_sink[(free > 0).sum(axis=0) == 0] = np.inf
        step = np.full((places, places), np.inf)
        where, who = np.nonzero(flow[:, :places].T)
        if len(who):
            first = np.flatnonzero(np.r_[True, where[1:] != where[:-1]])
            saved = self.way[who, where]
            reach = np.where(near, self.way, np.inf)[who] - saved[:, None]
            step[where[first]] = np.minimum.reduceat(reach, first, axis=0)
            np.minimum.at(to_sink, where, -saved)
        while True:
            shorter = np.minimum(to_sink, (step + to_sink[None, :]).min(axis=1, initial=np.inf))
            if (shorter == to_sink).all():
                break
            to_sink = shorter
        return np.where(np.isfinite(to_sink), -to_sink, 0).clip(min=0).astype(np.int64)

    def spread(self, flow: np.ndarray) -> np.ndarray:
        """Return the place of each cadre: the members of a class take its places by their order."""
        places = flow.shape[1] - 1
        place = np.where(self.fixed >= 0, self.fixed, RESERVE)
        for klass in range(len(flow)):
            members = self.free[self.klass == klass]
            place[members] = np.repeat(np.r_[np.arange(places), RESERVE], flow[klass])
        return place


def _filled(counts: np.ndarray, caps: np.ndarray) -> np.ndarray:
    """Return how many stand in each band (5, m), the most valuable filled first."""
    filled, left = [], counts
    for cap in caps:
        filled.append(np.minimum(left, cap))
        left = left - filled[-1]
    return np.array(filled)


def make_instance(
    seed: int,
    *,
    cadres: int = 6000,
    communities: int = 300,
    groups: int = 0,
    exact_homes: bool = False,
) -> Instance:
    """Return a made-up district for measuring: a dense town, a wide land, needs by size.

    `exact_homes` gives everybody an address of their own instead of their community's centre;
    `groups` units of 20 to 60 stay together in one street.
    """
    dice = np.random.default_rng(seed)
    town = dice.random(communities) < 0.6
    spread = np.where(town, 0.05, 0.3)[:, None]
    places = np.array([117.7, 39.0]) + dice.normal(size=(communities, 2)) * spread
    size = dice.lognormal(0, 0.5, communities)
    minimum = np.maximum(2, np.rint(size / size.sum() * cadres * 0.6)).astype(int)
    wish = np.maximum(minimum, np.rint(size / size.sum() * cadres * 1.1)).astype(int)
    home = dice.choice(communities, cadres, p=size / size.sum())
    homes = places[home]
    if exact_homes:
        homes = homes + dice.normal(size=(cadres, 2)) * 0.004
    limit = np.where(dice.random(cadres) < 0.05, 5_000, 200_000)
    group = np.full(cadres, -1)
    order, at = dice.permutation(cadres), 0
    for number in range(groups):
        many = int(dice.integers(20, 61))
        group[order[at : at + many]] = number
        at += many
    street = np.argsort(np.argsort(places[:, 0])) * 26 // communities
    return Instance(
        homes=homes, places=places, minimum=minimum, wish=wish, limit=limit, group=group,
        zone=np.tile(street, (groups, 1)) if groups else np.zeros((0, communities), int),
    )  # fmt: skip


def with_fixed(instance: Instance, **changes) -> Instance:
    """Return the instance with some of its numbers changed."""
    return replace(instance, **changes)


def bound_of(
    instance: Instance,
    prices: np.ndarray,
    fixed: np.ndarray | None = None,
    cuts: Sequence[np.ndarray] = (),
    *,
    most: int | None = None,
) -> int:
    """Return the lower bound that prices prove: what anybody can recompute.

    `prices` alone need one pass over all pairs. With `cuts`, one pass for each, and the small
    program over them solved again; `most` is the cost the bound is held against.
    """
    work = _Work(instance, fixed)
    lower = work.bound(prices)
    if len(cuts) and work.groups:
        above = None if most is None else most - work.fixed_cost
        found = least_of([cut_of(work, one) for one in cuts], most=above)[0]
        lower = max(lower, found if above is None else min(found, above))
    return lower + work.fixed_cost
