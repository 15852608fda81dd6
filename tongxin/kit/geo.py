"""Places on the earth: datums, distances, and which polygon holds a point. GeoJSON in, GeoJSON out.

Coordinates are WGS-84 degrees (longitude first) unless a name says GCJ-02.
"""

import math
import random
from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from tongxin.kit.errors import Invalid

GeoJSON = dict[str, Any]
Point = tuple[float, float]
Coordinates = NDArray[np.float64]

_EARTH_M = 6_371_008.8
_DEGREE_M = math.pi * _EARTH_M / 180
_LLOYD_ROUNDS = 5
_CHINA = (72.004, 0.8293, 137.8347, 55.8271)
# Krasovsky 1940, the ellipsoid of the GCJ-02 offset.
_AXIS = 6_378_245.0
_ECCENTRICITY2 = 0.00669342162296594323


class BadGeometry(Invalid):
    """A geometry that cannot be read, or holds no area."""


def wgs84_to_gcj02(lng: float, lat: float) -> Point:
    """The GCJ-02 coordinates that consumer maps in China use; unchanged outside China."""
    if not _in_china(lng, lat):
        return lng, lat
    east, north = _offset_m(lng - 105.0, lat - 35.0)
    phi = math.radians(lat)
    curve = 1 - _ECCENTRICITY2 * math.sin(phi) ** 2
    north_radius = _AXIS * (1 - _ECCENTRICITY2) / (curve * math.sqrt(curve))
    east_radius = _AXIS / math.sqrt(curve) * math.cos(phi)
    return lng + math.degrees(east / east_radius), lat + math.degrees(north / north_radius)


def gcj02_to_wgs84(lng: float, lat: float) -> Point:
    """The inverse, by iteration: less than a tenth of a metre off; unchanged outside China."""
    if not _in_china(lng, lat):
        return lng, lat
    x, y = lng, lat
    for _ in range(6):
        there_x, there_y = wgs84_to_gcj02(x, y)
        x, y = x + lng - there_x, y + lat - there_y
    return x, y


