"""The demo's branch building: a matrix with every state, branches measured, buildings with gaps."""

from random import Random

import pytest

from tongxin.accounts.models import User
from tongxin.demo.meetings import make_meetings
from tongxin.demo.members import make_members
from tongxin.demo.standards import make_standards
from tongxin.orgs.actions import place_orgs
from tongxin.orgs.models import Org, Post
from tongxin.regions.models import Region
from tongxin.regions.queries import forget
from tongxin.standards import queries
from tongxin.standards.models import Assessment, DutyRecord, Goal, Programme

from .test_members import NOW

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def made(land):
    party = Org.objects.create(
        name="滨海新区区委", kind="party", region=land, unit_kind="committee"
    )
    above = Org.objects.get(name="杭州道街道党工委")
    above.parent = party
    above.save()
    Org.objects.update(path="")
    place_orgs()
    home = Region.objects.get(name="社区0")
    for n in range(1, 5):
        Region.objects.create(
            code=f"12011600100000{n}", name=f"第{n}网格", short_name=f"第{n}网格", level="grid",
            parent=home, path=f"{home.path}{n:03d}/",
        )  # fmt: skip
    user = User.objects.create(username="district_organiser", name="苏静")
    Post.objects.create(user=user, org=party, role="organiser", region=land)
    make_members(land, Random(1), at=NOW)
    make_meetings(Random(1), at=NOW)
    forget()
    yield make_standards(land, Random(1), at=NOW)
    forget()


def test_every_page_has_something_to_show(made, client):
    assert made == Assessment.objects.count() > 3
    programme = Programme.objects.get()
    goals = list(Goal.objects.select_related("programme__unit", "owner"))
    states = {view.state for view in queries.goal_views(goals, NOW.date())}
    assert states == {"done", "late", "working", "waiting"}
    assert set(Assessment.objects.values_list("passed", flat=True)) == {True, False, None}
    assert DutyRecord.objects.count() > 10
    client.force_login(User.objects.get(username="district_organiser"))
    first = Assessment.objects.first()
    building = Region.objects.filter(level="building").first()
    for page in (
        "", f"programmes/{programme.pk}/", f"goals/{goals[0].pk}/", "rates/?year=2026",
        "assessments/?year=2026", f"assessments/{first.pk}/", "frame/", "indicators/", "buildings/",
        f"buildings/{building.code}/",
    ):  # fmt: skip
        assert client.get(f"/standards/{page}").status_code == 200, page
