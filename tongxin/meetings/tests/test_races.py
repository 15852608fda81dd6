"""Races on a real PostgreSQL: signed in once, approved once, reminded once, one vote after another."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection

from tongxin.accounts.models import Notice
from tongxin.kit.errors import Refused
from tongxin.meetings import actions
from tongxin.meetings.models import Meeting, Reminder, StudyHour
from tongxin.orgs.models import LogEntry
from tongxin.testing import NOON, World

from .people import HOUR, MINUTES, announced, held, status_of

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
MANY = 12


@pytest.fixture
def land(transactional_db):
    if connection.vendor != "postgresql":
        pytest.skip("races are proved on PostgreSQL")
    world = World().build()
    actions.load_rules(at=NOON, by=None)
    return world


def at_once(work) -> list:
    def one(n):
        try:
            return work(n)
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=MANY) as pool:
        return list(pool.map(one, range(MANY)))


def test_a_code_scanned_many_times_signs_in_once(land):
    meeting = announced(land)
    at = meeting.starts_at
    found = at_once(lambda n: actions.sign_in(meeting=meeting, user=land.wang, at=at))
    assert {row.pk for row in found} == {status_of(meeting, land.wang).pk}
    assert meeting.attendances.filter(status="present").count() == 1


def test_minutes_are_approved_once(land):
    meeting = held(land)
    at = meeting.ends_at
    meeting = actions.record_minutes(meeting=meeting, minutes=MINUTES, by=land.qin, at=at)
    found = at_once(lambda n: actions.approve(meeting=meeting, by=land.tang, at=at + HOUR))
    assert sum(isinstance(one, Meeting) for one in found) == 1
    assert LogEntry.objects.filter(key=f"meeting:{meeting.pk}").count() == 1
    assert StudyHour.objects.count() == 2


def test_votes_at_the_same_moment_stand_one_after_the_other(land):
    meeting = held(land, kind="general_meeting")
    found = at_once(
        lambda n: actions.decide(
            meeting=meeting,
            text=f"第{n}项",
            method="hands",
            in_favour=2,
            against=0,
            abstain=0,
            by=land.qin,
            at=meeting.ends_at,
        )  # fmt: skip
    )
    assert sorted(one.seq for one in found) == list(range(1, MANY + 1))


def test_workers_side_by_side_remind_once(land):
    at = datetime(2026, 3, 28, 2, tzinfo=UTC)
    at_once(lambda n: actions.remind_due(at=at))
    assert Reminder.objects.filter(unit=land.branch, kind="theme_day").count() == 1
    key = f"meetings.due:{land.branch.pk}:theme_day:2026-03"
    assert Notice.objects.filter(user=land.qin, key=key).count() == 1
    land.wang_member.admitted_on = at.date().replace(year=2000)
    land.wang_member.save()
    at_once(lambda n: actions.remind_birthdays(at=at))
    assert Notice.objects.filter(user=land.wang, key__contains="birthday.me").count() == 1
