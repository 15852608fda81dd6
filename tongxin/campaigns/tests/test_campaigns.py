"""A campaign reaches every grid once, is answered, checked, chased, put off and closed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate

from tongxin.campaigns import actions, queries
from tongxin.campaigns.models import Burden, Campaign, CampaignTask
from tongxin.cases.actions import make_move, settle_events
from tongxin.cases.models import Case
from tongxin.cases.queries import Guarded
from tongxin.kit.errors import NotPermitted
from tongxin.orgs.actions import PilotOff, change_pilot, start_pilot
from tongxin.regions.models import Region
from tongxin.regions.queries import forget, get_land
from tongxin.testing import NOON

from .conftest import DAY

HOUR = timedelta(hours=1)


def task_in(campaign, region) -> CampaignTask:
    return CampaignTask.objects.select_related("case", "campaign").get(
        campaign=campaign, region=region
    )


@pytest.mark.mission("S0.34", "S0.35", "S0.36")
class TestTasks:
    def test_every_grid_gets_one_and_its_worker_is_told(self, world, running):
        assert running.state == Campaign.State.RUNNING and running.wanted == 2
        assert {task.region for task in running.tasks.all()} == {world.p1, world.p2}
        while settle_events(at=NOON):
            pass
        assert (
            world.mei.notices.filter(title__contains="网格任务").exists()
            or world.mei.notices.exists()
        )

    def test_a_second_worker_makes_none_twice(self, world, running):
        Campaign.objects.filter(pk=running.pk).update(state="issuing", cursor="")
        while actions.campaigns_due(at=NOON):
            pass
        assert running.tasks.count() == 2 and Case.objects.filter(kind="grid_task").count() == 2

    def test_it_goes_on_in_bites(self, world, propose, safety):
        campaign = propose(admitted_by=safety)
        actions.issue_campaign(campaign, at=NOON, by=world.liu)
        assert actions.campaigns_due(at=NOON, limit=1) == 1
        campaign.refresh_from_db()
        assert campaign.state == Campaign.State.ISSUING and campaign.tasks.count() == 1
        assert actions.campaigns_due(at=NOON, limit=1) == 1
        campaign.refresh_from_db()
        assert campaign.state == Campaign.State.RUNNING

    def test_it_is_taken_answered_reported_and_checked_by_another(self, world, running):
        task = task_in(running, world.p1)
        make_move(task.case, "accept", at=NOON + HOUR, actor=world.mei)
        task.case.refresh_from_db()
        assert task.case.due_at.astimezone().date() >= running.due_on
        with pytest.raises(Guarded, match="先填报"):
            make_move(task.case, "finish", at=NOON + HOUR, actor=world.mei, note="好了")
        actions.finish_task(
            task,
            answers={"q1": "12", "q2": "no"},
            note="都看过了",
            at=NOON + 2 * HOUR,
            by=world.mei,
        )
        with pytest.raises(NotPermitted):
            make_move(task.case, "check", at=NOON + 3 * HOUR, actor=world.mei)
        make_move(task.case, "check", at=NOON + 3 * HOUR, actor=world.liu)
        task.refresh_from_db()
        assert task.answers == {"q1": 12, "q2": False}
        assert Case.objects.get(pk=task.pk).step == "closed"

    def test_answers_of_another_kind_are_refused_and_nothing_moves(self, world, running):
        task = task_in(running, world.p1)
        make_move(task.case, "accept", at=NOON + HOUR, actor=world.mei)
        for answers, words in (
            ({"q1": "很多", "q2": "no"}, "请填数字"),
            ({"q1": "3"}, "请填写“发现隐患”"),
            ({"q1": "-1", "q2": "yes"}, "不会是这个数"),
        ):
            with pytest.raises(actions.BadAnswers, match=words):
                actions.finish_task(task, answers=answers, note="x", at=NOON + HOUR, by=world.mei)
        assert Case.objects.get(pk=task.pk).step == "accepted"

    def test_a_stranger_cannot_answer(self, world, running):
        task = task_in(running, world.p1)
        make_move(task.case, "accept", at=NOON, actor=world.mei)
        with pytest.raises(NotPermitted):
            actions.answer_task(task, answers={"q1": 1, "q2": True}, at=NOON, by=world.wu)

    def test_counted_by_grid_and_put_together(self, world, running):
        for region, who, n in ((world.p1, world.mei, 5), (world.p2, world.zhang, 7)):
            task = task_in(running, region)
            make_move(task.case, "accept", at=NOON, actor=who)
            actions.finish_task(task, answers={"q1": n, "q2": "yes"}, note="好", at=NOON, by=who)
        found = queries.progress_of(running, get_land(world.pine.code), at=NOON)
        assert (found.total, found.reported, found.share) == (2, 2, 100)
        assert [(one.land.code, one.done) for one in found.children] == [
            (world.p1.code, 1), (world.p2.code, 1),
        ]  # fmt: skip
        assert queries.sums_of(running, world.north.path) == [
            ("排查场所", "12 处"),
            ("发现隐患", "是 2 · 否 0"),
        ]


class TestUnderWay:
    def test_chasing_urges_those_who_have_not_reported_once_a_day(self, world, running):
        task = task_in(running, world.p1)
        make_move(task.case, "accept", at=NOON, actor=world.mei)
        actions.finish_task(task, answers={"q1": 1, "q2": "no"}, note="好", at=NOON, by=world.mei)
        assert actions.chase_campaign(running, at=NOON + HOUR, by=world.liu) == (1, 0)
        assert actions.chase_campaign(running, at=NOON + HOUR, by=world.liu) == (0, 0)
        assert task_in(running, world.p2).case.events.filter(name="urge").count() == 1

    def test_putting_off_moves_the_clocks_of_what_is_open(self, world, running):
        task = task_in(running, world.p1)
        make_move(task.case, "accept", at=NOON, actor=world.mei)
        before = Case.objects.get(pk=task.pk).due_at
        actions.extend_campaign(
            running, due_on=running.due_on + timedelta(days=5), reason="下雨", at=NOON, by=world.liu
        )
        while actions.campaigns_due(at=NOON):
            pass
        after = Case.objects.get(pk=task.pk).due_at
        assert after - before == timedelta(days=5)
        assert {one.due_on for one in running.tasks.all()} == {DAY + timedelta(days=15)}

    def test_an_earlier_day_is_refused(self, world, running):
        with pytest.raises(actions.BadCampaign, match="晚"):
            actions.extend_campaign(running, due_on=DAY, reason="x", at=NOON, by=world.liu)

    def test_closing_writes_the_figures_and_takes_back_what_is_open(self, world, running):
        task = task_in(running, world.p1)
        make_move(task.case, "accept", at=NOON, actor=world.mei)
        actions.finish_task(task, answers={"q1": 9, "q2": "no"}, note="好", at=NOON, by=world.mei)
        make_move(task.case, "check", at=NOON, actor=world.liu)
        actions.close_campaign(running, report="转入日常", at=NOON + HOUR, by=world.liu)
        while actions.campaigns_due(at=NOON + HOUR):
            pass
        running.refresh_from_db()
        assert running.report.startswith(
            "下发 2 件，上报 1 件，核查通过 1 件，未完成 1 件。排查场所：9 处"
        )
        assert task_in(running, world.p2).case.step == "void"
        with pytest.raises(actions.WrongState):
            actions.close_campaign(running, report="再来", at=NOON, by=world.liu)


class TestProposing:
    def test_who_does_not_overlook_the_land_may_not(self, world, propose):
        for by, org in ((world.zhang, world.pine_office), (world.wu, world.salt_office)):
            with pytest.raises(NotPermitted):
                propose(by=by, org=org)
        assert not Campaign.objects.exists()

    def test_only_for_one_s_own_office(self, world, propose):
        with pytest.raises(NotPermitted, match="任职的单位"):
            propose(org=world.roads)

    def test_days_and_questions_are_checked(self, world, propose):
        with pytest.raises(actions.BadCampaign, match="开始日期之后"):
            propose(due_on=DAY - timedelta(days=1))
        with pytest.raises(actions.BadCampaign, match="怎么填"):
            propose(items=[{"text": "户数", "kind": "guess"}])
        with pytest.raises(actions.BadCampaign, match="没有网格"):
            propose(region=world.reed)

    def test_a_draft_is_not_seen_below(self, world, propose, running):
        draft = propose(name="还没定的事")
        assert draft in Campaign.objects.visible_to(world.liu)
        assert set(Campaign.objects.visible_to(world.mei)) == {running}
        assert not Campaign.objects.visible_to(world.wu).exists()
        assert not Campaign.objects.visible_to(world.ann).exists()


@pytest.mark.mission("S0.27")
class TestPilot:
    @pytest.fixture
    def fourteen(self, world):
        """Fourteen communities of North, each with a grid."""
        made = []
        for n in range(3, 17):
            place = Region.objects.create(
                code=f"{world.north.code}{n:03d}", name=f"{n}社区", short_name=f"{n}社区",
                level="community", kind="community", parent=world.north, path=f"{world.north.path}{n:03d}/",
            )  # fmt: skip
            Region.objects.create(
                code=f"{place.code}001", name="第一网格", short_name="第一网格", level="grid",
                kind="basic", parent=place, path=f"{place.path}001/",
            )  # fmt: skip
            made.append(place)
        forget()
        return made

    def test_thirteen_communities_are_on_and_the_fourteenth_is_off(
        self, world, fourteen, propose, listed
    ):
        pilot = start_pilot(
            feature="night_patrol", regions=fourteen[:13], on=DAY, at=NOON, by=world.he
        )
        night = {
            "kind": "night_patrol",
            "admitted_by": listed.items.get(code="A08"),
            "name": "夜间巡查",
        }
        with pytest.raises(PilotOff, match="试点"):
            propose(region=fourteen[13], **night)
        campaign = propose(**night)
        actions.issue_campaign(campaign, at=NOON, by=world.liu)
        while actions.campaigns_due(at=NOON):
            pass
        reached = {task.region.parent_id for task in campaign.tasks.select_related("region")}
        assert reached == {place.pk for place in fourteen[:13]}
        change_pilot(pilot=pilot, at=NOON + HOUR, by=world.he, end=True)
        assert propose(
            region=fourteen[13], from_on=DAY + timedelta(days=1), **night | {"name": "再查"}
        )


class TestBudget:
    def test_a_task_costs_a_handful_of_queries(self, world, propose, safety):
        for n in range(3, 43):
            Region.objects.create(
                code=f"{world.pine.code}{n:03d}", name=f"第{n}网格", short_name=f"第{n}网格",
                level="grid", kind="basic", parent=world.pine, path=f"{world.pine.path}{n:03d}/",
            )  # fmt: skip
        forget()
        campaign = propose(admitted_by=safety)
        actions.issue_campaign(campaign, at=NOON, by=world.liu)
        with CaptureQueriesContext(connection) as asked:
            assert actions.campaigns_due(at=NOON, limit=40) == 40
        assert len(asked) / 40 <= 12

    def test_the_burden_is_counted_for_each_community_once(self, world, running):
        assert [(one.community, one.is_admitted) for one in Burden.objects.all()] == [
            (world.pine, True)
        ]
        assert localdate(NOON).replace(day=1) == Burden.objects.get().month
