"""Plans for many orders: computed, changed by hand, confirmed line by line."""

from datetime import timedelta

import numpy as np
import pytest

from tongxin.cases.actions import make_move
from tongxin.cases.models import Case
from tongxin.dispatching.actions import (
    CannotTake,
    NoDraft,
    NothingOpen,
    change_line,
    confirm_plan,
    drop_plan,
    make_plan,
    plans_due,
    replan,
)
from tongxin.dispatching.models import Plan, PlanLine
from tongxin.dispatching.queries.drafts import Draft
from tongxin.kit.errors import NotPermitted
from tongxin.orgs.models import Volunteer
from tongxin.requests.actions import file_request
from tongxin.testing import NOON

MINUTE = timedelta(minutes=1)
LATER = NOON + 10 * MINUTE


@pytest.fixture
def taps(world):
    """Four orders for plumbers of Pine, of whom there are two with a cap of three each."""
    return [
        file_request(
            text=f"水管漏水{n}", topic=world.tap, region=world.pine, at=NOON, actor=world.sun
        )
        for n in range(4)
    ]


@pytest.fixture
def plan(world, taps):
    return make_plan(region=world.pine, at=LATER, by=world.zhang)


def given(plan):
    return dict(plan.lines.values_list("row", "person__name"))


class TestMaking:
    def test_orders_are_shared_among_those_who_can(self, world, plan):
        names = sorted(given(plan).values())
        assert names == ["王芳", "王芳", "赵磊", "赵磊"], "convex costs spread the load"
        assert (plan.state, plan.gap) == ("draft", 0)
        assert plan.lines.first().why.startswith("会水电，住松社区")
        assert not Case.objects.filter(holder__isnull=False).exists(), "a plan is advice"

    def test_the_proof_is_recomputed_from_what_the_plan_keeps(self, plan):
        draft = Draft(plan)
        assert draft.bound == plan.bound == draft.cost == plan.cost

    def test_an_order_without_anybody_says_why(self, world, taps):
        Volunteer.objects.filter(user=world.wang).update(is_paused=True)
        Volunteer.objects.filter(user=world.zhao).update(cap=2)
        made = make_plan(region=world.pine, at=LATER, by=world.zhang)
        assert sorted(map(str, given(made).values())) == ["None", "None", "赵磊", "赵磊"]
        left = made.lines.filter(person=None).first()
        assert left.why == "能接的 1 人都已分给更急或更合适的单子"
        Volunteer.objects.filter(user=world.zhao).update(cap=0)
        full = make_plan(region=world.pine, at=LATER, by=world.zhang)
        assert full.lines.first().why == "能接的 1 人手上都满了"
        world.zhao.volunteer.skills.clear()
        bare = make_plan(region=world.pine, at=LATER, by=world.zhang)
        assert bare.lines.first().why == "附近没有会水电的人"

    def test_what_is_due_first_is_not_left_over(self, world, taps):
        Volunteer.objects.filter(user=world.wang).update(is_paused=True)
        Volunteer.objects.filter(user=world.zhao).update(cap=1)
        Case.objects.filter(pk=taps[2].pk).update(due_at=NOON)
        made = make_plan(region=world.pine, at=LATER, by=world.zhang)
        assert made.lines.get(person=world.zhao).case == taps[2]

    def test_grid_workers_take_what_is_theirs(self, world):
        case = file_request(
            text="代买药", topic=world.errand, region=world.p1, at=NOON, actor=world.sun
        )
        Volunteer.objects.update(is_paused=True)
        made = make_plan(region=world.pine, at=LATER, by=world.zhang)
        assert made.lines.get(case=case).person == world.mei

    def test_nobody_plans_where_they_do_not_dispatch(self, world, taps):
        for who in (world.wu, world.sun, world.chen):
            with pytest.raises(NotPermitted):
                make_plan(region=world.pine, at=LATER, by=who)
        with pytest.raises(NotPermitted):
            make_plan(region=world.north, at=LATER, by=world.zhang)
        with pytest.raises(NothingOpen):
            make_plan(region=world.reed, at=LATER, by=world.liu)

    def test_a_repeated_wish_makes_one_plan(self, world, taps):
        first = make_plan(region=world.pine, at=LATER, by=world.zhang, key="k")
        assert make_plan(region=world.pine, at=LATER, by=world.zhang, key="k") == first
        assert Plan.objects.count() == 1


