"""The demo's grids and campaigns: every page has something to show."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest
from django.test import Client

from tongxin.accounts.models import User
from tongxin.campaigns.models import Approval, Burden, Campaign, Plate
from tongxin.demo.campaigns import make_campaigns
from tongxin.demo.grids import make_grids
from tongxin.grids.models import Component, GridProfile, Problem
from tongxin.regions.queries import forget

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

pytestmark = pytest.mark.slow


@pytest.fixture
def cast(world):
    """The world's people under the names the demonstration looks for."""
    for name, office, role, region in (
        ("dispatcher", world.pine_office, "dispatcher", world.pine),
        ("officer", world.north_office, "officer", world.north),
        ("district", world.district_office, "officer", world.tong),
    ):
        world.person(name, name, office, role, region)
    world.person("walker", "巡查员", world.pine_office, "grid_worker", world.p2)
    yield world
    forget()


def test_grids_have_their_size_heads_components_and_problems(cast):
    n = make_grids(cast.tong, Random(1), at=NOW)
    assert n == Component.objects.count() > 40
    assert not Component.objects.filter(is_sample=False).exists()
    assert GridProfile.objects.filter(head__isnull=False).count() == 2
    assert Problem.objects.count() == 4
    assert Problem.objects.filter(due_on__lt=NOW.date()).count() == 1
    page = Client()
    page.force_login(User.objects.get(username="officer"))
    for url in (f"/grids/{cast.p1.code}/", "/grids/", "/grids/components/", "/grids/problems/"):
        assert page.get(url).status_code == 200


def test_campaigns_are_under_way_over_and_waiting(cast):
    made = make_campaigns(cast.tong, Random(1), at=NOW)
    assert made == 4  # two grids, two communities
    assert dict(Campaign.objects.values_list("state", "name")).keys() == {
        "running",
        "closed",
        "draft",
    }
    assert Approval.objects.get().verdict == ""
    assert Burden.objects.filter(is_admitted=False).exists()
    assert Plate.objects.filter(item=None).count() == 2
    page = Client()
    page.force_login(User.objects.get(username="officer"))
    urls = [f"/campaigns/{pk}/" for pk in Campaign.objects.values_list("pk", flat=True)]
    for url in (*urls, "/campaigns/", "/campaigns/burdens/", "/campaigns/plates/"):
        assert page.get(url).status_code == 200
