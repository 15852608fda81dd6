"""Meetings over HTTP, and the calendar feed."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now
from icalendar import Calendar

from tongxin.accounts.models import User
from tongxin.meetings import actions
from tongxin.meetings.models import CalendarFeed, Meeting
from tongxin.testing import NOON

from .people import DAY, HOUR, announced, approved, browser, plan, status_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]


class TestMeetings:
    def body(self, world, **more):
        at = now() + DAY
        given = {
            "unit": world.branch.pk, "kind": "theme_day", "title": "清洁家园", "venue": "三号楼前",
            "chair": "秦岚", "starts_at": at.isoformat(), "ends_at": (at + HOUR).isoformat(),
        }  # fmt: skip
        return given | more

    def test_planned_once_for_a_key_and_taken_on(self, api, world):
        asked = self.body(world)
        first = api("qin", "POST", "/meetings", asked, key="a")
        assert first.status_code == 201, first.content.decode()
        other = api("qin", "POST", "/meetings", asked | {"title": "另一次"}, key="a")
        assert (other.status_code, other.json()["code"]) == (409, "key_reused")
        again = api("qin", "POST", "/meetings", asked, key="a")
        assert again["Idempotency-Replayed"] == "true"
        assert again.json()["id"] == first.json()["id"]
        id = first.json()["id"]
        told = api("qin", "POST", f"/meetings/{id}/moves/notice")
        assert told.json()["state"] == "noticed"
        twice = api("qin", "POST", f"/meetings/{id}/moves/notice")
        assert (twice.status_code, twice.json()["code"]) == (409, "not_open")

    def test_refusals_are_problems(self, api, world):
        wrong = self.body(world, ends_at=now().isoformat())
        answer = api("qin", "POST", "/meetings", wrong)
        assert (answer.status_code, answer.json()["field"]) == (422, "ends_at")
        assert api("yue", "POST", "/meetings", self.body(world)).status_code == 404
        assert api("", "GET", "/meetings").status_code == 401
        assert not Meeting.objects.exists()

    def test_who_sees_what(self, api, world):
        meeting = approved(world)
        full = api("tang", "GET", f"/meetings/{meeting.pk}").json()
        assert full["counts"]["present"] == 2
        assert full["minutes"]
        own = api("wang", "GET", f"/meetings/{meeting.pk}").json()
        assert (own["mine"], own["minutes"], own["counts"]) == ("present", "", None)
        for who in ("yue", "sun", "ann", "liu"):
            assert api(who, "GET", f"/meetings/{meeting.pk}").status_code == 404
            assert api(who, "GET", "/meetings").json()["items"] == []

    def test_page_by_page_with_few_queries(self, api, world):
        for n in range(3):
            announced(world, starts_at=NOON + n * DAY + HOUR)
        api("qin", "GET", "/meetings?limit=2")
        with CaptureQueriesContext(connection) as asked:
            first = api("qin", "GET", "/meetings?limit=2").json()
        assert len(asked) <= 3
        rest = api("qin", "GET", f"/meetings?limit=2&cursor={first['next']}").json()
        assert [len(first["items"]), len(rest["items"]), rest["next"]] == [2, 1, None]


class TestSigningIn:
    def test_by_the_code(self, api, world):
        at = now()
        meeting = actions.send_notice(
            meeting=plan(world, starts_at=at + timedelta(minutes=1), at=at), by=world.qin, at=at
        )
        body = {"code": actions.sign_code(meeting=meeting, at=at)}
        assert api("wang", "POST", "/meetings/sign-in", body).json()["status"] == "present"
        assert status_of(meeting, world.wang).how == "qr"
        assert api("sun", "POST", "/meetings/sign-in", body).json()["code"] == "not_invited"
        old = {"code": actions.sign_code(meeting=meeting, at=at - HOUR)}
        answer = api("zhao", "POST", "/meetings/sign-in", old)
        assert (answer.status_code, answer.json()["code"]) == (410, "code_expired")


def test_the_rule_check(api, world):
    path = f"/meetings/rule-check?unit={world.north_party.pk}&on=2026-03-20"
    found = api("tang", "GET", path).json()
    told = {(one["unit"]["name"], one["kind"]): one for one in found["items"]}
    finding = told["松社区第一党支部", "theme_day"]
    assert (finding["period"], finding["due"], finding["missing"]) == ("2026-03", "2026-03-31", 1)
    assert finding["sentence"].startswith("本月还差 1 次主题党日")
    assert api("yue", "GET", path).status_code == 404
    first = api("tang", "GET", f"{path}&limit=2").json()
    assert (len(first["items"]), first["next"]) == (2, "2")


class TestFeed:
    def make(self, world, who) -> str:
        page = browser(who).post("/meetings/feed/").content.decode()
        start = page.index("/meetings/feed/", page.index("feed-address"))
        return page[start : page.index(".ics", start) + 4]

    def test_it_tells_what_one_is_asked_to_and_nothing_of_anybody(self, world, client):
        at = now()
        announced(world, starts_at=at + DAY, at=at)
        path = self.make(world, world.wang)
        answer = client.get(path)
        assert answer["Content-Type"].startswith("text/calendar")
        events = list(Calendar.from_ical(answer.content).walk("VEVENT"))
        assert [str(one["summary"]) for one in events] == ["主题党日：学党章 讲身边事"]
        assert "赵磊" not in answer.content.decode()
        assert "王芳" not in answer.content.decode()

    def test_revoked_it_is_gone(self, world, client):
        path = self.make(world, world.wang)
        assert client.get(path).status_code == 200
        browser(world.wang).post("/meetings/feed/", {"revoke": "1"})
        assert client.get(path).status_code == 404
        newer = self.make(world, world.wang)
        assert client.get(path).status_code == 404
        assert client.get(newer).status_code == 200
        assert CalendarFeed.objects.get().digest not in newer

    def test_who_left_hears_no_more(self, world, client):
        path = self.make(world, world.wang)
        User.objects.filter(pk=world.wang.pk).update(is_active=False)
        assert client.get(path).status_code == 404
        assert client.get(reverse("meetings:ics", args=["guess"])).status_code == 404
