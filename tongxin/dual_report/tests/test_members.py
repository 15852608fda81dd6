"""A member reports to the community where they live; who sees it; renewal, moving, leaving."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.accounts.models import Notice
from tongxin.dual_report import actions
from tongxin.dual_report.actions import members as module
from tongxin.dual_report.actions.common import NotACommunity
from tongxin.dual_report.models import DutyTurn, MemberReport
from tongxin.kit.errors import NotPermitted
from tongxin.orgs.models import LogEntry, Membership, Post

from .conftest import DAY, NOON, a_turn, fresh, reported

GIVEN = {
    "community": "120116001001",
    "agreed": "on",
    "wants": ["relief", "civic"],
    "times": ["evening"],
}


def as_user(client, user):
    client.force_login(user)
    return client


@pytest.mark.mission("S0.41", "S2.37", "S2.41")
def test_a_member_reports_where_they_live_whatever_their_home_branch(client, world, clock):
    """Yue's branch is Salt's; she lives in Pine and reports there, to serve in grid P1."""
    as_user(client, world.yue)
    page = client.get("/report-in/new/").content.decode()
    assert "扶贫帮困" in page and "疫情防控" in page and "文明城市创建" in page
    answer = client.post("/report-in/new/", GIVEN | {"grid": world.p1.code})
    assert answer.status_code == 302
    report = MemberReport.objects.get()
    assert (report.unit, report.community, report.grid) == (world.salt_branch, world.pine, world.p1)
    assert report.state == "filed" and report.wants == ["relief", "civic"]
    assert Notice.objects.filter(user=world.zhang, title="有党员报到，等您确认").exists()
    assert "待社区确认" in client.get("/report-in/me/").content.decode()

    as_user(client, world.zhang).post(f"/report-in/members/{report.pk}/confirm/")
    report = fresh(report)
    assert report.state == "confirmed" and report.confirmed_by == world.zhang
    assert report.renew_by == date(2027, 3, 2)
    book = LogEntry.objects.get(unit=world.salt_branch)
    assert book.text == "一名党员到松社区报到" and "岳峰" not in book.text


def test_the_form_says_beside_the_field_what_is_missing(client, world, clock):
    as_user(client, world.wang)
    answer = client.post("/report-in/new/", {"community": "", "agreed": ""})
    assert answer.status_code == 422 and not MemberReport.objects.exists()
    assert "请选择居住的社区或村" in answer.content.decode()
    assert "请先阅读并同意信息使用说明" in answer.content.decode()


def test_a_grid_of_another_community_is_refused(client, world, clock):
    answer = as_user(client, world.wang).post(
        "/report-in/new/", GIVEN | {"community": world.reed.code, "grid": world.p1.code}
    )
    assert answer.status_code == 422 and "所选网格不在这个社区" in answer.content.decode()


def test_nobody_reports_twice(client, world, clock):
    reported(world)
    answer = as_user(client, world.wang).post("/report-in/new/", GIVEN)
    assert answer.status_code == 409 and "已经向松社区报到" in answer.content.decode()
    assert MemberReport.objects.count() == 1


def test_who_is_no_member_is_sent_to_the_posts(client, world, clock):
    as_user(client, world.sun)
    assert "党员名册里没有您" in client.get("/report-in/me/").content.decode()
    assert client.post("/report-in/new/", GIVEN).status_code == 302
    assert not MemberReport.objects.exists()


class TestByTheBranch:
    def test_its_secretary_reports_a_member(self, world):
        person = world.wang_member.person
        report = actions.report_member(
            person=person, community=world.pine, by=world.qin, at=NOON, agreed=True
        )
        assert report.filed_by == world.qin

    @pytest.mark.parametrize("who", ["yue", "zhao", "zhang", "ann"])
    def test_nobody_else_does(self, world, who):
        with pytest.raises(module.NotYourMember):
            actions.report_member(
                person=world.wang_member.person, community=world.pine, by=getattr(world, who),
                at=NOON, agreed=True,
            )  # fmt: skip

    def test_an_applicant_is_not_reported(self, world):
        Membership.objects.update(stage="applicant")
        with pytest.raises(module.NotAMember):
            reported(world)

    def test_a_street_is_no_community(self, world):
        with pytest.raises(NotACommunity):
            reported(world, community=world.north)


class TestConfirming:
    @pytest.mark.parametrize("who", ["wu", "mei", "yue", "ann", "sun"])
    def test_not_by_who_acts_elsewhere_or_nowhere(self, client, world, clock, who):
        report = reported(world, confirmed=False)
        answer = as_user(client, getattr(world, who)).post(
            f"/report-in/members/{report.pk}/confirm/"
        )
        assert answer.status_code == 404 and fresh(report).state == "filed"

    def test_not_by_oneself(self, world):
        report = reported(world, confirmed=False)
        Post.objects.create(
            user=world.wang, org=world.pine_office, role="dispatcher", region=world.pine
        )
        with pytest.raises(NotPermitted, match="由社区其他人确认"):
            actions.confirm_member(report=report, by=fresh(world.wang), at=NOON)

    def test_not_by_the_home_branch(self, world):
        """Qin keeps the branch's register and sees the report, but the community confirms."""
        report = reported(world, confirmed=False)
        with pytest.raises(NotPermitted, match="不由您负责"):
            actions.confirm_member(report=report, by=world.qin, at=NOON)

    def test_not_twice(self, world):
        with pytest.raises(module.NotWaiting):
            actions.confirm_member(report=reported(world), by=world.chen, at=NOON)

    def test_the_committee_of_the_community_may(self, world):
        Post.objects.create(
            user=world.chen, org=world.pine_party, role="secretary", region=world.pine
        )
        Post.objects.filter(user=world.chen, role="verifier").delete()
        report = actions.confirm_member(
            report=reported(world, confirmed=False), by=fresh(world.chen), at=NOON
        )
        assert report.state == "confirmed"

    def test_a_refusal_says_why_to_the_member(self, client, world, clock):
        report = reported(world, confirmed=False)
        as_user(client, world.zhang)
        assert client.get(f"/report-in/members/{report.pk}/refuse/").status_code == 200
        assert (
            client.post(f"/report-in/members/{report.pk}/refuse/", {"note": ""}).status_code == 422
        )
        client.post(f"/report-in/members/{report.pk}/refuse/", {"note": "不住本社区"})
        assert fresh(report).end == "refused"
        assert "不住本社区" in Notice.objects.get(user=world.wang).text


