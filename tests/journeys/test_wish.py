"""微心愿: from the collection of a wish to thanks."""

import pytest
from playwright.sync_api import expect

from tongxin.cases.models import Case

from . import making

pytestmark = pytest.mark.browser


@pytest.mark.mission("S2.44", "S2.49")
def test_a_wish_is_collected_published_claimed_fulfilled_and_thanked_for(visit, world):
    resident = visit(world.ma)
    page = resident.go("/requests/wishes/new/")
    page.get_by_label("心愿是什么").fill("想要一副老花镜")
    page.get_by_label("怎样称呼心愿人").fill("三楼王奶奶")
    page.get_by_label("街镇").select_option(label="北塘街道")
    page.get_by_label("社区（村）").select_option(label="松社区")
    resident.press("提交心愿")
    resident.sees("心愿收到了")
    resident.look()
    wish = Case.objects.get(kind="wish")

    dispatcher = visit(world.zhang)
    page = dispatcher.go(f"/cases/{wish.pk}/")
    dispatcher.press("发布")
    dispatcher.sees("待认领")
    dispatcher.look()

    volunteer = visit(world.wang)
    page = volunteer.go("/requests/wishes/")
    volunteer.press(f"我来认领 {wish.title}")
    volunteer.press("认领", within=page.get_by_role("dialog"))
    volunteer.lands_on(f"/requests/{wish.pk}/")
    volunteer.press("完成心愿")
    volunteer.lands_on("/finish/")
    page.locator("#id_after").set_input_files([making.upload()])
    page.get_by_label("做了什么").fill("配好眼镜送到家")
    volunteer.press("提交")
    volunteer.lands_on("/requests/orders/")

    page = resident.go(f"/requests/{wish.pk}/")
    resident.press("致谢并办结")
    if page.url.endswith("/thank/") or "/moves/thank/" in page.url:
        resident.look()
        resident.press("致谢并办结")
    expect(page.locator("main")).to_contain_text("已完成")
    resident.look()
    assert making.fresh(wish).step == "closed"


def test_anybody_may_look_at_the_board(visit, world):
    visit().go("/requests/wishes/")
    visit().go("/requests/catalogue/")
