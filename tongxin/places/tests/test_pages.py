"""The pages of places, as people use them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.timezone import localdate, localtime, now
from icalendar import Calendar

from tongxin.places import actions
from tongxin.places.models import (
    Booking,
    CareSignUp,
    Centre,
    CentrePaper,
    PhaseItem,
    RoomKind,
    SignStandard,
)
from tongxin.requests.tests.test_loop import a_photo

ALWAYS = ["00:00-00:00"] * 7


@pytest.fixture
def hall(world, samples) -> Centre:
    """Pine's station as of today, open day and night, so that no test depends on the day."""
    made = actions.register_centre(
        region=world.pine, name="松社区党群服务工作站", kind="community", by=world.zhang, at=now(),
        area_m2=600, address="松林路 8 号", lng=117.6, lat=39.3, phone="022-60000000",
    )  # fmt: skip
    actions.set_week(
        centre=made, days=ALWAYS, holiday=ALWAYS[0], effective_from=localdate() - timedelta(days=400),
        by=None, at=now(),
    )  # fmt: skip
    actions.add_service(centre=made, name="法律咨询", hours="周三上午", by=world.zhang, at=now())
    return actions.open_centre(centre=made, on=localdate(), by=world.zhang, at=now())


@pytest.fixture
def culture(world, hall):
    return actions.add_room(
        centre=hall, kind=RoomKind.objects.get(code="culture"), name="文体活动室", capacity=30,
        area_m2=80, is_bookable=True, by=world.zhang, at=now(),
    )  # fmt: skip


@pytest.fixture
def nursery(world, hall):
    return actions.add_room(
        centre=hall, kind=RoomKind.objects.get(code="children"), name="儿童之家", capacity=12,
        by=world.zhang, at=now(),
    )  # fmt: skip


def slot(hours=30):
    """A time tomorrow, as a form says it; one that does not cross midnight."""
    start = localtime(now() + timedelta(days=1)).replace(hour=hours % 24, minute=0)
    end = start + timedelta(hours=2)
    return {"day": f"{start:%Y-%m-%d}", "start": f"{start:%H:%M}", "end": f"{end:%H:%M}"}


