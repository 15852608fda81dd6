"""Races on a real PostgreSQL: one holder, one event, one ring, nothing lost and nothing twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from tongxin.accounts.models import Delivery, Notice, User
from tongxin.cases.actions import (
    count_cases,
    make_move,
    open_case,
    ring_clocks,
    settle_events,
)
from tongxin.cases.actions import outbox as outbox_module
from tongxin.cases.figures import stats
from tongxin.cases.models import Case, Event
from tongxin.kit.errors import Refused
from tongxin.orgs.models import Post, Volunteer
from tongxin.requests.actions import file_request
from tongxin.requests.hooks import HandsFull
from tongxin.requests.models import PointEntry
from tongxin.testing import NOON, World

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

HOUR = timedelta(hours=1)


@pytest.fixture
def land(transactional_db):
    if connection.vendor != "postgresql":
        pytest.skip("races are proved on PostgreSQL")
    return World().build()


def at_once(work, items, workers=50):
    """Run `work(item)` in that many threads, each with its own connection; collect the results."""

    def one(item):
        try:
            return work(item)
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=workers) as pool:
        return list(pool.map(one, items))


def a_request(world, **fields) -> Case:
    asked = {"text": "水管漏水", "topic": world.errand, "region": world.p1, "at": NOON}
    return file_request(actor=world.sun, **asked | fields)


def volunteers(world, count: int) -> list[User]:
    users = User.objects.bulk_create(
        User(username=f"v{n}", name=f"志愿者{n}") for n in range(count)
    )
    Post.objects.bulk_create(
        Post(user=u, org=world.team, role="volunteer", region=world.pine) for u in users
    )
    Volunteer.objects.bulk_create(Volunteer(user=u, home=world.pine) for u in users)
    return users


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


@pytest.mark.mission("S0.51")
def test_one_order_grabbed_by_fifty_has_one_holder(land):
    case = a_request(land)
    make_move(case, "post", at=NOON, actor=land.zhang)
    people = volunteers(land, 50)
    got = at_once(lambda u: make_move(case, "grab", at=NOON, actor=fresh(u)), people)
    won = [event for event in got if isinstance(event, Event)]
    assert len(won) == 1
    case.refresh_from_db()
    assert case.holder == won[0].actor
    assert case.events.filter(name="grab").count() == 1
    assert all(isinstance(refusal, Refused) for refusal in got if refusal not in won)


def test_one_move_retried_fifty_times_happens_once(land):
    case = a_request(land)
    got = at_once(
        lambda n: make_move(case, "urge", at=NOON, actor=fresh(land.sun), key="retry"), range(50)
    )
    assert {event.pk for event in got} == {case.events.get(name="urge").pk}
    case.refresh_from_db()
    assert case.length == 2


def test_one_filing_retried_fifty_times_opens_one_case(land):
    got = at_once(lambda n: a_request(land, key="retry").pk, range(50))
    assert set(got) == {Case.objects.get().pk}
    assert Event.objects.count() == 1


def test_numbers_of_a_day_are_all_different(land):
    got = at_once(lambda n: a_request(land).number, range(40), workers=8)
    assert len(set(got)) == 40


def test_clocks_rung_by_four_workers_ring_once(land):
    for _n in range(30):
        a_request(land)
    rung = at_once(lambda n: ring_clocks(at=NOON + 100 * timedelta(minutes=1)), range(4), workers=4)
    assert sum(rung) == 30
    assert Event.objects.filter(name="yellow").count() == 30


def test_a_volunteer_cannot_grab_beyond_the_cap_by_being_quick(land):
    cases = [a_request(land) for _n in range(10)]
    for case in cases:
        make_move(case, "post", at=NOON, actor=land.zhang)
    got = at_once(
        lambda c: make_move(c, "grab", at=NOON, actor=fresh(land.wang)), cases, workers=10
    )
    assert Case.objects.filter(holder=land.wang).count() == 3
    assert sum(isinstance(refusal, HandsFull) for refusal in got) == 7


def test_points_are_given_once_and_add_up(land):
    cases = [a_request(land, topic=land.tap) for _n in range(6)]
    done = at_once(lambda c: through_to_done(land, c), cases, workers=6)
    assert not [r for r in done if isinstance(r, Refused)]
    at_once(
        lambda c: make_move(c, "verify", at=NOON, actor=fresh(land.chen), key=f"v{c.pk}"),
        cases * 5,
        workers=12,
    )
    ledger = PointEntry.objects.filter(user__in=[land.wang, land.zhao])
    assert ledger.count() == 6
    totals = Volunteer.objects.filter(user__in=[land.wang, land.zhao]).values_list(
        "points", flat=True
    )
    assert sum(totals) == sum(ledger.values_list("points", flat=True)) == 18


def through_to_done(world, case) -> None:
    from tongxin.cases.actions import keep_evidence

    from .test_loop import a_photo

    who = world.wang if int(case.number[-1]) % 2 else world.zhao
    make_move(case, "dispatch", at=NOON, actor=fresh(world.zhang), holder=who)
    make_move(case, "accept", at=NOON, actor=fresh(who))
    photo = keep_evidence(case=case, data=a_photo(), kind="after", actor=who, at=NOON)
    make_move(case, "finish", at=NOON, actor=fresh(who), note="好了", evidence=[photo])


def test_children_opened_at_once_are_all_counted(land):
    parent = open_case(kind="whistle", title="积水", region=land.north, at=NOON, actor=land.liu)
    at_once(
        lambda n: open_case(
            kind="whistle_call", title=f"{n}", region=land.north, at=NOON, actor=None, parent=parent
        ),
        range(12),
        workers=12,
    )
    parent.refresh_from_db()
    assert parent.open_children == 12


def test_figures_counted_by_four_workers_add_up(land):
    for _n in range(40):
        a_request(land)
    at_once(lambda n: [count_cases(limit=3) for _i in range(20)], range(4), workers=4)
    assert not Case.objects.filter(is_counted=False).exists()
    day = NOON.date()
    assert stats(path=land.tong.path, since=day, until=day)["total"] == 40


def test_four_workers_tell_once(land):
    for _n in range(20):
        a_request(land)
    at_once(lambda n: [settle_events(at=NOON, limit=3) for _i in range(20)], range(4), workers=4)
    assert Notice.objects.filter(user=land.zhang).count() == 20
    assert not Event.objects.filter(settled_at__isnull=True).exists()


def test_a_worker_killed_midway_loses_and_doubles_nothing(land, monkeypatch):
    for _n in range(6):
        a_request(land)
    told, tell = [], outbox_module.tell

    def dies_on_the_fourth(**given):
        told.append(given)
        if len(told) == 4:
            raise KeyboardInterrupt
        tell(**given)

    monkeypatch.setattr(outbox_module, "tell", dies_on_the_fourth)
    with pytest.raises(KeyboardInterrupt):
        settle_events(at=NOON)
    assert Notice.objects.count() == 0
    monkeypatch.setattr(outbox_module, "tell", tell)
    settle_events(at=NOON)
    assert Notice.objects.filter(user=land.zhang).count() == 6
    assert Delivery.objects.values("key").distinct().count() == Delivery.objects.count()


def test_a_worker_killed_while_ringing_leaves_the_clock_to_the_next(land):
    case = a_request(land)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        ring_clocks(at=NOON + 2 * HOUR)
        raise KeyboardInterrupt
    assert case.events.count() == 1
    assert ring_clocks(at=NOON + 100 * timedelta(minutes=1)) == 1
    assert case.events.filter(name="yellow").count() == 1
