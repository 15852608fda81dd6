"""How the entries are kept: by whoever, again after a crash, and whatever was missed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tongxin.cases.actions import make_move
from tongxin.cases.models import Event
from tongxin.searching import actions, queries
from tongxin.searching.models import Entry, Reading
from tongxin.searching.tests.test_finding import filed, found, read
from tongxin.testing import NOON

pytestmark = pytest.mark.django_db


def test_filing_does_not_index(world):
    filed(world, "路灯不亮")
    assert not Entry.objects.exists()
    assert queries.lag().waiting >= 1
    assert actions.read_due(at=NOON) > 0
    assert queries.lag().waiting == 0
    assert found(world.zhang, "路灯")


def test_a_step_follows_without_touching_the_words(world):
    case = filed(world, "路灯不亮")
    read()
    mark = Entry.objects.get(case=case.pk).mark
    make_move(case, "dispatch", at=NOON, actor=world.zhang, holder=world.mei)
    read()
    entry = Entry.objects.get(case=case.pk)
    assert (entry.step, entry.version) == ("dispatched", 2)
    assert entry.mark != mark  # who it was offered to is one of the marks
    mark = entry.mark
    make_move(case, "accept", at=NOON, actor=world.mei)
    read()
    assert Entry.objects.get(case=case.pk).step == "accepted"


def test_reading_goes_on_where_it_stopped(world, monkeypatch):
    """A crash in the middle loses nothing and writes nothing twice."""
    for n in range(5):
        filed(world, f"路灯{n}", at=NOON + timedelta(seconds=n))
    actions.read_due(at=NOON, limit=2)

    def crash(entries):
        raise RuntimeError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr(actions, "_insert", crash)
        with pytest.raises(RuntimeError):
            actions.read_due(at=NOON, limit=2)
    read()
    assert Entry.objects.filter(kind="case").count() == 5
    assert Reading.objects.get(pk="events").upto == Event.objects.latest("pk").pk


def test_a_line_that_came_late_is_read_two_minutes_after(world):
    """A transaction that lasts commits a smaller id after a larger one was read."""
    case = filed(world, "路灯不亮")
    read()
    Entry.objects.filter(case=case.pk).delete()  # as if its event had not been there yet
    Reading.objects.filter(pk="patrol case").update(walked_at=NOON + timedelta(hours=1))
    Event.objects.update(recorded_at=NOON)
    actions.read_due(at=NOON + timedelta(seconds=90))
    assert not Entry.objects.filter(case=case.pk).exists()
    actions.read_due(at=NOON + timedelta(seconds=121))
    assert Entry.objects.filter(case=case.pk).exists()


def test_the_patrol_mends_what_no_log_tells(world):
    case = filed(world, "路灯不亮")
    read()
    Entry.objects.filter(case=case.pk).update(step="lost", version=99)
    world.tap.name = "水管抢修"
    world.tap.save()
    ghost = Entry.objects.get(case=case.pk)
    Entry.objects.create(
        id=5, kind="topic", object=987654, title="没有了的事项", words=["没有"], mark="x"
    )
    actions.read_due(at=NOON + timedelta(minutes=5))
    ghost.refresh_from_db()
    assert (ghost.step, ghost.version) == ("filed", 1)
    assert Entry.objects.filter(kind="topic", title="水管抢修").exists()
    assert not Entry.objects.filter(object=987654).exists()


def test_rebuilding_writes_what_differs_and_tells_how_far_it_is(world):
    for n in range(3):
        filed(world, f"路灯{n}")
    told = []
    assert actions.rebuild(at=NOON, progress=lambda *step: told.append(step)) >= 3 + 3
    assert ("办件", 3, 3) in told
    assert actions.rebuild(at=NOON) == 0
    assert queries.lag().waiting == 0


def test_entries_of_the_same_moment_all_have_a_place(world, monkeypatch):
    monkeypatch.setattr("tongxin.searching.sources.crc32", lambda data: 7)
    for n in range(4):
        filed(world, f"路灯{n}")
    read()
    assert Entry.objects.filter(kind="case").count() == 4
