import math
import random

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import mapping, shape

from tongxin.kit import geo

longitudes = st.floats(74, 134)
latitudes = st.floats(18, 53)


def square(lng, lat, side=0.01):
    return mapping(shapely.box(lng, lat, lng + side, lat + side))


# A town with a bay cut into it, an island, and a lake.
TOWN = mapping(
    shapely.union(
        shapely.Polygon(
            [(117.6, 39.0), (117.8, 39.0), (117.8, 39.2), (117.7, 39.03), (117.6, 39.2)]
        ),
        shapely.box(117.69, 39.15, 117.71, 39.17),
    ).difference(shapely.Point(117.63, 39.05).buffer(0.01))
)
BOW_TIE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}


class TestDatums:
    # Tian'anmen: the pair that converters of many makers agree on.
    def test_it_shifts_as_consumer_maps_do(self):
        lng, lat = geo.wgs84_to_gcj02(116.3912, 39.9075)
        assert geo.distance_m(lng, lat, 116.397441, 39.908902) < 1

    @given(longitudes, latitudes)
    def test_there_and_back_is_less_than_a_tenth_of_a_metre(self, lng, lat):
        back = geo.gcj02_to_wgs84(*geo.wgs84_to_gcj02(lng, lat))
        assert geo.distance_m(lng, lat, *back) < 0.1

    @given(longitudes, latitudes)
    def test_the_shift_stays_below_some_hundred_metres(self, lng, lat):
        assert geo.distance_m(lng, lat, *geo.wgs84_to_gcj02(lng, lat)) < 1500

    @pytest.mark.parametrize("point", [(2.35, 48.86), (139.7, 35.7), (-74.0, 40.7), (0.0, 0.0)])
    def test_it_leaves_places_outside_china_alone(self, point):
        assert geo.wgs84_to_gcj02(*point) == point
        assert geo.gcj02_to_wgs84(*point) == point


class TestDistance:
    def test_it_works(self):
        assert geo.distance_m(117, 39, 117, 40) == pytest.approx(111_195, rel=1e-3)
        assert geo.distance_m(117, 60, 118, 60) == pytest.approx(111_195 / 2, rel=1e-3)
        assert geo.distance_m(117, 39, 117, 39) == 0
        assert geo.distance_m(0, 0, 180, 0) == pytest.approx(math.pi * 6_371_008.8)


class TestShapes:
    def test_bbox_takes_geometries_features_and_collections(self):
        feature = {"type": "Feature", "properties": {}, "geometry": square(1, 2, 3)}
        other = {"type": "Feature", "properties": {}, "geometry": square(10, 20)}
        assert geo.bbox(square(1, 2, 3)) == geo.bbox(feature) == (1, 2, 4, 5)
        both = {"type": "FeatureCollection", "features": [feature, other]}
        assert geo.bbox(both) == (1, 2, 10.01, 20.01)

    def test_centroid_lies_inside(self):
        assert geo.centroid(square(1, 2, 2)) == (2, 3)
        assert shape(TOWN).contains(shapely.Point(geo.centroid(TOWN)))

    def test_repair_keeps_the_area(self):
        mended = geo.repair(BOW_TIE)
        assert shape(mended).is_valid
        assert shape(mended).area == pytest.approx(0.5)

    def test_repair_drops_what_has_no_area(self):
        spike = [[0, 0], [1, 0], [1, 1], [2, 1], [1, 1], [0, 1], [0, 0]]
        assert geo.repair({"type": "Polygon", "coordinates": [spike]})["type"] == "Polygon"

    def test_simplify_stays_within_the_tolerance(self):
        circle = mapping(shapely.Point(117.7, 39).buffer(0.05, quad_segs=200))
        fewer = geo.simplify(circle, 50)
        assert len(fewer["coordinates"][0]) < 100
        assert shape(fewer).hausdorff_distance(shape(circle)) < 50 / 80_000
        assert shape(fewer).is_valid

    @pytest.mark.parametrize(
        "broken",
        [
            {},
            {"type": "Polygon"},
            {"type": "Polygon", "coordinates": []},
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
            {"type": "Polygon", "coordinates": "here"},
            {"type": "Polygon", "coordinates": [[[0, 0], [float("nan"), 1], [1, 1], [0, 0]]]},
            {"type": "Polygon", "coordinates": [[[0, 0], [9000, 0], [9000, 9000], [0, 0]]]},
            {"type": "Circle", "coordinates": [0, 0]},
            {"type": "Feature", "geometry": None},
            {"type": "FeatureCollection", "features": []},
            {"type": "LineString", "coordinates": [[0, 0], [1, 1]]},
            None,
            "POLYGON",
        ],
    )
    def test_repair_refuses_what_is_no_area(self, broken):
        with pytest.raises(geo.BadGeometry) as caught:
            geo.repair(broken)
        assert caught.value.status == 422


