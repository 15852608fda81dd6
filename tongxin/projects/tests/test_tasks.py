"""A key task from its breakdown to its acceptance; its day moves by a granted extension only."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils.timezone import localdate

from tongxin.cases.actions import make_move
from tongxin.cases.models import Adjustment
from tongxin.cases.queries import Guarded
from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.projects import actions, queries
from tongxin.projects.models import Node, Programme, Task, TaskReport
from tongxin.testing import NOON

from .conftest import DAY, SOON

SHANGHAI = ZoneInfo("Asia/Shanghai")


def later(days: int, hours: int = 0) -> datetime:
    return NOON + timedelta(days=days, hours=hours)


def end_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 23, 0, tzinfo=SHANGHAI)


class TestBreakdown:
    @pytest.mark.mission("S4.45", "S4.47")
    def test_aspects_items_tasks_and_the_section_of_the_frame_they_serve(
        self, world, programme, new_task
    ):
        frame = actions.make_programme(
            kind="frame", name="总体布局", region=world.tong, org=world.district_office,
            start_on=date(2026, 1, 1), end_on=date(2028, 12, 31), by=world.gao, at=NOON,
        )  # fmt: skip
        section = actions.add_node(
            programme=frame, kind="section", name="一个统领", by=world.gao, at=NOON
        )
        aspect = actions.add_node(
            programme=programme,
            kind="aspect",
            name="党建引领",
            serves=section,
            by=world.gao,
            at=NOON,
        )
        again = actions.add_node(
            programme=programme, kind="aspect", name="党建引领", by=world.gao, at=NOON
        )
        assert again == aspect and aspect.serves == section
        item = actions.add_node(
            programme=programme, kind="item", name="阵地建设", parent=aspect, by=world.gao, at=NOON
        )
        new_task(item=item)
        tree = queries.tree_of(programme, queries.ready(Task.objects.all()), DAY)
        assert tree.counts == (1, 1, 1)
        [branch] = tree.branches
        assert branch.items[0].rows[0].task.title == "建设党群服务中心"
        assert branch.tally.total == 1
        with pytest.raises(Invalid, match="方面"):
            actions.add_node(programme=programme, kind="item", name="悬空", by=world.gao, at=NOON)
        with pytest.raises(Invalid, match="一个板块"):
            actions.add_node(
                programme=programme, kind="aspect", name="乙", serves=aspect, by=world.gao, at=NOON
            )
        assert Node.objects.filter(programme=programme).count() == 2

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"start_on": date(2025, 12, 1)}, "方案的开始日期"),
            ({"due_on": date(2027, 1, 1)}, "方案的完成日期"),
            ({"due_on": date(2026, 2, 1)}, "早于开始日期"),
            ({"target": 5}, "衡量指标"),
            ({"target": "很多", "measure": "户数"}, "数字"),
        ],
    )
    def test_what_cannot_be_a_task_is_refused(self, new_task, changes, words):
        with pytest.raises(Invalid, match=words):
            new_task(**changes)
        assert not Task.objects.exists()

    def test_an_owner_of_elsewhere_and_a_unit_twice_are_refused(self, world, new_task):
        with pytest.raises(Invalid, match="没有岗位"):
            new_task(owner=world.zhou)
        task = new_task()
        with pytest.raises(Invalid, match="写了两次"):
            actions.add_part(task, org=world.roads, text="施工", by=world.gao, at=NOON)
        assert not task.parts.exists()

    def test_only_who_leads_the_place_breaks_it_down(self, world, programme, new_task):
        for user in (world.liu, world.li, world.sun):
            with pytest.raises(NotPermitted):
                new_task(by=user)
            with pytest.raises(NotPermitted):
                actions.add_node(programme=programme, kind="aspect", name="甲", by=user, at=NOON)


class TestDoing:
    @pytest.mark.mission("S1.42", "S4.47", "S4.48")
    def test_given_taken_reported_handed_in_accepted(self, world, new_task):
        task = new_task(measure="中心", unit="个", target=4)
        part = actions.add_part(task, org=world.water, text="通水", by=world.gao, at=NOON)
        case = actions.give_task(task, by=world.gao, at=NOON)
        assert Programme.objects.get().state == "running"
        make_move(case, "take", at=NOON, actor=world.li)
        case.refresh_from_db()
        assert localdate(case.due_at - timedelta(seconds=1)) == SOON
        actions.report_progress(task, value=3, note="三个完工", by=world.li, at=later(20))
        task.refresh_from_db()
        assert (task.percent, task.actual) == (75, 3)
        with pytest.raises(Guarded, match="水务局"):
            make_move(case, "finish", at=later(30), actor=world.li, note="好了")
        actions.finish_part(part, note="已通水", by=world.zhou, at=later(25))
        make_move(case, "finish", at=later(30), actor=world.li, note="好了")
        with pytest.raises(Invalid, match="说明"):  # three of four: accepted only with a reason
            make_move(case, "accept", at=later(31), actor=world.gao)
        make_move(case, "accept", at=later(31), actor=world.gao, note="第四个已移交街道")
        task.refresh_from_db()
        assert task.closed_at is not None
        assert (
            queries.standing_of(Task.objects.select_related("case", "programme").get(), SOON).state
            == "done"
        )

    def test_only_its_unit_reports_and_only_another_accepts(self, world, given):
        task = given()
        for user in (world.zhou, world.gao, world.wu):
            with pytest.raises(NotPermitted):
                actions.report_progress(task, percent=10, note="x", by=user, at=later(1))
        actions.report_progress(task, percent=100, note="完成", by=world.li, at=later(1))
        make_move(task.case, "finish", at=later(2), actor=world.li, note="完成")
        with pytest.raises(NotPermitted):
            make_move(task.case, "accept", at=later(2), actor=world.li)
        double = world.person("double", "兼职", world.roads, "officer", world.tong)
        with pytest.raises(Guarded, match="责任单位"):
            make_move(task.case, "accept", at=later(2), actor=double)

    def test_a_figure_is_asked_where_there_is_a_target_else_a_percentage(self, world, given):
        measured, plain = given(measure="户数", target=10), given()
        with pytest.raises(Invalid, match="户数"):
            actions.report_progress(measured, percent=50, note="x", by=world.li, at=later(1))
        with pytest.raises(Invalid, match="进度"):
            actions.report_progress(plain, note="x", by=world.li, at=later(1))
        assert not TaskReport.objects.exists()

    def test_a_retry_reports_once(self, world, given):
        task = given()
        for _ in range(2):
            actions.report_progress(
                task, percent=30, note="进场", by=world.li, at=later(1), key="r1"
            )
        assert TaskReport.objects.count() == 1
        assert task.case.events.filter(name="report").count() == 1

    def test_it_can_be_declined_and_given_to_another_unit(self, world, new_task):
        task = new_task()
        case = actions.give_task(task, by=world.gao, at=NOON)
        make_move(case, "decline", at=NOON, actor=world.li, note="不是我们的职责")
        make_move(case, "assign", at=NOON, actor=world.gao, handler=world.water, note="改水务局")
        task.refresh_from_db()
        assert (task.org, task.owner) == (world.water, None)
        make_move(case, "take", at=NOON, actor=world.zhou)


class TestNoSilentPostponement:
    @pytest.mark.mission("S1.29")
    def test_the_day_of_a_task_given_out_is_not_changed_by_hand(self, world, given):
        task = given()
        with pytest.raises(actions.WrongState, match="不能直接改") as refused:
            actions.change_task(task, due_on=SOON + timedelta(days=30), by=world.gao, at=later(1))
        assert "申请延期" in str(refused.value.remedy)
        task.refresh_from_db()
        assert task.due_on == SOON

    def test_the_parts_of_a_task_given_out_are_not_written_anew(self, world, given):
        task = given()
        part = actions.add_part(task, org=world.water, text="通水", by=world.gao, at=NOON)
        actions.finish_part(part, note="已通水", by=world.zhou, at=later(1))
        with pytest.raises(actions.WrongState, match="不能重写"):
            actions.change_task(task, parts=[], by=world.gao, at=later(1))
        assert task.parts.get().done_at is not None

    def test_a_change_is_judged_as_a_new_task_is(self, world, new_task):
        task = new_task()
        section = Node.objects.create(programme=task.programme, kind="aspect", n=1, name="甲")
        for change, words in (
            ({"field": "x"}, "领域"),
            ({"item": section}, "“项”"),
            ({"target": 3}, "衡量指标"),
        ):
            with pytest.raises(Invalid, match=words):
                actions.change_task(task, by=world.gao, at=NOON, **change)

    @pytest.mark.mission("S1.29")
    def test_it_moves_by_an_extension_that_another_grants(self, world, given):
        task, new = given(), SOON + timedelta(days=30)
        make_move(
            task.case, "ask_extend", at=later(5), actor=world.li, note="雨季停工", until=end_of(new)
        )
        task.refresh_from_db()
        assert task.due_on == SOON  # asked is not granted
        with pytest.raises(NotPermitted):
            make_move(task.case, "approve_extend", at=later(6), actor=world.li)
        make_move(task.case, "approve_extend", at=later(6), actor=world.gao, note="同意")
        task.refresh_from_db()
        task.case.refresh_from_db()
        assert task.due_on == new
        assert localdate(task.case.due_at - timedelta(seconds=1)) == new
        ledger = Adjustment.objects.get()
        assert (ledger.reason, ledger.verdict, ledger.decided_by) == (
            "雨季停工",
            "approved",
            world.gao,
        )

    @pytest.mark.mission("S1.29")
    def test_a_fixed_end_is_never_moved(self, world, given):
        hard = given(hard_end=True)
        with pytest.raises(Guarded, match="卡死"):
            make_move(hard.case, "ask_extend", at=later(5), actor=world.li, note="来不及",
                      until=end_of(SOON + timedelta(days=9)))  # fmt: skip
        Programme.objects.update(is_fixed=True)
        soft = given(title="其他")
        with pytest.raises(Invalid, match="不能延到它之后"):
            make_move(soft.case, "ask_extend", at=later(5), actor=world.li, note="来不及",
                      until=end_of(date(2027, 1, 5)))  # fmt: skip
        assert not Adjustment.objects.exists()

    def test_an_extension_to_an_earlier_day_is_none(self, world, given):
        task = given()
        with pytest.raises(Invalid, match="要比"):
            make_move(
                task.case,
                "ask_extend",
                at=later(5),
                actor=world.li,
                note="x",
                until=end_of(DAY + timedelta(days=9)),
            )

    def test_at_risk_and_late_say_why(self, world, given):
        given()
        task = queries.ready(Task.objects.all()).get()
        risk = queries.standing_of(task, DAY + timedelta(days=30))
        assert risk.state == "risk" and "落后" in risk.why
        late = queries.standing_of(task, SOON + timedelta(days=3))
        assert late.state == "late" and "3 天" in late.why


class TestProgramme:
    @pytest.mark.mission("S1.4")
    def test_a_programme_holds_projects_of_other_apps_and_tells_how_far_it_is(
        self, world, programme, given
    ):
        given(about=("site_plan", "9", "松社区中心改造", "/renovation/plans/9/"))
        actions.report_progress(
            Task.objects.get(), percent=40, note="进场", by=world.li, at=later(1)
        )
        [tally] = queries.tallies_of([programme], Task.objects.visible_to(world.gao), DAY).values()
        assert (tally.total, tally.percent) == (1, 40)
        assert Task.objects.get().source_label == "松社区中心改造"

    def test_it_closes_when_all_tasks_have(self, world, programme, given):
        task = given()
        with pytest.raises(actions.WrongState, match="1 项"):
            actions.close_programme(programme, by=world.gao, at=later(1))
        make_move(task.case, "withdraw", at=later(1), actor=world.gao, note="并入其他任务")
        assert actions.close_programme(programme, by=world.gao, at=later(2)).state == "closed"
        with pytest.raises(actions.WrongState):
            actions.make_task(
                programme=programme, title="又一项", org=world.roads, start_on=DAY, due_on=SOON,
                by=world.gao, at=later(3),
            )  # fmt: skip

    def test_all_are_given_at_once_or_none(self, world, programme, new_task):
        new_task()
        new_task(title="过期", start_on=date(2026, 1, 1), due_on=date(2026, 1, 31))
        with pytest.raises(actions.WrongState, match="期限已经过了"):
            actions.give_all(programme, by=world.gao, at=NOON)
        assert not Task.objects.filter(case__isnull=False).exists()

    def test_who_sees_what(self, world, given, new_task):
        task = given()
        actions.add_part(task, org=world.water, text="通水", by=world.gao, at=NOON)
        new_task(title="未下达")
        seen = {user.username: Task.objects.visible_to(user).count() for user in
                (world.gao, world.li, world.zhou, world.liu, world.wu, world.sun, world.ann)}  # fmt: skip
        assert seen == {"gao": 2, "li": 1, "zhou": 1, "liu": 0, "wu": 0, "sun": 0, "ann": 0}
