"""The named world with the sample frame, and a year of Pine's branch in its book."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from tongxin.orgs.actions import write_log
from tongxin.orgs.models import Membership, Org, Person
from tongxin.regions.models import Region
from tongxin.standards import actions
from tongxin.standards.models import Assessment, AssessmentItem, StandardSet

CHINA = ZoneInfo("Asia/Shanghai")
# New Year's Eve of 2025: every period of the year is over but its last day is.
YEAR = 2025
AFTER = datetime(2026, 3, 2, 10, tzinfo=CHINA)


def log(unit, kind, day, what="", source="", **more) -> None:
    at = datetime(*day, 15, tzinfo=CHINA)
    write_log(
        unit=unit, kind=kind, text=f"{what or kind} {at:%Y-%m-%d}", at=at, recorded_at=at,
        source=source or f"meetings.meeting:{at:%Y%m%d}{what}", key=f"{kind}:{what}:{at:%Y%m%d}",
        data={"kind": what} | more,
    )  # fmt: skip


def live_a_year(unit, *, skip=()) -> None:
    """Write what the frame asks of a small branch in 2025; `skip` leaves out (what, month)."""
    months = range(1, 13)
    for month in months:
        if ("theme_day", month) not in skip:
            log(unit, "meeting", (YEAR, month, 5), "theme_day")
    for month in (2, 5, 8, 11):
        if ("general_meeting", month) not in skip:
            log(unit, "meeting", (YEAR, month, 10), "general_meeting")
        log(unit, "study", (YEAR, month, 12), "lecture")
        log(unit, "dues", (YEAR, month, 20), source="affairs.dues")
        log(unit, "disclosure", (YEAR, month, 25), source=f"affairs.disclosure:{month}")
        log(unit, "service", (YEAR, month, 26), source=f"dual_report.unitreport:{month}")
    log(unit, "meeting", (YEAR, 12, 10), "life_meeting")
    log(unit, "assessment", (YEAR, 12, 12), source="meetings.review:1")
    log(unit, "election", (2024, 4, 1), source="affairs.term:1", until="2029-04-01")


@pytest.fixture
def frame(world) -> StandardSet:
    actions.load_frame()
    return StandardSet.objects.get()


@pytest.fixture
def branch(world, frame) -> Org:
    """Pine's branch with four full members, its grid and a full year."""
    person = Person.objects.create(name="郑和平", home=world.pine)
    Membership.objects.create(
        person=person, unit=world.branch, stage="full", from_date=date(2001, 1, 1),
        admitted_on=date(2000, 1, 1), full_on=date(2001, 1, 1),
    )  # fmt: skip
    world.branch.grids.add(world.p1)
    live_a_year(world.branch)
    return world.branch


@pytest.fixture
def building(world) -> Region:
    return Region.objects.create(
        code="120116001001001001", name="松苑1号楼", short_name="1号楼", level="building",
        parent=world.p1, path=f"{world.p1.path}b1/", lng=117.55, lat=39.25,
    )  # fmt: skip


def assess(world, unit, by=None, year=YEAR) -> Assessment:
    return actions.assess_unit(unit=unit, year=year, by=by or world.tang, at=AFTER)


def row(assessment, code) -> AssessmentItem:
    return assessment.items.select_related("item").get(item__code=code)


def rule_all(world, assessment, by=None, verdict="met") -> None:
    for one in assessment.items.filter(verdict=""):
        actions.rule_item(
            row=one, verdict=verdict, reason="现场查看，照片存档", by=by or world.tang, at=AFTER
        )
