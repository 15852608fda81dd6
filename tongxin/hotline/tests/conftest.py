"""An operator of the district at the hotline."""

import pytest


@pytest.fixture
def world(world):
    world.ops = world.person("ops", "何话务", world.district_office, "operator")
    return world


@pytest.fixture
def ops(client, world):
    client.force_login(world.ops)
    return client