class TestRegister:
    @pytest.mark.mission("S1.1", "S1.3")
    def test_registered_furnished_and_opened_by_pages(self, world, as_, samples):
        form = {"kind": "community", "region": world.pine.pk, "name": "松社区工作站", "key": "k"}
        sent = as_(world.zhang).post("/places/new/", form)
        made = Centre.objects.get()
        url = f"/places/{made.pk}/"
        assert sent.url == url
        refused = as_(world.zhang).post(f"{url}do/state/", {"state": "open", "on": localdate()})
        assert refused.status_code == 422 and "地址" in refused.content.decode()
        as_(world.zhang).post(f"{url}do/change/", {"name": made.name, "address": "松林路 8 号"})
        kind = RoomKind.objects.get(code="veterans")
        for name in ("退役军人服务站", "退役军人服务站"):
            last = as_(world.zhang).post(
                f"{url}do/room/", {"kind": kind.pk, "name": name, "capacity": 6, "area_m2": 20}
            )
        assert last.status_code == 409 and "已有" in last.content.decode()
        as_(world.zhang).post(
            f"{url}do/area/", {"area_m2": 300, "on": localdate(), "reason": "实测"}
        )
        done = as_(world.zhang).post(f"{url}do/state/", {"state": "open", "on": localdate()})
        assert done.status_code == 302
        page = as_(world.zhang).get(f"{url}?part=rooms").content.decode()
        assert "退役军人服务站" in page and "便民服务" in page and "实测" in page
        assert "松社区工作站" in as_(world.liu).get("/places/?kind=community&q=松").content.decode()

    def test_who_may(self, world, as_, hall):
        url = f"/places/{hall.pk}/"
        for user in (world.wu, world.yue, world.sun):
            assert as_(user).get(url).url == f"{url}public/"  # open: as everybody sees it
            assert as_(user).post(f"{url}do/area/", {"area_m2": 1}).status_code == 404
        assert as_(world.mei).get(url).status_code == 200
        assert as_(world.mei).get(f"{url}do/area/").status_code == 404
        Centre.objects.update(state="planned")
        assert as_(world.wu).get(url).status_code == 404
        assert as_(world.sun).get(f"{url}public/").status_code == 404

    @pytest.mark.mission("S1.56")
    def test_which_communities_have_none(self, world, as_, hall):
        answer = as_(world.liu).get("/places/coverage/")
        assert answer.context["share"] == 50
        assert "还没有工作站的社区（村）" in answer.content.decode()
        assert [one.name for one in answer.context["missing"]] == ["苇社区"]
        assert as_(world.liu).get("/places/map/").status_code == 200
        (point,) = as_(world.liu).get("/places/points.json").json()
        assert point["title"] == hall.name

    @pytest.mark.parametrize("part", ["facts", "rooms", "standards", "scores"])
    def test_a_page_costs_eight_queries(
        self, world, as_, hall, culture, part, django_assert_max_num_queries
    ):
        client = as_(world.zhang)
        client.get("/places/")
        with django_assert_max_num_queries(8):
            assert client.get(f"/places/{hall.pk}/?part={part}").status_code == 200

    def test_the_lists_cost_eight_queries(
        self, world, as_, hall, culture, django_assert_max_num_queries
    ):
        client = as_(world.zhang)
        for path in ("/places/", "/places/bookings/", "/places/sessions/", "/places/papers/",
                     f"/places/{hall.pk}/calendar/"):  # fmt: skip
            client.get(path)
            with django_assert_max_num_queries(8):
                assert client.get(path).status_code == 200

    def test_the_pages_of_residents_cost_eight_queries(
        self, world, as_, client, hall, culture, django_assert_max_num_queries
    ):
        public = f"/places/{hall.pk}/public/"
        client.get(public)
        with django_assert_max_num_queries(8):
            page = client.get(public).content.decode()
        assert "文体活动室" in page and "法律咨询" in page and "正在开放" in page
        for path in (
            f"/places/rooms/{culture.pk}/book/",
            "/places/bookings/mine/",
            "/places/care/",
        ):
            resident = as_(world.sun)
            resident.get(path)
            with django_assert_max_num_queries(8):
                assert resident.get(path).status_code == 200


