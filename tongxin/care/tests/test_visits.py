"""Visits that are due, what was promised, extra rounds, and the walk on the phone."""

from __future__ import annotations

from datetime import date

import pytest

from tongxin.accounts.models import Notice
from tongxin.accounts.queries import sealer
from tongxin.care import actions
from tongxin.care.models import CareFile, CareKind, CareVisit
from tongxin.care.queries import contents_of_visit, overdue, visits_of
from tongxin.care.queries.rules import forget
from tongxin.cases.actions import open_case
from tongxin.fieldwork import actions as fieldwork
from tongxin.fieldwork.models import Visit
from tongxin.kit.errors import Invalid
from tongxin.testing import NOON

from .conftest import DAY, NAME, TODAY, a_file, fresh


def visited(file, by, *, at=NOON, how="home", **given):
    told = {"condition": "精神不错，吃得下饭", "on": TODAY + (at - NOON)}
    return actions.record_visit(file=file, how=how, by=by, at=at, **told | given)


@pytest.mark.mission("S2.43")
def test_a_visit_is_sealed_and_sets_when_the_next_is_due(care):
    file = a_file(care)
    assert file.next_due_on == TODAY + 7 * DAY  # a new file is seen within a week
    made = visited(file, care.mei, wishes="想吃饺子")
    assert "饺子" not in str(CareVisit.objects.values().get())
    assert contents_of_visit(made).wishes == "想吃饺子"
    assert fresh(file).next_due_on == TODAY + 14 * DAY  # elders: each fortnight, by the sample


def test_the_interval_is_data_with_a_day_from_which_it_holds(care):
    CareKind.objects.create(
        code="elder", name="独居老人", every_days=3, term_days=365, forget_days=30,
        effective_from=TODAY + 10 * DAY, source="测试",
    )  # fmt: skip
    forget()
    file = a_file(care)
    visited(file, care.mei, at=NOON + 9 * DAY)
    assert fresh(file).next_due_on == TODAY + 23 * DAY
    visited(file, care.mei, at=NOON + 10 * DAY)
    assert fresh(file).next_due_on == TODAY + 13 * DAY


def test_somebody_not_met_stays_due_and_a_retry_is_one(care):
    file = a_file(care)
    first = visited(file, care.mei, how="absent", condition="", key="k1")
    again = visited(file, care.mei, how="absent", condition="", key="k1")
    assert first.pk == again.pk and fresh(file).next_due_on == TODAY + 7 * DAY


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"how": "drone"}, Invalid),
        ({"on": TODAY + DAY}, actions.BadDay),
        ({"on": TODAY - DAY}, actions.BadDay),
        ({"condition": ""}, Invalid),
        ({"promised": "修门"}, actions.PromiseNeedsADay),
        ({"promised": "修门", "promise_due_on": TODAY - DAY}, actions.PromiseNeedsADay),
    ],
)
def test_what_no_visit_may_say(care, given, refusal):
    file = a_file(care)
    with pytest.raises(refusal):
        visited(file, care.mei, **given)
    assert not CareVisit.objects.exists()


def test_only_a_reader_writes_a_visit(care):
    file = a_file(care)
    for who in ("zhang", "liu", "wang", "ann"):
        with pytest.raises(actions.NoSuchFile):
            visited(file, getattr(care, who))


def test_what_was_promised_is_kept_once(care):
    file = a_file(care)
    visit = visited(file, care.mei, promised="换灯泡", promise_due_on=TODAY + 2 * DAY)
    assert visits_of(file)[0].is_open
    actions.keep_promise(visit=visit, by=care.mei, at=NOON + DAY)
    assert not visits_of(file)[0].is_open
    with pytest.raises(actions.NotNow):
        actions.keep_promise(visit=visit, by=care.mei, at=NOON + DAY)


def test_an_older_visit_written_late_does_not_bring_the_next_one_back(care):
    file = a_file(care)
    visited(file, care.mei, at=NOON + 5 * DAY)
    visited(file, care.mei, at=NOON + 6 * DAY, on=TODAY + DAY)
    assert fresh(file).next_due_on == TODAY + 19 * DAY


@pytest.mark.mission("S2.43")
def test_a_missed_visit_rings_for_the_worker_then_for_the_care_officer(care):
    file = a_file(care)
    assert actions.ring_missed(at=NOON + 7 * DAY) == 0
    for _again in range(2):
        assert actions.ring_missed(at=NOON + 8 * DAY) == 1
    told = list(Notice.objects.values_list("user__username", flat=True))
    assert told == ["mei"]
    actions.ring_missed(at=NOON + 10 * DAY)
    rows = Notice.objects.order_by("pk")
    assert list(rows.values_list("user__username", flat=True)) == ["mei", "chen"]
    assert not rows.filter(title__contains=NAME[0]).exists()
    assert overdue(CareFile.objects.visible_to(care.mei), TODAY + 8 * DAY).get() == file


