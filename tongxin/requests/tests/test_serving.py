"""Points and hours, becoming a volunteer, quick reports, the claim board."""

import re
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import now

from tongxin.accounts.models import User
from tongxin.cases.actions import make_move
from tongxin.cases.models import Case, Topic
from tongxin.orgs.actions import (
    AlreadyVolunteer,
    BadCap,
    NotACommunity,
    open_door,
    register_volunteer,
    set_volunteer,
)
from tongxin.orgs.models import Org, Post, Volunteer
from tongxin.orgs.scope import posts_of
from tongxin.requests.actions import collect_wish
from tongxin.requests.models import Channel
from tongxin.requests.service import star_level

from .phone import ask, browser, hang, take, text_of, upload, verify

POINTS, SETTINGS = "/requests/points/", "/requests/volunteer/"
REPORT, WISHES = "/requests/report/", "/requests/wishes/"


class TestPoints:
    def test_the_ledger_its_totals_and_the_month(self, world):
        verify(world, take(world, ask(world), world.wang), world.wang)
        page = text_of(browser(world.wang).get(POINTS))
        for words in ("+3", "40 分钟", "陈建国确认", "本月 +3", "0.7", "不是官方志愿服务证明"):
            assert words in page, words

    @pytest.mark.parametrize(
        ("hours", "level"),
        [(0, (0, 100)), (99.9, (0, 100)), (100, (1, 300)), (300, (2, 600)), (1500, (5, None))],
    )
    def test_stars_by_hours(self, hours, level):
        assert star_level(int(hours * 60)) == level

    def test_pages_of_the_ledger(self, world, django_assert_max_num_queries):
        Volunteer.objects.filter(user=world.wang).update(cap=99)
        for n in range(22):
            verify(world, take(world, ask(world, text=f"第{n}件"), world.wang), world.wang)
        wang = browser(world.wang)
        with django_assert_max_num_queries(10):
            first = wang.get(POINTS)
        second = wang.get(POINTS, {"cursor": first.context["next_cursor"]})
        seen = [entry.pk for page in (first, second) for entry in page.context["entries"]]
        assert len(seen) == len(set(seen)) == 22
        assert wang.get(POINTS, {"cursor": "x"}).status_code == 422

    def test_who_is_none_is_invited(self, world):
        assert "我要当志愿者" in text_of(browser(world.sun).get(POINTS))


class TestBecomingAVolunteer:
    def test_where_the_door_is_open_the_post_opens_the_hall(self, world):
        open_door(region=world.pine, is_open=True, by=world.zhang, at=now())
        sun = browser(world.sun)
        hang(world, who=world.ma)
        assert sun.get("/requests/hall/").status_code == 403
        response = sun.post(
            SETTINGS, {"region": "120116001001", "skills": [world.wang.volunteer.skills.get().pk]}
        )
        assert response["Location"] == "/requests/hall/"
        assert "厨房水管漏水" in text_of(sun.get("/requests/hall/"))
        post = Post.objects.get(user=world.sun)
        assert (post.org, post.role, post.region) == (world.team, "volunteer", world.pine)

    def test_the_first_one_founds_the_team(self, world):
        register_volunteer(user=world.sun, home=world.reed, by=world.sun, at=now())
        assert Post.objects.get(user=world.sun).org.name == "苇社区志愿服务队"
        register_volunteer(user=world.ma, home=world.reed, by=world.ma, at=now())
        assert Org.objects.filter(region=world.reed, kind="team").count() == 1

    @pytest.mark.parametrize(
        ("sent", "sentence"),
        [
            ({}, "请选择常住的社区或村"),
            ({"region": "120116001"}, "请选择常住的社区或村"),
            ({"region": "9"}, "没有代码为"),
        ],
    )
    def test_at_home_in_a_community(self, world, sent, sentence):
        response = browser(world.sun).post(SETTINGS, sent)
        assert response.status_code in (404, 422)
        assert sentence in text_of(response)
        assert not Volunteer.objects.filter(user=world.sun).exists()

    def test_twice_is_refused(self, world):
        with pytest.raises(AlreadyVolunteer):
            register_volunteer(user=world.wang, home=world.pine, by=world.wang, at=now())