class TestStandards:
    @pytest.mark.mission("S1.48")
    def test_a_sign_is_proved_by_a_photo_and_judged_by_another(self, world, as_, hall):
        gate = SignStandard.objects.get(code="gate")
        url = f"/places/{hall.pk}/do/sign/"
        form = {"standard": gate.pk, "on": localdate()}
        assert as_(world.zhang).post(url, form).status_code == 422  # without a photo
        photo = SimpleUploadedFile("a.jpg", a_photo(), "image/jpeg")
        assert as_(world.zhang).post(url, form | {"photos": photo}).status_code == 302
        sign = hall.signs.get()
        judge = f"/places/signs/{sign.pk}/judge/"
        assert as_(world.zhang).get(judge).status_code == 404
        assert as_(world.liu).post(judge, {"right": "no"}).status_code == 422
        assert as_(world.liu).post(judge, {"right": "no", "note": "宽度不足"}).status_code == 302
        page = as_(world.zhang).get(f"/places/{hall.pk}/?part=standards").content.decode()
        assert "宽度不足" in page and "不符合" in page
        shown = as_(world.zhang).get(f"/photos/{sign.photo_id}/")
        assert shown.status_code == 200 and b"".join(shown.streaming_content)
        assert as_(world.wu).get(f"/photos/{sign.photo_id}/").status_code == 404

    @pytest.mark.mission("S1.50")
    def test_rules_by_version_hang_on_the_wall(self, world, as_, client, hall):
        form = {
            "kind": "rules",
            "title": "使用管理制度",
            "text": "一、爱护设施。",
            "effective_from": localdate(),
        }
        as_(world.zhang).post(f"/places/{hall.pk}/do/paper/", form)
        first = CentrePaper.objects.get()
        client.logout()
        assert client.get(f"/places/papers/{first.pk}/").status_code == 404  # a draft
        assert as_(world.wu).post(f"/places/papers/{first.pk}/publish/").status_code == 404
        assert as_(world.zhang).post(f"/places/papers/{first.pk}/publish/").status_code == 302
        as_(world.zhang).post(f"/places/{hall.pk}/do/paper/", form | {"text": "一、先预约。"})
        second = CentrePaper.objects.get(version=2)
        as_(world.zhang).post(f"/places/papers/{second.pk}/publish/")
        first.refresh_from_db()
        assert first.effective_to == second.effective_from
        client.logout()
        assert "一、先预约" in client.get(f"/places/papers/{second.pk}/").content.decode()
        wall = client.get(f"/places/{hall.pk}/wall/").content.decode()
        assert "使用管理制度 V2" in wall and "V1" not in wall
        assert "法律咨询" in wall and "<svg" in wall and "022-60000000" in wall

    def test_what_is_for_a_whole_district_is_its_officers(self, world, as_, hall):
        form = {
            "kind": "manual",
            "title": "建设手册",
            "text": "一。",
            "effective_from": localdate(),
        }
        assert as_(world.zhang).get("/places/papers/new/").status_code == 404
        sent = as_(world.gao).post("/places/papers/new/", form | {"region": world.tong.pk})
        made = CentrePaper.objects.get()
        assert sent.url == f"/places/papers/{made.pk}/"
        assert as_(world.liu).get(f"/places/papers/{made.pk}/publish/").status_code == 404
        as_(world.gao).post(f"/places/papers/{made.pk}/publish/")
        assert "建设手册" in as_(world.sun).get(f"/places/{hall.pk}/public/").content.decode()

    @pytest.mark.mission("S1.2")
    def test_building_managing_and_using_are_scored_with_reasons(self, world, as_, hall):
        url = f"/places/{hall.pk}/score/manage/"
        assert as_(world.zhang).get(url).status_code == 404
        items = list(PhaseItem.objects.filter(phase="manage"))
        form = {f"points{one.pk}": one.points for one in items}
        form[f"points{items[0].pk}"] = items[0].points - 5
        assert as_(world.liu).post(url, form).status_code == 422  # fewer without why
        form[f"why{items[0].pk}"] = "制度没有上墙"
        assert as_(world.liu).post(url, form).status_code == 302
        page = as_(world.liu).get(f"/places/{hall.pk}/?part=scores").content.decode()
        assert "制度没有上墙" in page and "/ 100 分" in page
        assert hall.scores.get().points == 95


