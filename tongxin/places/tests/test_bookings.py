"""Bookings never clash; limits are data; who waits moves up."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from tongxin.accounts.models import Notice, User
from tongxin.kit.errors import NotPermitted, Refused
from tongxin.places import actions
from tongxin.places.models import Booking, BookingRule, RoomKind
from tongxin.testing import NOON

HOUR = timedelta(hours=1)
START = NOON.replace(hour=6) + timedelta(days=1)  # 14:00 on Tuesday


class TestBook:
    def test_a_resident_books_and_nobody_else_can(self, world, book):
        one = book(key="k")
        assert one.state == "booked" and book(key="k").pk == one.pk
        for start, end in ((START, START + HOUR), (START + HOUR, START + 3 * HOUR),
                           (START - HOUR / 2, START + HOUR / 2)):  # fmt: skip
            with pytest.raises(Refused):
                book(starts_at=start, ends_at=end, by=world.ma)
        with pytest.raises(actions.Taken, match="已被预约"):
            book(by=world.ma)
        after = book(starts_at=START + 2 * HOUR, ends_at=START + 3 * HOUR, by=world.ma)
        assert after.state == "booked"  # what touches does not clash

    def test_bad_input(self, world, book, centre):
        actions.announce_day(
            centre=centre, day=(START + timedelta(days=2)).date(), spans="", reason="搬迁",
            by=world.zhang, at=NOON,
        )  # fmt: skip
        for wrong, words in (
            ({"ends_at": START}, "晚于"),
            ({"starts_at": NOON - HOUR, "ends_at": NOON}, "已经过了"),
            ({"starts_at": NOON + HOUR / 2, "ends_at": NOON + HOUR}, "提前 60 分钟"),
            ({"ends_at": START + 5 * HOUR}, "最长 4 小时"),
            ({"starts_at": START + timedelta(days=21), "ends_at": START + timedelta(days=21) + HOUR}, "提前 14 天"),
            ({"people": 31}, "1 到 30"),
            ({"people": 0}, "1 到 30"),
            ({"purpose": " "}, "用途"),
            ({"starts_at": START - 2 * HOUR, "ends_at": START}, "不在开放时间"),
            ({"starts_at": START + timedelta(days=2), "ends_at": START + timedelta(days=2) + HOUR}, "搬迁"),
        ):  # fmt: skip
            with pytest.raises(Refused, match=words):
                book(**wrong)
        with pytest.raises(NotPermitted, match="没有岗位"):
            book(org=world.roads)
        assert not Booking.objects.exists()

    def test_limits_are_data_from_a_day_on_and_the_nearest_counts(self, world, book, room):
        BookingRule.objects.create(
            region=world.north, effective_from=NOON.date(), most_minutes=60, lead_minutes=0,
            ahead_days=30, most_open=1,
        )  # fmt: skip
        BookingRule.objects.create(
            room=room, effective_from=NOON.date() + timedelta(days=1), most_minutes=600,
            lead_minutes=0, ahead_days=30, most_open=9,
        )  # fmt: skip
        with pytest.raises(actions.BadBooking, match="最长 1 小时"):
            book()
        book(ends_at=START + HOUR)
        with pytest.raises(actions.TooManyOpen):
            book(starts_at=START + HOUR, ends_at=START + 2 * HOUR)

    def test_who_asks_is_approved_by_another(self, world, centre, book):
        hall = actions.add_room(
            centre=centre, kind=RoomKind.objects.get(code="meeting_room"), name="会议室", capacity=40,
            is_bookable=True, needs_approval=True, by=world.zhang, at=NOON,
        )  # fmt: skip
        one = book(room=hall)
        assert one.state == "asked"
        assert Notice.objects.filter(user=world.zhang, title__contains="待审核").exists()
        with pytest.raises(NotPermitted):
            actions.decide_booking(one, approve=True, reason="", by=world.sun, at=NOON)
        with pytest.raises(Refused, match="说明"):
            actions.decide_booking(one, approve=False, reason="", by=world.zhang, at=NOON)
        actions.decide_booking(one, approve=True, reason="", by=world.zhang, at=NOON)
        with pytest.raises(actions.NotOpen):
            actions.decide_booking(one, approve=True, reason="", by=world.zhang, at=NOON)
        assert Notice.objects.filter(user=world.sun, title__contains="预约通过").exists()

    def test_who_waits_moves_up_in_the_order_they_came(self, world, book):
        one = book()
        second = book(by=world.ma, wait=True)
        third = book(by=world.wang, wait=True, at=NOON + HOUR)
        assert second.state == third.state == "waiting"
        actions.cancel_booking(one, by=world.sun, at=NOON)
        states = {row.by: row.state for row in Booking.objects.select_related("by")}
        assert states == {world.sun: "cancelled", world.ma: "booked", world.wang: "waiting"}
        assert Notice.objects.filter(user=world.ma, title__contains="候补到了").exists()
        assert actions.bookings_due(at=START) == 1 and actions.bookings_due(at=START) == 0
        third.refresh_from_db()
        assert third.state == "lapsed"

    def test_one_gives_back_ones_own_and_the_desk_says_why(self, world, book):
        one = book()
        for who in (world.ma, world.wu):
            with pytest.raises(NotPermitted):
                actions.cancel_booking(one, by=who, at=NOON)
        with pytest.raises(Refused, match="说明"):
            actions.cancel_booking(one, by=world.zhang, at=NOON)
        with pytest.raises(actions.NotOpen, match="已经开始"):
            actions.cancel_booking(one, by=world.sun, at=START)
        actions.cancel_booking(one, by=world.zhang, at=NOON, reason="消防检查")
        assert Notice.objects.filter(user=world.sun, text__contains="消防检查").exists()

    def test_a_day_announced_closed_cancels_what_was_booked(self, world, book, centre):
        one = book()
        actions.announce_day(
            centre=centre, day=START.date(), spans="08:30-12:00", reason="下午停电",
            by=world.zhang, at=NOON,
        )  # fmt: skip
        one.refresh_from_db()
        assert one.state == "cancelled" and one.reason == "下午停电"

    def test_use_is_written_down_afterwards(self, world, book):
        one = book()
        with pytest.raises(actions.NotOpen):
            actions.mark_use(one, came=9, by=world.zhang, at=NOON)
        with pytest.raises(NotPermitted):
            actions.mark_use(one, came=9, by=world.sun, at=START)
        assert actions.mark_use(one, came=0, by=world.zhang, at=START).state == "no_show"
        assert actions.mark_use(one, came=9, by=world.zhang, at=START).state == "used"
        with pytest.raises(actions.BadBooking):
            actions.mark_use(one, came=91, by=world.zhang, at=START)

    def test_who_sees_whose(self, world, book):
        book()
        seen = {
            who: Booking.objects.visible_to(getattr(world, who)).count()
            for who in ("sun", "ma", "zhang", "wu", "mei", "liu", "ann")
        }
        assert seen == {"sun": 1, "ma": 0, "zhang": 1, "wu": 0, "mei": 0, "liu": 1, "ann": 0}


class TestSeries:
    def test_every_week_with_the_clashes_listed(self, world, book, centre, room):
        taken = book(
            starts_at=START + timedelta(days=7), ends_at=START + timedelta(days=7, hours=1)
        )
        actions.announce_day(
            centre=centre, day=(START + timedelta(days=14)).date(), spans="", reason="停电",
            by=world.zhang, at=NOON,
        )  # fmt: skip
        given = {
            "room": room, "starts_at": START, "ends_at": START + HOUR, "purpose": "舞蹈队", "people": 9,
            "until": START.date() + timedelta(days=28), "at": NOON, "by": world.zhang,
        }  # fmt: skip
        with pytest.raises(NotPermitted):
            actions.book_series(**given | {"by": world.sun})
        for until in (START.date(), START.date() + timedelta(days=400)):
            with pytest.raises(actions.BadBooking):
                actions.book_series(**given | {"until": until})
        found = actions.book_series(**given, key="s")
        assert len(found.made) == 3 and taken.state == "booked"
        assert [(day - START.date()).days for day, _why in found.clashes] == [7, 14]
        assert "停电" in found.clashes[1][1]
        assert actions.book_series(**given, key="s").series == found.series

    def test_a_unit_books_for_itself(self, world, room):
        found = actions.book_series(
            room=room, starts_at=START, ends_at=START + HOUR, until=START.date() + timedelta(days=7),
            purpose="队训", people=9, at=NOON, by=world.wang, org=world.team,
        )  # fmt: skip
        assert [one.org for one in found.made] == [world.team] * 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twenty_ask_for_one_slot_and_one_has_it(world, room, book):
    people = [User.objects.create(username=f"r{n}", name=f"居民{n}") for n in range(20)]
    barrier, got = Barrier(20), []

    def ask(user):
        barrier.wait()
        try:
            shift = timedelta(minutes=5) * (user.pk % 5)  # not the same moment, but over each other
            got.append(book(by=user, starts_at=START + shift).pk)
        except actions.Taken:
            pass
        finally:
            connection.close()

    threads = [Thread(target=ask, args=(user,)) for user in people]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(got) == 1 and Booking.objects.holding().count() == 1