def distance_m(lng1: float, lat1: float, lng2: float, lat2: float) -> float:
    """Metres along the great circle."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half = (
        math.sin((phi2 - phi1) / 2) ** 2
        + math.cos(phi1) * math.cos(phi2) * math.sin(math.radians(lng2 - lng1) / 2) ** 2
    )
    return 2 * _EARTH_M * math.asin(math.sqrt(min(1.0, half)))


def bbox(geojson: GeoJSON) -> tuple[float, float, float, float]:
    """(west, south, east, north) of a geometry, feature or collection. Raises BadGeometry."""
    west, south, east, north = _read(geojson).bounds
    return west, south, east, north


def centroid(geometry: GeoJSON) -> Point:
    """The centre of gravity, or a point inside where that lies outside. Raises BadGeometry."""
    polygon = _read(geometry)
    middle = polygon.centroid
    point = middle if polygon.covers(middle) else polygon.representative_point()
    return point.x, point.y


def repair(geometry: GeoJSON) -> GeoJSON:
    """A valid polygon or multipolygon of the same area. Raises BadGeometry where none is left."""
    return _write(_areas(shapely.make_valid(_read(geometry))))


def simplify(geometry: GeoJSON, tolerance_m: float) -> GeoJSON:
    """Fewer corners, none moved more than `tolerance_m` metres; stays valid."""
    polygon = _read(geometry)
    scale = _Scale(polygon.centroid.y)
    flat = scale.flatten(polygon).simplify(tolerance_m / _DEGREE_M)
    return _write(scale.restore(flat))


class _Scale:
    """Degrees of latitude both ways: true to shape near one latitude."""

    def __init__(self, lat: float):
        self.x = math.cos(math.radians(lat))

    def flatten(self, geometry: Any) -> Any:
        return shapely.transform(geometry, lambda xy: xy * (self.x, 1.0))

    def restore(self, geometry: Any) -> Any:
        return shapely.transform(geometry, lambda xy: xy / (self.x, 1.0))


def metres_outside(geometry: GeoJSON, lng: float, lat: float) -> float:
    """How many metres the point lies outside the polygon; 0 inside. Raises BadGeometry."""
    scale = _Scale(lat)
    polygon = scale.flatten(_read(geometry))
    return float(shapely.distance(polygon, shapely.Point(lng * scale.x, lat))) * _DEGREE_M


class PolygonIndex:
    """Answers which of many polygons holds a point. Built from (key, GeoJSON geometry)."""

    def __init__(self, items: Iterable[tuple[Hashable, GeoJSON]]):
        pairs = [(key, _read(geometry)) for key, geometry in items]
        self._keys = [key for key, _ in pairs]
        self._polygons = np.array([polygon for _, polygon in pairs], dtype=object)
        shapely.prepare(self._polygons)
        self._tree = shapely.STRtree(self._polygons)

    def at(self, lng: float, lat: float) -> list[Any]:
        """The keys of the polygons that hold the point or touch it, in the order given."""
        near = sorted(self._tree.query(shapely.Point(lng, lat)).tolist())
        return [self._keys[i] for i in near if shapely.intersects_xy(self._polygons[i], lng, lat)]

    def nearest(self, lng: float, lat: float, limit_m: float) -> Any | None:
        """The key of the nearest polygon no more than `limit_m` metres away, or None."""
        scale = _Scale(lat)
        reach = limit_m / _DEGREE_M
        reach_x = reach / max(scale.x, 1e-6)
        near = np.sort(
            self._tree.query(shapely.box(lng - reach_x, lat - reach, lng + reach_x, lat + reach))
        )
        if not len(near):
            return None
        distances = shapely.distance(
            scale.flatten(self._polygons[near]), shapely.Point(lng * scale.x, lat)
        )
        best = int(np.argmin(distances))
        return self._keys[near[best]] if distances[best] <= reach else None


def cells(geometry: GeoJSON, n: int, seed: int) -> list[GeoJSON]:
    """`n` synthetic cells that tile the polygon without gap or overlap, the same for a seed.

    For places without real polygons. Ordered in rows from north to south, each from west to
    east. Raises BadGeometry.
    """
    if n < 1:
        raise ValueError("at least one cell")
    polygon = _areas(shapely.make_valid(_read(geometry)))
    scale = _Scale(polygon.centroid.y)
    flat = scale.flatten(polygon)
    shapely.prepare(flat)
    # Not a secret: the same seed has to give the same map.
    seeds = _by_rows(_evened(_scattered(flat, n, random.Random(seed)), flat), flat)  # noqa: S311
    return [_write(cell) for cell in _tiled(polygon, seeds, scale)]


def _scattered(flat: BaseGeometry, n: int, rng: random.Random) -> Coordinates:
    west, south, east, north = flat.bounds
    points: list[Point] = []
    while len(points) < n:
        x, y = rng.uniform(west, east), rng.uniform(south, north)
        if shapely.contains_xy(flat, x, y):
            points.append((x, y))
    return np.array(points)


def _evened(points: Coordinates, flat: BaseGeometry) -> Coordinates:
    """The points after moving each to the middle of its cell, a few times (Lloyd)."""
    for _ in range(_LLOYD_ROUNDS if len(points) > 1 else 0):
        cells = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=flat, ordered=True)
        middles = shapely.get_coordinates(
            shapely.centroid(shapely.intersection(shapely.get_parts(cells), flat))
        )
        inside = shapely.contains_xy(flat, middles)
        points = np.where(inside[:, None], middles, points)
    return points


def _by_rows(points: Coordinates, flat: BaseGeometry) -> Coordinates:
    height = math.sqrt(flat.area / len(points))
    rows = np.floor((flat.bounds[3] - points[:, 1]) / height)
    return points[np.lexsort((points[:, 0], rows))]


def _tiled(polygon: BaseGeometry, seeds: Coordinates, scale: "_Scale") -> list[BaseGeometry]:
    """The Voronoi cells of the seeds, cut to the polygon."""
    if len(seeds) == 1:
        return [polygon]
    edges = shapely.voronoi_polygons(
        shapely.multipoints(seeds), extend_to=scale.flatten(polygon), only_edges=True
    )
    # One noding of all lines gives neighbours the very same corners.
    lines = shapely.union_all([scale.restore(edges), polygon.boundary])
    faces = shapely.get_parts(shapely.polygonize([lines]))
    shapely.prepare(polygon)
    faces = faces[shapely.contains_properly(polygon, shapely.point_on_surface(faces))]
    owners = _owners(faces, scale.restore(shapely.points(seeds)), scale)
    return [shapely.coverage_union_all(faces[owners == i]) for i in range(len(seeds))]


def _owners(faces: Any, seeds: Any, scale: "_Scale") -> Any:
    """Which seed each face goes to.

    A face goes to the nearest seed; but a piece that the boundary cuts off from its seed joins
    the neighbour with which it shares the longest edge, so that cells hang together.
    """
    tree = shapely.STRtree(scale.flatten(seeds))
    owners = tree.nearest(scale.flatten(shapely.point_on_surface(faces)))
    settled = shapely.intersects(faces, seeds[owners])
    left, right = shapely.STRtree(faces).query(faces, predicate="touches")
    shared = shapely.length(shapely.intersection(faces[left], faces[right]))
    while not settled.all():
        edges = shared * (settled[right] & ~settled[left])
        if edges.any():
            longest = np.argmax(edges)
            owners[left[longest]] = owners[right[longest]]
            settled[left[longest]] = True
        else:
            # An island without a seed: its largest face stays with the nearest one.
            settled[np.argmax(shapely.area(faces) * ~settled)] = True
    return owners


def _offset_m(x: float, y: float) -> Point:
    """The GCJ-02 offset (east, north) in metres, x and y in degrees from 105 E, 35 N."""
    root = math.sqrt(abs(x))
    ripple = 20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += 2 / 3 * (ripple + _waves(y, (20, 1), (40, 3), (160, 12), (320, 30)))
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += 2 / 3 * (ripple + _waves(x, (20, 1), (40, 3), (150, 12), (300, 30)))
    return east, north


def _waves(value: float, *terms: tuple[float, float]) -> float:
    return sum(height * math.sin(value * math.pi / width) for height, width in terms)


def _in_china(lng: float, lat: float) -> bool:
    west, south, east, north = _CHINA
    return west <= lng <= east and south <= lat <= north


def _read(geojson: GeoJSON) -> BaseGeometry:
    """Shapely's view of a geometry, feature or collection."""
    try:
        if geojson["type"] == "FeatureCollection":
            return shapely.union_all(
                [shapely.make_valid(_read(feature)) for feature in geojson["features"]]
            )
        with np.errstate(invalid="ignore"):
            found = shape(geojson["geometry"] if geojson["type"] == "Feature" else geojson)
    except (
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        IndexError,
        shapely.errors.ShapelyError,
    ) as error:
        raise BadGeometry("图形数据读不懂，请使用 GeoJSON 格式") from error
    spots = np.abs(shapely.get_coordinates(found))
    # NaN fails this comparison too.
    if not len(spots) or not (spots <= (180, 90)).all():
        raise BadGeometry("图形是空的，或坐标不是经纬度，请重新绘制")
    return found


def _write(geometry: BaseGeometry) -> GeoJSON:
    return dict(mapping(geometry))


def _areas(geometry: BaseGeometry) -> BaseGeometry:
    """Only the polygons of a geometry."""
    parts = [
        part
        for part in shapely.get_parts(shapely.get_parts([geometry]))
        if part.geom_type == "Polygon"
    ]
    if not parts:
        raise BadGeometry("图形没有面积，请画出一块区域")
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
