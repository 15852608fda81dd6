"""The five steps through HTTP against a real server, and the same in raw SQL in the same minutes."""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from tongxin.accounts.actions import make_token
from tongxin.accounts.models import User
from tongxin.cases.actions import count_cases
from tongxin.regions.models import Region

from .processes import cpu_seconds, web_server

ROLES = ("resident", "dispatcher", "volunteer", "verifier", "officer")
WARM_UP = 30
GRID = "120116001001001"  # of the first community, where the staff of the bench hold their posts


class Caller:
    """One client with a connection kept open, and a token for each role."""

    def __init__(self, port: int, tokens: dict[str, str], volunteer: int) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self.tokens, self.volunteer = tokens, volunteer

    def call(self, role: str, method: str, path: str, body: dict | None = None) -> dict[str, Any]:
        headers = {
            "Authorization": f"Bearer {self.tokens[role]}",
            "Content-Type": "application/json",
        }
        payload = json.dumps(body).encode() if body is not None else None
        self.connection.request(method, f"/api/v1{path}", payload, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]!r}")
        return json.loads(text)

    def read(self, path: str, times: int) -> None:
        for _n in range(times):
            self.call("officer", "GET", path)

    def lifecycle(self) -> float:
        """Create, dispatch, accept, finish and verify, rate; return the seconds it took."""
        start = time.perf_counter()
        for step in steps(self.volunteer):
            step(self.call)
        return time.perf_counter() - start


def steps(volunteer: int) -> list[Callable]:
    """Return the steps of one lifecycle as calls; 办结 belongs to 接单, so there are six requests."""
    made: dict[str, str] = {}

    def create(call) -> None:
        body = {"text": "楼道灯不亮", "topic": "0001", "region": GRID}
        made["id"] = call("resident", "POST", "/cases", body)["id"]

    def move(role: str, name: str, **body: Any) -> Callable:
        return lambda call: call(role, "POST", f"/cases/{made['id']}/moves/{name}", body)

    return [
        create,
        move("dispatcher", "dispatch", holder=volunteer),
        move("volunteer", "accept"),
        move("volunteer", "finish", note="已换灯泡"),
        move("verifier", "verify"),
        move("resident", "rate", stars=5),
    ]


STEP_NAMES = ("create", "dispatch", "accept", "finish", "verify", "rate")


def count_queries(tokens: dict[str, str], volunteer: int) -> dict[str, int]:
    """Return the SQL statements of each step, asked of the same code in this process."""
    client = Client(headers={"host": "127.0.0.1"})

    def call(role: str, method: str, path: str, body: dict | None = None) -> dict[str, Any]:
        answer = client.generic(
            method, f"/api/v1{path}", json.dumps(body or {}), content_type="application/json",
            headers={"authorization": f"Bearer {tokens[role]}"},
        )  # fmt: skip
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.content[:300]!r}")
        return json.loads(answer.content)

    counted = {}
    for _warm in range(2):
        for name, step in zip(STEP_NAMES, steps(volunteer), strict=True):
            with CaptureQueriesContext(connection) as queries:
                step(call)
            counted[name] = len(
                [q for q in queries if not q["sql"].startswith(("BEGIN", "COMMIT"))]
            )
    return counted


def run(*, lifecycles: int, reads: int, clients: int, database_pid: int | None) -> dict[str, Any]:
    """Measure on the loaded database; see the module's docstring. CPU in ms per operation."""
    user = User.objects.get(username="volunteer")
    tokens = {
        role: make_token(user=User.objects.get(username=role), name="bench", at=now())
        for role in ROLES
    }
    street = Region.objects.filter(level="street").order_by("path")[0]
    queries = count_queries(tokens, user.pk)
    roots = [database_pid] if database_pid else []
    with web_server(dict(os.environ, DATABASE_URL=settings.DATABASE_URL)) as (pid, port):
        roots.append(pid)
        caller = Caller(port, tokens, user.pk)
        for _n in range(WARM_UP):
            caller.lifecycle()
        one = measure(roots, lambda: [caller.lifecycle() for _n in range(lifecycles)])
        many = measure(roots, lambda: crowd(port, tokens, user.pk, lifecycles, clients))
        open_id = caller.call(
            "resident", "POST", "/cases", {"text": "灯不亮", "region": street.code}
        )["id"]
        paths = {
            "list": f"/cases?region={street.code}&limit=50",
            "detail": f"/cases/{open_id}",
            "stats": "/stats?region=120116&since=2025-11-01&until=2026-10-31",
        }
        while count_cases(limit=500):  # as the worker does, which runs beside the server
            pass
        read = {
            name: measure(roots, partial(caller.read, path, reads)) for name, path in paths.items()
        }
    seconds = sorted(one.result)
    return {
        "lifecycle_cpu_ms": one.ms / lifecycles,
        f"lifecycle_cpu_ms_{clients}_clients": many.ms / lifecycles,
        "p50_ms": 1000 * statistics.median(seconds),
        "p95_ms": 1000 * seconds[int(len(seconds) * 0.95)],
        **{f"{name}_cpu_ms": taken.ms / reads for name, taken in read.items()},
        "queries": queries,
    }


class measure:  # noqa: N801 - reads as a verb
    """CPU in ms that process trees used while `work` ran, and what it returned."""

    def __init__(self, roots: list[int], work: Callable[[], Any]) -> None:
        before = cpu_seconds(*roots)
        self.result = work()
        self.ms = 1000 * (cpu_seconds(*roots) - before)


def crowd(
    port: int, tokens: dict[str, str], volunteer: int, lifecycles: int, clients: int
) -> list[float]:
    def one_client(count: int) -> list[float]:
        caller = Caller(port, tokens, volunteer)
        return [caller.lifecycle() for _n in range(count)]

    shares = [lifecycles // clients + (n < lifecycles % clients) for n in range(clients)]
    with ThreadPoolExecutor(max_workers=clients) as pool:
        return [seconds for part in pool.map(one_client, shares) for seconds in part]
