"""The demo's joint conferences: every state is there, quickly."""

from __future__ import annotations

import time
from random import Random

import pytest

from tongxin.accounts.models import User
from tongxin.conferences.models import (
    ConferenceBody,
    JointActivity,
    ListItem,
    Match,
    Package,
    PackageItem,
    Resolution,
    Session,
)
from tongxin.conferences.queries import carried_over
from tongxin.demo.conferences import make_conferences
from tongxin.demo.members import make_members
from tongxin.meetings.actions import load_rules
from tongxin.orgs.models import Org, Post
from tongxin.regions.models import Region
from tongxin.regions.queries import forget

from .test_members import NOW

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def place(land, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    make_members(land, Random(1), at=NOW)
    load_rules(at=NOW, by=None)
    home = Region.objects.filter(level="community").order_by("path")[0]
    office = Org.objects.create(name="居委会", kind="community", region=home)
    center = Org.objects.create(name="区政府", kind="government", region=land)
    for username, region, org in (("dispatcher", home, office), ("district", land, center)):
        user = User.objects.create(username=username, name=username)
        role = "officer" if username == "district" else username
        Post.objects.create(user=user, org=org, role=role, region=region)
    for n in range(3):
        department = Org.objects.create(name=f"职能部门{n}", kind="department", region=land)
        user = User.objects.create(username=f"handler-{n}", name=f"经办{n}")
        Post.objects.create(user=user, org=department, role="handler", region=land)
    User.objects.create(username="resident", name="孙桂芳")
    forget()
    return home


def test_every_state_is_there(place, land):
    begun = time.process_time()
    assert make_conferences(land, Random(1), at=NOW) == 7
    assert time.process_time() - begun < 4
    assert ConferenceBody.objects.count() == 7
    assert Session.objects.filter(meeting__state="approved").count() == 4
    assert set(Session.objects.values_list("meeting__state", flat=True)) == {
        "approved", "held", "planned",
    }  # fmt: skip
    steps = set(Resolution.objects.values_list("case__step", flat=True))
    assert steps == {"closed", "reported", "doing"}
    coming = Session.objects.select_related("meeting", "body").get(meeting__state="planned")
    assert carried_over(coming)
    assert Match.objects.filter(state="accepted").count() == 2
    assert set(JointActivity.objects.values_list("state", flat=True)) == {"held", "planned"}
    assert set(Package.objects.values_list("state", flat=True)) == {"issued", "draft"}
    assert {"confirmed", "done"} <= set(PackageItem.objects.values_list("state", flat=True))
    assert User.objects.get(username="street_secretary").has_usable_password()
    assert {"need", "supply", "project"} <= set(
        ListItem.objects.values_list("book__kind", flat=True)
    )
