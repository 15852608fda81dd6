"""`tongxin bench wall`: the wall map of a whole city, cold and warm, through Django with all its middleware.

python -m tongxin.bench.wall '{"repeats": …}'   (the child that measures)
"""

from __future__ import annotations

import json
import os
import sys
import time
from statistics import median
from typing import Any

from .children import scratch
from .command import machine, rounded


def bench_wall(*, database: str, repeats: int) -> dict[str, Any]:
    """Measure on a fresh database of the kind named ("sqlite" or "postgres"). Times in ms of the server."""
    with scratch(database) as place:
        figures = place.measure("wall", json.dumps({"repeats": repeats}), log="ERROR")
    return {"database": database, **rounded(figures), **machine()}


def main(plan: dict[str, Any]) -> None:
    """In the child: migrate, make the city, ask, print JSON."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongxin.settings")
    django.setup()
    from django.utils.timezone import now

    from tongxin.portal.installing import make_tables

    make_tables()
    from .cities import make_city

    began = time.perf_counter()
    made = make_city("tianjin", at=now(), progress=lambda *_words: None, bodies=False)
    figures = {"places": made["base"], "making_seconds": time.perf_counter() - began}
    sys.stdout.write(json.dumps(figures | run(made["campaign"], made["user"], **plan)) + "\n")


def run(campaign: int, username: str, *, repeats: int) -> dict[str, Any]:
    """Ask for the page and its data as the city's officer: cold (a new version), warm, unchanged."""
    from django.conf import settings
    from django.test import Client

    from tongxin.accounts.models import User

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(User.objects.get(username=username))
    base = f"/renovation/{campaign}/"
    figures: dict[str, Any] = {}
    client.get(base)  # templates, urls and land are known: a process that has served before
    for name, path in (("page", "wall/"), ("data", "wall.json")):
        cold = [_ask(client, base + path, forget=True) for _n in range(repeats)]
        warm = [_ask(client, base + path) for _n in range(repeats * 4)]
        figures |= {
            f"{name}_cold_ms": median(one[0] for one in cold), f"{name}_cold_worst_ms": max(one[0] for one in cold),
            f"{name}_warm_ms": median(one[0] for one in warm), f"{name}_warm_worst_ms": max(one[0] for one in warm),
            f"{name}_queries": max(one[1] for one in [*cold, *warm]), f"{name}_kb": warm[0][2] / 1024,
        }  # fmt: skip
    tag = client.get(f"{base}wall.json")["ETag"]
    same = [_ask(client, f"{base}wall.json", tag=tag) for _n in range(repeats)]
    return figures | {
        "unchanged_ms": median(one[0] for one in same),
        "unchanged_kb": same[0][2] / 1024,
    }


def _ask(client: Any, path: str, *, forget: bool = False, tag: str = "") -> tuple[float, int, int]:
    """Return ms, queries and bytes of one answer; `forget` drops what the process kept of the campaign."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tongxin.renovation.queries import forget_boards

    if forget:
        forget_boards()
    headers = {"If-None-Match": tag} if tag else {}
    began = time.perf_counter()
    answer = client.get(path, headers=headers)
    took = (time.perf_counter() - began) * 1000
    if answer.status_code not in (200, 304):
        raise SystemExit(f"{path}: {answer.status_code}")
    with CaptureQueriesContext(connection) as queries:
        if forget:
            forget_boards()
        client.get(path, headers=headers)
    return took, len(queries), len(answer.content)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
