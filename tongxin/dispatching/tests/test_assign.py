"""The best plan is proved: by the bound, by another solver, by trying everything."""

from itertools import product

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from tongxin.dispatching.queries import assign
from tongxin.dispatching.queries.assign import NEVER, NOBODY, Instance


def small(seed, orders=8, people=5):
    dice = np.random.default_rng(seed)
    pairs = [(i, j) for i in range(orders) for j in range(people) if dice.random() < 0.6]
    order, person = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    steps = np.sort(dice.integers(0, 3000, (people, 3)), axis=1)
    for j in range(people):
        steps[j, dice.integers(0, 4) :] = NEVER
    cost = dice.integers(0, 7000, len(order))
    return Instance(order, person, cost, dice.integers(4000, 30_000, orders), steps)


def by_trying(instance):
    """Return the least cost of all plans there are."""
    choices = [
        [NOBODY, *instance.person[instance.order == i]] for i in range(len(instance.penalty))
    ]
    least = None
    for plan in product(*choices):
        try:
            cost = assign.cost_of(instance, np.array(plan))
        except ValueError:
            continue
        least = cost if least is None else min(least, cost)
    return least


def by_matching(instance):
    """Return the least cost by scipy: a column for each further order of each person, and for none."""
    people, most = instance.steps.shape
    orders = len(instance.penalty)
    table = np.full((orders, people * most + orders), float(NEVER))
    for i, j, cost in zip(instance.order, instance.person, instance.cost, strict=True):
        table[i, j * most : (j + 1) * most] = np.minimum(cost + instance.steps[j], NEVER)
    table[np.arange(orders), people * most + np.arange(orders)] = instance.penalty
    rows, columns = linear_sum_assignment(table)
    return int(table[rows, columns].sum())


@pytest.mark.parametrize("seed", range(6))
def test_it_is_the_cheapest_of_all_plans(seed):
    instance = small(seed, orders=6, people=4)
    found = assign.solve(instance)
    assert found.cost == by_trying(instance)
    assert found.gap == 0


@pytest.mark.parametrize("seed", range(3))
def test_another_solver_finds_the_same(seed):
    instance = assign.made_up(seed, orders=120, people=90, pairs=30, skills=3)
    found = assign.solve(instance)
    assert found.cost == by_matching(instance)
    assert found.gap == 0
    assert (found.person == NOBODY).any() or found.cost < 20_000 * 120


def test_pairs_that_pay_are_added_until_none_is_left(monkeypatch):
    monkeypatch.setattr(assign, "NEAR", 1)
    instance = assign.made_up(5, orders=300, people=60, pairs=50, skills=1)
    found = assign.solve(instance)
    assert found.rounds > 1
    assert found.gap == 0
    assert found.cost == by_matching(instance)


def test_the_bound_holds_for_any_prices_and_says_how_bad_a_plan_is():
    instance = small(7)
    best = assign.solve(instance)
    dice = np.random.default_rng(0)
    for _try in range(50):
        assert assign.bound_of(instance, dice.integers(0, 9000, 5)) <= best.cost
    desk = assign.cost_of(instance, assign.one_by_one(instance))
    assert desk >= best.bound


def test_a_further_order_costs_more_so_that_work_is_shared():
    order, person = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    cost, penalty = np.array([10, 400, 10, 400]), np.array([9000, 9000])
    fair = Instance(order, person, cost, penalty, np.array([[0, 1000], [0, 1000]]))
    assert sorted(assign.solve(fair).person) == [0, 1]
    unfair = Instance(order, person, cost, penalty, np.array([[0, 0], [0, 0]]))
    assert list(assign.solve(unfair).person) == [0, 0]


def test_what_is_decided_stays_and_the_rest_is_planned_around_it():
    instance = small(3, orders=6, people=9)
    free = assign.solve(instance)
    rows = (int(row) for row in np.flatnonzero(free.person >= 0))
    row = next(row for row in rows if assign.alternatives(instance, free.person, row))
    other, more = assign.alternatives(instance, free.person, row)[0]
    fixed = np.full(len(instance.penalty), -2)
    fixed[row] = other
    again = assign.solve(instance, fixed)
    assert again.person[row] == other
    moved = free.person.copy()
    moved[row] = other
    assert assign.cost_of(instance, moved) == free.cost + more
    assert free.cost <= again.cost <= free.cost + more
    fixed[row] = NOBODY
    assert assign.solve(instance, fixed).person[row] == NOBODY


def test_what_cannot_be_is_not_priced():
    instance = small(1)
    with pytest.raises(ValueError, match="cannot take"):
        assign.cost_of(instance, np.zeros(len(instance.penalty), np.int64))
    falling = Instance(
        *(getattr(instance, n) for n in ("order", "person", "cost", "penalty")), np.array([[5, 1]])
    )
    with pytest.raises(ValueError, match="must not fall"):
        assign.solve(falling)


def test_an_instance_is_kept_as_bytes():
    instance = small(2)
    data = assign.pack(
        **{n: getattr(instance, n) for n in ("order", "person", "cost", "penalty", "steps")}
    )
    again = assign.from_arrays(assign.unpack(data))
    assert assign.solve(again).cost == assign.solve(instance).cost


def test_nobody_there_is_a_plan_too():
    none = np.array([], dtype=np.int64)
    empty = Instance(none, none, none, np.array([500, 700]), np.zeros((0, 1), np.int64))
    found = assign.solve(empty)
    assert (found.cost, found.gap) == (1200, 0)
