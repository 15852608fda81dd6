"""The breakdown 7–25–120 and the benchmarks 63–30–67 come in by sheets, are taken back, go out."""

from __future__ import annotations

from datetime import date

import pytest

from tongxin.orgs.models import Org
from tongxin.projects import actions, queries
from tongxin.projects.models import BenchmarkProject, Exemplar, Node, Pairing, Task
from tongxin.projects.sheets import BenchmarkSheet, KeyTaskSheet
from tongxin.spreadsheets import actions as sheets
from tongxin.spreadsheets.tests.making import check, own_media, problems, take_in  # noqa: F401
from tongxin.testing import NOON

from .conftest import DAY

HEADER = ["方案", "方面", "项", "任务", "责任单位", "责任人", "协同分工", "开始日期", "完成期限", "期限卡死", "衡量指标", "单位", "目标值"]  # fmt: skip
ROW = ["2026年工作分解", "党建引领", "阵地", "建中心", "城市管理委", "李强", "水务局：通水 2026-04-01", "2026-03-02", "2026-06-30", "是", "中心", "个", 4]  # fmt: skip


def whole_breakdown() -> list[list]:
    """Seven aspects, twenty-five items, a hundred and twenty tasks: five an item but for five items."""
    rows, n = [], 0
    for k in range(25):
        for step in range(4 if k < 5 else 5):
            n += 1
            rows.append(
                [*ROW[:1], f"方面{k % 7 + 1}", f"项{k + 1}", f"任务{k + 1}-{step + 1}", *ROW[4:]]
            )
    return rows


@pytest.mark.mission("S4.47")
def test_seven_aspects_twenty_five_items_a_hundred_and_twenty_tasks(world, programme):
    taken = take_in("key_tasks", [HEADER, *whole_breakdown()], world.gao)
    assert taken.outcome == {"new": 120}
    tree = queries.tree_of(programme, queries.ready(Task.objects.all()), DAY)
    assert tree.counts == (7, 25, 120)
    task = Task.objects.order_by("n")[0]
    assert (task.owner, task.hard_end, task.target, task.parts.get().due_on) == (
        world.li, True, 4, date(2026, 4, 1),
    )  # fmt: skip
    assert check("key_tasks", [HEADER, *whole_breakdown()], world.gao).counts == {"same": 120}
    assert len(list(KeyTaskSheet().export(world.gao, whole=True))) == 120


@pytest.mark.mission("S4.56")
def test_a_rural_plan_names_its_opinions_and_its_ten_key_tasks(world, client):
    """From the opinions on rural revival: ten tasks, each with its unit and day, in three years."""
    plan = actions.make_programme(
        kind="rural", name="农区重点任务", region=world.tong, org=world.district_office,
        start_on=date(2026, 1, 1), end_on=date(2028, 12, 31), by=world.gao, at=NOON,
        source="乡村振兴实施意见",
    )  # fmt: skip
    rows = [
        ["农区重点任务", f"方面{n % 5 + 1}", f"项{n + 1}", f"农区任务{n + 1}", *ROW[4:6], "",
         "2026-03-02", f"{2026 + n % 3}-12-31", *ROW[9:]]
        for n in range(10)
    ]  # fmt: skip
    assert take_in("key_tasks", [HEADER, *rows], world.gao).outcome == {"new": 10}
    tree = queries.tree_of(plan, queries.ready(Task.objects.all()), DAY)
    assert tree.counts == (5, 10, 10)
    assert {task.due_on.year for task in Task.objects.filter(programme=plan)} == {2026, 2027, 2028}
    for task in Task.objects.filter(programme=plan).order_by("n")[:4]:
        actions.give_task(task, by=world.gao, at=NOON)
    client.force_login(world.gao)
    page = client.get(f"/projects/{plan.pk}/").content.decode()
    assert "乡村振兴实施意见" in page and "农区任务1" in page and "农区任务10" in page
    late = [[*rows[0][:8], "2029-01-31", *rows[0][9:]]]
    late[0][3] = "农区任务十一"
    assert "方案的完成日期" in str(problems(check("key_tasks", [HEADER, *late], world.gao)))


