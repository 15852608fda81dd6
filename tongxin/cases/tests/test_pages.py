"""The page of a case, the form of each move, its photos: for whom, with what, and what is refused."""

import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.timezone import now
from PIL import Image

from tongxin.accounts.models import AuditEntry
from tongxin.cases.actions import keep_evidence, make_move
from tongxin.cases.models import Event
from tongxin.requests.actions import file_request

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def a_photo(exif=None) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (800, 600), "teal").save(buffer, "JPEG", **({"exif": exif} if exif else {}))
    return buffer.getvalue()


def upload(data=None, name="photo.jpg"):
    return SimpleUploadedFile(name, data or a_photo(), "image/jpeg")


@pytest.fixture
def tap(world):
    return file_request(
        text="厨房水管漏水，水流到楼下", topic=world.tap, lng=117.55, lat=39.25, address="3 号楼",
        at=now() - 2 * HOUR, actor=world.sun, photos=[a_photo()], contact="13900001234",
    )  # fmt: skip


@pytest.fixture
def held(world, tap):
    """The same, in the hands of Wang."""
    make_move(
        tap, "dispatch", at=now() - HOUR, actor=world.zhang, holder=world.wang, note="下午上门"
    )
    make_move(tap, "accept", at=now() - HOUR, actor=world.wang)
    tap.refresh_from_db()
    return tap


@pytest.fixture
def done(world, held):
    photo = keep_evidence(case=held, data=a_photo(), kind="after", actor=world.wang, at=now())
    make_move(
        held, "finish", at=now(), actor=world.wang, note="换了垫圈", evidence=[photo], minutes=40
    )
    held.refresh_from_db()
    return held


def page(client, user, name, *args, **query):
    client.force_login(user)
    return client.get(reverse(f"cases:{name}", args=args), query)


def post(client, user, case, move, at_once=False, **data):
    client.force_login(user)
    url = reverse("cases:move", args=[case.pk, move]) + ("?at_once=1" if at_once else "")
    given = {"expect": case.length, "key": str(uuid4()), **data}
    return client.post(
        url, {name: value for name, value in given.items() if value is not None}, follow=True
    )


def text_of(response) -> str:
    return response.content.decode()


class TestDetail:
    def test_a_dispatcher_sees_it_whole_with_the_moves_of_now(self, client, world, tap):
        text = text_of(page(client, world.zhang, "detail", tap.pk))
        for words in (
            tap.number,
            "厨房水管漏水",
            "3 号楼",
            "派给谁",
            "王芳",
            "会水电",
            "为什么是这个时限",
            "139****1234",
        ):
            assert words in text
        for name in ("dispatch", "post", "offer", "answer", "correct"):
            assert reverse("cases:move", args=[tap.pk, name]) in text
        assert reverse("cases:move", args=[tap.pk, "verify"]) not in text
        assert "13900001234" not in text

    def test_the_clock_shows_its_arithmetic(self, client, world, tap):
        response = page(client, world.zhang, "detail", tap.pk)
        assert response.context["why"]["sentence"] in text_of(response)
        assert "2 工作时" in response.context["why"]["norm"]

    @pytest.mark.parametrize("who", ["wu", "ma", "wang", "li"])
    def test_who_has_nothing_to_do_with_it_finds_nothing(self, client, world, tap, who):
        assert page(client, getattr(world, who), "detail", tap.pk).status_code == 404

    def test_nobody_signed_in_is_sent_to_the_door(self, client, tap):
        response = client.get(reverse("cases:detail", args=[tap.pk]))
        assert response.status_code == 302
        assert reverse("accounts:sign-in") in response["Location"]

    def test_a_resident_reads_what_is_meant_for_them(self, client, world, tap):
        make_move(tap, "dispatch", at=now(), actor=world.zhang, holder=world.wang, note="下午上门")
        make_move(tap, "decline", at=now(), actor=world.wang, note="那家狗太凶")
        text = text_of(page(client, world.sun, "detail", tap.pk))
        assert "下午上门" in text
        assert "那家狗太凶" not in text
        assert "那家狗太凶" in text_of(page(client, world.zhang, "detail", tap.pk))

    def test_the_hall_sees_neither_names_nor_numbers(self, client, world, tap):
        make_move(tap, "post", at=now(), actor=world.zhang)
        text = text_of(page(client, world.zhao, "detail", tap.pk))
        assert "孙*姨" in text
        assert "孙阿姨" not in text
        assert "139****1234" not in text

    def test_the_pane_is_the_case_without_the_frame(self, client, world, tap):
        text = text_of(page(client, world.zhang, "detail", tap.pk, pane=1))
        assert "<html" not in text
        assert "派给谁" in text

    def test_a_request_that_waits_for_approval_says_so(self, client, world, held):
        make_move(held, "ask_extend", at=now(), actor=world.wang, note="等配件")
        text = text_of(page(client, world.liu, "detail", held.pk))
        assert "王芳申请延期" in text
        assert reverse("cases:move", args=[held.pk, "approve_extend"]) in text

    def test_it_costs_a_few_queries(self, client, world, done, django_assert_max_num_queries):
        page(client, world.zhang, "detail", done.pk)
        with django_assert_max_num_queries(14):
            client.get(reverse("cases:detail", args=[done.pk]))


