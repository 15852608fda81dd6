"""The house on a stage: a real server over a database file that is set back before each journey."""

from __future__ import annotations

import copy
import sqlite3
import threading
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from django.apps import apps
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer
from django.core.signals import got_request_exception
from django.db import connection, connections
from django.test import Client, override_settings
from django.test.testcases import QuietWSGIRequestHandler

from tongxin.testing import World

SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "CONN_MAX_AGE": None,
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON;",
    },
}


class Stage:
    """The address of the server, the named world behind it, and what broke in it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.errors: list[str] = []
        self._world = World().build()
        self._kept = sqlite3.connect(":memory:")
        connection.connection.backup(self._kept)

    def reset(self) -> World:
        """Set the database back to the named world, and return its people and places."""
        cache.clear()
        self.errors.clear()
        connection.ensure_connection()
        self._kept.backup(connection.connection)
        return copy.deepcopy(self._world)

    def cookies_of(self, user) -> list[dict]:
        """Return the cookies of a browser in which the user has signed in."""
        client = Client()
        client.force_login(user)
        return [{"name": k, "value": v.value, "url": self.url} for k, v in client.cookies.items()]

    def remember(self, **given) -> None:
        self.errors.append(traceback.format_exc())


@contextmanager
def own_database(path: Path) -> Iterator[None]:
    """Let every thread use a new SQLite file instead of the database of the other tests."""
    others, kept = connections.settings["default"], connections["default"]
    connections.settings["default"] = {**others, **SQLITE, "NAME": str(path)}
    del connections["default"]
    try:
        # Without migrations, whose own tests are elsewhere: ten times as quick.
        bare = {app.label: None for app in apps.get_app_configs()}
        with override_settings(MIGRATION_MODULES=bare):
            call_command("migrate", run_syncdb=True, verbosity=0)
        yield
    finally:
        connection.close()
        connections.settings["default"] = others
        connections["default"] = kept


@contextmanager
def serving() -> Iterator[str]:
    """Serve the house with all its middleware at a free port; yield the address."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietWSGIRequestHandler)
    server.set_app(WSGIHandler())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def set_stage(folder: Path) -> Iterator[Stage]:
    with ExitStack() as stack:
        # Assets may be built anew while the journeys run.
        kept = override_settings(
            MEDIA_ROOT=folder / "media", WHITENOISE_AUTOREFRESH=True, WHITENOISE_USE_FINDERS=True
        )
        stack.enter_context(kept)
        stack.enter_context(own_database(folder / "journeys.sqlite3"))
        stage = Stage(stack.enter_context(serving()))
        got_request_exception.connect(stage.remember)
        stack.callback(got_request_exception.disconnect, stage.remember)
        yield stage
