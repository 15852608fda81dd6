"""A village beside the named world: 柳村 in South, its party unit under the district committee."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from tongxin.accounts.models import User
from tongxin.orgs.models import Org, Post
from tongxin.regions.queries import forget


@pytest.fixture
def village(world) -> Org:
    """柳村党支部; Bai is its secretary, Ling may be sent there, Hua too."""
    world.willow = world._region(
        "120116002201", "柳村", "community", "village", world.south, (117.7, 38.8, 0.2)
    )
    forget()
    world.willow_branch = Org.objects.create(
        name="柳村党支部",
        kind="party",
        region=world.willow,
        parent=world.tong_party,
        unit_kind="branch",
        sector="village",
    )
    world.bai = world.person("bai", "白松", world.willow_branch, "secretary")
    world.ling = User.objects.create(username="ling", name="凌云")
    world.hua = User.objects.create(username="hua", name="华英")
    return world.willow_branch


@pytest.fixture
def first(world, village) -> Post:
    """Ling, first secretary of the village since long ago."""
    return Post.objects.create(
        user=world.ling, org=village, role="first_secretary", region=village.region
    )


@pytest.fixture
def picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (40, 30), "#486").save(out, "JPEG")
    return out.getvalue()
