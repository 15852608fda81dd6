"""Figures equal a recount, before and after the worker has counted."""

import random
from collections import Counter
from datetime import date, timedelta

import pytest
from django.utils.timezone import localtime

from tongxin.cases.actions import count_cases, make_move, open_case
from tongxin.cases.figures import stats
from tongxin.cases.models import Case
from tongxin.testing import NOON

from . import flows  # noqa: F401  registers the chore

SINCE, UNTIL = date(2026, 1, 10), date(2026, 4, 5)


@pytest.fixture
def busy(world):
    draw = random.Random(7)
    world.reed_desk = world.person("reed", "任红", world.north_office, "dispatcher")
    for _n in range(60):
        case = open_case(
            kind="chore",
            title="杂务",
            region=draw.choice([world.p1, world.p2, world.reed, world.salt]),
            topic=draw.choice([world.tap, world.errand, None]),
            at=NOON - timedelta(days=draw.randrange(100)),
            actor=None,
        )
        if draw.random() < 0.5:
            make_move(
                case, "take", at=case.opened_at + timedelta(days=1), actor=worker(world, case)
            )
        if draw.random() < 0.5:
            count_cases(limit=draw.randrange(1, 9))
    return world


def worker(world, case):
    return world.wu if case.area.startswith(world.salt.path) else world.reed_desk


def recount(region, since, until) -> dict:
    cases = [
        c for c in Case.objects.filter(area__under=region.path)
        if since <= localtime(c.opened_at).date() <= until
    ]  # fmt: skip
    return {
        "total": len(cases),
        "open": sum(c.is_open for c in cases),
        "late": sum(c.is_late for c in cases),
        "by_step": dict(Counter(f"{c.kind}.{c.step}" for c in cases)),
        "by_topic": dict(Counter(c.topic_id for c in cases if c.topic_id)),
    }


@pytest.mark.mission("S2.42")
@pytest.mark.parametrize("counted", [False, True], ids=["as it stands", "all counted"])
@pytest.mark.parametrize(
    ("since", "until"),
    [
        (SINCE, UNTIL),
        (date(2026, 1, 1), date(2026, 3, 31)),
        (date(2026, 2, 3), date(2026, 2, 20)),
        (date(2024, 3, 5), date(2026, 3, 4)),
    ],
    ids=["across months", "whole months", "within a month", "over years"],
)
def test_they_equal_a_recount(busy, counted, since, until):
    while counted and count_cases():
        pass
    for region in (busy.tong, busy.north, busy.pine):
        figures = stats(path=region.path, since=since, until=until)
        own = {key: figures[key] for key in ("total", "open", "late", "by_step", "by_topic")}
        assert own == recount(region, since, until)
    below = stats(path=busy.tong.path, since=since, until=until)["by_region"]
    for region in (busy.north, busy.south):
        expected = recount(region, since, until)
        got = below.get(region.path, {"total": 0, "open": 0, "late": 0})
        assert got == {key: expected[key] for key in got}


def test_counting_twice_changes_nothing(busy):
    while count_cases():
        pass
    before = stats(path=busy.tong.path, since=SINCE, until=UNTIL)
    assert count_cases() == 0
    assert stats(path=busy.tong.path, since=SINCE, until=UNTIL) == before
