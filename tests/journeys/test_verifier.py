"""验单: somebody who did not do the work looks at before and after."""

import pytest
from playwright.sync_api import expect

from tongxin.orgs.models import Post

from . import making

pytestmark = [pytest.mark.browser, pytest.mark.mission("S0.52")]


def test_a_verifier_approves_and_sends_back(visit, world):
    good, bad = making.done(world, "阳台水管漏水"), making.done(world, "楼顶水箱溢水")
    visitor = visit(world.chen)
    page = visitor.go("/verify/")
    for kind in ("办理前", "办理后"):
        expect(page.get_by_alt_text(f"{kind}：{good.title}")).to_be_visible()
    visitor.press(f"验单通过 {good.number}")
    visitor.sees(f"验单通过：{good.number}")
    visitor.look()
    visitor.press(f"退回重办 {bad.number}")
    dialog = page.get_by_role("dialog")
    visitor.look()
    visitor.press("退回重办", within=dialog)
    expect(dialog).to_contain_text("说明")
    visitor.look()
    dialog.get_by_label("说明").fill("还在滴水，请再紧一紧")
    visitor.press("退回重办", within=dialog)
    expect(dialog).to_have_count(0)
    visitor.look()
    assert (making.fresh(good).step, making.fresh(bad).step) == ("verified", "accepted")


def test_nobody_verifies_their_own_work(visit, world):
    Post.objects.create(user=world.wang, org=world.pine_party, role="verifier", region=world.pine)
    case = making.done(world)
    visitor = visit(world.wang)
    page = visitor.go("/verify/")
    visitor.sees("您是办理人，这张单子由其他人验")
    expect(page.get_by_role("button", name="验单通过")).to_have_count(0)
    visitor.go(f"/cases/{case.pk}/")
    expect(page.get_by_role("button", name="验单通过")).to_have_count(0)
