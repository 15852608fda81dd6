"""`tongxin bench field`: phones that were away come back all at once, over a bad line.

A scratch database, a real server, phones that repeat themselves (`phones`); then the database is
asked whether anything was lost or done twice. The CPU is that of the server's processes and, on
PostgreSQL, of the database's.

    python -m tongxin.bench.field '{"phones": …}'   (the child that measures)
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from .children import scratch
from .command import machine, rounded
from .processes import cpu_seconds, web_server

CELL = 0.004  # degrees: some 400 m, a grid's side
WEST, SOUTH, COLUMNS = 117.5, 38.8, 26
CLIENTS = 8
CHUNK = 250  # phones whose photos are in memory at a time
Tick = Callable[[str, int, int], None]


def bench_field(
    *, database: str, phones: int, actions: int, photos: int, seed: int, shell: bool = True
) -> dict[str, Any]:
    """Measure on a fresh database of the kind named ("sqlite" or "postgres")."""
    with scratch(database) as place:
        plan = {
            "phones": phones, "actions": actions, "photos": photos, "seed": seed,
            "database_pid": place.pid, "shell": shell,
        }  # fmt: skip
        figures = place.measure("field", json.dumps(plan), log="ERROR")
    return {"database": database, **rounded(figures), **machine()}


def main(plan: dict[str, Any]) -> None:
    """In the child: migrate, write the world, send, ask the database, print JSON."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongxin.settings")
    django.setup()
    from rich.console import Console
    from rich.progress import Progress

    from tongxin.portal.installing import make_tables

    make_tables()
    with Progress(console=Console(stderr=True)) as bar:
        tasks: dict[str, Any] = {}

        def tick(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done)

        sys.stdout.write(json.dumps(run(tick=tick, **plan)) + "\n")


def run(
    *, phones: int, actions: int, photos: int, seed: int, database_pid: int | None, shell: bool,
    tick: Tick,
) -> dict[str, Any]:  # fmt: skip
    """Write the world, let the phones send, and compare with what the database holds then."""
    from django.conf import settings
    from django.db import connection
    from django.utils.timezone import now

    from .phones import Maker

    people = make_people(phones, tick)
    maker = Maker(actions=actions, photos=photos, seed=seed, now=now())
    connection.close()
    figures: dict[str, Any] = {"phones": phones, "actions_each": actions, "photos_each": photos}
    with web_server(dict(os.environ, DATABASE_URL=settings.DATABASE_URL)) as (pid, port):
        from .shell import measure_shell

        roots = [pid, *([database_pid] if database_pid else [])]
        warm_up(port, people[0]["token"])
        sent = send_all(port, maker, people, roots, seed, tick)
        figures |= measure_shell(f"http://127.0.0.1:{port}") if shell else {}
    return figures | sent.figures() | check(sent)


def make_people(phones: int, tick: Tick) -> list[dict[str, Any]]:
    """Write the district and a grid worker for each phone, each with an order; return what they know."""
    from django.utils.timezone import now

    from tongxin.accounts.actions import make_token
    from tongxin.accounts.models import User
    from tongxin.cases.actions import make_move
    from tongxin.mobile.queries import notice_on
    from tongxin.orgs.models import Org, Post
    from tongxin.requests.actions import file_request

    from .loading import load_world

    load_world(0)
    grids = draw_land()
    office = Org.objects.get(name="居委会")
    resident = User.objects.get(username="resident")
    dispatcher = Post.objects.get(role="dispatcher")
    # One desk for the whole district: who dispatches is not what is measured.
    dispatcher.region = Org.objects.get(name="区政务中心").region
    dispatcher.save()
    desk, at = dispatcher.user, now() - timedelta(hours=12)
    version = notice_on(now().date()).version
    found = []
    for n in range(phones):
        grid = grids[n % len(grids)]
        user = User.objects.create(username=f"phone{n}", name=f"网格员{n}")
        Post.objects.create(user=user, org=office, role="grid_worker", region=grid)
        case = file_request(text="楼道灯不亮", region=grid, at=at, actor=resident)
        make_move(case, "dispatch", at=at, actor=desk, holder=user)
        found.append(
            {
                "user": user.pk,
                "token": make_token(user=user, name="bench", at=at),
                "spot": (grid.lng, grid.lat),
                "order": str(case.pk),
                "version": version,
            }
        )
        tick("准备网格员和派单", n + 1, phones)
    return found


