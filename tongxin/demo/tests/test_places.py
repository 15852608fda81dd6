"""The demo's centres: every page has something to show, at any hour of the day."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from random import Random

import pytest
from django.test import Client
from django.urls import reverse

from tongxin.centres.models import Matter, Ticket
from tongxin.demo.places import make_places
from tongxin.places.models import Booking, CareSignUp, Centre
from tongxin.regions.queries import forget

DAY, NIGHT = datetime(2026, 11, 24, 6, 0, tzinfo=UTC), datetime(2026, 11, 24, 16, 0, tzinfo=UTC)

pytestmark = pytest.mark.slow


@pytest.fixture
def cast(world, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    for name, office, role, region in (
        ("dispatcher", world.pine_office, "dispatcher", world.pine),
        ("officer", world.north_office, "officer", world.north),
        ("district", world.district_office, "officer", world.tong),
        ("grid_worker", world.pine_office, "grid_worker", world.p2),
        ("verifier", world.pine_party, "verifier", world.pine),
        ("resident", world.team, "volunteer", world.pine),
    ):
        setattr(world, f"demo_{name}", world.person(name, name, office, role, region))
    yield world
    forget()


def test_centres_have_rooms_bookings_and_matters_on_every_step(cast):
    reverse("places:home")  # the pages of the whole house are loaded once
    begun = time.process_time()
    n = make_places(cast.tong, Random(1), at=DAY)
    assert time.process_time() - begun < 4  # seconds of CPU, however busy the machine is
    assert n == Centre.objects.count() >= 5
    assert {"handed", "ready", "filed", "notice", "referred"} == set(
        Matter.objects.values_list("state", flat=True)
    )
    assert {"asked", "booked", "used"} <= set(Booking.objects.values_list("state", flat=True))
    assert {"signed", "waiting"} == set(CareSignUp.objects.values_list("state", flat=True))
    assert Ticket.objects.filter(state="waiting").count() == 4
    client = Client()
    client.force_login(cast.demo_dispatcher)
    home = Centre.objects.get(region=cast.pine)
    for path in ("/places/", f"/places/{home.pk}/", f"/places/{home.pk}/calendar/", "/places/coverage/",
                 "/centres/", "/centres/use/", "/centres/report/", f"/places/{home.pk}/wall/"):  # fmt: skip
        assert client.get(path).status_code == 200


def test_begun_at_night_nobody_stands_in_line(cast):
    make_places(cast.tong, Random(1), at=NIGHT)
    assert not Ticket.objects.exists() and Matter.objects.count() == 6
