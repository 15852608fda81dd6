"""Suggested pairings: same field, near, not yet helping; each with its reason, and decided by people."""

from __future__ import annotations

from datetime import date

import pytest

from tongxin.orgs import actions, queries
from tongxin.orgs.models import UnitPairing

from .test_ratings import branches, labels, rate  # noqa: F401

TODAY = date(2026, 3, 2)


@pytest.fixture
def rated(world, labels):  # noqa: F811
    near, far, other = branches(world, 3)
    far.region, other.sector = world.reed, "organ"
    for one in (far, other):
        one.save()
    for one in (near, far, other):
        rate(world, labels, one, "five_good")
    rate(world, labels, world.branch, "lagging")
    return near, far, other


@pytest.mark.mission("S2.26")
def test_the_near_one_of_the_same_field_comes_first_with_its_reason(world, rated):
    near, far, other = rated
    (one,) = queries.suggested_pairings(world.tang, on=TODAY)
    assert one.lagging == world.branch
    assert [choice.good for choice in one.choices] == [near, far, other]
    assert one.choices[0].reason == (
        "同为社区领域，在同一个社区（村），2026 年评为五好党支部，还没有结对"
    )
    assert one.choices[2].reason.startswith("领域不同，")


def test_nothing_is_suggested_for_who_keeps_nothing_or_what_is_paired(world, rated, client):
    assert queries.suggested_pairings(world.yue, on=TODAY) == []
    assert queries.suggested_pairings(world.liu, on=TODAY) == []  # an officer keeps no register
    actions.pair_units(
        good=rated[0],
        lagging=world.branch,
        goals="帮班子",
        on=TODAY,
        at=actions_at(),
        by=world.tang,
    )
    assert queries.suggested_pairings(world.tang, on=TODAY) == []
    assert UnitPairing.objects.count() == 1


def test_the_page_leads_to_the_form_filled_in(world, rated, client, monkeypatch):
    monkeypatch.setattr("tongxin.orgs.views.ratings.localdate", lambda *_: TODAY)
    client.force_login(world.tang)
    page = client.get("/orgs/ratings/pairings/").content.decode()
    assert "可以考虑的结对" in page
    form = client.get(
        f"/orgs/ratings/pairings/new/?good=x %23{rated[0].pk}&lagging=y %23{world.branch.pk}"
    )
    assert form.context["form"].initial["good"] == f"x #{rated[0].pk}"
    assert not UnitPairing.objects.exists()


def actions_at():
    from tongxin.testing import NOON  # noqa: PLC0415

    return NOON
