"""The rules of the house, loaded as an installation does."""

import pytest

from tongxin.meetings.actions import load_rules
from tongxin.testing import NOON


@pytest.fixture
def rules(world):
    return load_rules(at=NOON, by=None)


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
