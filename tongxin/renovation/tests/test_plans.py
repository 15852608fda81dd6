"""One plan for each place, its stages, what holds it up, how it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from tongxin.cases.actions import make_move
from tongxin.cases.models import Case
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.places.actions import register_centre
from tongxin.renovation import actions
from tongxin.renovation.models import Difficulty, Site, SitePart, SitePlan
from tongxin.testing import NOON

from .conftest import FINAL, TODAY, fresh

DAY = timedelta(days=1)


class TestPlan:
    @pytest.mark.mission("S1.28")
    def test_there_is_one_plan_for_each_place(self, plan, pine, pan, world):
        with pytest.raises(actions.PlanThere, match="一村（居）一策"):
            actions.make_plan(pine, mode="build", text="另一个", lead=world.zhang, by=pan, at=NOON)
        with pytest.raises(IntegrityError), transaction.atomic():
            SitePlan.objects.create(site=pine, mode="build", text="x", lead=pan, by=pan, at=NOON)
        assert SitePlan.objects.get().mode == "renovate"

    @pytest.mark.mission("S1.29")
    def test_its_stages_are_counted_back_from_the_last_day(self, plan):
        stages = list(plan.stages.all())
        assert [stage.code for stage in stages] == ["design", "permit", "build", "fit", "accept"]
        assert stages[-1].end_on == FINAL
        assert all(a.end_on < b.start_on for a, b in zip(stages, stages[1:], strict=False))

    def test_a_plan_that_comes_too_late_is_refused_with_the_last_day_to_begin(
        self, start, world, pan
    ):
        campaign = start(final_on=TODAY + 40 * DAY)
        site = campaign.sites.get(region=world.pine)
        with pytest.raises(actions.BadPlan, match="最迟应在"):
            actions.make_plan(site, mode="build", text="新建", lead=pan, by=pan, at=NOON)
        assert fresh(site).state == "unplanned"

    @pytest.mark.mission("S1.38", "S1.34")
    def test_build_renovate_expand_have_their_own_days_and_a_task_sheet(self, pine, pan, world):
        tasks = [{"what": "清理杂物", "who": "张敏", "by": "3月底"}]
        plan = actions.make_plan(
            pine, mode="renovate", text="改造", lead=pan, by=pan, at=NOON, tasks=tasks
        )
        first = plan.stages.first().start_on
        actions.change_plan(plan, mode="build", by=pan, at=NOON)
        assert plan.stages.first().start_on < first and plan.tasks == tasks
        with pytest.raises(actions.BadPlan):
            actions.change_plan(plan, mode="move", by=pan, at=NOON)
        with pytest.raises(actions.BadPlan, match="责任人"):
            actions.change_plan(plan, tasks=[{"what": "没有人"}], by=pan, at=NOON)

    def test_others_land_is_not_planned(self, pine, world):
        for user in (world.yue, world.wang, world.mei):
            with pytest.raises(NotPermitted):
                actions.make_plan(pine, mode="renovate", text="x", lead=user, by=user, at=NOON)


class TestCommittee:
    @pytest.mark.mission("S1.23")
    def test_the_standing_committee_decides_and_nothing_begins_before(self, plan, world, pan):
        with pytest.raises(actions.NotYet, match="审议"):
            actions.start_work(plan, on=TODAY, by=pan, at=NOON)
        actions.submit_plan(plan, committee=world.north_party, by=pan, at=NOON)
        with pytest.raises(actions.PlanClosed):
            actions.change_plan(plan, text="改一改", by=pan, at=NOON)
        with pytest.raises(NotPermitted):
            actions.decide_plan(plan, approve=True, decision="好", on=TODAY, by=pan, at=NOON)
        actions.decide_plan(
            plan, approve=False, decision="补充资金来源", on=TODAY, by=world.tang, at=NOON
        )
        actions.change_plan(plan, text="腾退两间，资金走专账", by=pan, at=NOON)
        actions.submit_plan(plan, committee=world.north_party, by=pan, at=NOON)
        actions.decide_plan(plan, approve=True, decision="同意", on=TODAY, by=world.tang, at=NOON)
        actions.start_work(plan, on=TODAY, by=pan, at=NOON)
        plan.refresh_from_db()
        assert (
            plan.state == "approved"
            and plan.started_on == TODAY
            and plan.committee == world.north_party
        )
        assert fresh(plan.site).state == "building"

    def test_a_committee_of_other_land_is_none(self, plan, world, pan):
        for org in (world.salt_branch, world.roads, world.branch):
            with pytest.raises(actions.BadPlan):
                actions.submit_plan(plan, committee=org, by=pan, at=NOON)

    def test_nobody_decides_what_they_submitted(self, plan, world, pan):
        actions.submit_plan(plan, committee=world.pine_party, by=pan, at=NOON)
        with pytest.raises(actions.NotYourOwn):
            actions.decide_plan(plan, approve=True, decision="好", on=TODAY, by=pan, at=NOON)


class TestStages:
    def test_stages_are_done_in_their_order(self, decided, pan):
        with pytest.raises(actions.NotYet, match="方案设计"):
            actions.finish_stage(decided, code="permit", on=TODAY, by=pan, at=NOON)
        actions.finish_stage(decided, code="design", on=TODAY, by=pan, at=NOON)
        actions.finish_stage(decided, code="permit", on=TODAY, by=pan, at=NOON)
        with pytest.raises(actions.NotYet, match="开工"):
            actions.finish_stage(decided, code="build", on=TODAY, by=pan, at=NOON)
        with pytest.raises(actions.WrongDay):
            actions.start_work(decided, on=TODAY + DAY, by=pan, at=NOON)
        actions.start_work(decided, on=TODAY, by=pan, at=NOON)
        actions.finish_stage(decided, code="build", on=TODAY, by=pan, at=NOON)
        actions.finish_stage(decided, code="fit", on=TODAY, by=pan, at=NOON)
        with pytest.raises(actions.NotYet, match="验收人"):
            actions.finish_stage(decided, code="accept", on=TODAY, by=pan, at=NOON)
        assert fresh(decided.site).state == "checking"

    @pytest.mark.mission("S1.29")
    def test_a_stage_slips_only_when_somebody_else_agrees_and_never_past_the_last_day(
        self, decided, world, pan
    ):
        stage = decided.stages.get(code="design")
        after = decided.stages.get(code="permit").end_on
        with pytest.raises(actions.PastFinal, match="最后期限"):
            actions.ask_slip(
                stage, to_on=stage.end_on + 3 * DAY, reason="等设计院", by=pan, at=NOON
            )
        # Counted back, nothing is free: days are freed by doing a stage earlier than planned.
        accept = decided.stages.get(code="accept")
        accept.start_on, accept.end_on = FINAL - 7 * DAY, FINAL - 5 * DAY
        accept.save()
        last = decided.stages.get(code="fit")
        last.end_on = accept.start_on - 20 * DAY
        last.start_on = last.end_on - 12 * DAY
        last.save()
        asked = actions.ask_slip(
            last, to_on=last.end_on + 5 * DAY, reason="等家具", by=world.gao, at=NOON
        )
        with pytest.raises(actions.BadPlan, match="在等审批"):
            actions.ask_slip(last, to_on=last.end_on + 6 * DAY, reason="再等", by=pan, at=NOON)
        with pytest.raises(actions.NotYourOwn):
            actions.decide_slip(asked, approve=True, by=world.gao, at=NOON)
        with pytest.raises(NotPermitted):
            actions.decide_slip(asked, approve=True, by=world.tang, at=NOON)
        actions.set_command(
            decided.site.campaign,
            region=world.north,
            head=world.tang,
            powers=["slip"],
            by=world.gao,
            at=NOON,
        )
        actions.decide_slip(asked, approve=True, by=world.tang, at=NOON)
        assert decided.stages.get(code="fit").end_on == last.end_on + 5 * DAY
        assert decided.stages.get(code="permit").end_on == after
        with pytest.raises(actions.PlanClosed):
            actions.decide_slip(asked, approve=False, words="不", by=world.tang, at=NOON)

    def test_a_refused_slip_moves_nothing_and_says_why(self, decided, world, pan):
        stage = decided.stages.get(code="design")
        stage.start_on, stage.end_on = stage.start_on - 14 * DAY, stage.end_on - 14 * DAY
        stage.save()
        asked = actions.ask_slip(stage, to_on=stage.end_on + DAY, reason="等", by=pan, at=NOON)
        with pytest.raises(Invalid, match="审批意见"):
            actions.decide_slip(asked, approve=False, by=world.gao, at=NOON)
        actions.decide_slip(asked, approve=False, words="不同意，抓紧", by=world.gao, at=NOON)
        assert decided.stages.get(code="design").end_on == stage.end_on


class TestEnd:
    @pytest.mark.mission("S1.2", "S1.30", "S1.33")
    def test_three_levels_in_their_order_up_to_use(self, decided, build, world, tao):
        site = build(decided, to="closed")
        assert (site.number, site.levels, site.state) == (1, 2, "closed")
        with pytest.raises(actions.NotYet):
            actions.check_use(
                site, is_open=True, is_own_use=True, is_posted=True, on=TODAY, by=tao, at=NOON
            )
        actions.move_in(site, text="搬进来了", on=TODAY, by=world.zhang, at=NOON)
        with pytest.raises(actions.NotAnswered):
            actions.check_use(
                site, is_open=False, is_own_use=True, is_posted=True, on=TODAY, by=tao, at=NOON
            )
        actions.check_use(
            site, is_open=True, is_own_use=True, is_posted=True, on=TODAY, by=tao, at=NOON
        )
        assert fresh(site).levels == 3
        actions.check_use(
            site,
            is_open=False,
            is_own_use=True,
            is_posted=True,
            words="周末不开门",
            on=TODAY,
            by=tao,
            at=NOON,
        )
        assert fresh(site).levels == 2
        for changes in ({"area_ok_on": None}, {"work_ok_on": TODAY - DAY}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Site.objects.filter(pk=site.pk).update(**changes)

    def test_a_place_short_of_area_is_not_accepted(self, decided, build, tao, photo, pan):
        site = build(decided, to="built")
        answers = {row.code: {"ok": True} for row in actions.criteria_on(site.campaign, TODAY)}
        with pytest.raises(actions.NotYet, match="面积还差 300"):
            actions.accept_site(site, answers=answers, photos=[photo], on=TODAY, by=tao, at=NOON)
        with pytest.raises(actions.NotYet, match="不能入住"):
            actions.move_in(site, text="x", on=TODAY, by=pan, at=NOON)

    @pytest.mark.mission("S1.36", "S1.37")
    def test_it_is_accepted_item_by_item_with_photos_by_another_than_the_builder(
        self, decided, build, world, tao, photo, pan
    ):
        site = build(decided, to="built")
        actions.set_area(site, area_m2=320, reason="扩", by=pan, at=NOON)
        answers = {row.code: {"ok": True} for row in actions.criteria_on(site.campaign, TODAY)}
        lead = world.person("lead", "施工", world.north_office, "officer")
        SitePlan.objects.filter(pk=decided.pk).update(lead=lead)

        def accept(**words):
            given = {"answers": answers, "photos": [photo], "on": TODAY, "by": tao, "at": NOON}
            return actions.accept_site(site, **(given | words))

        with pytest.raises(actions.BuilderAccepts):
            accept(by=lead)
        with pytest.raises(actions.NoPhoto):
            accept(photos=[])
        with pytest.raises(actions.NotAnswered, match="还没有填"):
            accept(answers={"T01": {"ok": True}})
        with pytest.raises(actions.NotAnswered, match="没有达到"):
            accept(answers=answers | {"T03": {"ok": False}})
        with pytest.raises(actions.NotAnswered, match="没有这一项"):
            accept(answers=answers | {"Z99": {"ok": True}})
        failed = accept(answers=answers | {"T03": {"ok": False, "note": "活动室没有桌椅"}})
        assert not failed.passed and fresh(site).state == "checking"
        assert accept().passed and fresh(site).work_ok_on == TODAY

    @pytest.mark.mission("S1.30")
    def test_numbers_go_up_one_by_one_without_a_hole(
        self, campaign, decided, build, world, pan, tao
    ):
        with pytest.raises(actions.NotYet, match="验收"):
            actions.close_out(
                campaign.sites.get(region=world.reed), on=TODAY, by=world.gao, at=NOON
            )
        first = build(decided, to="closed")
        reed = campaign.sites.get(region=world.reed)
        plan = actions.make_plan(
            reed, mode="expand", text="扩", lead=world.liu, by=world.liu, at=NOON
        )
        actions.submit_plan(plan, committee=world.tong_party, by=world.liu, at=NOON)
        actions.decide_plan(plan, approve=True, decision="同意", on=TODAY, by=world.he, at=NOON)
        Site.objects.filter(pk=reed.pk).update(state="accepted", area_ok_on=TODAY, work_ok_on=TODAY)
        with pytest.raises(actions.BuilderAccepts):
            actions.close_out(reed, on=TODAY, by=world.liu, at=NOON)
        second = actions.close_out(reed, on=TODAY, by=world.gao, at=NOON)
        assert (first.number, second.number) == (1, 2)
        with pytest.raises(actions.NotYet, match="1 号"):
            actions.close_out(first, on=TODAY, by=world.gao, at=NOON)
        campaign.refresh_from_db()
        assert campaign.closed_count == 2

    @pytest.mark.mission("S1.35", "S1.45")
    def test_people_move_in_after_completion_and_the_centre_opens(
        self, campaign, pine, world, decided, build, pan
    ):
        centre = register_centre(
            region=world.pine,
            name="松社区党群服务中心",
            kind="community",
            by=world.liu,
            at=NOON,
            area_m2=200,
            address="松园路 1 号",
        )
        Site.objects.filter(pk=pine.pk).update(centre=centre)
        site = build(decided, to="accepted")
        with pytest.raises(actions.NotYet, match="销号"):
            actions.move_in(site, text="早点搬", on=TODAY, by=pan, at=NOON)
        actions.close_out(site, on=TODAY, by=world.liu, at=NOON)
        actions.move_in(site, text="搬进来了", on=TODAY, by=pan, at=NOON)
        centre.refresh_from_db()
        decided.refresh_from_db()
        assert centre.state == "open" and centre.area_m2 == 320
        assert (decided.started_on, decided.built_on, decided.used_on) == (TODAY,) * 3
        assert world.pine_party.log.get().text.startswith("党群服务中心")
        with pytest.raises(actions.BelowStandard):
            actions.set_area(site, area_m2=100, reason="被占用", by=pan, at=NOON)

    @pytest.mark.mission("S1.55")
    def test_four_programmes_follow_and_the_campaign_ends_when_all_is_written_off(
        self, campaign, decided, build, world, tao
    ):
        for kind in ("function", "standard", "rules", "system"):
            follow = actions.set_follow_up(
                campaign, kind=kind, goal="年内做到", due_on=FINAL, by=world.gao, at=NOON
            )
        site = build(decided, to="closed")
        with pytest.raises(actions.BadCampaign, match="投入使用"):
            actions.mark_follow_up(
                follow, site=site, note_text="制度上墙", on=TODAY, by=tao, at=NOON
            )
        actions.move_in(site, text="搬进来了", on=TODAY, by=world.zhang, at=NOON)
        actions.mark_follow_up(follow, site=site, note_text="制度上墙", on=TODAY, by=tao, at=NOON)
        assert campaign.follow_ups.count() == 4 and follow.marks.count() == 1
        with pytest.raises(actions.BadCampaign, match="2 个点位"):
            actions.close_campaign(campaign, by=world.gao, at=NOON)
        campaign.sites.exclude(pk=site.pk).update(
            state="exempt", exempt_reason="拆", exempt_by=world.gao
        )
        actions.close_campaign(campaign, by=world.gao, at=NOON)
        with pytest.raises(actions.CampaignOver):
            actions.report(site, text="后来的事", on=TODAY, by=world.zhang, at=NOON)


class TestTroubles:
    @pytest.mark.mission("S1.24")
    def test_land_and_funds_go_up_level_by_level(self, pine, world, pan):
        row = actions.raise_difficulty(pine, kind="land", text="产权在开发商手里", by=pan, at=NOON)
        assert world.liu.notices.filter(title__contains="难点").count() == 1
        with pytest.raises(NotPermitted):
            actions.escalate(row, by=pan, at=NOON)
        actions.escalate(row, by=world.liu, at=NOON)
        assert world.gao.notices.filter(title__contains="难点").count() == 1
        with pytest.raises(actions.NoHigher):
            actions.escalate(Difficulty.objects.get(), by=world.gao, at=NOON)
        actions.solve_difficulty(row, solution="开发商移交两间", on=TODAY, by=world.gao, at=NOON)
        with pytest.raises(actions.AlreadySolved):
            actions.solve_difficulty(row, solution="再来", on=TODAY, by=world.gao, at=NOON)
        with pytest.raises(actions.BadTrouble):
            actions.raise_difficulty(pine, kind="weather", text="下雨", by=pan, at=NOON)

    def test_one_that_nobody_solves_goes_up_by_itself_once(self, pine, world, pan):
        actions.raise_difficulty(pine, kind="funds", text="缺 30 万元", by=pan, at=NOON)
        later = NOON + timedelta(days=15)
        assert actions.alarms_due(at=NOON) == 0
        assert actions.alarms_due(at=later) == 1 and actions.alarms_due(at=later) == 0
        assert Difficulty.objects.get().level == "district"

    @pytest.mark.mission("S1.42")
    def test_each_department_has_its_part_as_a_case(self, pine, world):
        part = actions.give_part(
            pine,
            org=world.roads,
            what="修通门前道路",
            due_on=TODAY + 20 * DAY,
            by=world.liu,
            at=NOON,
        )
        with pytest.raises(actions.BadPart, match="期限"):
            actions.give_part(
                pine, org=world.water, what="接水", due_on=FINAL + DAY, by=world.liu, at=NOON
            )
        with pytest.raises(actions.BadPart, match="部门"):
            actions.give_part(
                pine, org=world.salt_office, what="接水", due_on=FINAL, by=world.liu, at=NOON
            )
        case = Case.objects.get(pk=part.pk)
        make_move(case, "accept", at=NOON, actor=world.li)
        make_move(case, "finish", at=NOON, actor=world.li, note="修通了")
        with pytest.raises(Refused):
            make_move(case, "check", at=NOON, actor=world.li)
        make_move(case, "check", at=NOON, actor=world.liu)
        assert SitePart.objects.get().case.step == "closed"
        assert pine.events.filter(text__contains="办结").count() == 1


class TestReports:
    @pytest.mark.mission("S1.27")
    def test_a_report_with_photos_stands_in_the_place_s_ledger_once(self, pine, world, photo):
        for _again in range(2):
            actions.report(
                pine, text="隔断拆完了", on=TODAY, by=world.zhang, at=NOON, photos=[photo], key="k"
            )
        event = pine.events.get(kind="report")
        assert event.photos.get() == photo
        with pytest.raises(actions.WrongDay):
            actions.report(pine, text="明天的", on=TODAY + DAY, by=world.zhang, at=NOON)
        with pytest.raises(NotPermitted):
            actions.report(pine, text="别人的", on=TODAY, by=world.wu, at=NOON)
        with pytest.raises(actions.BadArea):
            actions.set_area(pine, area_m2=-5, reason="错", by=world.liu, at=NOON)
