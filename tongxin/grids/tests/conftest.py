from __future__ import annotations

import pytest

from tongxin.grids import actions
from tongxin.grids.models import CatalogueItem
from tongxin.testing import NOON


@pytest.fixture
def as_(client):
    def enter(user):
        client.force_login(user)
        return client

    return enter


@pytest.fixture
def cover(world) -> CatalogueItem:
    """A kind of component, bound to the topic of the world's potholes."""
    from datetime import date

    return CatalogueItem.objects.create(
        kind="component", code="01001", name="供水井盖", class_name="市政公用设施",
        department="市政设施主管部门", topic=world.pothole, effective_from=date(2026, 1, 1),
    )  # fmt: skip


@pytest.fixture
def lid(world, cover):
    """A lid in grid P1."""
    return actions.add_component(
        item=cover, lng=117.55, lat=39.25, address="3 号楼门前", at=NOON, by=world.mei, key="lid"
    )


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
