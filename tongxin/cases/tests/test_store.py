"""What is written by hand is what the ORM would have written."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from tongxin.cases.actions import open_case
from tongxin.cases.actions.moves import MOVED
from tongxin.cases.models import Case, Event
from tongxin.cases.store import insert, insert_both, lock_case, read_case, update, update_with_event
from tongxin.kit.ids import uuid7
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


def test_a_case_and_its_first_event_are_inserted_together(chore):
    case = Case(**(columns(chore) | {"id": uuid7(NOON), "number": "120116-20260302-9999"}))
    event = Event(**{k: v for k, v in columns(Event.objects.get()).items() if k != "id"})
    event.case = case
    insert_both(case, event)
    assert columns(Case.objects.get(pk=case.pk)) == columns(case)
    assert columns(Event.objects.get(case=case)) == columns(event)


def test_fields_and_the_event_that_changed_them_are_written_together(chore):
    event = Event(
        **{k: v for k, v in columns(Event.objects.get()).items() if k not in ("id", "seq")}, seq=2
    )
    chore.step, chore.title = "taken", "除草"
    update_with_event(chore, ["step"], event)
    kept = Case.objects.get(pk=chore.pk)
    assert (kept.step, kept.title) == ("taken", "扫雪")
    assert columns(Event.objects.get(seq=2)) == columns(event)


def test_a_second_event_of_one_place_changes_nothing(chore):
    event = Event(**{k: v for k, v in columns(Event.objects.get()).items() if k != "id"})
    chore.step = "taken"
    with pytest.raises(IntegrityError), transaction.atomic():
        update_with_event(chore, ["step"], event)
    assert Case.objects.get(pk=chore.pk).step == "open"


def test_a_case_is_read_with_the_names_around_it(world, chore):
    open_case(kind="chore", title="x", region=world.p1, at=NOON, parent=chore)
    Case.objects.filter(pk=chore.pk).update(holder=world.wang, handler=world.roads)
    case, around = read_case(pk=chore.pk)
    assert columns(case) == columns(Case.objects.get(pk=chore.pk))
    assert (around.reporter, around.holder, around.offeree) == ("孙阿姨", "王芳", None)
    assert (around.handler, bool(around.has_children), bool(around.has_evidence)) == (
        "城市管理委",
        True,
        False,
    )
    assert read_case(number=chore.number)[0] == chore
    assert read_case(number="120116-20260302-0000") is None
