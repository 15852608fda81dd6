"""议一议 on a phone: support, and a vote in three taps with its receipt; the desk beside it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils.timezone import now
from playwright.sync_api import expect

from tongxin.accounts.actions import set_phone
from tongxin.taking_part import actions
from tongxin.taking_part.models import Ballot, Motion

pytestmark = pytest.mark.browser
DAY = timedelta(days=1)


@pytest.fixture
def poll(world):
    """A secret poll of Pine that is open now; Sun and a neighbour are on its roll."""
    at = now()
    actions.load_rules(at=at, by=world.ann)
    set_phone(user=world.sun, phone="13900000001", by=world.ann, at=at)
    given = {"by": world.zhang, "at": at - 9 * DAY}
    one = actions.set_poll(
        community=world.pine, title="小广场夜间照明", text="加装两盏灯。", rule="community_households",
        is_secret=True, opens_at=at - DAY, closes_at=at + DAY, **given,
    )  # fmt: skip
    rows = [
        {"name": "孙桂兰", "place": "1-1-101", "phone": "13900000001"},
        {"name": "马建国", "place": "1-1-102"},
    ]
    actions.add_to_roll(one, rows, **given)
    actions.post_roll(one, **given)
    actions.polls_due(at=at)
    return one


@pytest.mark.mission("S4.69")
@pytest.mark.parametrize("width", [390], indirect=True)
def test_a_resident_votes_in_three_taps_and_checks_the_receipt(visit, world, poll):
    sun = visit(world.sun, care=True)
    page = sun.go(f"/taking-part/near/?community={world.pine.code}")
    page.get_by_role("link", name=re.compile("小广场夜间照明")).click()
    sun.press("赞成")
    sun.lands_on("/vote/")
    sun.press("确认投票")
    sun.sees("已投票")
    sun.look()
    receipt = page.locator(".filed-number").inner_text()
    page = sun.go(f"/taking-part/polls/{poll.pk}/")
    page.get_by_label("回执码").fill(receipt)
    sun.press("查询")
    sun.sees("这一票已计入")
    assert Ballot.objects.get().choice == "yes"


@pytest.mark.parametrize("width", [1440], indirect=True)
def test_a_motion_goes_from_the_phone_to_the_desk(visit, world, poll):
    sun = visit(world.sun)
    page = sun.go(f"/taking-part/near/?community={world.pine.code}")
    sun.press("提议题")
    page.get_by_label("议题", exact=True).fill("电动车棚改到北门")
    page.get_by_label("议题内容").fill("东门车棚挡了无障碍通道。")
    sun.press("提出议题")
    sun.sees("已提出")
    sun.look()
    zhang = visit(world.zhang)
    page = zhang.go("/taking-part/")
    page.get_by_role("link", name="电动车棚改到北门").click()
    zhang.lands_on("/desk/motions/")
    zhang.press("受理")
    page.get_by_label(re.compile("说明")).fill("受理，请大家讨论。")
    page.get_by_role("main").get_by_role("button", name="受理").click()
    zhang.sees("讨论中")
    zhang.go(f"/taking-part/desk/polls/{poll.pk}/")
    expect(page.get_by_text("截止前不显示票数")).to_be_visible()
    assert Motion.objects.get().case.step == "discussing"
