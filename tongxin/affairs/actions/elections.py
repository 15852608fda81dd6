"""An election, step by step: decided, asked, candidates, the meeting's count, the posts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.orgs.actions import end_post, give_post, write_log
from tongxin.orgs.models import LogEntry, Org, Person

from ..ballots import Count, Marks, check_candidates, checks_of, outcome_of
from ..models import Asking, Candidate, Election, Round, Term, Vote
from ..queries.elections import may_stand, proposed_posts, standing_in
from ..rules import TermRule, term_rule
from .common import keep_paper, local, require_keeper, require_party, require_past
from .disclosure import due_by_event
from .terms import ask, open_term

Step, Result, Office = Election.Step, Candidate.Result, Round.Office


class ElectionRunning(Refused):
    """A unit holds one election at a time."""


class WrongStep(Refused):
    """Not what comes next in this election."""


class BadSeats(Invalid):
    """A committee has three to seven seats; without one, a secretary is elected."""


class NotEligible(Invalid):
    """Only full members of the unit stand."""


class TooFewCandidates(Invalid):
    """Candidates exceed the seats by a share that the rule sets."""


class DoesNotAddUp(Invalid):
    """The count of a meeting that cannot be: its sentence says which sum fails."""


class NotEnough(Refused):
    """Seats are given up only if more than half of those present agree."""


def rule_of(election: Election) -> TermRule:
    """Return the rule that the election was begun under."""
    return term_rule(election.unit, election.decided_on)


@transaction.atomic
def start_election(
    *, unit: Org, decided_on: date, seats: int, has_committee: bool, at: datetime, by: User,
    note: str = "",
) -> Election:  # fmt: skip
    """Record the decision to hold an election.

    :raises ElectionRunning: if one is under way
    :raises BadSeats: for a committee of fewer than three or more than eleven
    """
    require_party(unit)
    require_keeper(by, unit)
    require_past(decided_on, at, "decided_on")
    unit = Org.objects.select_for_update(of=("self",)).get(pk=unit.pk)
    if Election.objects.filter(unit=unit).exclude(step__in=Election.OVER).exists():
        raise ElectionRunning(_("“%s”已有一次换届正在进行") % unit)
    if has_committee and not 3 <= seats <= 11:
        raise BadSeats(_("委员会一般 3 至 7 人，最多 11 人"), field="seats")
    election = Election.objects.create(
        unit=unit,
        term=Term.objects.filter(unit=unit, ended_on__isnull=True).first(),
        seats=seats if has_committee else 1,
        has_committee=has_committee,
        decided_on=decided_on,
        rule=term_rule(unit, decided_on).version,
        note=note,
        started_by=by,
    )
    _log(election, _("决定换届，应选 %d 人") % election.seats, "start", at, by)
    return election


@transaction.atomic
def ask_election(*, election: Election, reason: str, at: datetime, by: User) -> Asking:
    """Ask the unit above for leave to hold the meeting.

    :raises WrongStep: if it is not the next thing
    """
    election = _at(election, by, Step.DECIDED)
    asking = ask(
        kind=Asking.Kind.ELECTION, unit=election.unit, reason=reason, at=at, by=by,
        election=election,
    )  # fmt: skip
    _go(election, Step.ASKED, _("请示召开大会换届"), f"ask:{asking.pk}", at, by)
    return asking


def election_decided(asking: Asking, *, at: datetime, by: User) -> None:
    """Go on to the candidates if the unit above agreed, back to the decision if not."""
    _decided(asking, Step.AGREED, Step.DECIDED, _("上级同意召开大会换届"), at, by)


@transaction.atomic
def set_candidates(*, election: Election, people: Iterable[Person], at: datetime, by: User) -> None:
    """Put up the candidates, all at once, in place of those before.

    :raises NotEligible: for somebody who is no full member of the unit or those under it
    """
    election = _at(election, by, Step.AGREED)
    people = list(people)
    standing = standing_in(election.unit, people)
    for person in people:
        if person.pk not in standing:
            raise NotEligible(_("%s不是本组织的正式党员，不能作为候选人") % person, field="people")
    election.candidates.all().delete()
    Candidate.objects.bulk_create(Candidate(election=election, person=one) for one in people)


@transaction.atomic
def ask_candidates(*, election: Election, reason: str, at: datetime, by: User) -> Asking:
    """Ask the unit above for its view of the candidates; there must be enough of them.

    :raises TooFewCandidates: with the sum in its sentence
    """
    election = _at(election, by, Step.AGREED)
    check = check_candidates(
        election.seats, election.candidates.count(), rule_of(election),
        contested=election.has_committee,
    )  # fmt: skip
    if not check.ok:
        raise TooFewCandidates(check.why, field="people")
    asking = ask(
        kind=Asking.Kind.CANDIDATES, unit=election.unit, reason=reason, at=at, by=by,
        election=election,
    )  # fmt: skip
    _go(election, Step.PROPOSED, _("上报候选人预备人选"), f"ask:{asking.pk}", at, by)
    return asking


def candidates_decided(asking: Asking, *, at: datetime, by: User) -> None:
    """The meeting may be held, or other candidates are put up."""
    _decided(asking, Step.READY, Step.AGREED, _("上级同意候选人预备人选"), at, by)


@transaction.atomic
def record_round(
    *, election: Election, held_on: date, numbers: Mapping[str, int], marks: Mapping[int, Marks],
    tellers: str, at: datetime, by: User, place: str = "",
) -> Round:  # fmt: skip
    """Record a count: the first one of the committee, a runoff, or that of the secretary.

    `numbers` holds entitled, present, issued, returned, valid; `marks` is by candidate id. Which
    count it is follows from the step: READY and AGAIN elect the committee (or, without one, the
    secretary), ELECTED the secretary among the committee.

    :raises DoesNotAddUp: if a sum fails; nothing is recorded
    """
    election = _at(election, by, Step.READY, Step.AGAIN, Step.ELECTED)
    require_past(held_on, at, "held_on")
    _after_the_decision(election, held_on)
    count, standing = count_of(election, numbers, marks)
    names = {one.pk: one.person.name for one in standing.values()}
    failed = [c for c in checks_of(count, rule_of(election), names) if not c.ok]
    if failed:
        raise DoesNotAddUp(failed[0].why, field=failed[0].field)
    outcome = outcome_of(count)
    office = Office.SECRETARY if count.is_for_secretary else Office.COMMISSIONER
    number = election.rounds.count() + 1
    row = Round.objects.create(
        election=election, number=number, office=office, held_on=held_on, place=place,
        seats=count.seats, tellers=tellers, by=by, at=at, **numbers,
    )  # fmt: skip
    Vote.objects.bulk_create(
        Vote(
            round=row,
            candidate=standing[who],
            in_favour=mark.in_favour,
            against=mark.against,
            abstained=mark.abstained,
            is_elected=who in outcome.elected,
        )
        for who, mark in marks.items()
    )
    became = Result.SECRETARY if count.is_for_secretary else Result.COMMISSIONER
    Candidate.objects.filter(pk__in=outcome.elected).update(result=became)
    if not count.is_for_secretary or election.held_on is None:
        election.held_on = held_on
    election.step = _next_step(election, count, outcome.short)
    election.save()
    words = {"n": number, "what": row.get_office_display(), "k": len(outcome.elected)}
    _log(
        election, _("第 %(n)d 轮投票（%(what)s），当选 %(k)d 人") % words, f"round:{number}", at, by
    )
    return row


def _after_the_decision(election: Election, held_on: date) -> None:
    last = election.held_on or election.decided_on
    if held_on < last:
        raise WrongStep(_("日期不能早于 %s") % last, field="held_on")


def count_of(
    election: Election, numbers: Mapping[str, int], marks: Mapping[int, Marks]
) -> tuple[Count, dict[int, Candidate]]:
    """Return the count a round would be in this step, and the candidates who may stand in it.

    :raises DoesNotAddUp: if somebody else is voted on
    """
    standing = {one.pk: one for one in may_stand(election)}
    if not marks or not set(marks) <= set(standing):
        raise DoesNotAddUp(_("请填写每名候选人的得票"), field="votes")
    for_secretary = election.step == Step.ELECTED or not election.has_committee
    taken = election.candidates.filter(result=Result.COMMISSIONER).count()
    count = Count(
        seats=1 if for_secretary else election.seats - taken,
        marks=marks,
        is_runoff=election.step == Step.AGAIN,
        is_for_secretary=for_secretary,
        **numbers,
    )
    return count, standing


def _next_step(election: Election, count: Count, short: int) -> str:
    if short:
        return Step.ELECTED if count.is_for_secretary and election.has_committee else Step.AGAIN
    return Step.CHOSEN if count.is_for_secretary else Step.ELECTED


@transaction.atomic
def accept_fewer(*, election: Election, in_favour: int, at: datetime, by: User) -> None:
    """Give up the seats left open: more than half of those present agreed (选举工作条例).

    :raises NotEnough: if they did not, or nobody is elected yet
    """
    election = _at(election, by, Step.AGAIN)
    last = election.rounds.order_by("-number").first()
    taken = election.candidates.filter(result=Result.COMMISSIONER).count()
    if last is None or not election.has_committee or not taken:
        raise NotEnough(_("还没有人当选，不能减少名额"))
    if in_favour > last.present or in_favour * 2 <= last.present:
        words = {"present": last.present, "n": in_favour}
        raise NotEnough(
            _("实到 %(present)d 人，同意减少名额的要超过半数；现有 %(n)d 人") % words,
            field="in_favour",
        )
    last.fewer = True
    last.save(update_fields=["fewer"])
    election.seats, election.step = taken, Step.ELECTED
    election.save(update_fields=["seats", "step"])
    _log(election, _("经半数以上选举人同意，名额减为 %d") % taken, "fewer", at, by)


@transaction.atomic
def report_result(*, election: Election, reason: str, at: datetime, by: User) -> Asking:
    """Report the result; the secretary is approved by the unit above."""
    election = _at(election, by, Step.CHOSEN)
    asking = ask(
        kind=Asking.Kind.RESULT, unit=election.unit, reason=reason, at=at, by=by,
        election=election,
    )  # fmt: skip
    _go(election, Step.REPORTED, _("报告选举结果"), f"ask:{asking.pk}", at, by)
    return asking


def result_decided(asking: Asking, *, at: datetime, by: User) -> None:
    """The posts may be given, or the result is reported again."""
    _decided(asking, Step.APPROVED, Step.CHOSEN, _("上级批复选举结果"), at, by)


@transaction.atomic
def confirm_outcome(*, election: Election, at: datetime, by: User) -> dict[str, list[str]]:
    """Give and end the posts that the result proposes, and begin the new term.

    Return {"given", "ended", "waiting"}: names; `waiting` have no account yet and get no post.
    """
    election = _at(election, by, Step.APPROVED)
    today = local(at)
    done: dict[str, list[str]] = {"given": [], "ended": [], "waiting": []}
    for proposal in proposed_posts(election, on=today):
        if proposal.what == "end" and proposal.post is not None:
            end_post(post=proposal.post, on=today, at=at, by=by)
            done["ended"].append(proposal.name)
        elif proposal.what == "give" and proposal.user is not None:
            give_post(user=proposal.user, org=election.unit, role=proposal.role, at=at, by=by)
            done["given"].append(proposal.name)
        elif proposal.what == "wait":
            done["waiting"].append(proposal.name)
    election.candidates.filter(result=Result.OPEN).update(result=Result.NOT)
    held_on, number = election.held_on or today, 1
    if election.term is not None:
        Term.objects.filter(pk=election.term.pk).update(ended_on=held_on)
        number = election.term.number + 1
    open_term(unit=election.unit, number=number, from_date=held_on, seats=election.seats)
    election.step, election.closed_on = Step.CLOSED, today
    election.save(update_fields=["step", "closed_on"])
    due_by_event(unit=election.unit, trigger="election", period=f"election-{election.pk}", on=today)
    _log(election, _("换届完成，第 %d 届任期开始") % number, "close", at, by)
    return done


@transaction.atomic
def keep_minutes(
    *, election: Election, papers: Iterable[tuple[str, bytes]], at: datetime, by: User
) -> None:
    """Keep the signed report, the minutes, the list of who came; also when all is over.

    :raises BadPaper: for what is no picture and no PDF
    """
    election = _at(election, by, *Step.values)
    for name, data in papers:
        keep_paper(unit=election.unit, name=name, data=data, by=by, at=at, election=election)


@transaction.atomic
def cancel_election(*, election: Election, reason: str, at: datetime, by: User) -> None:
    """Break an election off; what has happened stays in the book.

    :raises WrongStep: once its result lies with the unit above
    """
    election = _at(
        election, by, Step.DECIDED, Step.ASKED, Step.AGREED, Step.PROPOSED, Step.READY, Step.AGAIN
    )
    election.askings.filter(verdict="").update(verdict=Asking.Verdict.WITHDRAWN, decided_at=at)
    election.step, election.closed_on = Step.VOID, local(at)
    election.save(update_fields=["step", "closed_on"])
    _log(election, _("取消换届：%s") % reason, "void", at, by)


def _at(election: Election, by: User, *steps: str) -> Election:
    """Lock the election in one of the steps, for who keeps the unit's registers."""
    election = (
        Election.objects.select_for_update(of=("self",))
        .select_related("unit__parent", "term")
        .get(pk=election.pk)
    )
    require_keeper(by, election.unit)
    if election.step not in steps:
        raise WrongStep(_("现在是“%s”，不能办这一步") % election.get_step_display())
    return election


def _go(election: Election, step: str, text: str, key: str, at: datetime, by: User) -> None:
    election.step = step
    election.save(update_fields=["step"])
    _log(election, text, key, at, by)


def _decided(asking: Asking, agreed: str, refused: str, text: str, at: datetime, by: User) -> None:
    election = asking.election
    if election is None:
        return
    is_agreed = asking.verdict == Asking.Verdict.AGREED
    words = text if is_agreed else f"{asking.get_kind_display()}：{asking.get_verdict_display()}"
    _go(election, agreed if is_agreed else refused, words, f"decided:{asking.pk}", at, by)


def _log(election: Election, text: str, step: str, at: datetime, by: User) -> None:
    write_log(
        unit=election.unit,
        kind=LogEntry.Kind.ELECTION,
        text=text,
        at=at,
        recorded_at=at,
        source=f"affairs.election:{election.pk}",
        key=f"affairs.election:{election.pk}:{step}",
        actor=by,
    )
