"""Hard problems in the hands of secretaries, duties by quarter, contact points, benchmarks."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.cases.actions import keep_evidence, make_move
from tongxin.cases.queries import Guarded
from tongxin.dual_report.models import ContactPoint
from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.projects import actions, queries
from tongxin.projects.models import (
    BenchmarkProject,
    Demonstration,
    DutyItem,
    DutyTick,
    HardProblem,
)
from tongxin.testing import NOON

from .conftest import DAY, SOON


@pytest.fixture
def raised(world) -> HardProblem:
    return actions.raise_problem(
        kind="land", title="中心用房权属不清", goal="办下不动产证", region=world.pine, org=world.branch,
        owner=world.qin, due_on=SOON, by=world.qin, at=NOON,
    )  # fmt: skip


class TestHardProblems:
    @pytest.mark.mission("S4.71")
    def test_owned_planned_worked_on_reviewed_and_closed_with_proof_from_above(self, world, raised):
        from tongxin.requests.tests.test_loop import a_photo

        case = raised.case
        assert case.holder == world.qin and case.step == "raised"
        actions.plan_problem(
            raised,
            plan="查档案，协调两局",
            steps=[("查档", SOON), ("会商", SOON)],
            by=world.qin,
            at=NOON,
        )
        for step in raised.steps.all():
            actions.finish_step(step, note="已办", by=world.qin, at=NOON)
        actions.review_problem(
            raised, on=DAY, text="由规划局一周内答复", by=world.liu, at=NOON,
            meeting=("conference", "7", "第一次联席会议", "/conferences/7/"),
        )  # fmt: skip
        with pytest.raises(Invalid, match="照片"):
            make_move(case, "solve", at=NOON, actor=world.qin, note="证已办")
        photo = keep_evidence(case=case, data=a_photo(), kind="photo", actor=world.qin, at=NOON)
        make_move(case, "solve", at=NOON, actor=world.qin, note="证已办", evidence=[photo])
        make_move(case, "close", at=NOON, actor=world.liu, note="看过原件")
        case.refresh_from_db()
        raised.refresh_from_db()
        assert (case.step, raised.result) == ("closed", "证已办")
        assert [event.name for event in case.events.order_by("seq")] == [
            "open", "plan", "report", "report", "review", "solve", "close",
        ]  # fmt: skip

    @pytest.mark.mission("S4.71")
    def test_it_is_taken_up_to_the_secretary_above_who_plans_anew(self, world, raised):
        with pytest.raises(actions.NotHigher):
            actions.escalate_problem(
                raised, org=world.salt_branch, owner=world.yue, reason="x", by=world.qin, at=NOON
            )
        actions.escalate_problem(
            raised,
            org=world.north_party,
            owner=world.tang,
            reason="权限不够",
            by=world.qin,
            at=NOON,
        )
        raised.refresh_from_db()
        raised.case.refresh_from_db()
        assert (raised.owner, raised.at_region, raised.case.holder) == (
            world.tang,
            world.north,
            world.tang,
        )
        with pytest.raises(NotPermitted):
            actions.plan_problem(raised, plan="x", steps=[("x", SOON)], by=world.qin, at=NOON)
        actions.plan_problem(
            raised, plan="区级协调", steps=[("会商", SOON)], by=world.tang, at=NOON
        )
        step = raised.steps.get()
        actions.finish_step(step, note="已办", by=world.tang, at=NOON)
        type(raised.case).objects.filter(pk=raised.case_id).update(step="solved")
        with pytest.raises(
            Guarded, match="上一级"
        ):  # the street has it: the street does not close it
            make_move(raised.case, "close", at=NOON, actor=world.liu, note="好")
        make_move(raised.case, "close", at=NOON, actor=world.gao, note="好")

    def test_nobody_but_a_secretary_owns_one(self, world):
        with pytest.raises(actions.NotASecretary):
            actions.raise_problem(
                kind="land", title="x", goal="y", region=world.pine, org=world.branch, owner=world.mei,
                due_on=SOON, by=world.liu, at=NOON,
            )  # fmt: skip
        assert not HardProblem.objects.exists()

    @pytest.mark.parametrize(
        "changes", [{"due_on": DAY - timedelta(days=1)}, {"kind": "weather"}, {"title": ""}]
    )
    def test_what_cannot_be_raised(self, world, changes):
        given = {
            "kind": "land", "title": "x", "goal": "y", "region": world.pine, "org": world.branch,
            "owner": world.qin, "due_on": SOON, "by": world.qin, "at": NOON,
        } | changes  # fmt: skip
        with pytest.raises(Invalid):
            actions.raise_problem(**given)
        assert not HardProblem.objects.exists()

    def test_who_sees_it(self, world, raised):
        seen = {u.username for u in (world.qin, world.tang, world.he, world.liu, world.gao, world.yue, world.wu, world.ann)
                if HardProblem.objects.visible_to(u).exists()}  # fmt: skip
        assert seen == {"qin", "tang", "he", "liu", "gao"}


class TestDuties:
    @pytest.mark.mission("S3.3", "S3.9", "S3.10")
    def test_lists_by_level_are_ticked_each_quarter_with_what_proves_it(self, world):
        actions.load_duties(at=NOON)
        items = queries.items_of("street", DAY)
        assert len(items) == 5 and {one.list.responsibility for one in items} == {"direct"}
        assert {one.list.responsibility for one in queries.items_of("community", DAY)} == {
            "specific"
        }
        assert {one.list.responsibility for one in queries.items_of("district", DAY)} == {"first"}
        actions.tick_duty(
            item=items[0], org=world.north_party, year=2026, quarter=1, note="2 月 5 日会议纪要",
            by=world.tang, at=NOON,
        )  # fmt: skip
        [row] = queries.duty_rows(world.gao, [world.north_party], items, year=2026, quarter=1)
        assert row.percent == 20 and items[1] in row.missing
        [second] = queries.duty_rows(world.gao, [world.north_party], items, year=2026, quarter=2)
        assert second.percent == 0

    def test_what_is_no_tick(self, world):
        actions.load_duties(at=NOON)
        street, community = (
            queries.items_of("street", DAY)[0],
            queries.items_of("community", DAY)[0],
        )
        given = {"item": street, "org": world.north_party, "year": 2026, "quarter": 1, "note": "x",
                 "by": world.tang, "at": NOON}  # fmt: skip
        with pytest.raises(Invalid, match="没有开始"):
            actions.tick_duty(**given | {"quarter": 2})
        with pytest.raises(Invalid, match="不适用"):
            actions.tick_duty(**given | {"item": community})
        with pytest.raises(NotPermitted):
            actions.tick_duty(**given | {"by": world.he})
        actions.tick_duty(**given)
        with pytest.raises(actions.WrongState):
            actions.tick_duty(**given)
        assert DutyTick.objects.count() == 1

    @pytest.mark.mission("S3.6")
    def test_a_point_is_named_a_demonstration_when_all_seven_are_done(self, world):
        actions.load_duties(at=NOON)
        leader = world.person("boss", "邓书记", world.tong_party, "leader")
        point = ContactPoint.objects.create(
            leader=leader, region=world.pine, from_date=date(2026, 1, 1)
        )
        one = actions.begin_demonstration(
            point, theme="红色网格", plan="建中心", by=leader, at=NOON
        )
        items = DutyItem.objects.filter(list__level="leader").order_by("n")
        assert items.count() == 7
        for item in items[:6]:
            actions.tick_duty(
                item=item, point=point, year=2026, quarter=1, note="有记录", by=leader, at=NOON
            )
        with pytest.raises(actions.NotProven, match="示范点"):
            actions.name_demonstration(one, why="x", by=world.gao, at=NOON)
        actions.tick_duty(
            item=items[6], point=point, year=2026, quarter=1, note="已建", by=leader, at=NOON
        )
        with pytest.raises(NotPermitted):
            actions.name_demonstration(one, why="好", by=leader, at=NOON)
        assert (
            actions.name_demonstration(one, why="现场看过", by=world.gao, at=NOON).state == "shown"
        )
        assert Demonstration.objects.visible_to(world.wu).count() == 1
        actions.end_demonstration(one, why="不再达标", by=world.gao, at=NOON)
        assert Demonstration.objects.visible_to(world.wu).count() == 0


class TestBenchmarks:
    @pytest.fixture
    def project(self, world) -> BenchmarkProject:
        programme = actions.make_programme(
            kind="benchmark", name="滨城标杆", region=world.tong, org=world.district_office,
            start_on=date(2026, 1, 1), end_on=date(2026, 12, 31), by=world.gao, at=NOON,
        )  # fmt: skip
        pairing = actions.pair(
            programme=programme,
            org=world.roads,
            exemplar="苏州工业园区",
            kind="park",
            by=world.gao,
            at=NOON,
        )
        return actions.add_project(
            pairing=pairing, name="占道审批提速", measure="办理时长", unit="天", less_is_better=True,
            baseline=20, theirs=5, target=8, due_on=SOON, gap="环节多", measures="并联审批",
            by=world.li, at=NOON,
        )  # fmt: skip

    @pytest.mark.mission("S2.16", "S2.17", "S2.18")
    def test_baseline_target_result_and_how_much_of_the_gap_is_closed(self, world, project):
        assert queries.gap_of(project, DAY).state == "none"
        actions.check_project(
            project, on=DAY, value=14, verdict="on_track", note="抽查 30 件", by=world.gao, at=NOON
        )
        project.refresh_from_db()
        gap = queries.gap_of(project, DAY)
        assert (gap.percent, gap.left, gap.state) == (50, 9, "way")
        actions.check_project(
            project, on=DAY, value=5, verdict="ahead", note="年底抽查", by=world.gao, at=NOON
        )
        project.refresh_from_db()
        assert queries.gap_of(project, DAY).state == "exemplar"
        counts = queries.counts_of(project.pairing.programme, world.gao, DAY)
        assert (counts.units, counts.exemplars, counts.projects, counts.reached) == (1, 1, 1, 1)

    def test_what_is_refused(self, world, project):
        for changes, words in (
            ({"verdict": "ahead"}, "达到标杆"), ({"on": DAY + timedelta(days=1)}, "今天"), ({"note": ""}, "情况"),
        ):  # fmt: skip
            given = {"on": DAY, "value": 14, "verdict": "on_track", "note": "x"} | changes
            with pytest.raises(Invalid, match=words):
                actions.check_project(project, by=world.gao, at=NOON, **given)
        with pytest.raises(NotPermitted):
            actions.check_project(
                project, on=DAY, value=1, verdict="behind", note="x", by=world.li, at=NOON
            )
        with pytest.raises(Invalid, match="好于基线"):
            actions.add_project(
                pairing=project.pairing, name="乙", measure="m", baseline=1, theirs=9, target=1,
                due_on=SOON, by=world.gao, at=NOON,
            )  # fmt: skip
        assert not project.checks.exists()
