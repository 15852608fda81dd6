"""Counting back: by the calendar, by working days around the holidays, lateness and slips."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongxin.kit.backplan import (
    BadStages,
    Late,
    Span,
    back_from,
    days_between,
    latest_start,
    length,
    slipped,
    where_stands,
)
from tongxin.kit.holidays import state_council

STAGES = [("design", 3), ("build", 5), ("accept", 2)]


def works(day: date) -> bool:
    return state_council(day)[0]


def test_by_the_calendar_the_last_stage_ends_on_the_fixed_day_and_nothing_overlaps():
    spans = back_from(date(2026, 6, 30), STAGES)
    assert spans == [
        Span("design", date(2026, 6, 21), date(2026, 6, 23)),
        Span("build", date(2026, 6, 24), date(2026, 6, 28)),
        Span("accept", date(2026, 6, 29), date(2026, 6, 30)),
    ]
    assert latest_start(date(2026, 6, 30), STAGES) == date(2026, 6, 21)


def test_working_days_go_around_the_national_day_and_use_its_made_up_days():
    # 2025: 1–8 October are free (国庆、中秋), Sunday 28 September and Saturday 11 October are worked.
    spans = back_from(date(2025, 10, 11), [("a", 3), ("b", 4)], is_workday=works)
    assert spans == [
        Span("a", date(2025, 9, 26), date(2025, 9, 29)),
        Span("b", date(2025, 9, 30), date(2025, 10, 11)),
    ]


def test_a_fixed_day_that_is_free_is_kept_by_ending_before_it():
    [span] = back_from(date(2025, 10, 8), [("only", 2)], is_workday=works)
    assert span == Span("only", date(2025, 9, 29), date(2025, 9, 30))


@pytest.mark.parametrize(
    "stages",
    [[], [("a", 0)], [("a", 1), ("a", 2)], [("a", 5000)]],
    ids=["none", "no days", "twice", "mistyped"],
)
def test_stages_that_cannot_be_planned_are_refused(stages):
    with pytest.raises(BadStages):
        back_from(date(2026, 6, 30), stages)


def test_a_calendar_without_working_days_is_refused_and_does_not_run_for_ever():
    with pytest.raises(BadStages, match="工作日"):
        back_from(date(2026, 6, 30), STAGES, is_workday=lambda day: False)


def test_where_it_stands_names_what_begins_today_and_what_is_late_and_by_how_much():
    spans = back_from(date(2026, 6, 30), STAGES)
    first = where_stands(spans, {}, date(2026, 6, 21))
    assert (first.current, first.to_start, first.late_by) == ("design", ("design",), 0)
    assert first.days_left == 9

    on_the_last_day = where_stands(spans, {}, date(2026, 6, 23))
    assert on_the_last_day.late == ()

    later = where_stands(spans, {}, date(2026, 6, 26))
    assert later.late == (Late("design", date(2026, 6, 23), 3),)
    assert (later.late_by, later.running) == (3, ("build",))

    done = {"design": date(2026, 6, 25), "build": date(2026, 6, 27), "accept": date(2026, 6, 30)}
    end = where_stands(spans, done, date(2026, 8, 1))
    assert (end.is_done, end.current, end.late, end.days_left) == (True, "", (), 0)
    assert end.done_late == (Late("design", date(2026, 6, 23), 2),)
    assert where_stands(spans, {}, date(2026, 7, 2)).days_left == -2


def test_a_slip_pushes_what_follows_and_says_by_how_much_the_end_is_missed():
    spans = back_from(date(2026, 6, 30), STAGES)
    slip = slipped(spans, "design", date(2026, 6, 25), end=date(2026, 6, 30))
    assert slip.moved == ("design", "build", "accept")
    assert slip.over_by == 2
    assert slip.spans[-1] == Span("accept", date(2026, 7, 1), date(2026, 7, 2))


def test_free_days_between_stages_take_up_a_slip():
    spans = [
        Span("a", date(2026, 6, 1), date(2026, 6, 3)),
        Span("b", date(2026, 6, 8), date(2026, 6, 10)),
    ]
    slip = slipped(spans, "a", date(2026, 6, 5), end=date(2026, 6, 10))
    assert (slip.moved, slip.over_by) == (("a",), 0)
    with pytest.raises(BadStages, match="早于"):
        slipped(spans, "a", date(2026, 5, 1), end=date(2026, 6, 10))
    with pytest.raises(BadStages, match="没有这个阶段"):
        slipped(spans, "c", date(2026, 6, 5), end=date(2026, 6, 10))


@given(
    end=st.dates(date(2020, 1, 1), date(2026, 12, 31)),
    days=st.lists(st.integers(1, 15), min_size=1, max_size=6),
    push=st.integers(0, 20),
)
def test_every_plan_has_exactly_its_working_days_in_order_and_a_slip_loses_none(end, days, push):
    stages = [(str(index), count) for index, count in enumerate(days)]
    spans = back_from(end, stages, is_workday=works)
    assert [length(span, is_workday=works) for span in spans] == days
    assert all(works(span.start) and works(span.end) for span in spans)
    for one, two in zip(spans, spans[1:], strict=False):
        assert days_between(one.end, two.start, is_workday=works) == 1
    assert spans[-1].end <= end
    assert days_between(spans[-1].end, end, is_workday=works) == 0

    slip = slipped(spans, "0", spans[0].end + timedelta(days=push), end=end, is_workday=works)
    assert [length(span, is_workday=works) for span in slip.spans[1:]] == days[1:]
    assert all(a.end < b.start for a, b in zip(slip.spans, slip.spans[1:], strict=False))
    gone = days_between(spans[0].end, slip.spans[0].end, is_workday=works)
    # What is pushed past the end is what the first stage was late by, to the working day.
    assert slip.over_by == gone
