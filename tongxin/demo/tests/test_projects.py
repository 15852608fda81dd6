"""The demo's key tasks: 7–25–120 with every state, and something on each page."""

from datetime import UTC, datetime
from random import Random

import pytest
from django.test import Client

from tongxin.demo.projects import make_projects
from tongxin.projects import queries
from tongxin.projects.models import BenchmarkProject, HardProblem, Programme, Promise, Target, Task
from tongxin.regions.queries import forget

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

pytestmark = pytest.mark.slow


@pytest.fixture
def made(world):
    world.gao.username = "district"
    world.gao.save()
    yield make_projects(world.tong, Random(1), at=NOW)
    forget()


def test_seven_twenty_five_hundred_and_twenty_in_every_state(made, world):
    programme = Programme.objects.get(kind="key_tasks")
    tree = queries.tree_of(
        programme, queries.ready(Task.objects.filter(programme=programme)), NOW.date()
    )
    assert tree.counts == (7, 25, 120)
    assert {"done", "late", "risk", "ok", "draft"} <= {
        row.standing.state for row in queries.rows_of(tree)
    }
    assert made == 126 and Programme.objects.filter(kind="three_year").count() == 5
    assert (
        HardProblem.objects.exists()
        and Promise.objects.exists()
        and BenchmarkProject.objects.exists()
    )
    top = Target.objects.get(name="党群服务中心达标", parent=None)
    assert queries.rolled([top])[top.pk].covered >= top.value


def test_the_pages_have_something_to_show(made, world):
    visitor = Client()
    visitor.force_login(world.gao)
    programme, task = (
        Programme.objects.get(kind="key_tasks"),
        Task.objects.get(title="新建三处社区食堂"),
    )
    assert "最后期限还有" in visitor.get(f"/projects/tasks/{task.pk}/").content.decode()
    for path in (
        "",
        "targets/",
        "problems/",
        "promises/",
        "duties/",
        "points/",
        f"{programme.pk}/gantt/",
    ):
        assert visitor.get(f"/projects/{path}").status_code == 200
