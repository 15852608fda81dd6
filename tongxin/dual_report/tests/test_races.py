"""Races on a real PostgreSQL: the last place goes to one, and planning twice plans once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from tongxin.accounts.models import Notice, User
from tongxin.dual_report import actions
from tongxin.dual_report.actions.posts import PostFull
from tongxin.dual_report.models import DutyTurn, MemberReport, PostClaim
from tongxin.kit.errors import Refused
from tongxin.testing import World

from .conftest import DAY, NOON, TODAY, a_post, fresh, on_roster

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def land(transactional_db):
    if connection.vendor != "postgresql":
        pytest.skip("races are proved on PostgreSQL")
    return World().build()


def at_once(work, items, workers=50):
    """Run `work(item)` in that many threads, each with its own connection; collect the results."""

    def one(item):
        try:
            return work(item)
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=workers) as pool:
        return list(pool.map(one, items))


@pytest.mark.mission("S3.27")
def test_the_last_place_claimed_by_fifty_goes_to_one(land):
    post = a_post(land, wanted=1)
    people = User.objects.bulk_create(User(username=f"v{n}", name=f"志愿者{n}") for n in range(50))
    got = at_once(lambda u: actions.claim_post(post=post, by=u, at=NOON), people)
    assert [one.state for one in got if isinstance(one, PostClaim)] == ["held"]
    assert sum(isinstance(one, PostFull) for one in got) == 49
    assert fresh(post).taken == 1 and PostClaim.objects.count() == 1


def test_places_given_back_at_once_go_to_who_waited_first(land):
    post = a_post(land, wanted=5)
    people = User.objects.bulk_create(User(username=f"v{n}", name=f"志愿者{n}") for n in range(10))
    claims = [actions.claim_post(post=post, by=u, at=NOON, wait=True) for u in people]
    at_once(lambda c: actions.release_claim(claim=c, by=c.user, at=NOON), claims[:5], workers=5)
    held = PostClaim.objects.filter(state="held").order_by("pk")
    assert [claim.user_id for claim in held] == [u.pk for u in people[5:]]
    assert fresh(post).taken == 5


def test_a_member_reporting_twenty_times_at_once_reports_once(land):
    def report(_n):
        return actions.report_member(
            person=land.wang_member.person, community=land.pine, by=fresh(land.wang), at=NOON,
            agreed=True,
        )  # fmt: skip

    got = at_once(report, range(20), workers=20)
    assert sum(isinstance(one, MemberReport) for one in got) == 1
    assert MemberReport.objects.count() == 1


def test_two_desks_planning_at_once_plan_once(land):
    roster, _posts = on_roster(land, "wang", "zhao")
    at_once(
        lambda who: actions.plan_turns(
            roster=roster, since=TODAY, until=TODAY + 27 * DAY, by=fresh(who), at=NOON
        ),
        [land.zhang, land.chen] * 4, workers=8,
    )  # fmt: skip
    assert DutyTurn.objects.count() == 12


def test_two_workers_remind_once(land):
    on_roster(land, "wang")
    MemberReport.objects.update(renew_by=TODAY + 5 * DAY)
    at_once(lambda _n: actions.report_in_due(at=NOON), range(8), workers=8)
    assert Notice.objects.filter(title="报到快到期了").count() == 1
