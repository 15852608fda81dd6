"""How long a search takes: a scratch database, cases and their entries by bulk load, a mix of questions.

The texts are composed of the places, things and troubles of a district, with words of every
frequency: some in one text of three, some in a handful of millions.

    python -m tongxin.bench.search 200000 postgres
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

from .children import scratch
from .command import machine, rounded
from .processes import cpu_seconds

SEED = 20261126
FIRST_DAY = datetime(2023, 11, 1, 1, 0, tzinfo=UTC)
DAYS = 3 * 365
LOADED_AT_ONCE = 20_000
ROUNDS = 12  # how often the mix is asked

THINGS = (
    "路灯 水管 暖气 电梯 井盖 垃圾桶 下水道 楼道灯 健身器材 消防栓 树枝 单元门 停车位 充电桩 围墙 "
    "广告牌 自行车棚 监控 信箱 雨棚 护栏 台阶 扶手 坡道 晾衣架 水表 电表 燃气表 门禁 地锁"
).split()
TROUBLES = (
    "不亮了 漏水 不热 坏了 堵塞 丢失 松动 倒了 噪音大 没人管 占用通道 有异味 生锈 破损 冒水 "
    "停运 不制动 压力不足 脱落 短路"
).split()
WISHES = (
    "请尽快派人维修 老人出行不便 孩子上学要经过 已经三天了 希望社区帮助解决 晚上很危险 "
    "多次反映没有结果 请物业处理 麻烦师傅上门看看 愿意付材料费"
).split()
ROADS = [
    f"{a}{b}{c}"
    for a in "东南西北中新港海河滨"
    for b in "风华平安兴泰盛荣宁康"
    for c in ("路", "街", "里")
]
RARE = [f"{a}{b}{c}" for a in "翡翠琥珀玛瑙" for b in "蝴蝶鹦鹉麒麟" for c in "墩桩匾"]

# What is asked: words of every frequency, and what narrows them.
MIX: tuple[tuple[str, dict[str, Any]], ...] = (
    ("路灯", {}),
    ("请尽快派人维修", {}),
    ("老人", {}),
    ("东风路", {}),
    ("东风路 路灯", {}),
    ("新泰里 电梯 停运", {}),
    ('"路灯不亮了"', {}),
    ("翡蝶桩", {}),
    ("瑙麟匾 电梯", {}),
    ("没有这个词", {}),
    ("楼道灯 -漏水", {}),
    ("灯", {}),
    ("匾", {}),
    ("垃圾桶 有异味", {"flow": "request"}),
    ("暖气 不热", {"days": 30}),
    ("暖气 不热", {"until": 500}),
    ("自行车棚", {"street": 3}),
    ("井盖", {"community": 40}),
    ("东风路 井盖", {"street": 7, "days": 365}),
    ("充电桩 短路", {"topic": 5}),
)


def search_figures(*, cases: int, database: str = "postgres") -> dict[str, Any]:
    """Measure on a fresh database of the kind named; {"search_p95_ms": …} and what belongs to it."""
    with scratch(database, durable=False) as place:
        figures = place.measure("search", "--child", str(cases), str(place.pid or 0))
    return {**rounded(figures), "cases": cases, "database": database, **machine()}


def compose(draw: random.Random) -> tuple[str, str]:
    """Return title and text of a request as residents write them."""
    thing, trouble, road = draw.choice(THINGS), draw.choice(TROUBLES), draw.choice(ROADS)
    title = f"{road}{draw.randrange(1, 200)}号{thing}{trouble}"
    text = f"{title}，{draw.choice(WISHES)}，{draw.choice(WISHES)}。"
    return title[:40], text


def load(count: int, tick: Callable[[int], None]) -> None:
    """Write cases and their entries, the index of words at the end."""
    from django.db import connection

    on_postgres = connection.vendor == "postgresql"
    maker = Maker(count)
    if on_postgres:
        with _without_indexes():
            for start in range(0, count, LOADED_AT_ONCE):
                rows = range(start, min(start + LOADED_AT_ONCE, count))
                _copy(maker, [maker.values(n) for n in rows])
                tick(len(rows))
    else:
        from tongxin.cases.models import Case
        from tongxin.searching.actions import entry_of
        from tongxin.searching.models import Entry

        for start in range(0, count, LOADED_AT_ONCE):
            cases = [
                Case(**maker.values(n)[0]) for n in range(start, min(start + LOADED_AT_ONCE, count))
            ]
            Case.objects.bulk_create(cases, batch_size=500)
            Entry.objects.bulk_create(map(entry_of, cases), batch_size=500)
            tick(len(cases))
    _settle()


def _settle() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


class Maker:
    """Makes rows as COPY takes them: the n-th case and its entry, without a model for each.

    The words of a text are made once for each of the texts there are; a test holds what comes out
    against what the worker would write.
    """

    TEXTS = 40_000
    RARE_SHARE = 0.0005

    def __init__(self, count: int) -> None:
        from tongxin.accounts.models import User
        from tongxin.cases.models import Case, Topic
        from tongxin.regions.models import Region

        self.count = count
        self.draw = random.Random(SEED)  # noqa: S311 - the same load every time
        grids = (
            Region.objects.filter(level="grid").select_related("parent__parent").order_by("path")
        )
        self.grids = [(g.pk, g.path, g.parent.parent_id, g.parent_id) for g in grids if g.parent]
        self.topics = list(Topic.objects.values_list("pk", flat=True))
        self.users = list(User.objects.values_list("pk", flat=True))
        self.texts = [compose(self.draw) for _n in range(min(self.TEXTS, count))]
        self.words: dict[str, str] = {}
        blank = Case(clock_used=timedelta(), length=6, is_counted=True)
        self.blank = {
            field.attname: getattr(blank, field.attname) for field in Case._meta.concrete_fields
        }

    def values(self, n: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the columns of the n-th case and of its entry."""
        from tongxin.kit.ids import case_number, uuid7

        draw, at = self.draw, FIRST_DAY + timedelta(seconds=DAYS * 86400 * n / self.count)
        title, text = draw.choice(self.texts)
        if draw.random() < self.RARE_SHARE:
            text += f"在{draw.choice(RARE)}旁边。"
        grid, area, street, community = draw.choice(self.grids)
        case = self.blank | {
            "id": uuid7(at), "number": case_number("120116", at.date(), 100_000 + n),
            "kind": "request", "step": "closed", "title": title, "text": text,
            "topic_id": draw.choice(self.topics), "region_id": grid, "area": area,
            "street_id": street, "community_id": community,
            "reporter_id": draw.choice(self.users), "holder_id": draw.choice(self.users),
            "opened_at": at, "stepped_at": at, "closed_at": at,
            "is_private": draw.random() < 0.1,
        }  # fmt: skip
        return case, self._entry(case)

    def _entry(self, case: dict[str, Any]) -> dict[str, Any]:
        from tongxin.searching.models import first_id

        number, text = case["number"], case["text"]
        at = case["opened_at"] + CHINA
        levels = case["area"].strip("/").split("/")
        marks = [
            f"_m{at:%Y%m}", f"_t{case['topic_id']}",
            f"_u{case['reporter_id']}", f"_u{case['holder_id']}",
            *(f"_a{'x'.join(levels[:n])}" for n in range(1, len(levels) + 1)),
            *([] if case["is_private"] else ["_n"]), *number.split("-"),
        ]  # fmt: skip
        return {
            "id": first_id(case["opened_at"]), "kind": "case", "case": case["id"], "object": None,
            "flow": "request", "step": "closed", "topic": case["topic_id"], "area": case["area"],
            "unit": None, "label": number, "title": case["title"], "text": text,
            "version": case["length"], "mark": "", "words": " ".join((*marks, self._words_of(case))),
        }  # fmt: skip

    def _words_of(self, case: dict[str, Any]) -> str:
        from tongxin.searching.actions import words_in

        text = case["text"]
        if text not in self.words:
            found = sorted(words_in(f"{case['title']} {text}"))
            self.words[text] = " ".join(f"'{word}'" for word in found)
        return self.words[text]


