"""Fill a scratch database by bulk load: a district, its people, and closed cases with their events."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from django.db import connection, models

from tongxin.accounts.models import User
from tongxin.cases.actions import count_cases
from tongxin.cases.actions.moves import payload_of
from tongxin.cases.models import Case, Event, Topic, TopicCategory
from tongxin.kit.chain import GENESIS, event_hash
from tongxin.kit.ids import case_number, uuid7
from tongxin.orgs.models import Org, Post, Volunteer
from tongxin.regions.models import Region
from tongxin.requests.models import ServiceRequest

STREETS, COMMUNITIES, TOPICS = 26, 20, 56
FIRST_DAY = datetime(2025, 11, 1, 1, 0, tzinfo=UTC)
DAYS = 365
BATCH = 5000

# One closed case's life: (move, source, target, hours after the one before).
STORY = (
    ("open", "", "filed", 0),
    ("dispatch", "filed", "dispatched", 1),
    ("accept", "dispatched", "accepted", 1),
    ("finish", "accepted", "done", 3),
    ("verify", "done", "verified", 2),
    ("rate", "verified", "closed", 4),
)
Tick = Callable[[int], None]


def load_world(users: int) -> None:
    """Write the district: 26 streets of 20 communities with a grid each, staff, volunteers, topics."""
    city = _region("1201", "天津市", "city", None)
    district = _region("120116", "滨海新区", "district", city)
    for s in range(1, STREETS + 1):
        street = _region(f"120116{s:03d}", f"街道{s}", "street", district)
        for c in range(1, COMMUNITIES + 1):
            community = _region(f"{street.code}{c:03d}", f"社区{s}-{c}", "community", street)
            _region(f"{community.code}001", "第一网格", "grid", community)
    communities = list(Region.objects.filter(level="community").order_by("path"))
    first = communities[0]
    office = Org.objects.create(name="居委会", kind="community", region=first)
    party = Org.objects.create(name="社区党委", kind="party", region=first)
    team = Org.objects.create(name="志愿服务队", kind="team", region=first)
    government = Org.objects.create(name="区政务中心", kind="government", region=district)
    for name, org, role in (
        ("resident", office, ""),
        ("dispatcher", office, "dispatcher"),
        ("volunteer", team, "volunteer"),
        ("verifier", party, "verifier"),
        ("officer", government, "officer"),
    ):
        user = User.objects.create(username=name, name=name)
        if role:
            Post.objects.create(user=user, org=org, role=role, region=org.region)
    Volunteer.objects.create(user=User.objects.get(username="volunteer"), home=first, cap=30_000)
    people = User.objects.bulk_create(
        (User(username=f"user{n}", name=f"志愿者{n}") for n in range(users)), batch_size=BATCH
    )
    Post.objects.bulk_create(
        (
            Post(user=u, org=team, role="volunteer", region=communities[n % len(communities)])
            for n, u in enumerate(people)
        ),
        batch_size=BATCH,
    )
    category = TopicCategory.objects.create(code="01", name="便民服务")
    Topic.objects.bulk_create(
        Topic(category=category, code=f"{n:04d}", name=f"事项{n}", proof="none", skills="")
        for n in range(1, TOPICS + 1)
    )


def _region(code: str, name: str, level: str, parent: Region | None) -> Region:
    tail = code[len(parent.code) :] if parent else code
    path = f"{parent.path if parent else ''}{tail}/"
    return Region.objects.create(
        code=code, name=name, short_name=name, level=level, parent=parent, path=path
    )


def load_cases(count: int, *, tick: Tick) -> None:
    """Write closed cases with six chained events each, their requests and their tallies."""
    draw = random.Random(20261122)  # noqa: S311 - the same load every time
    grids = list(
        Region.objects.filter(level="grid").select_related("parent__parent").order_by("path")
    )
    topics = list(Topic.objects.values_list("pk", flat=True))
    users = list(User.objects.filter(username__startswith="user").values_list("pk", flat=True))
    event_id = (Event.objects.aggregate(last=models.Max("pk"))["last"] or 0) + 1
    for start in range(0, count, BATCH):
        stories = [
            _story(n, count, draw, grids, topics, users)
            for n in range(start, min(start + BATCH, count))
        ]
        _write(Case, (case for case, _events in stories))
        _write(ServiceRequest, (_request(case) for case, _events in stories))
        for _case, events in stories:
            for event in events:
                event.pk, event_id = event_id, event_id + 1
        _write(Event, (event for _case, events in stories for event in events))
        tick(len(stories))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence('cases_event','id'), %s)", [event_id]
            )
    while count_cases(limit=20_000):
        pass


def _story(n, count, draw, grids, topics, users) -> tuple[Case, list[Event]]:
    opened = FIRST_DAY + timedelta(seconds=DAYS * 86400 * n // max(count, 1))
    grid, holder, reporter = draw.choice(grids), draw.choice(users), draw.choice(users)
    case = Case(
        id=uuid7(opened),
        number=case_number("120116", opened.date(), 100_000 + n),
        kind="request",
        step="closed",
        title="楼道灯不亮",
        text="三楼楼道灯不亮，晚上老人上下楼不安全，请帮忙看看。",
        topic_id=draw.choice(topics),
        region=grid,
        area=grid.path,
        street=grid.parent.parent,
        community=grid.parent,
        reporter_id=reporter,
        holder_id=holder,
        opened_at=opened,
        stepped_at=opened,
        clock_used=timedelta(),
        is_late=draw.random() < 0.08,
        head=GENESIS,
    )
    events, at = [], opened
    for seq, (name, source, target, hours) in enumerate(STORY, start=1):
        at += timedelta(hours=hours)
        event = Event(
            case=case, seq=seq, at=at, recorded_at=at, actor_id=holder if seq > 1 else reporter,
            name=name, source=source, target=target, prev=case.head, settled_at=at,
        )  # fmt: skip
        event.hash = case.head = event_hash(case.head, payload_of(event))
        events.append(event)
    case.length, case.closed_at, case.stepped_at = len(events), at, at
    return case, events


def _request(case: Case) -> ServiceRequest:
    return ServiceRequest(case=case, channel="web", stars=5, rated_at=case.closed_at)


def _write(model: type[models.Model], rows: Iterable[models.Model]) -> None:
    """Write rows the quickest way the database has: COPY, or many inserts in one statement."""
    if connection.vendor != "postgresql":
        model._default_manager.bulk_create(rows, batch_size=500)
        return
    fields = model._meta.concrete_fields
    columns = ", ".join(connection.ops.quote_name(field.column or "") for field in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for values in _values(fields, rows):
            copy.write_row(values)


def _values(fields, rows: Iterable[models.Model]) -> Iterator[list]:
    """Yield rows as COPY takes them: the driver knows every type of ours but JSON."""
    names = [(field.attname, isinstance(field, models.JSONField)) for field in fields]
    for row in rows:
        values = row.__dict__
        yield [json.dumps(values[name]) if is_json else values[name] for name, is_json in names]
