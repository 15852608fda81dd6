"""`tongxin bench dispatch`: the best plan for ten thousand orders, without any database."""

from __future__ import annotations

import resource
import time
from typing import Any

import numpy as np

from tongxin.dispatching.queries import assign

from .command import machine


def bench_dispatch(*, orders: int, people: int, pairs: int, seed: int) -> dict[str, Any]:
    """Solve a made-up district; `optimality_gap` is proved by prices, 0 says nothing is cheaper.

    `greedy_excess_cost` is what a desk that gives away one order after the other pays more, as a
    share of the best cost.
    """
    began = time.perf_counter()
    instance = assign.made_up(seed, orders=orders, people=people, pairs=pairs)
    made = time.perf_counter() - began
    found = assign.solve(instance)
    desk = assign.one_by_one(instance)
    count = np.bincount(instance.order, minlength=orders)
    return {
        "orders": orders,
        "people": people,
        "pairs": len(instance.order),
        "least_pairs": int(count.min()),
        "seconds": round(found.seconds, 3),
        "making_seconds": round(made, 3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "cost": found.cost,
        "bound": found.bound,
        "optimality_gap": found.gap / found.cost if found.cost else 0.0,
        "unassigned": int((found.person < 0).sum()),
        "greedy_excess_cost": round(assign.cost_of(instance, desk) / found.cost - 1, 6),
        "greedy_unassigned": int((desk < 0).sum()),
        "rounds": found.rounds,
        "seed": seed,
        **machine(),
    }