def test_a_draft_is_changed_by_a_later_sheet_and_all_is_taken_back(world, programme):
    first = take_in("key_tasks", [HEADER, ROW], world.gao)
    later = [*ROW[:8], "2026-07-31", *ROW[9:]]
    second = take_in("key_tasks", [HEADER, later], world.gao)
    assert second.outcome == {"changed": 1} and Task.objects.get().due_on == date(2026, 7, 31)
    for taken in (second, first):
        sheets.undo_import(taken=taken, by=taken.by, at=NOON)
        taken.refresh_from_db()
        sheets.work_off(taken=taken, at=NOON)
        if taken is second:
            assert Task.objects.get().due_on == date(2026, 6, 30)
    assert not Task.objects.exists() and Node.objects.count() == 2


def test_what_was_given_out_is_not_changed_by_a_sheet(world, programme):
    take_in("key_tasks", [HEADER, ROW], world.gao)
    actions.give_task(Task.objects.get(), by=world.gao, at=NOON)
    found = check("key_tasks", [HEADER, [*ROW[:8], "2026-07-31", *ROW[9:]]], world.gao)
    assert "已经下达" in str(problems(found))
    assert Task.objects.get().due_on == date(2026, 6, 30)


def test_rows_that_cannot_be_are_refused_in_words(world, programme):
    bad = [[*ROW] for _n in range(6)]
    for n, row in enumerate(bad):
        row[3] = f"任务{n}"
    bad[0][0] = "没有的方案"
    bad[1][4] = "没有的局"
    bad[2][5] = "周涛"
    bad[3][6] = "水务局 通水"
    bad[4][8] = "2027-01-01"
    bad[5][10] = ""
    said = str(problems(check("key_tasks", [HEADER, *bad], world.gao)))
    for words in (
        "没有您管的方案",
        "没有找到单位",
        "没有在岗的“周涛”",
        "读不懂",
        "方案的完成日期",
        "衡量指标",
    ):
        assert words in said, words
    assert not Task.objects.exists()
    assert not KeyTaskSheet().may(world.li) and not KeyTaskSheet().may(world.tang)


BENCH = ["方案", "单位", "标杆", "标杆类型", "对标项目", "指标", "越小越好", "基线值", "标杆值", "目标值", "完成期限"]  # fmt: skip


@pytest.mark.mission("S2.17", "S2.18")
def test_sixty_three_units_thirty_exemplars_sixty_seven_projects(world):
    actions.make_programme(
        kind="benchmark", name="滨城标杆", region=world.tong, org=world.district_office,
        start_on=date(2026, 1, 1), end_on=date(2026, 12, 31), by=world.gao, at=NOON,
    )  # fmt: skip
    Org.objects.bulk_create(
        [Org(name=f"区级机关{n}", kind="department", region=world.tong) for n in range(63)]
    )
    kinds = ("城市", "开发区", "园区")
    rows = [
        ["滨城标杆", f"区级机关{n % 63}", f"标杆{n % 63 % 30}", kinds[n % 63 % 30 % 3], f"项目{n}", "办理天数", "是", 20, 5, 8, "2026-11-30"]
        for n in range(67)
    ]  # fmt: skip
    taken = take_in("benchmarks", [BENCH, *rows], world.gao)
    assert taken.outcome == {"new": 67}
    programme = Exemplar.objects.all()[0].programme
    counts = queries.counts_of(programme, world.gao, DAY)
    assert (counts.units, counts.exemplars, counts.projects) == (63, 30, 67)
    assert len(list(BenchmarkSheet().export(world.gao, whole=True))) == 67
    assert check("benchmarks", [BENCH, *rows], world.gao).counts == {"same": 67}
    sheets.undo_import(taken=taken, by=taken.by, at=NOON)
    taken.refresh_from_db()
    sheets.work_off(taken=taken, at=NOON)
    assert not BenchmarkProject.objects.exists() and not Pairing.objects.exists()
    worse = [*rows[0][:9], 25, rows[0][10]]
    assert "好于基线" in str(problems(check("benchmarks", [BENCH, worse], world.gao)))
