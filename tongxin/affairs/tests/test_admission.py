"""A file of development: its steps by the rule of its day, each with time, evidence, vote."""

from datetime import date, timedelta

import pytest

from tongxin.accounts.models import Notice
from tongxin.affairs import actions
from tongxin.affairs.actions import (
    Ballot,
    EvidenceMissing,
    FileOpen,
    LateWithoutReason,
    NoMajority,
    NoSponsors,
    NotAbove,
    NotAnApplicant,
    NoticeTooShort,
    NotKeeper,
    NotNext,
    NotYet,
    Taken,
    TooEarly,
    TooFewHours,
    TooFewReviews,
    TooYoung,
    judge,
)
from tongxin.affairs.models import Admission, Disclosure, Paper
from tongxin.affairs.queries import next_step, schedule
from tongxin.affairs.rules import admission_steps
from tongxin.orgs.models import LogEntry, Membership, Person

from .helpers import PAPERS, fresh, member, noon

OLD, NEW = date(2023, 3, 1), date(2026, 5, 20)
LATER = noon(date(2030, 1, 1))
PASSED = Ballot(entitled=10, present=8, in_favour=7)


def open_file(world, applied_on=NEW, born_on=date(2000, 1, 1)):
    return actions.admit_applicant(
        unit=world.branch, name="申同志", born_on=born_on, applied_on=applied_on, papers=PAPERS,
        at=LATER, by=world.qin,
    )  # fmt: skip


@pytest.fixture
def file(world):
    return open_file(world)


def take(world, file, on, **given):
    """Take the next step as whoever may: the unit's secretary, or the street's."""
    file = Admission.objects.get(pk=file.pk)
    step = next_step(file)
    by = world.tang if step.by_above else world.qin
    given = {"papers": PAPERS, **given}
    return actions.take_step(
        admission=file, code=step.code, taken=Taken(done_on=on, **given), at=LATER, by=by
    )


def needed(world, file, step, on):
    """Return what a step needs to be passed on a day, and set its people."""
    given = {}
    if "vote" in step.needs:
        given["ballot"] = PASSED
    if "hours" in step.needs:
        given["hours"] = 24
    if "notice" in step.needs:
        given["started_on"] = on - timedelta(days=20)
    if "reviews" in step.needs:
        for months in (1, 2):
            actions.write_review(
                admission=file, on=on - timedelta(days=months), text="表现良好", at=LATER,
                by=world.qin,
            )  # fmt: skip
    if "sponsors" in step.needs:
        people = [world.wang_member.person, world.zhao_member.person]
        actions.set_helpers(admission=file, role="sponsor", people=people, at=LATER, by=world.qin)
    return given


def walk(world, file, until):
    """Take steps at their earliest day, a month apart where none is set, up to one."""
    while True:
        file = Admission.objects.get(pk=file.pk)
        step = next_step(file)
        if step is None or step.code == until:
            return file
        view = next(v for v in schedule(file) if v.state == "now")
        on = view.window.earliest + timedelta(days=21)
        if view.window.latest:
            on = max(min(on, view.window.latest), view.window.earliest)
        take(world, file, on, late_reason="上级审批较晚", **needed(world, file, step, on))


