"""Races on a real PostgreSQL: a plan is carried out once, a simulation is in one worker's hands."""

import pytest

from tongxin.accounts.models import User
from tongxin.cases.models import Case, Event
from tongxin.dispatching.actions import (
    ask_simulation,
    confirm_plan,
    make_plan,
    plans_due,
    simulations_due,
)
from tongxin.dispatching.models import Plan, Simulation
from tongxin.requests.actions import file_request
from tongxin.requests.tests.test_races import at_once, land  # noqa: F401
from tongxin.testing import NOON

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_a_plan_confirmed_by_several_gives_each_order_once(land):  # noqa: F811
    orders = [
        file_request(text=f"水管漏水{n}", topic=land.tap, region=land.p1, at=NOON, actor=land.sun)
        for n in range(6)
    ]
    plan = make_plan(region=land.pine, at=NOON, by=land.zhang)

    def confirm(n):
        if n % 2:
            return plans_due(at=NOON)
        by = User.objects.get(pk=land.zhang.pk)
        return confirm_plan(plan=Plan.objects.get(pk=plan.pk), at=NOON, by=by)

    at_once(confirm, range(8), workers=8)
    assert Event.objects.filter(name="dispatch").count() == len(orders)
    assert Case.objects.filter(step="dispatched").count() == len(orders)
    assert set(plan.lines.values_list("state", flat=True)) == {"done"}


def test_a_simulation_is_run_by_one_worker_at_a_time(land):  # noqa: F811
    question = {"orders": 500, "volunteers": 60, "seeds": 1}
    ask_simulation(region=land.tong, question=question, at=NOON, by=land.gao)
    ran = at_once(lambda _n: simulations_due(at=NOON), range(3), workers=3)
    assert 1 <= sum(ran) <= 3
    runs = Simulation.objects.get().answer["runs"]
    assert sum(map(len, runs.values())) == sum(ran)
