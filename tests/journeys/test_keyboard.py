"""点派接验评, the whole loop, by somebody who has a keyboard and nothing else."""

import pytest
from playwright.sync_api import expect

from tongxin.cases.models import Case

from . import making

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
MOST_TABS = 90
NAME = """() => {
  const e = document.activeElement
  if (e === document.body) return ''
  const words = e.labels?.length ? [...e.labels].map(l => l.textContent).join(' ') : e.getAttribute('aria-label') || e.textContent
  return words.replace(/\\s+/g, ' ').trim()
}"""


class Keys:
    """Moves the focus as Tab does, and presses what has it."""

    def __init__(self, visitor) -> None:
        self.visitor, self.page = visitor, visitor.page

    def reach(self, name: str) -> None:
        """Press Tab until something called `name` has the focus."""
        passed = []
        for _ in range(MOST_TABS):
            passed.append(self.page.evaluate(NAME))
            if name in passed[-1]:
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no way to {name!r} by Tab; passed {passed}")

    def press(self, name: str, key: str = "Enter") -> None:
        self.reach(name)
        self.page.keyboard.press(key)

    def type(self, name: str, words: str) -> None:
        self.reach(name)
        self.page.keyboard.insert_text(words)

    def photo(self, name: str, colour: str, *, within: str) -> None:
        """Choose a photo: only the chooser itself belongs to the system."""
        self.page.locator(within).evaluate("e => { e.tabIndex = -1; e.focus() }")
        self.page.keyboard.press("Tab")  # the field around it has all the words of what is in it
        with self.page.expect_file_chooser() as chooser:
            self.press(name)
        chooser.value.set_files([making.upload(colour)])


@pytest.mark.parametrize("width", [1440], indirect=True)
def test_the_whole_loop_by_keys_alone(visit, world):
    resident = visit(world.sun)
    resident.go("/requests/new/")
    keys = Keys(resident)
    keys.type("发生了什么", "卫生间水管爆了，满地是水")
    keys.reach("属于哪一项")
    # The open list of a select belongs to the browser: without a screen it takes no keys.
    resident.page.get_by_label("属于哪一项").select_option(label="水管维修")
    expect(resident.page.locator(".topic-note")).to_be_visible()
    keys.press("用我的位置")
    expect(resident.page.locator(".found")).to_contain_text("第一网格")
    keys.press("提交点单")
    resident.page.wait_for_url("**/filed/")
    case = Case.objects.get(reporter=world.sun.pk)

    dispatcher = visit(world.zhang)
    page = dispatcher.go("/desk/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#dispatch")).to_be_visible()
    Keys(dispatcher).press("派给 王芳")
    dispatcher.sees("派单：")
    assert making.fresh(case).holder == world.wang

    volunteer = visit(world.wang)
    page = volunteer.go("/requests/orders/")
    keys = Keys(volunteer)
    keys.press(f"接单 {case.title}")
    page.wait_for_url(f"**/{case.pk}/")
    keys.press("签到")
    volunteer.sees("刚到现场")
    keys.press("办结")
    page.wait_for_url("**/finish/**")
    keys.photo("从相册选", "teal", within=".field:has(#id_after)")
    expect(page.get_by_alt_text("照片 1")).to_be_visible()
    keys.type("做了什么", "换了垫圈，试水不漏")
    keys.press("提交办结")
    page.wait_for_url("**/orders/")

    verifier = visit(world.chen)
    verifier.go("/verify/")
    Keys(verifier).press("验单通过")
    verifier.sees("验单通过：")

    page = resident.go(f"/requests/{case.pk}/")
    keys = Keys(resident)
    keys.press("评单")
    page.wait_for_url("**/rate/**")
    keys.reach("非常满意")
    page.keyboard.press("Space")
    keys.press("提交评价")
    resident.sees("谢谢您的评价")
    assert (making.fresh(case).step, making.fresh(case).request.stars) == ("closed", 5)