class TestOpening:
    @pytest.mark.mission("S4.9")
    @pytest.mark.parametrize(("day", "version", "count"), [(OLD, "2014", 25), (NEW, "2026", 29)])
    def test_the_rule_of_the_day_of_application_holds(self, world, day, version, count):
        file = open_file(world, applied_on=day)
        assert (file.version, len(schedule(file))) == (version, count)
        assert file.next_code == "talk"
        assert file.due_on == date(day.year, day.month + 1, day.day)

    def test_who_applies_is_eighteen(self, world):
        with pytest.raises(TooYoung, match="2026-05-21"):
            open_file(world, born_on=date(2008, 5, 21))
        assert not Person.objects.filter(name="申同志").exists()
        assert open_file(world, born_on=date(2008, 5, 20))

    def test_nobody_knows_how_old(self, world):
        one = member(world, "不详", stage="applicant")
        Person.objects.filter(pk=one.person_id).update(born_on=None)
        with pytest.raises(TooYoung):
            actions.open_admission(
                membership=one, applied_on=NEW, papers=PAPERS, at=LATER, by=world.qin
            )

    def test_applicants_only_and_once(self, world, file):
        with pytest.raises(NotAnApplicant):
            actions.open_admission(
                membership=world.wang_member, applied_on=NEW, papers=PAPERS, at=LATER, by=world.qin
            )
        with pytest.raises(FileOpen):
            actions.open_admission(
                membership=file.membership, applied_on=NEW, papers=PAPERS, at=LATER, by=world.qin
            )

    def test_the_application_is_evidence(self, world):
        one = member(world, "无书", stage="applicant")
        with pytest.raises(EvidenceMissing):
            actions.open_admission(
                membership=one, applied_on=NEW, papers=(), at=LATER, by=world.qin
            )
        assert not Admission.objects.exists()

    def test_by_keepers_only(self, world):
        one = member(world, "某", stage="applicant")
        for who in (world.yue, world.ann):
            with pytest.raises(NotKeeper):
                actions.open_admission(
                    membership=one, applied_on=NEW, papers=PAPERS, at=LATER, by=who
                )


class TestTime:
    def test_steps_come_in_order(self, world, file):
        with pytest.raises(NotNext):
            actions.take_step(
                admission=file, code="candidate", taken=Taken(done_on=NEW, papers=PAPERS),
                at=LATER, by=world.qin,
            )  # fmt: skip

    def test_late_is_recorded_with_its_reason(self, world, file):
        on = file.due_on + timedelta(days=4)
        with pytest.raises(LateWithoutReason, match="1 个月"):
            take(world, file, on)
        take(world, file, on, late_reason="申请人外出务工")
        row = file.steps.get(code="talk")
        assert (row.late_days, row.late_reason) == (4, "申请人外出务工")

    def test_not_before_the_step_before(self, world, file):
        with pytest.raises(TooEarly):
            take(world, file, NEW - timedelta(days=1))

    def test_not_in_the_future(self, world, file):
        with pytest.raises(NotYet):
            actions.take_step(
                admission=file, code="talk", taken=Taken(done_on=NEW + timedelta(9), papers=PAPERS),
                at=noon(NEW), by=world.qin,
            )  # fmt: skip

    @pytest.mark.mission("S4.9")
    def test_a_year_before_a_candidate(self, world, file):
        file = walk(world, file, "educate")
        activist_on = file.steps.get(code="recommend").done_on
        a_year = activist_on.replace(year=activist_on.year + 1)
        needed(world, file, next_step(file), a_year)
        with pytest.raises(TooEarly, match="12 个月"):
            take(world, file, a_year - timedelta(days=1))
        take(world, file, a_year)

    def test_a_notice_hangs_five_working_days(self, world, file):
        file = walk(world, file, "notice")
        view = next(v for v in schedule(file) if v.state == "now")
        first = view.window.earliest
        with pytest.raises(TooEarly):
            take(world, file, first - timedelta(days=1), started_on=first - timedelta(days=1))
        with pytest.raises(NoticeTooShort, match="4 个工作日|3 个工作日|2 个工作日|1 个工作日"):
            take(world, file, first, started_on=first - timedelta(days=1))
        with pytest.raises(NoticeTooShort, match="起止"):
            take(world, file, first)
        day = file.steps.get(code="candidate").done_on
        take(world, file, first, started_on=day)


