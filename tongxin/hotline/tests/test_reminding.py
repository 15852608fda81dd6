"""Callers are asked how it went; the time another hotline set is not forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from tongxin.accounts.models import Notice
from tongxin.cases.actions import make_move
from tongxin.cases.models import Case
from tongxin.hotline import actions
from tongxin.hotline.models import CallBack, OutsideOrder
from tongxin.testing import NOON

PHONE = "13812345678"
LATER = NOON + timedelta(days=1)


@pytest.fixture
def filed(world):
    def file(phone=PHONE, **more) -> Case:
        call = actions.start_call(region=world.tong, operator=world.ops, at=NOON, phone=phone)
        given = {"text": "厨房漏水", "region": world.pine, "topic": world.errand} | more
        return actions.file_call(call=call, by=world.ops, at=NOON, **given)

    return file


def verify(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(step="verified", stepped_at=NOON)


class TestAsking:
    @pytest.mark.mission("S0.53")
    def test_who_filed_by_telephone_is_called_and_rates(self, client, world, filed):
        case = filed()
        assert actions.ask_ratings_due(at=LATER) == 0
        verify(case)
        assert actions.ask_ratings_due(at=LATER) == 1
        promised = CallBack.objects.get()
        assert (promised.case, promised.due_at) == (case, LATER + timedelta(hours=1))
        client.force_login(world.ops)
        given = {"reached": "1", "stars": "5", "result": "很满意"}
        client.post(reverse("hotline:back", args=[promised.pk]), given)
        case.refresh_from_db()
        assert (case.step, case.request.stars, case.request.words) == ("closed", 5, "很满意")
        promised.refresh_from_db()
        assert (promised.done_by, promised.result) == (world.ops, "很满意")

    def test_once_and_only_those_with_a_number_and_without_an_account(self, world, filed):
        for case in (filed(), filed(phone="")):
            verify(case)
        assert actions.ask_ratings_due(at=LATER) == 1
        assert actions.ask_ratings_due(at=LATER) == 0
        assert CallBack.objects.count() == 1

    def test_out_of_hours_nobody_is_rung(self, filed):
        verify(filed())
        evening = NOON + timedelta(hours=12)
        actions.ask_ratings_due(at=evening)
        assert CallBack.objects.get().due_at > evening + timedelta(hours=10)

    def test_stars_only_where_there_is_something_to_rate(self, client, world):
        call = actions.start_call(region=world.tong, operator=world.ops, at=NOON, phone=PHONE)
        promised = actions.promise_call_back(
            call=call, by=world.ops, at=NOON, due_at=LATER, reason="问门牌"
        )
        client.force_login(world.ops)
        page = client.get(reverse("hotline:back", args=[promised.pk])).content.decode()
        assert "居民给几星" not in page


class TestOrders:
    @pytest.fixture
    def order(self, world):
        given = {"id": "1", "text": "路灯不亮", "community": "松社区", "deadline": LATER}
        actions.take_order(given=given, by=world.ops, at=NOON)
        return OutsideOrder.objects.get()

    def test_who_handles_it_and_the_desk_are_told_a_day_before_once(self, world, order):
        make_move(order.case, "dispatch", at=NOON, actor=world.zhang, handler=world.roads)
        assert actions.remind_orders(at=LATER - timedelta(days=1, hours=1)) == 0
        for _n in range(2):
            actions.remind_orders(at=LATER - timedelta(hours=20))
        told = Notice.objects.filter(key__startswith="order:")
        assert {one.user for one in told} == {world.ops, world.li}
        assert "03月03日 10:00 前办结" in told[0].text

    def test_a_new_deadline_is_told_again(self, world, order):
        actions.remind_orders(at=LATER - timedelta(hours=20))
        given = {
            "id": "1",
            "text": "路灯不亮",
            "community": "松社区",
            "deadline": LATER + timedelta(days=3),
        }
        actions.take_order(given=given, by=world.ops, at=LATER)
        assert actions.remind_orders(at=LATER) == 0
        assert actions.remind_orders(at=LATER + timedelta(days=3)) == 1

    def test_what_is_closed_is_left_alone(self, order):
        Case.objects.update(step="closed", closed_at=NOON)
        assert actions.remind_orders(at=LATER) == 0
