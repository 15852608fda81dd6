"""First secretaries are chosen from several sources by stated criteria (S4.53)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import localdate, now

from tongxin.accounts.models import Notice
from tongxin.orgs.models import Post
from tongxin.secretaries import actions
from tongxin.secretaries.models import Nomination, SelectionRound

pytestmark = pytest.mark.mission("S4.53")
POINTS = {"politics": 20, "ability": 20, "village": 15, "health": 9, "will": 18}


def as_user(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def round(world, village) -> SelectionRound:
    today = localdate()
    return actions.open_selection(
        unit=world.tong_party, title="第三批第一书记", opens_on=today, closes_on=today, wanted=1,
        by=world.he, at=now(),
    )  # fmt: skip


def put_forward(world, round, user=None, **given):
    given = {
        "candidate": user or world.ling, "by_unit": world.branch, "channel": "unit",
        "text": "在农业局做过五年农技推广", "by": world.qin,
    } | given  # fmt: skip
    return actions.nominate(round=round, at=now(), **given)


def over(round) -> None:
    yesterday = localdate() - timedelta(days=1)
    SelectionRound.objects.filter(pk=round.pk).update(opens_on=yesterday, closes_on=yesterday)
    round.refresh_from_db()


def mark(world, one, points=None, shortlist=True, by=None):
    actions.mark_nomination(
        nomination=one, points=points or POINTS, shortlist=shortlist, by=by or world.he, at=now()
    )


def decide(world, one, village=None, *, outcome="chosen", reason="群众基础好", by=None):
    return actions.decide_nomination(
        nomination=one, outcome=outcome, reason=reason, village=village, by=by or world.he,
        at=now(),
    )  # fmt: skip


class TestNominating:
    def test_by_units_by_oneself_and_from_above(self, world, round):
        put_forward(world, round)
        put_forward(world, round, world.wang, by_unit=world.team, channel="self", by=world.wang)
        put_forward(
            world, round, world.hua, by_unit=world.tong_party, channel="superior", by=world.he
        )
        channels = set(Nomination.objects.values_list("channel", flat=True))
        assert channels == {"unit", "self", "superior"}

    def test_it_rejects_twice_for_others_and_out_of_time(self, world, round):
        put_forward(world, round)
        with pytest.raises(actions.NominatedAlready):
            put_forward(world, round, by_unit=world.tong_party, by=world.he)
        with pytest.raises(actions.NotKeeper):
            put_forward(world, round, world.hua, by=world.yue)
        with pytest.raises(actions.NotKeeper):
            put_forward(world, round, world.hua, channel="self")
        over(round)
        with pytest.raises(actions.RoundClosed):
            put_forward(world, round, world.hua)

    def test_a_unit_sees_its_own_names_only(self, world, round):
        put_forward(world, round)
        page = as_user(world.yue).get(f"/secretaries/selections/{round.pk}/").content.decode()
        assert "凌云" not in page and "您只看到自己单位推荐的人选" in page
        assert (
            "凌云"
            in as_user(world.qin).get(f"/secretaries/selections/{round.pk}/").content.decode()
        )
        assert as_user(world.sun).get(f"/secretaries/selections/{round.pk}/").status_code == 404

    def test_a_round_is_opened_by_who_keeps_the_register(self, world, village):
        form = {
            "unit": world.tong_party.pk, "title": "新一批", "opens_on": str(localdate()),
            "closes_on": str(localdate() - timedelta(days=1)), "wanted": 2,
        }  # fmt: skip
        client = as_user(world.he)
        answer = client.post("/secretaries/selections/new/", form)
        assert answer.status_code == 422 and "截止日期不能早于" in answer.content.decode()
        form["closes_on"] = str(localdate())
        assert client.post("/secretaries/selections/new/", form).status_code == 302
        with pytest.raises(actions.NotKeeper):
            actions.open_selection(
                unit=world.tong_party, title="x", opens_on=localdate(), closes_on=localdate(),
                wanted=1, by=world.tang, at=now(),
            )  # fmt: skip


class TestDeciding:
    def test_whoever_is_chosen_holds_the_post_and_is_told(self, world, village, round):
        one = put_forward(world, round)
        mark(world, one)
        over(round)
        decide(world, one, village)
        post = Post.objects.get(role="first_secretary")
        assert (post.user, post.org, post.from_date) == (world.ling, village, localdate())
        one.refresh_from_db()
        assert (one.post, one.reason, one.decided_by) == (post, "群众基础好", world.he)
        assert Notice.objects.filter(user=world.ling, title__contains="第一书记").exists()
        assert village.log.filter(kind="village", text__contains="选派凌云").exists()

    def test_it_rejects_before_the_end_without_marks_and_off_the_shortlist(
        self, world, village, round
    ):
        one = put_forward(world, round)
        with pytest.raises(actions.NotYetDecidable, match="之后才能决定"):
            decide(world, one, village)
        over(round)
        with pytest.raises(actions.NotYetDecidable, match="评分"):
            decide(world, one, village)
        mark(world, one, shortlist=False)
        with pytest.raises(actions.NotYetDecidable, match="入围"):
            decide(world, one, village)
        assert not Post.objects.filter(role="first_secretary").exists()

    def test_it_rejects_no_village_a_community_and_a_thin_reason(self, world, village, round):
        one = put_forward(world, round)
        mark(world, one)
        over(round)
        for wrong in (None, world.branch):
            with pytest.raises(actions.BadVillage):
                decide(world, one, wrong)
        with pytest.raises(actions.ThinReason):
            decide(world, one, village, reason="好")

    def test_no_more_than_wanted_and_the_others_with_a_reason(self, world, village, round):
        first, second = put_forward(world, round), put_forward(world, round, world.hua)
        mark(world, first)
        mark(world, second)
        over(round)
        decide(world, first, village)
        with pytest.raises(actions.NotYetDecidable, match="已经选满"):
            decide(world, second, village)
        with pytest.raises(actions.NotYetDecidable, match="1 个人选"):
            actions.close_selection(round=round, by=world.he, at=now())
        decide(world, second, outcome="passed", reason="名额已满，下批再推荐")
        with pytest.raises(actions.Decided):
            decide(world, second, outcome="passed")
        actions.close_selection(round=round, by=world.he, at=now())
        assert world.tong_party.log.filter(text__contains="推荐 2 人，选派 1 人").exists()

    def test_points_are_by_every_criterion_and_within_it(self, world, round):
        one = put_forward(world, round)
        for wrong in (POINTS | {"health": 11}, {"politics": 20}, POINTS | {"will": -1}):
            with pytest.raises(actions.BadPoints):
                mark(world, one, wrong)
        one.refresh_from_db()
        assert one.marks == {}

    def test_nobody_judges_themselves(self, world, round):
        one = put_forward(world, round, world.he, by_unit=world.branch)
        with pytest.raises(actions.NotKeeper, match="本人"):
            mark(world, one)

    def test_the_page_shows_criteria_with_their_source(self, world, round):
        one = put_forward(world, round)
        mark(world, one)
        page = as_user(world.he).get(f"/secretaries/selections/{round.pk}/").content.decode()
        assert "82 / 100" in page and "农村工作经验" in page and "样例" in page
