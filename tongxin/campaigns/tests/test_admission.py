"""What is not on the list waits for another's word; what communities bear is counted (S4.65)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.campaigns import actions, queries
from tongxin.campaigns.models import Approval, Burden, Campaign, Plate
from tongxin.kit.errors import NotPermitted
from tongxin.orgs.models import Post
from tongxin.regions.queries import get_land
from tongxin.testing import NOON

from .conftest import DAY

WEEK = timedelta(days=7)


@pytest.fixture
def judge(world):
    """A second officer of the district."""
    return world.person("jin", "金明", world.district_office, "officer")


@pytest.mark.mission("S4.65")
class TestAdmission:
    def test_what_is_on_the_list_is_issued_with_the_reason_kept(self, world, propose, safety):
        campaign = propose(admitted_by=safety)
        found = queries.admission_of(campaign, on=DAY)
        assert found.is_admitted and "A04" in found.why and "消防法" in found.why
        assert actions.issue_campaign(campaign, at=NOON, by=world.liu).state == "issuing"

    def test_what_is_not_is_stopped_and_told_what_to_do(self, world, propose, listed):
        campaign = propose(name="统计阳台花盆数量")
        with pytest.raises(actions.NotAdmitted, match="不在社区事务准入目录内") as refused:
            actions.issue_campaign(campaign, at=NOON, by=world.liu)
        assert "申请准入" in str(refused.value.remedy)
        campaign.refresh_from_db()
        assert campaign.state == Campaign.State.DRAFT and not Burden.objects.exists()

    def test_another_kind_than_was_admitted_is_stopped(self, world, propose, safety):
        campaign = propose(admitted_by=safety, burden="form")
        with pytest.raises(actions.NotAdmitted, match="准入的是任务"):
            actions.issue_campaign(campaign, at=NOON, by=world.liu)

    def test_more_often_than_admitted_is_stopped(self, world, propose, safety):
        for n in range(4):
            actions.issue_campaign(
                propose(admitted_by=safety, name=f"第{n}次"), at=NOON, by=world.liu
            )
        fifth = propose(admitted_by=safety, name="第五次")
        with pytest.raises(actions.NotAdmitted, match="每年最多 4 次"):
            actions.issue_campaign(fifth, at=NOON, by=world.liu)
        other_street = propose(
            admitted_by=safety,
            region=world.tong,
            org=world.district_office,
            by=world.gao,
            name="全区",
        )
        with pytest.raises(actions.NotAdmitted):  # North has had its four, and lies in it
            actions.issue_campaign(other_street, at=NOON, by=world.gao)

    def test_another_of_the_district_approves_once_and_until_a_day(
        self, world, propose, listed, judge
    ):
        campaign = propose(name="统计阳台花盆数量")
        approval = actions.ask_approval(campaign, reason="台风前要清", at=NOON, by=world.liu)
        assert judge.notices.filter(title__startswith="准入待审批").count() == 1
        actions.decide_approval(
            approval, approve=True, expires_on=DAY + WEEK, decision="限一次", at=NOON, by=judge
        )
        actions.issue_campaign(campaign, at=NOON, by=world.liu)
        approval.refresh_from_db()
        assert approval.used_at == NOON
        assert world.liu.notices.filter(title__startswith="准入已同意").exists()

    def test_after_that_day_it_no_longer_helps(self, world, propose, listed, judge):
        campaign = propose(name="统计花盆", due_on=DAY + timedelta(days=60))
        approval = actions.ask_approval(campaign, reason="台风前要清", at=NOON, by=world.liu)
        actions.decide_approval(approval, approve=True, expires_on=DAY + WEEK, at=NOON, by=judge)
        with pytest.raises(actions.NotAdmitted, match="过期"):
            actions.issue_campaign(campaign, at=NOON + 2 * WEEK, by=world.liu)

    def test_nobody_approves_their_own_and_no_street_approves(self, world, propose, listed):
        own = propose(region=world.tong, org=world.district_office, by=world.gao, name="统计花盆")
        approval = actions.ask_approval(own, reason="要清", at=NOON, by=world.gao)
        with pytest.raises(actions.BadApproval, match="自己的申请"):
            actions.decide_approval(
                approval, approve=True, expires_on=DAY + WEEK, at=NOON, by=world.gao
            )
        with pytest.raises(NotPermitted, match="区级"):
            actions.decide_approval(
                approval, approve=True, expires_on=DAY + WEEK, at=NOON, by=world.liu
            )
        assert Approval.objects.get().verdict == ""

    def test_a_refusal_says_why_and_a_second_decision_is_none(self, world, propose, listed):
        approval = actions.ask_approval(
            propose(name="统计花盆"), reason="要清", at=NOON, by=world.liu
        )
        actions.decide_approval(approval, approve=False, decision="没有依据", at=NOON, by=world.gao)
        with pytest.raises(actions.BadApproval, match="已经审批"):
            actions.decide_approval(
                approval, approve=True, expires_on=DAY + WEEK, at=NOON, by=world.gao
            )
        with pytest.raises(actions.NotAdmitted):
            actions.issue_campaign(approval.campaign, at=NOON, by=world.liu)

    def test_a_new_version_ends_the_one_before(self, world, listed, propose, safety):
        data = "code,kind,name,basis,times_a_year\nB01,任务,文明祭扫,通知,1\n".encode()
        new = actions.load_list(
            data, file="新目录.csv", region=world.tong, name="准入目录", version="2026-2",
            effective_from=DAY + WEEK, at=NOON, by=world.gao,
        )  # fmt: skip
        actions.publish_list(new, at=NOON, by=world.gao)
        campaign = propose(admitted_by=safety, due_on=DAY + 5 * WEEK)
        assert queries.admission_of(campaign, on=DAY).is_admitted
        later = queries.admission_of(campaign, on=DAY + WEEK)
        assert not later.is_admitted and "不在现行的准入目录里" in later.why

    def test_a_bad_row_is_named_and_nothing_is_kept(self, world):
        data = "code,kind,name,basis\nB01,奖励,发奖,通知\n".encode()
        with pytest.raises(actions.BadList, match="第 2 行"):
            actions.load_list(
                data, file="x.csv", region=world.tong, name="准入目录", version="1",
                effective_from=DAY, at=NOON, by=world.gao,
            )  # fmt: skip
        with pytest.raises(NotPermitted):
            actions.load_sample(region=world.tong, at=NOON, by=world.liu)


@pytest.mark.mission("S4.65")
class TestBurdens:
    def test_what_came_on_other_ways_is_written_down_and_counted_by_month(self, world, listed):
        form = listed.items.get(code="A14")
        for n, (item, name) in enumerate(((form, "公安分局"), (None, "某局"), (None, "某局"))):
            actions.record_burden(
                community=world.pine, kind="form", title=f"报表 {n}", from_name=name, on=DAY, at=NOON,
                by=world.zhang, item=item, key=f"b{n}",
            )  # fmt: skip
        again = actions.record_burden(
            community=world.pine, kind="form", title="报表 2", from_name="某局", on=DAY, at=NOON,
            by=world.zhang, key="b2",
        )  # fmt: skip
        assert again.pk and Burden.objects.count() == 3
        month = DAY.replace(day=1)
        found = queries.burdens_of(get_land(world.north.code), world.liu, since=month, until=month)
        assert (found.total, found.outside) == (3, 2)
        assert found.senders == [("某局", 2, 2), ("公安分局", 1, 0)]
        assert found.rows[0].land.code == world.pine.code and found.trend["form"][-1] == 3
        assert len(found.months) == 12 and found.months[0] == date(2025, 4, 1)

    def test_another_street_sees_none_of_it(self, world):
        actions.record_burden(
            community=world.pine,
            kind="task",
            title="填表",
            from_name="某局",
            on=DAY,
            at=NOON,
            by=world.zhang,
        )
        assert not Burden.objects.visible_to(world.wu).exists()
        with pytest.raises(NotPermitted):
            actions.record_burden(
                community=world.pine,
                kind="task",
                title="x",
                from_name="y",
                on=DAY,
                at=NOON,
                by=world.wu,
            )

    def test_tomorrow_s_burden_is_refused(self, world):
        with pytest.raises(actions.BadBurden, match="还没到"):
            actions.record_burden(
                community=world.pine, kind="task", title="x", from_name="y", on=DAY + WEEK, at=NOON,
                by=world.zhang,
            )  # fmt: skip

    def test_plates_go_up_with_a_reason_and_come_down_with_one(self, world, listed):
        plate = actions.hang_plate(
            community=world.pine, text="某某工作站", from_name="某局", reason="来电要求", hung_on=DAY,
            at=NOON, by=world.zhang,
        )  # fmt: skip
        with pytest.raises(actions.BadBurden, match="还挂着"):
            actions.hang_plate(
                community=world.pine, text="某某工作站", from_name="某局", reason="再挂", hung_on=DAY,
                at=NOON, by=world.zhang,
            )  # fmt: skip
        month = DAY.replace(day=1)
        land = get_land(world.north.code)
        assert queries.burdens_of(land, world.liu, since=month, until=month).plates == 1
        actions.remove_plate(plate, on=DAY, removal="整治摘下", at=NOON, by=world.zhang)
        assert queries.burdens_of(land, world.liu, since=month, until=month).plates == 0
        assert Plate.objects.get().removal == "整治摘下"


def test_the_database_itself_refuses_one_s_own_approval(world, propose, listed):
    from django.db import IntegrityError, transaction

    made = actions.ask_approval(propose(name="花盆"), reason="要清", at=NOON, by=world.liu)
    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.filter(pk=made.pk).update(verdict="refused", decided_by=world.liu)
    assert Post.objects.filter(user=world.liu).exists()
