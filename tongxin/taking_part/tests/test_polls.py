"""Polls: by rule, on a checked roll, one vote each, secret where it is said, counted and explained."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from tongxin.accounts.models import AuditEntry, KeptReply, Notice
from tongxin.cases.models import Event
from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.orgs.models import Post
from tongxin.taking_part import actions
from tongxin.taking_part.actions.motions import NoRule
from tongxin.taking_part.actions.polls import (
    BadPoll,
    ObjectionsOpen,
    OnTheRollAlready,
    RollFrozen,
    WrongState,
)
from tongxin.taking_part.actions.rules import COLUMNS
from tongxin.taking_part.actions.voting import (
    AnotherElectorate,
    BadBallot,
    BadProxy,
    ClerksDiffer,
    NotOnTheRoll,
    OutsideTheWindow,
    VotedAlready,
)
from tongxin.taking_part.models import Ballot, Motion, Poll, PollRule, RollEntry
from tongxin.taking_part.queries import polls as asked
from tongxin.taking_part.queries.polls import NotYetClosed
from tongxin.testing import NOON

from .conftest import DAY, HOUR, entry_of, papers, vote


def close(poll: Poll) -> Poll:
    assert actions.polls_due(at=poll.closes_at) == 1
    return Poll.objects.select_related("rule", "community").get(pk=poll.pk)


class TestFractions:
    @pytest.mark.parametrize(
        ("whole", "fraction", "least"),
        [
            (100, (1, 2, True), 51), (101, (1, 2, True), 51), (100, (2, 3, False), 67),
            (99, (2, 3, False), 66), (99, (3, 4, False), 75), (1, (1, 2, True), 1),
        ],
    )  # fmt: skip
    def test_the_least_number_meets_and_one_less_does_not(self, whole, fraction, least):
        assert asked.least_of(whole, *fraction) == least
        assert asked.meets(least, whole, *fraction)
        assert not asked.meets(least - 1, whole, *fraction)

    def test_nothing_of_nothing_is_no_majority(self):
        assert not asked.meets(0, 0, 1, 2, False)


@pytest.mark.mission("S3.34", "S4.69")
def test_a_motion_is_put_to_the_vote_and_passes(rules, ready, make_poll):
    world = rules
    at = NOON + 13 * DAY
    poll = make_poll(
        motion=ready, at=at, opens_at=at + 5 * DAY, closes_at=at + 10 * DAY, stage="posted"
    )
    assert poll.text == ready.final_text
    actions.polls_due(at=poll.opens_at)
    ready.case.refresh_from_db()
    assert ready.case.step == "voting"
    assert Notice.objects.filter(user=world.sun, key=f"poll-open:{poll.pk}").count() == 1
    poll.refresh_from_db()
    voting = poll.opens_at + HOUR
    vote(poll, world.sun, "1-1-101", at=voting)
    vote(poll, world.ma, "1-1-102", "no", at=voting)
    papers(poll, {"yes": 5}, world.zhang, world.chen, at=voting)
    poll = close(poll)
    assert poll.result["counts"] == {"yes": 6, "no": 1, "abstain": 0}
    done = actions.publish_poll(poll, by=world.zhang, at=poll.closes_at + HOUR)
    motion = Motion.objects.select_related("case").get(pk=ready.pk)
    assert motion.case.step == "passed" and "名册 10 户" in motion.outcome
    assert Notice.objects.filter(user=world.ma, key=f"poll-result:{done.pk}").count() == 1


def test_too_few_take_part_and_why(rules, make_poll):
    poll = make_poll()
    vote(poll, rules.sun, "1-1-101")
    poll = close(poll)
    assert not poll.result["passed"]
    assert "至少 6 户：没有达到" in asked.why_of(poll)[0]


def test_owners_are_counted_by_heads_and_by_area(rules, make_poll):
    """民法典 §278: two thirds of both take part, more than half of both agree."""
    rows = [
        {"name": "孙桂兰", "place": "1-1-101", "phone": "13900000001", "area": 300},
        {"name": "马建国", "place": "1-1-102", "phone": "13900000002", "area": "60.5"},
        {"name": "赵一", "place": "1-2-201", "area": 60},
    ]
    poll = make_poll(rule="owners_general", is_secret=False, rows=rows, closes_at=NOON + 20 * DAY,
                     opens_at=NOON + 9 * DAY)  # fmt: skip
    assert (poll.roll_size, poll.roll_area) == (3, 42050)
    at = NOON + 10 * DAY
    vote(poll, rules.sun, "1-1-101", "no", at=at)
    vote(poll, rules.ma, "1-1-102", "yes", at=at)
    papers(poll, {"yes": 1}, rules.zhang, rules.chen, at=at)
    poll = close(poll)
    assert poll.result["counts"]["yes"] == 2 and not poll.result["passed"]  # heads yes, area no
    assert any("面积" in words and "没有达到" in words for words in asked.why_of(poll))
    with pytest.raises(BadPoll):
        make_poll(rule="owners_general", is_secret=True, stage="draft", rows=[])


class TestSecrecy:
    @pytest.mark.mission("S4.69")
    def test_nothing_leads_from_a_ballot_to_its_voter(self, rules, make_poll):
        poll = make_poll()
        before = (Event.objects.count(), AuditEntry.objects.count(), Notice.objects.count())
        vote(poll, rules.sun, "1-1-101", "no")
        ballot = Ballot.objects.get()
        assert ballot.entry_id is None and ballot.id.version == 4
        assert {f.name for f in Ballot._meta.get_fields()} == {
            "id", "poll", "is_secret", "choice", "entry", "receipt_hash"
        }  # fmt: skip
        row = entry_of(poll, "1-1-101")
        assert row.has_voted and row.way == "online"
        kept = {f.name for f in RollEntry._meta.get_fields()}
        assert not kept & {"choice", "voted_at", "receipt", "receipt_hash"}
        assert (Event.objects.count(), AuditEntry.objects.count(), Notice.objects.count()) == before
        with pytest.raises(IntegrityError), transaction.atomic():
            Ballot.objects.create(poll=poll, is_secret=True, choice="no", entry=row)

    def test_the_receipt_shows_that_it_counts_and_not_what(self, rules, make_poll):
        poll = make_poll()
        receipt = vote(poll, rules.sun, "1-1-101")
        assert asked.is_counted(poll, receipt[:8] + "-" + receipt[8:].lower())
        assert not asked.is_counted(poll, actions.new_receipt())
        poll = close(poll)
        assert asked.is_counted(poll, receipt)

    def test_stirring_changes_every_id_and_no_count(self, rules, make_poll):
        poll = make_poll()
        receipt = vote(poll, rules.sun, "1-1-101")
        papers(poll, {"yes": 4, "no": 2}, rules.zhang, rules.chen)
        before = set(Ballot.objects.values_list("pk", flat=True))
        assert actions.stir_due(at=NOON + 6 * DAY) == 1
        assert not before & set(Ballot.objects.values_list("pk", flat=True))
        assert asked.counted(poll)[0] == {"yes": 5, "no": 2, "abstain": 0}
        assert asked.is_counted(poll, receipt)

    def test_a_small_secret_poll_publishes_its_outcome_only(self, rules, make_poll):
        poll = make_poll()
        papers(poll, {"yes": 7}, rules.zhang, rules.chen)
        poll = close(poll)
        assert poll.result["passed"] and asked.figures_of(poll) == []
        assert not any("票；" in words for words in asked.why_of(poll))

    def test_a_named_poll_keeps_the_name(self, rules, make_poll):
        poll = make_poll(is_secret=False)
        vote(poll, rules.sun, "1-1-101")
        assert Ballot.objects.get().entry.place == "1-1-101"


class TestRefused:
    def test_twice(self, rules, make_poll):
        poll = make_poll()
        receipt = vote(poll, rules.sun, "1-1-101")
        with pytest.raises(VotedAlready):
            vote(poll, rules.sun, "1-1-101", "no")
        assert vote(poll, rules.sun, "1-1-101", receipt=receipt) == receipt  # sent again
        assert Ballot.objects.count() == 1

    def test_outside_the_window(self, rules, make_poll):
        poll = make_poll(stage="posted")
        with pytest.raises(OutsideTheWindow):
            vote(poll, rules.sun, "1-1-101", at=NOON + DAY)
        actions.polls_due(at=poll.opens_at)
        with pytest.raises(OutsideTheWindow):
            vote(poll, rules.sun, "1-1-101", at=poll.closes_at)
        assert not Ballot.objects.exists()

    def test_who_is_not_on_the_roll(self, rules, make_poll):
        poll = make_poll()
        for user, place in ((rules.wang, "1-1-101"), (rules.ma, "1-1-101")):
            with pytest.raises(NotOnTheRoll):
                vote(poll, user, place)

    def test_a_ballot_of_another_electorate(self, rules, make_poll):
        poll, other = make_poll(), make_poll(title="别的事")
        with pytest.raises(AnotherElectorate):
            actions.cast_vote(
                poll, entry_of(other, "1-1-101"), choice="yes", receipt=actions.new_receipt(),
                by=rules.sun, at=NOON + 6 * DAY,
            )  # fmt: skip

    def test_an_option_or_receipt_there_is_not(self, rules, make_poll):
        poll = make_poll()
        with pytest.raises(BadBallot):
            vote(poll, rules.sun, "1-1-101", "maybe")
        with pytest.raises(BadBallot):
            vote(poll, rules.sun, "1-1-101", receipt="1234")
        assert not entry_of(poll, "1-1-101").has_voted

    def test_the_roll_after_opening(self, rules, make_poll):
        poll = make_poll()
        new = [{"name": "新来的", "place": "9-9-999"}]
        with pytest.raises(RollFrozen):
            actions.add_to_roll(poll, new, by=rules.zhang, at=NOON + 6 * DAY)
        with pytest.raises(RollFrozen):
            actions.strike_entry(entry_of(poll, "1-1-101"), reason="搬走", by=rules.zhang, at=NOON + 6 * DAY)  # fmt: skip
        assert poll.roll.standing().count() == 10

    def test_the_result_before_it_closes(self, rules, make_poll):
        poll = make_poll()
        for ask in (asked.result_of, asked.why_of, asked.figures_of):
            with pytest.raises(NotYetClosed):
                ask(poll)
        with pytest.raises(WrongState):
            actions.close_poll(poll, at=poll.closes_at - HOUR)
        with pytest.raises(WrongState):
            actions.publish_poll(poll, by=rules.zhang, at=NOON + 6 * DAY)

    def test_a_poll_without_a_rule(self, rules, make_poll):
        with pytest.raises(NoRule) as refused:
            make_poll(rule="没有这条", stage="draft", rows=[])
        assert "规则" in str(refused.value) and Poll.objects.count() == 0

    def test_a_household_twice(self, rules, make_poll):
        poll = make_poll(stage="draft")
        with pytest.raises(OnTheRollAlready):
            actions.add_to_roll(
                poll, [{"name": "另一人", "place": "1-1-101"}], by=rules.zhang, at=NOON
            )
        with pytest.raises(Invalid):
            actions.add_to_roll(poll, [{"name": "没有门牌"}], by=rules.zhang, at=NOON)
        assert poll.roll.count() == 10

    def test_who_does_not_keep_the_community(self, rules, make_poll):
        with pytest.raises(NotPermitted):
            make_poll(by=rules.wu, stage="draft", rows=[])
        poll = make_poll(stage="draft")
        with pytest.raises(NotPermitted):
            actions.post_roll(poll, by=rules.sun, at=NOON)


def test_a_roll_is_posted_and_objections_are_answered_first(rules, make_poll):
    poll = make_poll(stage="posted")
    one = actions.object_to_roll(poll, text="漏了我家", by=rules.wang, at=NOON + DAY)
    again = actions.object_to_roll(poll, text="漏了我家 ", by=rules.wang, at=NOON + DAY)
    told = Notice.objects.filter(key=f"objection-raised:{one.pk}")
    assert again.pk == one.pk and told.get(user=rules.zhang).title == "名册有异议：加装充电桩"
    assert not told.filter(user__in=[rules.wang, rules.liu, rules.wu]).exists()
    with pytest.raises(WrongState):
        actions.object_to_roll(poll, text="太晚", by=rules.wang, at=NOON + 4 * DAY)
    assert actions.polls_due(at=poll.opens_at) == 0  # nobody opens it over an open objection
    with pytest.raises(ObjectionsOpen):
        actions.open_poll(poll, by=rules.zhang, at=poll.opens_at)
    actions.add_to_roll(
        poll, [{"name": "王芳", "place": "3-1-301"}], by=rules.zhang, at=NOON + 2 * DAY
    )
    actions.answer_objection(one, answer="已补上", by=rules.zhang, at=NOON + 2 * DAY)
    with pytest.raises(WrongState):
        actions.answer_objection(one, answer="再答", by=rules.zhang, at=NOON + 2 * DAY)
    assert Notice.objects.get(user=rules.wang, title__contains="有答复").text == "已补上"
    assert actions.polls_due(at=poll.opens_at) == 1
    poll.refresh_from_db()
    assert poll.roll_size == 11 and len(poll.roll_hash) == 64
    with pytest.raises(BadPoll):
        make_poll(stage="posted", opens_at=NOON + 2 * DAY)  # the rule wants three days


def test_a_proxy_votes_on_paper_of_authority_and_not_for_too_many(rules, make_poll):
    poll = make_poll()
    sun, at = entry_of(poll, "1-1-101"), NOON + 6 * DAY
    given = {"to": sun, "note": "2026-03-01 书面委托", "by": rules.zhang, "at": at}
    for n in (201, 202, 203):
        actions.authorise(entry_of(poll, f"1-2-{n}"), **given)
    with pytest.raises(BadProxy):
        actions.authorise(entry_of(poll, "1-2-204"), **given)
    with pytest.raises(BadProxy):
        actions.authorise(sun, **given | {"to": entry_of(poll, "1-1-102")})
    assert [v.is_proxy for v in asked.votes_of(rules.sun, poll)] == [False, True, True, True]
    vote(poll, rules.sun, "1-2-201")
    with pytest.raises(NotOnTheRoll):
        vote(poll, rules.ma, "1-2-202")
    with pytest.raises(VotedAlready):
        vote(poll, rules.sun, "1-2-201")
    owners = make_poll(rule="owners_general", is_secret=False, opens_at=NOON + 9 * DAY, stage="draft",
                       rows=[{"name": "甲", "place": "1", "area": 1}, {"name": "乙", "place": "2", "area": 1}])  # fmt: skip
    with pytest.raises(BadProxy):
        actions.authorise(entry_of(owners, "1"), **given | {"to": entry_of(owners, "2")})


def test_paper_is_counted_by_two_who_agree(rules, make_poll):
    poll = make_poll()
    at = NOON + 6 * DAY
    ids = list(poll.roll.order_by("place").values_list("pk", flat=True))[:6]
    given = {"entries": ids, "by": rules.zhang, "at": at}
    with pytest.raises(BadBallot):
        actions.count_papers(poll, **given, counts={"yes": 5})
    with pytest.raises(BadBallot):  # so few would tell
        actions.count_papers(poll, **given | {"entries": ids[:2]}, counts={"yes": 2})
    batch = actions.count_papers(poll, **given, counts={"yes": 4, "no": 1, "spoilt": 1})
    assert "yes" not in batch.counts_sealed
    with pytest.raises(NotPermitted):
        actions.confirm_papers(
            batch, counts={"yes": 4, "no": 1, "spoilt": 1}, by=rules.zhang, at=at
        )
    with pytest.raises(ClerksDiffer):
        actions.confirm_papers(batch, counts={"yes": 5, "spoilt": 1}, by=rules.chen, at=at)
    assert Ballot.objects.count() == 0
    done = actions.confirm_papers(
        batch, counts={"yes": 4, "no": 1, "spoilt": 1}, by=rules.chen, at=at
    )
    assert done.counts_sealed == "" and asked.counted(poll)[0] == {"yes": 4, "no": 1, "abstain": 1}
    with pytest.raises(VotedAlready):
        vote(poll, rules.sun, "1-1-101")
    with pytest.raises(VotedAlready):
        actions.count_papers(poll, **given, counts={"yes": 6})


def test_members_vote_on_the_roll_of_their_branch(rules, make_poll):
    world = rules
    clerk = world.qin
    Post.objects.create(user=clerk, org=world.pine_office, role="dispatcher", region=world.pine)
    poll = make_poll(rule="party_meeting", unit=world.branch, by=clerk, rows=[], stage="draft")
    assert actions.add_members(poll, by=clerk, at=NOON) == 2
    assert actions.add_members(poll, by=clerk, at=NOON) == 0
    with pytest.raises(BadPoll):
        make_poll(rule="party_meeting", unit=world.branch, rows=[], stage="draft")
    actions.post_roll(poll, by=clerk, at=NOON)
    actions.polls_due(at=poll.opens_at)
    actions.cast_vote(
        poll, poll.roll.get(user=world.wang), choice="yes", receipt=actions.new_receipt(),
        by=world.wang, at=NOON + 6 * DAY,
    )  # fmt: skip
    assert not close(poll).result["passed"]  # one of two is half, not more than half of the roll


def test_choices_among_several_and_a_void_poll(rules, ready, make_poll):
    at = NOON + 13 * DAY
    window = {"at": at, "opens_at": at + 5 * DAY, "closes_at": at + 9 * DAY}
    poll = make_poll(motion=ready, options=["东侧", "西侧"], **window)
    with pytest.raises(WrongState):
        actions.set_poll(community=rules.pine, title="x", text="x", rule="community_households",
                         is_secret=True, motion=ready, by=rules.zhang, **window)  # fmt: skip
    actions.void_poll(poll, reason="名册有误", by=rules.zhang, at=at + 6 * DAY)
    ready.case.refresh_from_db()
    assert ready.case.step == "ready"
    second = make_poll(motion=Motion.objects.get(), options=["东侧", "西侧"], **window)
    papers(second, {"o1": 6, "o2": 1}, rules.zhang, rules.chen, at=at + 6 * DAY)
    assert close(second).result["winner"] == "o1"
    assert not KeptReply.objects.exists()


def test_a_rule_says_which_text_it_rests_on_and_that_a_newer_one_is_in_force(rules, as_, make_poll):
    """《城市居民委员会组织法》 was revised on 2025-10-28, 《村民委员会组织法》 amended; both from 2026-01-01."""
    rule = PollRule.objects.get(code="community_households")
    assert rule.text_version == "2018年12月29日修正文本" and rule.is_sample
    assert not rule.is_dated(date(2025, 12, 31)) and rule.is_dated(date(2026, 1, 1))
    assert not PollRule.objects.get(code="owners_general").is_dated(date(2030, 1, 1))
    page = as_(rules.zhang).get("/taking-part/rules/").content.decode()
    assert "2018年12月29日修正文本" in page and "2025年10月28日修订" in page
    form = as_(rules.zhang).get("/taking-part/desk/polls/new/").content.decode()
    assert (
        "居民会议（户代表） · 户代表（一户一票） · 待核对现行文本" in form
        and "请先对照现行文本核对" in form
    )
    # a version of the office's own, read from the text in force, takes its place without the mark
    head = ",".join(COLUMNS)
    own = f"{head}\ncommunity_households,居民会议（户代表）,households,2026,2026-01-01,>1/2,>1/2,cast,no,yes,3,3,10,本区核定"
    assert actions.load_rules(at=NOON, by=rules.ann, data=own.encode(), file="rules.csv") == 1
    form = as_(rules.zhang).get("/taking-part/desk/polls/new/").content.decode()
    assert "居民会议（户代表） · 户代表（一户一票） · 待核对现行文本" not in form
    assert make_poll(stage="draft", rows=[]).rule.version == "2026"
