"""Counting back from the last day; a slip is shown before it is saved, and never past a fixed end."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.accounts.models import Notice
from tongxin.cases.actions import make_move
from tongxin.cases.queries import Guarded
from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.projects import actions
from tongxin.projects.models import ScheduleTemplate, Stage, StageSlip
from tongxin.projects.queries import schedules
from tongxin.testing import NOON

from .conftest import DAY, SOON

STAGES = [("选址", 10), ("施工", 20), ("验收", 5)]


@pytest.fixture
def planned(world, given):
    task = given(hard_end=True)
    schedule = actions.plan_stages(task, stages=STAGES, by=world.li, at=NOON)
    return schedule, list(schedule.stages.all())


@pytest.mark.mission("S1.29")
def test_stages_are_counted_back_in_working_days_from_the_fixed_end(planned):
    _schedule, stages = planned
    assert stages[-1].end_on == date(2026, 4, 30)  # 1 May is a holiday: the working day before
    assert [one.days for one in stages] == [10, 20, 5]
    # 4–6 April (清明) are free: 验收 5 days back from Thursday 30 April is Friday 24 April.
    assert stages[-1].start_on == date(2026, 4, 24)
    assert stages[0].start_on < stages[0].end_on < stages[1].start_on


@pytest.mark.mission("S1.29")
def test_it_says_what_must_begin_today_and_what_is_late_by_how_much(planned):
    schedule, stages = planned
    assert "最迟" in schedules.sentence_of(schedule, stages, stages[0].start_on - timedelta(days=1))
    assert "今天必须开始" in schedules.sentence_of(schedule, stages, stages[0].start_on)
    friday = stages[0].end_on
    late = friday + timedelta(days=7)
    words = schedules.sentence_of(schedule, stages, late)
    assert "选址" in words and "已晚 5 个工作日" in words


@pytest.mark.mission("S1.29")
def test_a_slip_is_shown_first_and_refused_past_a_fixed_end(world, planned):
    schedule, stages = planned
    to = stages[0].end_on + timedelta(days=7)
    slip = schedules.slip_of(schedule, stages, stages[0], to)
    assert slip.over_by == 5
    moved = schedules.effect_of(stages, slip, schedules.works(schedule))
    assert [one.days for one in moved] == [5, 5, 5]
    assert Stage.objects.get(n=1).end_on == stages[0].end_on  # shown, not saved
    with pytest.raises(actions.PastTheEnd, match="晚 5 天") as refused:
        actions.let_slip(stages[0], end_on=to, reason="雨", by=world.li, at=NOON)
    assert "压缩" in str(refused.value.remedy) and not StageSlip.objects.exists()


def test_a_slip_within_the_slack_is_saved_with_its_reason(world, given):
    task = given()
    schedule = actions.plan_stages(task, stages=STAGES, by=world.li, at=NOON)
    first, *_rest, last = schedule.stages.all()
    Stage.objects.filter(pk=last.pk).update(
        start_on=last.start_on - timedelta(days=3), end_on=last.end_on - timedelta(days=3)
    )
    second = schedule.stages.get(n=2)
    Stage.objects.filter(pk=second.pk).update(end_on=second.end_on - timedelta(days=7))
    slip = actions.let_slip(
        second, end_on=second.end_on - timedelta(days=5), reason="等材料", by=world.li, at=NOON
    )
    assert (slip.from_end, slip.reason) == (second.end_on - timedelta(days=7), "等材料")
    second.refresh_from_db()
    assert second.end_on == slip.to_end
    assert second.planned_end > second.end_on and first.planned_end == first.end_on


def test_stages_that_do_not_fit_are_refused_with_the_day_they_would_begin(world, given):
    task = given()
    with pytest.raises(Invalid, match="压缩阶段天数"):
        actions.plan_stages(task, stages=[("施工", 90)], by=world.li, at=NOON)
    with pytest.raises(Invalid, match="只能出现一次"):
        actions.plan_stages(task, stages=[("施工", 2), ("施工", 3)], by=world.li, at=NOON)
    assert not Stage.objects.exists()


def test_stages_are_done_in_their_order_and_all_before_it_is_handed_in(world, planned):
    schedule, stages = planned
    with pytest.raises(actions.WrongState, match="选址"):
        actions.finish_stage(stages[1], on=DAY, by=world.li, at=NOON)
    with pytest.raises(Invalid, match="今天"):
        actions.finish_stage(stages[0], on=DAY + timedelta(days=1), by=world.li, at=NOON)
    with pytest.raises(NotPermitted):
        actions.finish_stage(stages[0], on=DAY, by=world.zhou, at=NOON)
    actions.finish_stage(stages[0], on=DAY, by=world.li, at=NOON)
    with pytest.raises(actions.WrongState, match="不能重排"):
        actions.plan_stages(schedule.task, stages=STAGES, by=world.li, at=NOON)
    with pytest.raises(Guarded, match="施工"):
        make_move(schedule.task.case, "finish", at=NOON, actor=world.li, note="完成")


@pytest.mark.mission("S4.31")
def test_the_five_steps_are_a_template_marked_as_sample(world, given):
    assert actions.load_templates(at=NOON) == 2
    assert actions.load_templates(at=NOON) == 0
    five = ScheduleTemplate.objects.public().on(DAY).get(code="five_step")
    assert five.is_sample and len(five.stages) == 5
    task = given(due_on=date(2026, 10, 30))
    schedule = actions.plan_stages(
        task, stages=[(one["name"], one["days"]) for one in five.stages], template=five,
        by=world.li, at=NOON,
    )  # fmt: skip
    assert schedule.stages.count() == 5 and schedule.template == five


def test_the_worker_tells_once_a_day_what_begins_and_what_is_late(world, planned):
    _schedule, stages = planned
    at = NOON + (stages[0].start_on - DAY)
    assert actions.stages_due(at=at) == 1
    assert actions.stages_due(at=at) == 0
    assert Notice.objects.get(user=world.li, title__contains="今天要开始")
    late = NOON + (stages[0].end_on - DAY) + timedelta(days=3)
    assert actions.stages_due(at=late) >= 1
    assert Notice.objects.filter(user=world.li, title__contains="已晚 3 天").exists()


def test_an_extension_moves_the_day_and_the_plan_is_counted_back_anew(world, given):
    task = given()
    actions.plan_stages(task, stages=STAGES, by=world.li, at=NOON)
    assert task.due_on == SOON
    type(task).objects.filter(pk=task.pk).update(due_on=SOON + timedelta(days=10))
    schedule = actions.plan_stages(task, stages=STAGES, by=world.li, at=NOON)
    assert schedule.stages.get(n=3).end_on > SOON
