"""Fixtures of every test in the house."""

import pytest

from tongxin.regions.queries import forget
from tongxin.testing import world  # noqa: F401


@pytest.fixture(autouse=True)
def _forget_the_land():
    """The process-wide snapshot of regions must not outlive the test's database."""
    forget()
    yield
    forget()
