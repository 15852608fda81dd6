"""关怀版 and zoom: every main page with large type, nothing cut, nothing that axe minds.

720 px is a screen of 1440 px at 200 % (WCAG 1.4.4), 390 px a phone.
"""

import pytest
from playwright.sync_api import expect

from . import making

pytestmark = pytest.mark.browser
PAGES = {
    "nobody": "/accounts/sign-in/ /requests/ /requests/wishes/",
    "sun": "/requests/ /requests/new/ /requests/mine/ /requests/{mine}/ /requests/{rated}/rate/ /accounts/inbox/ /accounts/me/",
    "wang": "/requests/hall/ /requests/orders/ /requests/{mine}/ /requests/{mine}/finish/ /requests/points/",
    "mei": "/requests/report/",
    "zhang": "/desk/ /cases/{new}/ /cases/{new}/moves/dispatch/",
    "chen": "/verify/",
    "liu": "/street/ /whistle/",
}


@pytest.fixture
def cases(world):
    making.posted(world, "楼顶水箱溢水")
    making.done(world, "水龙头关不紧")
    return {
        "new": making.filed(world, "阳台水管漏水").pk,
        "mine": making.accepted(world).pk,
        "rated": making.verified(world, "厨房下水道堵了").pk,
    }


@pytest.mark.parametrize("who", PAGES)
@pytest.mark.parametrize("width", [390, 720], indirect=True)
def test_large_type_cuts_nothing(visit, world, cases, who):
    visitor = visit(getattr(world, who, None), care=True)
    for path in PAGES[who].split():
        page = visitor.go(path.format(**cases))
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") == 22


@pytest.mark.parametrize("who", PAGES)
@pytest.mark.parametrize("width", [720], indirect=True)
def test_zoom_cuts_nothing(visit, world, cases, who):
    visitor = visit(getattr(world, who, None))
    for path in PAGES[who].split():
        visitor.go(path.format(**cases))


def test_large_type_is_one_press_away_and_stays(visit, world):
    visitor = visit(world.sun)
    page = visitor.go("/requests/")
    visitor.press("关怀版")
    expect(page.locator("html.care")).to_be_attached()
    visitor.go("/requests/mine/")
    expect(page.locator("html.care")).to_be_attached()
    visitor.press("标准版")
    expect(page.locator("html:not(.care)")).to_be_attached()
