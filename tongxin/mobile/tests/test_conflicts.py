"""It moved on while the phone was away: both sides are kept, a person decides, the sender is told."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from tongxin.accounts.models import AuditEntry, Notice
from tongxin.cases.actions import make_move
from tongxin.cases.models import Case
from tongxin.mobile.models import FieldAction
from tongxin.requests.actions import file_request

from .phone import Phone, browser, picture

HOUR = timedelta(hours=1)


@pytest.fixture
def order(world) -> Case:
    case = file_request(
        text="厨房水管漏水", topic=world.tap, lng=117.55, lat=39.25, at=now() - 4 * HOUR,
        actor=world.sun,
    )  # fmt: skip
    make_move(case, "dispatch", at=now() - 3 * HOUR, actor=world.zhang, holder=world.mei)
    case.refresh_from_db()
    return case


@pytest.fixture
def rival(world, phone, order) -> tuple[dict, dict]:
    """Mei finished it without a network; meanwhile Zhang gave it to Wang. (accept, finish)"""
    seen = order.length
    make_move(order, "recall", at=now() - HOUR, actor=world.zhang)
    make_move(order, "dispatch", at=now() - HOUR, actor=world.zhang, holder=world.wang)
    make_move(order, "accept", at=now() - HOUR / 2, actor=world.wang)
    order.refresh_from_db()
    accept = phone.move(order, "accept", based_on=seen, ago=2 * HOUR)
    finish = phone.move(
        order, "finish", based_on=seen, ago=HOUR, note="换了阀门", photos=[("after", picture())]
    )
    phone.results(accept, finish)
    phone.upload(finish)
    return accept, finish


def row_of(action: dict) -> FieldAction:
    return FieldAction.objects.get(key=action["id"])


def decide(world, action: dict, decision: str, why: str = "", who: str = "zhang"):
    page = f"/field/conflicts/{row_of(action).pk}/"
    return browser(getattr(world, who)).post(page, {"decision": decision, "why": why})


class TestMovedOn:
    def test_neither_side_is_lost_and_the_dispatcher_is_asked(self, world, phone, order, rival):
        accept, finish = rival
        told = phone.results(accept, finish)
        assert [one["state"] for one in told] == ["conflict", "conflict"]
        assert "离线时已由别人处理" in told[1]["sentence"]
        order.refresh_from_db()
        assert (order.step, order.holder) == ("accepted", world.wang)
        row = row_of(finish)
        assert (row.data["note"], row.found["step_label"], row.area) == (
            "换了阀门",
            "办理中",
            order.area,
        )
        notice = Notice.objects.filter(user=world.zhang, url=f"/field/conflicts/{row.pk}/").get()
        assert "梅雪" in notice.text

    def test_what_others_only_added_is_no_conflict(self, world, phone, order):
        seen = order.length
        make_move(order, "urge", at=now() - HOUR, actor=world.sun)
        told = phone.result(phone.move(order, "accept", based_on=seen))
        assert told["state"] == "done"

    def test_without_a_word_of_what_was_seen_the_flow_decides(self, world, phone, order):
        make_move(order, "recall", at=now() - HOUR, actor=world.zhang)
        told = phone.result(phone.move(order, "accept"))
        assert (told["state"], told["code"]) == ("refused", "no_such_move")

    def test_the_sender_learns_nothing_of_an_order_that_is_no_longer_theirs(self, phone, rival):
        told = phone.result(rival[1])
        assert "王芳" not in str(told)
        assert told["about"]["url"] == "/field/"


class TestDeciding:
    @pytest.mark.parametrize("who", ["wu", "wang", "sun"])
    def test_by_nobody_elsewhere(self, world, rival, who):
        assert decide(world, rival[1], "server", "不对", who=who).status_code in (403, 404)
        assert row_of(rival[1]).state == "conflict"

    def test_by_nobody_for_themselves(self, world, api, order):
        from tongxin.orgs.models import Post

        Post.objects.create(user=world.mei, org=world.pine_office, role="dispatcher", region=world.pine)  # fmt: skip
        phone, seen = Phone(api, "mei"), order.length
        make_move(order, "recall", at=now() - HOUR, actor=world.zhang)
        action = phone.move(order, "accept", based_on=seen)
        assert phone.result(action)["state"] == "conflict"
        assert decide(world, action, "server", "我自己定", who="mei").status_code == 404
        assert row_of(action).state == "conflict"

    def test_keep_the_servers_for_a_reason_that_is_told(self, world, phone, order, rival):
        assert decide(world, rival[1], "server").status_code == 422
        assert decide(world, rival[1], "server", "已改派王芳").status_code == 302
        told = phone.result(rival[1])
        assert (told["state"], told["code"]) == ("refused", "server_kept")
        assert "已改派王芳" in told["sentence"]
        assert Notice.objects.filter(user=world.mei, key__startswith="field-decided").exists()
        assert AuditEntry.objects.filter(action="field.decide", actor=world.zhang).exists()
        order.refresh_from_db()
        assert order.holder == world.wang

    def test_take_the_phones_in_the_open_step_by_step(self, world, phone, order, rival):
        assert decide(world, rival[1], "phone", "梅雪先到现场").status_code == 302
        assert phone.result(rival[1])["state"] == "done"
        order.refresh_from_db()
        assert (order.step, order.holder) == ("done", world.mei)
        names = list(order.events.order_by("seq").values_list("name", flat=True))
        assert names[-5:] == ["release", "recall", "dispatch", "accept", "finish"]
        assert order.evidence.get().kind == "after"
        assert order.events.get(name="finish").note.startswith("换了阀门（")

    def test_add_what_the_phone_says_to_the_book_and_take_no_step(self, world, phone, order, rival):
        assert decide(world, rival[1], "note", "两人都去了").status_code == 302
        told = phone.result(rival[1])
        assert (told["state"], told["code"]) == ("done", "note_added")
        order.refresh_from_db()
        assert (order.step, order.holder) == ("accepted", world.wang)
        assert "换了阀门" in order.events.order_by("-seq").first().note
        assert order.evidence.count() == 1

    def test_what_has_ended_can_only_be_noted(self, world, order, rival):
        make_move(
            order, "finish", at=now(), actor=world.wang, note="好了",
            evidence=[evidence(order, world.wang)],
        )  # fmt: skip
        response = decide(world, rival[1], "phone", "梅雪先到")
        assert response.status_code == 409
        assert "不能再改成手机上的" in response.content.decode()
        assert row_of(rival[1]).state == "conflict"

    def test_once(self, world, rival):
        decide(world, rival[1], "server", "已改派")
        assert decide(world, rival[1], "phone", "反悔").status_code == 409
        assert row_of(rival[1]).decision == "server"

    def test_the_sender_may_take_it_back_first(self, world, api, rival):
        assert api("mei", "POST", f"/field/actions/{rival[1]['id']}/withdraw").status_code == 200
        assert decide(world, rival[1], "server", "已改派").status_code == 409


def evidence(case, who):
    from tongxin.cases.actions import keep_evidence

    return keep_evidence(case=case, data=picture(9), kind="photo", actor=who, at=now())


class TestPages:
    def test_the_list_shows_what_waits_and_what_was_refused(self, world, phone, rival):
        phone.result(phone.act("report", text="没有位置", place=None))
        zhang = browser(world.zhang)
        assert "厨房水管漏水" in zhang.get("/field/conflicts/").content.decode()
        refused = zhang.get("/field/conflicts/?state=refused").content.decode()
        assert "没有位置" in refused

    def test_both_sides_stand_side_by_side_with_the_photos(self, world, rival):
        row = row_of(rival[1])
        zhang = browser(world.zhang)
        text = zhang.get(f"/field/conflicts/{row.pk}/").content.decode()
        assert "换了阀门" in text
        assert "办理中" in text
        photo = row.photos[0]["id"]
        shown = zhang.get(f"/photos/{photo}/thumb/")
        assert b"".join(shown.streaming_content)[:2] == b"\xff\xd8"
        assert browser(world.wu).get(f"/photos/{photo}/thumb/").status_code == 404

    @pytest.mark.parametrize(("who", "status"), [("wu", 200), ("mei", 403), ("sun", 403)])
    def test_nobody_elses_land_is_shown(self, world, rival, who, status):
        response = browser(getattr(world, who)).get("/field/conflicts/")
        assert response.status_code == status
        assert "厨房水管漏水" not in response.content.decode()
        page = f"/field/conflicts/{row_of(rival[1]).pk}/"
        assert browser(getattr(world, who)).get(page).status_code in (403, 404)

    def test_a_page_of_the_list_takes_eight_statements(
        self, world, phone, django_assert_max_num_queries
    ):
        phone.results(*[phone.act("report", text="没有位置", place=None) for _n in range(20)])
        zhang = browser(world.zhang)
        with django_assert_max_num_queries(8):
            zhang.get("/field/conflicts/?state=refused")
