"""Races on a real PostgreSQL: one extension is asked and granted once, one closing, one number a task."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from tongxin.accounts.models import User
from tongxin.cases.actions import make_move
from tongxin.cases.models import Adjustment, Case, Event
from tongxin.kit.errors import Refused
from tongxin.projects import actions
from tongxin.projects.models import Programme, Task
from tongxin.testing import NOON, World

from .conftest import DAY, SOON
from .test_tasks import end_of, later

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def land(transactional_db) -> World:
    if connection.vendor != "postgresql":
        pytest.skip("races are proved on PostgreSQL")
    return World().build()


@pytest.fixture
def task(land) -> Task:
    programme = actions.make_programme(
        kind="key_tasks", name="2026年工作分解", region=land.tong, org=land.district_office,
        start_on=date(2026, 1, 1), end_on=date(2026, 12, 31), by=land.gao, at=NOON,
    )  # fmt: skip
    made = actions.make_task(
        programme=programme, title="建设党群服务中心", org=land.roads, owner=land.li, start_on=DAY,
        due_on=SOON, by=land.gao, at=NOON,
    )  # fmt: skip
    make_move(actions.give_task(made, by=land.gao, at=NOON), "take", at=NOON, actor=land.li)
    made.refresh_from_db()
    return made


def at_once(work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """Run `work(item)` for all at once, each on its own connection; a refusal is a result."""

    def one(item: Any) -> Any:
        try:
            return work(item)
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(items)) as pool:
        return list(pool.map(one, items))


def move(task: Task, name: str, by: User, at: datetime, **given: Any) -> Event:
    case = Case.objects.get(pk=task.case_id)
    return make_move(case, name, at=at, actor=User.objects.get(pk=by.pk), **given)


@pytest.mark.mission("S1.29")
def test_an_extension_asked_by_two_at_once_is_asked_once_and_granted_once(land, task):
    days = [SOON + timedelta(days=n) for n in (10, 20, 30, 40)]
    asked = at_once(
        lambda day: move(task, "ask_extend", land.li, later(5), note="雨季停工", until=end_of(day)),
        days,
    )
    assert sum(not isinstance(one, Refused) for one in asked) == 1
    assert Adjustment.objects.count() == 1
    granted = at_once(
        lambda _n: move(task, "approve_extend", land.gao, later(6), note="同意"), range(4)
    )
    assert sum(not isinstance(one, Refused) for one in granted) == 1
    task.refresh_from_db()
    assert task.due_on in days and Adjustment.objects.get().verdict == "approved"


def test_a_task_accepted_by_two_at_once_ends_once_and_its_programme_closes_once(land, task):
    actions.report_progress(task, percent=100, note="完成", by=land.li, at=later(1))
    make_move(task.case, "finish", at=later(2), actor=land.li, note="完成")
    done = at_once(lambda _n: move(task, "accept", land.gao, later(3)), range(4))
    assert sum(not isinstance(one, Refused) for one in done) == 1
    closed = at_once(
        lambda _n: actions.close_programme(
            Programme.objects.get(), by=User.objects.get(pk=land.gao.pk), at=later(4)
        ),
        range(4),
    )
    assert sum(isinstance(one, Programme) for one in closed) == 1
    assert sum(isinstance(one, actions.WrongState) for one in closed) == 3


def test_closing_and_adding_at_once_leave_no_open_task_in_a_closed_programme(land, task):
    make_move(task.case, "withdraw", at=later(1), actor=land.gao, note="并入其他任务")

    def act(what: str) -> Any:
        by, programme = User.objects.get(pk=land.gao.pk), Programme.objects.get()
        if what == "close":
            return actions.close_programme(programme, by=by, at=later(2))
        return actions.make_task(
            programme=programme,
            title=what,
            org=land.roads,
            start_on=DAY,
            due_on=SOON,
            by=by,
            at=later(2),
        )

    got = at_once(act, ["甲", "close", "乙"])
    is_closed = Programme.objects.get().state == "closed"
    assert is_closed != Task.objects.filter(case=None).exists()
    numbers = list(Task.objects.order_by("n").values_list("n", flat=True))
    assert numbers == list(range(1, len(numbers) + 1)) and len(got) == 3


def test_a_draft_changed_and_given_out_at_once_is_given_out_once_and_as_it_reads(land):
    programme = actions.make_programme(
        kind="annual", name="草稿方案", region=land.tong, org=land.district_office,
        start_on=date(2026, 1, 1), end_on=date(2026, 12, 31), by=land.gao, at=NOON,
    )  # fmt: skip
    draft = actions.make_task(
        programme=programme, title="草稿", org=land.roads, start_on=DAY, due_on=SOON, by=land.gao,
        at=NOON,
    )  # fmt: skip

    def act(what: str) -> Any:
        by, found = User.objects.get(pk=land.gao.pk), Task.objects.get(pk=draft.pk)
        if what == "give":
            return actions.give_task(found, by=by, at=later(1))
        return actions.change_task(found, title="改过的", by=by, at=later(1))

    got = at_once(act, ["give", "change", "give"])
    assert [isinstance(one, Case) for one in got].count(True) == 1
    draft.refresh_from_db()
    assert draft.case_id and draft.title == "改过的"
    assert Case.objects.get().title in ("草稿", "改过的")
