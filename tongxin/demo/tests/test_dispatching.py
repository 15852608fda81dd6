"""The demo's volunteers have times, a simulation is done, a plan waits to be looked at."""

from random import Random

from tongxin.demo.dispatching import make_dispatching
from tongxin.dispatching.models import Plan, Simulation
from tongxin.orgs.models import VolunteerTime
from tongxin.requests.actions import file_request
from tongxin.testing import NOON


def test_it_is_made_of_the_same_actions(world):
    world.person("officer", "周正", world.north_office, "officer")
    file_request(text="水管漏水", topic=world.tap, region=world.p1, at=NOON, actor=world.sun)
    make_dispatching(world.tong, Random(3), at=NOON)  # noqa: S311
    assert VolunteerTime.objects.exists()
    assert Simulation.objects.get().state == "done"
    plan = Plan.objects.get()
    assert (plan.region, plan.gap) == (world.north, 0)


def test_where_nothing_waits_there_is_no_plan(world):
    world.person("officer", "周正", world.north_office, "officer")
    make_dispatching(world.tong, Random(3), at=NOON)  # noqa: S311
    assert not Plan.objects.exists()
