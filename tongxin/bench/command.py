"""`tongxin bench lifecycle`: a scratch database, a bulk load, the measurement, one JSON object.

The settings of Django are read once per process, so the measurement itself runs in a child whose
DATABASE_URL names the scratch database: `python -m tongxin.bench.command '{"cases": …}'`.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from typing import Any

from .children import scratch
from .raw import lifecycle_postgres, lifecycle_sqlite


def bench_lifecycle(
    *, database: str, cases: int, users: int, lifecycles: int, reads: int, clients: int
) -> dict[str, Any]:
    """Measure the loop on a fresh database of the kind named ("sqlite" or "postgres")."""
    with scratch(database) as place:
        plan = {
            "cases": cases, "users": users, "lifecycles": lifecycles, "reads": reads,
            "clients": clients, "database_pid": place.pid,
        }  # fmt: skip
        figures = place.measure("command", json.dumps(plan))
        if database == "postgres":
            raw = lifecycle_postgres(place.url, lifecycles=lifecycles * 5, database_pid=place.pid)
        else:
            raw = lifecycle_sqlite(place.folder / "raw.sqlite3", lifecycles=lifecycles * 5)
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