class TestForm:
    def test_it_asks_for_what_the_move_needs_and_takes(self, client, world, held):
        form = page(client, world.wang, "move", held.pk, "finish").context["form"]
        assert {"note", "photo", "before", "after", "signature", "minutes", "lng", "lat"} <= set(
            form.fields
        )
        assert form.fields["note"].required
        assert form.fields["photo"].required
        assert not form.fields["minutes"].required

    def test_people_are_found_by_name(self, client, world, tap):
        response = page(client, world.zhang, "move", tap.pk, "dispatch", who="赵")
        assert [str(label) for _pk, label in response.context["form"].fields["holder"].choices] == [
            "赵磊"
        ]

    @pytest.mark.parametrize(
        ("who", "move", "status"),
        [
            ("zhang", "verify", 409),
            ("zhang", "fly", 409),
            ("sun", "dispatch", 403),
            ("wu", "dispatch", 404),
        ],
    )
    def test_a_move_that_is_not_open_is_refused_with_a_reason(
        self, client, world, tap, who, move, status
    ):
        response = page(client, getattr(world, who), "move", tap.pk, move)
        assert response.status_code == status


class TestMove:
    def test_one_press_gives_the_order_and_undo_takes_it_back(self, client, world, tap):
        response = post(client, world.zhang, tap, "dispatch", at_once=True, holder=world.wang.pk)
        tap.refresh_from_db()
        assert (tap.step, tap.holder) == ("dispatched", world.wang)
        message = next(iter(response.context["messages"]))
        assert tap.number in str(message)
        undo = message.extra_tags.removeprefix("undo=")
        client.post(undo)
        tap.refresh_from_db()
        assert (tap.step, tap.holder) == ("filed", None)

    def test_undo_comes_too_late_once_somebody_moved_on(self, client, world, tap):
        response = post(client, world.zhang, tap, "dispatch", at_once=True, holder=world.wang.pk)
        undo = next(iter(response.context["messages"])).extra_tags.removeprefix("undo=")
        make_move(tap, "accept", at=now(), actor=world.wang)
        client.post(undo)
        tap.refresh_from_db()
        assert tap.step == "accepted"

    def test_the_same_key_acts_once(self, client, world, tap):
        for _again in range(2):
            post(client, world.zhang, tap, "dispatch", at_once=True, holder=world.wang.pk, key="k1")
        assert Event.objects.filter(case=tap, name="dispatch").count() == 1

    def test_a_stale_page_is_told_who_moved_it(self, client, world, tap):
        make_move(tap, "dispatch", at=now(), actor=world.liu, holder=world.zhao)
        text = text_of(post(client, world.zhang, tap, "dispatch", holder=world.wang.pk))
        assert "刘洋" in text
        assert "待接单" in text
        tap.refresh_from_db()
        assert tap.holder == world.zhao

    def test_what_is_missing_is_named_and_nothing_changes(self, client, world, held):
        response = post(client, world.wang, held, "finish", note="")
        assert response.status_code == 422
        assert {"note", "photo"} <= set(response.context["form"].errors)
        held.refresh_from_db()
        assert held.step == "accepted"

    def test_neither_person_nor_office_is_refused(self, client, world, tap):
        response = post(client, world.zhang, tap, "dispatch")
        assert response.status_code == 422
        assert "承办" in text_of(response)

    def test_an_order_cannot_be_given_to_somebody_out_of_reach(self, client, world, tap):
        assert post(client, world.zhang, tap, "dispatch", holder=world.wu.pk).status_code == 422
        assert post(client, world.zhang, tap, "dispatch", holder=world.sun.pk).status_code == 422
        tap.refresh_from_db()
        assert tap.step == "filed"

    def test_photos_go_with_the_move(self, client, world, held):
        post(client, world.wang, held, "finish", note="换了垫圈", photo=upload(), minutes=40)
        held.refresh_from_db()
        assert held.step == "done"
        event = held.events.get(name="finish")
        assert [item.kind for item in event.evidence.all()] == ["photo"]

    def test_what_is_no_photo_is_refused_beside_its_field(self, client, world, held):
        response = post(
            client, world.wang, held, "finish", note="好了", photo=upload(b"not a picture")
        )
        assert response.status_code == 422
        assert response.context["form"].errors
        assert held.evidence.count() == 1

    def test_a_place_is_taken_from_the_map(self, client, world, held):
        post(client, world.wang, held, "check_in", lng=117.551, lat=39.25, accuracy=12)
        assert held.events.get(name="check_in").data["place"] == {
            "lng": 117.551,
            "lat": 39.25,
            "accuracy": 12.0,
        }

    def test_without_a_place_there_is_no_check_in(self, client, world, held):
        assert post(client, world.wang, held, "check_in").status_code == 422
        assert not held.events.filter(name="check_in").exists()

    def test_a_day_to_wait_for(self, client, world, held):
        post(client, world.wang, held, "wait", note="居民出差", until="2099-01-02T09:00")
        held.refresh_from_db()
        assert held.step == "waiting"

    def test_stars_and_tags(self, client, world, done):
        make_move(done, "verify", at=now(), actor=world.chen)
        done.refresh_from_db()
        tag = (
            page(client, world.sun, "move", done.pk, "rate")
            .context["form"]
            .fields["tags"]
            .choices[0][0]
        )
        post(client, world.sun, done, "rate", stars="5", tags=[tag], note="很快")
        done.refresh_from_db()
        assert (done.step, done.request.stars, done.request.tags) == ("closed", 5, [tag])

    def test_topic_and_region_are_corrected_within_the_street(self, client, world, tap):
        post(
            client,
            world.zhang,
            tap,
            "correct",
            note="在隔壁社区",
            region=world.reed.pk,
            topic=world.errand.pk,
        )
        tap.refresh_from_db()
        assert (tap.region, tap.topic) == (world.reed, world.errand)
        assert (
            post(client, world.liu, tap, "correct", note="x", region=world.salt.pk).status_code
            == 422
        )

    def test_somebody_elses_case_is_not_there(self, client, world, tap):
        assert post(client, world.wu, tap, "dispatch", holder=world.wang.pk).status_code == 404

    def test_one_is_not_sent_off_the_site(self, client, world, tap):
        client.force_login(world.zhang)
        url = reverse("cases:move", args=[tap.pk, "post"])
        response = client.post(url, {"next": "https://evil.example/"})
        assert response["Location"] == reverse("cases:detail", args=[tap.pk])

    def test_who_sees_it_no_longer_is_sent_home(self, client, world, tap):
        make_move(tap, "dispatch", at=now(), actor=world.zhang, holder=world.wang)
        tap.refresh_from_db()
        client.force_login(world.wang)
        url = reverse("cases:move", args=[tap.pk, "decline"])
        response = client.post(url, {"note": "今天不在家", "expect": tap.length})
        assert response["Location"] == reverse("portal:home")


