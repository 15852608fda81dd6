"""The demo's organisation life: alive, with gaps to be seen, made by the actions."""

from datetime import UTC, date, datetime
from random import Random

import pytest

from tongxin.accounts.models import User
from tongxin.demo.meetings import make_meetings
from tongxin.meetings import queries
from tongxin.meetings.models import Meeting, Review
from tongxin.orgs.models import LogEntry, Post

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def played(world):
    User.objects.filter(pk=world.he.pk).update(username="organiser")
    Post.objects.filter(user=world.he).update(org=world.north_party)
    for n in range(9):
        user = User.objects.create(username=f"m{n}", name=f"党员{n}")
        world.member(user, world.branch, full_on=date(2000 + n, 7, 1))
    return make_meetings(Random(1), at=NOW)


def test_a_visitor_finds_every_state(world, played):
    states = set(Meeting.objects.filter(unit=world.branch).values_list("state", flat=True))
    assert states == {"planned", "noticed", "held", "approved"}
    assert played == Meeting.objects.count() > 15
    assert Review.objects.get().step == "self"


def test_the_year_has_gaps_that_the_check_names(world, played):
    found = queries.rule_check(queries.just(world.branch), NOW.date(), whole_year=True)
    late = {one.period.key for one in found if one.kind == "theme_day" and one.is_late(NOW.date())}
    assert late == {"2026-02", "2026-07"}


def test_what_was_approved_is_in_the_life_log(world, played):
    approved = Meeting.objects.filter(state="approved", unit=world.branch).count()
    kept = LogEntry.objects.filter(unit=world.branch, key__startswith="meeting:").count()
    assert kept == approved > 10


def test_it_is_the_same_for_the_same_seed_and_nothing_lies_ahead(world, played):
    assert not Meeting.objects.filter(created_at__gt=NOW).exists()
    assert not LogEntry.objects.filter(recorded_at__gt=NOW).exists()
