"""Who has walked where: matrices, rounds of visits to all, three-stage acceptance; the order of a round."""

from __future__ import annotations

import math
from datetime import date, timedelta
from itertools import permutations
from random import Random

import pytest

from tongxin.fieldwork import actions, queries
from tongxin.fieldwork.models import Checklist, Visit
from tongxin.fieldwork.queries.ordering import length, shortest
from tongxin.kit.geo import distance_m
from tongxin.orgs.models import Org
from tongxin.testing import NOON

from .conftest import DAY, begin, finish, plan
from .test_plans import make

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def walk(world, visit: Visit, by, at=NOON) -> None:
    begin(world, visit, by=by, at=at, place={"lng": 117.55, "lat": 39.25})
    finish(world, visit, {}, by=by, at=at + timedelta(minutes=20))


@pytest.mark.mission("S4.20", "S2.39")
def test_a_secretary_walks_all_branches_and_sees_what_is_left(world, norms):
    """走遍党支部: 26 of 26 is all of them, and the matrix names those still unvisited."""
    for n in range(25):
        Org.objects.create(
            name=f"第{n}支部", kind="party", unit_kind="branch", region=world.pine,
            parent=world.pine_party,
        )  # fmt: skip
    made = make(
        world, kind="contact", name="走遍党支部", target_kind="org", org_kind="party",
        unit_kind="branch", every="once", days=300, assign="each", people=[world.tang],
    )  # fmt: skip
    actions.visits_due(at=NOON)
    visits = list(made.visits.order_by("pk"))
    for one in visits[:-1]:
        walk(world, one, world.tang)
    matrix = queries.coverage(made, *YEAR)
    assert (matrix.columns, matrix.targets.words, matrix.targets.percent) == (["唐颖"], "25/26", 96)
    assert [row.target for row in matrix.rows if not row.share.done] == [visits[-1].target]
    walk(world, visits[-1], world.tang)
    matrix = queries.coverage(made, *YEAR)
    assert (matrix.targets.words, matrix.targets.percent) == ("26/26", 100)


def test_a_matrix_of_people_shows_who_has_been_where(world, norms):
    made = make(
        world, kind="contact", name="走遍社区", target_kind="community", every="once", days=300,
        assign="each", people=[world.tang, world.liu],
    )  # fmt: skip
    actions.visits_due(at=NOON)
    pine = made.targets.get(name="松社区")
    walk(world, made.visits.get(target=pine, team__user=world.tang), world.tang)
    matrix = queries.coverage(made, *YEAR)
    cells = {
        row.target.name: [cell["state"] if cell else None for cell in row.cells]
        for row in matrix.rows
    }
    assert cells == {"松社区": ["done", "planned"], "苇社区": ["planned", "planned"]}
    assert [one.words for one in matrix.sums] == ["1/2", "0/2"]
    assert matrix.visits.words == "1/4"


def test_a_matrix_of_days_leaves_out_what_was_called_off(world, norms):
    made = make(world, ends_on=DAY)
    actions.visits_due(at=NOON)
    one, other = made.visits.order_by("target__order")
    walk(world, one, world.mei)
    actions.cancel_visit(visit=other, reason="封路", by=world.liu, at=NOON)
    matrix = queries.coverage(made, *YEAR)
    assert (matrix.columns, matrix.visits.words) == (["03-02"], "1/1")
    assert queries.coverage(made, date(2027, 1, 1), date(2027, 12, 31)).visits.total == 0


def test_another_register_counts_its_own_visits(world, norms):
    plan(world, source=("inspections.operation", "7"))
    mine = plan(world, source=("inspections.operation", "8"))
    walk(world, mine, world.mei)
    share = queries.coverage_of_source("inspections.operation", "8", *YEAR)
    assert (share.words, share.percent) == ("1/1", 100)


