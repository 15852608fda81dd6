"""Key tasks by browser: the district breaks them down, the unit counts back and shows what a slip does."""

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now
from playwright.sync_api import expect

from tongxin.cases.actions import make_move
from tongxin.projects import actions
from tongxin.projects.models import Stage, Task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def task(world) -> Task:
    today = localdate()
    programme = actions.make_programme(
        kind="key_tasks", name="今年工作分解", region=world.tong, org=world.district_office,
        start_on=today, end_on=today + timedelta(days=300), by=world.gao, at=now(),
    )  # fmt: skip
    item = actions.make_item(
        programme=programme, aspect="党建引领", item="阵地", by=world.gao, at=now()
    )
    made = actions.make_task(
        programme=programme, item=item, title="建党群服务中心", org=world.roads, owner=world.li,
        start_on=today, due_on=today + timedelta(days=120), hard_end=True, by=world.gao, at=now(),
    )  # fmt: skip
    case = actions.give_task(made, by=world.gao, at=now())
    make_move(case, "take", at=now(), actor=world.li)
    return made


def test_the_officer_sees_breakdown_board_and_bars(visit, world, task):
    visitor = visit(world.gao)
    visitor.go("/projects/")
    page = visitor.go(f"/projects/{task.programme_id}/")
    expect(page.get_by_text("1–1–1")).to_be_visible()
    visitor.go(f"/projects/{task.programme_id}/board/")
    page = visitor.go(f"/projects/{task.programme_id}/gantt/")
    expect(page.locator("svg.gantt rect").first).to_be_visible()


@pytest.mark.parametrize("width", [390], indirect=True)
def test_the_unit_counts_back_and_a_slip_past_the_fixed_end_is_only_shown(visit, world, task):
    visitor = visit(world.li)
    page = visitor.go(f"/projects/tasks/{task.pk}/stages/")
    page.get_by_label("阶段和天数").fill("施工 20\n验收 5")
    page.get_by_role("button", name="倒排").click()
    visitor.sees("已从最后期限倒排各阶段")
    stage = Stage.objects.get(n=1)
    page = visitor.go(f"/projects/tasks/{task.pk}/stages/1/slip/")
    page.get_by_label("顺延到").fill(str(stage.end_on + timedelta(days=14)))
    page.get_by_role("button", name="先看影响").click()
    expect(page.get_by_role("alert")).to_contain_text("会超过最后期限")
    expect(page.get_by_role("button", name="确认顺延")).to_have_count(0)
    stage.refresh_from_db()
    assert stage.end_on == stage.planned_end


def test_a_draft_is_changed_a_target_split_and_the_lists_opened(visit, world, task):
    today = localdate()
    draft = actions.make_task(
        programme=task.programme, title="草稿任务", org=world.roads, start_on=today,
        due_on=today + timedelta(days=30), by=world.gao, at=now(),
    )  # fmt: skip
    target = actions.set_target(
        name="新建中心", field="party", unit="个", value=10, region=world.tong, from_year=today.year,
        to_year=today.year, by=world.gao, at=now(),
    )  # fmt: skip
    visitor = visit(world.gao)
    page = visitor.go(f"/projects/tasks/{draft.pk}/change/")
    page.get_by_label("任务", exact=True).fill("改过的任务")
    visitor.press("保存")
    visitor.sees("已修改任务")
    page = visitor.go(f"/projects/targets/{target.pk}/split/")
    page.get_by_label("北塘街道").fill("6")
    page.get_by_label("南港街道").fill("4")
    visitor.press("分解")
    visitor.sees("已分解")
    for path in ("targets/", "promises/", "promises/new/", "duties/", "points/"):
        visitor.go(f"/projects/{path}")
    draft.refresh_from_db()
    assert draft.title == "改过的任务" and target.children.count() == 2
