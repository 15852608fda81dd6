"""Who a token is, with which posts, by one query."""

from datetime import date, timedelta

import pytest

from tongxin.accounts.actions import make_token, revoke_token, tell
from tongxin.accounts.models import Notice, Token
from tongxin.accounts.queries import unread_on_page
from tongxin.orgs.models import Post
from tongxin.orgs.queries import actor_of_token, orgs_for, reader_of_page
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import get_land
from tongxin.testing import NOON

DAY = timedelta(days=1)


@pytest.fixture
def token(world):
    return make_token(user=world.zhang, name="test", at=NOON)


class TestActorOfToken:
    def test_one_query_finds_the_user_and_their_posts(
        self, world, token, django_assert_num_queries
    ):
        with django_assert_num_queries(1):
            actor = actor_of_token(token, NOON)
            held = posts_of(actor)
        assert (actor.pk, actor.name, actor.is_superuser) == (world.zhang.pk, "张敏", False)
        assert held == posts_of(world.zhang)
        assert [(post.role, post.path) for post in held] == [("dispatcher", world.pine.path)]

    def test_all_posts_of_today_and_no_others(self, world, token):
        post = {"user": world.zhang, "org": world.team, "role": "volunteer"}
        Post.objects.create(**post, region=world.pine)
        Post.objects.create(**post, region=world.reed, to_date=date(2026, 3, 2))
        Post.objects.create(**post, region=world.salt, from_date=date(2026, 3, 3))
        actor = actor_of_token(token, NOON)
        assert {post.role for post in posts_of(actor)} == {"dispatcher", "volunteer"}
        assert world.salt.path in {p.path for p in posts_of(actor_of_token(token, NOON + DAY))}

    def test_a_resident_holds_none(self, world):
        actor = actor_of_token(make_token(user=world.sun, name="test", at=NOON), NOON)
        assert actor == world.sun
        assert posts_of(actor) == ()

    def test_the_administrator_is_known_as_such(self, world):
        assert (
            actor_of_token(make_token(user=world.ann, name="t", at=NOON), NOON).is_superuser is True
        )

    def test_what_is_not_at_hand_is_read_when_asked_for(self, world, token):
        assert actor_of_token(token, NOON).joined_at is None

    def test_an_unknown_token_is_nobody(self, world, token):
        assert actor_of_token("tx_" + "0" * 40, NOON) is None
        assert actor_of_token("", NOON) is None

    def test_a_revoked_token_is_nobody(self, world, token):
        revoke_token(token=Token.objects.get(), by=world.zhang, at=NOON)
        assert actor_of_token(token, NOON) is None

    def test_an_expired_token_is_nobody(self, world):
        token = make_token(user=world.sun, name="test", at=NOON, expires_at=NOON + DAY)
        assert actor_of_token(token, NOON) == world.sun
        assert actor_of_token(token, NOON + DAY) is None

    def test_a_disabled_user_is_nobody(self, world, token):
        world.zhang.is_active = False
        world.zhang.save()
        assert actor_of_token(token, NOON) is None


class TestOrgs:
    def test_who_answers_for_a_place(self, world):
        land = get_land(world.pine.code)
        assert set(orgs_for(kind="department", land=land)) == {world.roads, world.water}
        assert world.salt_office not in orgs_for(land=land)
        assert world.pine_office in orgs_for(land=get_land(world.north.code))

    def test_a_dissolved_one_is_left_out(self, world):
        world.water.dissolved_on = date(2026, 1, 1)
        world.water.save()
        assert set(orgs_for(kind="department")) == {world.roads}

    def test_by_part_of_the_name(self, world):
        assert list(orgs_for(q="水务")) == [world.water]


class TestReaderOfPage:
    """Who opens a page: session and user are two queries, posts and the bell come with the user."""

    def test_one_query_knows_all_that_the_frame_asks(self, world, django_assert_num_queries):
        tell(users=[world.zhang], title="一", text="", url="/", key="1", at=NOON)
        tell(users=[world.zhang], title="二", text="", url="/", key="2", at=NOON)
        tell(users=[world.wu], title="二", text="", url="/", key="2", at=NOON)
        Notice.objects.filter(user=world.zhang, key="1").update(read_at=NOON)
        with django_assert_num_queries(1):
            reader = reader_of_page(world.zhang.pk, NOON.date())
            held = posts_of(reader)
            assert unread_on_page(reader) == 1
            assert (reader.name, reader.is_superuser, reader.is_active) == ("张敏", False, True)
            assert reader.get_session_auth_hash() == world.zhang.get_session_auth_hash()
        assert held == posts_of(world.zhang)

    def test_posts_of_the_day_only(self, world):
        post = {"user": world.zhang, "org": world.team, "role": "volunteer"}
        Post.objects.create(**post, region=world.reed, to_date=date(2026, 3, 2))
        Post.objects.create(**post, region=world.salt, from_date=date(2026, 3, 3))
        held = posts_of(reader_of_page(world.zhang.pk, date(2026, 3, 2)))
        assert [post.path for post in held] == [world.pine.path]

    def test_nobody_is_nobody(self, world):
        world.zhang.is_active = False
        world.zhang.save()
        assert reader_of_page(world.zhang.pk, NOON.date()) is None
        assert reader_of_page(0, NOON.date()) is None

    def test_a_page_costs_two_and_its_own(self, world, client, django_assert_num_queries):
        client.force_login(world.zhang)
        client.get("/accounts/inbox/")  # the land is known
        with django_assert_num_queries(3):  # session, user, the notices
            assert client.get("/accounts/inbox/").status_code == 200

    def test_who_is_closed_is_signed_out(self, world, client):
        client.force_login(world.zhang)
        type(world.zhang).objects.filter(pk=world.zhang.pk).update(is_active=False)
        assert client.get("/accounts/inbox/").status_code == 302

    def test_another_password_ends_the_session(self, world, client):
        client.force_login(world.zhang)
        type(world.zhang).objects.filter(pk=world.zhang.pk).update(password="another")
        assert client.get("/accounts/inbox/").status_code == 302
