"""Every page: who may open it, that it is drawn, and how many queries it takes."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tongxin.dual_report import actions
from tongxin.orgs.models import Membership

from .conftest import DAY, HOUR, NOON, TODAY, a_post, a_roster, a_unit, fresh, on_roster, reported
from .test_rosters import members

PHONE = ["me/", "new/", "join/", "turns/", "posts/", "pledges/", "pledges/mine/"]
DESK = [
    "desk/", "members/", "units/", "units/new/", "rosters/", "rosters/new/", "appraisals/",
    "posts/manage/", "posts/new/", "record/", "coverage/", "visits/", "honours/",
]  # fmt: skip


BUDGET = 8  # two of them are the frame's: session, and the user with posts and bell


def as_user(client, user):
    client.force_login(user)
    return client


@pytest.mark.parametrize("page", PHONE)
def test_a_members_phone(client, world, clock, page):
    reported(world)
    assert as_user(client, world.wang).get(f"/report-in/{page}").status_code == 200


@pytest.mark.parametrize("who,page", [("zhang", "desk"), ("tang", "desk"), ("qin", "branches"), ("yue", "branches"),
                                       ("wang", "me"), ("sun", "me"), ("ann", "me")])  # fmt: skip
def test_everybody_is_led_to_their_own_page(client, world, clock, who, page):
    answer = as_user(client, getattr(world, who)).get("/report-in/")
    assert answer["Location"] == f"/report-in/{page}/"


def test_a_leader_is_led_to_the_figures(client, world, clock):
    leader = world.person("zhu", "朱区长", world.tong_party, "leader")
    assert as_user(client, leader).get("/report-in/")["Location"] == "/report-in/coverage/"


@pytest.mark.parametrize("page", DESK)
@pytest.mark.parametrize("who", ["zhang", "chen", "liu", "gao", "tang"])
def test_who_acts_for_land_opens_the_desk(client, world, clock, page, who):
    assert as_user(client, getattr(world, who)).get(f"/report-in/{page}").status_code == 200


@pytest.mark.parametrize("page", DESK[:-2])
@pytest.mark.parametrize("who", ["wang", "sun", "mei", "li", "ann"])
def test_others_are_told_whose_it_is(client, world, clock, page, who):
    answer = as_user(client, getattr(world, who)).get(f"/report-in/{page}")
    assert answer.status_code in (302, 403)


@pytest.mark.parametrize("page", [p for p in [*PHONE, *DESK] if p != "pledges/"])
def test_nobody_signed_in_is_asked_to(client, world, page):
    answer = client.get(f"/report-in/{page}")
    assert answer.status_code == 302 and "sign-in" in answer["Location"]


def test_another_community_is_not_there(client, world, clock):
    answer = as_user(client, world.zhang).get(f"/report-in/desk/?region={world.salt.code}")
    assert answer.status_code in (302, 404)


def full(world):
    """Fill Pine with 30 members in a roster, turns, posts, units and reports that wait."""
    roster, posts = members(world, 30, days=(0, 1, 2, 3, 4), wanted=4)
    plan = actions.plan_turns(
        roster=roster, since=TODAY, until=TODAY + 20 * DAY, by=world.zhang, at=NOON
    )
    for turn in plan.made[:25]:
        turn.state, turn.signed_in_at, turn.signed_out_at = "served", turn.starts_at, turn.ends_at
        turn.save()
    for n in range(25):
        post = a_post(world, title=f"岗位{n}")
        actions.claim_post(post=post, by=posts[n].person.user, at=NOON)
        unit = a_unit(world, f"单位{n}党支部", unit_kind="branch")
        actions.report_unit(unit=unit, community=world.pine, contact="方", by=world.zhang, at=NOON)
    Membership.objects.update(in_service=True)
    return roster


def test_pages_take_few_queries_however_much_there_is(client, world, clock):
    roster = full(world)
    reported(world)
    pages_of = {
        "zhang": ["desk/", "members/", "units/", "rosters/", "appraisals/", "posts/manage/",
                  f"rosters/{roster.pk}/", "visits/", "honours/"],
        "wang": ["me/", "turns/", "posts/", "join/"],
    }  # fmt: skip
    taken = {}
    for who, pages in pages_of.items():
        as_user(client, fresh(getattr(world, who)))
        client.get("/report-in/pledges/")
        for page in pages:
            with CaptureQueriesContext(connection) as caught:
                assert client.get(f"/report-in/{page}").status_code == 200
            taken[page] = len(caught)
    assert {page: n for page, n in taken.items() if n > BUDGET} == {}


def test_lists_go_on_where_the_last_page_ended(client, world, clock):
    full(world)
    as_user(client, world.zhang)
    first = client.get("/report-in/appraisals/")
    assert len(first.context["turns"]) == 20
    second = client.get(f"/report-in/appraisals/?cursor={first.context['next_cursor']}")
    ids = [turn.pk for turn in (*first.context["turns"], *second.context["turns"])]
    assert len(ids) == len(set(ids)) == 25


@pytest.mark.parametrize(
    "page", ["desk/", "members/", "units/", "appraisals/", "posts/manage/", "coverage/"]
)
def test_a_cursor_of_ones_own_making_is_refused(client, world, clock, page):
    answer = as_user(client, world.zhang).get(f"/report-in/{page}?cursor=-1")
    assert answer.status_code in (302, 422)


def test_the_places_of_a_street_and_the_grids_of_a_community_are_listed(client, world, clock):
    as_user(client, world.wang)
    assert (
        "苇社区" in client.post("/report-in/places/", {"street": world.north.code}).content.decode()
    )
    assert (
        "第二网格"
        in client.post("/report-in/places/", {"community": world.pine.code}).content.decode()
    )


def test_a_roster_of_another_community_is_not_there(client, world, clock):
    roster = a_roster(world)
    assert as_user(client, world.wu).get(f"/report-in/rosters/{roster.pk}/").status_code == 404
    on_roster(world, "wang", roster=roster)
    answer = as_user(client, world.wang).get(f"/report-in/rosters/{roster.pk}/")
    assert answer.status_code in (302, 403)


def test_a_post_of_yesterday_is_no_longer_offered(client, world, clock):
    a_post(world)
    clock(NOON + 24 * HOUR)
    assert "楼道清理" not in as_user(client, world.sun).get("/report-in/posts/").content.decode()
