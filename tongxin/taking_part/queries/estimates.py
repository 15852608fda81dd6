"""Arithmetic of samples: sizes, margins, intervals, what may be shown. Plain functions, no tables.

Simple random sampling without replacement within strata; finite population correction throughout
(Cochran, Sampling Techniques, 3rd ed., ch. 2–5). Shares have Wilson's interval (Wilson 1927); in a
stratified sample with the effective size that its variance amounts to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

Z95 = 1.959964  # two-sided 95 %
LEAST = 5  # fewer people are not shown


def correction(n: int, population: int) -> float:
    """Return the finite population correction of a variance: (N − n)/(N − 1)."""
    return (population - n) / (population - 1) if population > 1 else 0.0


def margin_before(n: int, population: int, *, p: float = 0.5, z: float = Z95) -> float:
    """Return the half width of a 95 % interval for a share that n of N will give, before asking.

    At p = ½, the worst case: 370 of 10,000 give 0.05. 1.0 for nobody asked.
    """
    if n <= 0 or population <= 0:
        return 1.0
    return z * sqrt(p * (1 - p) / n * correction(min(n, population), population))


def size_for(margin: float, population: int, *, p: float = 0.5, z: float = Z95) -> int:
    """Return how many of N must answer for a margin: n₀ / (1 + (n₀ − 1)/N), rounded up."""
    n0 = z * z * p * (1 - p) / (margin * margin)
    return min(population, ceil(n0 / (1 + (n0 - 1) / population) - 1e-9))


def wilson(share: float, n: float, *, z: float = Z95) -> tuple[float, float]:
    """Return Wilson's interval of a share out of n (which may be an effective size)."""
    if n <= 0:
        return 0.0, 1.0
    z2 = z * z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = z * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def effective(n: int, population: int) -> float:
    """Return the size of a sample with replacement that says as much as n of N without it."""
    factor = correction(n, population)
    return n / factor if factor > 1e-9 else float("1e9")


def allocate(total: int, populations: Mapping[int, int], *, least: int = LEAST) -> dict[int, int]:
    """Share a sample out in proportion, by largest remainders; at least `least` (or all) of each.

    The least that strata get comes on top where their share is smaller.
    """
    whole = sum(populations.values())
    if not whole:
        return dict.fromkeys(populations, 0)
    total = min(total, whole)
    exact = {key: total * n / whole for key, n in populations.items()}
    found = {key: int(share) for key, share in exact.items()}
    rest = sorted(exact, key=lambda key: (found[key] - exact[key], key))
    for key in rest[: total - sum(found.values())]:
        found[key] += 1
    return {key: max(n, min(least, populations[key])) for key, n in found.items()}


@dataclass(frozen=True)
class Sampled:
    """What was answered in a stratum: its size, and the values of those who answered."""

    population: int
    values: Sequence[float]


@dataclass(frozen=True)
class Estimate:
    """A mean or share: n answered, value, 95 % interval. `covered`: the share of people in strata that answered."""

    n: int
    value: float
    low: float
    high: float
    covered: float = 1.0

    @property
    def margin(self) -> float:
        return (self.high - self.low) / 2


def _parts(strata: Sequence[Sampled]) -> tuple[list[tuple[float, float, float]], float]:
    """Return [(weight, mean, variance of the mean)] of the strata that answered, and what they cover."""
    there = [one for one in strata if one.values]
    whole = sum(one.population for one in strata)
    size = sum(one.population for one in there)
    squares = [(value - mean(one.values)) ** 2 for one in there for value in one.values]
    freedom = len(squares) - len(there)
    pooled = sum(squares) / freedom if freedom > 0 else 0.25
    parts = []
    for one in there:
        n = len(one.values)
        middle = mean(one.values)
        spread = sum((value - middle) ** 2 for value in one.values) / (n - 1) if n > 1 else pooled
        free = max(0.0, 1 - n / one.population) if one.population else 0.0
        parts.append((one.population / size, middle, free * spread / n))
    return parts, (size / whole if whole else 0.0)


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def stratified_mean(strata: Sequence[Sampled], *, z: float = Z95) -> Estimate | None:
    """Return the mean of a population from its strata; None if nobody answered.

    Σ W ȳ, with the variance Σ W² (1 − n/N) s²/n (Cochran 5.6). A stratum of one answer borrows the
    spread of all.
    """
    parts, covered = _parts(strata)
    if not parts:
        return None
    n = sum(len(one.values) for one in strata)
    value = sum(weight * middle for weight, middle, _v in parts)
    half = z * sqrt(sum(weight * weight * spread for weight, _m, spread in parts))
    return Estimate(n, value, value - half, value + half, covered)


def stratified_share(strata: Sequence[Sampled], *, z: float = Z95) -> Estimate | None:
    """Return a share (values are 0 and 1) from its strata, with Wilson's interval.

    The effective size is p(1 − p) / variance; where nobody or everybody said so, n corrected for the
    finite population.
    """
    parts, covered = _parts(strata)
    if not parts:
        return None
    n = sum(len(one.values) for one in strata)
    population = sum(one.population for one in strata if one.values)
    value = sum(weight * middle for weight, middle, _v in parts)
    variance = sum(weight * weight * spread for weight, _m, spread in parts)
    said = value * (1 - value)
    size = said / variance if said > 0 and variance > 0 else effective(n, population)
    low, high = wilson(value, size, z=z)
    return Estimate(n, value, low, high, covered)


def suppress(counts: Sequence[int], *, least: int = LEAST) -> list[int | None]:
    """Return counts with those of fewer than `least` people hidden (None), also against subtraction.

    The sum is known to the reader: where what is hidden sums to fewer than `least`, or is one cell
    alone, the next smallest cell is hidden too. Nobody (0) is no secret.
    """
    shown: list[int | None] = [None if 0 < n < least else n for n in counts]
    while True:
        hidden = [n for n, seen in zip(counts, shown, strict=True) if seen is None]
        if not hidden or (len(hidden) > 1 and sum(hidden) >= least):
            return shown
        rest = [(n, at) for at, n in enumerate(shown) if n]
        if not rest:
            return shown
        shown[min(rest)[1]] = None


def grouped(sizes: Mapping[str, int], *, least: int = LEAST) -> tuple[list[str], list[str]]:
    """Split groups into those shown by themselves and those merged into one, so that each has `least`.

    The merged ones together have `least` too, or there is none: the groups shown add up to the
    total, and no subtraction leads below it.
    """
    order = sorted(sizes, key=lambda key: (sizes[key], key))
    merged = [key for key in order if 0 < sizes[key] < least]
    alone = [key for key in order if sizes[key] >= least]
    while merged and sum(sizes[key] for key in merged) < least and alone:
        merged.append(alone.pop(0))
    if merged and sum(sizes[key] for key in merged) < least:
        return [], []
    return alone, merged
