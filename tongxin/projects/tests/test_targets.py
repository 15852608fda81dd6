"""Targets cascade from the district to the community and roll up again; promises are read by them."""

from __future__ import annotations

from datetime import date

import pytest

from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.projects import actions, queries
from tongxin.projects.actions import Share
from tongxin.projects.models import Promise, Target, TargetFigure
from tongxin.testing import NOON

from .conftest import DAY


@pytest.fixture
def top(world) -> Target:
    return actions.set_target(
        name="新建改建党群服务中心", field="party", unit="个", value=10, region=world.tong,
        from_year=2026, to_year=2026, from_on=date(2026, 2, 1), by=world.gao, at=NOON,
    )  # fmt: skip


@pytest.fixture
def halves(world, top) -> list[Target]:
    return actions.split_target(
        top, shares=[Share(6, world.north), Share(4, world.south)], by=world.gao, at=NOON
    )


class TestCascade:
    @pytest.mark.mission("S1.16")
    def test_district_street_community_and_the_figures_come_back_up(self, world, top, halves):
        north, south = halves
        pine, reed = actions.split_target(
            north, shares=[Share(4, world.pine), Share(3, world.reed)], by=world.liu, at=NOON
        )
        actions.report_figure(pine, on=DAY, value=2, by=world.qin, at=NOON)
        actions.report_figure(pine, on=DAY, value=3, by=world.qin, at=NOON)
        actions.report_figure(reed, on=DAY, value=1, by=world.liu, at=NOON)
        found = queries.rolled([top])
        assert found[top.pk].actual == 4 and found[top.pk].percent == 40
        assert found[north.pk].actual == 4 and found[north.pk].covered == 7
        assert found[top.pk].reported == (2, 3)
        assert [one.target for one in found[top.pk].children] == [north, south]

    @pytest.mark.mission("S1.16")
    def test_shares_that_do_not_cover_the_target_are_refused(self, world, top):
        with pytest.raises(actions.NotCovered, match="还差 1 个"):
            actions.split_target(
                top, shares=[Share(6, world.north), Share(3, world.south)], by=world.gao, at=NOON
            )
        assert not top.children.exists()

    @pytest.mark.mission("S1.16")
    def test_a_circle_is_refused(self, world, top, halves):
        with pytest.raises(actions.Circular):
            actions.move_target(top, parent=halves[0], by=world.gao, at=NOON)
        top.refresh_from_db()
        assert top.parent is None and top.path == f"{top.pk}/"

    def test_a_start_before_the_fixed_start_is_refused(self, world, top):
        with pytest.raises(Invalid, match="起始日期"):
            actions.split_target(
                top,
                shares=[Share(10, world.north, from_on=date(2026, 1, 1))],
                by=world.gao,
                at=NOON,
            )
        with pytest.raises(Invalid, match="起始日期"):
            actions.report_figure(top, on=date(2026, 1, 15), value=1, by=world.gao, at=NOON)
        assert not TargetFigure.objects.exists()

    @pytest.mark.parametrize("place", ["salt", "tong"])
    def test_a_share_outside_or_the_same_again_is_refused(self, world, halves, place):
        with pytest.raises(actions.BadShare):
            actions.split_target(
                halves[0], shares=[Share(6, getattr(world, place))], by=world.gao, at=NOON
            )

    def test_what_would_count_twice_is_refused(self, world, top):
        with pytest.raises(actions.BadShare, match="重复计算"):
            actions.split_target(
                top, shares=[Share(6, world.north), Share(4, world.pine)], by=world.gao, at=NOON
            )

    @pytest.mark.mission("S4.46")
    def test_a_plan_of_three_years_is_split_by_year_into_a_matrix_of_fields(self, world):
        plan = actions.set_target(
            name="老旧小区改造", field="urban", unit="个", value=90, region=world.tong,
            from_year=2026, to_year=2028, by=world.gao, at=NOON,
        )  # fmt: skip
        years = [Share(30, world.tong, from_year=y, to_year=y) for y in (2026, 2027, 2028)]
        first, *_rest = actions.split_target(plan, shares=years, by=world.gao, at=NOON)
        actions.report_figure(first, on=DAY, value=12, by=world.gao, at=NOON)
        found = queries.rolled([plan])
        assert found[plan.pk].percent == 13
        years_, fields = queries.matrix_of(found[plan.pk].children)
        assert years_ == [2026, 2027, 2028]
        [(name, cells)] = fields
        assert name == "urban" and cells[2026][0].percent == 40

    def test_a_parent_takes_no_figure_and_a_share_at_work_is_not_split_anew(
        self, world, top, halves
    ):
        with pytest.raises(actions.WrongState, match="由下级汇总"):
            actions.report_figure(top, on=DAY, value=1, by=world.gao, at=NOON)
        actions.report_figure(halves[0], on=DAY, value=1, by=world.liu, at=NOON)
        with pytest.raises(actions.WrongState, match="不能重新分解"):
            actions.split_target(top, shares=[Share(10, world.north)], by=world.gao, at=NOON)
        assert top.children.count() == 2

    def test_a_figure_of_tasks_is_their_sum(self, world, halves, given):
        task = given(aim=halves[0], measure="中心", unit="个", target=3)
        actions.report_progress(task, value=2, note="两个完工", by=world.li, at=NOON)
        assert queries.rolled([halves[0]])[halves[0].pk].actual == 2
        with pytest.raises(actions.WrongState, match="由任务汇总"):
            actions.report_figure(halves[0], on=DAY, value=9, by=world.liu, at=NOON)

    def test_lowering_a_share_below_what_it_must_cover_is_refused(self, world, halves):
        with pytest.raises(actions.NotCovered):
            actions.change_value(halves[0], value=5, by=world.gao, at=NOON)
        assert actions.change_value(halves[0], value=7, by=world.gao, at=NOON).value == 7

    def test_who_may(self, world, top, halves):
        with pytest.raises(NotPermitted):
            actions.split_target(halves[0], shares=[Share(6, world.pine)], by=world.wu, at=NOON)
        with pytest.raises(NotPermitted):
            actions.report_figure(halves[0], on=DAY, value=1, by=world.wu, at=NOON)
        seen = Target.objects.visible_to(world.wu)
        assert top in seen and halves[1] in seen and halves[0] not in seen


