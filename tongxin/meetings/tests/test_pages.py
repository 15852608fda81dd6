"""The pages of meetings: who may, who may not, the stranger; and a whole meeting through the door."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import localtime, now

from tongxin.meetings import actions
from tongxin.meetings.models import Meeting
from tongxin.orgs.models import LogEntry

from .people import DAY, HOUR, MINUTES, announced, browser, came, held, jpeg, plan, status_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]


def soon(world, **more) -> Meeting:
    """Return a meeting that was announced and begins in a minute, by the real clock."""
    at = now()
    return announced_at(world, at, starts_at=at + timedelta(minutes=1), **more)


def announced_at(world, at, **more) -> Meeting:
    more.setdefault("ends_at", more["starts_at"] + 2 * HOUR)
    return actions.send_notice(meeting=plan(world, at=at, **more), by=world.qin, at=at)


class TestAWholeMeeting:
    @pytest.mark.mission("S2.15")
    def test_from_the_template_to_approved_minutes(self, world):
        qin, tang = browser(world.qin), browser(world.tang)
        page = qin.get("/meetings/new/?kind=theme_day").content.decode()
        for step in ("确定主题", "重温入党誓词", "志愿服务"):
            assert step in page
        starts = localtime(now() + timedelta(minutes=1))
        given = {
            "title": "清洁家园", "day": starts.date(), "starts": f"{starts:%H:%M}",
            "ends": f"{localtime(now() + 2 * HOUR):%H:%M}", "venue_kind": "site",
            "venue": "三号楼前", "chair": "秦岚", "agenda": "1. 集中学习",
        }  # fmt: skip
        if given["ends"] < given["starts"]:
            pytest.skip("around midnight a day has no evening")
        answer = qin.post("/meetings/new/?kind=theme_day", given)
        assert answer.status_code == 302, answer.content.decode()
        url = answer.url
        qin.post(f"{url}do/notice/")
        meeting = Meeting.objects.get()
        assert (meeting.state, meeting.venue_kind) == ("noticed", "site")
        Meeting.objects.update(starts_at=now() - HOUR)
        rows = {f"status_{row.pk}": "present" for row in meeting.attendances.all()}
        assert qin.post(f"{url}list/", rows).status_code == 302
        qin.post(f"{url}do/hold/")
        vote = {"text": "每月第一周清洁楼道", "method": "hands", "in_favour": 2, "against": 0}
        assert qin.post(f"{url}vote/", vote | {"abstain": 1}).status_code == 422
        assert qin.post(f"{url}vote/", vote | {"abstain": 0}).status_code == 302
        record = {"minutes": MINUTES, "steps": ["集中学习", "志愿服务"]}
        assert qin.post(f"{url}minutes/", record).status_code == 302
        assert "审定" not in re.findall(r"<button[^>]*>(?:<svg.*?</svg>)?(.*?)</button>",
                                        qin.get(url).content.decode())  # fmt: skip
        qin.post(f"{url}do/approve/")
        assert Meeting.objects.get().state == "recorded"
        tang.post(f"{url}do/approve/")
        assert Meeting.objects.get().state == "approved"
        assert LogEntry.objects.filter(unit=world.branch).count() == 1
        printed = qin.get(f"{url}print/").content.decode()
        assert MINUTES in printed
        assert "王芳" in printed

    def test_what_is_wrong_stands_beside_its_field(self, world):
        day = (now() + DAY).date()
        given = {"title": "", "day": day, "starts": "15:00", "ends": "14:00", "venue_kind": "room",
                 "venue": "会议室", "chair": "秦岚"}  # fmt: skip
        answer = browser(world.qin).post("/meetings/new/?kind=theme_day", given)
        assert answer.status_code == 422
        given["title"] = "学党章"
        answer = browser(world.qin).post("/meetings/new/?kind=theme_day", given)
        assert "结束时间要晚于开始时间" in answer.content.decode()
        assert not Meeting.objects.exists()


class TestWhoSees:
    def test_the_stranger_sees_nothing(self, world):
        url = f"/meetings/{announced(world).pk}/"
        for who in (world.yue, world.sun, world.liu, world.ann):
            assert browser(who).get(url).status_code == 404, who
            for more in ("print/", "list/", "minutes/", "code/"):
                assert browser(who).get(url + more).status_code == 404

    def test_a_member_sees_their_own_answer_and_nobody_elses(self, world):
        meeting = announced(world)
        page = browser(world.wang).get(f"/meetings/{meeting.pk}/").content.decode()
        assert meeting.title in page
        assert "赵磊" not in page
        for more in ("print/", "list/", "code/"):
            assert browser(world.wang).get(f"/meetings/{meeting.pk}/{more}").status_code == 404

    def test_a_plan_is_not_yet_seen_by_members(self, world):
        url = f"/meetings/{plan(world).pk}/"
        assert browser(world.wang).get(url).status_code == 404
        assert browser(world.tang).get(url).status_code == 200

    def test_a_member_asks_leave(self, world):
        at = now()
        meeting = announced_at(world, at, starts_at=at + DAY)
        url = f"/meetings/{meeting.pk}/leave/"
        browser(world.wang).post(url, {"text": "出差"})
        assert status_of(meeting, world.wang).status == "leave"
        assert browser(world.sun).post(url, {"text": "出差"}).status_code == 404

    def test_nobody_signed_in_is_led_to_the_door(self, world, client):
        assert client.get("/meetings/").status_code == 302


class TestScanning:
    def test_the_phone_of_a_member(self, world):
        meeting = soon(world)
        code = actions.sign_code(meeting=meeting, at=now())
        phone = browser(world.wang)
        answer = phone.get(f"/meetings/in/{code}/", follow=True)
        assert "请确认是您本人" in answer.content.decode()
        answer = phone.post(f"/meetings/{meeting.pk}/in/")
        assert "签到成功" in answer.content.decode()
        assert status_of(meeting, world.wang).how == "qr"

    def test_one_signs_in_to_the_house_after_scanning(self, world, client):
        meeting = soon(world)
        code = actions.sign_code(meeting=meeting, at=now())
        assert client.get(f"/meetings/in/{code}/").url == f"/meetings/{meeting.pk}/in/"
        assert "/accounts/" in client.get(f"/meetings/{meeting.pk}/in/").url

    def test_without_the_code_nobody_signs_in(self, world):
        meeting = soon(world)
        answer = browser(world.wang).post(f"/meetings/{meeting.pk}/in/")
        assert answer.status_code == 410
        assert status_of(meeting, world.wang).status == "expected"

    def test_an_old_code_says_so(self, world):
        meeting = soon(world)
        code = actions.sign_code(meeting=meeting, at=now() - timedelta(minutes=2))
        answer = browser(world.wang).get(f"/meetings/in/{code}/")
        assert answer.status_code == 410
        assert "签到码已过期" in answer.content.decode()

    def test_who_is_not_asked_is_told_so(self, world):
        meeting = soon(world)
        code = actions.sign_code(meeting=meeting, at=now())
        answer = browser(world.sun).get(f"/meetings/in/{code}/", follow=True)
        assert answer.status_code == 404
        assert "不在这次会议的名单上" in answer.content.decode()

    def test_the_screen_shows_a_code_that_changes(self, world):
        meeting = soon(world)
        page = browser(world.qin).get(f"/meetings/{meeting.pk}/code/").content.decode()
        assert "<svg" in page
        live = browser(world.qin).get(f"/meetings/{meeting.pk}/code/now/")
        assert "<html" not in live.content.decode()


class TestPhotos:
    def photo(self, data=None):
        return SimpleUploadedFile("a.jpg", data or jpeg(), "image/jpeg")

    def test_kept_and_served_to_who_may_read_the_register(self, world):
        meeting = held(world)
        url = f"/meetings/{meeting.pk}/photos/"
        browser(world.qin).post(url, {"what": "scene", "photos": self.photo()})
        photo = meeting.photos.get()
        small = reverse("meetings:photo-thumb", args=[photo.pk])
        answer = browser(world.tang).get(small)
        assert b"".join(answer.streaming_content).startswith(b"\xff\xd8")
        for who in (world.yue, world.sun, world.wang):
            assert browser(who).get(small).status_code == 404

    def test_what_is_no_picture_is_not_kept(self, world):
        meeting = held(world)
        url = f"/meetings/{meeting.pk}/photos/"
        browser(world.qin).post(url, {"what": "scene", "photos": self.photo(b"no picture")})
        assert not meeting.photos.exists()
        assert browser(world.wang).post(url, {"what": "scene"}).status_code == 404


class TestLists:
    def test_the_month_has_its_meetings(self, world):
        announced(world)
        page = browser(world.qin).get("/meetings/?month=2026-03").content.decode()
        assert "学党章 讲身边事" in page
        assert "学党章 讲身边事" not in browser(world.yue).get(
            "/meetings/?month=2026-03"
        ).content.decode()  # fmt: skip

    def test_below_shows_the_units_below(self, world):
        announced(world)
        tang = browser(world.tang)
        assert "学党章" not in tang.get("/meetings/?month=2026-03").content.decode()
        assert "松社区第一党支部" in tang.get("/meetings/?month=2026-03&below=1").content.decode()

    def test_who_holds_no_office_is_led_to_their_own(self, world):
        assert browser(world.wang).get("/meetings/").url == "/meetings/mine/"
        assert browser(world.yue).get(f"/meetings/?unit={world.branch.pk}").status_code == 404

    @pytest.mark.parametrize(
        ("path", "most"),
        [
            ("/meetings/?month=2026-03", 8),
            ("/meetings/year/?year=2026", 8),
            ("/meetings/mine/", 8),
        ],
    )
    def test_pages_ask_no_more_for_many_meetings(self, world, path, most):
        def count() -> int:
            client = browser(world.qin)
            client.get(path)
            with CaptureQueriesContext(connection) as asked:
                client.get(path)
            return len(asked)

        announced(world)
        before = count()
        for n in range(2, 8):
            announced(world, starts_at=now() - DAY + timedelta(days=n), at=now())
        assert count() == before <= most

    def test_the_page_of_a_meeting_is_cheap(self, world):
        meeting = held(world)
        client = browser(world.qin)
        client.get(f"/meetings/{meeting.pk}/")
        with CaptureQueriesContext(connection) as asked:
            client.get(f"/meetings/{meeting.pk}/")
        assert len(asked) <= 8


def test_came_by_list_is_told_apart(world):
    meeting = announced(world)
    came(meeting, world.wang, by=world.qin)
    assert status_of(meeting, world.wang).how == "list"


class TestSentences:
    """What needs a sentence: calling off, sending back, correcting, a guest."""

    def test_calling_off(self, world):
        meeting = announced(world)
        url = f"/meetings/{meeting.pk}/say/cancel/"
        browser(world.qin).post(url, {"cancel-text": ""})
        assert Meeting.objects.get().state == "noticed"
        assert browser(world.wang).post(url, {"cancel-text": "防汛"}).status_code == 404
        browser(world.qin).post(url, {"cancel-text": "防汛值守"})
        assert Meeting.objects.get().cancel_reason == "防汛值守"
        page = browser(world.wang).get(f"/meetings/{meeting.pk}/").content.decode()
        assert "已取消：防汛值守" in page

    def test_sending_back_and_correcting(self, world):
        meeting = held(world)
        url = f"/meetings/{meeting.pk}/"
        actions.record_minutes(meeting=meeting, minutes=MINUTES, by=world.qin, at=meeting.ends_at)
        tang, qin = browser(world.tang), browser(world.qin)
        assert "要由另一位" in qin.get(url).content.decode()
        tang.post(f"{url}say/send_back/", {"send_back-text": "补写发言要点"})
        assert "记录被退回：补写发言要点" in qin.get(url).content.decode()
        actions.record_minutes(meeting=meeting, minutes=MINUTES, by=world.qin, at=meeting.ends_at)
        tang.post(f"{url}do/approve/")
        qin.post(f"{url}say/correct/", {"correct-text": "实到应为 1 人"})
        assert "实到应为 1 人" in qin.get(url).content.decode()
        assert qin.post(f"{url}say/forget/", {"forget-text": "x"}).status_code == 404
        assert qin.post(f"{url}do/forget/").status_code == 404

    def test_a_guest(self, world):
        meeting = announced(world)
        url = f"/meetings/{meeting.pk}/guest/"
        browser(world.qin).post(url, {"name": "周工", "part": "department", "agency": ""})
        assert meeting.attendances.count() == 2
        browser(world.qin).post(url, {"name": "周工", "part": "department", "agency": "水务局"})
        assert meeting.attendances.get(name="周工").votes is False
        assert browser(world.tang).get(f"/meetings/{meeting.pk}/").status_code == 200

    def test_changing(self, world):
        at = now()
        meeting = announced_at(world, at, starts_at=at + 3 * DAY)
        day = localtime(at + 4 * DAY).date()
        given = {"title": "改期再学", "day": day, "starts": "09:00", "ends": "11:00",
                 "venue_kind": "room", "venue": "会议室", "chair": "秦岚"}  # fmt: skip
        url = f"/meetings/{meeting.pk}/change/"
        assert browser(world.wang).get(url).status_code == 404
        assert browser(world.qin).post(url, given).status_code == 302
        changed = Meeting.objects.get()
        assert (changed.title, localtime(changed.starts_at).hour) == ("改期再学", 9)


def test_a_registrar_above_may_read_what_she_does_not_hold(world):
    """The district's organiser sees the branch's meeting and its moves; Salt's secretary nothing."""
    meeting = held(world)
    assert "写会议记录" in browser(world.he).get(f"/meetings/{meeting.pk}/").content.decode()
    assert browser(world.yue).get(f"/meetings/{meeting.pk}/").status_code == 404
