"""What is written by hand is what the ORM would have written."""

from datetime import timedelta

import pytest
from django.db import transaction

from tongxin.cases.actions import open_case
from tongxin.cases.actions.moves import MOVED
from tongxin.cases.models import Case, Event
from tongxin.cases.store import insert, lock_case, update
from tongxin.testing import NOON

from . import flows  # noqa: F401  registers the chore


@pytest.fixture
def chore(world) -> Case:
    return open_case(
        kind="chore", title="扫雪", region=world.p1, at=NOON, actor=world.sun,
        reporter=world.sun, topic=world.tap, lng=117.5, lat=39.2,
    )  # fmt: skip


def columns(row) -> dict:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_a_locked_case_reads_as_the_orm_reads_it(chore):
    with transaction.atomic():
        locked = lock_case(chore.pk)
    assert columns(locked) == columns(Case.objects.get(pk=chore.pk))


def test_what_was_inserted_reads_back_equal(chore):
    event = Event.objects.get(case=chore)
    copy = Event(**{k: v for k, v in columns(event).items() if k not in ("id", "seq")}, seq=9)
    copy.data = {"place": {"lng": 117.5}, "tags": ["及时"]}
    insert(copy)
    assert copy.pk > event.pk
    assert columns(Event.objects.get(pk=copy.pk)) == columns(copy)


def test_an_update_writes_the_fields_named_and_no_others(chore):
    chore.step, chore.title, chore.clock_used = "taken", "除草", timedelta(hours=2)
    assert update(chore, MOVED) == 1
    kept = Case.objects.get(pk=chore.pk)
    assert (kept.step, kept.title, kept.clock_used) == ("taken", "扫雪", timedelta(hours=2))


def test_an_update_of_nothing_says_so(chore):
    chore.pk = open_case(kind="chore", title="x", region=chore.region, at=NOON).pk.__class__(int=7)
    assert update(chore, ["step"]) == 0
    assert lock_case(chore.pk) is None
