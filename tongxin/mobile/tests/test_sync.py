"""Batches: kept first, acted on once, in order, by the right clock; nothing is ever lost."""

import gzip
import json
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.dateparse import parse_datetime
from django.utils.timezone import localdate, now

from tongxin.accounts.models import Notice
from tongxin.cases.actions import make_move
from tongxin.cases.models import Case, Topic, TopicCategory
from tongxin.fieldwork.models import Visit
from tongxin.mobile import rest
from tongxin.mobile.actions import kinds
from tongxin.mobile.models import FieldAction
from tongxin.mobile.queries import sort_of
from tongxin.requests.actions import file_request

from .phone import Phone, browser

HOUR = timedelta(hours=1)


def report(phone: Phone, **given) -> dict:
    return phone.act("report", **({"topic": "0101", "text": "水管漏水"} | given))


@pytest.fixture
def order(world) -> Case:
    """An order in Mei's hands: filed, dispatched to her."""
    case = file_request(
        text="厨房水管漏水", topic=world.tap, lng=117.55, lat=39.25, at=now() - 2 * HOUR,
        actor=world.sun,
    )  # fmt: skip
    make_move(case, "dispatch", at=now() - HOUR, actor=world.zhang, holder=world.mei)
    case.refresh_from_db()
    return case


class TestReports:
    @pytest.mark.mission("S4.33", "S4.34")
    @pytest.mark.parametrize("topic", ["tap", "errand"])
    def test_a_report_opens_a_case_of_its_kind_at_the_time_it_was_made(self, world, phone, topic):
        topic = getattr(world, topic)
        action = report(phone, topic=topic.code, ago=3 * HOUR)
        told = phone.result(action)
        case = Case.objects.get(number=told["about"]["number"])
        assert told["state"] == "done"
        assert (case.topic, case.reporter, case.area) == (topic, world.mei, world.p1.path)
        assert (case.request.channel, case.lng) == ("grid", 117.55)
        assert abs((now() - case.opened_at) - 3 * HOUR) < timedelta(minutes=1)

    def test_the_pin_counts_before_where_the_phone_was(self, world, phone):
        told = phone.result(report(phone, lng=117.65, lat=39.25))
        assert Case.objects.get(number=told["about"]["number"]).area == world.p2.path

    def test_without_any_place_it_is_refused_and_kept(self, phone):
        told = phone.result(report(phone, place=None))
        assert (told["state"], told["code"]) == ("refused", "no_place")
        assert FieldAction.objects.get().data["text"] == "水管漏水"
        assert not Case.objects.exists()

    def test_outside_the_land_it_is_refused_with_the_sentence_of_the_house(self, phone):
        told = phone.result(report(phone, lng=100.0, lat=30.0))
        assert (told["state"], told["code"]) == ("refused", "outside_area")
        assert "不在服务范围" in told["sentence"]

    def test_questions_may_stay_open_in_a_report_of_three_taps(self, world, phone):
        world.tap.questions = [{"key": "room", "label": "房间", "type": "text", "required": True}]
        world.tap.save()
        assert phone.result(report(phone))["state"] == "done"


