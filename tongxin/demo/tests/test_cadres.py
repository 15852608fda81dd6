"""The operation of the demo, on a small district."""

from datetime import UTC, datetime
from random import Random

import pytest

from tongxin.cadres.models import AllocationRun, DailyRating, GridCrew, Operation, Secondment
from tongxin.demo import cadres
from tongxin.demo.cadres import make_cadres
from tongxin.demo.seeding import Size, _make_land, _make_orgs, _make_people, district

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
SMALL = Size(others=(), grids=2, volunteers=60)

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_it_is_played_by_the_actions_of_the_pages(monkeypatch):
    monkeypatch.setattr(cadres, "EACH", 12)
    monkeypatch.setattr(cadres, "LATER", 20)
    _make_land(NOW, SMALL, lambda *args: None)
    _make_orgs(1)
    _make_people(NOW, SMALL, 1)
    operation = make_cadres(district(), Random(7), at=NOW)
    assert Operation.objects.running().get() == operation
    assert [run.state for run in AllocationRun.objects.order_by("number")] == ["confirmed", "draft"]
    assert Secondment.objects.standing().count() > 100
    assert DailyRating.objects.exists()
    assert GridCrew.objects.count() == 2
    mine = Secondment.objects.get(person__user__username="cadre")
    assert mine.post.role == "cadre"
