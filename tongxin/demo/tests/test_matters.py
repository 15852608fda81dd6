"""One matter in the demo: neighbours say the same, some is merged, some is left to the visitor."""

from __future__ import annotations

from random import Random

import pytest

from tongxin.demo.matters import make_matters
from tongxin.matters.models import HotTopic, Joining, Trace
from tongxin.matters.queries import similar
from tongxin.regions.queries import world as lands
from tongxin.testing import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(world):
    make_matters(world.tong, Random(1), at=NOON)  # noqa: S311
    return world


def test_the_visitor_finds_what_is_the_same_matter(made):
    home = HotTopic.objects.first().members.first().case
    found = similar(text="5号楼暖气不热", at=NOON, land=lands().by_path[home.area], limit=5)
    assert len(found) >= 3 and all("暖气" in one.case.text for one in found)
    assert Trace.objects.exists() and Joining.objects.count() >= 2


def test_what_is_hot_is_on_the_board(made):
    titles = " ".join(HotTopic.objects.values_list("title", flat=True))
    assert "暖气" in titles and HotTopic.objects.order_by("-heat").first().n == 5
