"""派单: the desk of a community, by mouse and by keys alone."""

import pytest
from playwright.sync_api import expect

from tongxin.cases.actions import make_move

from . import making

pytestmark = pytest.mark.browser
TITLES = ["阳台水管漏水", "厨房水龙头关不紧", "楼顶水箱溢水"]


@pytest.fixture
def waiting(world):
    """Three requests that wait for Zhang, the oldest first."""
    return [making.filed(world, text, ago=90 - 20 * n) for n, text in enumerate(TITLES)]


@pytest.mark.mission("S0.50")
def test_a_dispatcher_gives_an_order_for_a_reason_and_takes_it_back(visit, world, waiting):
    visitor = visit(world.zhang)
    page = visitor.go("/desk/")
    visitor.press(TITLES[1])
    panel = page.locator("#dispatch")
    expect(panel).to_contain_text("王芳")
    expect(panel.locator("li", has_text="王芳").locator(".candidate-why")).to_contain_text("水电")
    visitor.look()
    visitor.press("派给 王芳", within=panel)
    visitor.sees(f"派单：{waiting[1].number}")
    visitor.look()
    case = making.fresh(waiting[1])
    assert (case.step, case.holder) == ("dispatched", world.wang)
    visitor.press("撤销", exact=False)
    visitor.sees("收回")
    visitor.look()
    case = making.fresh(waiting[1])
    assert (case.step, case.holder) == ("filed", None)


def test_the_inbox_is_handled_by_keys_alone(visit, world, waiting, width):
    visitor = visit(world.zhang)
    page = visitor.go("/desk/")
    press = page.keyboard.press

    def title_of_row():
        return page.evaluate(
            "document.activeElement.closest('[data-row]')?.querySelector('h3').textContent"
        )

    press("j")
    first = title_of_row()
    press("j")
    second = title_of_row()
    assert {first, second} < set(TITLES)
    press("k")
    assert title_of_row() == first
    press("?")
    expect(page.get_by_role("dialog")).to_contain_text("快捷键")
    visitor.look()
    press("Escape")
    if width > 700:  # on a phone the search is folded away
        press("/")
        expect(page.locator("[data-search]")).to_be_focused()
    page.locator(f"[data-row] a:has-text('{second}')").focus()
    press("Enter")
    expect(page.locator("#dispatch")).to_be_visible()
    visitor.look()


def test_many_are_moved_at_once(visit, world, waiting):
    visitor = visit(world.zhang)
    page = visitor.go("/desk/")
    for case in waiting[:2]:
        page.get_by_label(f"选择 {case.number}").check(force=True)
    visitor.sees("已选 2 件")
    visitor.look()
    visitor.press("放入抢单大厅", within=page.locator("[data-bulk-bar]"))
    visitor.look()
    if page.locator("button[name=go]").count():
        page.locator("button[name=go]").click()
    visitor.sees("2 张已办好")
    visitor.look()
    assert [making.fresh(case).step for case in waiting] == ["hall", "hall", "filed"]


def test_a_stale_page_says_who_moved_the_case_and_to_which_step(visit, world, waiting):
    case = waiting[0]
    visitor = visit(world.zhang)
    page = visitor.go(f"/cases/{case.pk}/")
    make_move(case, "dispatch", at=making.now(), actor=world.liu, holder=world.zhao)
    visitor.press("派给 王芳", within=page.locator("#dispatch"))
    visitor.sees("刘洋")
    visitor.sees("待接单")
    visitor.look()
    assert making.fresh(case).holder == world.zhao


def test_a_new_request_appears_without_reload_and_filters_make_a_link(visit, world, waiting):
    visitor = visit(world.zhang)
    page = visitor.go("/desk/?q=水箱")
    expect(page.locator("[data-row]")).to_have_count(1)
    making.filed(world, "水箱又溢水了", ago=0)
    expect(page.locator("[data-row]")).to_have_count(2, timeout=25_000)
    visitor.look()


def test_a_case_reads_and_prints(visit, world):
    case = making.verified(world)
    visitor = visit(world.zhang)
    visitor.go(f"/cases/{case.pk}/")
    visitor.sees("办理前后")
    visitor.go(f"/cases/{case.pk}/print/")
    visitor.go(f"/cases/{case.pk}/chain/")
    visitor.sees("记录链完整")
    visitor.go(f"/cases/evidence/{case.evidence.first().pk}/photo/")


def test_another_streets_dispatcher_sees_nothing(visit, world, waiting):
    visitor = visit(world.wu)
    page = visitor.go("/desk/")
    expect(page.locator("[data-row]")).to_have_count(0)
    visitor.allowed = {404}
    visitor.go(f"/cases/{waiting[0].pk}/")


def test_somebody_who_must_call_says_why_before_the_number_is_shown(visit, world):
    case = making.filed(world, contact="13900001234")
    visitor = visit(world.zhang)
    page = visitor.go(f"/contact/{case.pk}/")
    assert "13900001234" not in page.content()
    page.get_by_label("理由").fill("约上门时间")
    visitor.press("查看")
    visitor.sees("13900001234")
    visitor.look()
