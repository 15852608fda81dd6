"""Two officers change the same land at once, on a real PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from tongxin.kit.errors import Refused
from tongxin.regions import actions
from tongxin.regions.models import Region

from .conftest import ON, make_land

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def land(transactional_db):
    if connection.vendor != "postgresql":
        pytest.skip("races are proved on PostgreSQL")
    make_land()


def split(grid):
    try:
        return actions.split_grid(grid=grid, into=2, on=ON)
    except Refused as refusal:
        return refusal
    finally:
        connection.close()


def at_once(grids):
    with ThreadPoolExecutor(max_workers=8) as pool:
        return list(pool.map(split, grids))


def test_a_grid_is_split_by_one_of_many(land):
    results = at_once([Region.objects.get(code="120116001001001") for _ in range(8)])
    assert [type(r) for r in results].count(actions.AlreadyClosed) == 7
    assert Region.objects.filter(code__startswith="120116001001", level="grid").count() == 4


def test_grids_of_one_community_get_numbers_of_their_own(land):
    results = at_once(list(Region.objects.filter(code__startswith="120116001001", level="grid")))
    codes = [part.code[-3:] for parts in results for part in parts]
    assert sorted(codes) == ["003", "004", "005", "006"]
