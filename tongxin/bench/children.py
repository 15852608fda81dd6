"""Measurements run in a child process: Django reads its DATABASE_URL once, so it names a scratch database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .postgres import cluster, create_database


@dataclass(frozen=True)
class Scratch:
    """A fresh database: its address, a folder for what is written beside it, PostgreSQL's process."""

    url: str
    folder: Path
    pid: int | None

    def measure(self, module: str, *words: str, log: str = "WARNING") -> dict[str, Any]:
        """Run a module of the bench on this database; return the JSON object it prints last."""
        environment = dict(
            os.environ, DATABASE_URL=self.url, TONGXIN_VAR=str(self.folder), TONGXIN_LOG=log
        )
        child = subprocess.run(  # noqa: S603
            [sys.executable, "-m", f"tongxin.bench.{module}", *words],
            env=environment, stdout=subprocess.PIPE, check=True, text=True,
        )  # fmt: skip
        return json.loads(child.stdout.splitlines()[-1])


@contextmanager
def scratch(database: str, *, durable: bool = True) -> Iterator[Scratch]:
    """Make a database of the kind named ("sqlite" or "postgres"), and remove it in the end."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tongxin-bench-")))
        if database != "postgres":
            yield Scratch(f"sqlite:///{folder / 'bench.sqlite3'}", folder, None)
            return
        server = stack.enter_context(cluster(durable=durable))
        create_database(server.url)
        yield Scratch(server.url, folder, server.pid)
