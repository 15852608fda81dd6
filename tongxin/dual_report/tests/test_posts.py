"""Posts of service: offered, claimed by who is first, given back, confirmed by another."""

from __future__ import annotations

import pytest

from tongxin.accounts.models import Notice
from tongxin.dual_report import actions
from tongxin.dual_report.actions import posts as module
from tongxin.dual_report.actions.common import NotOnesOwn, NotYourCommunity
from tongxin.dual_report.actions.record import BadMinutes
from tongxin.dual_report.models import PostClaim, ServiceEntry, VolunteerPost
from tongxin.dual_report.queries import posts as queries
from tongxin.dual_report.queries.coverage import coverage
from tongxin.dual_report.queries.record import entries_of_people, who_served
from tongxin.orgs.models import Membership, Post
from tongxin.regions.queries import get_land

from .conftest import DAY, HOUR, NOON, TODAY, a_post, fresh, reported

OVER = NOON + 26 * HOUR


def as_user(client, user):
    client.force_login(user)
    return client


@pytest.mark.mission("S3.27")
def test_offered_claimed_served_confirmed_and_counted(client, world, clock):
    as_user(client, world.zhang)
    assert client.get("/report-in/posts/new/").status_code == 200
    form = {
        "community": world.pine.code, "title": "楼道清理", "service": "environment", "place": "3 号楼",
        "day": "2026-03-03", "starts": "09:00", "ends": "11:00", "wanted": "2", "who": "all",
        "key": "k1",
    }  # fmt: skip
    for _twice in range(2):
        assert client.post("/report-in/posts/new/", form).status_code == 302
    post = VolunteerPost.objects.get()

    as_user(client, world.sun)  # a resident; everybody may
    assert "还差 2 人（共 2 人）" in client.get("/report-in/posts/").content.decode()
    client.post(f"/report-in/posts/{post.pk}/claim/")
    as_user(client, world.wang).post(f"/report-in/posts/{post.pk}/claim/")
    assert fresh(post).taken == 2

    clock(OVER)
    as_user(client, world.zhang)
    assert "王芳" in client.get("/report-in/posts/manage/").content.decode()
    sun, wang = PostClaim.objects.order_by("pk")
    client.post(f"/report-in/claims/{wang.pk}/confirm/", {"minutes": "90"})
    client.post(f"/report-in/claims/{sun.pk}/confirm/", {"minutes": "0"})
    assert (fresh(wang).state, fresh(sun).state) == ("done", "absent")
    entry = ServiceEntry.objects.get()
    assert (entry.user, entry.minutes, entry.what) == (world.wang, 90, "岗位：楼道清理")
    assert queries.claimed(world.north.path, TODAY, TODAY + DAY) == {
        "wanted": 2, "claimed": 2, "done": 1
    }  # fmt: skip
    assert "认领 2 人次，已完成 1 人次" in client.get("/report-in/posts/manage/").content.decode()


@pytest.mark.mission("S3.8")
def test_a_member_in_employment_serves_where_they_live(client, world, clock):
    """Yue's branch is Salt's; she lives in Pine: what she does there stands in her own branch's book."""
    Membership.objects.filter(pk=world.yue_member.pk).update(in_service=True)
    post = a_post(world, who="members")
    as_user(client, world.yue).post(f"/report-in/posts/{post.pk}/claim/")
    assert not PostClaim.objects.exists()
    reported(world, "yue", world.pine)
    client.post(f"/report-in/posts/{post.pk}/claim/")
    clock(OVER)
    as_user(client, world.zhang).post(
        f"/report-in/claims/{PostClaim.objects.get().pk}/confirm/", {"minutes": "90"}
    )
    [entry] = entries_of_people([world.yue_member.person_id], OVER.year)
    assert (entry.community, entry.minutes) == (world.pine, 90)
    whole, _rows = coverage(get_land(world.pine.code), TODAY)
    assert (whole.members.base, whole.members.done) == (1, 1)
    assert who_served(world.pine.path, TODAY, TODAY + 2 * DAY).count() == 1
    assert not who_served(world.salt.path, TODAY, TODAY + 2 * DAY).exists()


