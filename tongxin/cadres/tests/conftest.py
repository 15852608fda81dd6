import pytest

from .cast import add_cadres, start


@pytest.fixture
def cadres(world):
    """The named world with four cadres in it."""
    add_cadres(world)
    return world


@pytest.fixture
def operation(cadres):
    return start(cadres)
