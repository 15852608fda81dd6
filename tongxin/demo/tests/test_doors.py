"""The demo's doors: what is seeded can be used, and calls nobody."""

from random import Random

import pytest

from tongxin.accounts.actions import deliver_due
from tongxin.accounts.models import Delivery, User
from tongxin.cases.queries import forget_topics
from tongxin.demo.doors import DEMO_KEY, REPORTS, make_open311
from tongxin.open311.actions import client_of, forward_due
from tongxin.open311.models import CallCount, Forwarding, Submission
from tongxin.testing import NOON

pytestmark = pytest.mark.django_db


def test_a_client_with_reports_and_counts(world, client):
    from tongxin.cases.models import Topic

    Topic.objects.update(kind="event")
    forget_topics()
    User.objects.create(username="admin", name="管理员", is_superuser=True)
    make_open311(world.tong, Random(1), at=NOON)
    assert client_of(DEMO_KEY, at=NOON).may_update
    assert Submission.objects.filter(case__isnull=False).count() == len(REPORTS)
    assert CallCount.objects.filter(status=200).exists()
    rows = client.get("/open311/v2/requests.json?start_date=2026-03-01&end_date=2026-03-03").json()
    assert {row["description"] for row in rows} == set(REPORTS)
    states = set(Delivery.objects.values_list("state", flat=True))
    assert states == {"sent", "dead"}
    assert deliver_due(at=NOON) == {"sent": 0, "failed": 0}
    assert forward_due(at=NOON) == 0 and not Forwarding.objects.exists()
