from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate

from tongxin.photos.actions import keep_photo
from tongxin.renovation import actions
from tongxin.renovation.models import RenovationCampaign, Site
from tongxin.renovation.queries import forget_boards
from tongxin.testing import NOON

TODAY = localdate(NOON)
FINAL = date(2026, 12, 31)


@pytest.fixture(autouse=True)
def _fresh(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    forget_boards()


@pytest.fixture
def as_(client):
    def enter(user):
        client.force_login(user)
        return client

    return enter


@pytest.fixture
def bai(world):
    """The secretary of the district: the top leader."""
    return world.person("bai", "白书记", world.tong_party, "secretary")


@pytest.fixture
def tao(world):
    """An inspector of the district, who accepts."""
    return world.person("tao", "陶监督", world.district_office, "inspector")


@pytest.fixture
def pan(world):
    """The secretary of Pine's committee."""
    return world.person("pan", "潘书记", world.pine_party, "secretary")


@pytest.fixture
def start(world, bai):
    def make(**changes) -> RenovationCampaign:
        given = {
            "name": "社区阵地提升", "programme": "20项民心工程", "region": world.tong,
            "org": world.district_office, "partner": world.roads, "head": bai,
            "begun_on": TODAY - timedelta(days=30), "final_on": FINAL, "by": world.gao, "at": NOON,
        } | changes  # fmt: skip
        return actions.start_campaign(**given)

    return make


@pytest.fixture
def campaign(start) -> RenovationCampaign:
    """Three communities: Pine, Reed, Salt; none has its 300 m²."""
    return start()


@pytest.fixture
def pine(campaign, world) -> Site:
    return campaign.sites.select_related("campaign__region").get(region=world.pine)


@pytest.fixture
def plan(pine, world, pan):
    return actions.make_plan(
        pine, mode="renovate", text="腾退两间办公室，改成议事厅", lead=world.zhang, by=pan, at=NOON
    )


@pytest.fixture
def decided(plan, world, pan):
    actions.submit_plan(plan, committee=world.north_party, by=pan, at=NOON)
    return actions.decide_plan(
        plan, approve=True, decision="同意", on=TODAY, by=world.tang, at=NOON
    )


@pytest.fixture
def photo(world):
    from tongxin.requests.tests.test_loop import a_photo

    return keep_photo(data=a_photo(), by=world.gao, at=NOON)


@pytest.fixture
def build(world, pan, photo, tao):
    """Take a decided plan on: to "built", "accepted", "closed" or "used"."""

    def go(plan, to="closed", on=TODAY):
        site = plan.site
        actions.start_work(plan, on=on, by=pan, at=NOON)
        for code in ("design", "permit", "build", "fit"):
            actions.finish_stage(plan, code=code, on=on, by=pan, at=NOON)
        if to == "built":
            return fresh(site)
        actions.set_area(site, area_m2=320, reason="扩出两间", by=pan, at=NOON)
        answers = {row.code: {"ok": True} for row in actions.criteria_on(site.campaign, on)}
        actions.accept_site(site, answers=answers, photos=[photo], on=on, by=tao, at=NOON)
        if to == "accepted":
            return fresh(site)
        actions.close_out(site, on=on, by=world.liu, at=NOON)
        if to == "used":
            actions.move_in(site, text="窗口和活动室都搬进来了", on=on, by=pan, at=NOON)
        return fresh(site)

    return go


def fresh(site: Site) -> Site:
    return Site.objects.select_related("campaign__region").get(pk=site.pk)
