"""An election from the decision to the posts; every sum that does not hold is refused."""

from datetime import date

import pytest

from tongxin.affairs import actions
from tongxin.affairs.actions import (
    BadSeats,
    DoesNotAddUp,
    ElectionRunning,
    NotEligible,
    NotEnough,
    TooFewCandidates,
    WrongStep,
)
from tongxin.affairs.ballots import Count, Marks, check_quorum, checks_of, outcome_of
from tongxin.affairs.models import Candidate, Disclosure, Election, Term
from tongxin.affairs.queries import may_stand, proposed_posts
from tongxin.affairs.rules import term_rule
from tongxin.orgs.models import Post

from .helpers import member, noon

DAY = date(2026, 3, 2)
AT = noon(DAY)
BALLOTS = {"entitled": 20, "present": 18, "issued": 18, "returned": 18, "valid": 17}


@pytest.fixture
def people(world):
    names = ("甲同志", "乙同志", "丙同志", "丁同志")
    return [member(world, name, user=True).person for name in names]


@pytest.fixture
def election(world):
    actions.begin_term(
        unit=world.branch, number=1, from_date=date(2021, 3, 1), seats=3, at=AT, by=world.qin
    )
    return actions.start_election(
        unit=world.branch, decided_on=DAY, seats=3, has_committee=True, at=AT, by=world.qin
    )


def agree(world, asking):
    actions.decide(asking=asking, agree=True, decision="同意", at=AT, by=world.tang)


def at_step(election):
    election.refresh_from_db()
    return election.step


@pytest.fixture
def ready(world, election, people):
    agree(world, actions.ask_election(election=election, reason="请示", at=AT, by=world.qin))
    actions.set_candidates(election=election, people=people, at=AT, by=world.qin)
    agree(world, actions.ask_candidates(election=election, reason="上报", at=AT, by=world.qin))
    assert at_step(election) == "ready"
    return election


def hold(world, election, favour, numbers=None, **changed):
    """Record a round: votes in favour by name, the rest against."""
    numbers = {**(numbers or BALLOTS), **changed}
    marks = {
        one.pk: Marks(favour[one.person.name], numbers["valid"] - favour[one.person.name], 0)
        for one in Candidate.objects.filter(election=election)
        if one.person.name in favour
    }
    return actions.record_round(
        election=election, held_on=DAY, numbers=numbers, marks=marks, tellers="监票甲、计票乙",
        at=AT, by=world.qin,
    )  # fmt: skip


CLEAR = {"甲同志": 17, "乙同志": 15, "丙同志": 12, "丁同志": 7}
OF_THREE = {"entitled": 3, "present": 3, "issued": 3, "returned": 3, "valid": 3}


@pytest.mark.mission("S4.18")
def test_the_whole_way(world, ready):
    hold(world, ready, CLEAR)
    assert at_step(ready) == "elected"
    hold(world, ready, {"甲同志": 3}, OF_THREE)
    assert at_step(ready) == "chosen"
    agree(world, actions.report_result(election=ready, reason="报告", at=AT, by=world.qin))
    proposals = {(p.name, p.what, p.role) for p in proposed_posts(ready, on=DAY)}
    assert ("甲同志", "give", "secretary") in proposals
    assert ("秦岚", "end", "secretary") in proposals
    done = actions.confirm_outcome(election=ready, at=AT, by=world.qin)
    assert len(done["given"]) == 3
    held = Post.objects.held_on(DAY).filter(org=world.branch)
    assert sorted(held.values_list("user__name", "role")) == [
        ("丙同志", "commissioner"),
        ("乙同志", "commissioner"),
        ("甲同志", "secretary"),
    ]
    standing = Term.objects.get(unit=world.branch, ended_on=None)
    assert (standing.number, standing.from_date, standing.seats) == (2, DAY, 3)
    due = Disclosure.objects.get(unit=world.branch, code="election")
    assert due.due_on == date(2026, 3, 9)


def test_somebody_without_account_gets_no_post_and_is_named(world, ready, people):
    first = people[0]
    first.user = None
    first.save()
    hold(world, ready, CLEAR)
    hold(world, ready, {"甲同志": 3}, OF_THREE)
    agree(world, actions.report_result(election=ready, reason="报告", at=AT, by=world.qin))
    done = actions.confirm_outcome(election=ready, at=AT, by=world.qin)
    assert done["waiting"] == ["甲同志"]


class TestSteps:
    def test_one_election_at_a_time(self, world, election):
        with pytest.raises(ElectionRunning):
            actions.start_election(
                unit=world.branch, decided_on=DAY, seats=3, has_committee=True, at=AT, by=world.qin
            )

    def test_a_committee_has_seats(self, world):
        with pytest.raises(BadSeats):
            actions.start_election(
                unit=world.branch, decided_on=DAY, seats=2, has_committee=True, at=AT, by=world.qin
            )

    def test_no_candidates_before_the_reply(self, world, election, people):
        with pytest.raises(WrongStep):
            actions.set_candidates(election=election, people=people, at=AT, by=world.qin)

    def test_a_refusal_leads_back(self, world, election):
        asking = actions.ask_election(election=election, reason="请示", at=AT, by=world.qin)
        actions.decide(asking=asking, agree=False, decision="材料不全", at=AT, by=world.tang)
        assert at_step(election) == "decided"

    def test_only_full_members_of_the_unit_stand(self, world, election, people):
        agree(world, actions.ask_election(election=election, reason="请示", at=AT, by=world.qin))
        young = member(world, "预备同志", stage="probationary").person
        for stranger in (young, world.yue_member.person):
            with pytest.raises(NotEligible):
                actions.set_candidates(
                    election=election, people=[*people, stranger], at=AT, by=world.qin
                )

    def test_candidates_exceed_the_seats_by_a_fifth(self, world, election, people):
        agree(world, actions.ask_election(election=election, reason="请示", at=AT, by=world.qin))
        actions.set_candidates(election=election, people=people[:3], at=AT, by=world.qin)
        with pytest.raises(TooFewCandidates, match="至少 4 名候选人；现有 3 名"):
            actions.ask_candidates(election=election, reason="上报", at=AT, by=world.qin)

    def test_cancelling_frees_the_unit(self, world, election):
        actions.ask_election(election=election, reason="请示", at=AT, by=world.qin)
        actions.cancel_election(election=election, reason="合并支部", at=AT, by=world.qin)
        assert not election.askings.filter(verdict="").exists()
        assert Election.objects.exclude(step__in=Election.OVER).count() == 0


