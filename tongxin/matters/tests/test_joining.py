"""我也是: join an open public request, be told of it, leave it; nobody learns who joined."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import now

from tongxin.cases.actions import make_move
from tongxin.kit.errors import NotFound
from tongxin.matters.actions import (
    MatterOver,
    OwnMatter,
    follow_events,
    join_matter,
    leave_matter,
    merge_cases,
)
from tongxin.matters.models import Joining

from .desk import ask, browser, text_of

LATER = timedelta(seconds=10)


@pytest.fixture
def lamp(world):
    return ask(world)


def test_joined_once_counted_and_shown(world, lamp):
    ma = browser(world.ma)
    for _again in range(2):
        ma.post(f"/matters/{lamp.pk}/join/")
    assert Joining.objects.filter(case=lamp).count() == 1
    assert "您说了“我也是”" in text_of(ma.get(f"/matters/{lamp.pk}/join-box/"))
    assert "三号楼路灯坏了" in text_of(ma.get("/matters/joined/"))


def test_who_joined_is_nobodys_business(world, lamp):
    join_matter(case=lamp, actor=world.ma, at=now())
    for who in (world.sun, world.wang):
        page = text_of(browser(who).get(f"/matters/{lamp.pk}/join-box/"))
        assert "马先生" not in page and "1 人" in page or who is world.sun
    assert "马先生" not in text_of(browser(world.zhang).get(f"/matters/{lamp.pk}/beside/"))


def test_who_joined_is_told_how_it_goes_on(world, lamp):
    join_matter(case=lamp, actor=world.ma, at=now())
    make_move(lamp, "dispatch", at=now(), actor=world.zhang, holder=world.wang)
    make_move(lamp, "accept", at=now(), actor=world.wang)
    follow_events(at=now() + LATER)
    told = world.ma.notices.filter(url=f"/requests/{lamp.pk}/outline/")
    assert [one.title for one in told.order_by("id")] == [
        "待接单：三号楼路灯坏了",
        "办理中：三号楼路灯坏了",
    ]
    follow_events(at=now() + LATER)
    assert told.count() == 2


def test_leaving(world, lamp):
    join_matter(case=lamp, actor=world.ma, at=now())
    browser(world.ma).post(f"/matters/{lamp.pk}/leave/")
    assert not Joining.objects.exists()
    assert leave_matter(case=lamp, actor=world.ma) is False


def test_refusals(world, lamp):
    with pytest.raises(OwnMatter):
        join_matter(case=lamp, actor=world.sun, at=now())
    secret = ask(world, "家里的事", is_private=True)
    with pytest.raises(NotFound):
        join_matter(case=secret, actor=world.ma, at=now())
    assert browser(world.ma).post(f"/matters/{secret.pk}/join/").status_code == 404
    make_move(lamp, "cancel", at=now(), actor=world.sun)
    with pytest.raises(MatterOver):
        join_matter(case=lamp, actor=world.ma, at=now())


def test_a_stranger_signs_in_first(world, lamp, client):
    assert "登录后说" in text_of(client.get(f"/matters/{lamp.pk}/join-box/"))
    assert client.post(f"/matters/{lamp.pk}/join/").status_code == 302
    assert not Joining.objects.exists()


def test_what_was_merged_is_joined_where_it_is_led(world, lamp):
    other = ask(world, "3号楼前路灯不亮", who=world.ma)
    merge_cases(leader=lamp, others=[other], at=now(), actor=world.zhang)
    assert join_matter(case=other, actor=world.wang, at=now()).case == lamp
