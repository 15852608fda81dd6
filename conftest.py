"""Fixtures of every test in the house."""

import pytest

from tongxin.cases.queries import forget_topics
from tongxin.regions.queries import forget
from tongxin.testing import api, world  # noqa: F401

pytest_plugins = ["tests.components", "tests.mission"]


@pytest.fixture(autouse=True)
def _forget_the_land():
    """What a process remembers of land and topics must not outlive the test's database."""
    forget()
    forget_topics()
    yield
    forget()
    forget_topics()
