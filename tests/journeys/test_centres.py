"""A resident books a room and draws a number on the phone; the clerk serves by keyboard."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now
from playwright.sync_api import expect

from tongxin.centres import actions as centres
from tongxin.centres.models import Matter
from tongxin.places import actions
from tongxin.places.models import Booking, RoomKind

pytestmark = pytest.mark.browser
ALWAYS = ["00:00-00:00"] * 7  # a journey may begin at any hour


@pytest.fixture
def station(world):
    at = now()
    actions.load_samples()
    centres.load_services()
    made = actions.register_centre(
        region=world.pine, name="松社区党群服务工作站", kind="community", by=world.zhang, at=at,
        area_m2=600, address="松林路 8 号", lng=117.6, lat=39.3,
    )  # fmt: skip
    actions.set_week(
        centre=made, days=ALWAYS, holiday=ALWAYS[0], effective_from=localdate(at) - timedelta(days=9),
        by=None, at=at,
    )  # fmt: skip
    actions.open_centre(centre=made, on=localdate(at), by=world.zhang, at=at)
    actions.add_room(
        centre=made, kind=RoomKind.objects.get(code="culture"), name="文体活动室", capacity=30,
        is_bookable=True, by=world.zhang, at=at,
    )  # fmt: skip
    centres.offer_all(centre=made, codes=["S03"], on=localdate(at), by=world.zhang, at=at)
    centres.add_window(centre=made, number=1, name="综合受理", by=world.zhang, at=at)
    return made


@pytest.mark.parametrize("width", [390], indirect=True)
def test_a_resident_books_a_room_and_draws_a_number(visit, world, station):
    sun = visit(world.sun)
    page = sun.go("/centres/public/")
    page.get_by_role("link", name="松社区党群服务工作站").click()
    expect(page.get_by_text("正在开放")).to_be_visible()
    sun.look()
    page.get_by_role("link", name="预约 文体活动室").click()
    tomorrow = localdate() + timedelta(days=1)
    page.fill("[name=day]", f"{tomorrow:%Y-%m-%d}")
    page.fill("[name=start]", "09:00")
    page.fill("[name=end]", "11:00")
    page.fill("[name=purpose]", "合唱排练")
    page.fill("[name=people]", "12")
    sun.look()
    page.get_by_role("button", name="提交预约").click()
    expect(page.get_by_text("已预约")).to_be_visible()
    assert Booking.objects.get().by == world.sun
    sun.go(f"/centres/{station.pk}/draw/")
    page.get_by_role("button", name="取号").click()
    expect(page.get_by_text("A001")).to_be_visible()


@pytest.mark.parametrize("width", [1440], indirect=True)
def test_the_clerk_calls_and_takes_in_by_keyboard(visit, world, station):
    centres.draw_ticket(centre=station, at=now(), by=world.sun, user=world.sun)
    zhang = visit(world.zhang)
    page = zhang.go("/centres/")
    page.get_by_role("button", name="开 1 号窗口").click()
    expect(page.get_by_role("button", name="叫下一位")).to_be_visible()
    page.keyboard.press("F8")
    expect(page.locator(".centres-called")).to_contain_text("A001")
    zhang.look()
    page.keyboard.press("F2")
    page.locator("[name=phone]").fill("13800001234")
    page.locator("[name=name]").fill("孙秀兰")
    page.locator("[name=service]").select_option(label="老年人优待证办理")
    page.get_by_label("一寸照片一张").check()
    zhang.look()
    page.keyboard.press("F8")
    expect(page.get_by_role("heading", name="一次性告知：还缺")).to_be_visible()
    zhang.look()
    assert Matter.objects.get().state == "notice"