CHINA = timedelta(hours=8)


@contextmanager
def _without_indexes() -> Iterator[None]:
    """Drop what a bulk load would only slow down; the index of words is made again at the end.

    The other indexes of cases stay away: a search looks cases up by their id alone.
    """
    from django.db import connection

    from tongxin.cases.models import Case
    from tongxin.searching.models import Entry

    index = next(one for one in Entry._meta.indexes if one.name == "entry_words")
    with connection.schema_editor() as editor:
        editor.remove_index(Entry, index)
        for one in Case._meta.indexes:
            editor.remove_index(Case, one)
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '1GB'")
    with connection.schema_editor() as editor:
        editor.add_index(Entry, index)


def _copy(maker: Maker, rows: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    from django.db import connection

    from tongxin.cases.models import Case
    from tongxin.searching.models import Entry

    for n, model in enumerate((Case, Entry)):
        fields = model._meta.concrete_fields
        names = [field.attname for field in fields]
        columns = ", ".join(f'"{field.column}"' for field in fields)
        statement = f"COPY {model._meta.db_table} ({columns}) FROM STDIN"
        pick = itemgetter(*names)
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(pick(row[n]))


def ask(rounds: int = ROUNDS, database_pid: int = 0) -> dict[str, Any]:
    """Ask the mix as a district's officer, a street's, a community's dispatcher; return the figures.

    A search is what a page does: both tabs with their counts, checked against what the asker sees.
    """
    from tongxin.searching.queries import search_for

    askers, lands = _askers()
    took: dict[str, list[float]] = {}
    own, theirs = time.process_time(), cpu_seconds(database_pid) if database_pid else 0.0
    for turn in range(rounds + 1):
        for words, narrowed in MIX:
            for name, actor in askers.items():
                started = time.perf_counter()
                found = search_for(actor, words, _narrowed(narrowed, lands))
                spent = (time.perf_counter() - started) * 1000
                if turn:  # the first round warms the caches
                    label = f"{words} {narrowed or ''} [{name}: {found['cases'].counted}]"
                    took.setdefault(label, []).append(spent)
    asked = len(MIX) * len(askers) * (rounds + 1)
    own = (time.process_time() - own) * 1000 / asked
    theirs = (cpu_seconds(database_pid) - theirs) * 1000 / asked if database_pid else 0.0
    every = sorted(ms for times in took.values() for ms in times)
    medians = {label: sorted(times)[len(times) // 2] for label, times in took.items()}
    slowest = sorted(medians.items(), key=lambda pair: -pair[1])[:8]
    return {
        "search_p95_ms": every[int(len(every) * 0.95)],
        "search_p50_ms": every[len(every) // 2],
        "search_max_ms": every[-1],
        "search_own_cpu_ms": own,  # mean; what it takes on a machine with nothing else to do
        "search_database_cpu_ms": theirs,
        "searches": len(every),
        "slowest": [f"{ms:.1f} ms  {label}" for label, ms in slowest],
    }


def _askers() -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return who asks, with the posts of their level; and paths by level to narrow by."""
    from tongxin.accounts.models import User
    from tongxin.orgs.models import Org, Post
    from tongxin.regions.models import Region

    streets = list(Region.objects.filter(level="street").order_by("path"))
    communities = list(Region.objects.filter(level="community").order_by("path"))
    for name, region in (("street", streets[2]), ("community", communities[40])):
        user = User.objects.create(username=f"officer-{name}", name=name)
        org = Org.objects.create(name=name, kind="government", region=region)
        Post.objects.create(user=user, org=org, role="officer", region=region)
    askers = {
        "district": User.objects.get(username="officer"),
        "street": User.objects.get(username="officer-street"),
        "community": User.objects.get(username="officer-community"),
    }
    return askers, {
        "street": [region.path for region in streets],
        "community": [region.path for region in communities],
    }


def _narrowed(by: dict[str, Any], lands: dict[str, list[str]]):
    from tongxin.searching.queries import Narrowed

    end = FIRST_DAY + timedelta(days=DAYS)
    area = next((lands[level][by[level]] for level in lands if level in by), "")
    return Narrowed(
        flow=by.get("flow", ""),
        topic=by.get("topic"),
        area=area,
        since=end - timedelta(days=by["days"]) if "days" in by else None,
        until=end - timedelta(days=by["until"]) if "until" in by else None,
    )


def main(count: int, database_pid: int) -> None:
    """In the child: migrate, load, ask, print JSON."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongxin.settings")
    django.setup()
    from rich.console import Console
    from rich.progress import Progress

    from tongxin.portal.installing import make_tables

    from .loading import load_world

    make_tables()
    load_world(500)
    started = time.perf_counter()
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("装入办件和检索", total=count)
        load(count, lambda n: bar.advance(task, n))
    figures = {"load_s": time.perf_counter() - started, **_sizes()}
    sys.stdout.write(
        json.dumps({**ask(database_pid=database_pid), **figures}, ensure_ascii=False) + "\n"
    )


def _sizes() -> dict[str, float]:
    from django.db import connection

    if connection.vendor != "postgresql":
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_relation_size('entry_words') / 1e6, pg_total_relation_size('searching_entry') / 1e6"
        )
        index, total = cursor.fetchone()
    return {"index_mb": float(index), "entries_mb": float(total)}


if __name__ == "__main__":
    if sys.argv[1] == "--child":
        main(int(sys.argv[2]), int(sys.argv[3]))
    else:
        result = search_figures(cases=int(sys.argv[1]), database=(sys.argv[2:] or ["postgres"])[0])
        sys.stdout.write(json.dumps(result, ensure_ascii=False, indent=1) + "\n")
