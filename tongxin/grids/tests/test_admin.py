"""The administrator keeps the rules; nobody deletes one."""

from __future__ import annotations

import pytest

from tongxin.grids.actions import load_samples
from tongxin.grids.models import FunctionRule, GridNorm
from tongxin.testing import NOON


@pytest.mark.parametrize("model", ["functionrule", "gridduty", "gridnorm"])
def test_rules_are_listed_and_opened(world, client, model):
    load_samples(at=NOON)
    client.force_login(world.ann)
    page = client.get(f"/admin/grids/{model}/")
    assert page.status_code == 200
    assert client.get(f"/admin/grids/{model}/add/").status_code == 200


def test_a_norm_is_followed_by_another_and_never_deleted(world, client):
    load_samples(at=NOON)
    client.force_login(world.ann)
    row = GridNorm.objects.get()
    assert (
        client.post(f"/admin/grids/gridnorm/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    )
    sent = client.post(
        "/admin/grids/gridnorm/add/",
        {
            "code": "households_most",
            "value": "300",
            "effective_from": "2026-03-01",
            "source": "本区文件",
        },
    )
    assert sent.status_code == 302 and GridNorm.objects.count() == 2
    assert FunctionRule.objects.exists()
