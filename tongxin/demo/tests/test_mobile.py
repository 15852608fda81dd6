"""The demo's phones: one of every state, a morning on duty, one thing for the desk to decide."""

from datetime import UTC, datetime
from random import Random

import pytest

from tongxin.demo.mobile import make_mobile
from tongxin.mobile.models import Device, Duty, FieldAction, TrackPoint
from tongxin.regions.queries import forget
from tongxin.requests.models import ServiceRequest

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


@pytest.fixture
def made(world):
    """The named world with the names of the demo's cast, and eight grid workers."""
    from tongxin.accounts.models import User

    for name, demo in (("liu", "officer"), ("zhang", "dispatcher"), ("mei", "grid_worker")):
        User.objects.filter(username=name).update(username=demo)
    for n in range(7):
        world.person(f"grid_worker-{n}", f"网格员{n}", world.pine_office, "grid_worker", world.p2)
    yield make_mobile(world.tong, Random(1), at=NOW)
    forget()


def test_phones_of_every_state(made):
    assert made == Device.objects.count() == 8
    states = [one.state for one in Device.objects.all()]
    assert {state: states.count(state) for state in states} == {"given": 6, "lost": 1, "new": 1}


def test_a_morning_came_back(made):
    states = dict(FieldAction.objects.values_list("kind", "state"))
    assert states.pop("order.move") == "conflict"
    assert set(states.values()) == {"done"}
    assert ServiceRequest.objects.filter(channel="grid").count() == 2
    assert Duty.objects.get().ended_at is None
    assert TrackPoint.objects.count() == 24


def test_without_the_cast_there_are_none(world):
    assert make_mobile(world.tong, Random(1), at=NOW) == 0
