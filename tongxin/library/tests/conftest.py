from __future__ import annotations

import pytest

from tongxin.library import actions
from tongxin.library.models import ExemplarKind
from tongxin.testing import NOON

STORY = {"story": "腊月二十三停水，网格员连夜敲开每一户的门，送水到十一楼。"}


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def as_(client):
    def enter(user):
        client.force_login(user)
        return client

    return enter


@pytest.fixture
def desk(world):
    """The street's committee: Bai checks (组织员), Tang signs (书记)."""
    world.bai = world.person("bai", "白洁", world.north_party, "organiser")
    return world.north_party


@pytest.fixture
def kinds(db):
    actions.load_kinds()
    return {one.code: one for one in ExemplarKind.objects.all()}


@pytest.fixture
def write(world, desk, kinds):
    def make(**changes):
        given = {
            "kind": kinds["story"], "org": world.branch, "desk": desk, "title": "停水之夜",
            "texts": STORY, "by": world.qin, "at": NOON,
        } | changes  # fmt: skip
        return actions.write_exemplar(**given)

    return make


@pytest.fixture
def publish(world, write):
    def make(**changes):
        made = write(**changes)
        made = actions.submit_exemplar(made, by=made.by, at=NOON)
        made = actions.review_exemplar(made, by=world.bai, at=NOON)
        made = actions.sign_exemplar(made, by=world.tang, at=NOON)
        return actions.publish_exemplar(made, by=world.bai, at=NOON)

    return make
