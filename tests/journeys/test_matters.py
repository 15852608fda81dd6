"""同一件事: 我也是 instead of another request, merging side by side, the board of hot topics."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now
from playwright.sync_api import expect

from tongxin.matters.actions import find_hot_topics
from tongxin.matters.models import Joining
from tongxin.requests.actions import file_request

pytestmark = pytest.mark.browser

MIXER = [
    "丽发新城小区附近搅拌站噪音扰民",
    "投诉丽发新城旁的搅拌站，噪音和灰尘太大",
    "丽发新城搅拌站噪音扰民，半夜施工",
    "丽发新城小区旁边建搅拌站噪音污染严重",
]
PARKING = ["怡和家园捆绑销售车位", "怡和家园强制捆绑销售车位，业主反对", "投诉怡和家园捆绑销售车位"]


def ask(world, text, who, ago=timedelta(hours=2), lng=117.55):
    return file_request(text=text, actor=who, at=now() - ago, lng=lng, lat=39.25)


def test_somebody_says_me_too_instead_of_filing_again(visit, world):
    lamp = ask(world, "三号楼前的路灯坏了三天，晚上看不见路", world.ma)
    visitor = visit(world.sun)
    page = visitor.go("/requests/new/")
    visitor.press("用我的位置", within=page.locator(".place > .btn-row"))
    page.get_by_label("发生了什么").fill("3号楼前路灯不亮了，我电话13800138000")
    visitor.sees("很像的正在办")
    visitor.sees("您写了电话号码")
    visitor.look()
    visitor.press("我也是", exact=False, within=page.locator("#same"))
    visitor.sees("您说了“我也是”")
    assert Joining.objects.get().case == lamp
    visitor.go("/requests/mine/")
    visitor.sees("我也是的")
    visitor.look()
    visitor.go(f"/requests/{lamp.pk}/outline/")
    visitor.sees("您说了“我也是”")
    visitor.look()


def test_the_desk_merges_what_is_one_matter(visit, world):
    one = ask(world, "三号楼前的路灯坏了三天，晚上看不见路", world.ma)
    other = ask(world, "3号楼门口路灯不亮了，老人摔了一跤", world.sun)
    visitor = visit(world.zhang)
    page = visitor.go(f"/cases/{one.pk}/")
    visitor.sees("同一件事")
    visitor.look()
    visitor.press("对比并单", exact=False, within=page.locator(".same-matter"))
    visitor.sees("是同一件事吗")
    visitor.look()
    visitor.press("是同一件，并单")
    visitor.lands_on(f"/cases/{one.pk}/")
    visitor.sees("已并入 1 张单子")
    other.refresh_from_db()
    assert other.parent == one
    follower = visit(world.sun)
    follower.go(f"/requests/{other.pk}/")
    follower.sees("牵头的单子")
    follower.look()


def test_the_board_of_hot_topics(visit, world):
    people = [world.sun, world.ma, world.wang, world.zhao]
    for n, text in enumerate(MIXER):
        ask(world, text, people[n], timedelta(days=2 + 3 * n), 117.53 + n / 100)
    for n, text in enumerate(PARKING):
        ask(world, text, people[n], timedelta(days=1 + n), 117.58)
    today = localdate()
    find_hot_topics(
        region=world.tong,
        since=today - timedelta(days=27),
        until=today + timedelta(days=1),
        at=now(),
    )
    visitor = visit(world.gao)
    page = visitor.go("/matters/hot/")
    visitor.sees("丽发新城：搅拌站噪音")
    expect(page.locator("#hot-map[data-ready]")).to_be_visible()
    visitor.look()
    visitor.press("丽发新城：搅拌站噪音", within=page.locator(".hot-list"))
    visitor.sees("2 × 人数 4")
    visitor.look()
    page.get_by_label("标题", exact=True).fill("丽发新城旁的搅拌站扰民")
    visitor.press("改标题")
    visitor.sees("标题已改")
