"""接单: somebody on their feet takes an order, does it, hands in what was done."""

import pytest
from playwright.sync_api import expect

from tongxin.orgs.models import Volunteer

from . import making

pytestmark = pytest.mark.browser


@pytest.mark.mission("S0.51")
def test_a_volunteer_grabs_checks_in_and_finishes_with_proof(visit, world):
    world.tap.proof = "before_after"
    world.tap.save()
    case = making.posted(world)
    visitor = visit(world.wang)
    page = visitor.go("/requests/hall/")
    visitor.press(f"抢单 {case.title}")
    visitor.look()
    visitor.press("接单", within=page.get_by_role("dialog"))
    visitor.lands_on(f"/requests/{case.pk}/")
    visitor.sees("接单成功")
    visitor.press("签到")
    visitor.sees("刚到现场")
    visitor.look()
    visitor.press("办结")
    visitor.lands_on("/finish/")
    visitor.press("提交办结")
    visitor.sees("还没有提交，请改一改标红的地方")
    visitor.look()
    page.locator("#id_before").set_input_files([making.upload("brown")])
    page.locator("#id_after").set_input_files([making.upload("teal")])
    page.get_by_label("做了什么").fill("换了垫圈，试水不漏")
    page.get_by_label("服务时长（分钟）").fill("40")
    visitor.press("提交办结")
    visitor.lands_on("/requests/orders/")
    visitor.sees("已提交办结")
    case.refresh_from_db()
    assert (case.step, case.holder) == ("done", world.wang)
    assert sorted(case.evidence.values_list("kind", flat=True)) == ["after", "before"]


def test_who_comes_too_late_is_told_who_was_quicker(visit, world):
    case = making.posted(world)
    first, second = visit(world.wang), visit(world.zhao)
    second.go("/requests/hall/")
    first.go("/requests/hall/")
    for visitor in (first, second):
        visitor.press(f"抢单 {case.title}")
        visitor.press("接单", within=visitor.page.get_by_role("dialog"))
    first.sees("接单成功")
    second.sees("已被王芳于")
    second.look()


def test_the_hall_renews_itself(visit, world):
    visitor = visit(world.wang)
    page = visitor.go("/requests/hall/")
    visitor.sees("大厅里暂时没有单子")
    case = making.posted(world)
    expect(page.get_by_role("heading", name=case.title)).to_be_visible(timeout=9000)
    visitor.look()


def test_a_volunteer_answers_what_was_given_to_them(visit, world):
    case = making.filed(world)
    making.given_to(world, case, world.wang)
    visitor = visit(world.wang)
    page = visitor.go("/requests/orders/")
    visitor.press(f"婉拒 {case.title}")
    visitor.lands_on("/moves/decline/")
    page.get_by_label("说明").fill("今天在外地")
    visitor.press("婉拒")
    page.wait_for_url(lambda url: "/moves/" not in url)
    visitor.look()
    case.refresh_from_db()
    assert (case.step, case.holder) == ("filed", None)


def test_hours_and_points_stand_in_a_ledger(visit, world):
    making.verified(world)
    visitor = visit(world.wang)
    visitor.go("/requests/points/")
    visitor.sees("陈建国确认")
    visitor.sees("40 分钟")
    assert Volunteer.objects.get(user=world.wang.pk).minutes == 40
    visitor.go("/requests/orders/?view=done")
    visitor.go("/requests/volunteer/")


def test_a_resident_becomes_a_volunteer(visit, world):
    visitor = visit(world.ma)
    page = visitor.go("/requests/volunteer/")
    page.get_by_label("街镇").select_option(label="北塘街道")
    page.get_by_label("社区（村）").select_option(label="松社区")
    page.get_by_label("水电").check(force=True)
    page.locator("main form button.btn-primary, .actionbar button.btn-primary").last.click()
    visitor.sees("等松社区审核")
    visitor.look()
    desk = visit(world.zhang)
    page = desk.go("/orgs/volunteers/asked/")
    page.get_by_role("button", name="通过 马先生").click()
    desk.sees("马先生已成为松社区志愿者")
    assert Volunteer.objects.get(user=world.ma.pk).home == world.pine
    visitor.go("/requests/hall/")


def test_a_grid_worker_reports_with_a_photo(visit, world):
    world.pothole.kind = "event"
    world.pothole.save()
    visitor = visit(world.mei)
    page = visitor.go("/requests/report/")
    page.locator("#id_photos").set_input_files([making.upload()])
    page.get_by_label("道路坑洼").first.check(force=True)
    page.locator(".actionbar button.btn-primary, main form button.btn-primary").last.click()
    visitor.sees("已上报")
    page.wait_for_timeout(300)  # what was accepted does not come back as a draft
    expect(page.get_by_text("已恢复上次没有提交的内容")).to_have_count(0)
    expect(page.get_by_label("道路坑洼").first).not_to_be_checked()
    visitor.look()
