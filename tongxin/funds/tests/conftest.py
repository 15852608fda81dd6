"""The cast of the books: Liu keeps those of the street's office, Bai beside him, Shen inspects."""

from __future__ import annotations

from datetime import date

import pytest

from tongxin.accounts.models import User
from tongxin.funds import actions
from tongxin.funds.models import Account, Source
from tongxin.testing import NOON

TODAY = date(2026, 3, 2)


def again(user: User) -> User:
    """Return the user as the next request sees them: posts are kept on the object."""
    return User.objects.get(pk=user.pk)


@pytest.fixture
def books(world):
    """The world with sources and a special account of the street, 10,000 yuan of district money in it."""
    return fill(world)


def fill(world):
    actions.load_sources()
    world.bai = world.person("bai", "白露", world.north_office, "organiser")
    world.shen = world.person("shen", "沈明", world.district_office, "inspector")
    world.fiscal = Source.objects.get(code="F03")
    world.dues = Source.objects.get(code="P01")
    world.account = actions.open_account(
        org=world.north_office, region=world.north, name="阵地建设专账", is_special=True,
        purpose="党群服务中心建设", by=again(world.liu), at=NOON, opened_on=date(2026, 1, 1),
    )  # fmt: skip
    actions.receive(
        account=world.account, source=world.fiscal, amount_fen=1_000_000, on=date(2026, 1, 10),
        by=again(world.liu), at=NOON,
    )  # fmt: skip
    return world


@pytest.fixture
def give(books):
    """Allocate out of the account: `give(500_000, purpose=…)`."""

    def make(fen=500_000, **given):
        given = {
            "account": books.account, "source": books.fiscal, "purpose": "松社区改造",
            "region": books.pine, "by": again(books.liu), "at": NOON,
        } | given  # fmt: skip
        return actions.allocate(amount_fen=fen, **given)

    return make


@pytest.fixture
def spend(books):
    def make(allocation, fen, **given):
        given = {"on": TODAY, "payee": "滨海建筑公司", "by": again(books.liu), "at": NOON} | given
        return actions.pay(allocation=allocation, amount_fen=fen, **given)

    return make


def balance(account: Account) -> int:
    return Account.objects.get(pk=account.pk).balance_fen
