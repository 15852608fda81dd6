"""The demo's care: every page has something to show, eight hundred households are a figure, nobody is real."""

from __future__ import annotations

import time
from datetime import date, timedelta
from random import Random

import pytest
from django.db import transaction

from tongxin.accounts.models import User
from tongxin.care.models import Aid, CareFile, CareVisit, Fund, Pairing, RoundHousehold, Stay
from tongxin.care.queries import household_count, overdue
from tongxin.care.queries.files import contents_of
from tongxin.demo.care import make_care
from tongxin.orgs.models import Org, Post
from tongxin.regions.models import Region
from tongxin.regions.queries import forget

from .test_members import NOW

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def place(land):
    office = Org.objects.create(name="示例办公室", kind="community", region=land)

    def post(role, region, name):
        user = User.objects.create(username=name, name=name)
        Post.objects.create(user=user, org=office, role=role, region=region)

    street = Region.objects.get(level="street")
    post("officer", street, "officer")
    post("officer", land, "district")
    for n, one in enumerate(Region.objects.filter(level="community").order_by("path")):
        post("verifier", one, f"verifier-{n}")
        for k in (1, 2):
            grid = Region.objects.create(
                code=f"{one.code}00{k}", name=f"第{k}网格", short_name=f"第{k}网格", level="grid",
                parent=one, path=f"{one.path}00{k}/",
            )  # fmt: skip
            post("grid_worker", grid, f"walker-{n}-{k}")
    forget()
    yield land
    forget()


@pytest.mark.mission("S2.43")
def test_the_demo_looks_after_made_up_people(place):
    begun = time.process_time()
    made = make_care(place, Random("1|care"), at=NOW)  # noqa: S311
    spent = time.process_time() - begun
    assert made == CareFile.objects.count() >= 20
    assert spent < 6  # seconds of CPU, however busy the machine is
    assert RoundHousehold.objects.count() == 812
    reached = household_count(place.path, date(NOW.year - 1, 1, 1), NOW.date() + timedelta(1))
    assert 800 <= reached - Aid.objects.exclude(file=None).values("file").distinct().count() <= 812
    today = NOW.date()
    assert overdue(CareFile.objects.all(), today).exists() and CareVisit.objects.count() > made
    assert Pairing.objects.exists() and Stay.objects.count() == 14
    for fund in Fund.objects.all():
        assert fund.balance_fen == sum(fund.entries.values_list("fen", flat=True)) >= 0
    for file in CareFile.objects.all():
        assert "示例人物" in contents_of(file)["situation"]


def test_the_same_dice_make_the_same_care(place):
    said = []
    for _again in range(2):
        with transaction.atomic():
            make_care(place, Random("1|care"), at=NOW)  # noqa: S311
            said.append([contents_of(one) for one in CareFile.objects.order_by("area", "number")])
            transaction.set_rollback(True)
    assert said[0] == said[1] and len(said[0]) >= 20
