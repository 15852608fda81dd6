from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.projects import actions
from tongxin.projects.models import Programme, Task
from tongxin.testing import NOON

DAY = date(2026, 3, 2)
SOON = DAY + timedelta(days=60)


@pytest.fixture
def as_(client):
    def enter(user):
        client.force_login(user)
        return client

    return enter


@pytest.fixture
def programme(world) -> Programme:
    """The district's key tasks of 2026: Gao leads them."""
    return actions.make_programme(
        kind="key_tasks", name="2026年工作分解", region=world.tong, org=world.district_office,
        start_on=date(2026, 1, 1), end_on=date(2026, 12, 31), by=world.gao, at=NOON,
    )  # fmt: skip


@pytest.fixture
def new_task(world, programme):
    """Make a task of the roads department, owned by Li."""

    def make(**changes) -> Task:
        given = {
            "programme": programme, "title": "建设党群服务中心", "org": world.roads, "owner": world.li,
            "start_on": DAY, "due_on": SOON, "by": world.gao, "at": NOON,
        } | changes  # fmt: skip
        return actions.make_task(**given)

    return make


@pytest.fixture
def given(world, new_task):
    """A task that was given out and taken over."""
    from tongxin.cases.actions import make_move

    def make(**changes) -> Task:
        task = new_task(**changes)
        case = actions.give_task(task, by=world.gao, at=NOON)
        make_move(case, "take", at=NOON, actor=world.li)
        task.refresh_from_db()
        return task

    return make
