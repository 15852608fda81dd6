"""The desk of the hotline, from the ringing telephone to the case, by somebody who has only keys."""

import pytest
from playwright.sync_api import expect

from tongxin.cases.models import Case
from tongxin.hotline.models import Call, QuickAnswer

from . import making
from .test_keyboard import Keys

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
PHONE = "13812345678"


@pytest.fixture
def operator(world):
    QuickAnswer.objects.create(
        code="A1",
        title="水费怎么交",
        text="到供水营业厅或手机上交。",
        keywords="水费",
        source="样例",
    )
    return world.person("ops", "何话务", world.district_office, "operator")


@pytest.mark.parametrize("width", [1440], indirect=True)
def test_a_call_becomes_a_case_by_keys_alone(visit, world, operator):
    old = making.filed(world, "松社区厨房水管漏水", contact=PHONE)
    visitor = visit(operator)
    page = visitor.go("/hotline/")
    keys = Keys(visitor)
    page.keyboard.insert_text(PHONE)  # the number has the focus when the page opens
    page.keyboard.press("Enter")
    visitor.sees("通话中")
    visitor.look()
    expect(page.locator(".hotline-before")).to_contain_text(old.title)
    expect(page.locator("[role=timer]")).not_to_have_text("00:00")

    page.keyboard.press("F2")
    page.keyboard.insert_text("我家在松社区，卫生间也漏水了")
    expect(page.locator("#kept")).to_contain_text("已自动保存")
    page.reload()
    expect(page.locator("#id_text")).to_have_value("我家在松社区，卫生间也漏水了")
    keys.press("松社区")
    expect(page.locator("#id_region")).to_have_value(world.pine.code)
    expect(page.locator("#heard")).to_contain_text(old.title)  # much the same, and near
    visitor.look()
    page.keyboard.press("F8")
    visitor.sees("已建单")
    call = Call.objects.get()
    assert (call.outcome, call.case.request.channel) == ("filed", "hotline")
    assert Case.objects.count() == 2

    page.keyboard.press("F2")
    page.keyboard.press("Enter")  # the next one shows no number
    visitor.sees("没有号码，查不到以前的单子")
    page.keyboard.press("F2")
    page.keyboard.insert_text("水费在哪里交")
    expect(page.locator("#heard")).to_contain_text("水费怎么交")
    keys.press("用这条答复")
    expect(page.locator("#id_answer")).to_have_value("到供水营业厅或手机上交。")
    page.keyboard.press("F9")
    visitor.sees("已记下答复")
    assert Call.objects.latest("pk").outcome == "answered"


def test_the_pages_of_the_desk(visit, world, operator):
    making.filed(world, "松社区厨房水管漏水", contact=PHONE)
    visitor = visit(operator)
    page = visitor.go("/hotline/")
    page.locator("#id_phone").fill(PHONE)
    visitor.press("接起来电")
    visitor.sees("通话中")
    visitor.look()
    page.locator("#id_text").fill("过两天再问问进展")
    expect(page.locator("#kept")).to_contain_text("已自动保存")
    visitor.press("约定回拨")
    expect(page.get_by_role("dialog")).to_be_visible()
    visitor.look()
    page.get_by_role("dialog").get_by_role("button", name="约定回拨").click()
    visitor.sees("已约定回拨")
    visitor.look()
    visitor.press("看号码 过两天再问问进展")
    page.get_by_role("dialog").get_by_label("查看理由").fill("看")
    page.get_by_role("dialog").get_by_role("button", name="查看").click()
    # Only the answer says so: the hint below the field names the four characters from the start.
    expect(page.get_by_role("dialog")).to_contain_text("请写明查看的理由")
    page.get_by_role("dialog").get_by_label("查看理由").fill("按约定回拨")
    page.get_by_role("dialog").get_by_role("button", name="查看").click()
    expect(page.get_by_role("dialog")).to_contain_text(PHONE)
    page.keyboard.press("Escape")
    for path in ("/hotline/calls/", "/hotline/backs/", "/hotline/orders/"):
        visitor.go(path)


def test_an_answer_is_changed_and_what_it_said_stays(visit, operator):
    visitor = visit(operator)
    page = visitor.go("/hotline/answers/")
    page.get_by_role("link", name="水费怎么交").click()
    visitor.lands_on("/hotline/answers/A1/")
    visitor.press("修改")
    visitor.lands_on("/hotline/answers/A1/edit/")
    page.locator("#id_text").fill("手机上就能交，报户号。")
    visitor.press("保存")
    visitor.sees("已保存 A1")
    expect(page.get_by_text("到供水营业厅或手机上交。")).to_be_visible()
    visitor.look()
    visitor.press("恢复这一版 1")
    visitor.sees("已恢复为第 1 版的内容")
