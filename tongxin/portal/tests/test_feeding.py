"""Visits made on foot are counted where rounds and contact points are kept: one page tells both."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tongxin.dual_report import actions as report
from tongxin.dual_report.models import HouseholdVisit, WalkTarget
from tongxin.dual_report.queries.rules import forget
from tongxin.fieldwork import actions as fieldwork
from tongxin.portal.feeding import walks_due
from tongxin.testing import NOON

DAY = NOON.date()
LATER = NOON + timedelta(hours=3)


def visit(world, **changes):
    """A visit of Liu's, made to its end."""
    given = {
        "kind": "contact", "title": "走访", "region": world.pine, "by": world.liu, "at": NOON,
        "workers": [world.liu], "due_from": DAY, "due_on": DAY,
    } | changes  # fmt: skip
    made = fieldwork.plan_visit(**given)
    fieldwork.begin_visit(made, at=NOON, by=world.liu)
    return fieldwork.finish_visit(made, answers={}, note="聊了很久", at=LATER, by=world.liu)


def walk(world, kind: str, **more):
    return report.set_walk(
        walker=world.liu, region=world.north, kind=kind, year=2026, by=world.liu, at=NOON, **more
    )


@pytest.fixture
def words(world):
    forget()
    yield
    forget()


@pytest.mark.mission("S2.39")
def test_a_unit_and_a_grid_that_were_visited_are_ticked_once(world, words):
    branches, grids = walk(world, "branches"), walk(world, "grids")
    seen = visit(world, visited=world.branch)
    visit(world, region=world.p1)
    assert walks_due(at=LATER) == 2
    assert walks_due(at=LATER) == 0
    target = branches.targets.get(org=world.branch)
    assert (target.visited_at, target.note) == (LATER, f"见走访记录 {seen.number}")
    assert grids.targets.filter(visited_at__isnull=True).get().region == world.p2


@pytest.mark.mission("S2.38")
def test_a_household_counts_at_the_contact_point_of_who_went(world, words):
    point = report.set_contact_point(
        leader=world.liu, region=world.pine, wanted=12, by=world.liu, at=NOON
    )
    planned = report.plan_visit(
        point=point, household="3 号楼 201", planned_on=DAY, by=world.liu, at=NOON
    )
    rounds = walk(world, "households", labels=["3 号楼 201", "5 号楼 101"])
    for door in ("3 号楼 201", "4 号楼 302"):
        visit(world, kind="household", place_name=door)
    assert walks_due(at=LATER) == 3 and walks_due(at=LATER) == 0
    planned.refresh_from_db()
    assert planned.visited_at == LATER and "聊了很久" not in planned.note
    assert HouseholdVisit.objects.filter(point=point, visited_at__isnull=False).count() == 2
    assert rounds.targets.get(visited_at__isnull=True).label == "5 号楼 101"


def test_what_is_no_walk_ticks_nothing(world, words):
    walk(world, "branches")
    visit(world, kind="inspection", visited=world.branch)  # who inspects has not come to listen
    fieldwork.plan_visit(
        kind="contact", title="还没去", region=world.pine, by=world.liu, at=NOON,
        workers=[world.liu], visited=world.branch,
    )  # fmt: skip
    other = report.set_walk(
        walker=world.tang, region=world.north, kind="branches", year=2026, by=world.liu, at=NOON
    )
    visit(world, visited=world.branch)  # Liu went, Tang did not
    assert walks_due(at=LATER) == 1
    assert not WalkTarget.objects.filter(walk=other, visited_at__isnull=False).exists()
