"""阵地改造: a community reports with a photo on a phone; the district looks at the wall."""

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now
from playwright.sync_api import expect

from tongxin.renovation import actions
from tongxin.renovation.models import SiteEvent

from . import making
from .conftest import DESK, PHONE

pytestmark = pytest.mark.browser


@pytest.fixture
def campaign(world):
    today, at = localdate(), now()
    head = world.person("bai", "白书记", world.tong_party, "secretary")
    keeper = world.person("pan", "潘书记", world.pine_party, "secretary")
    made = actions.start_campaign(
        name="社区阵地提升", region=world.tong, org=world.district_office, partner=world.roads, head=head,
        begun_on=today - timedelta(days=30), final_on=today + timedelta(days=300), by=world.gao, at=at,
    )  # fmt: skip
    site = made.sites.get(region=world.pine)
    plan = actions.make_plan(
        site, mode="renovate", text="腾退一楼两间办公室，打通做议事厅和活动室。", lead=world.zhang, by=keeper, at=at,
        tasks=[{"what": "清理旧家具", "who": "张敏", "by": "本月底"}],
    )  # fmt: skip
    actions.submit_plan(plan, committee=world.north_party, by=keeper, at=at)
    actions.decide_plan(plan, approve=True, decision="同意", on=today, by=world.tang, at=at)
    actions.start_work(plan, on=today, by=keeper, at=at)
    actions.raise_difficulty(site, kind="funds", text="还缺 30 万元", by=keeper, at=at)
    return made


@pytest.mark.parametrize("width", [PHONE], indirect=True)
def test_a_community_reports_with_a_photo_on_a_phone(visit, world, campaign):
    visitor = visit(world.zhang)
    page = visitor.go("/renovation/")
    visitor.press("上报进展 松社区")
    visitor.look()
    page.get_by_label("进展").fill("隔断拆完了")
    page.locator("input[type=file]").set_input_files([making.upload()])
    visitor.press("上报进展", within=page.locator("main form"))
    visitor.lands_on("/renovation/sites/")
    visitor.sees("隔断拆完了")
    assert SiteEvent.objects.get(kind="report").photos.count() == 1


@pytest.mark.mission("S1.25")
@pytest.mark.parametrize("width", [DESK], indirect=True)
def test_the_district_looks_at_the_wall_and_opens_a_place(visit, world, campaign):
    visitor = visit(world.gao)
    page = visitor.go(f"/renovation/{campaign.pk}/")
    page.get_by_role("link", name="挂图", exact=True).click()
    expect(page.locator(".wall-tiles .wall-tile")).to_have_count(3)
    visitor.look()
    page.get_by_role("button", name="施工中").click()
    expect(page.locator(".wall-tiles .wall-tile:not(.is-dim)")).to_have_count(1)
    actions.exempt_site(
        campaign.sites.get(region=world.salt), reason="整体拆迁", by=world.gao, at=now()
    )
    page.reload()
    expect(page.locator("[data-count=exempt]")).to_have_text("1")
    page.get_by_role("link", name="松社区").click()
    visitor.lands_on("/renovation/sites/")
    visitor.sees("还缺 30 万元")
