"""The cast of the economy: Pine and Reed are villages; Qin reports for Pine, Liu verifies for the street."""

from __future__ import annotations

import io
from datetime import date
from itertools import count

import pytest
from PIL import Image

from tongxin.accounts.models import User
from tongxin.economy import actions
from tongxin.economy.models import IncomeKind
from tongxin.funds import actions as funds
from tongxin.funds.models import Source
from tongxin.photos.actions import keep_photo
from tongxin.regions.models import Region
from tongxin.testing import NOON

TODAY = date(2026, 3, 2)
_shades = count()


def again(user: User) -> User:
    """Return the user as the next request sees them: posts are kept on the object."""
    return User.objects.get(pk=user.pk)


def shot(by, at=NOON):
    n = next(_shades)
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (n % 256, n // 256 % 256, 40)).save(buffer, "JPEG")
    return keep_photo(data=buffer.getvalue(), by=by, at=at)


@pytest.fixture
def land(world):
    actions.load_kinds()
    funds.load_sources()
    Region.objects.filter(pk__in=[world.pine.pk, world.reed.pk, world.salt.pk]).update(
        kind="village"
    )
    for region in (world.pine, world.reed, world.salt):
        region.refresh_from_db()
    world.bai = world.person("bai", "白露", world.north_office, "organiser")
    world.shi = world.person("shi", "石磊", world.branch, "first_secretary")
    world.kinds = {kind.code: kind for kind in IncomeKind.objects.all()}
    world.sources = {one.code: one for one in Source.objects.all()}
    world.account = funds.open_account(
        org=world.north_office, region=world.north, name="产业扶持专账", is_special=True,
        purpose="村集体经济", by=again(world.liu), at=NOON, opened_on=date(2025, 1, 1),
    )  # fmt: skip
    return world


@pytest.fixture
def earn(land):
    """Write an income of Pine down: `earn(100_000, "R1", date(2026, 2, 1))`."""

    def make(fen, kind="R1", on=TODAY, **given):
        given = {"village": land.pine, "by": again(land.qin), "at": NOON} | given
        return actions.add_income(kind=land.kinds[kind], amount_fen=fen, on=on, **given)

    return make


@pytest.fixture
def plan(land):
    def make(**given):
        given = {
            "village": land.pine, "title": "西红柿大棚", "policy": "土地流转，合作社经营，村集体入股",
            "started_on": date(2026, 1, 5), "earns_by": date(2026, 12, 31), "by": again(land.qin),
            "at": NOON, "stages": [("选址", date(2026, 2, 1)), ("建棚", date(2026, 6, 1))],
        } | given  # fmt: skip
        return actions.plan_project(**given)

    return make
