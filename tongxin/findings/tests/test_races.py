"""Races on a real PostgreSQL: numbers without a gap, one rectification, money never above its due."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection

from tongxin.findings import actions
from tongxin.findings.models import Finding, Payment, Rectification
from tongxin.kit.errors import Refused
from tongxin.testing import NOON, World

from .conftest import again

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def land(transactional_db):
    if connection.vendor != "postgresql":
        pytest.skip("races are proved on PostgreSQL")
    world = World().build()
    actions.load_kinds()
    world.shen = world.person("shen", "沈明", world.district_office, "inspector")
    return world


def at_once(work, items, workers=20):
    def one(item):
        try:
            return work(item)
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=workers) as pool:
        return list(pool.map(one, items))


def a_finding(world, n=0, **more) -> Finding:
    given = {
        "region": world.pine, "kind": "F31", "by": again(world.shen), "at": NOON,
        "found_at": NOON, "units": [(world.roads, "", "main")],
    } | more  # fmt: skip
    return actions.record_finding(text=f"问题{n}", **given)


@pytest.mark.mission("S0.72")
def test_numbers_have_no_gap_and_no_double_however_many_write(land):
    def work(n):
        # every third is refused halfway: its number goes to another
        return a_finding(land, n, severity="normal" if n % 3 else "nonsense")

    made = [one for one in at_once(work, range(60)) if isinstance(one, Finding)]
    assert sorted(one.n for one in made) == list(range(1, len(made) + 1))
    assert len(made) == 40


def test_a_retry_at_the_same_moment_records_once(land):
    got = at_once(lambda _n: a_finding(land, key="same"), range(20))
    assert len({one.pk for one in got}) == 1
    assert list(Finding.objects.values_list("n", flat=True)) == [1]


def test_one_unit_is_ordered_once(land):
    finding = a_finding(land)

    def work(_n):
        return actions.order_rectification(
            finding, org=land.roads, deadline=date(2026, 3, 9), note="", at=NOON,
            by=again(land.shen),
        )  # fmt: skip

    got = at_once(work, range(10))
    assert sum(not isinstance(one, Refused) for one in got) == 1
    assert Rectification.objects.count() == 1


def test_money_never_passes_its_due(land):
    finding = a_finding(land, due_fen=1000)

    def work(_n):
        return actions.record_payment(
            finding, fen=300, on=NOON.date(), at=NOON, by=again(land.shen)
        )

    at_once(work, range(12))
    finding.refresh_from_db()
    assert finding.paid_fen == 900 == sum(Payment.objects.values_list("fen", flat=True))


def test_an_alarm_is_raised_by_one_worker(land):
    finding = a_finding(land)
    actions.order_rectification(
        finding, org=land.roads, deadline=date(2026, 3, 9), note="", at=NOON, by=land.shen,
        report_every=1,
    )  # fmt: skip
    later = NOON.replace(day=4)
    assert sum(at_once(lambda _n: actions.follow_due(at=later), range(8))) == 1