class TestQuarrels:
    @pytest.fixture
    def quarrel(self, world) -> Topic:
        kind = TopicCategory.objects.create(code="09", name="邻里纠纷")
        return Topic.objects.create(
            category=kind, code="0902", name="邻里矛盾调解", is_public=False
        )

    @pytest.mark.mission("S4.34")
    def test_a_report_is_of_one_of_three_sorts(self, world, quarrel):
        assert sort_of(quarrel) == "dispute"
        world.errand.kind = "care"
        assert (sort_of(world.errand), sort_of(world.pothole)) == ("need", "facility")

    @pytest.mark.mission("S4.35")
    def test_who_reports_a_quarrel_looks_in_again_twice(self, world, phone, quarrel):
        told = phone.results(*[report(phone, topic=quarrel.code, text="楼道吵架")] * 2)[0]
        case = Case.objects.get(number=told["about"]["number"])
        visits = Visit.objects.filter(source_kind="quarrel", source_id=str(case.pk)).order_by("due_on")  # fmt: skip
        today = localdate()
        assert [one.due_on - today for one in visits] == [timedelta(days=3), timedelta(days=14)]
        assert all(one.due_from > today for one in visits)
        assert [list(one.workers.all()) for one in visits] == [[world.mei]] * 2
        assert not any("吵架" in one.title for one in visits)

    def test_of_other_reports_nobody_is_sent_back(self, phone):
        phone.result(report(phone))
        assert not Visit.objects.exists()

    @pytest.mark.mission("S4.35")
    def test_the_officer_is_told_of_one_that_keeps_coming_back(self, world, phone, quarrel):
        far = {"lng": 117.56, "lat": 39.26}
        made = [report(phone, topic=quarrel.code, ago=timedelta(days=n)) for n in (40, 9, 8)]
        phone.results(*made, report(phone, topic=quarrel.code, **far))
        told = Notice.objects.filter(user=world.liu, title="同一处纠纷反复上报")
        assert not told.exists()
        phone.result(report(phone, topic=quarrel.code))
        assert "第 3 次" in told.get().text


class TestOnce:
    def test_the_same_batch_again_is_answered_alike_and_acts_once(self, phone):
        actions = [report(phone), report(phone, text="灯坏了")]
        first, again = phone.results(*actions), phone.results(*actions)
        assert first == again
        assert Case.objects.count() == FieldAction.objects.count() == 2

    def test_the_same_action_twice_in_a_batch_acts_once(self, phone):
        action = report(phone)
        one, other = phone.results(action, action)
        assert one == other
        assert Case.objects.count() == 1

    def test_another_content_under_the_same_id_is_refused_and_kept_beside(self, phone):
        action = report(phone)
        phone.result(action)
        told = phone.result(action | {"data": {"topic": "0101", "text": "别的"}})
        assert (told["id"], told["state"], told["code"]) == (action["id"], "refused", "key_reused")
        assert Case.objects.count() == 1
        assert FieldAction.objects.filter(data__text="别的").exists()
        assert phone.result(action)["state"] == "done"

    def test_ids_are_each_users_own(self, api, phone):
        action = report(phone)
        phone.result(action)
        other = Phone(api, "wang")
        assert other.result(action)["state"] == "done"
        assert Case.objects.count() == 2

    def test_somebody_elses_outbox_is_not_taken(self, world, phone):
        response = phone.send(report(phone), user=world.wang.pk)
        assert (response.status_code, response.json()["code"]) == (409, "other_user")
        assert not FieldAction.objects.exists()
        assert phone.send(report(phone), user=world.mei.pk).status_code == 200


