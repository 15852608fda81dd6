"""What a machine may or may not have: PostgreSQL, Chromium, a mail server, an identity provider.

TEST_DATABASE=postgres runs the suite on a throw-away cluster (TEST_DATABASE_URL names a server of
your own instead). With TONGXIN_FULL=1 a missing component fails the run instead of leaving its
tests out.

`python -m tests.components` exits with 0 if the suite can run on PostgreSQL here.
"""

import atexit
import os
import sys
from contextlib import ExitStack

import dj_database_url
import pytest
from django.conf import settings
from django.db import connections

from tongxin.bench.postgres import NoPostgresError, binaries, cluster

FULL = os.environ.get("TONGXIN_FULL") == "1"
COMPONENTS = ("browser", "postgres", "imap", "oidc")


def has_postgres() -> bool:
    if os.environ.get("TEST_DATABASE_URL"):
        return True
    try:
        return binaries().exists()
    except NoPostgresError:
        return False


def use_postgres() -> None:
    """Point the settings at PostgreSQL; drop the connection to SQLite that the set-up has made.

    The workers of xdist inherit the address of the cluster from the controller, which stops it.
    """
    if "TEST_DATABASE_URL" not in os.environ:
        stack = ExitStack()
        atexit.register(stack.close)
        os.environ["TEST_DATABASE_URL"] = stack.enter_context(
            cluster(durable=False, autovacuum=False)
        ).url
    url = dj_database_url.parse(os.environ["TEST_DATABASE_URL"])
    settings.DATABASES["default"] |= {
        "OPTIONS": dict(settings.POSTGRES_OPTIONS),
        "CONN_MAX_AGE": 600,
        **url,
    }
    connections["default"].close()
    del connections["default"]


def pytest_configure():
    # Every client would look at every static file first, which took a quarter of the suite's time.
    settings.WHITENOISE_USE_FINDERS = False
    if os.environ.get("TEST_DATABASE") == "postgres":
        use_postgres()


def pytest_collection_modifyitems(config, items):
    """On SQLite the proofs that need PostgreSQL are not asked for; `make test` asks in its second run."""
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        left_out = [item for item in items if item.get_closest_marker("postgres")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    asked = [name for name in COMPONENTS if item.get_closest_marker(name)]
    if FULL and asked and report.skipped:
        report.outcome, report.longrepr = "failed", f"TONGXIN_FULL=1, but {asked[0]} is missing"
    return report


if __name__ == "__main__":
    if not has_postgres():
        sys.stderr.write(
            "没有找到 PostgreSQL，只在 SQLite 上测试（可用 apt install postgresql 安装）。\n"
        )
    sys.exit(0 if has_postgres() or FULL else 1)
