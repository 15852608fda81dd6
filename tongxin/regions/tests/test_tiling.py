import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import shape

from tongxin.regions.tiling import nested_cells, on_lattice

from .conftest import OUTLINE

PARTS = st.lists(st.lists(st.integers(0, 4), max_size=4), min_size=1, max_size=5)


def shapes(cells):
    return np.array([shape(cell.polygon) for cell in cells], dtype=object)


@given(parts=PARTS, seed=st.integers(0, 999))
@settings(max_examples=25, deadline=None)
def test_cells_tile_their_cell_on_every_level(parts, seed):
    whole = nested_cells(OUTLINE, parts, seed)
    assert [[len(inner.parts) for inner in outer.parts] for outer in whole.parts] == parts
    for cell in (whole, *whole.parts, *(inner for outer in whole.parts for inner in outer.parts)):
        if cell.parts:
            tiles = shapes(cell.parts)
            assert shapely.coverage_is_valid(tiles)
            assert np.isclose(shapely.area(tiles).sum(), shape(cell.polygon).area)


def test_cells_hang_together_and_come_out_the_same():
    whole = nested_cells(OUTLINE, [[3] * 8, [2] * 5, [4] * 6], 7)
    assert whole == nested_cells(OUTLINE, [[3] * 8, [2] * 5, [4] * 6], 7)
    assert whole != nested_cells(OUTLINE, [[3] * 8, [2] * 5, [4] * 6], 8)
    assert {street.polygon["type"] for street in whole.parts} == {"Polygon"}


def test_islands_are_shared_out_too():
    islands = {
        "type": "MultiPolygon",
        "coordinates": [
            [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]],
            [[[3, 0], [4, 0], [4, 1], [3, 1], [3, 0]]],
        ],
    }
    whole = nested_cells(islands, [[2, 2], [2, 2]], 1)
    assert np.isclose(shapely.area(shapes(whole.parts)).sum(), 2)


def test_corners_lie_on_a_lattice_of_a_metre():
    rough = {"type": "Polygon", "coordinates": [[[0, 0], [1.0000049, 0], [1, 1.000006], [0, 0]]]}
    xy = shapely.get_coordinates(shape(on_lattice(rough)))
    assert xy.max(axis=0).tolist() == [1.0, 1.00001]
