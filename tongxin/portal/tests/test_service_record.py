"""The record of service in one place: each service once, seen by oneself and one's branch."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tongxin.accounts.models import User
from tongxin.cases.actions import make_move
from tongxin.dual_report import actions as report_in
from tongxin.dual_report.models import ServiceEntry
from tongxin.kit.errors import NotPermitted
from tongxin.orgs.models import LogEntry, Membership, Person
from tongxin.portal.actions import YearNotOver, write_service_year
from tongxin.portal.queries import service_record as queries
from tongxin.requests.actions import collect_wish, file_request
from tongxin.requests.models import PointEntry
from tongxin.testing import NOON

HOUR, TODAY = timedelta(hours=1), date(2026, 3, 2)
LATER = NOON + timedelta(days=310)  # January of the next year


def as_user(client, user):
    client.force_login(user)
    return client


def reported(world):
    report = report_in.report_member(
        person=world.wang_member.person, community=world.pine, by=world.wang, at=NOON, agreed=True
    )
    return report_in.confirm_member(report=report, by=world.zhang, at=NOON)


def served_post(world, user, *, minutes=90, title="楼道清理"):
    """Let somebody serve at a post of Pine tomorrow, confirmed by Zhang."""
    post = report_in.offer_post(
        community=world.pine, title=title, service="environment", place="3 号楼", wanted=9,
        starts_at=NOON + 23 * HOUR, ends_at=NOON + 25 * HOUR, by=world.zhang, at=NOON,
    )  # fmt: skip
    claim = report_in.claim_post(post=post, by=user, at=NOON)
    return report_in.confirm_claim(
        claim=claim, minutes=minutes, by=world.zhang, at=NOON + 26 * HOUR
    )


def points(user, minutes, *, at=NOON, reason="代买代办"):
    return PointEntry.objects.create(user=user, at=at, points=1, minutes=minutes, reason=reason)


@pytest.fixture
def served(world):
    """Wang served at a post (90 minutes) and for a request (30)."""
    reported(world)
    served_post(world, world.wang)
    points(world.wang, 30)
    return world


class TestOnesOwn:
    def test_requests_turns_and_posts_stand_in_one_record(self, client, served):
        record = queries.record_of(served.wang, TODAY)
        assert (record.minutes, record.times, record.stars, record.next_hours) == (120, 2, 0, 100)
        assert record.by_kind == [("环境整治", 90), ("点单服务", 30)]
        assert record.by_year == [(2026, 120)]
        page = as_user(client, served.wang).get("/service-record/").content.decode()
        assert "岗位：楼道清理" in page and "代买代办" in page and "2.0" in page

    def test_the_same_service_is_counted_once(self, served):
        """Confirming again, and writing the same source again, adds nothing."""
        (entry,) = list(ServiceEntry.objects.all())
        report_in.write_service(
            user=served.wang, person=None, community=served.pine, service="environment", what="又一次",
            minutes=90, at=NOON, recorded_at=NOON, source=entry.source, by=served.zhang,
        )  # fmt: skip
        assert queries.record_of(served.wang, TODAY).minutes == 120

    def test_a_correction_is_seen_and_counted(self, client, served):
        entry = ServiceEntry.objects.get()
        report_in.correct_service(
            entry=entry, minutes=60, reason="提前离开", by=served.chen, at=NOON
        )
        record = queries.record_of(served.wang, TODAY)
        assert record.minutes == 90 and record.times == 2
        assert (
            "更正：提前离开"
            in as_user(client, served.wang).get("/service-record/").content.decode()
        )

    def test_stars_are_of_both_ledgers_together(self, served):
        points(served.wang, 98 * 60)
        assert queries.record_of(served.wang, TODAY).stars == 1

    def test_one_year_alone(self, client, served):
        points(served.wang, 45, at=NOON - timedelta(days=365), reason="去年的事")
        as_user(client, served.wang)
        page = client.get("/service-record/?year=2025").content.decode()
        assert "去年的事" in page and "楼道清理" not in page and "2025 年共 0.8 小时" in page

    def test_on_paper_it_is_a_record_and_no_certificate(self, client, served):
        page = as_user(client, served.wang).get("/service-record/print/").content.decode()
        assert (
            "志愿服务记录" in page
            and "不是《志愿服务记录证明》" in page
            and "岗位：楼道清理" in page
        )

    def test_who_has_none_is_shown_the_posts(self, client, world):
        assert (
            "还没有服务记录" in as_user(client, world.sun).get("/service-record/").content.decode()
        )

    def test_another_sees_nothing_of_it(self, client, served):
        page = as_user(client, served.zhao).get("/service-record/").content.decode()
        assert "楼道清理" not in page

    def test_few_queries(self, client, served):
        as_user(client, served.wang).get("/service-record/")
        with CaptureQueriesContext(connection) as caught:
            client.get("/service-record/")
        assert len(caught) <= 8


class TestTheHomeBranch:
    def test_its_secretary_sees_members_who_reported(self, client, served):
        as_user(client, served.qin)
        page = client.get("/service-record/branch/?year=2026").content.decode()
        assert "王芳" in page and "2.0" in page and "赵磊" not in page
        page = client.get(
            f"/service-record/members/{served.wang_member.person_id}/"
        ).content.decode()
        assert "岗位：楼道清理" in page and "代买代办" in page

    @pytest.mark.parametrize("who", ["yue", "zhang", "zhao", "wu", "ann", "liu"])
    def test_others_do_not(self, client, served, who):
        as_user(client, User.objects.get(pk=getattr(served, who).pk))
        assert (
            client.get(f"/service-record/members/{served.wang_member.person_id}/").status_code
            == 404
        )
        page = client.get("/service-record/branch/?year=2026", follow=True).content.decode()
        assert "王芳" not in page

    def test_not_of_a_member_who_did_not_report(self, client, served):
        points(served.zhao, 30)
        as_user(client, served.qin)
        assert (
            client.get(f"/service-record/members/{served.zhao_member.person_id}/").status_code
            == 404
        )

    def test_a_page_takes_few_queries_however_many_members(self, client, served):
        for n in range(40):
            user = User.objects.create(username=f"m{n}", name=f"党员{n}")
            person = Person.objects.create(name=user.name, user=user)
            Membership.objects.create(
                person=person, unit=served.branch, stage="full", from_date=TODAY
            )
            report = report_in.report_member(
                person=person, community=served.pine, by=user, at=NOON, agreed=True
            )
            report_in.confirm_member(report=report, by=served.zhang, at=NOON)
        as_user(client, served.qin).get("/service-record/branch/?year=2026")
        with CaptureQueriesContext(connection) as caught:
            first = client.get("/service-record/branch/?year=2026")
        assert len(caught) <= 8 and len(first.context["rows"]) == 30
        second = client.get(
            f"/service-record/branch/?year=2026&cursor={first.context['next_cursor']}"
        )
        names = {row.name for row in (*first.context["rows"], *second.context["rows"])}
        assert len(names) == 41
        assert client.get("/service-record/branch/?cursor=x").status_code in (302, 422)


class TestTheYearInTheBook:
    def test_it_is_written_once_when_the_year_is_over(self, client, served, monkeypatch):
        monkeypatch.setattr("tongxin.portal.views.service_record.now", lambda: LATER)
        as_user(client, served.qin)
        assert "写入全程纪实" in client.get("/service-record/branch/?year=2026").content.decode()
        for _twice in range(2):
            client.post(f"/service-record/branch/{served.branch.pk}/year/", {"year": "2026"})
        entry = LogEntry.objects.get(unit=served.branch, key="service-year:2026")
        assert entry.text.startswith(
            "2026 年双报到：1 名党员到社区报到，1 人参加服务 2 次，共 2.0 小时"
        )
        assert entry.year == 2026 and "王芳" not in entry.text

    def test_refused(self, served):
        with pytest.raises(YearNotOver):
            write_service_year(unit=served.branch, year=2026, by=served.qin, at=NOON)
        with pytest.raises(NotPermitted):
            write_service_year(unit=served.branch, year=2026, by=served.yue, at=LATER)


@pytest.mark.mission("S0.46")
class TestDistinctParticipants:
    def test_each_person_counts_once_however_often_and_in_how_many_ways(self, served):
        """Wang serves at a post, and for a request; asks for something too. Sun asks twice."""
        case = file_request(
            text="代买药", topic=served.errand, region=served.p1, at=NOON, actor=served.sun
        )
        file_request(text="修水管", topic=served.tap, region=served.p1, at=NOON, actor=served.sun)
        file_request(
            text="路灯坏了", topic=served.pothole, region=served.p1, at=NOON, actor=served.wang
        )
        helped = case.events.first()
        PointEntry.objects.create(
            user=served.wang, at=NOON, points=1, minutes=30, reason="代买", event=helped
        )
        found = queries.participants(served.north.path, TODAY, TODAY + timedelta(days=1))
        assert found.by_way == {"asked": 2, "helped": 1, "served": 1}
        assert found.people == 2
        assert "合计 4 人次" in found.why and "实际 2 人，重复 2 人次已剔除" in found.why

    def test_somebody_without_an_account_counts_as_the_person_of_the_register(self, served):
        person = Person.objects.create(name="老王")
        for n in range(2):
            report_in.write_service(
                user=None, person=person, community=served.pine, service="civic", what="值守",
                minutes=60, at=NOON, recorded_at=NOON, source=f"turn:x{n}", by=served.zhang,
            )  # fmt: skip
        assert queries.participants(served.pine.path, TODAY, TODAY + timedelta(days=1)).people == 2
        person.user = served.wang  # who later gets an account is no second person
        Person.objects.filter(user=served.wang).update(user=None)
        person.save()
        assert queries.participants(served.pine.path, TODAY, TODAY + timedelta(days=1)).people == 1

    def test_elsewhere_and_at_other_times_nobody_is(self, served):
        assert queries.participants(served.salt.path, TODAY, TODAY + timedelta(days=1)).people == 0
        assert (
            queries.participants(served.pine.path, date(2025, 1, 1), date(2025, 12, 31)).people == 0
        )


class TestThePageOfParticipation:
    @pytest.mark.mission("S3.26")
    def test_wishes_are_counted_from_what_was_really_claimed(self, client, served, monkeypatch):
        """Of three wishes that were published, two found somebody."""
        monkeypatch.setattr("tongxin.portal.views.service_record.now", lambda: NOON + HOUR)
        for n in range(3):
            wish = collect_wish(
                title=f"心愿{n}", text="想要一副老花镜", wisher="张奶奶", region=served.p1, at=NOON,
                actor=served.zhang,
            )  # fmt: skip
            make_move(wish, "publish", at=NOON, actor=served.zhang)
            if n:
                make_move(wish, "claim", at=NOON, actor=served.wang)
        found = queries.claims(served.north.path, TODAY, TODAY + timedelta(days=1))
        assert (found.wishes, found.granted, found.posts, found.served) == (2, 0, 1, 1)
        assert queries.claims(served.salt.path, TODAY, TODAY + timedelta(days=1)).wishes == 0
        page = as_user(client, served.liu).get("/participation/?since=2026-03-01&until=2026-03-31")
        assert (
            "认领微心愿" in page.content.decode()
            and "同一个人只计一次，实际" in page.content.decode()
        )

    @pytest.mark.parametrize("who", ["wang", "sun", "qin", "ann"])
    def test_not_for_others(self, client, served, who):
        answer = as_user(client, User.objects.get(pk=getattr(served, who).pk)).get(
            "/participation/"
        )
        assert answer.status_code in (302, 403)

    def test_few_queries(self, client, served):
        as_user(client, served.liu).get("/participation/")
        with CaptureQueriesContext(connection) as caught:
            client.get("/participation/")
        assert len(caught) <= 18
