"""The demo's units: every page of the register is alive, and the rules hold on them."""

from random import Random

import pytest

from tongxin.accounts.models import User
from tongxin.demo.members import make_members
from tongxin.demo.units import make_units
from tongxin.orgs.models import (
    ImprovementPlan,
    JointMember,
    OrgChange,
    TakeOver,
    UnitPairing,
    UnitRating,
    WorkMethod,
)
from tongxin.orgs.queries import coverage, parks_in, tree_on
from tongxin.regions.queries import forget, get_land

from .test_members import NOW

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def made(land):
    forget()
    make_members(land, Random(1), at=NOW)
    return make_units(land, Random(1), at=NOW)


def test_every_page_has_something_to_show(made, client):
    assert made >= 5 + 2 + 8  # firms' branches, joint committees, temporary units
    for model in (OrgChange, JointMember, UnitRating, ImprovementPlan, UnitPairing, WorkMethod):
        assert model.objects.exists(), model
    batch = TakeOver.objects.get()
    assert batch.items.filter(verdict="").count() == 1
    client.force_login(User.objects.get(username="organiser"))
    for page in ("units/", "units/temporary/", "units/coverage/", "units/check/", "ratings/",
                 "ratings/pairings/", "methods/", f"take-overs/{batch.pk}/"):  # fmt: skip
        assert client.get(f"/orgs/{page}").status_code == 200, page


def test_the_space_of_makers_is_covered_and_the_tree_is_whole(made):
    park = parks_in(get_land("120116"))[0]
    assert (park.firms, park.people, park.unit.name) == (42, 120, "海创空间联合党支部")
    figures = {one.code: one for one in coverage(get_land("120116"), on=NOW.date())}
    assert 0 < figures["private_firm"].have < figures["private_firm"].total
    nodes = tree_on(NOW.date())
    assert all(node.parent_id in nodes for node in nodes.values() if node.parent_id)
