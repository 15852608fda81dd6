"""Races on a real PostgreSQL: twenty payers, one allocation, numbers without a gap."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from tongxin.funds import actions, queries
from tongxin.funds.models import Account, Line
from tongxin.kit.errors import Refused
from tongxin.testing import NOON, World

from .conftest import TODAY, again, fill

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def books(transactional_db):
    if connection.vendor != "postgresql":
        pytest.skip("races are proved on PostgreSQL")
    return fill(World().build())


def at_once(work, n=20):
    def one(item):
        try:
            return work(item)
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=n) as pool:
        return list(pool.map(one, range(n)))


def allocated(books, fen):
    return actions.allocate(account=books.account, source=books.fiscal, amount_fen=fen,
                            purpose="改造", by=again(books.liu), at=NOON)  # fmt: skip


@pytest.mark.mission("S1.47")
def test_twenty_payers_never_pay_more_than_was_given(books):
    allocation = allocated(books, 100_000)

    def work(n):
        return actions.pay(allocation=allocation, amount_fen=30_000, on=TODAY, payee=f"甲{n}",
                           by=again(books.liu), at=NOON)  # fmt: skip

    got = at_once(work)
    assert sum(isinstance(one, Line) for one in got) == 3
    assert sum(isinstance(one, actions.OverAllocation) for one in got) == 17
    account = Account.objects.get(pk=books.account.pk)
    assert (account.balance_fen, account.committed_fen, account.length) == (910_000, 10_000, 5)
    assert list(queries.wrong_ledgers()) == []


@pytest.mark.mission("S1.47")
def test_twenty_payers_never_pay_more_than_lies_in_the_account(books):
    given = [allocated(books, 900_000) for _n in range(20)]

    def work(n):
        return actions.pay(allocation=given[n], amount_fen=300_000, on=TODAY, payee="甲",
                           by=again(books.liu), at=NOON)  # fmt: skip

    got = at_once(work)
    assert sum(isinstance(one, actions.NotEnough) for one in got) == 17
    assert Account.objects.get(pk=books.account.pk).balance_fen == 100_000
    assert list(Line.objects.filter(account=books.account).order_by("seq").values_list("seq", flat=True)) == list(range(1, 25))  # fmt: skip


def test_a_retry_at_the_same_moment_pays_once(books):
    allocation = allocated(books, 100_000)
    got = at_once(lambda _n: actions.pay(allocation=allocation, amount_fen=100, on=TODAY, payee="甲",
                                         by=again(books.liu), at=NOON, key="same"))  # fmt: skip
    assert len({one.pk for one in got}) == 1
    assert Account.objects.get(pk=books.account.pk).balance_fen == 999_900
