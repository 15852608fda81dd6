"""Who is proposed for an order, what is shown as near, what hangs in whose hall."""

from datetime import timedelta

import pytest

from tongxin.accounts.models import User
from tongxin.cases.actions import make_move, settle_events
from tongxin.kit.errors import NotFound, NotPermitted
from tongxin.orgs.models import Org, Post, Volunteer
from tongxin.requests.actions import file_request
from tongxin.requests.queries import (
    candidates,
    hall_for,
    handlers_of,
    nearby,
    person_in_reach,
    way_words,
)
from tongxin.testing import NOON

MINUTE = timedelta(minutes=1)


@pytest.fixture
def tap(world):
    return file_request(
        text="厨房水管漏水", topic=world.tap, lng=117.55, lat=39.25, at=NOON, actor=world.sun
    )


def names(found):
    return [one.name for one in found]


class TestCandidates:
    def test_people_with_the_skill_and_the_grid_worker_are_proposed_with_reasons(self, world, tap):
        found = {one.name: one for one in candidates(tap, at=NOON)}
        assert set(found) == {"王芳", "赵磊", "梅雪"}
        assert found["王芳"].why.startswith("会水电，住松社区（约 ")
        assert found["王芳"].why.endswith("手上没有单（上限 3），本月还没接单")
        assert found["梅雪"].why == "负责第一网格，手上没有单，本月还没接单"

    def test_who_holds_an_order_comes_later(self, world, tap):
        other = file_request(
            text="龙头坏了", topic=world.tap, region=world.p1, at=NOON, actor=world.ma
        )
        make_move(other, "dispatch", at=NOON, actor=world.zhang, holder=world.wang)
        found = names(candidates(tap, at=NOON))
        assert found.index("赵磊") < found.index("王芳")

    def test_nobody_without_the_skill_from_elsewhere_paused_or_full(self, world, tap):
        far = world.person("qian", "钱多", world.salt_office, "volunteer")
        Volunteer.objects.create(user=far, home=world.salt).skills.set(
            world.wang.volunteer.skills.all()
        )
        unskilled = world.person("qiu", "邱实", world.team, "volunteer")
        Volunteer.objects.create(user=unskilled, home=world.pine)
        Volunteer.objects.filter(user=world.wang).update(is_paused=True)
        Volunteer.objects.filter(user=world.zhao).update(cap=0)
        assert names(candidates(tap, at=NOON)) == ["梅雪"]

    def test_the_reporter_is_not_proposed_for_their_own_order(self, world):
        own = file_request(text="水管", topic=world.tap, region=world.p1, at=NOON, actor=world.wang)
        assert "王芳" not in names(candidates(own, at=NOON))

    def test_the_topic_says_who_may_take_it(self, world):
        pothole = file_request(
            text="路上有坑", topic=world.pothole, region=world.p1, at=NOON, actor=world.sun
        )
        assert candidates(pothole, at=NOON) == []
        assert [org.name for org in handlers_of(pothole)][:2] == ["北塘街道办事处", "城市管理委"]

    def test_somebody_is_found_by_name(self, world, tap):
        assert names(candidates(tap, at=NOON, name="赵")) == ["赵磊"]
        assert candidates(tap, at=NOON, name="无此人") == []

    def test_four_queries_however_many_there_are(self, world, tap, django_assert_max_num_queries):
        people = [User(username=f"v{n}", name=f"志愿者{n}") for n in range(60)]
        for user in User.objects.bulk_create(people):
            Volunteer.objects.create(user=user, home=world.reed).skills.set(
                world.wang.volunteer.skills.all()
            )
        tap.refresh_from_db()
        tap.topic  # noqa: B018  read before counting
        with django_assert_max_num_queries(4):
            assert len(candidates(tap, at=NOON, limit=10)) == 10


def test_a_way_is_told_in_round_metres():
    assert way_words(None) == ""
    assert way_words(581) == "（约 600 米）"
    assert way_words(2345) == "（约 2.3 公里）"


class TestHandlers:
    def test_organisations_of_the_place_but_no_party_units(self, world, tap):
        found = {org.name for org in handlers_of(tap)}
        assert {"城市管理委", "松社区居委会", "松社区志愿服务队"} <= found
        assert not found & {"松社区党委", "盐社区居委会"}

    def test_no_departments_where_the_topic_does_not_go_to_them(self, world, tap):
        tap.topic.takers = "volunteer"
        assert {org.kind for org in handlers_of(tap)} == {Org.Kind.COMMUNITY, Org.Kind.TEAM}


