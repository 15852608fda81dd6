from datetime import UTC, datetime

import pytest

from tongxin.accounts import actions
from tongxin.accounts.models import User

ADDRESS = "10.0.0.7"
PHONE = "13820261122"


@pytest.fixture(autouse=True)
def _fast_hashes(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def at():
    """Monday 23 November 2026, 10:00 in Shanghai."""
    return datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture
def fang(db):
    """王芳, a dispatcher who signs in by password."""
    return User.objects.create_user("wangfang", "jiu-he-da-gu-88", name="王芳")


@pytest.fixture
def sun(db, at):
    """孙桂兰, a resident who signs in by phone."""
    return actions.add_user(username="sun", name="孙桂兰", phone=PHONE, at=at)


@pytest.fixture
def root(db):
    """安然, the system administrator."""
    return User.objects.create_superuser("root", "hai-he-da-qiao-99", name="安然")
