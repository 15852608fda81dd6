"""The migrations build what the models say; every other test makes its tables from the models."""

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.db import connection

ROOT = Path(__file__).parent.parent
SHAPE = {
    "sqlite": (
        'SELECT m.name, c.name, c.type, c."notnull" FROM sqlite_master m,'
        " pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        " ORDER BY 1, 2",
        "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    ),
    "postgresql": (
        "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
        " WHERE table_schema = 'public' ORDER BY 1, 2",
        "SELECT conname FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace"
        " WHERE n.nspname = 'public' AND contype IN ('c', 'u')",
    ),
}


def shape(cursor, vendor: str) -> list[set]:
    found = []
    for sql in SHAPE[vendor]:
        cursor.execute(sql)
        # Of our own tables: those of Django's were made with the keys of its own time.
        found.append(
            {row for row in cursor.fetchall() if not row[0].startswith(("auth_", "django_"))}
        )
    return found


@pytest.fixture
def migrated(tmp_path):
    """A cursor into another database of the same kind, made by `migrate` in a process of its own."""
    if connection.vendor == "sqlite":
        file = tmp_path / "migrated.sqlite3"
        migrate(f"sqlite:///{file}", tmp_path)
        other = sqlite3.connect(file)
    else:
        given = connection.get_connection_params()
        address = {
            name: given[name] for name in ("host", "port", "user", "password") if name in given
        }
        with psycopg.connect(**address, dbname="postgres", autocommit=True) as server:
            server.execute("DROP DATABASE IF EXISTS tongxin_migrated")
            server.execute("CREATE DATABASE tongxin_migrated TEMPLATE template0")
        secret = f":{address['password']}" if address.get("password") else ""
        # The server may be reached by its socket, whose host is a path.
        place = f"{address['user']}{secret}@{quote(address['host'], safe='')}:{address['port']}"
        migrate(f"postgres://{place}/tongxin_migrated", tmp_path)
        other = psycopg.connect(**address, dbname="tongxin_migrated")
    with closing(other):
        yield other.cursor()


def migrate(url: str, folder) -> None:
    subprocess.run(  # noqa: S603
        [sys.executable, "-m", "tests.migrating"],
        env=dict(os.environ, DATABASE_URL=url, TONGXIN_VAR=str(folder)), cwd=ROOT, check=True,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.django_db
def test_the_migrations_build_what_the_models_say(migrated):
    with connection.cursor() as cursor:
        columns, names = shape(cursor, connection.vendor)
    columns_after, names_after = shape(migrated, connection.vendor)
    assert columns_after ^ columns == set()
    assert names_after ^ names == set()


def test_migrations_change_shape_only():
    """Data is changed by commands; `tests.migrating` leans on it."""
    for path in (ROOT / "tongxin").glob("*/migrations/0*.py"):
        assert not re.search(r"RunPython|RunSQL", path.read_text()), path
