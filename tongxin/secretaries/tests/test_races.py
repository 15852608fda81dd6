"""Races on a real PostgreSQL: a subsidy is paid once, a book has one order, a to-do one line."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils.timezone import localdate, now

from tongxin.accounts.models import User
from tongxin.kit.errors import Refused
from tongxin.orgs.models import Org, Post
from tongxin.orgs.queries import open_book
from tongxin.portal.actions import refresh_due
from tongxin.portal.models import DueItem
from tongxin.secretaries import actions
from tongxin.secretaries.models import DutyItem, Subsidy, SubsidyEntry
from tongxin.testing import World

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db) -> World:
    if connection.vendor != "postgresql":
        pytest.skip("races are proved on PostgreSQL")
    return World().build()


def at_once(work, items, workers=20):
    """Run `work(item)` in that many threads, each with its own connection; collect the results."""

    def one(item):
        try:
            return work(item)
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=workers) as pool:
        return list(pool.map(one, items))


def passed_subsidy(world) -> Subsidy:
    village = Org.objects.create(
        name="柳村党支部", kind="party", region=world.salt, parent=world.tong_party
    )
    Post.objects.create(user=world.sun, org=village, role="first_secretary", region=world.salt)
    plan = actions.open_plan(village=village, household="王", need="羊圈", by=world.sun, at=now())
    one = actions.apply_subsidy(
        plan=plan, kind="breeding", title="羊圈", cost_fen=200_000, asked_fen=100_000,
        by=world.sun, at=now(),
    )  # fmt: skip
    Subsidy.objects.filter(pk=one.pk).update(
        state="passed", granted_fen=100_000, built_on=localdate(), inspected_on=localdate(),
        inspector=world.he,
    )  # fmt: skip
    return Subsidy.objects.get(pk=one.pk)


@pytest.mark.mission("S4.50")
@pytest.mark.parametrize("same_key", [True, False])
def test_a_subsidy_paid_by_twenty_at_once_is_paid_once(world, same_key):
    one = passed_subsidy(world)
    got = at_once(
        lambda n: actions.pay_subsidy(
            subsidy=one, voucher=f"{n}", by=User.objects.get(pk=world.gao.pk), at=now(),
            key="k" if same_key else f"k{n}",
        ),
        range(20),
    )  # fmt: skip
    assert SubsidyEntry.objects.count() == 1
    paid = [entry for entry in got if isinstance(entry, SubsidyEntry)]
    assert len(paid) == (20 if same_key else 1) and len({entry.pk for entry in paid}) == 1


@pytest.mark.mission("S4.11")
def test_a_book_written_by_twenty_at_once_has_one_order(world):
    actions.draw_duty_lists(units=[world.branch], year=localdate().year + 1, by=world.qin, at=now())
    items = list(DutyItem.objects.filter(list__user=None)[:15])
    at_once(
        lambda item: actions.report_duty(
            item=item, evidence="已经完成", by=User.objects.get(pk=world.qin.pk), at=now()
        ),
        items,
    )
    book = open_book(world.branch, localdate().year)
    assert len(book.entries) == 17 and book.is_whole


def test_looking_at_once_writes_each_line_once(world):
    actions.draw_duty_lists(units=[world.branch], year=localdate().year, by=world.qin, at=now())
    DutyItem.objects.filter(code="plan").update(due=localdate() + timedelta(days=2))
    at_once(lambda n: refresh_due(at=now()), range(6), workers=6)
    lines = DueItem.objects.values_list("unit", "sentence", "due")
    assert lines and len(lines) == len(set(lines))
