"""Numbers of the day, windows, honours; people counted without names."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from tongxin.accounts.models import Notice, User
from tongxin.centres import actions, queries
from tongxin.centres.models import Ticket, UseCount
from tongxin.kit.errors import NotPermitted, Refused
from tongxin.places import actions as places
from tongxin.testing import NOON

from .conftest import DAY

MINUTE = timedelta(minutes=1)


@pytest.fixture
def draw(world, centre):
    def make(who=None, **changes):
        given = {"centre": centre, "at": NOON, "by": who or world.zhang, "user": who} | changes
        return actions.draw_ticket(**given)

    return make


class TestQueue:
    @pytest.mark.mission("S1.53")
    def test_numbers_are_called_in_order_who_has_priority_first(self, world, draw, window, centre):
        codes = [draw(world.sun).code, draw().code, draw(world.ma, is_priority=True).code]
        assert codes == ["A001", "A002", "Y003"]
        first = Ticket.objects.get(n=1)
        assert queries.ahead_of(first) == 1
        called = [
            actions.call_next(window, by=world.zhang, at=NOON + n * MINUTE).code for n in (3, 9, 15)
        ]
        assert called == ["Y003", "A001", "A002"]
        assert Notice.objects.filter(user=world.ma, title="请到 1 号窗口：Y003").exists()
        with pytest.raises(actions.NobodyWaits):
            actions.call_next(window, by=world.zhang, at=NOON)
        hall = queries.hall_of(centre, at=NOON)
        assert (hall.served, hall.minutes, hall.waited) == (2, 6, 9)
        assert hall.called[window.pk].code == "A002"

    def test_what_cannot_be_drawn_or_called(self, world, draw, window, centre):
        mine = draw(world.sun, key="k")
        assert draw(world.sun, key="k") == mine
        with pytest.raises(actions.HasTicket):
            draw(world.sun)
        with pytest.raises(NotPermitted):
            draw(by=world.sun)  # for somebody else, at the desk
        with pytest.raises(actions.WindowBusy):
            actions.call_next(window, by=world.liu, at=NOON)
        with pytest.raises(actions.TicketOver):
            actions.end_ticket(mine, gone=False, by=world.zhang, at=NOON)
        with pytest.raises(NotPermitted):
            actions.give_up(mine, by=world.ma, at=NOON)
        places.announce_day(
            centre=centre, day=DAY, spans="", reason="停电", by=world.zhang, at=NOON
        )
        with pytest.raises(actions.HallClosed):
            draw(world.ma)

    def test_one_sits_at_one_window(self, world, window, centre, draw):
        other = centre.windows.get(number=2)
        with pytest.raises(actions.WindowBusy, match="张敏"):
            actions.sit_down(window, by=world.liu, at=NOON)
        draw()
        actions.call_next(window, by=world.zhang, at=NOON)
        with pytest.raises(actions.WindowBusy, match="还没有办完"):
            actions.sit_down(other, by=world.zhang, at=NOON)
        actions.end_ticket(Ticket.objects.get(), gone=True, by=world.zhang, at=NOON)
        assert actions.sit_down(other, by=world.zhang, at=NOON).clerk == world.zhang
        window.refresh_from_db()
        assert window.clerk is None

    def test_numbers_lapse_with_their_day(self, draw, window, world):
        draw()
        draw()
        actions.call_next(window, by=world.zhang, at=NOON)
        tomorrow = NOON + timedelta(days=1)
        assert actions.tickets_due(at=tomorrow) == 2 and actions.tickets_due(at=tomorrow) == 0
        assert draw(at=tomorrow).code == "A001"

    @pytest.mark.mission("S2.56")
    def test_an_honour_of_a_window_for_a_period(self, world, window):
        given = {
            "window": window, "title": "党员先锋岗", "holder": "张敏", "basis": "一季度评定",
            "from_date": DAY, "to_date": DAY + timedelta(days=90), "at": NOON,
        }  # fmt: skip
        with pytest.raises(NotPermitted):
            actions.honour_window(**given, by=world.zhang)
        one = actions.honour_window(**given, by=world.liu)
        for wrong in ({}, {"to_date": DAY - timedelta(days=1)}, {"basis": "", "title": "红旗窗口"}):
            with pytest.raises(Refused):
                actions.honour_window(**given | wrong, by=world.liu)
        assert (
            actions.withdraw_honour(one, why="投诉属实", by=world.liu, at=NOON).withdrawn_on == DAY
        )
        assert actions.honour_window(**given, by=world.liu).pk != one.pk


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twenty_draw_at_once_and_each_has_a_number_of_their_own(world, centre):
    people = [User.objects.create(username=f"r{n}", name=f"居民{n}") for n in range(20)]
    barrier = Barrier(20)

    def ask(user):
        barrier.wait()
        try:
            actions.draw_ticket(centre=centre, at=NOON, by=user, user=user)
        finally:
            connection.close()

    threads = [Thread(target=ask, args=(user,)) for user in people]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(Ticket.objects.values_list("n", flat=True)) == list(range(1, 21))


class TestUse:
    @pytest.mark.mission("S1.56", "S3.42")
    def test_two_sides_of_the_house_from_every_source(self, world, centre, room, window, draw):
        actions.count_people(centre=centre, day=DAY, people=40, room=room, by=world.zhang, at=NOON)
        actions.count_people(
            centre=centre, day=DAY, people=25, use="convenience", by=world.zhang, at=NOON
        )
        for _n in range(3):
            actions.count_me(room=room, at=NOON)  # less than the clerk saw: not counted twice
        start = NOON + timedelta(hours=2)
        booked = places.book(
            room=room, starts_at=start, ends_at=start + timedelta(hours=2), purpose="党课", people=20,
            by=world.sun, at=NOON,
        )  # fmt: skip
        places.mark_use(booked, came=18, by=world.zhang, at=start)
        draw(world.sun)
        actions.call_next(window, by=world.zhang, at=NOON)
        actions.end_ticket(Ticket.objects.get(), gone=False, by=world.zhang, at=NOON)

        found = queries.use_of(centre, DAY)
        assert found.total == {"political": 58, "convenience": 26}
        assert found.days[DAY] == {"political": 58, "convenience": 26}
        (one,) = queries.rooms_in_use(centre, DAY, dict(found.rooms), today=DAY)
        assert (one.people, one.hours, one.open_hours, one.share) == (58, 2.0, 48.0, 4)

    @pytest.mark.mission("S1.56")
    def test_which_centres_are_really_used(self, world, centre):
        idle = places.register_centre(
            region=world.reed,
            name="苇社区工作站",
            kind="community",
            by=world.liu,
            at=NOON,
            address="1 号",
        )
        places.open_centre(centre=idle, on=DAY, by=world.liu, at=NOON)
        actions.count_people(
            centre=centre, day=DAY, people=5, use="political", by=world.zhang, at=NOON
        )
        rows = {one.land.name: one for one in queries.use_by_place(_land(world.north), DAY)}
        assert (rows["松社区"].share, rows["苇社区"].share) == (100, 0)
        (north,) = [o for o in queries.use_by_place(_land(world.tong), DAY) if o.centres]
        assert (north.centres, north.used, north.share) == (2, 1, 50)

    def test_a_figure_replaces_the_one_before_and_bad_ones_are_refused(self, world, centre, room):
        given = {"centre": centre, "day": DAY, "room": room, "by": world.zhang, "at": NOON}
        for people in (7, 9):
            actions.count_people(**given, people=people)
        assert UseCount.objects.get().people == 9
        for wrong in (
            {"people": -1}, {"people": 10**6}, {"day": DAY + timedelta(days=1)},
            {"day": DAY - timedelta(days=90)}, {"room": None}, {"by": world.wu},
        ):  # fmt: skip
            with pytest.raises(Refused):
                actions.count_people(**{"people": 3} | given | wrong)

    def test_nobody_is_counted_before_a_closed_door(self, world, centre, room):
        places.announce_day(
            centre=centre, day=DAY, spans="", reason="停电", by=world.zhang, at=NOON
        )
        with pytest.raises(actions.NotOpenNow):
            actions.count_me(room=room, at=NOON)


def _land(region):
    from tongxin.regions.queries import get_land

    return get_land(region.code)
