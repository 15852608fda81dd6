"""A resident's home, their own requests, one case on the phone, and rating."""

from datetime import timedelta

import pytest
from django.core.signing import TimestampSigner
from django.urls import reverse
from django.utils.timezone import now

from tongxin.accounts.models import Notice
from tongxin.cases.actions import make_move, settle_events
from tongxin.cases.models import Case
from tongxin.requests.actions import rating_token

from .phone import ask, browser, hang, take, text_of, verify


def page_of(case, name="case"):
    return reverse(f"requests:{name}", args=[case.pk])


@pytest.fixture
def sun(world):
    return browser(world.sun)


class TestHome:
    def test_somebody_unknown_may_start_and_sign_in(self, world, client):
        page = text_of(client.get(reverse("requests:home")))
        assert reverse("requests:new") in page
        assert reverse("accounts:sign-in") in page

    def test_open_requests_with_their_line_and_the_time_left(self, world, sun):
        ask(world, text="楼道灯不亮")
        ask(world, who=world.ma, text="别人的事")
        page = text_of(sun.get(reverse("requests:home")))
        assert "楼道灯不亮" in page and "别人的事" not in page
        assert "还剩" in page and "dotline" in page

    def test_what_is_asked_for_most_often_stands_first(self, world, client):
        from tongxin.cases.actions import count_cases

        for _n in range(2):
            ask(world, topic=world.pothole)
        ask(world, topic=world.tap)
        count_cases()
        page = text_of(client.get(reverse("requests:home")))
        assert page.index("道路坑洼") < page.index("水管维修") < page.index("代买代办")

    def test_unread_notices(self, world, sun):
        case = ask(world)
        make_move(case, "dispatch", at=now(), actor=world.zhang, holder=world.wang)
        settle_events(at=now())
        assert "派单：厨房水管漏水" in text_of(sun.get(reverse("requests:home")))


class TestMine:
    def test_open_and_finished_apart(self, world, sun):
        ask(world, text="还在办的")
        closed = ask(world, text="撤掉的")
        make_move(closed, "cancel", at=now(), actor=world.sun)
        mine = reverse("requests:mine")
        assert "还在办的" in text_of(sun.get(mine)) and "撤掉的" not in text_of(sun.get(mine))
        done = text_of(sun.get(mine, {"view": "done"}))
        assert "撤掉的" in done and "还在办的" not in done

    def test_pages_follow_one_another_without_gap_or_repeat(self, world, sun):
        for n in range(23):
            ask(world, text=f"第{n:02d}件")
        first = sun.get(reverse("requests:mine"))
        cursor = first.context["next_cursor"]
        second = sun.get(reverse("requests:mine"), {"cursor": cursor})
        titles = [c["title"] for r in (first, second) for c in r.context["cards"]]
        assert titles == [f"第{n:02d}件" for n in range(22, -1, -1)]
        assert second.context["next_cursor"] == ""

    def test_a_cursor_of_ones_own_making(self, world, sun):
        response = sun.get(reverse("requests:mine"), {"cursor": "'; --"})
        assert response.status_code == 422

    def test_eight_queries_for_a_full_page(self, world, sun, django_assert_max_num_queries):
        for n in range(50):
            ask(world, text=f"第{n}件")
        with django_assert_max_num_queries(8):
            sun.get(reverse("requests:mine"))
        with django_assert_max_num_queries(10):
            sun.get(reverse("requests:home"))


class TestCase:
    @pytest.mark.mission("S0.54")
    def test_the_resident_follows_every_step(self, world, sun):
        case = take(world, ask(world), world.wang)
        page = text_of(sun.get(page_of(case)))
        for words in ("您提交", "张敏派给王芳", "王芳接单", "王芳已接单，正在办理"):
            assert words in page

    def test_somebody_elses_is_not_found(self, world, sun):
        case = ask(world, who=world.ma)
        assert sun.get(page_of(case)).status_code == 404
        assert browser(world.wu).get(page_of(case)).status_code == 404

    def test_nobody_signs_in_first(self, world, client):
        assert client.get(page_of(ask(world))).status_code == 302

    def test_notes_between_desk_and_doer_are_not_the_residents(self, world, sun):
        case = take(world, ask(world), world.wang)
        make_move(case, "check_in", at=now(), actor=world.wang, place={"lng": 117.55, "lat": 39.25})
        make_move(case, "hand_back", at=now(), actor=world.wang, note="这家人不好说话")
        assert "这家人不好说话" not in text_of(sun.get(page_of(case)))

    def test_answers_are(self, world, sun):
        case = take(world, ask(world), world.wang)
        make_move(case, "answer", at=now(), actor=world.wang, note="下午两点到")
        assert "下午两点到" in text_of(sun.get(page_of(case)))

    def test_the_resident_urges_at_most_three_times_a_day(self, world, sun):
        case = ask(world)
        url = reverse("cases:move", args=[case.pk, "urge"]) + "?at_once=1"
        assert url in text_of(sun.get(page_of(case)))
        for _n in range(3):
            sun.post(url, {"next": page_of(case)})
        response = sun.post(url, {"next": page_of(case)}, headers={"Referer": page_of(case)})
        assert case.events.filter(name="urge").count() == 3
        assert response.status_code in (302, 429)

    def test_somebody_who_does_it_gets_their_own_buttons(self, world):
        case = take(world, ask(world), world.wang)
        wang = browser(world.wang)
        page = text_of(wang.get(page_of(case)))
        assert "签到" in page and "签退" not in page and "催单" not in page
        make_move(case, "check_in", at=now(), actor=world.wang, place={"lng": 117.55, "lat": 39.25})
        page = text_of(wang.get(page_of(case)))
        assert "签退" in page and "刚到现场" in page

    def test_a_staff_members_desk_moves_stay_at_the_desk(self, world):
        case = ask(world, who=world.zhang)
        page = text_of(browser(world.zhang).get(page_of(case)))
        assert "催单" in page and "放入抢单大厅" not in page

    def test_few_queries(self, world, sun, django_assert_max_num_queries):
        case = take(world, ask(world), world.wang)
        with django_assert_max_num_queries(9):
            sun.get(page_of(case))


