"""What a page of one thing costs: at most eight statements, however much hangs on it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate, now

from tongxin.cases.actions import make_move
from tongxin.projects import actions
from tongxin.projects.models import Programme, Task


@pytest.fixture
def task(world) -> Task:
    """A task under way with parts, stages, reports, an item and a target."""
    today = localdate()
    programme = actions.make_programme(
        kind="three_year", name="三年计划", region=world.tong, org=world.district_office,
        start_on=date(today.year, 1, 1), end_on=date(today.year + 2, 12, 31), by=world.gao, at=now(),
    )  # fmt: skip
    item = actions.make_item(
        programme=programme, aspect="党建", item="阵地", by=world.gao, at=now()
    )
    aim = actions.set_target(
        name="建中心", field="party", unit="个", value=4, region=world.tong, programme=programme,
        from_year=today.year, to_year=today.year + 2, by=world.gao, at=now(),
    )  # fmt: skip
    parts = [actions.Part(world.water, "通水"), actions.Part(world.pine_office, "协调居民")]
    made = actions.make_task(
        programme=programme, item=item, title="建中心", org=world.roads, owner=world.li, aim=aim,
        start_on=today, due_on=today + timedelta(days=200), measure="中心", unit="个", target=4,
        parts=parts, by=world.gao, at=now(),
    )  # fmt: skip
    make_move(actions.give_task(made, by=world.gao, at=now()), "take", at=now(), actor=world.li)
    made.refresh_from_db()
    actions.plan_stages(made, stages=[("施工", 60), ("验收", 10)], by=world.li, at=now())
    for n in (1, 2):
        actions.report_progress(made, value=n, note="进场", by=world.li, at=now())
    return made


def cost(client, url: str) -> int:
    client.get(url)  # land and calendars are read once a process
    with CaptureQueriesContext(connection) as got:
        assert client.get(url).status_code == 200, url
    return len(got)


def test_a_task_a_target_and_a_plan_of_years(world, as_, task):
    programme = Programme.objects.get()
    tails = ("", "board/", "gantt/", "monthly/", "tasks/new/")
    urls = [*(f"/projects/{programme.pk}/{tail}" for tail in tails), f"/projects/targets/{task.aim_id}/",
            f"/projects/targets/{task.aim_id}/split/", "/projects/targets/", "/projects/promises/",
            "/projects/promises/new/", "/projects/duties/"]  # fmt: skip
    client = as_(world.gao)
    over = {url: n for url in urls if (n := cost(client, url)) > 8}
    for user in (world.gao, world.li, world.zhou):
        client = as_(user)
        n = cost(client, f"/projects/tasks/{task.pk}/")
        over |= {user.name: n} if n > 8 else {}
    assert over == {}


def test_a_benchmark_and_its_list(world, as_):
    today = localdate()
    programme = actions.make_programme(
        kind="benchmark", name="对标", region=world.tong, org=world.district_office, start_on=today,
        end_on=today + timedelta(days=200), by=world.gao, at=now(),
    )  # fmt: skip
    pairing = actions.pair(
        programme=programme, org=world.roads, exemplar="深圳市", kind="city", by=world.gao, at=now()
    )
    project = actions.add_project(
        pairing=pairing, name="提速", measure="天", less_is_better=True, baseline=20, theirs=5, target=8,
        due_on=today, by=world.gao, at=now(),
    )  # fmt: skip
    for n in range(3):
        actions.check_project(
            project, on=today, value=14 - n, verdict="on_track", note="抽查", by=world.gao, at=now()
        )
    client = as_(world.gao)
    assert cost(client, f"/projects/{programme.pk}/benchmarks/") <= 8
    assert cost(client, f"/projects/benchmarks/{project.pk}/") <= 8
