"""Posts are given and ended, never deleted; organisations close; grids are covered once."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError

from tongxin.accounts.models import AuditEntry
from tongxin.orgs import actions
from tongxin.orgs.models import Org, Post
from tongxin.orgs.scope import posts_of

NOON = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
TODAY, TOMORROW = date(2026, 3, 2), date(2026, 3, 3)
NEXT_YEAR = date(2027, 3, 2)


def give(world, **changed):
    asked = {"user": world.ma, "org": world.pine_office, "role": "dispatcher"}
    return actions.give_post(**asked | changed, at=NOON, by=world.ann)


def roles_on(user, day):
    user.__dict__.pop("_held_posts", None)
    return [post.role for post in posts_of(user, day)]


def trail():
    return list(
        AuditEntry.objects.order_by("pk").values_list("action", "object", "actor__username")
    )


class TestGive:
    def test_a_post_reaches_over_the_organisation_from_today(self, world):
        post = give(world)
        assert (post.region, post.from_date, post.to_date) == (world.pine, TODAY, None)
        assert roles_on(world.ma, TODAY - timedelta(days=1)) == []
        assert roles_on(world.ma, TODAY) == ["dispatcher"]

    def test_it_is_written_down(self, world):
        give(world, region=world.p1)
        assert trail() == [("post.give", "ma", "ann")]
        assert AuditEntry.objects.get().detail == {
            "org": "松社区居委会",
            "role": "dispatcher",
            "region": "120116001001001",
            "from": "2026-03-02",
        }

    def test_one_that_begins_later_gives_nothing_yet(self, world):
        give(world, from_date=TOMORROW, to_date=NEXT_YEAR)
        assert roles_on(world.ma, TODAY) == []
        assert roles_on(world.ma, TOMORROW) == ["dispatcher"]
        assert roles_on(world.ma, NEXT_YEAR) == []

    @pytest.mark.parametrize(
        ("changed", "error", "word"),
        [
            (lambda w: {"region": w.reed}, actions.BadReach, "不在松社区居委会的辖区"),
            (lambda w: {"region": w.north}, actions.BadReach, "不在松社区居委会的辖区"),
            (lambda w: {"to_date": TODAY}, actions.BadDates, "晚于任职日期"),
            (lambda w: {"user": w.zhang}, actions.PostHeld, "张敏已担任"),
        ],
        ids=["beside", "above", "ends at once", "held"],
    )
    def test_what_cannot_be_given_is_refused(self, world, changed, error, word):
        before = Post.objects.count()
        with pytest.raises(error, match=word):
            give(world, **changed(world))
        assert Post.objects.count() == before
        assert not AuditEntry.objects.exists()

    def test_a_closed_account_gets_none(self, world):
        world.ma.is_active = False
        with pytest.raises(actions.NotStanding, match="已停用"):
            give(world)

    def test_a_dissolved_organisation_gives_none(self, world):
        world.pine_office.dissolved_on = TODAY
        with pytest.raises(actions.NotStanding, match="已撤销"):
            give(world)

    def test_a_region_that_is_no_more_cannot_be_reached(self, world):
        world.p1.valid_to = TODAY
        with pytest.raises(actions.NotStanding, match="已停用"):
            give(world, region=world.p1)

    def test_the_database_holds_one_open_post_of_a_kind(self, world):
        held = world.zhang.posts.get()
        with pytest.raises(IntegrityError):
            Post.objects.create(user=held.user, org=held.org, role=held.role, region=held.region)


class TestEnd:
    def test_from_that_day_on_it_gives_nothing_and_the_row_stays(self, world):
        post = world.zhang.posts.get()
        actions.end_post(post=post, on=TOMORROW, at=NOON, by=world.ann)
        assert roles_on(world.zhang, TODAY) == ["dispatcher"]
        assert roles_on(world.zhang, TOMORROW) == []
        assert Post.objects.get(pk=post.pk).to_date == TOMORROW
        assert trail() == [("post.end", "zhang", "ann")]

    def test_it_may_end_today(self, world):
        actions.end_post(post=world.zhang.posts.get(), on=TODAY, at=NOON, by=world.ann)
        assert roles_on(world.zhang, TODAY) == []

    def test_an_end_still_to_come_is_taken_back(self, world):
        post = world.zhang.posts.get()
        actions.end_post(post=post, on=TOMORROW, at=NOON, by=world.ann)
        actions.end_post(post=post, on=None, at=NOON, by=world.ann)
        assert roles_on(world.zhang, NEXT_YEAR) == ["dispatcher"]
        assert [action for action, *_ in trail()] == ["post.end", "post.keep"]

    def test_who_comes_back_gets_a_new_post_beside_the_old(self, world):
        post = world.zhang.posts.get()
        actions.end_post(post=post, on=TODAY, at=NOON, by=world.ann)
        with pytest.raises(actions.PostOver, match="已于 2026-03-02 离任"):
            actions.end_post(post=post, on=None, at=NOON, by=world.ann)
        give(world, user=world.zhang)
        assert world.zhang.posts.count() == 2
        assert roles_on(world.zhang, TODAY) == ["dispatcher"]

    def test_it_does_not_end_in_the_past(self, world):
        with pytest.raises(actions.BadDates, match="不能早于今天"):
            actions.end_post(
                post=world.zhang.posts.get(), on=TODAY - timedelta(days=1), at=NOON, by=world.ann
            )
        assert world.zhang.posts.get().to_date is None


class TestOrgs:
    def test_one_without_people_is_dissolved_and_offered_no_more(self, world):
        actions.end_post(post=world.li.posts.get(), on=TODAY, at=NOON, by=world.ann)
        actions.dissolve_org(org=world.roads, on=TODAY, at=NOON, by=world.ann)
        assert world.roads not in Org.objects.public()
        assert trail()[-1] == ("org.dissolve", "城市管理委", "ann")

    def test_one_with_people_stays(self, world):
        with pytest.raises(actions.StillNeeded, match="李强"):
            actions.dissolve_org(org=world.roads, on=TODAY, at=NOON, by=world.ann)
        assert world.roads in Org.objects.public()

    def test_one_with_others_below_stays(self, world):
        team = Org.objects.create(name="养护队", kind="unit", region=world.tong, parent=world.roads)
        world.li.posts.all().delete()
        with pytest.raises(actions.StillNeeded, match=team.name):
            actions.dissolve_org(org=world.roads, on=TODAY, at=NOON, by=world.ann)

    def test_nobody_stands_under_themselves(self, world):
        team = Org.objects.create(name="养护队", kind="unit", region=world.tong, parent=world.roads)
        actions.check_parent(org=world.water, parent=team)
        for parent in (team, world.roads):
            with pytest.raises(actions.BadParent):
                actions.check_parent(org=world.roads, parent=parent)


@pytest.mark.mission("S0.26")
class TestGrids:
    def test_a_party_unit_covers_grids_of_its_own_land(self, world):
        actions.check_grids(org=world.pine_party, grids=[world.p1, world.p2])

    def test_a_grid_is_covered_once(self, world):
        other = Org.objects.create(name="第二支部", kind="party", region=world.pine)
        other.grids.add(world.p1)
        with pytest.raises(actions.BadGrid, match="已由“第二支部”覆盖"):
            actions.check_grids(org=world.pine_party, grids=[world.p1])
        actions.check_grids(org=other, grids=[world.p1])

    def test_only_party_units_cover_grids(self, world):
        with pytest.raises(actions.BadGrid, match="只有党组织"):
            actions.check_grids(org=world.pine_office, grids=[world.p1])
        actions.check_grids(org=world.pine_office, grids=[])

    def test_neither_a_community_nor_a_grid_elsewhere_can_be_covered(self, world):
        salt_party = Org.objects.create(name="盐社区党委", kind="party", region=world.salt)
        for org, region in ((world.pine_party, world.pine), (salt_party, world.p1)):
            with pytest.raises(actions.BadGrid, match="不是.*里的网格"):
                actions.check_grids(org=org, grids=[region])
