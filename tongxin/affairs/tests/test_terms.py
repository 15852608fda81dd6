"""Terms: by rule, extended by the unit above only, reminded of once."""

from datetime import date

import pytest

from tongxin.accounts.models import Notice
from tongxin.affairs import actions
from tongxin.affairs.actions import (
    AskedAlready,
    BadExtension,
    BadTerm,
    DecidedAlready,
    NoDecision,
    NotAbove,
    NotAPartyUnit,
    NotKeeper,
    NotYet,
    OwnAsking,
    TermStanding,
)
from tongxin.affairs.models import Term
from tongxin.orgs.models import LogEntry, Post

from .helpers import fresh, noon

BEGAN = date(2021, 6, 1)
NOW = noon(date(2026, 1, 15))


@pytest.fixture
def term(world):
    return actions.begin_term(
        unit=world.branch, number=2, from_date=BEGAN, seats=3, at=NOW, by=world.qin
    )


@pytest.mark.mission("S4.18")
def test_a_term_ends_by_the_rule_and_is_in_the_book(world, term):
    assert (term.years, term.to_date, term.rule) == (5, date(2026, 6, 1), "2020")
    assert LogEntry.objects.filter(unit=world.branch, kind="election").count() == 1


def test_a_unit_has_one_term(world, term):
    with pytest.raises(TermStanding):
        actions.begin_term(
            unit=world.branch, number=3, from_date=BEGAN, seats=3, at=NOW, by=world.qin
        )


def test_only_its_keepers_write_terms(world):
    given = {"number": 1, "from_date": BEGAN, "seats": 3, "at": NOW}
    for who in (world.yue, world.ann, world.wang):
        with pytest.raises(NotKeeper):
            actions.begin_term(unit=world.branch, by=who, **given)
    with pytest.raises(NotAPartyUnit):
        actions.begin_term(unit=world.pine_office, by=world.qin, **given)
    with pytest.raises(NotYet):
        actions.begin_term(
            unit=world.branch, by=world.qin, **{**given, "from_date": date(2026, 1, 16)}
        )
    with pytest.raises(BadTerm):
        actions.begin_term(unit=world.branch, by=world.qin, **{**given, "seats": 0})
    assert not Term.objects.exists()


class TestExtension:
    def ask(self, world, term, months=6):
        return actions.ask_extension(
            term=term, months=months, reason="与村委会换届同步", at=NOW, by=world.qin
        )

    @pytest.mark.mission("S4.18")
    def test_the_unit_above_extends(self, world, term):
        asking = self.ask(world, term)
        actions.decide(asking=asking, agree=True, decision="同意", at=NOW, by=world.tang)
        term.refresh_from_db()
        assert term.due_on == date(2026, 12, 1)
        assert Notice.objects.filter(user=world.qin).exists()

    def test_a_year_in_all(self, world, term):
        with pytest.raises(BadExtension):
            self.ask(world, term, months=13)
        actions.decide(
            asking=self.ask(world, term, 12), agree=True, decision="", at=NOW, by=world.tang
        )
        with pytest.raises(BadExtension):
            self.ask(world, term, months=1)

    def test_one_question_at_a_time(self, world, term):
        self.ask(world, term)
        with pytest.raises(AskedAlready):
            self.ask(world, term)

    def test_not_from_inside_the_unit(self, world, term):
        asking = self.ask(world, term)
        with pytest.raises(NotAbove):
            actions.decide(asking=asking, agree=True, decision="", at=NOW, by=world.qin)

    def test_never_by_the_asker(self, world, term):
        asking = actions.ask_extension(
            term=term, months=3, reason="同步换届", at=NOW, by=world.tang
        )
        with pytest.raises(OwnAsking):
            actions.decide(asking=asking, agree=True, decision="", at=NOW, by=world.tang)
        actions.decide(asking=asking, agree=True, decision="", at=NOW, by=world.he)
        with pytest.raises(DecidedAlready):
            actions.decide(asking=asking, agree=True, decision="", at=NOW, by=world.he)

    def test_a_refusal_says_why_and_changes_nothing(self, world, term):
        asking = self.ask(world, term)
        with pytest.raises(NoDecision):
            actions.decide(asking=asking, agree=False, decision=" ", at=NOW, by=world.tang)
        actions.decide(asking=asking, agree=False, decision="按期换届", at=NOW, by=world.tang)
        term.refresh_from_db()
        assert term.extended_to is None

    def test_it_may_be_withdrawn(self, world, term):
        asking = self.ask(world, term)
        actions.withdraw(asking=asking, at=NOW, by=world.qin)
        with pytest.raises(DecidedAlready):
            actions.decide(asking=asking, agree=True, decision="", at=NOW, by=world.tang)
        self.ask(world, term)


class TestReminders:
    def test_nothing_before_the_six_months(self, world, term):
        assert actions.remind_terms(at=noon(date(2025, 11, 30))) == 0

    @pytest.mark.mission("S4.18")
    def test_once_six_months_ahead_and_once_when_over(self, world, term):
        early = noon(date(2025, 12, 1))
        assert [actions.remind_terms(at=early) for _ in range(2)] == [1, 0]
        over = noon(date(2026, 6, 2))
        assert [actions.remind_terms(at=over) for _ in range(2)] == [1, 0]
        told = Notice.objects.filter(user=world.qin).order_by("pk").values_list("title", flat=True)
        assert list(told) == ["任期将满，请准备换届", "任期已满，尚未换届"]

    def test_the_unit_above_hears_when_it_is_over(self, world, term):
        post = Post.objects.create(
            user=world.tang, org=world.pine_party, role="secretary", region=world.pine
        )
        assert post.pk
        actions.remind_terms(at=noon(date(2026, 6, 2)))
        assert Notice.objects.filter(user=world.tang, title="任期已满，尚未换届").exists()

    def test_an_extension_is_reminded_of_anew(self, world, term):
        actions.remind_terms(at=noon(date(2026, 6, 2)))
        asking = actions.ask_extension(
            term=term, months=12, reason="同步换届", at=NOW, by=world.qin
        )
        actions.decide(asking=asking, agree=True, decision="", at=NOW, by=world.tang)
        assert actions.remind_terms(at=noon(date(2026, 6, 3))) == 0
        assert actions.remind_terms(at=noon(date(2026, 12, 5))) == 1


def test_who_sees_terms(world, term):
    assert Term.objects.visible_to(fresh(world.qin)).exists()
    assert Term.objects.visible_to(fresh(world.he)).exists()
    for who in (world.yue, world.ann, world.wang, world.zhang):
        assert not Term.objects.visible_to(fresh(who)).exists()
