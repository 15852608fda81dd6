"""Plans: where, how often, who; what the worker makes of them, once; what was missed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.accounts.models import Notice
from tongxin.fieldwork import actions, queries
from tongxin.fieldwork.models import Plan, Visit
from tongxin.orgs.models import Post
from tongxin.testing import NOON

from .conftest import DAY, begin, publish

WEEK = timedelta(days=7)


def make(world, **changes) -> Plan:
    given = {
        "kind": "patrol", "name": "每日巡查", "region": world.north, "target_kind": "grid",
        "every": "daily", "starts_on": DAY, "by": world.liu, "at": NOON,
    } | changes  # fmt: skip
    return actions.make_plan(**given)


def days_of(plan: Plan, first: date, last: date) -> list[str]:
    return [f"{slot.due_from:%m-%d}" for slot in queries.slots_between(plan, first, last)]


@pytest.mark.parametrize(
    ("changes", "days"),
    [
        ({"every": "daily"}, ["03-02", "03-03", "03-04", "03-05", "03-06", "03-07", "03-08"]),
        ({"every": "workdays"}, ["03-02", "03-03", "03-04", "03-05", "03-06"]),
        ({"every": "weekly", "weekday": 3}, ["03-04"]),
        ({"every": "monthly", "month_day": 8}, ["03-08"]),
        ({"every": "once", "days": 5}, ["03-02"]),
        ({"every": "times", "times": 7, "period": "week"},
         ["03-02", "03-03", "03-04", "03-05", "03-06", "03-07", "03-08"]),
        ({"every": "times", "times": 2, "period": "week"}, ["03-02", "03-05"]),
        ({"every": "daily", "ends_on": date(2026, 3, 3)}, ["03-02", "03-03"]),
    ],
)  # fmt: skip
def test_a_rhythm_gives_its_days(world, changes, days):
    assert days_of(make(world, **changes), DAY, DAY + timedelta(days=6)) == days


def test_parts_of_a_period_cover_it_without_gap(world):
    plan = make(world, every="times", times=3, period="quarter", starts_on=date(2026, 1, 1))
    slots = list(queries.slots_between(plan, date(2026, 1, 1), date(2026, 12, 31)))
    assert len(slots) == 12
    for one, following in zip(slots, slots[1:], strict=False):
        assert one.due_on + timedelta(days=1) == following.due_from
    assert (slots[0].due_from, slots[-1].due_on) == (date(2026, 1, 1), date(2026, 12, 31))


def test_a_month_without_a_31st_has_its_last_day(world):
    plan = make(world, every="monthly", month_day=31, starts_on=date(2026, 2, 1))
    assert days_of(plan, date(2026, 2, 1), date(2026, 4, 30)) == ["02-28", "03-31", "04-30"]


def test_a_plan_takes_all_places_of_its_kind_below_a_region(world):
    names = lambda plan: list(plan.targets.values_list("name", flat=True))  # noqa: E731
    assert names(make(world)) == ["第一网格", "第二网格"]
    assert names(make(world, target_kind="community")) == ["松社区", "苇社区"]
    units = make(world, target_kind="org", org_kind="party", unit_kind="branch", region=world.north)
    assert names(units) == ["松社区第一党支部"]
    assert units.targets.get().org == world.branch


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"every": "often"}, actions.BadPlan),
        ({"weekday": 8}, actions.BadPlan),
        ({"days": 0}, actions.BadPlan),
        ({"ends_on": DAY - WEEK}, actions.BadPlan),
        ({"assign": "rotate"}, actions.BadPlan),
        ({"target_kind": "building"}, actions.NoTargets),
        ({"targets": []}, actions.NoTargets),
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_refused(world, changes, error):
    with pytest.raises(error):
        make(world, **changes)
    for stranger in (world.wu, world.mei, world.sun):
        with pytest.raises(actions.NotYourLand):
            make(world, by=stranger)
    assert not Plan.objects.exists()


def test_the_worker_makes_what_is_due_once(world):
    plan = make(world, checklist=publish())
    assert actions.visits_due(at=NOON) == 4  # two grids, today and tomorrow
    assert actions.visits_due(at=NOON) == 0
    assert actions.visits_due(at=NOON + timedelta(days=1)) == 2
    one = Visit.objects.get(region=world.p1, due_from=DAY)
    assert (one.title, one.due_on, one.checklist) == ("第一网格 · 每日巡查", DAY, plan.checklist)
    assert [worker.user for worker in one.team.all()] == [world.mei]
    assert not Visit.objects.get(region=world.p2, due_from=DAY).team.exists()  # nobody walks P2
    assert Visit.objects.values("number").distinct().count() == 6
    assert not Notice.objects.exists()  # a daily round needs no letter


def test_those_who_go_to_several_places_are_told_in_one_letter(world):
    make(world, every="weekly", assign="named", people=[world.zhang, world.chen])
    actions.visits_due(at=NOON)
    assert [n.text for n in Notice.objects.filter(user=world.chen)] == [
        "每日巡查：2 处，2026-03-02 前完成"
    ]
    teams = [list(v.team.values_list("user", flat=True)) for v in Visit.objects.all()]
    assert teams == [[world.zhang.pk, world.chen.pk]] * 2


def test_people_take_turns_and_everybody_may_walk_all(world):
    turns = make(world, assign="rotate", people=[world.zhang, world.chen])
    actions.visits_due(at=NOON)
    goes = {
        (v.target.name, v.due_from): v.team.get().user
        for v in turns.visits.select_related("target")
    }
    tomorrow = DAY + timedelta(days=1)
    assert goes["第一网格", DAY] != goes["第二网格", DAY]
    assert goes["第一网格", DAY] != goes["第一网格", tomorrow]
    each = make(
        world, every="once", days=300, assign="each", people=[world.tang, world.liu],
        target_kind="community",
    )  # fmt: skip
    actions.visits_due(at=NOON)
    assert each.visits.count() == 4


def test_a_worker_that_slept_makes_up_for_a_month_and_no_more(world):
    make(world, every="weekly", weekday=1)
    actions.visits_due(at=NOON + 10 * WEEK)
    made = sorted(set(Visit.objects.values_list("due_from", flat=True)))
    assert made == [DAY + n * WEEK for n in (6, 7, 8, 9, 10)]


def test_what_was_missed_is_marked_and_may_still_be_made(world):
    make(world, ends_on=DAY)
    actions.visits_due(at=NOON)
    assert actions.missed_due(at=NOON) == 0
    late = NOON + timedelta(days=1)
    assert actions.missed_due(at=late) == 2
    assert actions.missed_due(at=late) == 0
    assert Notice.objects.get(user=world.mei).text == "1 次：第一网格 · 每日巡查"
    one = Visit.objects.get(region=world.p1)
    assert one.state == "missed"
    made = begin(world, one, at=late)
    assert (made.state, made.marks) == ("begun", [{"code": "after_due", "days": 1}])


def test_a_plan_is_changed_with_its_history(world):
    plan = make(world)
    actions.visits_due(at=NOON)
    given = {"plan": plan, "by": world.liu, "at": NOON}
    with pytest.raises(actions.NotYourLand):
        actions.change_plan(reason="换频次", every="weekly", **given | {"by": world.wu})
    with pytest.raises(actions.BadPlan):
        actions.change_plan(reason="换频次", every="weekly", days=900, **given)
    actions.change_plan(reason="冬季减少", every="weekly", weekday=5, **given)
    change = plan.changes.order_by("-pk").first()
    assert (change.text, change.reason) == ("频次：每天 → 每周；星期：1 → 5", "冬季减少")
    assert Visit.objects.count() == 4  # what was made stays


def test_a_plan_stops_goes_on_and_ends(world):
    plan = make(world)
    actions.visits_due(at=NOON)
    begin(world, Visit.objects.get(region=world.p1, due_from=DAY))
    given = {"plan": plan, "by": world.liu, "at": NOON, "reason": "道路施工"}
    assert actions.stop_plan(**given) == 3
    assert actions.visits_due(at=NOON + WEEK) == 0
    with pytest.raises(actions.PlanOver):
        actions.stop_plan(**given)
    later = NOON + WEEK
    actions.resume_plan(**given | {"at": later})
    assert actions.visits_due(at=later) == 4
    assert Visit.objects.filter(due_from__lt=DAY + WEEK).exclude(state="cancelled").count() == 1
    actions.end_plan(**given | {"at": later})
    for act in (actions.resume_plan, actions.end_plan, actions.stop_plan):
        with pytest.raises(actions.PlanOver):
            act(**given)
    texts = list(plan.changes.order_by("pk").values_list("text", flat=True))
    assert texts[1] == "暂停计划，未开始的 3 次走访一并取消"


def test_places_come_in_and_go_out(world):
    plan = make(world, region=world.pine)
    assert actions.add_targets(plan=plan, by=world.liu, at=NOON) == 0
    more = [{"name": "老年餐桌", "region": world.p1, "ref": "site:1"}]
    assert actions.add_targets(plan=plan, by=world.liu, at=NOON, targets=more) == 1
    target = plan.targets.get(name="第二网格")
    actions.drop_target(target=target, reason="并入第一网格", by=world.liu, at=NOON)
    actions.visits_due(at=NOON)
    assert sorted(Visit.objects.filter(due_from=DAY).values_list("place_name", flat=True)) == [
        "第一网格", "老年餐桌",
    ]  # fmt: skip


def test_the_next_slots_say_why(world):
    plan = make(world, every="times", times=2, period="month")
    first, second, *_rest = queries.next_slots(plan, DAY)
    assert (first.why, first.due_from) == ("每月 2 次的第 1 次", DAY)
    assert (second.why, second.due_from) == ("每月 2 次的第 2 次", date(2026, 3, 16))
    actions.visits_due(at=NOON)
    plan.refresh_from_db()
    assert queries.next_slots(plan, DAY)[0] == second


def test_a_crew_is_that_of_the_nearest_land(world):
    Post.objects.create(
        user=world.chen, org=world.pine_office, role="grid_worker", region=world.pine
    )
    found = queries.crews_of([world.p1.path, world.p2.path, world.reed.path], DAY)
    assert found == {
        world.p1.path: [world.mei], world.p2.path: [world.chen], world.reed.path: [],
    }  # fmt: skip
