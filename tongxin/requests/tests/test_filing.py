"""点单 on the phone: the form, what it suggests, what it refuses, and what it does once."""

import uuid

import pytest
from django.urls import reverse

from tongxin.cases.models import Case, Topic
from tongxin.requests.models import Channel

from .phone import ask, browser, jpeg, text_of, upload

NEW = "/requests/new/"


def filled(**changes):
    base = {
        "key": str(uuid.uuid4()),
        "text": "厨房水管漏水，水流到楼下了",
        "topic": "0101",
        "region": "120116001001",
        "address": "8 号楼 101",
    }
    return {name: value for name, value in (base | changes).items() if value is not None}


@pytest.fixture
def sun(world):
    return browser(world.sun)


class TestFiling:
    @pytest.mark.mission("S0.49")
    def test_a_request_with_photo_and_place_arrives(self, world, sun):
        response = sun.post(NEW, filled(photos=[upload(), upload(jpeg("red"))]))
        case = Case.objects.get()
        assert response["Location"] == reverse("requests:filed", args=[case.pk])
        assert (case.reporter, case.topic, case.region) == (world.sun, world.tap, world.pine)
        assert (case.address, case.evidence.count()) == ("8 号楼 101", 2)
        assert case.request.channel == Channel.WEB
        page = text_of(sun.get(response["Location"]))
        assert case.number in page
        assert "社区正在看您的单子" in page

    def test_a_point_counts_before_the_list(self, world, sun):
        sun.post(NEW, filled(lng="117.55", lat="39.25", region="120116001002"))
        assert Case.objects.get().region == world.p1

    def test_sent_twice_it_is_filed_once(self, world, sun):
        sent = filled()
        first, second = sun.post(NEW, sent), sun.post(NEW, sent | {"seen": "1"})
        assert first["Location"] == second["Location"]
        assert Case.objects.count() == 1

    def test_another_text_under_a_used_key_is_not_lost_silently(self, world, sun):
        sent = filled()
        sun.post(NEW, sent)
        response = sun.post(NEW, sent | {"text": "别的事", "seen": "1"}, follow=True)
        assert "这份内容已经提交过了" in text_of(response)
        assert Case.objects.count() == 1

    def test_for_a_neighbour_with_their_consent(self, world, sun):
        sun.post(NEW, filled(is_for_other="on", beneficiary="王奶奶", consent="电话同意"))
        request = Case.objects.get().request
        assert request.consent == "电话同意"
        assert "王奶奶" not in request.beneficiary_sealed != ""

    def test_a_neighbour_needs_name_and_consent(self, world, sun):
        response = sun.post(NEW, filled(is_for_other="on"))
        assert response.status_code == 422
        assert "请填写替谁点单" in text_of(response)
        assert "请选择对方是怎样同意的" in text_of(response)
        assert not Case.objects.exists()

    def test_unticked_again_nobody_else_is_named(self, world, sun):
        sun.post(NEW, filled(beneficiary="王奶奶", consent="电话同意"))
        assert Case.objects.get().request.beneficiary_sealed == ""

    def test_private_if_wished(self, world, sun):
        sun.post(NEW, filled(is_private="on"))
        assert Case.objects.get().is_private

    def test_the_desk_and_the_grid_worker_file_for_others(self, world):
        browser(world.zhang).post(NEW, filled())
        browser(world.mei).post(NEW, filled(seen="1"))
        channels = Case.objects.order_by("id").values_list("request__channel", flat=True)
        assert list(channels) == [Channel.DESK, Channel.GRID]

    def test_without_a_topic_the_desk_sorts_it(self, world, sun):
        sun.post(NEW, filled(topic=""))
        assert Case.objects.get().topic is None


