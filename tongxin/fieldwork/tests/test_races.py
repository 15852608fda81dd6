"""Two phones, two workers at the same instant: each thing happens once, and nothing is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from tongxin.fieldwork import actions
from tongxin.fieldwork.models import RivalAnswers, Visit
from tongxin.testing import NOON, World

from .conftest import begin, finish, plan, publish
from .test_plans import make

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db) -> World:
    if connection.vendor != "postgresql":
        pytest.skip("races are proved on PostgreSQL")
    return World().build()


@pytest.fixture
def norms(world) -> None:
    """The marks are none of the races."""


@pytest.fixture
def checklist(world):
    return publish()


def at_once(*acts) -> list:
    """Run acts at the same instant, each on its own connection; return what they returned or raised."""
    start = Barrier(len(acts))

    def run(act):
        try:
            start.wait()
            return act()
        except Exception as error:  # noqa: BLE001
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_two_phones_finish_one_visit_at_the_same_instant(world, checklist):
    one = plan(world, checklist=checklist, workers=[world.mei, world.zhang])
    begin(world, one)
    found = at_once(
        lambda: finish(world, one, key="a", note="梅"),
        lambda: finish(world, one, by=world.zhang, key="b", note="张"),
        lambda: finish(world, one, key="a", note="梅"),
    )
    assert all(isinstance(each, Visit) for each in found), found
    one.refresh_from_db()
    rival = RivalAnswers.objects.get()
    assert {one.note, rival.payload["note"]} == {"梅", "张"}
    assert one.answers.count() == 2


def test_two_workers_make_the_same_days_visits_once(world, norms):
    made = make(world)
    found = at_once(*[lambda: actions.visits_due(at=NOON)] * 4)
    assert sum(found) == 4, found
    assert made.visits.count() == 4
    assert Visit.objects.values("number").distinct().count() == 4


def test_numbers_are_taken_once_each(world, norms):
    found = at_once(*[lambda n=n: plan(world, title=f"巡查{n}").number for n in range(6)])
    assert len(set(found)) == 6, found


def test_two_workers_mark_the_missed_once(world, norms):
    make(world, ends_on=NOON.date())
    actions.visits_due(at=NOON)
    late = NOON.replace(day=4)
    assert sum(at_once(*[lambda: actions.missed_due(at=late)] * 3)) == 2
    assert Visit.objects.get(region=world.p1).changes.filter(kind="missed").count() == 1
