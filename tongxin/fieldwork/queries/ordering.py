"""A sensible order of places to walk: nearest neighbour, then 2-opt, over great circles. No database.

An open path from where one stands. For a day's round (tens of places) it is within a few per cent of
the shortest; a test compares it with every order there is.
"""

from __future__ import annotations

from collections.abc import Sequence

from tongxin.kit.geo import distance_m

Point = tuple[float, float]
MOST_TURNS = 30


def shortest(points: Sequence[Point], start: Point | None = None) -> list[int]:
    """Return the indexes of (lng, lat) points in the order to walk them; `start` is where one stands."""
    if len(points) < 2:
        return list(range(len(points)))
    far = [[distance_m(*a, *b) for b in points] for a in points]
    first = [distance_m(*start, *one) for one in points] if start else [0.0] * len(points)
    heads = (
        range(len(points)) if start is None else [min(range(len(points)), key=first.__getitem__)]
    )
    tries = [_improved(_nearest(far, head), far, first) for head in list(heads)[:12]]
    return min(tries, key=lambda order: length(order, far, first))


def length(order: Sequence[int], far: Sequence[Sequence[float]], first: Sequence[float]) -> float:
    """Return the metres of an order."""
    steps = zip(order, order[1:], strict=False)
    return first[order[0]] + sum(far[a][b] for a, b in steps)


def _nearest(far: Sequence[Sequence[float]], head: int) -> list[int]:
    order, left = [head], set(range(len(far))) - {head}
    while left:
        order.append(min(left, key=far[order[-1]].__getitem__))
        left.remove(order[-1])
    return order


def _improved(
    order: list[int], far: Sequence[Sequence[float]], first: Sequence[float]
) -> list[int]:
    """Turn pieces of the path around while that shortens it (2-opt), and move single places (or-opt)."""
    best, metres = order, length(order, far, first)
    for _turn in range(MOST_TURNS):
        found = _better(best, metres, far, first)
        if found is None:
            return best
        best, metres = found
    return best


def _better(
    order: list[int], metres: float, far: Sequence[Sequence[float]], first: Sequence[float]
) -> tuple[list[int], float] | None:
    best = None
    for i in range(len(order)):
        for j in range(i + 1, len(order)):
            for other in (
                order[:i] + order[i : j + 1][::-1] + order[j + 1 :],
                order[:i] + order[i + 1 : j + 1] + [order[i]] + order[j + 1 :],
                order[:i] + [order[j]] + order[i:j] + order[j + 1 :],
            ):
                long = length(other, far, first)
                if long < metres - 0.01:
                    best, metres = other, long
        if best is not None:
            return best, metres
    return None
