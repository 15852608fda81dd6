"""The demo's offices: the home street has been reformed, and lacks one office of the standard set."""

from random import Random

import pytest

from tongxin.accounts.models import User
from tongxin.demo.offices import make_street_offices
from tongxin.orgs.models import OfficeSeat, Org, Post, StreetOffice

from .test_members import NOW

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_the_home_street_has_offices_with_heads_and_a_history(land, client):
    street = land.children.get()
    office = Org.objects.create(name="杭州道街道办事处", kind="government", region=street)
    Org.objects.create(name="滨海新区民政局", kind="department", region=land)
    for name, org in (("officer", office), ("district", office)):
        user = User.objects.create(username=name, name=name)
        Post.objects.create(user=user, org=org, role="officer", region=org.region)
    assert make_street_offices(land, Random(1), at=NOW) == 8
    assert OfficeSeat.objects.filter(is_head=True, to_date=None).count() == 8
    assert StreetOffice.objects.exclude(ended_on=None).count() == 2
    client.force_login(User.objects.get(username="officer"))
    page = client.get(f"/orgs/offices/{office.pk}/").content.decode()
    assert "社区发展办公室" in page  # lacking
    assert "滨海新区民政局" in page
    history = client.get(f"/orgs/offices/{office.pk}/history/").content.decode()
    assert "督查室 → 党政综合办公室" in history
