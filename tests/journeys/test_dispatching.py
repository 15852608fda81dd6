"""Advice, plans and simulations: what a dispatcher and an officer do with them in a browser."""

from datetime import time

import pytest
from playwright.sync_api import expect

from tongxin.cases.actions import make_move
from tongxin.dispatching.actions import make_plan, simulations_due
from tongxin.dispatching.models import Simulation
from tongxin.orgs.models import Volunteer, VolunteerTime

from . import making

pytestmark = pytest.mark.browser
TITLES = ["阳台水管漏水", "厨房水龙头关不紧", "楼顶水箱溢水", "卫生间地漏堵了"]


@pytest.fixture
def waiting(world):
    for day in range(1, 8):
        VolunteerTime.objects.create(
            volunteer=world.wang.volunteer, weekday=day, since=time(8), until=time(21)
        )
    return [
        making.filed(world, text, ago=90 - 20 * n, lng=117.55 + n / 100, lat=39.25 + n / 200)
        for n, text in enumerate(TITLES)
    ]


def test_advice_says_how_and_why_not_and_the_chain_is_seen(visit, world, waiting):
    visitor = visit(world.zhang)
    case = waiting[0]
    queue = [world.wang.pk, world.zhao.pk]
    make_move(case, "offer", at=making.now() - 40 * making.MINUTE, actor=world.zhang, queue=queue)
    make_move(
        making.fresh(case), "decline", at=making.now() - 20 * making.MINUTE, actor=world.wang,
        note="今天在外地",
    )  # fmt: skip
    page = visitor.go(f"/cases/{case.pk}/")
    advice = page.locator("#advice")
    expect(advice).to_contain_text("今天在外地")
    expect(advice).to_contain_text("赵磊")
    visitor.look()
    page.locator("#why-not-name").fill("王芳")
    visitor.press("问为什么")
    expect(page.locator("#why-not")).to_contain_text("这张单子已经问过：婉拒")
    page = visitor.go(f"/cases/{waiting[1].pk}/")
    page.locator("#advice .marks summary").first.click()
    expect(page.locator("#advice .marks").first).to_contain_text("同类经验")
    visitor.look()


def test_a_plan_is_made_changed_and_confirmed(visit, world, waiting):
    Volunteer.objects.filter(user=world.zhao).update(is_paused=False)
    visitor = visit(world.liu)
    page = visitor.go("/dispatching/plans/")
    visitor.look()
    visitor.press("计算方案")
    visitor.sees("已证明没有更好的方案")
    visitor.look()
    page.get_by_role("button", name="换人或取出").first.click()
    expect(page.locator(".plan-change .candidates").first).to_be_visible()
    visitor.look()
    page.locator(".plan-change").first.get_by_role("button", name="换成").first.click()
    visitor.sees("手工改定")
    page.get_by_role("button", name="确认，派出").click()
    visitor.sees("已派出")
    visitor.look()
    visitor.go("/dispatching/plans/")
    visitor.look()


def test_a_simulation_is_asked_for_and_read(visit, world):
    visitor = visit(world.gao)
    page = visitor.go("/dispatching/simulations/")
    page.locator("[name=orders]").fill("1500")
    page.locator("[name=volunteers]").fill("200")
    visitor.look()
    visitor.press("开始模拟")
    visitor.sees("在等后台计算")
    while simulations_due(at=making.now()):
        pass
    visitor.go(f"/dispatching/simulations/{Simulation.objects.get().pk}/")
    visitor.sees("按权重逐张派")
    visitor.look()


def test_the_weights_are_read_and_changed(visit, world):
    visitor = visit(world.gao)
    visitor.go("/dispatching/weights/")
    visitor.look()


def test_a_plan_that_could_not_be_carried_out_says_so(visit, world, waiting):
    plan = make_plan(region=world.north, at=making.now(), by=world.liu)
    make_move(waiting[0], "cancel", at=making.now(), actor=world.sun)
    visitor = visit(world.liu)
    page = visitor.go(f"/dispatching/plans/{plan.pk}/")
    page.get_by_role("button", name="确认，派出").click()
    visitor.sees("没有派成")
    visitor.look()
