"""点单 and 评单: somebody with a phone asks for something, follows it, says how it was."""

import pytest
from playwright.sync_api import expect

from tongxin.cases.models import Case
from tongxin.requests.actions import rating_token

from . import making

pytestmark = pytest.mark.browser


@pytest.mark.mission("S0.49")
def test_a_resident_asks_with_a_photo_and_a_place_and_sees_what_is_similar(visit, world):
    making.filed(world, "楼道水管一直在滴水", actor=world.ma)
    visitor = visit(world.sun)
    page = visitor.go("/requests/")
    visitor.press("我要点单", exact=False)
    visitor.lands_on("/requests/new/")
    page.get_by_label("发生了什么").fill("卫生间水管爆了，满地是水")
    page.get_by_label("属于哪一项").select_option(label="水管维修")
    page.locator("#id_photos").set_input_files([making.upload()])
    expect(page.get_by_alt_text("照片 1")).to_be_visible()
    page.get_by_text("在地图上点").click()
    area = page.locator("#place-map[data-ready]")
    area.scroll_into_view_if_needed()
    visitor.press("用我的位置", within=page.locator(".map-buttons"))
    visitor.sees("附近有 1 件类似的单子")
    visitor.sees("楼道水管一直在滴水")
    area.click(position={"x": 120, "y": 120})
    expect(page.locator(".found")).to_contain_text("第一网格")
    visitor.look()
    visitor.press("提交点单")
    visitor.lands_on("/filed/")
    visitor.sees("已提交，社区收到了")
    case = Case.objects.get(reporter=world.sun.pk)
    assert (case.topic, case.region, case.step) == (world.tap, world.p1, "filed")
    assert case.evidence.count() == 1
    visitor.press("看进度")
    visitor.lands_on(f"/requests/{case.pk}/")


@pytest.mark.mission("S0.53")
def test_a_resident_follows_urges_and_rates(visit, world):
    case = making.accepted(world)
    visitor = visit(world.sun)
    visitor.go("/requests/mine/")
    visitor.press(case.title)
    visitor.lands_on(f"/requests/{case.pk}/")
    visitor.sees("王芳")
    visitor.press("催单")
    visitor.press("催单", within=visitor.page.get_by_role("dialog"))
    expect(visitor.page.get_by_role("dialog")).to_have_count(0)
    visitor.look()
    assert case.events.filter(name="urge").exists()
    case = making.checked(world, case)
    visitor.go(f"/requests/{case.pk}/")
    visitor.press("评单")
    visitor.lands_on("/rate/")
    page = visitor.page
    visitor.press("提交评价")
    visitor.sees("请选择 1 到 5 星")
    visitor.look()
    page.locator("label[for=stars_4]").click()
    page.get_by_label("还想说的话").fill("来得快，弄得干净")
    visitor.press("提交评价")
    visitor.sees("谢谢您的评价")
    visitor.look()
    case.refresh_from_db()
    assert (case.step, case.request.stars) == ("closed", 4)


@pytest.mark.mission("S0.53")
def test_a_link_is_enough_to_rate(visit, world):
    case = making.verified(world)
    visitor = visit()
    page = visitor.go(f"/requests/rate/{rating_token(case)}/")
    page.locator("label[for=stars_2]").click()
    visitor.press("提交评价")
    visitor.sees("谢谢您的评价")
    visitor.look()
    assert Case.objects.filter(kind="follow_up", parent=case).exists()
    visitor.go(f"/requests/rate/{rating_token(case)}/")
    visitor.sees("已经评过了")
    visitor.allowed = {410}
    visitor.go("/requests/rate/nonsense/")
    visitor.sees("过期或不完整")


def test_a_request_waits_on_the_phone_while_there_is_no_network(visit, world):
    visitor = visit(world.sun)
    page = visitor.go("/requests/new/")
    page.get_by_label("街镇").select_option(label="北塘街道")
    page.get_by_label("社区（村）").select_option(label="松社区")
    visitor.context.set_offline(True)
    bar = page.locator("#offline")
    expect(bar).to_contain_text("离线")
    page.get_by_label("发生了什么").fill("路灯不亮，晚上看不见路")
    visitor.press("提交点单")
    expect(bar).to_contain_text("1 条待发送")
    visitor.look()
    assert not Case.objects.filter(reporter=world.sun.pk).exists()
    visitor.context.set_offline(False)
    expect(bar).to_be_hidden()
    visitor.sees("已发送 1 条")
    case = Case.objects.get(reporter=world.sun.pk)
    assert (case.text, case.community) == ("路灯不亮，晚上看不见路", world.pine)


def test_what_is_missing_is_said_beside_its_field(visit, world):
    visitor = visit(world.sun)
    page = visitor.go("/requests/new/")
    visitor.press("提交点单")
    visitor.sees("还没有提交，请改一改标红的地方")
    visitor.look()
    page.get_by_label("发生了什么").fill("路面有个坑")
    page.locator("#id_photos").set_input_files(
        [{"name": "坑.jpg", "mimeType": "image/jpeg", "buffer": b"not a photo"}]
    )
    visitor.press("提交点单")
    visitor.sees("请选择所在社区")
    visitor.look()
    assert not Case.objects.filter(reporter=world.sun.pk).exists()


def test_a_neighbour_sees_the_outline_of_a_public_request_only(visit, world):
    case = making.filed(world)
    visitor = visit(world.ma)
    visitor.go(f"/requests/{case.pk}/outline/")
    visitor.sees(case.title)
    assert "8 号楼" not in visitor.page.content()
    visitor.allowed = {404}
    visitor.go(f"/requests/{case.pk}/")