class TestWhoSeesAReport:
    @pytest.mark.parametrize("who", ["wang", "zhang", "chen", "liu", "qin", "tang", "he", "gao"])
    def test_oneself_the_community_and_the_branch_do(self, world, who):
        reported(world)
        assert MemberReport.objects.visible_to(fresh(getattr(world, who))).count() == 1

    @pytest.mark.parametrize("who", ["yue", "wu", "zhao", "mei", "li", "sun", "ann"])
    def test_others_do_not_the_administrator_neither(self, world, who):
        reported(world)
        assert not MemberReport.objects.visible_to(fresh(getattr(world, who))).exists()


class TestRenewing:
    @pytest.mark.mission("S3.22")
    def test_the_worker_reminds_and_the_member_renews(self, client, world, clock):
        report = reported(world)
        at = NOON + timedelta(days=340)
        assert actions.report_in_due(at=at) == 1
        assert actions.report_in_due(at=at) == 0
        assert "快到期" in Notice.objects.filter(user=world.wang).latest("pk").title
        clock(at)
        as_user(client, world.wang).post("/report-in/renew/")
        assert fresh(report).renew_by == date(2028, 2, 5)

    def test_a_number_of_the_district_counts_from_its_day_on(self, world):
        from tongxin.dual_report.models import Rule

        Rule.objects.create(
            code="member_renewal_months", version="本地 1", effective_from=date(2026, 3, 1), value="6",
            source="街道通知",
        )  # fmt: skip
        assert reported(world).renew_by == date(2026, 9, 2)

    def test_one_not_renewed_lapses(self, world):
        report = reported(world)
        actions.report_in_due(at=NOON + timedelta(days=367))
        assert fresh(report).end == "lapsed"
        assert Notice.objects.filter(user=world.wang, title="报到已结束").exists()

    def test_not_for_others(self, world):
        with pytest.raises(module.NotYourMember):
            actions.renew_member(report=reported(world), by=world.zhang, at=NOON)

    def test_one_who_is_a_member_no_longer_leaves(self, world):
        report = reported(world)
        Membership.objects.filter(pk=report.membership_id).update(
            to_date="2026-03-03", end="resigned"
        )
        actions.report_in_due(at=NOON + 2 * DAY)
        assert fresh(report).end == "left"


class TestLeaving:
    def test_moving_house_ends_one_report_and_files_another(self, client, world, clock):
        old = reported(world, wants=["civic"], note="会修家电")
        as_user(client, world.wang)
        assert client.get("/report-in/move/").status_code == 200
        client.post("/report-in/move/", {"community": world.reed.code})
        new = MemberReport.objects.open().get()
        assert (fresh(old).end, new.community, new.state) == ("moved", world.reed, "filed")
        assert (new.wants, new.note) == (["civic"], "会修家电")

    def test_to_the_same_community_is_refused(self, client, world, clock):
        reported(world)
        answer = as_user(client, world.wang).post(
            "/report-in/move/", {"community": world.pine.code}
        )
        assert answer.status_code == 409 and "您已经在松社区报到" in answer.content.decode()

    def test_turns_to_come_are_cancelled_and_wishes_wiped_in_time(self, client, world, clock):
        turn = a_turn(world)
        report = MemberReport.objects.get()
        MemberReport.objects.update(
            wants=["civic"], times=["evening"], note="会修家电", grid=world.p1
        )
        as_user(client, world.wang).post("/report-in/withdraw/")
        assert fresh(turn).state == DutyTurn.State.CANCELLED
        report = fresh(report)
        assert report.end == "withdrawn" and report.erase_on == date(2026, 9, 2)
        actions.report_in_due(at=NOON + timedelta(days=183))
        assert fresh(report).note == "会修家电"
        actions.report_in_due(at=NOON + timedelta(days=184))
        report = fresh(report)
        assert (report.wants, report.times, report.note, report.grid) == ([], [], "", None)

    def test_nobody_else_withdraws_it(self, world):
        with pytest.raises(module.NotYourMember):
            actions.end_member(report=reported(world), reason="withdrawn", by=world.zhang, at=NOON)
