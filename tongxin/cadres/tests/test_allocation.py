"""The solver: right against another solver, proved by itself, quick at full size."""

import time

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from tongxin.cadres.allocation import (
    NOBODY,
    RESERVE,
    Worth,
    bound_of,
    cost_of,
    make_instance,
    solve,
    ways,
    with_fixed,
)


def small(seed: int, *, cadres: int = 24, communities: int = 6, **more):
    return make_instance(seed, cadres=cadres, communities=communities, **more)


def bands(instance) -> list[tuple[np.ndarray, int]]:
    """Write the places and their worth one by one, as the docstring of `Worth` has it."""
    worth, most = instance.worth, int(instance.wish.max(initial=0))
    found = []
    for n in range(most):  # the place of the (n + 1)-th cadre
        for value, has in (
            (worth.first, (n < 1) & (n < instance.minimum)),
            (worth.low, (n >= 1) & (2 * n < instance.minimum)),
            (worth.minimum, (n >= 1) & (2 * n >= instance.minimum) & (n < instance.minimum)),
            (worth.half, (n >= instance.minimum) & (2 * n < instance.minimum + instance.wish)),
            (worth.rest, (2 * n >= instance.minimum + instance.wish) & (n >= instance.minimum)),
        ):
            found.append(((has & (n < instance.wish)).astype(int), value))
    return found


def program(instance, zones=None):
    """Write an instance as a linear program for another solver: who goes where, what is filled.

    `zones` adds, for each group, one variable for each zone it could go to.
    """
    way = ways(instance.homes, instance.places)
    n, m = way.shape
    limited = way > instance.limit[:, None]
    cost = np.concatenate([way.ravel(), *(-np.full(m, worth) for _cap, worth in bands(instance))])
    upper = np.concatenate(
        [(~limited).ravel().astype(float), *(cap for cap, _w in bands(instance))]
    )
    rows = np.zeros((n + m, len(cost)))
    for i in range(n):
        rows[i, i * m : (i + 1) * m] = 1
    for j in range(m):
        rows[n + j, n * m + j :: m] = 1
        rows[n + j, j : n * m : m] = -1
    limits = np.concatenate([np.ones(n), np.zeros(m)])
    empty = sum(int((cap * worth).sum()) for cap, worth in bands(instance))
    return cost, rows, limits, upper, empty


def best_of_another_solver(instance) -> int:
    cost, rows, limits, upper, empty = program(instance)
    found = linprog(cost, A_ub=rows, b_ub=limits, bounds=list(zip(0 * upper, upper, strict=True)))
    return round(found.fun) + empty


def best_together(instance) -> int:
    """Return the optimum where groups stay together, by a mixed-integer program."""
    cost, rows, limits, upper, empty = program(instance)
    n, m = len(instance.homes), len(instance.places)
    pairs = [(g, z) for g in range(len(instance.zone)) for z in np.unique(instance.zone[g])]
    wide = np.hstack([rows, np.zeros((len(rows), len(pairs)))])
    extra, right = [], []
    for g in range(len(instance.zone)):
        row = np.zeros(wide.shape[1])
        row[[len(cost) + k for k, pair in enumerate(pairs) if pair[0] == g]] = 1
        extra.append(row)
        right.append(1)
        for i in np.flatnonzero(instance.group == g):
            for j in range(m):
                row = np.zeros(wide.shape[1])
                row[i * m + j] = 1
                row[len(cost) + pairs.index((g, instance.zone[g][j]))] = -1
                extra.append(row)
                right.append(0)
    whole = np.vstack([wide, *extra])
    found = milp(
        np.concatenate([cost, np.zeros(len(pairs))]),
        constraints=LinearConstraint(whole, ub=np.concatenate([limits, right])),
        bounds=Bounds(0, np.concatenate([upper, np.ones(len(pairs))])),
        integrality=np.r_[np.ones(n * m), np.zeros(len(cost) - n * m), np.ones(len(pairs))],
    )
    return round(found.fun) + empty


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("exact_homes", [False, True])
def test_another_solver_finds_nothing_better(seed, exact_homes):
    instance = small(seed, exact_homes=exact_homes)
    result = solve(instance)
    assert result.objective == best_of_another_solver(instance)
    assert result.gap == 0
    assert result.bound == bound_of(instance, result.prices)


