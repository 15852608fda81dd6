from datetime import UTC, datetime

import pytest

from tongxin.accounts.models import User


@pytest.fixture
def at():
    """Monday 23 November 2026, 10:00 in Shanghai."""
    return datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture
def fang(db):
    """王芳, a dispatcher who signs in by password."""
    return User.objects.create_user("wangfang", "jiu-he-da-gu-88", name="王芳")


@pytest.fixture
def li(db):
    """李强, somebody else."""
    return User.objects.create_user("liqiang", "hai-he-bian-66", name="李强")