class TestNothingIsLost:
    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"kind": "fly"}, "unknown_kind"),
            ({"kind": None}, "unknown_kind"),
            ({"at": "yesterday"}, "unreadable"),
            ({"at": "2026-03-02T10:00:00"}, "unreadable"),
            ({"data": [1]}, "unreadable"),
            ({"place": {"lng": 1000, "lat": 0}}, "unreadable"),
            ({"place": "here"}, "unreadable"),
            ({"photos": [{"id": "x"}]}, "unreadable"),
            ({"photos": [{}] * 21}, "unreadable"),
            ({"based_on": "two"}, "unreadable"),
            ({"id": "no uuid"}, "unreadable"),
            ({"id": None}, "unreadable"),
        ],
    )
    def test_what_cannot_be_read_is_kept_whole_and_the_rest_goes_on(self, phone, change, code):
        odd, good = report(phone) | change, report(phone)
        first, second = phone.results(odd, good)
        assert (first["state"], first["code"], second["state"]) == ("refused", code, "done")
        kept = FieldAction.objects.get(state="refused")
        assert kept.data["raw"] == odd
        assert phone.results(odd, good) == [first, second]
        assert FieldAction.objects.count() == 2

    def test_even_what_is_no_action_at_all(self, phone):
        odd = [None, 7, "text", [], {}, {"id": str(uuid.uuid4()), "x": "\x00"}]
        told = phone.results(*odd)
        assert {one["state"] for one in told} == {"refused"}
        assert all(one["sentence"] for one in told)
        assert FieldAction.objects.count() == len(odd)

    def test_an_error_of_ours_is_tried_again_and_then_kept_as_refused(self, phone, monkeypatch):
        def broken(action, photos):
            raise RuntimeError("ours")

        monkeypatch.setitem(kinds.HANDLERS, "report", broken)
        action = report(phone)
        states = [phone.result(action)["state"] for _n in range(5)]
        assert states == ["waiting"] * 4 + ["refused"]
        assert FieldAction.objects.get().data["text"] == "水管漏水"

    def test_an_error_of_ours_that_went_away_is_made_up_by_the_worker(self, phone, monkeypatch):
        from tongxin.mobile.actions import apply_due

        with monkeypatch.context() as patch:
            patch.setitem(kinds.HANDLERS, "report", lambda action, photos: 1 / 0)
            assert phone.result(report(phone))["code"] == "trying_again"
        assert apply_due(at=now()) == 0  # its own call may still be at work
        assert apply_due(at=now() + timedelta(minutes=2)) == 1
        assert Case.objects.count() == 1
        assert FieldAction.objects.get().state == "done"

    def test_too_many_at_once_are_refused_whole(self, phone):
        actions = [report(phone) for _n in range(101)]
        assert phone.send(*actions).status_code == 422
        assert not FieldAction.objects.exists()
        assert len(phone.results(*actions[:100])) == 100


class TestClocks:
    @pytest.mark.parametrize("ahead", [timedelta(hours=5), timedelta(days=-400)])
    def test_a_clock_that_is_wrong_is_corrected_and_marked(self, api, ahead):
        phone = Phone(api, "mei", ahead=ahead)
        response = phone.send(report(phone, ago=HOUR)).json()
        told = response["results"][0]
        assert abs(response["skew_seconds"] + ahead.total_seconds()) < 5
        assert (told["state"], told["marks"]) == ("done", ["clock_off"])
        row, case = FieldAction.objects.get(), Case.objects.get()
        assert abs(now() - case.opened_at - HOUR) < timedelta(seconds=30)
        assert abs(row.claimed_at - case.opened_at - ahead) < timedelta(seconds=30)

    def test_two_minutes_are_within_what_clocks_do(self, api):
        phone = Phone(api, "mei", ahead=timedelta(seconds=-100))
        assert phone.result(report(phone))["marks"] == []

    def test_nothing_happened_after_it_came(self, phone):
        told = phone.result(report(phone, ago=-HOUR))
        assert (told["state"], told["marks"]) == ("done", ["from_future"])
        assert parse_datetime(told["at"]) <= now()

    @pytest.mark.parametrize(("days", "mark"), [(8, "old"), (100, "time_lost")])
    def test_what_is_old_is_marked(self, phone, days, mark):
        assert phone.result(report(phone, ago=timedelta(days=days)))["marks"] == [mark]

    def test_a_batch_is_applied_in_the_order_it_happened(self, phone, order):
        accept = phone.move(order, "accept", ago=timedelta(minutes=30))
        check_in = phone.move(order, "check_in", ago=timedelta(minutes=20))
        told = phone.results(check_in, accept)
        assert [one["state"] for one in told] == ["done", "done"]
        assert [one["id"] for one in told] == [check_in["id"], accept["id"]]