class TestBadInput:
    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"text": ""}, "请填写发生了什么"),
            ({"text": "漏" * 10_001}, "最多 10000 个字"),
            ({"text": "漏水\x07了"}, "看不见的特殊字符"),
            ({"text": "漏水\x00了"}, "看不见的特殊字符"),
            ({"address": "八号楼" * 50}, "详细地址最多 120 个字"),
            ({"contact": "12345"}, "手机号应是 11 位数字"),
            ({"region": ""}, "请选择所在社区"),
            ({"region": "999999999999"}, "没有代码为"),
            ({"lng": "100.0", "lat": "30.0"}, "不在服务范围内"),
        ],
    )
    def test_a_sentence_and_nothing_changed(self, world, sun, changes, sentence):
        response = sun.post(NEW, filled(**changes))
        assert response.status_code in (404, 422)
        assert sentence in text_of(response)
        assert not Case.objects.exists()

    def test_what_is_no_photo(self, world, sun):
        response = sun.post(NEW, filled(photos=upload(b"%PDF-1.7 not a picture")))
        assert response.status_code == 422
        assert "这不是图片" in text_of(response)
        assert not Case.objects.exists()

    def test_a_photo_of_sixteen_megabytes(self, world, sun):
        response = sun.post(NEW, filled(photos=upload(jpeg() + b"\0" * (16 * 1024 * 1024))))
        assert response.status_code == 422
        assert "最大 15 MB" in text_of(response)
        assert not Case.objects.exists()

    def test_ten_photos_are_one_too_many(self, world, sun):
        assert sun.post(NEW, filled(photos=[upload() for _n in range(9)])).status_code == 302
        response = sun.post(NEW, filled(photos=[upload() for _n in range(10)], seen="1"))
        assert "最多上传 9 张照片" in text_of(response)
        assert Case.objects.count() == 1

    def test_the_words_are_still_there(self, world, sun):
        page = text_of(sun.post(NEW, filled(region="", text="楼道堆满了纸箱")))
        assert "楼道堆满了纸箱" in page
        assert "has-error" in page


class TestQuestions:
    @pytest.fixture(autouse=True)
    def _ask_more(self, world):
        world.tap.questions = [
            {"key": "where", "label": "哪里漏", "type": "choice", "choices": ["厨房", "厕所"], "required": True},
            {"key": "floor", "label": "几层", "type": "number", "choices": [], "required": False},
        ]  # fmt: skip
        world.tap.save()

    def test_they_appear_with_the_topic(self, world, sun):
        assert "哪里漏" not in text_of(sun.get(NEW))
        assert "哪里漏" in text_of(sun.get(f"{NEW}?topic=0101"))

    def test_they_are_kept(self, world, sun):
        sun.post(NEW, filled(q_where="厨房", q_floor="3"))
        assert Case.objects.get().request.answers == {"where": "厨房", "floor": 3}

    @pytest.mark.parametrize(
        ("answers", "sentence"),
        [({}, "请回答这个问题"), ({"q_where": "厨房", "q_floor": "三"}, "请填数字")],
    )
    def test_what_is_required_or_wrong_is_named(self, world, sun, answers, sentence):
        response = sun.post(NEW, filled(**answers))
        assert response.status_code == 422
        assert sentence in text_of(response)
        assert not Case.objects.exists()


class TestHelp:
    """What the page fetches while one types."""

    @pytest.fixture(autouse=True)
    def _words(self, world):
        Topic.objects.filter(pk=world.tap.pk).update(keywords="水管 漏水 龙头 下水")
        Topic.objects.filter(pk=world.pothole.pk).update(keywords="路面 坑 积水")

    def fetch(self, client, name, data, target=""):
        return client.post(
            reverse(f"requests:{name}"), data, headers={"HX-Request": "true", "HX-Target": target}
        )

    def test_topics_are_suggested_by_the_words(self, world, client):
        page = text_of(self.fetch(client, "suggest", {"text": "厨房水管漏水"}, "suggestions"))
        assert "水管维修" in page
        assert "道路坑洼" not in page

    def test_nothing_is_suggested_for_too_little(self, world, client):
        assert "水管维修" not in text_of(
            self.fetch(client, "suggest", {"text": "水管"}, "suggestions")
        )

    def test_choosing_one_selects_it(self, world, client):
        page = text_of(self.fetch(client, "suggest", {"text": "水管漏水", "pick": "0101"}, "topic"))
        assert '<option value="0101" selected>' in page
        assert "4 工作时" in page

    def test_a_point_gets_its_place_in_words(self, world, client):
        page = text_of(self.fetch(client, "around", {"lng": "117.55", "lat": "39.25"}))
        assert "松社区 · 第一网格" in page
        assert '<option value="120116001001" selected>' in page

    def test_a_point_outside_is_said_at_once(self, world, client):
        page = text_of(self.fetch(client, "around", {"lng": "100", "lat": "30"}))
        assert "不在服务范围内" in page

    @pytest.mark.parametrize("point", [{"lng": "x", "lat": "1"}, {"lng": "999", "lat": "1"}, {}])
    def test_no_point_is_no_place(self, world, client, point):
        assert self.fetch(client, "around", point).status_code == 200

    def test_communities_of_a_street(self, world, client):
        page = text_of(self.fetch(client, "communities", {"street": "120116001"}))
        assert "松社区" in page and "苇社区" in page and "盐社区" not in page
        assert text_of(self.fetch(client, "communities", {"street": "?"})).strip() == ""


