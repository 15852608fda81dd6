"""The life log of a unit: append-only, chained, once."""

from datetime import UTC, datetime

import pytest

from tongxin.kit.chain import verify
from tongxin.orgs.actions import log_payload, write_log
from tongxin.orgs.models import LogEntry
from tongxin.testing import NOON

pytestmark = pytest.mark.django_db


def write(world, key, text="召开支部党员大会", at=NOON):
    return write_log(
        unit=world.branch, kind="meeting", text=text, at=at, recorded_at=NOON,
        source="meetings.meeting:1", key=key, actor=world.qin,
    )  # fmt: skip


@pytest.mark.mission("S4.11")
def test_the_book_of_a_year_is_a_chain(world):
    first, second = write(world, "a"), write(world, "b")
    rows = LogEntry.objects.filter(unit=world.branch, year=2026).order_by("seq")
    told = [(row.hash, row.prev, log_payload(row)) for row in rows]
    assert verify(told) is None
    assert (first.seq, second.seq, second.prev) == (1, 2, first.hash)
    LogEntry.objects.filter(pk=first.pk).update(text="没有召开")
    rows = LogEntry.objects.filter(unit=world.branch, year=2026).order_by("seq")
    assert verify([(row.hash, row.prev, log_payload(row)) for row in rows]) == 0


def test_the_same_key_is_written_once(world):
    assert write(world, "a") == write(world, "a", text="又写一遍")
    assert LogEntry.objects.count() == 1


def test_a_year_has_its_own_book_by_the_day_in_china(world):
    late = datetime(2026, 12, 31, 17, tzinfo=UTC)  # already New Year's Day in China
    entries = (write(world, "a"), write(world, "b", at=late))
    assert [(entry.year, entry.seq) for entry in entries] == [(2026, 1), (2027, 1)]
