"""The administrator keeps the data of centres; nobody deletes it."""

from __future__ import annotations

import pytest

from tongxin.places.models import BookingRule, RoomKind


@pytest.mark.parametrize("model", ["roomkind", "bookingrule", "signstandard", "phaseitem"])
def test_data_is_listed_and_added_to(world, client, samples, model):
    client.force_login(world.ann)
    assert client.get(f"/admin/places/{model}/").status_code == 200
    assert client.get(f"/admin/places/{model}/add/").status_code == 200


def test_a_limit_is_followed_by_another_and_never_deleted(world, client, samples):
    client.force_login(world.ann)
    row = BookingRule.objects.get()
    gone = client.post(f"/admin/places/bookingrule/{row.pk}/delete/", {"post": "yes"})
    assert gone.status_code == 403
    sent = client.post(
        "/admin/places/bookingrule/add/",
        {
            "kind": RoomKind.objects.get(code="culture").pk, "effective_from": "2027-01-01",
            "most_minutes": 120, "lead_minutes": 30, "ahead_days": 7, "most_open": 2, "source": "区文件",
        },
    )  # fmt: skip
    assert sent.status_code == 302 and BookingRule.objects.count() == 2
