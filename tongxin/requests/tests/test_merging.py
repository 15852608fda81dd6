"""Requests of one matter: one leads, the others follow, and can be taken out again."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils.timezone import now

from tongxin.cases.actions import make_move, settle_events
from tongxin.cases.models import Event
from tongxin.cases.page import check_chain
from tongxin.cases.queries import NoSuchMove
from tongxin.kit.errors import NotPermitted, Refused
from tongxin.requests.merging import CannotLead, LeaderOver, NeedsWord

from .phone import ask, browser, take, text_of


@pytest.fixture
def two(world):
    """Sun's and Ma's requests about the same broken lamp in Pine."""
    return ask(world, text="三号楼路灯坏了"), ask(world, who=world.ma, text="3号楼前路灯不亮")


def merge(case, leader, actor, note=""):
    return make_move(case, "merge", at=now(), actor=actor, leader=leader, note=note)


class TestMerge:
    def test_both_histories_are_kept_and_linked(self, world, two):
        leader, follower = two
        event = merge(follower, leader, world.zhang)
        follower.refresh_from_db()
        leader.refresh_from_db()
        assert (follower.step, follower.parent, follower.is_open) == ("merged", leader, False)
        assert event.data["leader"] == {"id": str(leader.pk), "name": leader.number}
        assert leader.open_children == 0  # it holds nobody up
        assert check_chain(follower)["ok"] and check_chain(leader)["ok"]

    def test_the_followers_reporter_is_told_and_sees_the_leaders_line(self, world, two):
        leader, follower = two
        merge(follower, leader, world.zhang)
        while settle_events(at=now()):
            pass
        assert world.ma.notices.filter(title__startswith="并单").count() == 1
        page = text_of(browser(world.ma).get(f"/requests/{follower.pk}/"))
        assert leader.number in page and "同一件事" in page
        mine = text_of(browser(world.ma).get("/requests/mine/"))
        assert "3号楼前路灯不亮" in mine  # under way, for as long as the leader is

    def test_who_had_the_order_is_let_go_and_told(self, world, two):
        leader, follower = two
        take(world, follower, world.wang)
        merge(follower, leader, world.zhang)
        follower.refresh_from_db()
        assert follower.holder is None
        while settle_events(at=now()):
            pass
        assert world.wang.notices.filter(title__startswith="并单").exists()

    def test_split_takes_it_out_again(self, world, two):
        leader, follower = two
        merge(follower, leader, world.zhang)
        make_move(follower, "split", at=now(), actor=world.ma)  # the resident says it is another
        follower.refresh_from_db()
        leader.refresh_from_db()
        assert (follower.step, follower.parent, leader.open_children) == ("filed", None, 0)
        assert [e.name for e in Event.objects.filter(case=follower).order_by("seq")] == [
            "open",
            "merge",
            "split",
        ]

    def test_a_leader_ends_as_if_it_were_alone(self, world, two):
        leader, follower = two
        merge(follower, leader, world.zhang)
        make_move(leader, "cancel", at=now(), actor=world.sun)
        leader.refresh_from_db()
        assert not leader.is_open

    def test_by_the_form_of_the_case_page(self, world, two):
        leader, follower = two
        url = reverse("cases:move", args=[follower.pk, "merge"])
        page = text_of(browser(world.zhang).get(url))
        assert str(leader.pk) in page
        browser(world.zhang).post(url, {"leader": str(leader.pk), "expect": 1})
        follower.refresh_from_db()
        assert follower.parent == leader

    def test_by_the_api(self, world, two, api):
        leader, follower = two
        path = f"/cases/{follower.pk}/moves/merge"
        hidden = ask(world, lng=117.55, lat=38.85)  # in Salt, which Zhang does not see
        assert api("zhang", "POST", path, {"leader": str(hidden.pk)}).status_code == 404
        answer = api("zhang", "POST", path, {"leader": leader.number})
        assert answer.json()["case"]["step"] == "merged"


class TestRefusals:
    def test_only_the_desk_merges(self, world, two):
        with pytest.raises(NotPermitted):
            merge(two[1], two[0], world.ma)

    def test_the_leader_must_be_in_reach_too(self, world, two):
        far = ask(world, lng=117.55, lat=38.85)
        with pytest.raises(NotPermitted, match="上一级"):
            merge(two[0], far, world.zhang)
        merge(two[0], far, world.gao)  # the district's officer reaches both

    def test_not_to_itself_nor_to_what_is_over(self, world, two):
        with pytest.raises(CannotLead, match="自己"):
            merge(two[0], two[0], world.zhang)
        make_move(two[1], "cancel", at=now(), actor=world.ma)
        with pytest.raises(CannotLead, match="已经结束"):
            merge(two[0], two[1], world.zhang)

    def test_no_chains(self, world, two):
        third = ask(world, text="路灯又坏了")
        merge(two[1], two[0], world.zhang)
        with pytest.raises(CannotLead, match="请选那一张"):
            merge(third, two[1], world.zhang)
        with pytest.raises(CannotLead, match="让它牵头"):
            merge(two[0], third, world.zhang)

    def test_private_and_public_only_with_a_persons_word(self, world, two):
        private = ask(world, text="路灯坏了我摔伤", is_private=True)
        with pytest.raises(NeedsWord):
            merge(private, two[0], world.zhang)
        private.refresh_from_db()
        assert (private.step, private.parent) == ("filed", None)
        merge(private, two[0], world.zhang, note="本人同意一起办理")
        private.refresh_from_db()
        assert private.step == "merged"

    def test_the_line_of_a_private_leader_has_no_title(self, world, two):
        private = ask(world, text="王家的私事", is_private=True)
        merge(two[1], private, world.zhang, note="本人同意一起办理")
        page = text_of(browser(world.ma).get(f"/requests/{two[1].pk}/"))
        assert "王家的私事" not in page and private.number in page

    def test_what_is_finished_stays_merged(self, world, two):
        leader, follower = two
        merge(follower, leader, world.zhang)
        leader.step, leader.closed_at = "closed", now()
        leader.save()
        with pytest.raises(LeaderOver):
            make_move(follower, "split", at=now(), actor=world.zhang)

    def test_a_follower_cannot_follow_twice(self, world, two):
        merge(two[1], two[0], world.zhang)
        with pytest.raises(NoSuchMove):
            merge(two[1], two[0], world.zhang)
        assert issubclass(CannotLead, Refused)