def test_an_order_stays_within_reach(world, tap):
    assert person_in_reach(tap, world.wang.pk, at=NOON)
    assert person_in_reach(tap, world.li.pk, at=NOON)
    assert not person_in_reach(tap, world.wu.pk, at=NOON)
    assert not person_in_reach(tap, world.sun.pk, at=NOON)


class TestNearby:
    def test_open_public_requests_of_the_topic_within_300_metres(self, world, tap):
        close = nearby(lng=117.552, lat=39.25, topic=world.tap)
        assert [one.case for one in close] == [tap]
        assert 150 < close[0].metres < 200
        assert nearby(lng=117.552, lat=39.25, topic=world.errand) == []
        assert nearby(lng=117.56, lat=39.25, topic=world.tap) == []
        assert nearby(lng=117.552, lat=39.25, besides=tap.pk) == []

    def test_private_closed_and_far_away_ones_are_not_shown(self, world, tap):
        make_move(tap, "cancel", at=NOON, actor=world.sun)
        file_request(
            text="家事",
            topic=world.tap,
            lng=117.55,
            lat=39.25,
            at=NOON,
            actor=world.sun,
            is_private=True,
        )
        assert nearby(lng=117.55, lat=39.25) == []
        assert nearby(lng=10.0, lat=39.25) == []

    def test_one_query(self, world, tap, django_assert_num_queries):
        nearby(lng=117.55, lat=39.25)
        with django_assert_num_queries(1):
            nearby(lng=117.55, lat=39.25, topic=world.tap)


class TestHall:
    def test_volunteers_of_the_street_see_the_hall_others_do_not(self, world, tap):
        make_move(tap, "post", at=NOON, actor=world.zhang)
        assert list(hall_for(world.wang)) == [tap]
        assert list(hall_for(world.mei)) == [tap]
        reed = world.person("he2", "何苇", world.north_office, "volunteer", world.reed)
        assert list(hall_for(reed)) == [tap]
        salt = world.person("yan", "严海", world.salt_office, "volunteer")
        assert list(hall_for(salt)) == []
        assert list(hall_for(world.sun)) == []

    def test_ones_own_request_is_not_in_ones_hall(self, world):
        own = file_request(text="水管", topic=world.tap, region=world.p1, at=NOON, actor=world.wang)
        make_move(own, "post", at=NOON, actor=world.zhang)
        assert list(hall_for(world.wang)) == []


class TestRecall:
    """收回: a dispatch taken back, within the table."""

    def test_it_works(self, world, tap):
        make_move(tap, "dispatch", at=NOON, actor=world.zhang, holder=world.wang)
        make_move(tap, "recall", at=NOON + MINUTE, actor=world.zhang)
        tap.refresh_from_db()
        assert (tap.step, tap.holder, tap.handler) == ("filed", None, None)

    def test_who_had_it_is_told(self, world, tap):
        make_move(tap, "dispatch", at=NOON, actor=world.zhang, holder=world.wang)
        make_move(tap, "recall", at=NOON + MINUTE, actor=world.zhang)
        settle_events(at=NOON + MINUTE)
        assert world.wang.notices.filter(title__startswith="收回").count() == 1

    def test_giving_it_to_another_tells_the_first(self, world, tap):
        make_move(tap, "dispatch", at=NOON, actor=world.zhang, holder=world.wang)
        event = make_move(tap, "dispatch", at=NOON, actor=world.zhang, holder=world.zhao)
        assert event.data["taken_from"] == [world.wang.pk]

    @pytest.mark.parametrize(
        ("who", "refusal"), [("wang", NotPermitted), ("sun", NotPermitted), ("wu", NotFound)]
    )
    def test_it_is_for_the_desk(self, world, tap, who, refusal):
        make_move(tap, "dispatch", at=NOON, actor=world.zhang, holder=world.wang)
        with pytest.raises(refusal):
            make_move(tap, "recall", at=NOON, actor=getattr(world, who))

    def test_not_once_it_is_accepted(self, world, tap):
        from tongxin.cases.queries import NoSuchMove

        make_move(tap, "dispatch", at=NOON, actor=world.zhang, holder=world.wang)
        make_move(tap, "accept", at=NOON, actor=world.wang)
        with pytest.raises(NoSuchMove):
            make_move(tap, "recall", at=NOON, actor=world.zhang)


def test_posts_that_ended_do_not_count(world, tap):
    Post.objects.filter(user=world.mei).update(to_date=NOON.date())
    assert "梅雪" not in names(candidates(tap, at=NOON))
