"""The hall, orders in hand, and handing in what was done."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import now

from tongxin.cases.actions import make_move
from tongxin.cases.models import Case, Topic
from tongxin.orgs.models import Volunteer

from .phone import ask, browser, hang, jpeg, take, text_of, upload

HALL = "/requests/hall/"
ORDERS = "/requests/orders/"
LIVE = {"HX-Request": "true"}


@pytest.fixture
def wang(world):
    return browser(world.wang)


def grab(client, case, key=None, **extra):
    return client.post(
        reverse("requests:grab", args=[case.pk]),
        {"key": key or str(uuid.uuid4())},
        headers={"Referer": f"http://testserver{HALL}"},
        **extra,
    )


class TestHall:
    def test_each_order_says_how_far_how_long_what_for_and_why(self, world, wang):
        hang(world, text="厨房漏水", lng=117.61, lat=39.29)
        page = text_of(wang.get(HALL))
        for words in ("厨房漏水", "约 1.4 公里", "4 工作时", "+3", "需要水电，您会"):
            assert words in page, words

    def test_of_another_street_nothing(self, world):
        hang(world)
        qian = world.person("qian", "钱多", world.salt_office, "volunteer")
        Volunteer.objects.create(user=qian, home=world.salt)
        assert "厨房水管漏水" not in text_of(browser(qian).get(HALL))

    def test_without_the_skill_it_can_be_seen_but_not_grabbed(self, world, wang):
        world.wang.volunteer.skills.clear()
        case = hang(world)
        page = text_of(wang.get(HALL))
        assert "您还没有登记这项技能" in page
        assert reverse("requests:grab", args=[case.pk]) not in page
        assert "补充技能" in text_of(grab(wang, case, follow=True))
        case.refresh_from_db()
        assert case.step == "hall"

    def test_sorted_by_what_one_asks_for(self, world, wang):
        hang(world, text="远的急", topic=world.errand, lng=117.69, lat=39.39)
        hang(world, text="近的", lng=117.601, lat=39.301)
        for sort, first in (("urgent", "远的急"), ("near", "近的")):
            page = text_of(wang.get(HALL, {"sort": sort}))
            assert min(("远的急", "近的"), key=page.index) == first, sort

    def test_the_way_counts_from_where_one_is(self, world, wang):
        hang(world, lng=117.55, lat=39.25)
        page = text_of(wang.get(HALL, {"lng": "117.5505", "lat": "39.2505"}))
        assert "约 100 米" in page

    def test_only_for_those_who_take_orders(self, world):
        response = browser(world.sun).get(HALL)
        assert response.status_code == 403
        assert "登记成为志愿者" in text_of(response)

    def test_looking_again(self, world, wang):
        hang(world, text="第一张")
        first = wang.get(HALL, headers=LIVE)
        assert "<html" not in text_of(first) and "第一张" in text_of(first)
        again = {**LIVE, "If-None-Match": first["ETag"]}
        hang(world, text="第二张")
        news = wang.get(HALL, headers=again)
        assert news.status_code == 200 and "第二张" in text_of(news)

    def test_nothing_new_is_told_without_a_page(self, world, wang, monkeypatch):
        at = now()
        monkeypatch.setattr("tongxin.requests.views.taking.now", lambda: at)
        hang(world)
        tag = wang.get(HALL, headers=LIVE)["ETag"]
        response = wang.get(HALL, headers={**LIVE, "If-None-Match": tag})
        assert (response.status_code, response.content) == (204, b"")

    def test_eight_queries_for_fifty_orders(self, world, wang, django_assert_max_num_queries):
        for n in range(50):
            hang(world, text=f"第{n}张")
        with django_assert_max_num_queries(8):
            assert text_of(wang.get(HALL)).count("data-row=") == 50


class TestGrab:
    @pytest.mark.mission("S0.51")
    def test_first_come_first_served(self, world, wang):
        case = hang(world)
        response = grab(wang, case)
        assert response["Location"] == reverse("requests:case", args=[case.pk])
        case.refresh_from_db()
        assert (case.step, case.holder) == ("accepted", world.wang)
        late = grab(browser(world.zhao), case)
        assert late["Location"].endswith(HALL)
        page = text_of(grab(browser(world.zhao), case, follow=True))
        assert "这张订单已被王芳于" in page and "接走，去看看其他订单" in page
        case.refresh_from_db()
        assert case.holder == world.wang

    def test_a_double_tap_grabs_once(self, world, wang):
        case, key = hang(world), str(uuid.uuid4())
        first, second = grab(wang, case, key), grab(wang, case, key)
        assert first["Location"] == second["Location"]
        assert case.events.filter(name="grab").count() == 1

    def test_not_ones_own_request(self, world, wang):
        case = hang(world, who=world.wang)
        assert "厨房水管漏水" not in text_of(wang.get(HALL))
        assert "不能接自己提交的单子" in text_of(grab(wang, case, follow=True))
        case.refresh_from_db()
        assert case.step == "hall"

    def test_not_beyond_the_cap(self, world, wang):
        Volunteer.objects.filter(user=world.wang).update(cap=1)
        first, second = hang(world), hang(world, text="第二张")
        grab(wang, first)
        page = text_of(wang.get(HALL))
        assert "已到上限" in page
        assert reverse("requests:grab", args=[second.pk]) not in page
        assert "您手上已有 1 张未办结的单子" in text_of(grab(wang, second, follow=True))
        second.refresh_from_db()
        assert second.step == "hall"

    def test_what_never_hung_here_is_not_found(self, world, wang):
        assert grab(wang, ask(world)).status_code == 404
        salt = ask(world, region=world.salt, lng=None, lat=None)
        make_move(salt, "post", at=now(), actor=world.wu)
        assert grab(wang, salt).status_code == 404
        assert grab(browser(world.sun), hang(world)).status_code == 404

    def test_by_get_nothing_happens(self, world, wang):
        case = hang(world)
        assert wang.get(reverse("requests:grab", args=[case.pk])).status_code == 405


class TestOrders:
    def test_what_is_offered_can_be_accepted_or_declined(self, world, wang):
        case = ask(world)
        make_move(case, "offer", at=now(), actor=world.zhang, queue=[world.wang, world.zhao])
        page = text_of(wang.get(ORDERS))
        assert "推荐给您" in page and "还剩 " in page
        accept = reverse("cases:move", args=[case.pk, "accept"]) + "?at_once=1"
        decline = reverse("cases:move", args=[case.pk, "decline"])
        assert accept in page and decline in page
        wang.post(accept, {"next": ORDERS})
        case.refresh_from_db()
        assert case.holder == world.wang

    def test_declined_it_goes_to_the_next(self, world, wang):
        case = ask(world)
        make_move(case, "offer", at=now(), actor=world.zhang, queue=[world.wang, world.zhao])
        response = wang.post(
            reverse("cases:move", args=[case.pk, "decline"]), {"note": "今天不在", "next": ORDERS}
        )
        assert response["Location"] == ORDERS
        case.refresh_from_db()
        assert case.offeree == world.zhao
        wang.get(ORDERS)  # says that it was declined
        assert "厨房水管漏水" not in text_of(wang.get(ORDERS))

    def test_an_order_for_the_team_is_shown_to_its_members(self, world, wang):
        case = ask(world)
        make_move(case, "dispatch", at=now(), actor=world.zhang, handler=world.team)
        assert "派给您" in text_of(wang.get(ORDERS))
        assert "厨房水管漏水" not in text_of(browser(world.li).get(ORDERS))

    def test_at_work_waiting_and_finished(self, world, wang):
        at_work = take(world, ask(world, text="正在修"), world.wang)
        closed = take(world, ask(world, text="修好了"), world.wang)
        photo = {"after": upload(), "note": "好了"}
        wang.post(reverse("requests:finish", args=[closed.pk]), photo, follow=True)
        page = text_of(wang.get(ORDERS))
        assert (
            page.index("正在办")
            < page.index("正在修")
            < page.index("等验单")
            < page.index("修好了")
        )
        make_move(closed, "verify", at=now(), actor=world.chen)
        make_move(closed, "rate", at=now(), actor=world.sun, stars=5)
        assert "修好了" in text_of(wang.get(ORDERS, {"view": "done"}))
        assert "正在修" not in text_of(wang.get(ORDERS, {"view": "done"}))
        assert at_work.step == "accepted"

    def test_eight_queries_for_fifty_orders(self, world, wang, django_assert_max_num_queries):
        Volunteer.objects.filter(user=world.wang).update(cap=60)
        for n in range(50):
            take(world, ask(world, text=f"第{n}张"), world.wang)
        with django_assert_max_num_queries(8):
            assert text_of(wang.get(ORDERS)).count("data-row=") == 50


class TestCheckIn:
    def test_hours_are_proposed_from_coming_and_going(self, world, wang):
        case = take(world, ask(world), world.wang)
        place = {"lng": 117.55, "lat": 39.25}
        at = now()
        for minutes, move in ((95, "check_in"), (65, "check_out"), (20, "check_in")):
            make_move(case, move, at=at - timedelta(minutes=minutes), actor=world.wang, place=place)
        response = wang.get(reverse("requests:finish", args=[case.pk]))
        assert response.context["form"]["minutes"].value() in (50, 51)

    def test_without_them_none_are(self, world, wang):
        case = take(world, ask(world), world.wang)
        response = wang.get(reverse("requests:finish", args=[case.pk]))
        assert response.context["form"]["minutes"].value() is None

    def test_with_the_place_of_the_phone(self, world, wang):
        case = take(world, ask(world), world.wang)
        page = reverse("requests:case", args=[case.pk])
        url = reverse("cases:move", args=[case.pk, "check_in"]) + "?at_once=1"
        assert url in text_of(wang.get(page))
        wang.post(url, {"lng": "117.55", "lat": "39.25", "accuracy": "12", "next": page})
        assert case.events.get(name="check_in").data["place"]["accuracy"] == 12


class TestFinish:
    @pytest.fixture
    def case(self, world) -> Case:
        return take(world, ask(world), world.wang)

    def url(self, case):
        return reverse("requests:finish", args=[case.pk])

    def test_with_photo_words_and_hours(self, world, wang, case):
        sent = {"after": [upload(), upload(jpeg("red"))], "note": "换了垫圈", "minutes": "40"}
        assert wang.post(self.url(case), sent)["Location"] == ORDERS
        case.refresh_from_db()
        event = case.events.get(name="finish")
        assert (case.step, event.data["minutes"], event.evidence.count()) == ("done", 40, 2)

    def test_what_is_missing_is_named_beside_its_field(self, world, wang, case):
        response = wang.post(self.url(case), {})
        page = text_of(response)
        assert response.status_code == 422
        assert "请拍照或选择照片：办理后照片" in page and "请填写做了什么" in page
        case.refresh_from_db()
        assert case.step == "accepted"

    def test_before_and_after_where_the_topic_asks(self, world, wang):
        Topic.objects.filter(pk=world.tap.pk).update(proof="before_after")
        case = take(world, ask(world), world.wang)
        response = wang.post(self.url(case), {"after": upload(), "note": "好了"})
        assert "办理前照片" in text_of(response) and response.status_code == 422
        sent = {"before": upload(), "after": upload(), "note": "好了"}
        assert wang.post(self.url(case), sent).status_code == 302
        kinds = case.evidence.values_list("kind", flat=True)
        assert set(kinds) == {"before", "after"}

    @pytest.mark.mission("S2.50")
    def test_an_errand_shows_its_money_and_receipt(self, world, wang):
        Topic.objects.filter(pk=world.errand.pk).update(needs_receipt=True)
        case = take(world, ask(world, topic=world.errand), world.wang)
        assert "代买金额" in text_of(wang.get(self.url(case)))
        response = wang.post(self.url(case), {"note": "买好了"})
        assert response.status_code == 422
        assert "票据照片" in text_of(response)
        sent = {"note": "买好了", "amount": "23.50", "receipt": upload()}
        assert wang.post(self.url(case), sent).status_code == 302
        event = case.events.get(name="finish")
        assert (event.data["amount"], event.evidence.get().kind) == (23.5, "receipt")

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"after": b"not a picture at all"}, "这不是图片"),
            ({"minutes": "2000"}, "960"),
            ({"minutes": "-3"}, "1"),
            ({"note": "好" * 2001}, "最多 2000 个字"),
        ],
    )
    def test_bad_input(self, world, wang, case, changes, sentence):
        data = changes.pop("after", None)
        response = wang.post(self.url(case), {"after": upload(data), "note": "好了"} | changes)
        assert response.status_code == 422
        assert sentence in text_of(response)
        case.refresh_from_db()
        assert case.step == "accepted"

    def test_twice_is_once(self, world, wang, case):
        key = str(uuid.uuid4())
        for _n in range(2):
            response = wang.post(self.url(case), {"after": upload(), "note": "好了", "key": key})
        assert response.status_code == 302
        assert case.events.filter(name="finish").count() == 1

    def test_not_by_somebody_else(self, world, case):
        assert browser(world.zhao).get(self.url(case)).status_code == 404
        sent = {"after": upload(), "note": "好了"}
        response = browser(world.sun).post(self.url(case), sent)
        assert response.status_code == 403
        case.refresh_from_db()
        assert case.step == "accepted"