class TestSimilar:
    def test_the_same_nearby_is_shown_before_it_is_filed(self, world, sun):
        other = ask(world, who=world.ma, text="一楼水管漏水")
        sent = filled(lng="117.5502", lat="39.2501", photos=upload())
        page = text_of(sun.post(NEW, sent))
        assert "一楼水管漏水" in page
        assert reverse("requests:outline", args=[other.pk]) in page
        assert Case.objects.count() == 1
        assert sun.post(NEW, sent | {"seen": "1", "photos": upload()}).status_code == 302
        assert Case.objects.count() == 2

    def test_without_a_point_the_community_is_looked_at(self, world, sun):
        ask(world, who=world.ma, text="一楼水管漏水")
        assert "一楼水管漏水" in text_of(sun.post(NEW, filled()))

    def test_private_and_other_ones_are_not_shown(self, world, sun):
        ask(world, who=world.ma, text="我家的私事", is_private=True)
        ask(world, who=world.ma, text="路上有坑", topic=world.pothole)
        assert sun.post(NEW, filled(lng="117.55", lat="39.25")).status_code == 302

    def test_the_outline_tells_no_more_than_that(self, world, client):
        case = ask(world, text="水管漏水\n钥匙在门垫下", address="8 号楼 101")
        page = text_of(client.get(reverse("requests:outline", args=[case.pk])))
        assert "松社区" in page
        for secret in ("钥匙", "8 号楼", "孙阿姨", "第一网格"):
            assert secret not in page

    def test_a_private_one_has_no_outline(self, world, client):
        case = ask(world, is_private=True)
        assert client.get(reverse("requests:outline", args=[case.pk])).status_code == 404


class TestWithoutSigningIn:
    def test_the_words_wait_until_one_is_back(self, world, client):
        response = client.post(NEW, filled(text="楼道堆满了纸箱"))
        assert response["Location"].endswith(f"?next={NEW}")
        assert not Case.objects.exists()
        client.force_login(world.sun)
        page = text_of(client.get(NEW))
        assert "楼道堆满了纸箱" in page
        assert '<option value="120116001001" selected>' in page

    def test_the_draft_outlives_the_door(self, world, client):
        assert "data-keep-drafts" in text_of(client.get(reverse("accounts:sign-in")))


class TestWithoutScripts:
    def test_look_lists_communities_and_questions_and_files_nothing(self, world, sun):
        sent = filled(look="1", street="120116001", region=None)
        page = text_of(sun.post(NEW, sent))
        assert "苇社区" in page
        assert sent["text"] in page
        assert not Case.objects.exists()


def test_the_last_place_is_proposed(world, sun):
    ask(world, region=world.reed, lng=None, lat=None)
    assert '<option value="120116001002" selected>' in text_of(sun.get(NEW))


def test_the_catalogue_can_be_browsed(world, client):
    page = text_of(client.get(reverse("requests:browse")))
    assert "便民维修" in page
    assert f"{NEW}?topic=0103" in page


def test_filed_is_for_who_filed(world, sun):
    case = ask(world, who=world.ma)
    assert sun.get(reverse("requests:filed", args=[case.pk])).status_code == 404
