"""Made-up shapes for land whose real borders nobody publishes: cells within cells, without gaps."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from shapely.geometry import mapping, shape

from tongxin.kit import geo

GRID_DEGREES = 1e-5  # corners lie on a lattice of about a metre

# A cell is made of that many small cells, or of cells that are made of …
Parts = int | Sequence["Parts"]


@dataclass(frozen=True)
class Cell:
    """A polygon (GeoJSON) and the cells that tile it."""

    polygon: dict[str, Any]
    parts: tuple[Cell, ...]


def nested_cells(outline: dict[str, Any], parts: Parts, seed: int) -> Cell:
    """Tile an outline with cells within cells, the same for a seed.

    `parts` [[2, 3], [4]] draws two cells, the first of two (of 2 and 3 small ones), the second of
    one. Neighbours share their corners on every level. Raises kit's BadGeometry.
    """
    drawn = geo.cells(outline, _size(parts), seed)
    mosaic = _Mosaic(_on_lattice(np.array([shape(cell) for cell in drawn], dtype=object)))
    return mosaic.cell(list(range(len(drawn))), parts)


def on_lattice(polygon: dict[str, Any]) -> dict[str, Any]:
    """The polygon with its corners rounded to about a metre."""
    return dict(mapping(_on_lattice(np.array([shape(polygon)], dtype=object))[0]))


def _on_lattice(polygons: Any) -> Any:
    rounded = shapely.set_precision(polygons, GRID_DEGREES, mode="pointwise")
    rounded = shapely.remove_repeated_points(rounded)
    return np.where(shapely.is_valid(rounded), rounded, polygons)


def _size(parts: Parts) -> int:
    """How many small cells; one that is made of nothing is a small cell itself."""
    return max(1, parts if isinstance(parts, int) else sum(map(_size, parts)))


def _neighbours(tiles: Any) -> list[list[int]]:
    """Which tiles share an edge with each: neighbours have the very same corners."""
    near: list[list[int]] = [[] for _ in tiles]
    rings, owners = shapely.get_rings(tiles, return_index=True)
    first: dict[frozenset[tuple[float, ...]], int] = {}
    for ring, owner in zip(rings, owners.tolist(), strict=True):
        for edge in map(frozenset, pairwise(map(tuple, shapely.get_coordinates(ring).tolist()))):
            other = first.setdefault(edge, owner)
            if other != owner:
                near[owner].append(other)
                near[other].append(owner)
    return near


class _Mosaic:
    """Small cells and who touches whom; divides them into groups that hang together."""

    def __init__(self, tiles: Any) -> None:
        self.tiles = tiles
        middles = shapely.get_coordinates(shapely.centroid(tiles))
        self.middles = middles * (math.cos(math.radians(middles[:, 1].mean())), 1)
        self.near = _neighbours(tiles)

    def cell(self, members: list[int], parts: Parts) -> Cell:
        if isinstance(parts, int):
            inner = tuple(self.cell([member], ()) for member in sorted(members)[:parts])
        else:
            groups = self._divide(members, [_size(part) for part in parts]) if parts else []
            inner = tuple(self.cell(*pair) for pair in zip(groups, parts, strict=True))
        tiles = self.tiles[members]
        whole = tiles[0] if len(tiles) == 1 else shapely.coverage_union_all(tiles)
        return Cell(dict(mapping(whole)), inner)

    def _divide(self, members: list[int], sizes: list[int]) -> list[list[int]]:
        """Groups of these sizes, halving again and again."""
        if len(sizes) == 1:
            return [members]
        sums = np.cumsum(sizes)
        half = int(np.argmin(abs(sums[:-1] - sums[-1] / 2))) + 1
        first, rest = self._halve(members, int(sums[half - 1]))
        return self._divide(first, sizes[:half]) + self._divide(rest, sizes[half:])

    def _halve(self, members: list[int], n: int) -> tuple[list[int], list[int]]:
        """n members and the others, cut across the long axis; along it where pieces would come off."""
        points = self.middles[members] - self.middles[members].mean(axis=0)
        across, along = np.linalg.eigh(points.T @ points)[1].T
        best, fewest = None, 0
        for axis in (along, -along, across, -across):
            first = self._grown(dict(zip(members, points @ axis, strict=True)), n)
            rest = sorted(set(members) - set(first))
            pieces = self._pieces(first) + self._pieces(rest)
            if best is None or pieces < fewest:
                best, fewest = (first, rest), pieces
            if pieces <= 2:
                break
        assert best is not None  # noqa: S101
        return best

    def _grown(self, rank: dict[int, float], n: int) -> list[int]:
        """n of the ranked cells, growing from the lowest, always to the lowest neighbour."""
        grown: list[int] = []
        reached: set[int] = set()
        edge: list[tuple[float, int]] = []
        starts = iter(sorted(rank, key=rank.__getitem__))
        while len(grown) < n:
            if not edge:  # the rest lies on an island
                start = next(cell for cell in starts if cell not in reached)
                reached.add(start)
                edge = [(rank[start], start)]
            cell = heapq.heappop(edge)[1]
            grown.append(cell)
            for other in self.near[cell]:
                if other in rank and other not in reached:
                    reached.add(other)
                    heapq.heappush(edge, (rank[other], other))
        return sorted(grown)

    def _pieces(self, members: list[int]) -> int:
        left, pieces = set(members), 0
        while left:
            pieces += 1
            stack = [left.pop()]
            while stack:
                fresh = left.intersection(self.near[stack.pop()])
                left -= fresh
                stack.extend(fresh)
        return pieces
