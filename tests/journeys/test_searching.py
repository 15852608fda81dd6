"""Searching from any page, and deciding about a letter: at both widths, looked at by axe."""

import pytest
from django.utils.timezone import now

from tongxin.mailbox.actions import take_letter
from tongxin.mailbox.models import Address
from tongxin.mailbox.tests.post import letter
from tongxin.orgs.actions import write_log
from tongxin.requests.actions import file_request
from tongxin.searching.actions import read_due

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TEXTS = (
    "北塘东风路的路灯坏了三天，晚上老人上下楼看不见，请派人来修，最好今天能看看",
    "3号楼2单元楼道路灯一闪一闪",
    "小区门口路灯杆歪了，怕砸到人",
    "水管漏水，楼下邻居家已经渗水",
)


@pytest.fixture
def told(world):
    for text in TEXTS:
        file_request(text=text, region=world.p1, at=now(), actor=world.sun, topic=world.tap)
    write_log(
        unit=world.branch, kind="study", text="组织党员检修楼道路灯，认领维修岗位", at=now(),
        recorded_at=now(), source="test:1", key="k",
    )  # fmt: skip
    while read_due(at=now()):
        pass
    return world


def test_the_search_is_one_key_away(told, visit, width):
    liu = visit(told.liu)
    liu.go("/street/")
    if width > 700:
        liu.page.keyboard.press("/")
    else:
        liu.page.click(".nav-label")
        liu.page.click(".side-search")
    liu.page.wait_for_url("**/search/")
    liu.look()
    liu.page.fill("#search-words", "路灯")
    liu.page.keyboard.press("Enter")
    liu.page.wait_for_selector("mark")
    assert liu.page.locator(".found li").count() == 3
    liu.look()
    liu.page.click(".segments a:has-text('文件记录')")
    liu.page.wait_for_selector("text=认领维修岗位")
    liu.look()
    liu.go("/search/?q=没有的词")
    liu.go("/search/?q=-x")


def test_a_resident_searches_their_own(told, visit):
    sun = visit(told.sun)
    sun.go("/search/?q=水管")
    assert sun.page.locator(".found li").count() == 1


def test_a_letter_is_decided_about(told, visit, settings, tmp_path):
    settings.TONGXIN_MAILBOX = "imaps://x:y@mail.example/INBOX"
    settings.MEDIA_ROOT = tmp_path
    Address.objects.create(address="pine@shequ.example", region=told.pine)
    case = take_letter(raw=bytes(letter()), at=now()).case
    words = "还是漏水，楼下已经渗到客厅。昨天师傅来过一次，说要等配件，请问什么时候能修好？"
    take_letter(
        raw=bytes(
            letter(words, subject=f"回复 {case.number}", id="<2@x>", sender="x@else.example")
        ),
        at=now(),
    )
    zhang = visit(told.zhang)
    zhang.go("/mailbox/")
    zhang.page.click(".found-title a")
    zhang.page.wait_for_selector(".letter-ways")
    zhang.look()
    zhang.page.fill("#add_number", case.number)
    zhang.page.click("text=并入 >> nth=-1")
    zhang.page.wait_for_selector("text=已并入")
    zhang.go("/mailbox/?state=all")
    nobody = visit(None)
    from tongxin.mailbox.queries import page_link

    nobody.go("/mailbox/follow/" + page_link(case.number).rstrip("/").rpartition("/")[2] + "/")
    assert case.number in nobody.page.content()