class TestOrders:
    def test_a_day_without_a_network_arrives_as_it_went(self, world, phone, order):
        seen = order.length
        made = [
            phone.move(order, "accept", based_on=seen, ago=timedelta(minutes=50)),
            phone.move(order, "check_in", based_on=seen, ago=timedelta(minutes=40)),
            phone.move(
                order,
                "wait",
                based_on=seen,
                note="等居民回家",
                until=(now() + HOUR).isoformat(),
                ago=timedelta(minutes=30),
            ),  # fmt: skip
        ]
        assert [one["state"] for one in phone.results(*made)] == ["done"] * 3
        order.refresh_from_db()
        assert (order.step, order.length) == ("waiting", seen + 3)
        event = order.events.get(name="check_in")
        assert event.data["place"]["lng"] == 117.55
        assert event.recorded_at - event.at > timedelta(minutes=39)

    @pytest.mark.parametrize(
        ("move", "data", "code"),
        [
            ("verify", {}, "no_such_move"),
            ("decline", {}, "something_missing"),
            ("fly", {}, "no_such_move"),
            ("accept", {"minutes": 5}, "not_asked_for"),
        ],
    )
    def test_what_the_flow_refuses_is_refused_with_its_sentence(
        self, phone, order, move, data, code
    ):
        told = phone.result(phone.move(order, move, **data))
        assert (told["state"], told["code"]) == ("refused", code)
        assert told["sentence"]
        order.refresh_from_db()
        assert order.step == "dispatched"

    def test_somebody_elses_order_is_not_there(self, api, order):
        told = Phone(api, "wu").result(Phone(api, "wu").move(order, "accept"))
        assert (told["state"], told["code"]) == ("refused", "not_found")

    def test_an_order_that_is_not_there_is_the_same(self, phone, order):
        order.pk = uuid.uuid4()
        assert phone.result(phone.move(order, "accept"))["code"] == "not_found"


class TestDoor:
    def test_signed_out_nothing_is_taken(self, phone):
        phone.who = ""
        response = phone.send(report(phone))
        assert (response.status_code, response.json()["code"]) == (401, "not_signed_in")
        assert not FieldAction.objects.exists()

    def test_the_session_of_a_page_sends_with_its_token_against_forgery(self, world, phone):
        from django.test import Client

        client = Client(enforce_csrf_checks=True)
        client.force_login(world.mei)
        csrf = client.get("/api/v1/field/bundle").json()["csrf"]
        body = json.dumps(phone.body(report(phone)))
        send = {"data": body, "content_type": "application/json"}
        assert client.post("/api/v1/field/sync", **send).status_code == 403
        response = client.post("/api/v1/field/sync", headers={"X-CSRFToken": csrf}, **send)
        assert response.json()["results"][0]["state"] == "done"

    def test_a_batch_may_be_packed(self, phone, api):
        packed = gzip.compress(json.dumps(phone.body(report(phone))).encode())
        response = api(
            "mei", "POST", "/field/sync", data=packed, content_type="application/json",
            headers={"Content-Encoding": "gzip"},
        )  # fmt: skip
        assert response.json()["results"][0]["state"] == "done"

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (gzip.compress(b" " * 9_000_000), 413),
            (gzip.compress(b"{}" * 99)[:30], 400),
            (b"no gzip", 400),
        ],
        ids=["too tight", "cut off", "not packed"],
    )
    def test_what_is_packed_too_tight_or_badly_is_refused(self, api, body, status):
        response = api(
            "mei", "POST", "/field/sync", data=body, content_type="application/json",
            headers={"Content-Encoding": "gzip"},
        )  # fmt: skip
        assert response.status_code == status

    def test_what_is_no_json_is_refused(self, api):
        response = api("mei", "POST", "/field/sync", data="{", content_type="application/json")
        assert response.status_code == 400


class TestList:
    def test_what_one_sent_by_state_newest_first(self, phone, api):
        good, bad = report(phone), report(phone, place=None)
        phone.results(good, bad)
        every = api("mei", "GET", "/field/actions").json()
        assert [one["id"] for one in every["items"]] == [bad["id"], good["id"]]
        refused = api("mei", "GET", "/field/actions?state=refused").json()["items"]
        assert [one["id"] for one in refused] == [bad["id"]]
        assert api("wang", "GET", "/field/actions").json()["items"] == []

    def test_what_was_refused_can_be_taken_back_what_is_done_not(self, phone, api):
        good, bad = report(phone), report(phone, place=None)
        phone.results(good, bad)
        path = "/field/actions/{}/withdraw"
        for _again in range(2):
            response = api("mei", "POST", path.format(bad["id"]))
            assert (response.status_code, response.json()["code"]) == (200, "withdrawn")
        response = api("mei", "POST", path.format(good["id"]))
        assert (response.status_code, response.json()["code"]) == (409, "already_done")
        assert api("wang", "POST", path.format(bad["id"])).status_code == 404
        assert phone.result(bad)["code"] == "withdrawn"


