"""The ledger of points in the administrator's pages."""

import pytest
from django.urls import reverse

from tongxin.requests.models import PointEntry
from tongxin.testing import NOON


def page(name, *args):
    return reverse(f"admin:requests_pointentry_{name}", args=args)


@pytest.fixture
def entry(world):
    return PointEntry.objects.create(
        user=world.wang, at=NOON, points=3, minutes=90, reason="水管维修", by=world.chen
    )


def test_it_is_read_and_never_written(client, world, entry):
    client.force_login(world.ann)
    shown = client.get(page("changelist")).content.decode()
    assert "1.5" in shown
    assert "王芳" in shown
    assert client.get(page("change", entry.pk)).status_code == 200
    assert client.post(page("change", entry.pk), {"points": 999}).status_code == 403
    assert client.get(page("add")).status_code == 403
    assert client.post(page("delete", entry.pk), {"post": "yes"}).status_code == 403
    assert PointEntry.objects.get().points == 3


def test_it_is_closed_to_others(client, world):
    client.force_login(world.wang)
    assert client.get(page("changelist"), follow=True).status_code == 403
