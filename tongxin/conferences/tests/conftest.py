"""Bodies over the named world, and a session of the street with its seats."""

import pytest

from tongxin.conferences import actions
from tongxin.meetings.actions import load_rules
from tongxin.testing import NOON


@pytest.fixture
def bodies(world):
    """The bodies of the district, founded by its organiser, with the rules of meetings."""
    load_rules(at=NOON, by=None)
    actions.found_bodies(district=world.tong, by=world.he, at=NOON)
    return world


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
