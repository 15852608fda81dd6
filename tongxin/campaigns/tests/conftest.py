from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.campaigns import actions
from tongxin.campaigns.models import AdmissionItem, AdmissionList
from tongxin.testing import NOON

DAY = date(2026, 3, 2)


@pytest.fixture
def as_(client):
    def enter(user):
        client.force_login(user)
        return client

    return enter


@pytest.fixture
def listed(world) -> AdmissionList:
    """The district's list: safety checks four times a year, one form a year, one plate."""
    return actions.load_sample(region=world.tong, at=NOON, by=world.gao)


@pytest.fixture
def safety(listed) -> AdmissionItem:
    return listed.items.get(code="A04")


@pytest.fixture
def propose(world):
    def make(**changes):
        given = {
            "kind": "safety", "name": "消防安全排查", "region": world.north, "org": world.north_office,
            "from_on": DAY, "due_on": DAY + timedelta(days=10), "at": NOON, "by": world.liu,
            "needs_photo": False,
        } | changes  # fmt: skip
        return actions.propose_campaign(**given)

    return make


@pytest.fixture
def running(propose, safety):
    """A campaign whose tasks are made: two grids of Pine."""
    campaign = propose(
        admitted_by=safety,
        items=[{"text": "排查场所", "kind": "number", "unit": "处"}, {"text": "发现隐患", "kind": "yes_no"}],
    )  # fmt: skip
    actions.issue_campaign(campaign, at=NOON, by=campaign.by)
    while actions.campaigns_due(at=NOON):
        pass
    campaign.refresh_from_db()
    return campaign


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
