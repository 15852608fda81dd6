from __future__ import annotations

from datetime import date

import pytest

from tongxin.centres import actions
from tongxin.centres.models import DelegatedService, Window
from tongxin.places import actions as places
from tongxin.places.models import Centre, RoomKind
from tongxin.testing import NOON

DAY = date(2026, 3, 2)  # the Monday of NOON, 10:00


@pytest.fixture
def as_(client):
    def enter(user):
        client.force_login(user)
        return client

    return enter


@pytest.fixture
def centre(world) -> Centre:
    """Pine's station, open every day, with a hall of two windows and the whole catalogue but S23."""
    places.load_samples()
    actions.load_services()
    made = places.register_centre(
        region=world.pine, name="松社区党群服务工作站", kind="community", by=world.zhang, at=NOON,
        area_m2=600, address="松林路 8 号", lng=117.6, lat=39.3,
    )  # fmt: skip
    places.set_week(
        centre=made, days=["00:00-00:00"] * 7, holiday="00:00-00:00", effective_from=date(2026, 1, 1),
        by=None, at=NOON,
    )  # fmt: skip
    made = places.open_centre(centre=made, on=DAY, by=world.zhang, at=NOON)
    codes = [f"S{n:02d}" for n in range(1, 23)]
    actions.offer_all(centre=made, codes=codes, on=DAY, by=world.zhang, at=NOON)
    return made


@pytest.fixture
def room(centre, world):
    return places.add_room(
        centre=centre, kind=RoomKind.objects.get(code="party_room"), name="党员活动室", capacity=30,
        is_bookable=True, by=world.zhang, at=NOON,
    )  # fmt: skip


@pytest.fixture
def window(centre, world) -> Window:
    actions.add_window(centre=centre, number=2, name="民政", by=world.zhang, at=NOON)
    made = actions.add_window(centre=centre, number=1, name="综合", by=world.zhang, at=NOON)
    return actions.sit_down(made, by=world.zhang, at=NOON)


@pytest.fixture
def card(centre) -> DelegatedService:
    """老年人优待证: two materials, three working days."""
    return DelegatedService.objects.get(code="S03")


@pytest.fixture
def take_in(world, centre, card):
    def make(**changes):
        given = {
            "centre": centre, "service": card, "name": "孙秀兰", "phone": "13800001234",
            "has": {0, 1}, "by": world.zhang, "at": NOON,
        } | changes  # fmt: skip
        return actions.take_in(**given)

    return make


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
