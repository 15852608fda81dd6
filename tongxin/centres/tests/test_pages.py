"""The window and the resident's phone, as people use them; the same for programs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.timezone import localdate, now

from tongxin.centres import actions, queries
from tongxin.centres.models import DelegatedPower, Matter, Ticket, UseCount
from tongxin.photos.actions import keep_photo
from tongxin.requests.tests.test_loop import a_photo

from .test_matters import finish


@pytest.fixture
def url(centre):
    return f"/centres/{centre.pk}/"


class TestClerk:
    @pytest.mark.mission("S1.53")
    def test_a_day_at_the_window(self, world, as_, client, centre, window, card, url):
        assert as_(world.sun).get("/centres/").url == "/centres/public/"
        as_(world.sun).post(f"{url}draw/", {"priority": "yes", "key": "k"})
        mine = as_(world.sun).get(f"/centres/tickets/{Ticket.objects.get().pk}/").content.decode()
        assert "Y001" in mine and "下一个就是您" in mine
        as_(world.zhang).post(f"{url}tickets/", {"key": "d"})
        as_(world.zhang).post(f"/centres/windows/{window.pk}/call/")
        page = as_(world.zhang).get("/centres/").content.decode()
        assert "Y001" in page and "1 号窗口" in page and "A002" in page
        client.logout()
        assert "Y001" in client.get(f"{url}screen/").content.decode()

        form = {"phone": "13800001234", "name": "孙秀兰", "service": card.pk, "key": "m"}
        first = as_(world.zhang).post(f"{url}take-in/", form)
        assert first.status_code == 200 and "一寸照片一张" in first.content.decode()
        assert not Matter.objects.exists()  # the materials were only shown
        sent = as_(world.zhang).post(f"{url}take-in/", form | {"asked": card.pk, "has": ["1"]})
        one = Matter.objects.get()
        assert sent.url == f"/centres/matters/{one.pk}/" and one.ticket.code == "Y001"
        slip = as_(world.zhang).get(f"{sent.url}slip/").content.decode()
        assert "一次性告知单" in slip and "居民身份证" in slip and "孙秀兰" not in slip
        as_(world.zhang).post(f"{sent.url}complete/", {"has": ["0"]})
        one.refresh_from_db()
        finish(one.case, world)
        as_(world.zhang).post(f"{sent.url}result/", {"result": "优待证一本"})
        assert as_(world.zhang).post(f"{sent.url}hand/", {"to": ""}).status_code == 422
        photo = SimpleUploadedFile("a.jpg", a_photo(), "image/jpeg")
        as_(world.zhang).post(f"{sent.url}hand/", {"to": "孙秀兰", "photos": photo})
        one.refresh_from_db()
        assert one.state == "handed" and one.signature is not None
        client.logout()
        shown = client.get(queries.progress_url(one)).content.decode()
        assert (
            "已交付" in shown and "孙" not in shown and "1234" not in shown.replace(one.number, "")
        )
        found = client.post("/centres/follow/", {"number": one.number, "tail": "1234"})
        assert found.url == queries.progress_url(one)
        wrong = {"number": one.number, "tail": "0000"}
        assert [client.post("/centres/follow/", wrong).status_code for _n in range(5)] == [404] * 5
        shut = client.post("/centres/follow/", {"number": one.number, "tail": "1234"})
        assert shut.status_code == 429 and "试错次数太多" in shut.content.decode()

    @pytest.mark.mission("S1.53")
    def test_what_is_done_while_one_waits_is_one_press(self, world, as_, api, centre, card, url):
        type(card).objects.filter(pk=card.pk).update(topic_code=world.errand.code)
        form = {"phone": "13800001234", "name": "孙秀兰", "service": card.pk, "asked": card.pk,
                "key": "m", "at_once": "1", "has": ["0", "1"], "result": "优待证一本"}  # fmt: skip
        refused = as_(world.zhang).post(f"{url}take-in/", form)
        assert refused.status_code == 422 and "当场办结要有照片" in refused.content.decode()
        photo = SimpleUploadedFile("a.jpg", a_photo(), "image/jpeg")
        sent = as_(world.zhang).post(f"{url}take-in/", form | {"photos": photo})
        one = Matter.objects.get()
        assert sent.url == f"/centres/matters/{one.pk}/" and one.state == "handed"
        assert "已交付" in as_(world.zhang).get(sent.url).content.decode()

        proof = str(keep_photo(data=a_photo(), by=world.zhang, at=now()).pk)
        given = {"service": "S03", "name": "孙秀兰", "phone": "13800001234", "has": [0, 1],
                 "result": "优待证一本", "photos": [proof]}  # fmt: skip
        path = f"/centres/{centre.pk}/matters/at-once"
        assert api("zhang", "POST", path, given | {"has": [0]}).json()["code"] == "not_all_there"
        assert api("wu", "POST", path, given).status_code == 404
        told = [api("zhang", "POST", path, given, key="once") for _again in range(2)]
        assert [answer.status_code for answer in told] == [201, 201]
        assert told[0].json()["state"] == "handed" and Matter.objects.count() == 2

    def test_whose_page_it_is(self, world, as_, client, take_in, window, url, centre):
        path = f"/centres/matters/{take_in().pk}/"
        for user in (world.wu, world.mei, world.sun, world.ann):
            assert as_(user).get(path).status_code == 404
            assert as_(user).get(f"{path}who/").status_code == 404
            assert as_(user).get(f"{url}take-in/").status_code == 404
            assert as_(user).post(f"/centres/windows/{window.pk}/call/").status_code == 404
        assert as_(world.zhang).post(f"{path}who/", {"reason": "看"}).status_code == 422
        opened = as_(world.zhang).post(f"{path}who/", {"reason": "电话通知补材料"}).content.decode()
        assert "孙秀兰" in opened and "13800001234" in opened
        client.logout()
        assert client.get("/centres/follow/x:y/").status_code == 404

    def test_shown_the_way_elsewhere(self, world, as_, centre, url):
        from tongxin.centres.models import DelegatedService

        veterans = DelegatedService.objects.get(code="S23")
        form = {"phone": "13800001234", "name": "孙秀兰", "service": veterans.pk}
        assert as_(world.zhang).post(f"{url}refer/", form).status_code == 302
        page = as_(world.liu).get("/centres/report/")
        assert page.context["windows"].share == 0 and page.context["windows"].referred == 1

    def test_the_pages_cost_eight_queries(
        self, world, as_, centre, window, room, take_in, django_assert_max_num_queries
    ):
        one = take_in()
        client = as_(world.zhang)
        for path in ("/centres/", "/centres/matters/", "/centres/services/", "/centres/powers/",
                     f"/centres/matters/{one.pk}/", "/centres/public/", "/centres/public/services/S03/",
                     f"/centres/of/?centre={centre.pk}", "/centres/use/", "/centres/report/"):  # fmt: skip
            client.get(path)
            with django_assert_max_num_queries(8):
                assert client.get(path).status_code == 200, path


class TestCatalogue:
    @pytest.mark.mission("S1.52", "S2.56")
    def test_residents_read_what_to_bring_and_where(self, world, as_, client, centre, window, url):
        today = localdate()
        form = {
            "window": window.pk, "title": "党员先锋岗", "holder": "张敏", "basis": "季度评定",
            "pledge": "材料一次讲清", "from_date": today, "to_date": today + timedelta(days=30),
        }  # fmt: skip
        assert as_(world.zhang).get(f"{url}honours/new/").status_code == 404
        assert as_(world.liu).post(f"{url}honours/new/", form).status_code == 302
        client.logout()
        part = client.get(f"/centres/of/?centre={centre.pk}").content.decode()
        assert "党员先锋岗" in part and "材料一次讲清" in part and "22 件事" in part
        page = client.get(
            f"/centres/public/services/S03/?street={world.north.code}"
        ).content.decode()
        assert "居民身份证" in page and centre.name in page and "3 个工作日" in page
        assert "老年人优待证" in client.get("/centres/public/services/?q=老年").content.decode()
        assert client.get("/centres/public/services/X1/").status_code == 404
        near = client.get("/centres/public/?lng=117.601&lat=39.3").content.decode()
        assert centre.name in near and " 米" in near

    def test_the_desk_chooses_what_it_offers(self, world, as_, centre, url):
        as_(world.zhang).post(f"{url}offers/", {"codes": ["S01", "S23"]})
        assert list(queries.offers_of(centre, localdate())) == ["S01", "S23"]
        assert as_(world.wu).post(f"{url}offers/", {"codes": []}).status_code == 404

    @pytest.mark.mission("S4.66")
    def test_powers_are_listed_and_taken_back(self, world, as_):
        form = {
            "region": world.tong.pk, "kind": "staff", "name": "执法人员下沉", "from_name": "区城管委",
            "to_level": "street", "basis": "区委文件", "since": localdate(),
        }  # fmt: skip
        assert as_(world.zhang).get("/centres/powers/new/").status_code == 404
        assert as_(world.gao).post("/centres/powers/new/", form).status_code == 302
        one = DelegatedPower.objects.get()
        assert (
            "执法人员下沉" in as_(world.zhang).get("/centres/powers/?kind=staff").content.decode()
        )
        assert as_(world.liu).get(f"/centres/powers/{one.pk}/end/").status_code == 404
        end = {"on": localdate(), "why": "试点结束"}
        assert as_(world.gao).post(f"/centres/powers/{one.pk}/end/", end).status_code == 302
        assert "试点结束" in as_(world.zhang).get("/centres/powers/").content.decode()


class TestUse:
    @pytest.mark.mission("S1.56", "S3.42")
    def test_counted_by_the_clerk_and_at_the_door(self, world, as_, client, centre, room, url):
        form = {"day": localdate(), f"room{room.pk}": 12, "convenience": 30}
        assert as_(world.wu).post(f"{url}count/", form).status_code == 404
        assert as_(world.zhang).post(f"{url}count/", form).status_code == 302
        client.logout()
        door = f"/centres/here/{room.pk}/"
        assert "我来了" in client.get(door).content.decode()
        for _n in range(3):  # the phone remembers that it counted
            assert "记好了" in client.post(door).content.decode()
        assert UseCount.objects.get(source="self").people == 1
        page = as_(world.liu).get(f"/centres/use/?centre={centre.pk}")
        assert (page.context["political"], page.context["convenience"]) == (12, 30)
        report = as_(world.gao).get("/centres/report/")
        assert (report.context["political"], report.context["convenience"]) == (12, 30)
        assert "<svg" in as_(world.zhang).get(f"{url}codes/").content.decode()


class TestRest:
    def test_the_window_for_programs(self, world, api, centre, window):
        path = f"/centres/{centre.pk}"
        body = {"service": "S03", "name": "孙秀兰", "phone": "13800001234", "has": [1]}
        assert api("wu", "POST", f"{path}/matters", body).status_code == 404
        made = api("zhang", "POST", f"{path}/matters", body, key="k").json()
        assert made["missing"] == ["居民身份证"] and made["label"] == "孙*兰"
        assert api("zhang", "POST", f"{path}/matters", body, key="k").json()["id"] == made["id"]
        one = f"/centres/matters/{made['id']}"
        assert (
            api("zhang", "POST", one, {"verb": "complete", "has": [0]}).json()["state"] == "filed"
        )
        early = api("zhang", "POST", one, {"verb": "result", "words": "优待证"})
        assert (early.status_code, early.json()["code"]) == (409, "still_worked")
        assert api("sun", "GET", one).status_code == 404
        assert len(api("liu", "GET", "/centres/matters").json()["items"]) == 1
        found = api("liu", "GET", f"/centres/figures?region={world.north.code}").json()
        assert (found["taken"], found["share"]) == (1, 100)
        assert api("wu", "GET", f"/centres/figures?region={world.north.code}").status_code == 404

    def test_numbers_services_and_use(self, world, api, centre, window):
        path = f"/centres/{centre.pk}"
        drawn = api("sun", "POST", f"{path}/tickets", {}, key="k")
        assert drawn.status_code == 201 and drawn.json()["code"] == "A001"
        again = api("sun", "POST", f"{path}/tickets", {})
        assert again.json()["code"] == "has_ticket"
        assert api("ma", "GET", f"/centres/tickets/{drawn.json()['id']}").status_code == 404
        actions.call_next(window, by=world.zhang, at=now())
        assert api("ma", "GET", f"{path}/hall").json()["called"] == [{"window": 1, "code": "A001"}]
        assert len(api("sun", "GET", "/centres/services").json()) == 23
        (near,) = api(
            "sun", "GET", f"/centres/services/S03/centres?region={world.pine.code}"
        ).json()
        assert near["centre"] == centre.pk
        use = {"day": str(localdate()), "people": 7, "use": "political"}
        assert api("zhang", "POST", f"{path}/use", use).status_code == 201
        assert api("sun", "POST", f"{path}/use", use).status_code == 404
        assert api("liu", "GET", f"{path}/use").json()["political"] == 7
        assert api("sun", "GET", "/centres/powers").json()["items"] == []