@pytest.mark.mission("S4.21")
def test_acceptance_has_three_stages_each_scored(world, norms):
    """量化考核 + 评估验收: the branch checks itself, the street checks it, the district accepts it."""
    actions.load_samples(at=NOON)
    scored = {}
    for code, who, marks in (
        ("accept-self", world.qin, 1.0), ("accept-street", world.tang, 0.9),
        ("accept-district", world.he, 0.8),
    ):  # fmt: skip
        checklist = Checklist.objects.get(code=code)
        one = plan(
            world, kind="acceptance", title=checklist.name, checklist=checklist, workers=[who],
            region=world.pine, visited=world.branch,
        )  # fmt: skip
        begin(world, one, by=who)
        answers = {
            item.code: {"value": "通过" if item.type == "choice" else float(item.max_score) * marks}
            for item in checklist.items.all()
        }
        if code == "accept-district":
            with pytest.raises(actions.MissingPhoto):
                finish(world, one, answers, by=who)
            from .conftest import photo

            answers["place"]["photos"] = [str(photo(who).pk)]
        done = finish(world, one, answers, by=who)
        scored[code] = (float(done.score), float(done.max_score))
    assert scored == {
        "accept-self": (100, 100), "accept-street": (90, 100), "accept-district": (80, 100),
    }  # fmt: skip
    assert Visit.objects.filter(visited=world.branch, kind="acceptance").count() == 3


def staged(world, code: str, **changes) -> Visit:
    checklist = Checklist.objects.get(code=code)
    given = {"kind": "acceptance", "checklist": checklist, "region": world.pine,
             "visited": world.branch, "workers": [world.tang], "title": code} | changes  # fmt: skip
    return plan(world, **given)


def scored(world, visit: Visit, share: float, hours: int) -> Visit:
    begin(world, visit, by=world.tang, at=NOON + timedelta(hours=hours))
    answers = {
        item.code: {"value": float(item.max_score) * share} for item in visit.checklist.items.all()
    }
    return finish(
        world, visit, answers, by=world.tang, at=NOON + timedelta(hours=hours, minutes=30)
    )


@pytest.mark.mission("S4.21")
def test_a_stage_waits_until_the_one_before_has_passed(world, norms):
    actions.load_samples(at=NOON)
    street = staged(world, "accept-street")
    with pytest.raises(actions.StageBefore, match="自查.*还没有做完"):
        begin(world, street, by=world.tang)
    scored(world, staged(world, "accept-self", visited=world.salt_branch), 1, 0)  # another unit's
    scored(world, staged(world, "accept-self"), 0.79, 1)
    with pytest.raises(actions.StageBefore, match="79/100 分，没有达到 80%"):
        begin(world, street, by=world.tang, at=NOON + timedelta(hours=2))
    street.refresh_from_db()
    assert (street.state, street.begun_at) == ("planned", None)
    scored(world, staged(world, "accept-self"), 0.8, 3)
    scored(world, street, 0.9, 4)
    with pytest.raises(actions.StageBefore):  # whoever comes again waits for a new pass
        begin(world, staged(world, "accept-street"), by=world.tang, at=NOON + timedelta(hours=5))


def test_stages_do_not_wait_in_a_circle(world, norms):
    actions.load_samples(at=NOON)
    mine = actions.copy_checklist(
        checklist=Checklist.objects.get(code="accept-self"), region=world.north, code="mine",
        by=world.liu, at=NOON,
    )  # fmt: skip
    given = {"checklist": mine, "effective_from": DAY, "by": world.liu, "at": NOON}
    for wrong in ({"after_code": "mine"}, {"after_code": "none"}, {"pass_percent": 101}):
        with pytest.raises(actions.BadStage):
            actions.publish_checklist(**given, **wrong)
    made = actions.publish_checklist(**given, after_code="accept-self", pass_percent=85)
    assert (made.after_code, made.pass_percent) == ("accept-self", 85)


@pytest.mark.mission("S0.62")
def test_a_firm_reopens_only_when_every_condition_is_met(world, norms):
    actions.load_samples(at=NOON)
    checklist = Checklist.objects.get(code="work-safety")
    one = plan(world, kind="inspection", checklist=checklist, workers=[world.liu], title="复工核验")
    begin(world, one, by=world.liu)
    good = {
        item.code: {"value": {"yes_no": "yes", "number": 5, "choice": "第一批"}[item.type]}
        for item in checklist.items.all()
    }
    short = good | {"mask-days": {"value": 2}}
    done = finish(world, one, short, by=world.liu)
    assert (done.bad_count, done.answers.get(is_bad=True).item.code) == (1, "mask-days")
    assert done.answers.get(item__code="batch").value == "第一批"


