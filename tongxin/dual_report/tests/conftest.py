"""What the tests of report-in share: rules read anew, and the first steps of the named world."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from tongxin.dual_report import actions
from tongxin.dual_report.actions.rosters import WeeklySlot
from tongxin.dual_report.queries.rules import forget
from tongxin.orgs.models import Org
from tongxin.testing import NOON

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TODAY = date(2026, 3, 2)  # NOON is a Monday, 10:00 in China


@pytest.fixture(autouse=True)
def _forget_rules():
    forget()
    yield
    forget()


@pytest.fixture
def clock(monkeypatch):
    """Return a function that sets what time the pages of report-in think it is."""
    places = ("me", "duty", "desk", "posts", "rosters", "visits", "honours", "coverage")

    def at(moment: datetime) -> None:
        for name in places:
            module = f"tongxin.dual_report.views.{name}"
            monkeypatch.setattr(f"{module}.now", lambda: moment, raising=False)
            if name in {"desk", "rosters", "visits", "coverage"}:
                monkeypatch.setattr(
                    f"{module}.localdate", lambda *given: (given[0] if given else moment).date()
                )
        monkeypatch.setattr("tongxin.dual_report.rest.now", lambda: moment, raising=False)

    at(NOON)
    return at


def fresh(thing):
    return type(thing).objects.get(pk=thing.pk)


def reported(world, who="wang", community=None, *, at=NOON, confirmed=True, **given):
    """Return the report of a member of the world, confirmed by Zhang (of Pine) or Wu (of Salt)."""
    member = getattr(world, f"{who}_member")
    community = community or world.pine
    report = actions.report_member(
        person=member.person,
        community=community,
        by=member.person.user,
        at=at,
        agreed=True,
        **given,
    )
    if confirmed:
        desk = world.zhang if community == world.pine else world.wu
        report = actions.confirm_member(report=report, by=fresh(desk), at=at)
    return report


def a_unit(world, name="北塘电厂党委", *, region=None, sector="state_firm", **more) -> Org:
    """Return the party organisation of a unit that sits in Pine."""
    given = {"unit_kind": "committee", "parent": world.tong_party, **more}
    return Org.objects.create(
        name=name, kind="party", region=region or world.pine, sector=sector, **given
    )


def a_roster(world, *, days=(0, 2, 4), starts=time(19), ends=time(21), wanted=1, name="夜间巡逻"):
    """Return a roster of Pine: three evenings a week at 117.6 E, 39.3 N."""
    return actions.open_roster(
        community=world.pine, name=name, role="patrol", service="safety", place="服务站门口",
        lng=117.6, lat=39.3, slots=[WeeklySlot(day, starts, ends, wanted) for day in days],
        by=fresh(world.zhang), at=NOON,
    )  # fmt: skip


def on_roster(world, *who, roster=None, times=()):
    """Return a roster of Pine that these members have joined, and their posts."""
    roster = roster or a_roster(world)
    posts = [
        actions.join_roster(
            roster=roster, report=reported(world, one), by=fresh(world.zhang), at=NOON, times=times
        )
        for one in who
    ]
    return roster, posts


def a_turn(world, who="wang", *, at=NOON):
    """Return a planned turn of Monday evening, 19:00–21:00 in China."""
    roster, _posts = on_roster(world, who)
    plan = actions.plan_turns(roster=roster, since=TODAY, until=TODAY, by=fresh(world.zhang), at=at)
    return plan.made[0]


def a_post(world, **given):
    """Return a post of Pine for tomorrow, 09:00–11:00 in China, of two people."""
    fields = {
        "title": "楼道清理", "service": "environment", "place": "3 号楼", "wanted": 2,
        "starts_at": NOON + 23 * HOUR, "ends_at": NOON + 25 * HOUR,
    } | given  # fmt: skip
    return actions.offer_post(community=world.pine, by=fresh(world.zhang), at=NOON, **fields)