class TestNeeds:
    def test_evidence(self, world, file):
        with pytest.raises(EvidenceMissing, match="谈话记录"):
            take(world, file, NEW, papers=())
        assert not file.steps.filter(code="talk").exists()

    def test_a_paper_is_a_picture_or_pdf(self, world, file):
        with pytest.raises(actions.BadPaper):
            take(world, file, NEW, papers=[("a.exe", b"MZ whatever")])
        assert not file.steps.filter(code="talk").exists()

    def test_steps_of_the_unit_above_are_recorded_there(self, world, file):
        file = walk(world, file, "file_activist")
        with pytest.raises(NotAbove):
            actions.take_step(
                admission=file, code="file_activist", at=LATER, by=world.qin,
                taken=Taken(done_on=date(2026, 9, 1), papers=PAPERS),
            )  # fmt: skip

    def test_two_reviews(self, world, file):
        file = walk(world, file, "educate")
        with pytest.raises(TooFewReviews, match="已考察 0 次"):
            take(world, file, file.steps.last().done_on + timedelta(days=400))

    def test_two_sponsors(self, world, file):
        file = walk(world, file, "sponsors")
        on = file.steps.last().done_on
        with pytest.raises(NoSponsors, match="介绍人 0 名"):
            take(world, file, on)
        with pytest.raises(NoSponsors):
            actions.set_helpers(
                admission=file, role="sponsor", people=[file.membership.person], at=LATER,
                by=world.qin,
            )  # fmt: skip

    def test_twenty_four_hours(self, world, file):
        file = walk(world, file, "training")
        on = file.steps.last().done_on
        with pytest.raises(TooFewHours):
            take(world, file, on, hours=23)
        take(world, file, on, hours=24)


class TestVotes:
    @pytest.mark.mission("S4.18")
    @pytest.mark.parametrize(
        ("ballot", "passed"),
        [
            (Ballot(10, 6, 6), True),
            (Ballot(10, 5, 5), False),  # half is not more than half
            (Ballot(10, 9, 5), False),
            (Ballot(10, 6, 8, written=2), True),
            (Ballot(10, 6, 7, written=0), False),  # more votes than voters
            (Ballot(10, 9, 6, written=2), False),  # more people than entitled
            (Ballot(11, 6, 6), True),
            (Ballot(0, 0, 0), False),
            (None, False),
        ],
    )
    def test_more_than_half_of_those_entitled(self, ballot, passed):
        verdict, why, _field = judge(ballot)
        assert verdict is passed
        assert why

    def test_a_failed_vote_is_refused_as_passed_and_recorded_as_failed(self, world, file):
        file = walk(world, file, "admit")
        on, lost = file.steps.last().done_on, Ballot(10, 9, 5)
        with pytest.raises(NoMajority, match="赞成 5 人，没有超过"):
            take(world, file, on, ballot=lost)
        taken = Taken(done_on=on, ballot=lost, papers=PAPERS)
        actions.record_failed_vote(
            admission=file, code="admit", taken=taken, at=LATER, by=world.qin
        )
        file.refresh_from_db()
        assert file.next_code == "admit"
        assert file.steps.get(code="admit").result == "failed"
        with pytest.raises(NotNext):
            actions.record_failed_vote(
                admission=file, code="admit", at=LATER, by=world.qin,
                taken=Taken(done_on=on, ballot=PASSED, papers=PAPERS),
            )  # fmt: skip
        take(world, file, on, ballot=PASSED)


