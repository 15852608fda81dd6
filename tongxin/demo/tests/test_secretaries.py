"""The demo's secretaries: every register has something to show, made by the actions alone."""

from datetime import UTC, datetime
from random import Random

import pytest
from django.utils.timezone import localdate

from tongxin.accounts.models import User
from tongxin.demo.members import make_members
from tongxin.demo.secretaries import make_secretaries
from tongxin.orgs.actions import place_orgs
from tongxin.orgs.models import LogEntry, Org
from tongxin.orgs.queries import broken_books
from tongxin.regions.models import Region
from tongxin.secretaries.models import (
    AssistancePlan,
    DiaryEntry,
    DutyItem,
    Honour,
    SecretarySurvey,
    Thanks,
)
from tongxin.secretaries.queries import coverage_of, paid_by_plan, secretaries_check, villages_of

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def made(land, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    town = Region.objects.create(
        code="120116100", name="小王庄镇", short_name="小王庄", level="street", kind="town",
        parent=land, path="1/2/",
    )  # fmt: skip
    above = Org.objects.create(
        name="小王庄镇党委", kind="party", region=town, unit_kind="committee"
    )
    for n in range(4):
        place = Region.objects.create(
            code=f"12011610020{n}", name=f"村{n}村委会", short_name=f"村{n}", level="community",
            kind="village", parent=town, path=f"1/2/{n}/",
        )  # fmt: skip
        Org.objects.create(
            name=f"村{n}党委", kind="party", region=place, parent=above, unit_kind="committee",
            sector="village",
        )  # fmt: skip
    place_orgs()
    make_members(land, Random(1), at=NOW)
    return make_secretaries(land, Random(2), at=NOW)


def test_every_register_is_alive_and_one_village_waits(made):
    assert made == 3
    organiser = User.objects.get(username="town-organiser")
    cover = coverage_of(villages_of(organiser), on=localdate(NOW))
    assert (cover.covered, cover.doubled, cover.total) == (3, 3, 4)
    assert DiaryEntry.objects.count() >= 9
    assert set(Thanks.objects.values_list("state", flat=True)) == {"public", "waiting"}
    assert set(Honour.objects.values_list("code", flat=True)) == {
        "good_secretary", "good_branch", "model_group",
    }  # fmt: skip
    assert SecretarySurvey.objects.exclude(grade="").exists()
    assert DutyItem.objects.filter(done_at=None, due__lt=localdate(NOW)).exists()
    assert list(paid_by_plan(AssistancePlan.objects.all()).values()) == [400_000]


def test_something_is_due_and_the_books_are_whole(made):
    organiser = User.objects.get(username="town-organiser")
    kinds = {one["kind"] for one in secretaries_check(villages_of(organiser), localdate(NOW))}
    assert kinds == {"first_secretary", "diary", "help", "subsidy", "thanks"}
    assert LogEntry.objects.filter(kind="village").count() > 20
    assert list(broken_books()) == []
