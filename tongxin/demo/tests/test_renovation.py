"""The demo's renovation: every place on the wall, the home street in all states."""

from datetime import UTC, datetime
from random import Random

import pytest
from django.utils.timezone import localdate

from tongxin.demo.renovation import make_renovation
from tongxin.regions.queries import forget
from tongxin.renovation.models import Holding, Match, RenovationCampaign, Site
from tongxin.renovation.queries import board_of

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

pytestmark = pytest.mark.slow


@pytest.fixture
def made(world, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    world.gao.username = "district"
    world.gao.save()
    world.person("tao", "陶监督", world.district_office, "inspector")
    for n in range(3, 11):  # the home street has places enough for every state
        world._region(
            f"120116001{n:03d}",
            f"{n}号社区",
            "community",
            "community",
            world.north,
            (118.0 + n, 39.2, 0.1),
        )
    forget()
    yield make_renovation(world.tong, Random(1), at=NOW)
    forget()


def test_every_place_is_on_the_wall_and_rooms_wait_for_a_person(made, world):
    campaign = RenovationCampaign.objects.get()
    figures = board_of(campaign, localdate(NOW)).figures(world.tong.path)
    assert figures.total == made == 11 and figures.exempt == 1 and figures.planned == 10
    assert campaign.head.name and campaign.group.count() == 2
    assert Holding.objects.count() == 8 and not Match.objects.exclude(state="suggested").exists()
    states = set(Site.objects.values_list("state", flat=True))
    assert states == {"exempt", "planned", "building", "checking", "accepted", "closed", "in_use"}
    numbers = sorted(Site.objects.exclude(number=None).values_list("number", flat=True))
    assert numbers == list(range(1, campaign.closed_count + 1)) and figures.use_ok


def test_the_same_every_time_and_nothing_without_people(world):
    assert make_renovation(world.tong, Random(1), at=NOW) == 0