class TestPolygonIndex:
    INDEX = geo.PolygonIndex(
        [("west", square(117.00, 39)), ("east", square(117.01, 39)), ("around", square(116, 38, 2))]
    )

    def test_it_finds_all_that_hold_a_point(self):
        assert self.INDEX.at(117.005, 39.005) == ["west", "around"]
        assert self.INDEX.at(116.5, 38.5) == ["around"]

    def test_a_border_belongs_to_both(self):
        assert self.INDEX.at(117.01, 39.005) == ["west", "east", "around"]

    def test_it_finds_nothing_outside(self):
        assert self.INDEX.at(120, 30) == []
        assert geo.PolygonIndex([]).at(120, 30) == []
        assert geo.PolygonIndex([]).nearest(120, 30, 1000) is None

    def test_it_finds_the_nearest_within_a_limit(self):
        index = geo.PolygonIndex([("west", square(117.00, 39)), ("east", square(117.05, 39))])
        lng = 117.01 + 100 / (111_195 * math.cos(math.radians(39.005)))
        assert index.nearest(lng, 39.005, 101) == "west"
        assert index.nearest(lng, 39.005, 99) is None
        assert index.nearest(117.005, 39.005, 1) == "west"
        assert index.nearest(117.04, 39.005, 5000) == "east"

    def test_it_measures_in_metres_not_degrees(self):
        # At 60 N a degree east is half a degree north.
        index = geo.PolygonIndex(
            [("north", square(100, 60.03)), ("east", square(100.05, 60, 0.001))]
        )
        assert index.nearest(100.005, 60, 10_000) == "east"

    @given(st.integers(0, 10**6))
    def test_it_agrees_with_looking_at_each(self, seed):
        rng = random.Random(seed)
        boxes = [square(rng.uniform(117, 118), rng.uniform(39, 40), 0.3) for _ in range(12)]
        lng, lat = rng.uniform(117, 118.3), rng.uniform(39, 40.3)
        expected = [i for i, box in enumerate(boxes) if shape(box).covers(shapely.Point(lng, lat))]
        assert geo.PolygonIndex(enumerate(boxes)).at(lng, lat) == expected


class TestCells:
    @pytest.mark.parametrize("n", [1, 2, 3, 25, 120])
    def test_they_tile_the_polygon(self, n):
        made = [shape(cell) for cell in geo.cells(TOWN, n, seed=7)]
        town = shape(TOWN)
        assert len(made) == n
        assert all(cell.is_valid and cell.area > 0 for cell in made)
        assert shapely.coverage_is_valid(made)
        assert sum(cell.area for cell in made) == pytest.approx(town.area, rel=1e-12)
        assert shapely.union_all(made).symmetric_difference(town).area < 1e-12 * town.area

    def test_they_hang_together(self):
        pieces = sum(
            shape(cell).geom_type == "MultiPolygon" for cell in geo.cells(TOWN, 25, seed=7)
        )
        assert pieces <= 1  # only the island may belong to a cell on the mainland

    def test_they_are_the_same_for_a_seed(self):
        assert geo.cells(TOWN, 9, seed=1) == geo.cells(TOWN, 9, seed=1)
        assert geo.cells(TOWN, 9, seed=1) != geo.cells(TOWN, 9, seed=2)

    def test_they_are_of_like_size(self):
        areas = [shape(cell).area for cell in geo.cells(square(117, 39, 0.2), 30, seed=3)]
        assert max(areas) < 4 * min(areas)

    def test_they_run_from_north_west_to_south_east(self):
        middles = [geo.centroid(cell) for cell in geo.cells(square(117, 39, 0.2), 16, seed=3)]
        assert middles[0][1] > 39.14
        assert middles[-1][1] < 39.06
        assert middles[0][0] < middles[1][0]

    def test_there_is_at_least_one(self):
        with pytest.raises(ValueError, match="one cell"):
            geo.cells(TOWN, 0, seed=1)

    def test_they_need_an_area(self):
        with pytest.raises(geo.BadGeometry):
            geo.cells({"type": "Point", "coordinates": [117, 39]}, 3, seed=1)
