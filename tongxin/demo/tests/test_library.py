"""The demo's library: something on every step, every page opens, nobody is real."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from random import Random

import pytest
from django.test import Client

from tongxin.demo.library import make_library
from tongxin.library.models import (
    Brand,
    ClauseLink,
    Contest,
    Exemplar,
    PolicySet,
    Reception,
    Volume,
)
from tongxin.meetings.models import StudyHour
from tongxin.orgs.models import Org

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

pytestmark = pytest.mark.slow


@pytest.fixture
def made(world, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    world.zhouwen = world.person("leader", "周文清", world.tong_party, "leader")
    for name, sector in (("示例村党支部", "village"), ("示例医院党支部", "health")):
        Org.objects.create(
            name=name, kind="party", region=world.reed, parent=world.tong_party, sector=sector
        )
    begun = time.process_time()
    n = make_library(world.tong, Random("1|library"), at=NOW)  # noqa: S311
    return n, time.process_time() - begun


def test_there_is_something_on_every_step_and_every_page_opens(made, world):
    n, spent = made
    assert n >= 20 and spent < 4  # seconds of CPU, however busy the machine is
    states = Counter(Exemplar.objects.values_list("state", flat=True))
    assert (
        set(states) == {"draft", "submitted", "reviewed", "published"} and states["published"] >= 14
    )
    contest = Contest.objects.get(state="published")
    assert (
        contest.entries.exclude(prize="").count() >= 2
        and Contest.objects.filter(state="open").exists()
    )
    assert {s.documents.count() for s in PolicySet.objects.all()} == {9, 3}
    assert ClauseLink.objects.filter(what="rule").count() == 3
    assert sum(r.people for r in Reception.objects.filter(on__year=NOW.year)) > 468
    assert (
        Reception.objects.count() == 9 and StudyHour.objects.exists() and Brand.objects.count() == 2
    )
    client = Client()
    client.force_login(world.he, "tongxin.orgs.signing.Backend")
    volume = Volume.objects.get()
    paths = [
        "",
        "contests/",
        "volumes/",
        "policies/",
        "courses/",
        "receptions/",
        "brands/",
        f"volumes/{volume.pk}/",
    ]
    paths += [f"exemplars/{pk}/" for pk in Exemplar.objects.values_list("pk", flat=True)]
    paths += [f"contests/{pk}/" for pk in Contest.objects.values_list("pk", flat=True)]
    paths += [f"policies/sets/{pk}/" for pk in PolicySet.objects.values_list("pk", flat=True)]
    paths += [f"brands/public/{pk}/" for pk in Brand.objects.values_list("pk", flat=True)]
    for path in paths:
        assert client.get(f"/library/{path}").status_code == 200, path


def test_without_a_committee_nothing_is_made(world):
    assert make_library(world.pine, Random(1), at=NOW) == 0  # noqa: S311