FRAMES = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")  # what is the outermost here is a savepoint


class TestBudget:
    def count(self, work) -> int:
        with CaptureQueriesContext(connection) as queries:
            work()
        return len([q for q in queries if not q["sql"].startswith(FRAMES)])

    def test_the_door_adds_at_most_six_statements_to_an_action(self, world, phone):
        phone.results(report(phone))  # warms what a process remembers
        given = {
            "text": "水管漏水",
            "lng": 117.55,
            "lat": 39.25,
            "channel": "grid",
            "actor": world.mei,
        }
        own = self.count(lambda: file_request(topic=world.tap, at=now(), key="own", **given))
        one, ten = [report(phone)], [report(phone) for _n in range(10)]
        assert self.count(lambda: phone.results(*one)) <= own + 6 + 1  # the token of the call
        assert self.count(lambda: phone.results(*ten)) <= 10 * (own + 2) + 4 + 1

    def test_the_bundle_takes_twelve_statements(self, api, world, phone, order):
        phone.results(report(phone))
        api("mei", "GET", "/field/bundle")
        with CaptureQueriesContext(connection) as queries:
            api("mei", "GET", f"/field/bundle?device={phone.id}")
        assert len(queries) <= 12, [q["sql"][:120] for q in queries]


class TestBundle:
    def test_it_holds_a_day(self, api, world, phone, order):
        phone.results(report(phone))
        told = api("mei", "GET", f"/field/bundle?device={phone.id}").json()
        assert told["user"] == {"id": world.mei.pk, "name": "梅雪", "roles": ["grid_worker"], "place": told["user"]["place"]}  # fmt: skip
        assert told["user"]["place"].endswith("第一网格")
        assert [one["code"] for one in told["grids"]] == [world.p1.code]
        assert told["grids"][0]["polygon"]["type"] == "Polygon"
        assert told["device"]["state"] == "new"
        assert told["on_duty"] is None
        assert told["notice"]["agreed_at"] is None
        assert {one["code"] for one in told["topics"]["items"]} == {"0101", "0102", "0103"}
        sorts = {one["code"]: one["sort"] for one in told["topics"]["items"]}
        assert len(told["results"]) == 1
        assert sorts["0101"] == "facility"
        assert [one["number"] for one in told["orders"]] == [order.number]

    def test_an_order_tells_what_may_follow_without_a_network(self, api, order):
        one = api("mei", "GET", "/field/bundle").json()["orders"][0]
        assert {move["name"]: move["to"] for move in one["moves"]}["accept"] == "accepted"
        later = {step: {move["name"] for move in moves} for step, moves in one["later"].items()}
        assert {"check_in", "check_out", "finish", "hand_back"} <= later["accepted"]
        finish = next(move for move in one["later"]["accepted"] if move["name"] == "finish")
        assert {need["name"] for need in finish["needs"]} == {"note", "photo"}

    def test_what_did_not_change_is_not_sent_again(self, api, world, order, monkeypatch):
        first = api("mei", "GET", "/field/bundle")
        monkeypatch.setattr(rest, "now", lambda: now() + timedelta(minutes=20))
        again = api("mei", "GET", "/field/bundle", headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        make_move(order, "recall", at=now(), actor=world.zhang)
        changed = api("mei", "GET", "/field/bundle", headers={"If-None-Match": first["ETag"]})
        assert changed.status_code == 200
        assert changed.json()["orders"] == []

    def test_signed_out_there_is_none(self, api):
        assert api("", "GET", "/field/bundle").status_code == 401

    def test_a_page_gets_a_token_against_forgery(self, world):
        assert browser(world.mei).get("/api/v1/field/bundle").json()["csrf"]
