"""巡查走访: a grid worker walks a round on the phone; an officer plans, writes a checklist, reads what came of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now

from tongxin.fieldwork import actions
from tongxin.fieldwork.models import Checklist, Plan, Visit
from tongxin.findings.actions import load_kinds

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def rounds(world):
    """Samples, a plan of today's rounds, one unannounced visit, one office point."""
    at = now() - timedelta(hours=3)
    actions.load_samples(at=at)
    load_kinds()
    lists = {one.code: one for one in Checklist.objects.all()}
    today = localdate()
    actions.make_plan(
        kind="patrol", name="每日巡查", region=world.north, target_kind="grid", every="daily",
        starts_on=today, by=world.liu, at=at, checklist=lists["daily-patrol"],
    )  # fmt: skip
    actions.make_plan(
        kind="contact", name="走遍社区", region=world.north, target_kind="community", every="once",
        days=200, starts_on=today, assign="each", people=[world.tang, world.liu], by=world.liu,
        at=at, checklist=lists["contact-visit"],
    )  # fmt: skip
    actions.visits_due(at=at)
    actions.plan_point(
        title="松苑流动办公点", region=world.pine, place_name="松苑小区凉亭", services="医保缴费、老年证",
        opens_at=now() + timedelta(days=1), closes_at=now() + timedelta(days=1, minutes=1),
        workers=[world.zhang], by=world.zhang, at=at, announce=True, lng=117.6, lat=39.3,
    )  # fmt: skip
    return lists


@pytest.mark.mission("S4.33")
def test_a_grid_worker_walks_a_round(visit, world, rounds):
    mei = visit(world.mei)
    page = mei.go("/fieldwork/")
    mei.sees("已按路程排好")
    page.get_by_role("link", name="第一网格 · 每日巡查").click()
    mei.look()
    mei.press("开始走访")
    page.wait_for_selector("form[data-checklist]")
    mei.look()
    assert not page.locator('[data-item="quarrel-about"]').is_visible()
    page.locator('[data-item="quarrel"]').get_by_label("有", exact=True).check()
    assert page.locator('[data-item="quarrel-about"]').is_visible()
    mei.press("完成走访")  # nothing is answered yet
    page.wait_for_selector(".has-error")
    mei.look()
    for code in ("facility", "sanitation", "fire-lane"):
        page.locator(f'[data-item="{code}"]').get_by_label("是", exact=True).check()
    page.locator('[data-item="quarrel"]').get_by_label("有", exact=True).check()
    page.locator('[name="a-quarrel-about"]').fill("楼上楼下为漏水争执，尚未报警")
    page.locator('[data-item="need"]').get_by_label("无", exact=True).check()
    page.locator("[name=note]").fill("约好明天再来")
    page.get_by_label("居民情绪").select_option(label="不满")
    mei.press("完成走访")
    mei.sees("今天已完成")
    mei.look()
    done = Visit.objects.get(state="done")
    assert (done.check_how, done.bad_count, done.mood) == ("gps", 1, "upset")

    liu = visit(world.liu)
    page = liu.go("/fieldwork/visits/")
    page.get_by_role("link", name="第一网格 · 每日巡查").first.click()
    liu.look()
    liu.go(f"/fieldwork/visits/{done.pk}/")
    liu.sees("楼上楼下为漏水争执")
    liu.sees("登记的问题")
    liu.press("退回重填")
    page.get_by_label("理由").fill("请补一张照片")
    liu.look()
    liu.press("退回", within=page.locator("main form"))
    liu.sees("已退回重填")
    done.refresh_from_db()
    assert done.state == "begun"


@pytest.mark.mission("S4.20")
def test_an_officer_plans_and_reads_what_is_covered(visit, world, rounds):
    liu = visit(world.liu)
    page = liu.go("/fieldwork/plans/")
    liu.press("新建计划")
    liu.look()
    page.get_by_label("名称").fill("点位周查")
    page.get_by_label("区域").select_option(label="北塘街道 · 松社区")
    page.get_by_label("走访对象").select_option(label="自己列出地点")
    page.get_by_label("地点").fill("农贸市场\n卫生站")
    liu.press("建立计划")
    page.wait_for_url("**/plans/*/")
    liu.look()
    made = Plan.objects.get(name="点位周查")
    assert made.targets.count() == 2
    liu.press("暂停")
    page.get_by_label("理由").fill("市场装修")
    liu.press("暂停计划", within=page.locator("main form"))
    liu.sees("计划已暂停")
    walk = Plan.objects.get(name="走遍社区")
    liu.go(f"/fieldwork/plans/{walk.pk}/")
    liu.sees("0/2")
    liu.go("/fieldwork/figures/")
    liu.sees("按区域")
    liu.go("/fieldwork/points/")
    liu.sees("松苑小区凉亭")
    liu.go("/fieldwork/visits/new/")
    liu.go("/fieldwork/points/new/")


def test_an_officer_writes_a_checklist(visit, world, rounds):
    liu = visit(world.liu)
    page = liu.go("/fieldwork/checklists/")
    liu.press("新建清单")
    page.get_by_label("代码").fill("shop-check")
    page.get_by_label("名称").fill("沿街商户")
    page.get_by_label("适用区域").select_option(label="北塘街道")
    liu.press("建立草稿")
    page.wait_for_url("**/checklists/*/")
    liu.look()
    page.get_by_role("link", name="添加检查项").first.click()
    page.wait_for_url("**/items/new/")
    liu.look()
    page.get_by_label("检查内容").fill("门前三包落实")
    liu.press("保存")
    liu.sees("检查项已保存")
    liu.look()
    liu.press("预览")
    page.wait_for_url("**/preview/")
    liu.look()
    page.go_back()
    liu.press("发布")
    liu.look()
    liu.press("发布", within=page.locator("main form"))
    liu.sees("清单已发布")
    liu.look()
    assert not Checklist.objects.get(code="shop-check").is_draft
    style = rounds["style-check"]
    liu.go(f"/fieldwork/checklists/{style.pk}/")


@pytest.mark.mission("S4.39")
def test_a_resident_finds_the_office_that_comes(visit, world, rounds):
    nobody = visit(None)
    nobody.go("/fieldwork/office-points/")
    nobody.sees("松苑小区凉亭")
    nobody.sees("医保缴费、老年证")
