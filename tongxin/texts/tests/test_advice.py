"""What is suggested, to whom, and that everything works on without it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tongxin.cases.actions import make_move
from tongxin.cases.models import Case
from tongxin.requests.actions import file_request
from tongxin.testing import NOON
from tongxin.texts import actions, queries
from tongxin.texts.models import Suggestion

LEAK = "厨房水管漏水没人修"


@pytest.fixture
def leak(world) -> Case:
    """A request filed under the wrong topic."""
    return file_request(
        text=f"{LEAK}，楼下都滴水了",
        topic=world.pothole,
        region=world.pine,
        at=NOON,
        actor=world.sun,
    )


def post(client, name, data, *args, **more):
    return client.post(reverse(f"texts:{name}", args=args), data, **more)


class TestWhileWriting:
    def test_the_form_offers_what_the_model_says(self, client, used):
        page = post(client, "suggest", {"text": LEAK}).content.decode()
        assert 'value="0101"' in page
        assert "您说的是不是" in page

    def test_one_that_is_chosen_is_not_offered_again(self, client, used):
        page = post(client, "suggest", {"text": LEAK, "topic": "0101"}).content.decode()
        assert 'value="0101"' not in page

    def test_without_a_model_the_catalogues_keywords_speak(self, client, world, var):
        world.tap.keywords = "水管 漏水"
        world.tap.save()
        assert 'value="0101"' in post(client, "suggest", {"text": LEAK}).content.decode()

    @pytest.mark.parametrize("text", ["", "水", "😀😀😀😀😀", "\x00\x00\x00\x00\x00", "<p></p>"])
    def test_where_nothing_is_likely_nothing_is_offered(self, client, used, text):
        assert post(client, "suggest", {"text": text}).content.strip() == b""

    def test_a_hundred_thousand_characters(self, client, used):
        assert post(client, "suggest", {"text": LEAK * 12_000}).status_code == 200

    def test_the_form_asks_this_address_and_files_without_it(self, client, used, world):
        assert reverse("texts:suggest") in client.get(reverse("requests:new")).content.decode()

    def test_a_broken_file_leaves_the_keywords(self, client, used, world, caplog):
        queries.path_of(used).write_bytes(b"broken")
        queries.forget_loaded()
        world.tap.keywords = "水管 漏水"
        world.tap.save()
        for _again in range(2):
            assert 'value="0101"' in post(client, "suggest", {"text": LEAK}).content.decode()
        assert len([one for one in caplog.records if "text model" in one.message]) == 1


class TestOnTheDesk:
    def test_who_may_correct_sees_topic_words_and_department(self, client, used, leak, world):
        done = file_request(
            text="水管又漏", topic=world.tap, region=world.reed, at=NOON, actor=world.ma
        )
        Case.objects.filter(pk=done.pk).update(handler=world.water, closed_at=NOON, step="closed")
        client.force_login(world.zhang)
        page = client.get(reverse("texts:case", args=[leak.pk])).content.decode()
        assert "水管维修" in page
        assert "因为说到了" in page
        assert "水管" in page.split("因为说到了")[1]
        assert "1 件由水务局办理" in page

    def test_the_case_page_loads_it(self, client, leak, world):
        address = reverse("texts:case", args=[leak.pk])
        client.force_login(world.zhang)
        assert address in client.get(reverse("cases:detail", args=[leak.pk])).content.decode()
        client.force_login(world.sun)
        assert address not in client.get(reverse("cases:detail", args=[leak.pk])).content.decode()

    def test_the_resident_and_strangers_get_nothing(self, client, used, leak, world):
        client.force_login(world.sun)
        assert client.get(reverse("texts:case", args=[leak.pk])).content == b""
        client.force_login(world.wu)
        assert client.get(reverse("texts:case", args=[leak.pk])).status_code == 404

    def test_adopting_is_a_persons_move(self, client, used, leak, world):
        client.force_login(world.zhang)
        post(client, "adopt", {"topic": "0101", "expect": leak.length}, leak.pk)
        leak.refresh_from_db()
        assert leak.topic == world.tap
        event = leak.events.order_by("-seq").first()
        assert (event.name, event.actor, event.note) == (
            "correct",
            world.zhang,
            "采用事项建议：水管维修",
        )

    def test_nobody_adopts_what_they_may_not_correct(self, client, used, leak, world):
        client.force_login(world.sun)
        post(client, "adopt", {"topic": "0101"}, leak.pk)
        leak.refresh_from_db()
        assert leak.topic == world.pothole

    def test_an_unknown_topic_or_the_same_changes_nothing(self, client, used, leak, world):
        client.force_login(world.zhang)
        assert post(client, "adopt", {"topic": "9999"}, leak.pk).status_code == 404
        post(client, "adopt", {"topic": "0103"}, leak.pk)
        assert leak.events.count() == 1

    def test_few_queries(self, client, used, leak, world):
        client.force_login(world.zhang)
        client.get(reverse("texts:case", args=[leak.pk]))
        with CaptureQueriesContext(
            connection,
        ) as seen:
            client.get(reverse("texts:case", args=[leak.pk]))
        assert len(seen) <= 9


class TestWhatIsLearntFromPeople:
    def test_every_request_gets_one_suggestion(self, used, leak, world):
        assert actions.suggest_due(at=NOON) == 1
        assert actions.suggest_due(at=NOON) == 0
        row = Suggestion.objects.get()
        assert (row.case, row.model, row.first) == (leak, used, world.tap)
        assert row.top[0][0] == "0101"
        assert row.top[0][1] > queries.FLOOR

    def test_nothing_is_changed_by_a_suggestion_alone(self, used, leak, world):
        actions.suggest_due(at=NOON)
        leak.refresh_from_db()
        assert (leak.topic, leak.length) == (world.pothole, 1)

    def test_what_people_settled_on_is_kept_when_the_case_ends(self, used, leak, world):
        actions.suggest_due(at=NOON)
        make_move(leak, "cancel", at=NOON + timedelta(hours=1), actor=world.sun)
        actions.suggest_due(at=NOON + timedelta(hours=2))
        row = Suggestion.objects.get()
        assert (row.chosen, row.settled_at) == (world.pothole, NOON + timedelta(hours=2))
        outcome = queries.outcome_of(used)
        assert (outcome["n"], outcome["right"]) == (1, 0)

    def test_without_a_model_nothing_is_written(self, leak, var):
        assert actions.suggest_due(at=NOON) == 0
        assert not Suggestion.objects.exists()


class TestReplies:
    def test_hints_before_sending(self, client, leak, world):
        client.force_login(world.zhang)
        page = post(
            client, "reply", {"note": "您反映的问题已转相关部门处理。"}, leak.pk
        ).content.decode()
        assert "只是提醒" in page
        assert leak.events.count() == 1

    def test_a_good_reply_gets_none(self, client, leak, world):
        client.force_login(world.zhang)
        note = "抱歉让您久等。3月2日下午水务局维修人员到您家厨房，水管接头已更换，楼下滴水也已停止，根据物业合同费用由物业承担。"
        page = post(client, "reply", {"note": note}, leak.pk).content.decode()
        assert "没有发现要提醒的" in page

    def test_only_who_may_reply_is_advised(self, client, leak, world):
        client.force_login(world.sun)
        assert post(client, "reply", {"note": "好"}, leak.pk).status_code == 404
        client.force_login(world.wu)
        assert post(client, "reply", {"note": "好"}, leak.pk).status_code == 404

    def test_the_form_of_the_move_asks_for_them(self, client, leak, world):
        client.force_login(world.zhang)
        page = client.get(reverse("cases:move", args=[leak.pk, "answer"])).content.decode()
        assert reverse("texts:reply", args=[leak.pk]) in page


class TestOverHttp:
    def test_suggest(self, api, used):
        found = api("zhang", "POST", "/texts/suggest", {"text": LEAK}).json()
        assert (found["by"], found["version"]) == ("model", used.pk)
        assert found["items"][0]["topic"] == "0101"
        assert found["items"][0]["confidence"] > 0.3
        assert "水管" in found["items"][0]["words"]

    def test_suggest_by_keywords(self, api, world, var):
        world.tap.keywords = "水管 漏水"
        world.tap.save()
        found = api("zhang", "POST", "/texts/suggest", {"text": LEAK}).json()
        assert (found["by"], found["version"]) == ("keywords", None)
        assert found["items"][0] == {
            "topic": "0101",
            "name": "水管维修",
            "confidence": None,
            "words": ["水管", "漏水"],
        }

    @pytest.mark.parametrize("text", ["", "水", "😀" * 50])
    def test_nothing_to_say(self, api, used, text):
        assert api("zhang", "POST", "/texts/suggest", {"text": text}).json()["items"] == []

    def test_too_long_is_refused(self, api, used):
        answer = api("zhang", "POST", "/texts/suggest", {"text": "水" * 100_001})
        assert (answer.status_code, answer.json()["field"]) == (422, "text")

    def test_somebody_unknown_is_refused(self, api, used):
        assert api("", "POST", "/texts/suggest", {"text": LEAK}).status_code == 401

    def test_check_reply(self, api, world):
        body = {"message": "路灯什么时候修好？", "reply": "不归我们管！！"}
        found = api("zhang", "POST", "/texts/check-reply", body).json()
        assert {"rude", "loud", "too_short"} <= {one["kind"] for one in found["items"]}
        assert found["points"] == ["路灯什么时候修好？"]