class TestEvidence:
    def test_the_picture_is_for_those_who_see_the_case(self, client, world, tap):
        item = tap.evidence.get()
        response = page(client, world.zhang, "evidence", item.pk)
        assert response["Content-Type"] == "image/jpeg"
        assert "private" in response["Cache-Control"]
        assert b"".join(response.streaming_content).startswith(b"\xff\xd8")
        thumb = page(client, world.zhang, "thumb", item.pk)
        assert len(b"".join(thumb.streaming_content)) < item.size

    @pytest.mark.parametrize("name", ["evidence", "thumb", "photo"])
    def test_for_others_it_is_not_there(self, client, world, tap, name):
        item = tap.evidence.get()
        assert page(client, world.wu, name, item.pk).status_code == 404
        assert page(client, world.ma, name, uuid4()).status_code == 404

    def test_a_lost_file_is_not_found(self, client, world, tap, tmp_path):
        item = tap.evidence.get()
        item.file.storage.delete(item.file.name)
        assert page(client, world.zhang, "evidence", item.pk).status_code == 404

    def origin(self, client, user, item, reason):
        client.force_login(user)
        return client.post(reverse("cases:photo", args=[item.pk]), {"reason": reason})

    def test_an_officer_opens_what_the_file_said_for_a_reason_that_is_kept(
        self, client, world, tap
    ):
        item = tap.evidence.get()
        item.exif = {"lng": 117.5504, "lat": 39.25, "camera": "HUAWEI P50"}
        item.save()
        assert "HUAWEI" not in text_of(page(client, world.liu, "photo", item.pk))
        text = text_of(self.origin(client, world.liu, item, "核对拍摄地点"))
        assert "HUAWEI P50" in text
        assert "35 米" in text or "34 米" in text
        entry = AuditEntry.objects.get(action="evidence.origin")
        assert (entry.actor, entry.reason) == (world.liu, "核对拍摄地点")

    def test_not_without_a_reason(self, client, world, tap):
        response = self.origin(client, world.liu, tap.evidence.get(), "看看")
        assert response.status_code == 422
        assert not AuditEntry.objects.filter(action="evidence.origin").exists()

    def test_not_by_anybody_else(self, client, world, tap):
        item = tap.evidence.get()
        assert "查看拍摄位置" not in text_of(page(client, world.zhang, "photo", item.pk))
        assert self.origin(client, world.zhang, item, "核对拍摄地点").status_code == 403
        assert not AuditEntry.objects.filter(action="evidence.origin").exists()


class TestPaper:
    def test_it_prints_with_the_line_and_the_history(self, client, world, done):
        text = text_of(page(client, world.zhang, "print", done.pk))
        for words in (done.number, "dotline", "换了垫圈", "办理前", "居民签字"):
            assert words in text
        assert page(client, world.wu, "print", done.pk).status_code == 404

    def test_the_chain_is_whole(self, client, world, done):
        assert "记录链完整：4 条" in text_of(page(client, world.zhang, "chain", done.pk))
        assert page(client, world.wu, "chain", done.pk).status_code == 404

    @pytest.mark.parametrize("change", [{"note": "什么也没做"}, {"target": "closed"}])
    def test_a_changed_record_is_noticed(self, client, world, done, change):
        Event.objects.filter(case=done, name="finish").update(**change)
        assert "记录链不完整" in text_of(page(client, world.zhang, "chain", done.pk))

    def test_a_removed_record_is_noticed(self, client, world, done):
        done.evidence.filter(event__name="finish").update(event=None)
        Event.objects.filter(case=done, name="finish").delete()
        assert "记录链不完整" in text_of(page(client, world.zhang, "chain", done.pk))
