"""Posts are the only permission: who holds none sees nothing and may do nothing."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import localdate, now

from tongxin.accounts.models import User
from tongxin.cases.actions import make_move
from tongxin.cases.models import Case
from tongxin.cases.queries import moves_open_to, parts_of
from tongxin.kit.errors import NotFound, NotPermitted
from tongxin.orgs.actions import end_post, give_post
from tongxin.orgs.models import Post
from tongxin.requests.actions import file_request

ROLES = Post.Role.values


def forget(user):
    """A person who comes back: what was asked once per request is asked again."""
    return User.objects.get(pk=user.pk)


def seen_by(user):
    return set(Case.objects.visible_to(forget(user)))


@pytest.fixture
def case(world) -> Case:
    return file_request(
        text="厨房水管漏水，水流到楼下了",
        topic=world.tap,
        region=world.p1,
        at=now(),
        actor=world.sun,
    )


@pytest.fixture
def beyond(world) -> Case:
    return file_request(
        text="路灯坏了三天没人修", topic=world.pothole, region=world.salt, at=now(), actor=world.sun
    )


class TestNoPost:
    def test_somebody_without_a_post_sees_nothing_and_may_do_nothing(self, client, world, case):
        assert seen_by(world.ma) == set()
        assert parts_of(world.ma, case) == frozenset()
        assert moves_open_to(world.ma, case) == []
        client.force_login(world.ma)
        assert client.get(reverse("cases:detail", args=[case.pk])).status_code == 404

    @pytest.mark.parametrize("move", ["dispatch", "post", "cancel", "correct", "urge"])
    def test_no_move_is_theirs(self, world, case, move):
        with pytest.raises(NotFound):
            make_move(case, move, at=now(), actor=world.ma, note="我来")
        assert Case.objects.get(pk=case.pk).length == 1

    def test_the_reporter_sees_their_own_and_no_more(self, world, case, beyond):
        other = file_request(
            text="楼道的灯不亮", topic=world.tap, region=world.p1, at=now(), actor=world.ma
        )
        assert seen_by(world.sun) == {case, beyond}
        assert seen_by(world.ma) == {other}

    def test_an_organisation_alone_gives_nothing(self, world, case):
        Case.objects.filter(pk=case.pk).update(handler=world.roads)
        assert seen_by(world.zhou) == set()
        assert case in seen_by(world.li)


class TestTime:
    def test_an_ended_post_gives_nothing_from_that_day(self, client, world, case):
        assert case in seen_by(world.zhang)
        end_post(post=world.zhang.posts.get(), on=localdate(), at=now(), by=world.ann)
        assert seen_by(world.zhang) == set()
        client.force_login(world.zhang)
        assert client.get(reverse("cases:detail", args=[case.pk])).status_code == 404
        with pytest.raises(NotFound):
            make_move(case, "dispatch", at=now(), actor=forget(world.zhang), holder=world.wang)

    def test_until_that_day_it_gives_all(self, world, case):
        tomorrow = localdate() + timedelta(days=1)
        end_post(post=world.zhang.posts.get(), on=tomorrow, at=now(), by=world.ann)
        make_move(case, "dispatch", at=now(), actor=forget(world.zhang), holder=world.wang)

    def test_a_post_of_tomorrow_gives_nothing_today(self, world, case):
        tomorrow = localdate() + timedelta(days=1)
        given = {"user": world.ma, "org": world.pine_office, "role": "dispatcher"}
        post = give_post(**given, from_date=tomorrow, at=now(), by=world.ann)
        assert seen_by(world.ma) == set()
        Post.objects.filter(pk=post.pk).update(from_date=localdate())
        assert case in seen_by(world.ma)


class TestReach:
    @pytest.mark.parametrize("role", ROLES)
    def test_a_post_of_another_street_opens_nothing(self, client, world, case, role):
        give_post(user=world.ma, org=world.salt_office, role=role, at=now(), by=world.ann)
        assert seen_by(world.ma) == set()
        assert moves_open_to(forget(world.ma), case) == []
        client.force_login(world.ma)
        assert client.get(reverse("cases:detail", args=[case.pk])).status_code == 404
        move = reverse("cases:move", args=[case.pk, "dispatch"])
        assert client.post(move, {"note": "我来"}).status_code == 404

    def test_a_post_reaches_over_its_organisation_and_all_below(self, world, case, beyond):
        assert seen_by(world.liu) == {case}
        assert seen_by(world.gao) == {case, beyond}

    def test_a_named_region_narrows_it(self, world, case):
        other = file_request(
            text="下水道堵了", topic=world.tap, region=world.p2, at=now(), actor=world.sun
        )
        given = {"user": world.ma, "org": world.pine_office, "role": "dispatcher"}
        give_post(**given, region=world.p2, at=now(), by=world.ann)
        assert seen_by(world.ma) == {other}
        assert moves_open_to(forget(world.ma), case) == []
        assert moves_open_to(forget(world.ma), other)

    def test_a_codes_beginning_is_no_reach(self, world, case):
        """Community 1 does not reach into community 11, though its code begins the same."""
        Post.objects.filter(user=world.wu).update(region=world.reed)
        assert case not in seen_by(world.wu)

    def test_roles_in_different_places_do_not_add_up(self, world, case, beyond):
        """A verifier of Pine who dispatches in Salt verifies in Pine and dispatches in Salt only."""
        give_post(user=world.chen, org=world.salt_office, role="dispatcher", at=now(), by=world.ann)
        chen = forget(world.chen)
        assert parts_of(chen, case) == {"verifier"}
        assert parts_of(chen, beyond) == {"dispatcher"}
        with pytest.raises(NotPermitted):
            make_move(case, "dispatch", at=now(), actor=chen, holder=world.wang)


class TestAdministrator:
    def test_they_see_all_and_have_no_part(self, client, world, case, beyond):
        assert seen_by(world.ann) == {case, beyond}
        assert parts_of(world.ann, case) == frozenset()
        assert moves_open_to(world.ann, case) == []
        client.force_login(world.ann)
        assert client.get(reverse("cases:detail", args=[case.pk])).status_code == 200

    @pytest.mark.parametrize("move", ["dispatch", "post", "cancel", "correct", "supervise", "urge"])
    def test_they_cannot_move_a_case(self, world, case, move):
        with pytest.raises(NotPermitted, match="由其他人员办理"):
            make_move(case, move, at=now(), actor=world.ann, note="我来")
        assert Case.objects.get(pk=case.pk).step == "filed"

    @pytest.mark.parametrize("name", ["zhang", "liu", "gao", "chen", "ma"])
    def test_no_post_opens_the_administrators_pages(self, client, world, name):
        client.force_login(getattr(world, name))
        page = client.get(reverse("admin:orgs_post_changelist"), follow=True)
        assert page.status_code == 403