class TestChanging:
    def test_a_change_says_exactly_what_it_costs(self, world, plan):
        line = plan.lines.filter(person=world.wang).first()
        more = change_line(line=line, person=world.zhao.pk, by=world.zhang)
        assert more > 0, "a third order for one person is dearer than a second for the other"
        assert Draft(plan).cost == plan.cost + more
        assert change_line(line=line, person=world.wang.pk, by=world.zhang) == -more

    def test_the_rest_is_planned_around_what_was_changed(self, world, plan):
        mine, other = plan.lines.filter(person=world.wang)
        change_line(line=mine, person=world.zhao.pk, by=world.zhang)
        saved = replan(plan=plan, by=world.zhang)
        assert saved > 0
        assert PlanLine.objects.get(pk=mine.pk).person == world.zhao
        assert sorted(given(plan).values()) == ["王芳", "王芳", "赵磊", "赵磊"]

    def test_a_line_is_taken_out_and_put_back(self, world, plan):
        line = plan.lines.first()
        change_line(line=line, person=None, by=world.zhang)
        line.refresh_from_db()
        assert (line.state, line.person) == ("out", None)
        assert Draft(plan).cost < plan.cost
        replan(plan=plan, by=world.zhang)
        assert PlanLine.objects.get(pk=line.pk).state == "out"
        change_line(line=line, person=line.was_id, by=world.zhang)
        assert Draft(plan).cost == plan.cost

    def test_who_cannot_take_it_is_refused(self, world, plan):
        line = plan.lines.first()
        for who in (world.qin.pk, world.sun.pk, 10**9):
            with pytest.raises(CannotTake):
                change_line(line=line, person=who, by=world.zhang)
        Volunteer.objects.update(cap=2)
        tight = make_plan(region=world.pine, at=LATER, by=world.zhang)
        one = tight.lines.filter(person=world.wang).first()
        with pytest.raises(CannotTake):
            change_line(line=one, person=world.zhao.pk, by=world.zhang)

    def test_what_is_confirmed_or_dropped_is_not_changed(self, world, plan):
        drop_plan(plan=plan, by=world.zhang)
        with pytest.raises(NoDraft):
            change_line(line=plan.lines.first(), person=None, by=world.zhang)
        with pytest.raises(NoDraft):
            confirm_plan(plan=plan, at=LATER, by=world.zhang)
        with pytest.raises(NotPermitted):
            drop_plan(plan=plan, by=world.wu)


class TestConfirming:
    @pytest.mark.mission("S0.50")
    def test_every_line_is_an_ordinary_move(self, world, plan, taps):
        confirm_plan(plan=plan, at=LATER, by=world.zhang)
        assert set(plan.lines.values_list("state", flat=True)) == {"done"}
        case = Case.objects.get(pk=taps[0].pk)
        assert (case.step, case.holder_id) == ("dispatched", plan.lines.get(case=case).person_id)
        event = plan.lines.get(case=case).event
        assert (event.name, event.actor) == ("dispatch", world.zhang)
        confirm_plan(plan=plan, at=LATER, by=world.zhang)
        assert case.events.filter(name="dispatch").count() == 1

    def test_what_takes_long_is_carried_on_by_the_worker(self, world, plan):
        confirm_plan(plan=plan, at=LATER, by=world.zhang, limit=1)
        assert plan.lines.filter(state="done").count() == 1
        assert plans_due(at=LATER, limit=2) == 2
        assert plans_due(at=LATER, limit=2) == 1
        assert plans_due(at=LATER) == 0
        assert {line.event.actor for line in plan.lines.select_related("event__actor")} == {
            world.zhang
        }

    def test_a_line_that_is_stale_says_so_and_stops_nobody(self, world, plan, taps):
        make_move(taps[1], "post", at=LATER, actor=world.zhang)
        make_move(taps[2], "cancel", at=LATER, actor=world.sun)
        confirm_plan(plan=plan, at=LATER, by=world.zhang)
        states = dict(plan.lines.values_list("case", "state"))
        assert [states[case.pk] for case in taps] == ["done", "stale", "refused", "done"]
        assert "请刷新" in plan.lines.get(case=taps[1]).said
        assert Case.objects.get(pk=taps[1].pk).holder is None

    def test_who_cannot_take_it_any_more_is_not_given_it(self, world, plan):
        Volunteer.objects.filter(user=world.wang).update(is_paused=True)
        confirm_plan(plan=plan, at=LATER, by=world.zhang)
        assert set(plan.lines.filter(person=world.wang).values_list("state", "said")) == {
            ("stale", "王芳已停止接单。")
        }
        assert set(plan.lines.filter(person=world.zhao).values_list("state", flat=True)) == {"done"}

    def test_as_offers_each_order_asks_the_next_best_too(self, world, taps):
        made = make_plan(region=world.pine, at=LATER, by=world.zhang, as_offer=True)
        confirm_plan(plan=made, at=LATER, by=world.zhang)
        case = Case.objects.select_related("request").get(pk=taps[0].pk)
        assert case.step == "offered"
        asked = {case.offeree_id, *case.request.queue}
        assert {world.wang.pk, world.zhao.pk} <= asked

    def test_lines_taken_out_stay_where_they_are(self, world, plan):
        line = plan.lines.first()
        change_line(line=line, person=None, by=world.zhang)
        confirm_plan(plan=plan, at=LATER, by=world.zhang)
        assert Case.objects.get(pk=line.case_id).step == "filed"

    def test_a_district_plans_for_all_its_streets_at_once(self, world, taps):
        far = file_request(
            text="水管", topic=world.tap, region=world.salt, at=NOON, actor=world.sun
        )
        made = make_plan(region=world.tong, at=LATER, by=world.gao)
        assert made.lines.get(case=far).person is None
        assert np.count_nonzero(Draft(made).person >= 0) == 4
