"""Care never takes more than its places, knows nobody twice, and forgets."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from tongxin.kit.errors import Refused
from tongxin.places import actions
from tongxin.places.models import CareSignUp
from tongxin.testing import NOON

START = NOON.replace(hour=1) + timedelta(days=1)  # 09:00 on Tuesday
END = START + timedelta(hours=2)


@pytest.fixture
def session(world, nursery):
    return actions.open_session(
        room=nursery,
        starts_at=START,
        ends_at=END,
        title="上午照料",
        places=2,
        by=world.zhang,
        at=NOON,
    )


@pytest.fixture
def sign(world, session):
    def make(n, **changes):
        given = {
            "session": session, "name": f"老人{n}", "phone": f"1380000{n:04d}", "need": "腿脚不便",
            "by": world.sun, "at": NOON,
        } | changes  # fmt: skip
        return actions.sign_up(**given)

    return make


class TestCare:
    @pytest.mark.mission("S1.51")
    def test_what_cannot_be_offered(self, world, nursery, session, room):
        given = {"room": nursery, "title": "午间", "places": 2, "by": world.zhang, "at": NOON}
        for wrong in (
            {"starts_at": START + timedelta(hours=1), "ends_at": END + timedelta(hours=0.5)},  # taken
            {"starts_at": START - timedelta(days=3), "ends_at": END - timedelta(days=3)},  # past
            {"starts_at": START + timedelta(hours=3), "ends_at": END + timedelta(hours=3)},  # closed at noon
            {"starts_at": START, "ends_at": END, "room": room},  # no place of care
            {"starts_at": START + timedelta(days=1), "ends_at": END + timedelta(days=1), "places": 3},
        ):  # fmt: skip
            with pytest.raises(Refused):
                actions.open_session(**given | wrong)

    def test_places_are_bounded_and_nobody_is_there_twice(self, world, sign, session):
        first = sign(1, key="k")
        assert sign(1, key="k") == first
        with pytest.raises(actions.SignedUp):
            sign(1)
        second = sign(2)
        with pytest.raises(actions.Full):
            sign(3)
        third, fourth = sign(3, wait=True), sign(4, wait=True)
        actions.give_back(second, by=world.sun, at=NOON)
        states = dict(CareSignUp.objects.values_list("pk", "state"))
        assert states[third.pk] == "signed" and states[fourth.pk] == "waiting"
        with pytest.raises(actions.Closed):
            sign(5, at=START)
        with pytest.raises(actions.Closed):
            actions.mark_came(fourth, came=True, by=world.zhang, at=START)
        assert actions.mark_came(first, came=True, by=world.zhang, at=START).state == "came"

    def test_who_came_is_forgotten_after_three_months(self, world, sign):
        one = sign(1)
        actions.mark_came(one, came=True, by=world.zhang, at=START)
        assert actions.forget_care(at=START + timedelta(days=89)) == 0
        assert actions.forget_care(at=START + timedelta(days=91)) == 1
        one.refresh_from_db()
        assert (one.name, one.phone, one.need, one.state) == ("", "", "", "came")
        with pytest.raises(actions.Closed):
            actions.reveal_sign_up(one, actor=world.zhang, reason="核对", at=START)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_many_ask_at_once_and_no_place_is_given_twice(world, sign):
    barrier, got = Barrier(12), []

    def ask(n):
        barrier.wait()
        try:
            got.append(sign(n).pk)
        except actions.Full:
            pass
        finally:
            connection.close()

    threads = [Thread(target=ask, args=(n,)) for n in range(12)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(got) == 2 == CareSignUp.objects.count()
