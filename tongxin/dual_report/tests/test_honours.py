"""Areas of duty, pioneer posts, contests; pledges that are shown by consent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tongxin.dual_report import actions
from tongxin.dual_report.actions import honours as module
from tongxin.dual_report.models import Contest, DutyArea, Pledge
from tongxin.dual_report.queries import honours as queries
from tongxin.kit.errors import Invalid
from tongxin.orgs.models import LogEntry

from .conftest import DAY, NOON, TODAY, fresh


def as_user(client, user):
    client.force_login(user)
    return client


def an_area(world, **more):
    given = {"kind": "area", "place": "3 号楼", "duty": "联系住户"} | more
    return actions.set_duty_area(
        unit=world.branch,
        person=world.wang_member.person,
        region=world.pine,
        by=world.qin,
        at=NOON,
        **given,
    )


class TestDutyAreas:
    @pytest.mark.mission("S2.31")
    def test_the_secretary_gives_areas_and_pioneer_posts(self, client, world, clock):
        as_user(client, world.qin)
        for kind, place in (("area", "3 号楼"), ("pioneer", "便民窗口")):
            form = {"kind": kind, "member": "王芳", "place": place, "duty": "带头服务"}
            assert client.post("/report-in/honours/areas/new/", form).status_code == 302
        page = client.get("/report-in/honours/").content.decode()
        assert "王芳 · 3 号楼" in page and "党员先锋岗" in page
        area = DutyArea.objects.get(kind="area")
        client.post(f"/report-in/honours/areas/{area.pk}/end/")
        assert fresh(area).to_date == TODAY
        assert "王芳 · 3 号楼" not in client.get("/report-in/honours/").content.decode()

    def test_refused(self, client, world, clock):
        an_area(world)
        with pytest.raises(module.DutyThere):
            an_area(world)
        with pytest.raises(module.NotYourRegister):
            actions.end_duty_area(area=DutyArea.objects.get(), by=world.yue, at=NOON)
        with pytest.raises(module.NotOfTheUnit):
            actions.set_duty_area(
                kind="area", unit=world.branch, person=world.yue_member.person, region=world.pine,
                place="4 号楼", duty="联系", by=world.qin, at=NOON,
            )  # fmt: skip
        as_user(client, world.qin)
        form = {"kind": "area", "member": "岳峰", "place": "3 号楼", "duty": "联系"}
        answer = client.post("/report-in/honours/areas/new/", form)
        assert answer.status_code == 422 and "没有“岳峰”" in answer.content.decode()
        as_user(client, world.wang)
        assert client.post("/report-in/honours/areas/new/", form).status_code in (302, 403)
        assert DutyArea.objects.count() == 1

    @pytest.mark.parametrize(
        "who,seen", [("wang", 1), ("qin", 1), ("zhang", 1), ("zhao", 0), ("yue", 0), ("ann", 0)]
    )
    def test_who_sees_them(self, world, who, seen):
        an_area(world)
        assert len(queries.areas_seen(fresh(getattr(world, who)))) == seen


class TestContests:
    @pytest.mark.mission("S2.31")
    def test_a_contest_is_written_down_with_places(self, client, world, clock):
        as_user(client, world.qin)
        form = {
            "title": "业务比武",
            "subject": "政策问答",
            "held_on": "2026-03-01",
            "scores": "王芳 95.5\n赵磊 95.5",
        }
        assert client.post("/report-in/honours/contests/new/", form).status_code == 302
        (held,) = queries.contests_seen(world.wang)
        assert [(one.place, one.name) for one in held.results] == [(1, "王芳"), (1, "赵磊")]
        assert "2 名党员参加" in LogEntry.objects.get(unit=world.branch).text
        assert "业务比武" in client.get("/report-in/honours/").content.decode()
        assert queries.contests_seen(fresh(world.yue)) == []

    @pytest.mark.parametrize(
        "scores,words",
        [("岳峰 90", "不是本党组织的党员"), ("王芳 九十", "不是数字"), ("王芳", "不是本党组织")],
    )
    def test_a_line_that_cannot_be_read_is_named(self, client, world, clock, scores, words):
        form = {"title": "比武", "subject": "问答", "held_on": "2026-03-01", "scores": scores}
        answer = as_user(client, world.qin).post("/report-in/honours/contests/new/", form)
        assert answer.status_code == 422 and words in answer.content.decode()
        assert not Contest.objects.exists()

    def test_refused(self, world):
        given = {
            "unit": world.branch, "title": "比武", "subject": "问答", "held_on": TODAY,
            "scores": {world.wang_member.person: Decimal(90)}, "at": NOON,
        }  # fmt: skip
        with pytest.raises(module.NotYourRegister):
            actions.hold_contest(by=world.yue, **given)
        with pytest.raises(Invalid, match="不能晚于今天"):
            actions.hold_contest(by=world.qin, **(given | {"held_on": TODAY + DAY}))
        with pytest.raises(Invalid, match="0 到 1000"):
            actions.hold_contest(
                by=world.qin, **(given | {"scores": {world.wang_member.person: Decimal(-1)}})
            )
        with pytest.raises(Invalid, match="至少登记一人"):
            actions.hold_contest(by=world.qin, **(given | {"scores": {}}))
        actions.hold_contest(by=world.qin, **given)
        with pytest.raises(module.ContestThere):
            actions.hold_contest(by=world.qin, **given)


class TestPledges:
    FORM = {"post": "综合窗口", "text": "一次告知，当场办结", "agreed": "on"}

    @pytest.mark.mission("S2.32")
    def test_who_serves_at_a_window_pledges_in_public(self, client, world, clock):
        as_user(client, world.wang)
        form = self.FORM | {"window": world.team.pk, "shows_member": "on"}
        assert client.post("/report-in/pledges/mine/", form).status_code == 302
        client.logout()
        page = client.get("/report-in/pledges/").content.decode()
        assert "王芳" in page and "一次告知，当场办结" in page and "共产党员" in page
        here = client.get(f"/report-in/pledges/?region={world.north.code}").content.decode()
        elsewhere = client.get(f"/report-in/pledges/?region={world.south.code}").content.decode()
        assert "王芳" in here and "王芳" not in elsewhere
        as_user(client, world.wang).post(f"/report-in/pledges/{Pledge.objects.get().pk}/withdraw/")
        assert "一次告知" not in client.get("/report-in/pledges/").content.decode()

    def test_nobody_shows_themselves_as_a_member_who_is_none(self, client, world, clock):
        form = self.FORM | {"window": world.pine_office.pk, "shows_member": "on"}
        answer = as_user(client, world.zhang).post("/report-in/pledges/mine/", form)
        assert answer.status_code == 422 and "不能亮明党员身份" in answer.content.decode()

    def test_without_consent_nothing_is_shown(self, client, world, clock):
        """The desk may write it down; membership is nobody else's to reveal."""
        pledge = actions.make_pledge(
            window=world.pine_office, user=world.mei, post="网格", text="随叫随到", by=world.zhang,
            at=NOON, agreed=True, shows_member=True,
        )  # fmt: skip
        assert not Pledge.objects.public().exists() and not pledge.shows_member
        with pytest.raises(module.NotYourPledge):
            actions.agree_to_show(pledge=pledge, by=world.zhang, at=NOON)
        as_user(client, world.mei)
        assert "等您同意" in client.get("/report-in/pledges/mine/").content.decode()
        client.post(f"/report-in/pledges/{pledge.pk}/agree/")
        page = client.get("/report-in/pledges/").content.decode()
        assert "梅雪" in page and "共产党员" not in page

    def test_refused(self, client, world, clock):
        given = {"window": world.pine_office, "post": "窗口", "text": "热情", "at": NOON}
        with pytest.raises(module.NotAtTheWindow, match="任职"):
            actions.make_pledge(user=world.wang, by=world.wang, **given)
        with pytest.raises(module.NotAtTheWindow, match="本人或所在社区"):
            actions.make_pledge(user=world.zhang, by=world.wu, **given)
        pledge = actions.make_pledge(user=world.zhang, by=world.zhang, **given)
        with pytest.raises(module.PledgedAlready):
            actions.make_pledge(user=world.zhang, by=world.zhang, **given)
        with pytest.raises(module.NotYourPledge):
            actions.withdraw_pledge(pledge=pledge, by=world.wu, at=NOON)
        as_user(client, world.zhang)
        form = {**self.FORM, "window": world.pine_office.pk, "agreed": ""}
        assert (
            "同意公开后才能展示" in client.post("/report-in/pledges/mine/", form).content.decode()
        )
        as_user(client, world.sun)
        assert "您没有在窗口任职" in client.get("/report-in/pledges/mine/").content.decode()
