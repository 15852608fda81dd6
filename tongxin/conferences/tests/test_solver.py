"""The solver against all plans there are, on small instances; circles; windows."""

from datetime import date, timedelta
from itertools import product
from random import Random

import pytest

from tongxin.conferences.queries import solver
from tongxin.conferences.queries.solver import Give, Served, Want

D = date(2026, 3, 2)


def want(
    n, left, *, first=0, last=10, area="1/2/3/", words=(), org=None, waited=0, matter="people"
):
    return Want(n, matter, left, D + timedelta(first), D + timedelta(last), area, (117.0, 39.0),
                frozenset(words), org, waited)  # fmt: skip


def give(n, quantity, *, first=0, last=10, reach="1/2/", words=(), org=None, giver=None,
         consumed=False, used=(), requires=None, matter="people", at=(117.0, 39.0)):  # fmt: skip
    return Give(n, matter, quantity, D + timedelta(first), D + timedelta(last), reach, at,
                frozenset(words), org, giver or f"g{n}", consumed, used, requires)  # fmt: skip


def best_of_all(pairs):
    """Return the points of the best plan, by trying every one."""
    ranges = [range(pair.most + 1) for pair in pairs]
    best = 0
    for amounts in product(*ranges):
        served = [Served(p, n) for p, n in zip(pairs, amounts, strict=True) if n]
        if solver.fits(served):
            best = max(best, solver.value_of(served))
    return best


@pytest.mark.mission("S3.24")
@pytest.mark.parametrize("seed", range(12))
def test_no_plan_is_better_than_the_one_proposed(seed):
    dice = Random(seed)
    wants = [
        want(n, dice.randint(1, 3), first=(a := dice.randint(0, 6)), last=a + dice.randint(0, 4),
             words=dice.sample(["水电", "法律", "医疗"], 1), waited=dice.randint(0, 80))
        for n in range(3)
    ]  # fmt: skip
    gives = [
        give(10 + n, dice.randint(1, 3), first=(a := dice.randint(0, 4)), last=a + dice.randint(2, 6),
             words=dice.sample(["水电", "法律", "医疗"], 2), giver=f"g{dice.randint(0, 1)}",
             consumed=dice.random() < 0.4, at=(117.0 + dice.random() / 10, 39.0),
             used=((1, D, D + timedelta(2)),) if dice.random() < 0.3 else ())
        for n in range(2)
    ]  # fmt: skip
    pairs = solver.pairs_of(wants, gives)
    plan = solver.solve(pairs)
    assert plan.is_optimal
    assert solver.fits(plan.served)
    assert plan.value == best_of_all(pairs)


def test_what_may_not_be_is_no_pair():
    one = want(1, 2, org=7)
    for wrong, words in (
        (give(10, 5, org=7), "自己的"),
        (give(10, 5, reach="1/9/"), "范围"),
        (give(10, 5, first=11, last=20), "时间"),
        (give(10, 5, matter="room"), "同一类"),
    ):
        assert words in solver.why_not(one, wrong)
        assert solver.pair_of(one, wrong) is None
    assert solver.pair_of(one, give(10, 5)).most == 2
    full = give(10, 5, used=((5, D, D + timedelta(20)),))
    assert solver.pair_of(one, full) is None


def test_people_may_serve_again_another_day_but_goods_are_gone():
    early, late = want(1, 3, first=0, last=2), want(2, 3, first=5, last=6)
    people = give(10, 3)
    assert len(solver.solve(solver.pairs_of([early, late], [people])).served) == 2
    goods = give(10, 3, consumed=True)
    plan = solver.solve(solver.pairs_of([early, late], [goods]))
    assert sum(one.quantity for one in plan.served) == 3


def test_the_load_is_spread_over_suppliers():
    wants = [want(n, 1, first=n, last=n) for n in (1, 2)]
    gives = [give(10, 2, giver="a"), give(11, 2, giver="b", at=(117.002, 39.0))]
    plan = solver.solve(solver.pairs_of(wants, gives))
    assert {one.pair.give.giver for one in plan.served} == {"a", "b"}


def test_a_circle_is_found_through_several_links():
    # Supply 10 waits for need 1; need 1 is served by supply 11, which waits for need 2.
    circles = solver.circles_in([(10, 1), (11, 2)], [(1, 11)])
    assert (2, 10) in circles  # need 2 served by what waits for it, at last
    assert (1, 10) in circles
    assert (2, 11) in circles
    assert (1, 11) not in circles
    pairs = solver.pairs_of([want(1, 1), want(2, 1)], [give(10, 1)], circles)
    assert pairs == []


def test_a_reason_is_a_sentence():
    pair = solver.pair_of(
        want(1, 2, words=["法律"], waited=20), give(10, 5, words=["法律"], at=(117.02, 39.0))
    )
    text = solver.reasons(Served(pair, 2), matter_unit="", all_of_it=True)
    assert text.startswith("满足全部需求，距离约 1.")
    assert "专长相符：法律" in text
    assert "已等待 20 天" in text