class TestSettings:
    def test_skills_cap_and_pause(self, world):
        wang = browser(world.wang)
        sent = {"region": "120116001001", "skills": [], "cap": "5", "is_paused": "on"}
        assert wang.post(SETTINGS, sent)["Location"] == POINTS
        volunteer = Volunteer.objects.get(user=world.wang)
        assert (volunteer.cap, volunteer.is_paused, volunteer.skills.count()) == (5, True, 0)
        assert "您已暂停接单" in text_of(wang.get("/requests/hall/"))

    def test_the_parts_of_the_week_one_has_time(self, world):
        wang = browser(world.wang)
        sent = {"region": "120116001001", "cap": "3", "times": ["weekend-morning"]}
        wang.post(SETTINGS, sent)
        times = world.wang.volunteer.times.order_by("weekday")
        assert [(one.weekday, one.since.hour, one.until.hour) for one in times] == [
            (6, 8, 12),
            (7, 8, 12),
        ]
        page = text_of(wang.get(SETTINGS))
        assert re.search(r'value="weekend-morning"[^>]*checked', page)
        assert not re.search(r'value="weekday-morning"[^>]*checked', page)
        answer = wang.post(SETTINGS, sent | {"times": ["midnight"]})
        assert answer.status_code == 422
        assert times.count() == 2

    def test_moving_house_ends_the_old_post_and_opens_a_new_one(self, world):
        volunteer = world.wang.volunteer
        at = now() + timedelta(days=1)
        set_volunteer(
            volunteer=volunteer,
            home=world.reed,
            skills=[],
            cap=3,
            is_paused=False,
            by=world.wang,
            at=at,
        )
        wang = User.objects.get(pk=world.wang.pk)
        held = [post.path for post in posts_of(wang, on=(at + timedelta(days=1)).date())]
        assert held == [world.reed.path]
        assert Post.objects.filter(user=world.wang).count() == 2

    @pytest.mark.parametrize("cap", ["0", "11", "x"])
    def test_a_cap_from_one_to_ten(self, world, cap):
        response = browser(world.wang).post(SETTINGS, {"region": "120116001001", "cap": cap})
        assert response.status_code == 422
        assert Volunteer.objects.get(user=world.wang).cap == 3

    def test_refusals_below_the_page(self, world):
        given = {
            "volunteer": world.wang.volunteer,
            "skills": [],
            "is_paused": False,
            "by": world.wang,
            "at": now(),
        }
        with pytest.raises(BadCap):
            set_volunteer(home=world.pine, cap=0, **given)
        with pytest.raises(NotACommunity):
            set_volunteer(home=world.north, cap=3, **given)


class TestReport:
    def sent(self, **changes):
        return {
            "key": str(uuid.uuid4()),
            "topic": "0103",
            "lng": "117.55",
            "lat": "39.25",
        } | changes

    @pytest.mark.mission("S0.49")
    def test_photo_kind_send(self, world):
        mei = browser(world.mei)
        Topic.objects.filter(pk=world.pothole.pk).update(kind="component")
        page = text_of(mei.get(REPORT))
        assert "道路坑洼" in page and "水管维修" not in page
        response = mei.post(REPORT, self.sent(photos=upload()), follow=True)
        case = Case.objects.get()
        assert f"已上报：{case.number}" in text_of(response)
        assert (case.title, case.region, case.evidence.count()) == ("道路坑洼", world.p1, 1)
        assert (case.request.channel, case.reporter) == (Channel.GRID, world.mei)

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"topic": ""}, "请选择是哪类问题"),
            ({"topic": "9999"}, "请选择是哪类问题"),
            ({"lng": "", "lat": ""}, "请选择所在社区"),
            ({"lng": "100", "lat": "30"}, "不在服务范围内"),
        ],
    )
    def test_what_is_missing(self, world, changes, sentence):
        response = browser(world.mei).post(REPORT, self.sent(**changes))
        assert response.status_code == 422
        assert sentence in text_of(response)
        assert not Case.objects.exists()

    def test_by_the_list_where_there_is_no_position(self, world):
        browser(world.mei).post(REPORT, self.sent(lng="", lat="", region="120116001001"))
        assert Case.objects.get().region == world.pine

    def test_only_a_grid_workers(self, world):
        for user in (world.sun, world.wang):
            assert browser(user).post(REPORT, self.sent()).status_code == 403
        assert not Case.objects.exists()


