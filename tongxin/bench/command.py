"""`tongxin bench lifecycle`: a scratch database, a bulk load, the measurement, one JSON object.

The settings of Django are read once per process, so the measurement itself runs in a child whose
DATABASE_URL names the scratch database: `python -m tongxin.bench.command '{"cases": …}'`.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from .postgres import cluster, create_database
from .raw import lifecycle_postgres, lifecycle_sqlite


def bench_lifecycle(
    *, database: str, cases: int, users: int, lifecycles: int, reads: int, clients: int
) -> dict[str, Any]:
    """Measure the loop on a fresh database of the kind named ("sqlite" or "postgres")."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tongxin-bench-")))
        pid = None
        if database == "postgres":
            server = stack.enter_context(cluster(durable=True))
            create_database(server.url)
            url, pid = server.url, server.pid
        else:
            url = f"sqlite:///{folder / 'bench.sqlite3'}"
        plan = {
            "cases": cases, "users": users, "lifecycles": lifecycles, "reads": reads,
            "clients": clients, "database_pid": pid,
        }  # fmt: skip
        environment = dict(
            os.environ, DATABASE_URL=url, TONGXIN_VAR=str(folder), TONGXIN_LOG="WARNING"
        )
        child = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "tongxin.bench.command", json.dumps(plan)],
            env=environment, stdout=subprocess.PIPE, check=True, text=True,
        )  # fmt: skip
        figures = json.loads(child.stdout.splitlines()[-1])
        if database == "postgres":
            raw = lifecycle_postgres(url, lifecycles=lifecycles * 5, database_pid=pid)
        else:
            raw = lifecycle_sqlite(folder / "raw.sqlite3", lifecycles=lifecycles * 5)
    figures |= {"raw_sql_cpu_ms": raw, "ratio_to_raw_sql": figures["lifecycle_cpu_ms"] / raw}
    return {"database": database, "cases": cases, "users": users, **rounded(figures), **machine()}


def rounded(figures: dict[str, Any]) -> dict[str, Any]:
    return {k: round(v, 2) if isinstance(v, float) else v for k, v in figures.items()}


def machine() -> dict[str, Any]:
    return {"python": platform.python_version(), "cores": os.cpu_count()}


def main(plan: dict[str, Any]) -> None:
    """In the child: migrate, load with a progress bar (on stderr), measure, print JSON."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongxin.settings")
    django.setup()
    from django.db import connection
    from rich.console import Console
    from rich.progress import Progress

    from tongxin.portal.installing import make_tables

    from .lifecycle import run
    from .loading import load_cases, load_world

    make_tables()
    load_world(plan["users"])
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("装入历史数据", total=plan["cases"])
        load_cases(plan["cases"], tick=lambda n: bar.advance(task, n))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    connection.close()
    names = ("lifecycles", "reads", "clients", "database_pid")
    sys.stdout.write(json.dumps(run(**{name: plan[name] for name in names})) + "\n")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
