"""The best plan for many orders at once, with a proof: numbers in, numbers out, no database.

Costs are whole numbers, hundredths of the points that a perfect match would have and this one lacks
(0 to 10,000). What depends on the pair (skill, way, time, practice) is the pair's cost; what depends
on how many orders somebody has (hands, fairness) is the cost of their first, second, … further
order, which never falls, so that it may be cheaper to ask two people once than one twice. An order
that nobody gets costs its penalty.

OR-Tools' SimpleMinCostFlow solves it exactly; it is not believed. `prices_of` turns its flow into
one price for each person, and `bound_of` turns any prices into a lower bound of every possible plan
by one pass over all pairs (weak duality). Where the bound meets the cost, nothing cheaper exists,
whatever the solver did.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

import numpy as np

NOBODY = -1
NEVER = 2**40  # the cost of an order somebody cannot take on any more
NEAR = 24  # pairs of an order that are built at first; others only if they would pay


class NotSolved(RuntimeError):  # noqa: N818 (a broken instance is no refusal)
    """The solver gave no answer: the instance is broken, not merely hard."""


@dataclass(frozen=True)
class Instance:
    """n orders, m people, the pairs between them sorted by order."""

    order: np.ndarray  # (pairs,) row of the order, ascending
    person: np.ndarray  # (pairs,) row of the person
    cost: np.ndarray  # (pairs,) of the pair
    penalty: np.ndarray  # (n,) of an order that nobody gets
    steps: np.ndarray  # (m, most) cost of the first, second, … further order; NEVER beyond the cap

    def check(self) -> None:
        """Refuse an instance for which the bound would not hold.

        :raises ValueError: if a further order would be cheaper than the one before
        """
        if (np.diff(self.steps, axis=1) < 0).any() or (np.diff(self.order) < 0).any():
            raise ValueError("steps must not fall, pairs must be sorted by order")


@dataclass(frozen=True)
class Solution:
    """Who takes each order, what it costs, and the proof of how good it is."""

    person: np.ndarray  # (n,) row of the person, or NOBODY
    cost: int
    bound: int  # no plan costs less
    prices: np.ndarray  # (m,) the certificate: what one more order of theirs costs the whole
    seconds: float
    rounds: int  # flows solved

    @property
    def gap(self) -> int:
        return self.cost - self.bound


def solve(instance: Instance, fixed: np.ndarray | None = None) -> Solution:
    """Return the cheapest plan. `fixed[i]` is a person already decided for order i, NOBODY for an
    order taken out, or -2 for one to be planned.

    :raises NotSolved: if the solver refuses, which a well-formed instance never makes it do
    """
    began = time.perf_counter()
    instance.check()
    whole = instance if fixed is None else _with_fixed(instance, fixed)
    built, rounds = _nearest(whole), 0
    while True:
        rounds += 1
        person = _flow(whole, built)
        prices = prices_of(whole, person, built)
        missing = _paying(whole, person, prices) & ~built
        if not missing.any():
            break
        built |= missing
    return Solution(
        person=person,
        cost=cost_of(whole, person),
        bound=bound_of(whole, prices),
        prices=prices,
        seconds=time.perf_counter() - began,
        rounds=rounds,
    )


def _with_fixed(instance: Instance, fixed: np.ndarray) -> Instance:
    """Return the instance in which decided orders have only the pair that was decided."""
    decided = fixed[instance.order]
    keep = (decided == -2) | (decided == instance.person)
    penalty = np.where(fixed == NOBODY, 0, np.where(fixed >= 0, NEVER // 1024, instance.penalty))
    return replace(
        instance,
        order=instance.order[keep],
        person=instance.person[keep],
        cost=instance.cost[keep],
        penalty=penalty,
    )


def _nearest(instance: Instance) -> np.ndarray:
    """Return which pairs to build at first: the cheapest of each order."""
    by_cost = np.lexsort((instance.cost, instance.order))
    starts = np.searchsorted(instance.order, np.arange(len(instance.penalty)))
    rank = np.empty(len(by_cost), np.int64)
    rank[by_cost] = np.arange(len(by_cost)) - starts[instance.order[by_cost]]
    return rank < NEAR


def _flow(instance: Instance, built: np.ndarray) -> np.ndarray:
    """Solve along the pairs built; return the person of each order."""
    from ortools.graph.python import min_cost_flow  # heavy: not when the module is imported

    orders, (people, _most) = len(instance.penalty), instance.steps.shape
    sink = orders + people
    who, turn = np.nonzero(instance.steps < NEVER)
    tails = np.concatenate([instance.order[built], orders + who, np.arange(orders)])
    heads = np.concatenate(
        [orders + instance.person[built], np.full(len(who) + orders, sink, np.int64)]
    )
    costs = np.concatenate([instance.cost[built], instance.steps[who, turn], instance.penalty])
    graph = min_cost_flow.SimpleMinCostFlow()
    arcs = graph.add_arcs_with_capacity_and_unit_cost(
        tails, heads, np.ones(len(tails), np.int64), costs.astype(np.int64)
    )
    graph.set_nodes_supplies(np.arange(orders), np.ones(orders, np.int64))
    graph.set_node_supply(sink, -orders)
    if graph.solve() != graph.OPTIMAL:
        raise NotSolved(str(graph.solve()))
    used = np.flatnonzero(built)[graph.flows(arcs)[: int(built.sum())] > 0]
    person = np.full(orders, NOBODY, np.int64)
    person[instance.order[used]] = instance.person[used]
    return person


def prices_of(
    instance: Instance, person: np.ndarray, built: np.ndarray | None = None
) -> np.ndarray:
    """Return what one more order of each person would cost the whole: shortest ways back.

    Somebody given one more order does it as their next, or passes one of theirs on: to somebody
    else, at that person's price, or to nobody, at its penalty. Bellman and Ford, in whole arrays.
    """
    built = np.ones(len(instance.order), bool) if built is None else built
    order, who, cost = instance.order[built], instance.person[built], instance.cost[built]
    count = np.bincount(person[person >= 0], minlength=len(instance.steps))
    padded = np.column_stack([instance.steps, np.full(len(instance.steps), NEVER)])
    price = padded[np.arange(len(padded)), count].astype(np.int64)
    starts = np.searchsorted(order, np.arange(len(instance.penalty)))
    given = np.flatnonzero(person >= 0)
    paid = _pair_costs(instance, person)[given]
    has_pairs = np.flatnonzero(np.diff(np.append(starts, len(order))) > 0)
    while True:
        onward = instance.penalty.astype(np.int64).copy()
        if len(has_pairs):
            ways = np.minimum.reduceat(cost + price[who], starts[has_pairs])
            onward[has_pairs] = np.minimum(onward[has_pairs], ways)
        shorter = price.copy()
        np.minimum.at(shorter, person[given], onward[given] - paid)
        if (shorter == price).all():
            return price
        price = shorter


def _paying(instance: Instance, person: np.ndarray, prices: np.ndarray) -> np.ndarray:
    """Return the pairs that would be cheaper at these prices than what their order has."""
    now = instance.penalty.astype(np.int64).copy()
    given = np.flatnonzero(person >= 0)
    now[given] = _pair_costs(instance, person)[given] + prices[person[given]]
    return instance.cost + prices[instance.person] < now[instance.order]


def bound_of(instance: Instance, prices: np.ndarray) -> int:
    """Return what no plan can cost less than: holds for any prices, and for all pairs.

    At these prices an order costs at least the cheaper of its penalty and its cheapest pair with
    that person's price; a person gives back at most what their steps are cheaper than the price.
    """
    least = instance.penalty.astype(np.int64).copy()
    np.minimum.at(least, instance.order, instance.cost + prices[instance.person])
    back = np.minimum(instance.steps - prices[:, None], 0)
    return int(least.sum()) + int(back.sum())


def cost_of(instance: Instance, person: np.ndarray) -> int:
    """Return what a plan costs.

    :raises ValueError: if it gives an order to somebody who cannot have it
    """
    given = np.flatnonzero(person >= 0)
    pairs = _pair_costs(instance, person)[given]
    count = np.bincount(person[given], minlength=len(instance.steps))
    if (pairs >= NEVER).any() or (count > (instance.steps < NEVER).sum(axis=1)).any():
        raise ValueError("an order for somebody who cannot take it")
    sums = np.cumsum(np.column_stack([np.zeros(len(count), np.int64), instance.steps]), axis=1)
    load = sums[np.arange(len(count)), count].sum() if len(count) else 0
    return int(pairs.sum()) + int(load) + int(instance.penalty[person < 0].sum())


def _pair_costs(instance: Instance, person: np.ndarray) -> np.ndarray:
    """Return the cost of the pair that each order has; NEVER for none or for one that is not there."""
    found = np.full(len(person), NEVER, np.int64)
    chosen = instance.person == person[instance.order]
    found[instance.order[chosen]] = instance.cost[chosen]
    return found


def one_by_one(instance: Instance) -> np.ndarray:
    """Return the plan of a desk that gives away one order after the other, each to the best then."""
    starts = np.append(
        np.searchsorted(instance.order, np.arange(len(instance.penalty))), len(instance.order)
    )
    padded = np.column_stack([instance.steps, np.full(len(instance.steps), NEVER)])
    following, count = padded[:, 0].copy(), np.zeros(len(padded), np.int64)
    person = np.full(len(instance.penalty), NOBODY, np.int64)
    for row in range(len(person)):
        here = slice(starts[row], starts[row + 1])
        if here.start == here.stop:
            continue
        prices = instance.cost[here] + following[instance.person[here]]
        best = int(prices.argmin())
        if prices[best] < instance.penalty[row]:
            who = int(instance.person[here][best])
            person[row] = who
            count[who] += 1
            following[who] = padded[who, count[who]]
    return person


def alternatives(instance: Instance, person: np.ndarray, row: int) -> list[tuple[int, int]]:
    """Return (person, what the plan would cost more) for each who could have an order instead.

    Exact, with all other orders as they are; cheapest first. Whoever has full hands is not there.
    """
    count = np.bincount(person[person >= 0], minlength=len(instance.steps))
    padded = np.column_stack([instance.steps, np.full(len(instance.steps), NEVER)])
    mine, now = person[row], int(instance.penalty[row])
    pairs = np.flatnonzero(instance.order == row)
    if mine >= 0:
        own = pairs[instance.person[pairs] == mine]
        now = int(instance.cost[own[0]]) + int(padded[mine, count[mine] - 1])
        count[mine] -= 1
    found = []
    for pair in pairs:
        who = int(instance.person[pair])
        price = int(instance.cost[pair]) + int(padded[who, count[who]])
        if who != mine and price < NEVER:
            found.append((who, price - now))
    return sorted(found, key=lambda one: (one[1], one[0]))


# Keeping an instance with the plan that came of it.


def pack(**arrays: np.ndarray) -> bytes:
    """Return arrays as bytes, compressed; `unpack` gives them back."""
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)  # type: ignore[arg-type]  # names are ours
    return out.getvalue()


def unpack(data: bytes | memoryview) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(bytes(data)), allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def from_arrays(arrays: dict[str, np.ndarray]) -> Instance:
    return Instance(**{field.name: arrays[field.name] for field in fields(Instance)})


def steps_for(
    free: Iterable[int], marginal: Iterable[list[int]], most: int | None = None
) -> np.ndarray:
    """Return the `steps` of people who can take `free` more orders at these marginal costs."""
    rows = [costs[:many] for many, costs in zip(free, marginal, strict=True)]
    width = most or max((len(row) for row in rows), default=1) or 1
    found = np.full((len(rows), width), NEVER, np.int64)
    for number, row in enumerate(rows):
        found[number, : len(row)] = row
    return np.maximum.accumulate(found, axis=1)


def made_up(seed: int, *, orders: int, people: int, pairs: int = 60, skills: int = 8) -> Instance:
    """Return a made-up district for measuring: a dense town, a wide land, caps of one to three.

    Each order has the `pairs` nearest people with the skill it asks for; way weighs most.
    """
    from scipy.spatial import cKDTree  # heavy: not when the module is imported

    dice = np.random.default_rng(seed)
    centres, size = dice.normal(0, 12, (60, 2)), dice.lognormal(0, 0.6, 60)
    share = size / size.sum()
    spot = centres[dice.choice(60, people, p=share)] + dice.normal(0, 1.2, (people, 2))
    asked_at = centres[dice.choice(60, orders, p=share)] + dice.normal(0, 1.2, (orders, 2))
    has, asks = dice.integers(0, skills, (people, 2)), dice.integers(0, skills, orders)
    chosen: list[np.ndarray] = [np.empty(0)] * orders
    far: list[np.ndarray] = [np.empty(0)] * orders
    for skill in range(skills):
        able = np.flatnonzero((has == skill).any(axis=1))
        rows = np.flatnonzero(asks == skill)
        if not len(rows) or not len(able):
            continue
        way, near = cKDTree(spot[able]).query(asked_at[rows], k=min(pairs, len(able)))
        for row, metres, found in zip(rows, np.atleast_2d(way), np.atleast_2d(near), strict=True):
            chosen[row], far[row] = able[np.atleast_1d(found)], np.atleast_1d(metres)
    order = np.repeat(np.arange(orders), [len(one) for one in chosen])
    person = np.concatenate(chosen).astype(np.int64)
    missed = np.minimum(np.concatenate(far) / 3, 1) * 2000
    other = dice.integers(0, 4000, len(person))  # skill, time, practice, rest
    cap, held = dice.integers(1, 4, people), dice.integers(0, 2, people)
    month = dice.poisson(0.8, people)
    marginal = [
        [
            int(1500 * (held[n] + k) / max(cap[n], 1)) + int(1000 * min((month[n] + k) / 2, 1))
            for k in range(3)
        ]
        for n in range(people)
    ]
    return Instance(
        order=order,
        person=person,
        cost=np.rint(missed + other).astype(np.int64),
        penalty=20_000 + 10_000 * (dice.random(orders) < 0.1).astype(np.int64),
        steps=steps_for(np.maximum(cap - held, 0), marginal, 3),
    )