class TestClaiming:
    def test_a_full_post_has_a_waiting_list_in_order(self, client, world, clock):
        post = a_post(world, wanted=1)
        first = actions.claim_post(post=post, by=world.wang, at=NOON)
        as_user(client, world.sun)
        answer = client.post(f"/report-in/posts/{post.pk}/claim/", follow=True)
        assert "已经认领满了" in answer.content.decode()
        client.post(f"/report-in/posts/{post.pk}/claim/", {"wait": "1"})
        actions.claim_post(post=post, by=world.ma, at=NOON, wait=True)
        as_user(client, world.wang).post(f"/report-in/claims/{first.pk}/release/")
        states = dict(PostClaim.objects.values_list("user__username", "state"))
        assert states == {"wang": "released", "sun": "held", "ma": "waiting"}
        assert fresh(post).taken == 1
        assert Notice.objects.filter(user=world.sun, title="候补成功：楼道清理").exists()

    def test_a_place_given_back_is_free_again(self, world):
        post = a_post(world, wanted=1)
        claim = actions.claim_post(post=post, by=world.wang, at=NOON)
        actions.release_claim(claim=claim, by=world.wang, at=NOON)
        assert fresh(post).taken == 0
        assert actions.claim_post(post=post, by=world.wang, at=NOON).state == "held"

    def test_giving_up_waiting_moves_nobody(self, world):
        post = a_post(world, wanted=1)
        actions.claim_post(post=post, by=world.wang, at=NOON)
        waiting = actions.claim_post(post=post, by=world.sun, at=NOON, wait=True)
        actions.release_claim(claim=waiting, by=world.sun, at=NOON)
        assert fresh(post).taken == 1

    def test_not_twice(self, world):
        post = a_post(world)
        actions.claim_post(post=post, by=world.wang, at=NOON)
        with pytest.raises(module.ClaimedAlready):
            actions.claim_post(post=post, by=world.wang, at=NOON)

    def test_not_after_it_began_nor_called_off(self, world):
        post = a_post(world)
        claim = actions.claim_post(post=post, by=world.wang, at=NOON)
        with pytest.raises(module.PostGone, match="已经开始"):
            actions.claim_post(post=post, by=world.sun, at=post.starts_at)
        with pytest.raises(module.PostGone):
            actions.release_claim(claim=claim, by=world.wang, at=post.starts_at)
        actions.cancel_post(post=post, by=world.zhang, at=NOON)
        with pytest.raises(module.PostGone, match="已取消"):
            actions.claim_post(post=post, by=world.sun, at=NOON)
        assert fresh(claim).state == "released"
        assert Notice.objects.filter(user=world.wang, title="岗位取消：楼道清理").exists()

    def test_one_for_members_needs_a_report_to_the_community(self, world):
        post = a_post(world, who="members")
        with pytest.raises(module.MembersOnly):
            actions.claim_post(post=post, by=world.sun, at=NOON)
        reported(world, "zhao", world.salt)
        with pytest.raises(module.MembersOnly):
            actions.claim_post(post=post, by=world.zhao, at=NOON)
        reported(world)
        assert actions.claim_post(post=post, by=world.wang, at=NOON).state == "held"

    def test_not_more_than_five_at_once(self, world):
        for n in range(5):
            actions.claim_post(post=a_post(world, title=f"岗位{n}"), by=world.sun, at=NOON)
        with pytest.raises(module.TooManyClaims, match="最多认领 5 个"):
            actions.claim_post(post=a_post(world), by=world.sun, at=NOON)

    def test_nobody_gives_back_anothers(self, client, world, clock):
        claim = actions.claim_post(post=a_post(world), by=world.wang, at=NOON)
        as_user(client, world.sun)
        assert client.post(f"/report-in/claims/{claim.pk}/release/").status_code == 404
        with pytest.raises(module.NotYourClaim):
            actions.release_claim(claim=claim, by=world.zhang, at=NOON)


