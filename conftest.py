"""Fixtures of every test in the house."""

import gc

import pytest
from django.utils.translation import deactivate

from tongxin.cadres.queries import assume_none_running
from tongxin.cases.queries import forget_topics
from tongxin.cases.routing import forget_rules
from tongxin.regions.queries import forget
from tongxin.testing import _written, api, world  # noqa: F401

pytest_plugins = ["tests.components", "tests.mission"]


def pytest_collection_finish() -> None:
    """Look for garbage less often: the house itself, a million objects, never becomes any."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(autouse=True)
def _forget_the_land():
    """What a process remembers of land, topics, rules and operations must not outlive the test's database."""
    forget()
    forget_topics()
    forget_rules()
    assume_none_running()
    yield
    forget()
    forget_topics()
    forget_rules()
    assume_none_running()
    deactivate()  # a visitor who read English leaves the process in Chinese