class TestSums:
    """Votes that do not add up are refused with the sum that fails, and nothing is recorded."""

    @pytest.mark.mission("S4.18")
    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"present": 15, "issued": 15, "returned": 15, "valid": 15}, "present"),  # not 4/5
            ({"present": 21}, "present"),
            ({"issued": 19}, "issued"),
            ({"returned": 19}, "returned"),
            ({"valid": 19}, "valid"),
        ],
    )
    def test_ballots(self, world, ready, changed, field):
        favour = dict.fromkeys(CLEAR, 5)
        with pytest.raises(DoesNotAddUp) as refusal:
            hold(world, ready, favour, **changed)
        assert refusal.value.field == field
        assert ready.rounds.count() == 0

    def test_marks_of_a_candidate(self, world, ready):
        marks = {one.pk: Marks(10, 5, 0) for one in ready.candidates.all()}
        with pytest.raises(DoesNotAddUp, match="应等于有效票 17"):
            actions.record_round(
                election=ready, held_on=DAY, numbers=BALLOTS, marks=marks, tellers="甲", at=AT,
                by=world.qin,
            )  # fmt: skip

    def test_more_votes_than_seats(self, world, ready):
        with pytest.raises(DoesNotAddUp, match="有选票选得多于应选名额"):
            hold(world, ready, dict.fromkeys(CLEAR, 17))

    def test_everybody_is_voted_on(self, world, ready):
        with pytest.raises(DoesNotAddUp):
            hold(world, ready, {})


class TestOutcome:
    def test_a_tie_at_the_last_seat_is_voted_on_again(self, world, ready):
        hold(world, ready, {"甲同志": 17, "乙同志": 14, "丙同志": 10, "丁同志": 10})
        assert at_step(ready) == "again"
        assert {one.person.name for one in may_stand(ready)} == {"丙同志", "丁同志"}
        hold(world, ready, {"丙同志": 12, "丁同志": 5})
        assert at_step(ready) == "elected"
        assert ready.candidates.get(person__name="丙同志").result == "commissioner"

    def test_who_is_not_tied_does_not_stand_again(self, world, ready):
        hold(world, ready, {"甲同志": 17, "乙同志": 14, "丙同志": 10, "丁同志": 10})
        with pytest.raises(DoesNotAddUp):
            hold(world, ready, {"甲同志": 17})

    def test_half_is_not_more_than_half(self, world, ready):
        hold(world, ready, {"甲同志": 17, "乙同志": 15, "丙同志": 9, "丁同志": 3})
        assert ready.candidates.get(person__name="丙同志").result == ""
        assert at_step(ready) == "again"

    def test_a_seat_is_given_up_by_more_than_half(self, world, ready):
        hold(world, ready, {"甲同志": 17, "乙同志": 15, "丙同志": 9, "丁同志": 3})
        with pytest.raises(NotEnough):
            actions.accept_fewer(election=ready, in_favour=9, at=AT, by=world.qin)
        actions.accept_fewer(election=ready, in_favour=10, at=AT, by=world.qin)
        assert at_step(ready) == "elected"
        assert ready.seats == 2

    def test_without_a_committee_the_meeting_elects_the_secretary(self, world, people):
        one = actions.start_election(
            unit=world.branch, decided_on=DAY, seats=9, has_committee=False, at=AT, by=world.qin
        )
        assert one.seats == 1
        agree(world, actions.ask_election(election=one, reason="请示", at=AT, by=world.qin))
        actions.set_candidates(election=one, people=people[:1], at=AT, by=world.qin)
        agree(world, actions.ask_candidates(election=one, reason="上报", at=AT, by=world.qin))
        hold(world, one, {"甲同志": 17})
        assert at_step(one) == "chosen"
        assert one.candidates.get().result == "secretary"


def test_the_quorum_is_four_fifths_and_before_2020_more_than_that(world):
    rule = term_rule(world.branch, DAY)
    assert not check_quorum(20, 15, rule).ok
    assert check_quorum(20, 16, rule).ok
    assert "16" in check_quorum(20, 15, rule).why
    earlier = term_rule(world.branch, date(2020, 7, 12))
    assert not check_quorum(20, 16, earlier).ok
    assert check_quorum(20, 17, earlier).ok


def test_every_check_says_why(world):
    count = Count(3, 20, 18, 18, 18, 17, {n: Marks(10, 7, 0) for n in range(4)})
    checks = checks_of(count, term_rule(world.branch, DAY), dict.fromkeys(range(4), "某"))
    assert all(check.ok and check.why for check in checks)
    outcome = outcome_of(count)
    assert (outcome.elected, len(outcome.tied), outcome.short) == ([], 4, 3)
