"""A call at the desk: who called, what is kept while they talk, what comes of it, who sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import localtime, now

from tongxin.accounts.actions import set_phone
from tongxin.accounts.models import AuditEntry
from tongxin.cases.actions import make_move
from tongxin.cases.models import Case
from tongxin.hotline import actions, queries
from tongxin.hotline.models import Call, CallBack, QuickAnswer
from tongxin.requests.actions import file_request
from tongxin.testing import NOON

PHONE = "13812345678"


def url(name: str, *args) -> str:
    return reverse(f"hotline:{name}", args=args)


def text(answer) -> str:
    return answer.content.decode()


@pytest.fixture
def call(world):
    return actions.start_call(region=world.tong, operator=world.ops, at=NOON, phone=PHONE)


def before(world, **more) -> Case:
    given = {"topic": world.tap, "region": world.pine, "at": NOON, "actor": world.zhang} | more
    return file_request(text="上周说的水管", contact=PHONE, channel="desk", **given)


class TestTaking:
    @pytest.mark.parametrize("typed", [PHONE, "138 1234 5678", "+86 138-1234-5678"])
    def test_a_number_is_sealed_and_shown_masked(self, ops, world, typed):
        page = text(ops.post(url("start"), {"phone": typed}, follow=True))
        assert "138****5678" in page and PHONE not in page
        call = Call.objects.get()
        assert PHONE not in call.phone_sealed and len(call.phone_index) == 64

    @pytest.mark.parametrize("typed", ["022-66551234", ""])
    def test_a_fixed_line_or_no_number_will_do(self, ops, world, typed):
        assert ops.post(url("start"), {"phone": typed}).status_code == 302

    @pytest.mark.parametrize("typed", ["12", "abc", "1" * 40])
    def test_a_number_that_is_none_is_refused_beside_its_field(self, ops, typed):
        answer = ops.post(url("start"), {"phone": typed})
        assert answer.status_code == 422 and "has-error" in text(answer)
        assert not Call.objects.exists()

    def test_one_call_at_a_time(self, world, call):
        with pytest.raises(actions.AlreadyTalking):
            actions.start_call(region=world.tong, operator=world.ops, at=NOON)

    def test_only_operators_take_calls(self, world, client):
        for who in (world.zhang, world.gao, world.sun):
            with pytest.raises(actions.calling.NotPermitted):
                actions.start_call(region=world.tong, operator=who, at=NOON)

    def test_who_called_before_is_found_by_the_exact_number(self, ops, world, call):
        mine = before(world)
        file_request(text="别人的事", topic=world.tap, region=world.pine, at=NOON,
                     actor=world.zhang, contact="13900000000")  # fmt: skip
        page = text(ops.get(url("desk")))
        assert mine.number in page and "别人的事" not in page

    def test_a_private_request_is_told_by_its_outline_without_a_way_in(self, ops, world, call):
        mine = before(world, is_private=True)
        found = queries.requests_of(call.phone_index, world.ops, at=NOON)
        assert [(one.case.pk, one.url, one.may) for one in found] == [(mine.pk, "", frozenset())]
        assert mine.number in text(ops.get(url("desk")))


class TestTalking:
    def test_what_is_written_is_kept_and_there_again_after_a_reload(self, ops, world, call):
        ops.post(url("listen", call.pk), {"text": "楼道灯坏了", "region": world.pine.code})
        page = text(ops.get(url("desk")))
        assert "楼道灯坏了" in page
        assert f'<option value="{world.pine.code}" selected>' in page

    def test_what_is_near_and_what_is_ready_to_say(self, ops, world, call):
        other = file_request(text="松社区厨房漏水", topic=world.tap, region=world.p1, at=now(),
                             actor=world.sun)  # fmt: skip
        hidden = file_request(text="不公开漏水", topic=world.tap, region=world.p1, at=now(),
                              actor=world.sun, is_private=True)  # fmt: skip
        QuickAnswer.objects.create(
            code="A1", title="水费怎么交", text="到营业厅或手机上交。", keywords="水费 交水费"
        )
        QuickAnswer.objects.create(
            code="A2", title="停用的", text="旧", keywords="水费", is_active=False
        )
        said = {"text": "水费怎么这么高，是不是漏水", "region": world.pine.code, "topic": "0101"}
        heard = text(ops.post(url("listen", call.pk), said))
        assert other.title in heard and hidden.title not in heard
        assert "到营业厅或手机上交。" in heard and "旧" not in heard

    def test_a_place_that_is_named_is_offered(self, ops, world, call):
        heard = text(ops.post(url("listen", call.pk), {"text": "我是苇社区的"}))
        assert f'data-fill="{world.reed.code}"' in heard

    def test_what_is_too_long_or_strange_is_cut_and_not_judged_yet(self, ops, world, call):
        said = {"text": "长" * 20_000, "topic": "nonsense", "region": "nowhere", "x": "y"}
        assert ops.post(url("listen", call.pk), said).status_code == 200
        call.refresh_from_db()
        assert len(call.draft["text"]) == 10_000 and "x" not in call.draft


class TestEnding:
    @pytest.mark.mission("S3.49", "S0.49")
    def test_filing_ends_the_call_and_the_channel_is_the_hotline(self, ops, world, call):
        set_phone(user=world.sun, phone=PHONE, by=None, at=NOON)
        said = {"text": "厨房漏水", "topic": "0101", "region": world.pine.code, "address": "3 号楼"}
        page = text(ops.post(url("file", call.pk), said, follow=True))
        case = Case.objects.get()
        assert f"已建单 {case.number}" in page
        assert (case.request.channel, case.reporter, case.region) == (
            "hotline",
            world.sun,
            world.pine,
        )
        assert case.events.get().actor == world.ops
        call.refresh_from_db()
        assert (call.outcome, call.case, call.draft) == ("filed", case, {})

    @pytest.mark.parametrize(
        ("given", "words"),
        [({"region": ""}, "请选择在哪个社区"), ({"text": ""}, "请填写说了什么"),
         ({"region": "nowhere"}, "请从列表里选社区")],
    )  # fmt: skip
    def test_what_is_missing_is_said_and_nothing_is_lost(self, ops, world, call, given, words):
        said = {"text": "厨房漏水", "region": world.pine.code, "address": "3 号楼"} | given
        answer = ops.post(url("file", call.pk), said)
        assert answer.status_code == 422 and words in text(answer) and "3 号楼" in text(answer)
        assert not Case.objects.exists()

    def test_an_answer_on_the_spot(self, ops, call):
        said = {"text": "水费在哪交", "answer": "到营业厅。"}
        ops.post(url("answer", call.pk), said)
        call.refresh_from_db()
        assert (call.outcome, call.asked, call.answer) == ("answered", "水费在哪交", "到营业厅。")
        assert not Case.objects.exists()

    def test_an_answer_needs_words(self, ops, call):
        answer = ops.post(url("answer", call.pk), {"text": "水费在哪交"})
        assert answer.status_code == 422 and "请填写答复" in text(answer)

    def test_pressing_and_adding_for_the_caller(self, ops, world, call):
        case = before(world)
        ops.post(url("urge", call.pk, case.pk))
        case.refresh_from_db()
        assert case.events.order_by("-seq").first().name == "urge"
        second = actions.start_call(region=world.tong, operator=world.ops, at=NOON, phone=PHONE)
        ops.post(url("add", second.pk, case.pk), {"note": "今天更严重了"})
        last = case.events.order_by("-seq").first()
        assert (last.name, last.note, last.actor) == ("add", "今天更严重了", world.ops)

    def test_nobody_presses_for_another(self, ops, world, call):
        case = file_request(text="别人的事", region=world.pine, at=NOON, actor=world.sun)
        assert ops.post(url("urge", call.pk, case.pk)).status_code == 404
        assert ops.get(url("rate", call.pk, case.pk)).status_code == 404

    @pytest.mark.mission("S0.53")
    def test_a_rating_by_telephone(self, ops, world, call):
        case = before(world)
        Case.objects.filter(pk=case.pk).update(step="verified")
        ops.post(url("rate", call.pk, case.pk), {"stars": "2", "words": "等太久"})
        case.refresh_from_db()
        assert (case.step, case.request.stars, case.request.words) == ("closed", 2, "等太久")
        assert Case.objects.filter(kind="follow_up", parent=case).exists()

    def test_a_promise_to_call_back_is_kept_or_closed_after_three_tries(self, ops, world, call):
        due = (localtime() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
        ops.post(url("promise", call.pk), {"due_at": due, "reason": "问清楚门牌"})
        promised = CallBack.objects.get()
        assert "问清楚门牌" in text(ops.get(url("backs")))
        for _n in range(3):
            ops.post(url("back", promised.pk), {"reached": "0"})
        promised.refresh_from_db()
        assert (promised.tries, promised.result) == (3, "拨打 3 次未接通")
        assert ops.post(url("back", promised.pk), {"reached": "0"}).status_code == 404

    def test_no_promise_without_a_number_or_for_the_past(self, ops, world, call):
        past = (localtime() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
        answer = ops.post(url("promise", call.pk), {"due_at": past, "reason": "问"})
        assert answer.status_code == 422 and "60 天以内" in text(answer)

    def test_a_call_that_has_ended_takes_nothing_more(self, ops, world, call):
        ops.post(url("drop", call.pk))
        said = {"text": "厨房漏水", "region": world.pine.code}
        page = text(ops.post(url("file", call.pk), said, follow=True))
        assert "这通电话已经结束" in page and not Case.objects.exists()

    def test_filing_twice_files_once(self, world, call):
        given = {"text": "漏水", "region": world.pine, "by": world.ops, "at": NOON}
        actions.file_call(call=call, **given)
        with pytest.raises(actions.CallOver):
            actions.file_call(call=call, **given)
        assert Case.objects.count() == 1


class TestWho:
    def test_the_whole_number_only_for_a_reason_that_is_written_down(self, ops, world, call):
        assert ops.post(url("number", call.pk), {"reason": "看"}).status_code == 422
        page = text(ops.post(url("number", call.pk), {"reason": "回拨核对门牌"}))
        assert PHONE in page
        told = AuditEntry.objects.get(action="call.reveal")
        assert (told.actor, told.reason) == (world.ops, "回拨核对门牌")

    def test_the_officer_overlooks_but_reads_no_number(self, client, world, call):
        client.force_login(world.gao)
        assert "您只能查看" in text(client.get(url("desk")))
        assert client.post(url("number", call.pk), {"reason": "想看看号码"}).status_code == 403
        assert not AuditEntry.objects.filter(action="call.reveal").exists()

    @pytest.mark.parametrize("who", ["sun", "zhang", "wang", "li", "qin", "liu"])
    def test_for_others_there_is_nothing(self, client, world, call, who):
        client.force_login(getattr(world, who))
        is_officer = who == "liu"  # of a street: may look in, and finds nothing there
        for name in ("desk", "calls", "backs", "orders"):
            assert client.get(url(name)).status_code == (200 if is_officer else 404)
        assert client.get(url("number", call.pk)).status_code == 404
        assert client.post(url("listen", call.pk), {"text": "x"}).status_code == 404

    def test_an_operator_reads_what_was_said_to_answer_who_asks(self, ops, world):
        case = before(world)
        make_move(case, "answer", at=NOON, actor=world.zhang, note="明天上午来修")
        page = text(ops.get(reverse("cases:detail", args=[case.pk])))
        assert "明天上午来修" in page and PHONE not in page

    def test_a_colleague_does_not_take_over_a_call(self, client, world, call):
        colleague = world.person("ops2", "孟话务", world.district_office, "operator")
        client.force_login(colleague)
        for name in ("listen", "file", "answer", "drop"):
            assert client.post(url(name, call.pk), {"text": "x"}).status_code == 404

    @pytest.mark.parametrize("name", ["desk", "calls", "backs", "orders"])
    def test_pages_ask_few_queries(self, ops, world, django_assert_max_num_queries, name):
        for n in range(3):
            one = actions.start_call(
                region=world.tong, operator=world.ops, at=NOON, phone=f"1380000000{n}"
            )
            actions.promise_call_back(
                call=one, by=world.ops, at=now(), due_at=now() + timedelta(hours=1), reason="问"
            )
        ops.get(url(name))
        with django_assert_max_num_queries(8):
            ops.get(url(name))

    def test_a_running_call_asks_few_queries(self, ops, world, call, django_assert_max_num_queries):
        before(world)
        ops.get(url("desk"))
        with django_assert_max_num_queries(13):
            ops.get(url("desk"))
