"""吹哨报到: a street calls departments, they come, the street judges. And the street's overview."""

import pytest
from django.utils.timezone import now
from playwright.sync_api import expect

from tongxin.cases.actions import change_topic
from tongxin.cases.models import Case

from . import making

pytestmark = pytest.mark.browser


@pytest.mark.mission("S2.53")
def test_an_officer_whistles_a_department_comes_and_the_street_judges(visit, world):
    officer = visit(world.liu)
    page = officer.go("/whistle/")
    officer.press("吹哨", within=page.locator("main form"))
    officer.look()
    page.get_by_label("什么事").fill("路口污水外溢")
    page.get_by_label("情况").fill("污水流到机动车道，需要城管和水务到场")
    page.get_by_label("水务局").first.check(force=True)
    page.get_by_label("在哪里").select_option(index=1)
    officer.press("吹哨", within=page.locator("main form"))
    page.wait_for_url("**/cases/**")
    officer.look()
    whistle = Case.objects.get(kind="whistle")
    call = Case.objects.get(kind="whistle_call", parent=whistle)
    assert call.handler == world.water

    department = visit(world.zhou)
    page = department.go(f"/cases/{call.pk}/")
    department.press("到场报到")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".map-buttons")).to_be_visible()
    department.look()
    department.press("用我的位置", within=dialog.locator(".map-buttons"))
    department.sees("已定位")
    department.press("到场报到", within=dialog)
    expect(dialog).to_have_count(0)
    assert making.fresh(call).step == "on_spot"
    department.press("办结")
    dialog.locator("input[type=file]").set_input_files([making.upload()])
    dialog.get_by_label("说明").fill("疏通了管道，路面已冲洗")
    department.press("办结", within=dialog)
    expect(dialog).to_have_count(0)
    department.look()

    page = officer.go(f"/cases/{call.pk}/")
    officer.press("确认办结")
    if page.get_by_role("dialog").count():
        officer.press("确认办结", within=page.get_by_role("dialog"))
    expect(page.get_by_role("dialog")).to_have_count(0)
    page = officer.go(f"/cases/{whistle.pk}/")
    officer.press("评价并办结")
    dialog = page.get_by_role("dialog")
    officer.look()
    dialog.locator("label[for=stars_5]").click()
    dialog.get_by_label("说明").fill("到场快，处理彻底")
    officer.press("评价并办结", within=dialog)
    expect(dialog).to_have_count(0)
    officer.look()
    assert making.fresh(whistle).step == "closed"


def test_a_street_and_a_district_see_what_burns(visit, world):
    making.filed(world, ago=60 * 24 * 5)
    making.accepted(world, "阳台水管漏水")
    for user, place in ((world.liu, "北塘街道"), (world.gao, "滨海新区")):
        visitor = visit(user)
        page = visitor.go("/street/")
        expect(page.get_by_role("heading", level=1)).to_contain_text(place)
        page.locator("[data-map][data-ready]").first.wait_for()
        visitor.look()


def test_a_department_has_its_own_inbox(visit, world):
    visitor = visit(world.li)
    visitor.go("/desk/")


@pytest.mark.mission("S4.29")
def test_an_officer_opens_a_class_of_service_down_to_its_cases(visit, world):
    change_topic(topic=world.tap, by=world.ann, at=now(), service_class="ease")
    making.filed(world)
    officer = visit(world.liu)
    page = officer.go("/requests/hearts/")
    row = page.get_by_role("row", name="顺民心")
    row.get_by_role("link").first.click()
    expect(page.locator("select[name=heart]")).to_have_value("ease")
    expect(page.locator("article.case")).to_have_count(1)
    officer.look()