def draw_land() -> list[Any]:
    """Give every grid a square of its own, so that a point finds its grid."""
    from tongxin.regions.models import Region

    grids = list(Region.objects.filter(level="grid").order_by("path"))
    for n, grid in enumerate(grids):
        west, south = WEST + CELL * (n % COLUMNS), SOUTH + CELL * (n // COLUMNS)
        east, north = west + CELL, south + CELL
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        grid.polygon = {"type": "Polygon", "coordinates": [ring]}
        grid.lng, grid.lat = west + CELL / 2, south + CELL / 2
    Region.objects.bulk_update(grids, ["polygon", "lng", "lat"], batch_size=200)
    return grids


def warm_up(port: int, token: str) -> None:
    """Let the server read what it reads once: land, catalogue."""
    from .phones import Kept, Line, Tally

    line = Line(port, Kept(token, "", timedelta(), []), "warm", Tally())
    for _n in range(5):
        line.call("GET", "/bundle", b"", "application/json")


class Sent:
    """What all phones sent, and what it cost."""

    def __init__(self) -> None:
        self.actions: dict[int, list[tuple[str, str]]] = {}  # by user: (id, kind)
        self.photos: dict[int, list[tuple[str, str]]] = {}  # by user: (id, sha256)
        self.orders: list[str] = []
        self.cpu: defaultdict[str, float] = defaultdict(float)
        self.wall: defaultdict[str, float] = defaultdict(float)
        self.calls = self.repeats = self.bytes = 0

    @property
    def n_actions(self) -> int:
        return sum(map(len, self.actions.values()))

    @property
    def n_photos(self) -> int:
        return sum(map(len, self.photos.values()))

    def figures(self) -> dict[str, Any]:
        return {
            "actions": self.n_actions,
            "photos": self.n_photos,
            "cpu_ms_per_action": 1000 * self.cpu["actions"] / max(1, self.n_actions),
            "cpu_ms_per_photo": 1000 * self.cpu["photos"] / max(1, self.n_photos),
            "cpu_seconds": self.cpu["actions"] + self.cpu["photos"],
            "seconds": self.wall["actions"] + self.wall["photos"],
            "seconds_actions": self.wall["actions"],
            "seconds_photos": self.wall["photos"],
            "calls": self.calls,
            "answers_not_heard": self.repeats,
            "megabytes": self.bytes / 1e6,
        }


def send_all(
    port: int, maker: Any, people: list[dict[str, Any]], roots: list[int], seed: int, tick: Tick
) -> Sent:
    """Let the phones send, some hundred at a time: first what was done, then the photos."""
    sent = Sent()
    for start in range(0, len(people), CHUNK):
        part = [
            maker.kept(n, one["token"], one["spot"], one["order"], one["version"])
            for n, one in enumerate(people[start : start + CHUNK], start)
        ]
        for person, phone in zip(people[start : start + CHUNK], part, strict=True):
            sent.actions[person["user"]] = [(one["id"], one["kind"]) for one in phone.actions]
            sent.photos[person["user"]] = [
                (photo["id"], photo["sha256"]) for one in phone.actions for photo in one["photos"]
            ]
            sent.orders.append(person["order"])
        for what, words in (("actions", "发送记录"), ("photos", "发送照片")):
            _send_part(port, part, what, roots, sent, f"{seed}:{start}")
            tick(words, start + len(part), len(people))
    return sent


def _send_part(
    port: int, part: list[Any], what: str, roots: list[int], sent: Sent, seed: str
) -> None:
    from .phones import Line, Tally

    def one(n: int) -> Tally:
        tally = Tally()
        line = Line(port, part[n], f"{seed}:{what}:{n}", tally)
        line.send_actions() if what == "actions" else line.send_photos()
        line.connection.close()
        return tally

    before, began = cpu_seconds(*roots), time.perf_counter()
    with ThreadPoolExecutor(max_workers=CLIENTS) as pool:
        tallies = list(pool.map(one, range(len(part))))
    sent.wall[what] += time.perf_counter() - began
    sent.cpu[what] += cpu_seconds(*roots) - before
    sent.calls += sum(tally.calls for tally in tallies)
    sent.repeats += sum(tally.repeats for tally in tallies)
    sent.bytes += sum(tally.bytes for tally in tallies)


def check(sent: Sent) -> dict[str, Any]:
    """Ask the database what there is of what was sent: what is missing, and what is there twice."""
    from django.db.models import Count

    from tongxin.mobile.models import FieldAction

    rows = FieldAction.objects.filter(user__in=sent.actions).values_list("user", "key", "state")
    held = {(user, key): state for user, key, state in rows}
    wanted = {(user, id) for user, items in sent.actions.items() for id, _kind in items}
    states = Counter(held[one] for one in wanted if one in held)
    not_done = sum(held.get(one) != "done" for one in wanted)
    extra = len(held.keys() - wanted)
    deeds = _deeds(sent)
    why = FieldAction.objects.exclude(state="done").values("kind", "code").annotate(n=Count("pk"))
    return {
        "lost": not_done + sum(max(0, want - got) for want, got in deeds.values()),
        "doubled": extra + sum(max(0, got - want) for want, got in deeds.values()),
        "states": dict(states),
        "deeds": {name: got for name, (_want, got) in deeds.items()},
        "not_done": {f"{row['kind']} {row['code']}": row["n"] for row in why},
    }


def _deeds(sent: Sent) -> dict[str, tuple[int, int]]:
    """Return what should be there and what is, by kind: (wanted, found)."""
    from tongxin.cases.models import Case, Event, Evidence
    from tongxin.mobile.models import Consent, Duty
    from tongxin.photos.models import Photo

    kinds = Counter(kind for items in sent.actions.values() for _id, kind in items)
    users, photos = list(sent.actions), sent.n_photos
    moves = Event.objects.filter(case_id__in=sent.orders, actor__in=users)
    return {
        "reports": (kinds["report"], Case.objects.filter(reporter__in=users).count()),
        "moves": (kinds["order.move"], moves.count()),
        "duties": (kinds["duty.start"], Duty.objects.filter(user__in=users).count()),
        "consents": (kinds["notice.agree"], Consent.objects.filter(user__in=users).count()),
        "photos": (photos, Photo.objects.filter(uploaded_by__in=users).count()),
        "evidence": (photos, Evidence.objects.filter(uploaded_by__in=users).count()),
    }


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