def test_no_prices_prove_more_than_is_true():
    """The bound holds for any prices: a wrong certificate can only prove less."""
    instance = small(3)
    result, dice = solve(instance), np.random.default_rng(5)
    for _try in range(50):
        prices = np.maximum(0, result.prices + dice.integers(-9000, 9000, len(result.prices)))
        assert bound_of(instance, prices) <= result.objective


@pytest.mark.parametrize("seed", range(6))
def test_units_that_stay_together_go_to_one_zone_and_nothing_is_better(seed):
    instance = small(seed, cadres=60, communities=8)
    group = np.full(60, -1)
    group[:6], group[6:11] = 0, 1
    zone = np.array([[0, 0, 0, 1, 1, 1, 2, 2], list(range(8))])
    instance = with_fixed(instance, group=group, zone=zone)
    result = solve(instance)
    for number in range(2):
        sent = result.place[(group == number) & (result.place >= 0)]
        assert len({int(zone[number][place]) for place in sent}) <= 1
    true = best_together(instance)
    assert result.bound == true == result.objective == cost_of(instance, result.place)
    again = bound_of(instance, result.prices, cuts=result.cuts, most=result.objective)
    assert again == result.bound


def test_no_cuts_prove_more_than_is_true():
    """Prices of a proof that were altered prove less, never more."""
    instance = small(2, cadres=60, communities=8)
    group = np.full(60, -1)
    group[:6], group[6:11] = 0, 1
    zone = np.array([[0, 0, 0, 1, 1, 1, 2, 2], list(range(8))])
    instance = with_fixed(instance, group=group, zone=zone)
    result, dice = solve(instance), np.random.default_rng(3)
    for _try in range(20):
        cuts = [np.maximum(0, one + dice.integers(-9000, 9000, 8)) for one in result.cuts]
        assert bound_of(instance, result.prices * 0, cuts=cuts) <= result.objective


def test_out_of_time_the_gap_is_honest():
    instance = make_instance(7, cadres=600, communities=50, groups=1)
    result = solve(instance, budget=0)
    assert result.objective == cost_of(instance, result.place)
    assert result.gap > 0
    best = solve(instance)
    assert best.gap == 0
    assert result.bound <= best.objective <= result.objective


@pytest.mark.slow
@pytest.mark.mission("S0.18")
def test_five_units_that_stay_together_are_proved_within_the_budget():
    instance = make_instance(7, groups=5)
    began = time.process_time()
    result = solve(instance, budget=18)
    assert time.process_time() - began < 20
    assert result.gap == 0


def test_limits_are_kept_and_minimums_come_first():
    instance = small(1, cadres=10, communities=3)
    instance = with_fixed(
        instance,
        minimum=np.array([2, 2, 2]),
        wish=np.array([10, 10, 10]),
        limit=np.r_[np.full(5, 3_000), np.full(5, 10**6)],
    )
    result = solve(instance)
    filled = np.bincount(result.place[result.place >= 0], minlength=3)
    assert (filled >= 2).all()
    assert (result.metres <= instance.limit).all()


def test_nobody_goes_farther_than_an_empty_place_is_worth():
    instance = small(2, cadres=6, communities=3)
    poor = with_fixed(instance, minimum=np.zeros(3, int), worth=Worth(1, 1, 1, 1, 1))
    far = with_fixed(poor, homes=poor.homes + 1.0)
    assert (solve(far).place == RESERVE).all()


def test_what_is_fixed_stays_and_the_rest_is_best():
    instance = small(4)
    free = solve(instance)
    fixed = np.full(24, NOBODY)
    fixed[0], fixed[1] = (int(free.place[0]) + 1) % 6, RESERVE
    result = solve(instance, fixed)
    assert result.place[0] == fixed[0]
    assert result.place[1] == RESERVE
    assert result.gap == 0
    assert result.objective >= free.objective


def test_the_same_numbers_give_the_same_answer():
    instance = small(6)
    assert (solve(instance).place == solve(instance).place).all()


@pytest.mark.mission("S0.14", "S0.18")
@pytest.mark.parametrize("exact_homes", [False, True])
def test_six_thousand_to_three_hundred_is_proved_within_the_budget(exact_homes):
    instance = make_instance(1, exact_homes=exact_homes)
    began = time.process_time()
    result = solve(instance)
    assert time.process_time() - began < 20
    assert result.gap == 0
    assert result.bound == bound_of(instance, result.prices)
