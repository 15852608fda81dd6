"""A district of our own making: 2 streets, 3 communities, 2 grids in each."""

from datetime import UTC, date, datetime

import pytest

from tongxin.regions import actions
from tongxin.regions.models import Region
from tongxin.regions.sources import Division

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
ON = date(2026, 3, 2)
# An L: the concave corner is where careless tiling falls apart.
OUTLINE = {
    "type": "Polygon",
    "coordinates": [
        [[117.0, 39.0], [117.4, 39.0], [117.4, 39.1], [117.1, 39.1], [117.1, 39.3], [117.0, 39.3], [117.0, 39.0]]
    ],
}  # fmt: skip
ROWS = [
    Division("1201", "天津市", ""),
    Division("120116", "滨海新区", "1201"),
    Division("120116001", "北塘街道", "120116"),
    Division("120116100", "南港镇", "120116"),
    Division("120116001001", "松社区居委会", "120116001"),
    Division("120116001002", "苇社区居委会", "120116001"),
    Division("120116100200", "盐村委会", "120116100"),
]


def make_land():
    actions.import_divisions(rows=ROWS, on=ON)
    actions.import_polygons(outlines={"120116": OUTLINE})
    district = Region.objects.get(code="120116")
    return actions.draw_district(district=district, grids_per_community=2, seed=1)


@pytest.fixture
def land(db):
    return make_land()


@pytest.fixture
def get(land):
    return lambda code: Region.objects.get(code=code)
