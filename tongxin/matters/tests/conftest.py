import pytest

from tongxin.matters.queries import forget_counts


@pytest.fixture(autouse=True)
def fresh_counts():
    """How often words occur is remembered by a process, not from one test to the next."""
    forget_counts()
    yield
    forget_counts()