class TestStages:
    @pytest.mark.mission("S4.9")
    @pytest.mark.parametrize("applied_on", [OLD, date(2026, 5, 11)])
    def test_the_whole_way_to_full_membership(self, world, applied_on):
        file = walk(world, open_file(world, applied_on=applied_on), "")
        assert file.state == "done"
        days = dict(file.steps.values_list("code", "done_on"))
        membership = Membership.objects.get(pk=file.membership_id)
        assert membership.stage == "full"
        assert membership.admitted_on == days["admit"]  # probation counts from the meeting
        assert membership.full_on == days["admit"].replace(year=days["admit"].year + 1)
        count = len(admission_steps(file.version))
        book = LogEntry.objects.filter(unit=world.branch, kind="development")
        assert book.count() == count
        assert not book.filter(text__contains="申同志").exists()  # a book cannot be erased
        assert Paper.objects.filter(step__admission=file).count() == count
        assert Disclosure.objects.filter(unit=world.branch, code="admission").count() == 2

    def test_the_committee_is_reminded_of_its_three_months(self, world, file):
        file = walk(world, file, "approve")
        admitted = file.steps.get(code="admit").done_on
        assert file.due_on == (admitted.replace(day=1) + timedelta(days=100)).replace(
            day=admitted.day
        ) or (file.due_on - admitted).days in range(88, 94)
        view = next(v for v in schedule(file) if v.state == "now")
        assert "特殊情况最迟" in view.window.why

    def test_a_file_is_ended_with_its_reason(self, world, file):
        on = date(2026, 6, 30)
        actions.end_admission(admission=file, reason="本人撤回", on=on, at=LATER, by=world.qin)
        membership = Membership.objects.get(pk=file.membership_id)
        assert (membership.to_date, membership.end) == (on, "ended")
        with pytest.raises(NotNext):
            take_closed = Taken(done_on=on, papers=PAPERS)
            actions.take_step(
                admission=file, code="talk", taken=take_closed, at=LATER, by=world.qin
            )
        with pytest.raises(NotNext):
            actions.write_review(admission=file, on=on, text="…", at=LATER, by=world.qin)

    def test_a_member_is_not_ended_here(self, world, file):
        file = walk(world, file, "record")
        with pytest.raises(NotNext):
            actions.end_admission(
                admission=file, reason="…", on=date(2029, 1, 1), at=LATER, by=world.qin
            )


def test_reminders_once_when_near_and_once_when_late(world, file):
    near, late = file.due_on - timedelta(days=7), file.due_on + timedelta(days=1)
    assert actions.remind_admissions(at=noon(near - timedelta(days=1))) == 0
    assert [actions.remind_admissions(at=noon(near)) for _ in range(2)] == [1, 0]
    assert [actions.remind_admissions(at=noon(late)) for _ in range(2)] == [1, 0]
    told = Notice.objects.filter(user=world.qin)
    assert told.count() == 2
    assert not told.filter(text__contains="申同志").exists()


def test_a_review_is_due_every_half_year(world, file):
    file = walk(world, file, "mentors")
    began = file.steps.get(code="recommend").done_on
    assert (file.review_due_on - began).days in range(180, 186)
    due = noon(file.review_due_on)
    Admission.objects.update(due_on=None)
    assert [actions.remind_admissions(at=due) for _ in range(2)] == [1, 0]
    actions.write_review(
        admission=file, on=file.review_due_on, text="进步明显", at=LATER, by=world.qin
    )
    later = Admission.objects.get(pk=file.pk).review_due_on
    assert later > file.review_due_on
    assert actions.remind_admissions(at=noon(later)) == 1


def test_who_sees_a_file(world, file):
    person = file.membership.person
    person.user = world.sun
    person.save()
    paper = Paper.objects.filter(step__admission=file)
    for who in (world.qin, world.tang, world.he, world.sun):
        assert Admission.objects.visible_to(fresh(who)).exists()
        assert Paper.objects.visible_to(fresh(who)).filter(pk__in=paper).exists()
    for who in (world.yue, world.ann, world.wang, world.zhang):
        assert not Admission.objects.visible_to(fresh(who)).exists()
        assert not Paper.objects.visible_to(fresh(who)).exists()


def test_a_commissioner_sees_no_file(world, file):
    commissioner = world.person("commissioner", "魏同志", world.branch, "commissioner")
    assert not Admission.objects.visible_to(fresh(commissioner)).exists()
    assert not Paper.objects.visible_to(fresh(commissioner)).exists()