class TestWishes:
    @pytest.fixture
    def wish(self, world) -> Case:
        case = collect_wish(
            title="想要一副老花镜", text="看报吃力", wisher="张奶奶", region=world.p1, cost=60,
            at=now(), actor=world.ma,
        )  # fmt: skip
        make_move(case, "publish", at=now(), actor=world.zhang)
        case.refresh_from_db()
        return case

    @pytest.mark.mission("S2.49", "S3.26")
    def test_published_ones_are_on_the_board_for_all(self, world, client, wish):
        page = text_of(client.get(WISHES))
        for words in ("想要一副老花镜", "张奶奶", "约 60 元", "松社区"):
            assert words in page
        assert "第一网格" not in page and "我来认领" not in page

    def test_what_is_not_published_is_not(self, world, client):
        collect_wish(
            title="还没核实", text="", wisher="某某", region=world.p1, at=now(), actor=world.ma
        )
        assert "还没核实" not in text_of(client.get(WISHES))

    def test_by_street(self, world, client, wish):
        assert "老花镜" in text_of(client.get(WISHES, {"street": "120116001"}))
        assert "老花镜" not in text_of(client.get(WISHES, {"street": "120116002"}))

    def test_a_volunteer_of_the_street_claims_it(self, world, wish):
        reed = world.person("qiu", "邱实", world.team, "volunteer", world.reed)
        client = browser(reed)
        url = reverse("cases:move", args=[wish.pk, "claim"]) + "?at_once=1"
        assert url in text_of(client.get(WISHES))
        client.post(url, {"next": reverse("requests:case", args=[wish.pk])})
        wish.refresh_from_db()
        assert wish.holder == reed
        assert "我认领的" in text_of(client.get(WISHES))

    def test_not_ones_own_and_not_by_a_resident(self, world, wish):
        assert "我来认领" not in text_of(browser(world.ma).get(WISHES))
        assert "我来认领" not in text_of(browser(world.sun).get(WISHES))

    def test_made_true_with_a_photo_and_thanked(self, world, client, wish):
        make_move(wish, "claim", at=now(), actor=world.wang)
        wang, url = browser(world.wang), reverse("requests:finish", args=[wish.pk])
        assert wang.post(url, {"note": "送到了"}).status_code == 422
        assert wang.post(url, {"note": "送到了", "after": upload()}).status_code == 302
        make_move(wish, "thank", at=now(), actor=world.ma, note="看报不吃力了，谢谢")
        page = text_of(client.get(WISHES))
        assert "感谢墙" in page and "看报不吃力了" in page

    def test_anybody_signed_in_tells_of_a_wish(self, world):
        sent = {"title": "想学用手机", "wisher": "王奶奶", "cost": "", "region": "120116001001"}
        response = browser(world.sun).post("/requests/wishes/new/", sent, follow=True)
        assert "心愿收到了" in text_of(response)
        case = Case.objects.get(kind="wish")
        assert (case.wish.wisher, case.wish.cost, case.region) == ("王奶奶", 0, world.pine)

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"title": ""}, "请填写心愿是什么"),
            ({"cost": "5000"}, "2000 元以内"),
            ({"cost": "-1"}, "请填整数"),
            ({"region": ""}, "请选择心愿人所在的社区"),
            ({"wisher": "很长的名字" * 10}, "最多 40 个字"),
        ],
    )
    def test_bad_input(self, world, changes, sentence):
        sent = {"title": "想学用手机", "wisher": "王奶奶", "region": "120116001001"} | changes
        response = browser(world.sun).post("/requests/wishes/new/", sent)
        assert response.status_code == 422
        assert sentence in text_of(response)
        assert not Case.objects.exists()

    def test_eight_queries_for_a_full_board(self, world, django_assert_max_num_queries):
        for n in range(25):
            case = collect_wish(
                title=f"心愿{n}", text="", wisher="某某", region=world.p1, at=now(), actor=world.ma
            )
            make_move(case, "publish", at=now(), actor=world.zhang)
        wang = browser(world.wang)
        with django_assert_max_num_queries(8):
            assert text_of(wang.get(WISHES)).count("我来认领") == 20


class TestTabs:
    def labels(self, client, url):
        return [tab["label"] for tab in client.get(url).context["tabs"]]

    def test_each_has_their_own(self, world):
        assert self.labels(browser(world.sun), "/requests/") == ["点单", "我的", "心愿", "通知"]
        assert self.labels(browser(world.wang), POINTS) == ["大厅", "我的单", "心愿", "我的"]
        assert self.labels(browser(world.mei), POINTS) == ["大厅", "我的单", "外勤", "我的"]
        assert self.labels(browser(world.wang), "/requests/") == ["点单", "我的", "心愿", "通知"]

    def test_they_stand_on_the_pages_of_accounts_too(self, world):
        assert self.labels(browser(world.sun), "/accounts/inbox/")[3] == "通知"
        assert self.labels(browser(world.zhang), "/accounts/inbox/") == []