class TestConfirming:
    def test_refused(self, world):
        claim = actions.claim_post(post=a_post(world), by=world.wang, at=NOON)
        with pytest.raises(module.PostGone, match="结束后才能确认"):
            actions.confirm_claim(claim=claim, minutes=60, by=world.zhang, at=NOON)
        with pytest.raises(BadMinutes, match="0 到 120 分钟"):
            actions.confirm_claim(claim=claim, minutes=121, by=world.zhang, at=OVER)
        with pytest.raises(NotYourCommunity):
            actions.confirm_claim(claim=claim, minutes=60, by=world.wu, at=OVER)
        Post.objects.create(
            user=world.wang, org=world.pine_office, role="dispatcher", region=world.pine
        )
        with pytest.raises(NotOnesOwn):
            actions.confirm_claim(claim=claim, minutes=60, by=fresh(world.wang), at=OVER)
        actions.confirm_claim(claim=claim, minutes=60, by=world.zhang, at=OVER)
        with pytest.raises(module.ClaimNotSo):
            actions.confirm_claim(claim=claim, minutes=60, by=world.zhang, at=OVER)
        assert ServiceEntry.objects.count() == 1

    def test_another_desk_finds_nothing(self, client, world, clock):
        claim = actions.claim_post(post=a_post(world), by=world.wang, at=NOON)
        as_user(client, world.wu)
        assert (
            client.post(f"/report-in/claims/{claim.pk}/confirm/", {"minutes": 1}).status_code == 404
        )
        assert "楼道清理" not in client.get("/report-in/posts/manage/").content.decode()


class TestOffering:
    @pytest.mark.parametrize("given", [
        {"starts_at": NOON - HOUR}, {"ends_at": NOON + 22 * HOUR}, {"ends_at": NOON + 47 * HOUR},
        {"wanted": 0}, {"wanted": 201},
    ])  # fmt: skip
    def test_times_and_numbers_must_be_possible(self, world, given):
        with pytest.raises(module.BadTimes):
            a_post(world, **given)

    def test_not_by_others(self, client, world, clock):
        with pytest.raises(NotYourCommunity):
            actions.offer_post(
                community=world.pine, title="清理", service="civic", place="门口", wanted=1,
                starts_at=NOON + HOUR, ends_at=NOON + 2 * HOUR, by=world.qin, at=NOON,
            )  # fmt: skip
        assert as_user(client, world.wang).get("/report-in/posts/new/").status_code in (302, 403)

    def test_the_refusal_stands_beside_its_field(self, client, world, clock):
        form = {
            "community": world.pine.code, "title": "清理", "service": "civic", "place": "门口",
            "day": "2026-03-01", "starts": "09:00", "ends": "10:00", "wanted": "1", "who": "all",
        }  # fmt: skip
        answer = as_user(client, world.zhang).post("/report-in/posts/new/", form)
        assert answer.status_code == 422 and "开始时间应在现在以后" in answer.content.decode()


def test_pages_of_posts_go_on_where_the_last_ended(client, world, clock):
    for n in range(23):
        a_post(
            world,
            title=f"岗位{n:02d}",
            starts_at=NOON + (30 - n) * HOUR / 10 + HOUR,
            ends_at=NOON + 6 * HOUR,
        )
    as_user(client, world.sun)
    first = client.get("/report-in/posts/")
    assert "岗位19" in first.content.decode() and "岗位20" not in first.content.decode()
    cursor = first.context["next_cursor"]
    assert "岗位22" in client.get(f"/report-in/posts/?cursor={cursor}").content.decode()
    assert client.get("/report-in/posts/?cursor=x", follow=True).status_code in (200, 422)