def test_a_heat_wave_brings_visits_forward_and_ends(care):
    elder, veteran = a_file(care), a_file(care, name="乙", kind="veteran")
    visited(elder, care.mei)
    with pytest.raises(actions.NotYourCare):
        call_round(care, by=care.mei)
    call_round(care)
    assert fresh(elder).next_due_on == TODAY + 2 * DAY
    assert fresh(veteran).next_due_on == TODAY + 7 * DAY  # not of these kinds
    visited(elder, care.mei, at=NOON + 2 * DAY)
    assert fresh(elder).next_due_on == TODAY + 4 * DAY
    visited(elder, care.mei, at=NOON + 7 * DAY)  # its last days: the next would lie behind it
    assert fresh(elder).next_due_on == TODAY + 21 * DAY


def call_round(care, **given):
    told = {
        "region": care.pine, "why": "heat", "kinds_of": ["elder"], "every_days": 2,
        "starts_on": TODAY, "ends_on": TODAY + 7 * DAY, "by": care.chen, "at": NOON,
    }  # fmt: skip
    return actions.call_extra_round(**told | given)


@pytest.mark.parametrize(
    "given",
    [
        {"kinds_of": []},
        {"kinds_of": ["nobody"]},
        {"why": "fun"},
        {"ends_on": TODAY - DAY},
        {"starts_on": TODAY - DAY},
        {"every_days": 0},
    ],
)
def test_what_no_extra_round_may_be(care, given):
    with pytest.raises(Invalid):
        call_round(care, **given)


# The walk itself is fieldwork's.


def test_a_walk_is_planned_for_who_goes_without_a_name(care):
    file = a_file(care)
    assert actions.plan_due(at=NOON) == 0  # due in a week
    assert actions.plan_due(at=NOON + 4 * DAY) == 1
    assert actions.plan_due(at=NOON + 4 * DAY) == 0
    walk = Visit.objects.get()
    assert (walk.due_on, walk.kind, walk.region) == (TODAY + 7 * DAY, "care", care.p1)
    assert NAME not in walk.title and file.number in walk.title
    assert [one.user for one in walk.team.all()] == [care.mei]


def test_writing_the_visit_finishes_the_walk(care):
    file = a_file(care)
    actions.plan_due(at=NOON + 4 * DAY)
    made = visited(file, care.mei, at=NOON + 5 * DAY)
    assert made.visit == Visit.objects.get() and made.visit.state == "done"
    assert actions.follow_walks(at=NOON + 5 * DAY) == 0


def test_a_walk_finished_on_a_phone_comes_into_the_file_once(care):
    file = a_file(care)
    actions.plan_due(at=NOON + 4 * DAY)
    at, walk = NOON + 5 * DAY, Visit.objects.get()
    fieldwork.begin_visit(walk, at=at, by=care.mei, how="none")
    fieldwork.finish_visit(walk, answers={}, at=at, by=care.mei, note="一切都好")
    assert actions.follow_walks(at=at) == 1
    # The words are in the sealed file now, and no longer where officers of the area read visits.
    walk.refresh_from_db()
    assert walk.note == "" and "关爱档案" in walk.changes.latest("pk").text
    assert actions.follow_walks(at=at) == 0
    told = visits_of(file)[0]
    assert (told.condition, told.visit.on) == ("一切都好", TODAY + 5 * DAY)
    assert fresh(file).next_due_on == TODAY + 19 * DAY


@pytest.mark.mission("S2.44")
def test_a_wish_heard_at_a_visit_is_tied_to_its_case(care):
    file = a_file(care)
    visit = visited(file, care.mei, wishes="想要一副老花镜")
    wish = open_case(
        kind="wish", title="一副老花镜", region=care.pine, at=NOON, actor=care.zhang,
        reporter=care.zhang,
    )  # fmt: skip
    with pytest.raises(Invalid):
        actions.link_wish(visit=visit, number="没有", by=care.mei, at=NOON)
    done = actions.link_wish(visit=visit, number=wish.number, by=care.chen, at=NOON)
    assert done.wish == wish


def test_names_are_found_whole_by_their_index(care):
    file = a_file(care)
    assert file.name_index == sealer().index(NAME)
    assert date(2026, 3, 9) == file.next_due_on
