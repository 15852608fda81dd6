"""The demo's deliberations: every stage is there, quickly, and nothing of it is real."""

from __future__ import annotations

import time
from random import Random

import pytest

from tongxin.accounts.actions import set_phone
from tongxin.accounts.models import User
from tongxin.demo.members import make_members
from tongxin.demo.taking_part import make_taking_part
from tongxin.orgs.models import Org, Post
from tongxin.regions.models import Region
from tongxin.regions.queries import forget
from tongxin.taking_part.models import Convention, Motion, Poll, Questionnaire
from tongxin.taking_part.queries.near import near
from tongxin.taking_part.queries.surveys import results_of, trend_of

from .test_members import NOW

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def place(land):
    make_members(land, Random(1), at=NOW)
    office = Org.objects.create(name="示例办公室", kind="community", region=land)
    home = Region.objects.filter(level="community").order_by("path")[0]
    street = Region.objects.get(level="street")
    for name, region in (("dispatcher", home), ("verifier", home), ("officer", street)):
        user = User.objects.create(username=name, name=name)
        Post.objects.create(user=user, org=office, role=name, region=region)
    resident = User.objects.create(username="resident", name="孙桂芳")
    set_phone(user=resident, phone="13900000001", by=None, at=NOW)
    for n in range(6):
        User.objects.create(username=f"volunteer-{n:03d}", name=f"志愿{n}")
    forget()
    return home


def test_every_stage_is_there(place, land):
    begun = time.process_time()
    assert make_taking_part(land, Random(1), at=NOW) == 6
    assert time.process_time() - begun < 4  # seconds; about 1.5 on an idle machine
    steps = set(Motion.objects.values_list("case__step", flat=True))
    assert steps == {"raised", "supported", "discussing", "voting", "passed", "closed"}
    assert set(Poll.objects.values_list("state", flat=True)) == {"open", "published"}
    assert Convention.objects.get().state == "adopted"
    found = near(User.objects.get(username="resident"), place.pk, place.path)
    assert found.waiting == {Poll.objects.get(state="open").pk}
    latest = Questionnaire.objects.filter(state="published").order_by("-pk").select_related("formula", "region")[0]  # fmt: skip
    assert len(trend_of(latest)) == 2 and results_of(latest).index["value"] > 50