class TestBooking:
    def test_a_resident_books_on_the_phone(self, world, as_, culture, hall):
        url = f"/places/rooms/{culture.pk}/book/"
        page = as_(world.sun).get(url).content.decode()
        assert "空闲时段" in page and "每周同一时间" not in page
        form = slot(9) | {"purpose": "合唱", "people": 12, "key": "k"}
        sent = as_(world.sun).post(url, form)
        one = Booking.objects.get()
        assert sent.url == f"/places/bookings/{one.pk}/"
        refused = as_(world.ma).post(url, form | {"key": "m"})
        assert refused.status_code == 409 and "已被预约" in refused.content.decode()
        as_(world.ma).post(url, form | {"key": "m", "wait": "on"})
        assert "候补" in as_(world.ma).get("/places/bookings/mine/").content.decode()
        assert as_(world.ma).get(sent.url).status_code == 404
        as_(world.sun).post(f"{sent.url}cancel/", {})
        assert Booking.objects.get(by=world.ma).state == "booked"

    def test_the_desk_sees_who_and_the_public_only_that_it_is_taken(
        self, world, as_, client, culture, hall
    ):
        as_(world.sun).post(
            f"/places/rooms/{culture.pk}/book/", slot(9) | {"purpose": "合唱团排练", "people": 12}
        )
        day = slot(9)["day"]
        desk = as_(world.zhang).get(f"/places/{hall.pk}/calendar/?day={day}").content.decode()
        assert "合唱团排练" in desk and "孙阿姨" in desk
        other = as_(world.mei).get(f"/places/{hall.pk}/calendar/?day={day}").content.decode()
        assert "已占用" in other and "合唱团排练" not in other and "孙阿姨" not in other
        client.logout()
        feed = Calendar.from_ical(client.get(f"/places/{hall.pk}/calendar.ics").content)
        (event,) = feed.walk("vevent")
        assert str(event["summary"]) == "文体活动室 已预约"
        one = Booking.objects.get()
        own = as_(world.sun).get(f"/places/bookings/{one.pk}/booking.ics").content.decode()
        assert "合唱团排练" in own
        assert as_(world.zhang).get(f"/places/bookings/{one.pk}/booking.ics").status_code == 404

    def test_the_desk_repeats_weekly_and_hears_what_clashed(self, world, as_, culture):
        as_(world.sun).post(
            f"/places/rooms/{culture.pk}/book/", slot(9) | {"purpose": "合唱", "people": 9}
        )
        until = localdate() + timedelta(days=22)
        sent = as_(world.zhang).post(
            f"/places/rooms/{culture.pk}/book/",
            slot(9) | {"purpose": "党课", "people": 20, "until": until}, follow=True,
        )  # fmt: skip
        page = sent.content.decode()
        assert "没有约上" in page and Booking.objects.filter(purpose="党课").count() == 3


class TestCare:
    @pytest.mark.mission("S1.51")
    def test_places_are_taken_waited_for_and_attended(self, world, as_, nursery):
        form = slot(9) | {"room": nursery.pk, "title": "四点半课堂", "places": 13}
        refused = as_(world.zhang).post("/places/sessions/new/", form)
        assert refused.status_code == 422 and "1 到 12" in refused.content.decode()
        assert as_(world.mei).get("/places/sessions/new/").status_code == 404
        sent = as_(world.zhang).post("/places/sessions/new/", form | {"places": 1})
        url = sent.url.replace("sessions", "care")
        child = {"name": "孙小宝", "phone": "13800001111", "need": "花生过敏"}
        as_(world.sun).post(url, child)
        full = as_(world.ma).post(url, {"name": "马小跳", "phone": "13800002222"})
        assert full.status_code == 409 and "名额已满" in full.content.decode()
        as_(world.ma).post(url, {"name": "马小跳", "phone": "13800002222", "wait": "on"})
        one = CareSignUp.objects.get(by=world.sun)
        assert "孙小宝" not in one.name and one.label == "孙*宝"

        desk = as_(world.zhang).get(sent.url).content.decode()
        assert "孙*宝" in desk and "孙小宝" not in desk and "花生过敏" not in desk
        for user in (world.wu, world.mei, world.ann):
            assert as_(user).get(sent.url).status_code == 404
        who = f"/places/care/places/{one.pk}/who/"
        assert as_(world.zhang).post(who, {"reason": "看"}).status_code == 422
        opened = as_(world.zhang).post(who, {"reason": "备餐核对过敏"}).content.decode()
        assert "花生过敏" in opened and "孙小宝" in opened
        assert as_(world.wu).get(who).status_code == 404

        as_(world.sun).post(f"/places/care/places/{one.pk}/back/")
        assert CareSignUp.objects.get(by=world.ma).state == "signed"
        assert as_(world.zhang).post(f"{sent.url}cancel/", {"reason": "停电"}).status_code == 302
        assert CareSignUp.objects.get(by=world.ma).state == "cancelled"
