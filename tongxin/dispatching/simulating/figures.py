"""What a run tells: waiting, lateness, way, how work is spread; several seeds as mean and range."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .engine import Outcome
from .town import Town

HOUR = 60.0
# The keys of a run's figures, in the order of the table.
KEYS = (
    "waiting_median_h",
    "waiting_p90_h",
    "late_share",
    "unserved_share",
    "way_mean_km",
    "asked_per_order",
    "gini",
    "without_share",
    "load_median",
    "load_p90",
    "load_max",
)


def figures_of(town: Town, outcome: Outcome) -> dict[str, float]:
    """Return the figures of one run; people are in them as anonymous numbers only."""
    served = ~np.isnan(outcome.waited)
    waited = outcome.waited[served]
    orders = len(outcome.waited)
    late = int((waited > town.given.norm_min).sum()) + int((~served).sum())
    count = np.sort(outcome.count)
    return {
        "waiting_median_h": float(np.median(waited) / HOUR) if len(waited) else 0.0,
        "waiting_p90_h": float(np.percentile(waited, 90) / HOUR) if len(waited) else 0.0,
        "late_share": late / orders,
        "unserved_share": float((~served).mean()),
        "way_mean_km": float(outcome.way[served].mean()) if len(waited) else 0.0,
        "asked_per_order": outcome.asked / orders,
        "gini": gini(count),
        "without_share": float((count == 0).mean()),
        "load_median": float(np.median(count)),
        "load_p90": float(np.percentile(count, 90)),
        "load_max": float(count[-1]),
        "seconds": outcome.seconds,
    }


def gini(values: np.ndarray) -> float:
    """Return how unequally a total is spread: 0 all alike, towards 1 all with one."""
    sorted_values = np.sort(values).astype(float)
    total, many = sorted_values.sum(), len(sorted_values)
    if not total:
        return 0.0
    return float((2 * np.arange(1, many + 1) - many - 1) @ sorted_values / (many * total))


def waiting_curve(outcome: Outcome, hours: Iterable[float]) -> list[float]:
    """Return the share of all orders begun within so many hours."""
    waited = np.nan_to_num(outcome.waited, nan=np.inf)
    return [round(float((waited <= hour * HOUR).mean()), 4) for hour in hours]


def lorenz(outcome: Outcome, parts: int = 20) -> list[float]:
    """Return the share of orders done by the least busy 0, 5, 10, … per cent of the volunteers."""
    count = np.cumsum(np.sort(outcome.count))
    total = max(int(count[-1]), 1)
    marks = [round(len(count) * n / parts) for n in range(parts + 1)]
    return [round(float(count[mark - 1]) / total, 4) if mark else 0.0 for mark in marks]


def compare(runs: list[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Return {key: {"mean", "least", "most"}} over the runs of several seeds of one mode."""
    return {
        key: {
            "mean": float(np.mean([run[key] for run in runs])),
            "least": float(min(run[key] for run in runs)),
            "most": float(max(run[key] for run in runs)),
        }
        for key in (*KEYS, "seconds")
    }
