"""One rule says who sees a case: as a filter, of a case in hand, and page by page."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from tongxin.cases.actions import open_case
from tongxin.cases.lists import Wanted, page_of
from tongxin.cases.models import Case
from tongxin.cases.sight import sees
from tongxin.orgs.models import Post
from tongxin.orgs.scope import posts_of
from tongxin.testing import NOON

PEOPLE = "zhang chen mei liu gao li zhou wu wang zhao sun ma ann".split()


@pytest.fixture
def cases(world):
    """Cases of every sort: places, privacy, hall, doers, organisations, closed ones."""
    made = []
    for n, region in enumerate(
        (world.p1, world.p2, world.pine, world.reed, world.north, world.salt)
    ):
        for private in (False, True):
            at = NOON + timedelta(minutes=n)
            made.append(
                open_case(
                    kind="request", title=f"{n}{private}", region=region, at=at, reporter=world.sun,
                    is_private=private,
                )
            )  # fmt: skip
    changes = [
        {"step": "hall"},
        {"step": "hall", "is_private": True},
        {"holder": world.wang},
        {"offeree": world.zhao},
        {"handler": world.roads},
        {"handler": world.team},
        {"reporter": None},
        {"reporter": world.ma},
        {"step": "hall"},
        {"step": "closed", "closed_at": NOON},
    ]
    for case, change in zip(made, changes, strict=False):
        Case.objects.filter(pk=case.pk).update(**change)
    return list(Case.objects.all())


@pytest.mark.parametrize("who", PEOPLE)
def test_the_filter_the_case_in_hand_and_the_pages_agree(world, cases, who):
    actor = getattr(world, who)
    seen = set(Case.objects.visible_to(actor))
    assert seen == {case for case in cases if sees(actor, case)}
    items, _next = page_of(actor, Wanted(limit=100))
    assert {row["id"] for row in items} == {case.pk for case in seen}
    assert [row["id"] for row in items] == sorted((c.pk for c in seen), reverse=True)


def test_some_see_all_some_see_a_part(world, cases):
    seen = {who: Case.objects.visible_to(getattr(world, who)).count() for who in PEOPLE}
    assert seen["ann"] == seen["gao"] == 12
    assert 0 < seen["wu"] < seen["zhang"] < seen["liu"] < seen["gao"]
    assert seen["wang"] == 4  # what she holds, two in the hall of her street, what her team has
    assert seen["ma"] == 1


def test_a_grid_worker_sees_nothing_private(world, cases):
    assert not any(case.is_private for case in Case.objects.visible_to(world.mei))


def test_the_hall_is_the_whole_streets(world, cases):
    at_reed = Case.objects.get(title="3False")
    Case.objects.filter(pk=at_reed.pk).update(step="hall")
    at_reed.refresh_from_db()
    assert sees(world.wang, at_reed)
    assert not sees(world.ma, at_reed)


def test_a_post_in_the_organisation_that_has_it_is_enough(world, cases):
    team = Case.objects.get(handler=world.team)
    assert sees(world.wang, team)
    assert not sees(world.wu, team)


def test_nobody_sees_nothing(world, cases):
    nobody = AnonymousUser()
    assert not Case.objects.visible_to(nobody).exists()
    assert not any(sees(nobody, case) for case in cases)


def test_a_post_that_ended_opens_nothing(world, cases):
    Post.objects.filter(user=world.zhang).update(to_date=NOON.date())
    world.zhang._held_posts = None
    assert posts_of(world.zhang) == ()
    assert not Case.objects.visible_to(world.zhang).exists()