class TestRatingByLink:
    @pytest.fixture
    def case(self, world) -> Case:
        return verify(world, take(world, ask(world), world.wang), world.wang)

    @pytest.fixture
    def link(self, case):
        return reverse("requests:rate", args=[rating_token(case)])

    @pytest.mark.mission("S0.53")
    def test_once_without_signing_in(self, world, client, case, link):
        assert "您满意吗" in text_of(client.get(link))
        response = client.post(link, {"stars": "5", "tags": ["来得快"], "words": "谢谢"})
        assert "谢谢您的评价" in text_of(response)
        case.refresh_from_db()
        assert (case.step, case.request.stars, case.request.tags) == ("closed", 5, ["来得快"])

    def test_a_used_link_shows_what_was_said_and_changes_nothing(self, client, case, link):
        client.post(link, {"stars": "5"})
        for response in (client.get(link), client.post(link, {"stars": "1", "words": "不好"})):
            assert "已经评过了" in text_of(response)
        case.request.refresh_from_db()
        assert (case.request.stars, case.request.words) == (5, "")

    def test_no_stars_no_rating(self, client, case, link):
        for sent in ({}, {"stars": "6"}, {"stars": "0"}, {"stars": "x"}):
            response = client.post(link, sent)
            assert response.status_code == 422
            assert "请选择 1 到 5 星" in text_of(response)
        case.refresh_from_db()
        assert case.step == "verified"

    def test_words_of_ones_own_are_no_tags(self, client, case, link):
        response = client.post(link, {"stars": "5", "tags": ["<b>好</b>"]})
        assert response.status_code == 422
        assert "请从列出的词里选择" in text_of(response)

    def test_tags_ticked_before_the_stars_changed_are_left_out(self, client, case, link):
        client.post(link, {"stars": "1", "tags": ["来得快", "没解决"]})
        case.request.refresh_from_db()
        assert case.request.tags == ["没解决"]

    def test_too_many_words(self, client, case, link):
        response = client.post(link, {"stars": "5", "words": "好" * 501})
        assert "最多 500 个字" in text_of(response)

    def test_a_link_of_ones_own_making(self, client, case):
        for token in ("x", f"{case.pk}:1:2", TimestampSigner(salt="other").sign(str(case.pk))):
            response = client.get(reverse("requests:rate", args=[token]))
            assert response.status_code == 410
            assert reverse("requests:mine") in text_of(response)

    def test_a_link_of_last_month(self, client, case, monkeypatch):
        link = reverse("requests:rate", args=[rating_token(case)])
        later = now().timestamp() + timedelta(days=15).total_seconds()
        monkeypatch.setattr("django.core.signing.time.time", lambda: later)
        assert client.get(link).status_code == 410

    def test_an_order_that_was_reopened_is_not_rated(self, world, client, case, link):
        make_move(case, "reopen", at=now(), actor=world.zhang, note="没修好")
        page = text_of(client.post(link, {"stars": "5"}))
        assert "正在重新办理" in page
        case.request.refresh_from_db()
        assert case.request.stars is None

    def test_the_message_carries_the_link(self, world, client, case):
        settle_events(at=now())
        notice = Notice.objects.filter(user=world.sun).latest("pk")
        assert notice.url.startswith("/requests/rate/")
        assert client.get(notice.url).status_code == 200
        others = Notice.objects.exclude(user=world.sun).values_list("url", flat=True)
        assert not any("rate" in url for url in others)

    def test_photos_are_not_for_whoever_has_the_link(self, client, link):
        assert "/cases/evidence/" not in text_of(client.get(link))


class TestRatingOnesOwn:
    def test_signed_in(self, world, sun):
        case = verify(world, take(world, ask(world), world.wang), world.wang)
        assert page_of(case, "rate-case") in text_of(sun.get(page_of(case)))
        response = sun.post(page_of(case, "rate-case"), {"stars": "4"})
        assert response["Location"] == page_of(case)
        case.refresh_from_db()
        assert case.step == "closed"
        assert "4 星" in text_of(sun.get(page_of(case)))

    def test_not_before_it_is_done(self, world, sun):
        case = hang(world)
        response = sun.post(page_of(case, "rate-case"), {"stars": "4"})
        assert response["Location"] == page_of(case)
        case.refresh_from_db()
        assert case.step == "hall"

    def test_not_by_somebody_else(self, world):
        case = verify(world, take(world, ask(world), world.wang), world.wang)
        assert browser(world.ma).get(page_of(case, "rate-case")).status_code == 404
        assert (
            browser(world.zhang).post(page_of(case, "rate-case"), {"stars": "5"}).status_code == 404
        )
