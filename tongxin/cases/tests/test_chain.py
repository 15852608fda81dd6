"""The history cannot be altered unseen."""

import pytest

from tongxin.cases.actions import make_move, open_case
from tongxin.cases.actions.moves import payload_of
from tongxin.cases.models import Event
from tongxin.kit.chain import verify
from tongxin.testing import NOON

from . import flows  # noqa: F401  registers the chore


@pytest.fixture
def story(world):
    case = open_case(kind="chore", title="扫雪", region=world.p1, at=NOON, actor=world.sun)
    make_move(case, "take", at=NOON, actor=world.mei, note="我来")
    make_move(case, "close", at=NOON, actor=world.mei, note="扫完了")
    return case


def broken_at(case):
    events = Event.objects.filter(case=case).order_by("seq")
    return verify((e.hash, e.prev, payload_of(e)) for e in events)


def test_a_true_history_verifies(story):
    assert broken_at(story) is None


@pytest.mark.parametrize(
    "change",
    [{"note": "没来"}, {"at": NOON.replace(year=2025)}, {"actor": None}, {"data": {"stars": 5}}],
    ids=["note", "time", "who", "data"],
)
def test_a_changed_event_breaks_the_chain(story, change):
    Event.objects.filter(case=story, seq=2).update(**change)
    assert broken_at(story) == 1


def test_a_removed_event_breaks_the_chain(story):
    Event.objects.filter(case=story, seq=2).delete()
    assert broken_at(story) == 1
