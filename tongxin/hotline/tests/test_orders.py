"""Orders of another hotline: once for each number, changed, refused, in batches, asked after."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from tongxin.accounts.actions import set_phone
from tongxin.cases.actions import make_move
from tongxin.cases.models import Case
from tongxin.hotline.models import OutsideOrder
from tongxin.testing import NOON

PHONE = "13812345678"
ORDER = {
    "id": "津12345-2026-000123",
    "text": "小区门口路灯不亮，晚上看不见路",
    "caller": PHONE,
    "community": "松社区",
    "address": "3 号楼旁",
    "topic_hint": "水管维修",
    "deadline": "2030-01-05T10:00:00+08:00",
}


@pytest.fixture
def send(api, world):
    return lambda who="ops", **more: api(who, "POST", "/hotline/orders", ORDER | more)


class TestOne:
    @pytest.mark.mission("S3.49", "S0.49")
    def test_it_becomes_a_request_of_the_hotline(self, send, world):
        answer = send()
        assert answer.status_code == 201, answer.content.decode()
        case = Case.objects.get()
        told = answer.json()
        assert (told["verdict"], told["case"]) == ("created", case.number)
        assert (case.request.channel, case.region, case.topic) == ("hotline", world.pine, world.tap)
        assert case.reporter is None and PHONE not in case.request.contact_sealed
        assert case.events.get().data["deadline"] == "2030-01-05 10:00"

    def test_the_same_number_again_is_the_same_case(self, send):
        first, again = send(), send()
        assert (again.status_code, again.json()["verdict"]) == (200, "known")
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.json()["case"] == first.json()["case"]
        assert Case.objects.count() == 1 and Case.objects.get().length == 1

    def test_changed_content_becomes_a_note_on_the_case(self, send):
        send()
        again = send(text="两盏路灯都不亮了")
        assert again.json()["verdict"] == "added"
        case = Case.objects.get()
        event = case.events.order_by("-seq").first()
        assert (event.name, event.actor) == ("add", None)
        assert "来文 津12345-2026-000123 有更新" in event.note and "两盏路灯都不亮了" in event.note
        assert send(text="两盏路灯都不亮了").json()["verdict"] == "known"
        assert OutsideOrder.objects.get().versions == 2

    def test_after_it_was_closed_a_change_is_refused(self, send, world):
        send()
        case = Case.objects.get()
        Case.objects.filter(pk=case.pk).update(step="closed", closed_at=NOON)
        assert send().status_code == 200
        answer = send(text="又不亮了")
        assert (answer.status_code, answer.json()["code"]) == (409, "order_closed")
        assert "已于 2026-03-02 办结" in answer.json()["detail"]
        assert Case.objects.get().length == 1

    def test_the_number_of_an_account_makes_it_the_residents_own(self, send, world):
        set_phone(user=world.sun, phone=PHONE, by=None, at=NOON)
        send()
        assert Case.objects.get().reporter == world.sun

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"text": "  "}, "text"),
            ({"caller": "12"}, "phone"),
            ({"community": "没有社区"}, None),
            ({"topic": "9999"}, "topic"),
            ({"at": "2031-01-01T00:00:00+08:00"}, "at"),
            ({"at": "2026-01-01T00:00:00+08:00", "deadline": "2025-12-01T00:00:00+08:00"}, None),
            ({"lng": 117.55}, "lng"),
            ({"colour": "red"}, "colour"),
            ({"id": ""}, "id"),
        ],
    )
    def test_what_cannot_be_filed_is_refused_with_a_sentence(self, send, given, field):
        answer = send(**given)
        assert answer.status_code == 422, answer.content.decode()
        assert answer.json()["detail"]
        if field:
            assert answer.json()["field"].endswith(field)
        assert not Case.objects.exists()

    def test_land_of_another_desk_is_refused(self, api, world):
        world.south_ops = world.person("so", "南话务", world.salt_office, "operator", world.south)
        answer = api("south_ops", "POST", "/hotline/orders", ORDER)
        assert (answer.status_code, answer.json()["detail"]) == (422, "松社区不归本热线受理。")

    @pytest.mark.parametrize("who", ["sun", "zhang", "gao", "ann"])
    def test_only_operators_hand_over(self, send, who):
        assert send(who).status_code == 403
        assert not Case.objects.exists()


class TestBatch:
    def test_a_verdict_for_every_row(self, api, world, send):
        send()
        rows = [
            ORDER,
            ORDER | {"id": "2"},
            ORDER | {"id": "3", "community": "没有社区"},
            {"id": "4"},
            ORDER | {"text": "更新了"},
        ]
        answer = api("ops", "POST", "/hotline/orders/batch", {"orders": rows}).json()
        told = [(one["index"], one["id"][-1], one["verdict"]) for one in answer["items"]]
        assert told == [
            (0, "3", "known"), (1, "2", "created"), (2, "3", "refused"), (3, "4", "refused"),
            (4, "3", "added"),
        ]  # fmt: skip
        assert answer["counts"] == {"known": 1, "created": 1, "refused": 2, "added": 1}
        assert "没有叫“没有社区”的地方" in answer["items"][2]["detail"]
        assert answer["items"][3]["field"] == "text"
        assert Case.objects.count() == 2

    def test_five_hundred_and_no_more(self, api, world):
        answer = api("ops", "POST", "/hotline/orders/batch", {"orders": [ORDER] * 501})
        assert answer.status_code == 422 and not Case.objects.exists()


class TestProgress:
    def test_where_it_stands_and_what_was_said(self, api, world, send):
        send()
        case = Case.objects.get()
        make_move(case, "answer", at=now(), actor=world.zhang, note="今晚来修")
        told = api("ops", "GET", f"/hotline/orders/{ORDER['id']}").json()
        assert (told["case"], told["step_label"], told["is_open"]) == (case.number, "待派单", True)
        assert [one["text"] for one in told["answers"]] == ["今晚来修"]

    @pytest.mark.parametrize("who", ["sun", "zhang", "wu"])
    def test_others_find_nothing(self, api, send, who):
        send()
        assert api(who, "GET", f"/hotline/orders/{ORDER['id']}").status_code == 404
        assert api(who, "GET", "/hotline/orders").json()["items"] == []

    def test_pages_and_states(self, api, world, send):
        for n in range(3):
            send(id=f"n{n}")
        Case.objects.filter(outside_order__number="n0").update(step="closed", closed_at=NOON)
        first = api("ops", "GET", "/hotline/orders?limit=2").json()
        assert [one["id"] for one in first["items"]] == ["n2", "n1"]
        rest = api("ops", "GET", f"/hotline/orders?limit=2&cursor={first['next']}").json()
        assert [one["id"] for one in rest["items"]] == ["n0"] and rest["next"] is None
        closed = api("ops", "GET", "/hotline/orders?state=closed").json()
        assert [one["id"] for one in closed["items"]] == ["n0"]

    def test_a_longer_list_costs_no_more(self, api, world, send):
        def cost() -> int:
            with CaptureQueriesContext(connection) as asked:
                api("ops", "GET", "/hotline/orders")
            return len(asked)

        send()
        cost()
        before = cost()
        for n in range(4):
            send(id=f"n{n}")
        assert cost() == before <= 4


def test_a_late_one_says_so(api, world, send):
    send(deadline=(now() + timedelta(hours=1)).isoformat())
    OutsideOrder.objects.update(deadline=NOON)
    assert api("ops", "GET", f"/hotline/orders/{ORDER['id']}").json()["is_past_deadline"]