def test_land_by_land_figures_add_up(world, norms):
    for region, done in (
        (world.p1, True),
        (world.p2, False),
        (world.reed, True),
        (world.north, False),
    ):
        one = plan(world, region=region, by=world.liu, workers=[world.mei])
        if done:
            walk(world, one, world.mei)
    rows = queries.filtered(Visit.objects.visible_to(world.liu), area=world.north.path)
    from tongxin.regions.queries import get_land

    told = queries.figures_by_land(rows, get_land(world.north.code))
    named = [(one["land"].name if one["land"] else "", one["total"], one["done"]) for one in told]
    assert named == [("松社区", 2, 1), ("苇社区", 1, 1), ("", 1, 0)]
    spots = {one["land"].name: one["on_spot"] for one in told if one["land"]}
    assert spots == {"松社区": 1, "苇社区": 0}  # the check-in lay far outside of Reed


def spread(seed: int, n: int) -> list[tuple[float, float]]:
    dice = Random(seed)  # noqa: S311
    return [(117.5 + dice.random() / 20, 39.2 + dice.random() / 20) for _ in range(n)]


@pytest.mark.parametrize("seed", range(6))
def test_a_round_is_nearly_the_shortest_there_is(seed):
    points, start = spread(seed, 7), (117.5, 39.2)
    far = [[distance_m(*a, *b) for b in points] for a in points]
    first = [distance_m(*start, *one) for one in points]
    best = min(length(order, far, first) for order in permutations(range(7)))
    mine = length(shortest(points, start), far, first)
    assert best - 0.5 <= mine <= best * 1.05


def test_a_round_of_many_places_visits_each_once_and_beats_the_given_order():
    points = spread(9, 60)
    order = shortest(points)
    assert sorted(order) == list(range(60))
    far = [[distance_m(*a, *b) for b in points] for a in points]
    given = length(list(range(60)), far, [0.0] * 60)
    assert length(order, far, [0.0] * 60) < given / 3
    assert shortest([]) == []
    assert shortest([(1.0, 2.0)]) == [0]
    assert not math.isnan(length(order, far, [0.0] * 60))


def test_what_has_begun_and_what_ends_today_comes_first(world, norms):
    later = plan(world, title="后天", due_on=DAY + timedelta(days=2), lng=117.5, lat=39.2)
    today = plan(world, title="今天", lng=117.9, lat=39.5)
    begun = plan(world, title="正在", due_on=DAY + timedelta(days=9))
    begin(world, begun)
    plan(world, title="明天起", due_from=DAY + timedelta(days=1), due_on=DAY + timedelta(days=1))
    plan(world, title="别人的", workers=[world.zhang])
    assert [one.title for one in queries.round_of(world.mei, DAY, (117.5, 39.2))] == [
        "正在", "今天", "后天",
    ]  # fmt: skip
    walk(world, today, world.mei)
    assert [one.title for one in queries.round_of(world.mei, DAY)] == ["正在", "后天"]
    assert [one.title for one in queries.done_on(world.mei, DAY)] == ["今天"]
    assert later.state == "planned"


def test_what_a_phone_takes_along_is_whole(world, visit):
    told = queries.as_offline(queries.round_of(world.mei, DAY)[0])
    assert (told["id"], told["checklist_version"], told["workers"]) == (str(visit.pk), 1, ["梅雪"])
    items = {one["code"]: one for one in told["checklist"]["items"]}
    assert items["hole"]["condition"] == ["road", "no"]
    assert items["quarrel"]["options"] == ["无", "有"]
    assert (told["lng"], told["lat"]) == (world.p1.lng, world.p1.lat)


def test_late_visits_of_a_unit_are_on_its_list(world, norms):
    make(world, name="走遍党支部", org=world.north_party, ends_on=DAY)
    actions.visits_due(at=NOON)
    assert queries.visits_check([world.north_party], DAY) == []
    (owed,) = queries.visits_check([world.north_party, world.branch], DAY + timedelta(days=1))
    assert (owed["unit"], owed["due"]) == (world.north_party, DAY)
    assert owed["sentence"] == "走访计划“走遍党支部”有 2 次没有按期完成"
