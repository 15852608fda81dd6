"""The demo's alliance: a project of the article, one in trouble, a hundred and seven problems solved."""

from __future__ import annotations

import time
from random import Random

import pytest
from django.urls import reverse

from tongxin.accounts.models import User
from tongxin.alliances.models import AllianceProject, Letter, Park
from tongxin.alliances.queries import cards_of, solved_in, staff_of
from tongxin.demo.alliances import FIRMS, SOLVED, STAFF, make_alliances
from tongxin.orgs.models import Org, Post
from tongxin.regions.queries import forget

from .test_members import NOW

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def place(land):
    from tongxin.regions.models import Region

    street = Region.objects.get(level="street")

    def post(role, org, username):
        user = User.objects.create(username=username, name=username)
        Post.objects.create(user=user, org=org, role=role, region=org.region)

    center = Org.objects.create(name="政务服务中心", kind="government", region=land)
    office = Org.objects.create(name="杭州道街道办事处", kind="government", region=street)
    post("officer", center, "district")
    post("officer", office, "officer")
    for n, name in enumerate(("生态环境局", "住房和建设委员会", "政务服务办公室", "水务局")):
        org = Org.objects.create(name=f"滨海新区{name}", kind="department", region=land)
        for k in range(3):
            post("handler", org, f"handler-{n}-{k}")
    forget()
    yield land
    forget()


@pytest.mark.mission("S3.45", "S4.77", "S3.41")
def test_the_demo_has_something_on_every_page(place):
    reverse("alliances:home")  # the addresses are read once by a process
    begun = time.process_time()
    assert make_alliances(place, Random("1|alliances"), at=NOW) == 5  # noqa: S311
    assert time.process_time() - begun < 4  # seconds of CPU, however busy the machine is
    park = Park.objects.get(kind="park")
    assert solved_in([park.pk])[park.pk].solved == SOLVED
    space = Park.objects.get(kind="space")
    assert staff_of([space.pk])[space.pk][:2] == (FIRMS, STAFF)
    cards = cards_of(AllianceProject.objects.all(), today=NOW.date())
    assert [card.is_red for card in cards].count(True) >= 1
    assert Letter.objects.filter(valid_until__lt=NOW.date(), replaced_on=None).exists()
