"""Merging at the desk, side by side; followers are told of the leader, and freed when it is withdrawn."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import now

from tongxin.cases.actions import make_move
from tongxin.kit.errors import Refused
from tongxin.matters.actions import NothingToMerge, follow_events, join_matter, merge_cases
from tongxin.matters.models import Joining

from .desk import ask, browser, text_of

LATER = timedelta(seconds=10)


@pytest.fixture
def lamps(world):
    return [
        ask(world),
        ask(world, "3号楼前路灯不亮", who=world.ma),
        ask(world, "路灯黑了好几天", who=world.wang),
    ]


def url(case):
    return f"/matters/{case.pk}/merge/"


class TestPage:
    def test_side_by_side_with_what_speaks_for_it(self, world, lamps):
        page = text_of(browser(world.zhang).get(url(lamps[0]), {"with": str(lamps[1].pk)}))
        assert lamps[0].number in page and lamps[1].number in page
        assert "“路灯" in page or "“3号楼" in page
        assert "孙*姨" in page and "孙阿姨" not in page

    def test_merge(self, world, lamps):
        ids = [str(case.pk) for case in lamps]
        response = browser(world.zhang).post(url(lamps[0]), {"with": ids, "leader": ids[0]})
        assert response["Location"] == f"/cases/{lamps[0].pk}/"
        for case in lamps[1:]:
            case.refresh_from_db()
            assert (case.step, case.parent) == ("merged", lamps[0])
        beside = text_of(browser(world.zhang).get(f"/matters/{lamps[0].pk}/beside/"))
        assert "已并入 2 张单子" in beside and lamps[2].number in beside

    def test_another_is_added_by_its_number(self, world, lamps):
        page = text_of(browser(world.zhang).get(url(lamps[0]), {"number": lamps[2].number}))
        assert lamps[2].title in page
        page = text_of(browser(world.zhang).get(url(lamps[0]), {"number": "120116-20260101-9999"}))
        assert "没有找到编号" in page

    def test_without_a_leader_nothing_happens(self, world, lamps):
        response = browser(world.zhang).post(url(lamps[0]), {"with": [str(lamps[1].pk)]})
        assert response.status_code == 422 and "请指定由哪一张牵头" in text_of(response)

    def test_for_the_desk_only(self, world, lamps):
        assert browser(world.sun).get(url(lamps[0])).status_code == 403
        assert browser(world.wu).get(url(lamps[0])).status_code == 404


class TestAction:
    def test_all_or_none(self, world, lamps):
        make_move(lamps[2], "cancel", at=now(), actor=world.wang)
        with pytest.raises(Refused):
            merge_cases(leader=lamps[0], others=lamps[1:], at=now(), actor=world.zhang)
        lamps[1].refresh_from_db()
        assert lamps[1].step == "filed"
        with pytest.raises(NothingToMerge):
            merge_cases(leader=lamps[0], others=[lamps[0]], at=now(), actor=world.zhang)

    def test_who_joined_a_follower_follows_the_leader(self, world, lamps):
        join_matter(case=lamps[1], actor=world.chen, at=now())
        join_matter(case=lamps[1], actor=world.sun, at=now())  # whose own request will lead
        merge_cases(leader=lamps[0], others=[lamps[1]], at=now(), actor=world.zhang)
        assert [(j.case, j.user) for j in Joining.objects.all()] == [(lamps[0], world.chen)]

    def test_the_followers_reporter_is_told_of_the_leaders_progress(self, world, lamps):
        merge_cases(leader=lamps[0], others=[lamps[1]], at=now(), actor=world.zhang)
        make_move(lamps[0], "dispatch", at=now(), actor=world.zhang, holder=world.zhao)
        follow_events(at=now() + LATER)
        told = world.ma.notices.get(title__startswith="待接单")
        assert told.url == f"/requests/{lamps[1].pk}/" and lamps[0].number in told.text

    def test_followers_of_what_was_withdrawn_go_their_own_way(self, world, lamps):
        merge_cases(leader=lamps[0], others=lamps[1:], at=now(), actor=world.zhang)
        make_move(lamps[0], "cancel", at=now(), actor=world.sun)
        follow_events(at=now() + LATER)
        for case in lamps[1:]:
            case.refresh_from_db()
            assert (case.step, case.parent) == ("filed", None)
