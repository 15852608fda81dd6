from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.places import actions
from tongxin.places.models import Centre, Room, RoomKind
from tongxin.testing import NOON

DAY = date(2026, 3, 2)  # the Monday of NOON


@pytest.fixture
def as_(client):
    def enter(user):
        client.force_login(user)
        return client

    return enter


@pytest.fixture
def samples(world):
    actions.load_samples()


@pytest.fixture
def centre(world, samples) -> Centre:
    """Pine's station, open, run by its party committee."""
    made = actions.register_centre(
        region=world.pine, name="松社区党群服务工作站", kind="community", by=world.zhang, at=NOON,
        area_m2=600, address="松林路 8 号", lng=117.6, lat=39.3, org=world.pine_party,
    )  # fmt: skip
    return actions.open_centre(centre=made, on=DAY, by=world.zhang, at=NOON)


@pytest.fixture
def room(centre, world) -> Room:
    return actions.add_room(
        centre=centre, kind=RoomKind.objects.get(code="culture"), name="文体活动室", capacity=30,
        area_m2=80, is_bookable=True, by=world.zhang, at=NOON,
    )  # fmt: skip


@pytest.fixture
def nursery(centre, world) -> Room:
    return actions.add_room(
        centre=centre, kind=RoomKind.objects.get(code="day_care"), name="日间照料室", capacity=2,
        area_m2=60, by=world.zhang, at=NOON,
    )  # fmt: skip


@pytest.fixture
def book(world, room):
    """Book the room for two hours from 14:00 of the day after NOON, unless told otherwise."""

    def make(**changes):
        start = NOON.replace(hour=6) + timedelta(days=1)
        given = {
            "room": room, "starts_at": start, "ends_at": start + timedelta(hours=2),
            "purpose": "合唱排练", "people": 12, "by": world.sun, "at": NOON,
        } | changes  # fmt: skip
        return actions.book(**given)

    return make


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