class TestPromises:
    @pytest.fixture
    def promise(self, world, halves, given) -> Promise:
        return actions.make_promise(
            person=world.tang, org=world.north_party, year=2026, text="建成六个党群服务中心",
            targets=[halves[0]], tasks=[given()], by=world.tang, at=NOON,
        )  # fmt: skip

    @pytest.mark.mission("S1.5")
    def test_the_figures_suggest_and_a_person_above_decides_at_year_end(
        self, world, promise, halves
    ):
        actions.report_figure(halves[0], on=DAY, value=6, by=world.liu, at=NOON)
        december = NOON.replace(month=12, day=20)
        with pytest.raises(Invalid, match="12 月"):
            actions.judge_promise(promise, verdict="kept", why="x", by=world.he, at=NOON)
        with pytest.raises(NotPermitted):
            actions.judge_promise(promise, verdict="kept", why="x", by=world.tang, at=december)
        found = queries.appraise(promise, on=date(2026, 12, 20))
        assert (found.verdict, found.percent) == ("partly", 50)
        assert "6/6 个" in found.sentence and "建设党群服务中心" in found.sentence
        judged = actions.judge_promise(
            promise, verdict="partly", why="任务还没有验收", by=world.he, at=december
        )
        assert (judged.verdict, judged.judged_by) == ("partly", world.he)
        assert "6/6 个" in judged.figures
        with pytest.raises(actions.WrongState):
            actions.judge_promise(promise, verdict="kept", why="x", by=world.he, at=december)

    def test_only_a_secretary_promises(self, world):
        with pytest.raises(actions.NotASecretary):
            actions.make_promise(
                person=world.liu, org=world.north_party, year=2026, text="x", by=world.gao, at=NOON
            )
        assert not Promise.objects.exists()
