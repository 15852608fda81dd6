from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongxin.kit.worktime import (
    SHANGHAI,
    BadNorm,
    BadWorkHours,
    Calendar,
    RoundTheClock,
    WorkHours,
    known_years,
    parse_norm,
    remaining_words,
    state_council,
)

OFFICE = WorkHours(((time(9), time(12)), (time(14), time(17, 30))))
SUMMER = WorkHours(((time(8, 30), time(12)), (time(15), time(18, 30))))
HOUR = timedelta(hours=1)


def official(day):
    return state_council(day)[0]


def seasonal(day):
    return SUMMER if 6 <= day.month <= 9 else None


CALENDAR = Calendar(OFFICE, official)
CALENDARS = [
    CALENDAR,
    Calendar(OFFICE, official, hours_by_date=seasonal),
    Calendar(WorkHours(((time(0), time(0)),)), lambda day: day.weekday() < 3),
    RoundTheClock(),
]

clocks = st.sampled_from(CALENDARS)
moments = st.timedeltas(timedelta(), timedelta(days=1000)).map(
    lambda passed: datetime(2025, 1, 1, tzinfo=UTC) + passed
)
amounts = st.timedeltas(timedelta(), timedelta(days=40))


def at(day, clock):
    return datetime.combine(date(2026, 11, day), time.fromisoformat(clock), SHANGHAI)


class TestWorkHours:
    def test_it_adds_up(self):
        assert OFFICE.total == timedelta(hours=6, minutes=30)
        assert WorkHours(((time(18), time(0)),)).total == 6 * HOUR

    @pytest.mark.parametrize(
        "spans",
        [
            (),
            ((time(9), time(9)),),
            ((time(12), time(9)),),
            ((time(9), time(12)), (time(11), time(17))),
            ((time(14), time(17)), (time(9), time(12))),
            ((time(18), time(0)), (time(19), time(20))),
        ],
    )
    def test_it_rejects_disorder(self, spans):
        with pytest.raises(BadWorkHours):
            WorkHours(spans)


class TestAdd:
    @pytest.mark.parametrize(
        ("start", "hours", "end"),
        [
            (at(20, "14:20"), 4, at(23, "09:50")),  # Friday afternoon, over the weekend
            (at(18, "09:00"), 3, at(18, "12:00")),  # ends with the morning, not after lunch
            (at(18, "09:00"), 6.5, at(18, "17:30")),  # ends with the day
            (at(18, "13:00"), 1, at(18, "15:00")),  # asked during lunch
            (at(18, "06:00"), 1, at(18, "10:00")),  # before work
            (at(18, "22:00"), 1, at(19, "10:00")),  # after work
            (at(18, "22:00"), 0, at(18, "22:00")),
            (at(21, "10:00"), 13, at(24, "17:30")),  # two whole days from a Saturday
        ],
    )
    def test_it_works(self, start, hours, end):
        assert CALENDAR.add(start, hours * HOUR) == end

    def test_it_follows_the_holiday_notice(self):
        # 2026-10-01 to 07 rest, 2026-09-20 and 2026-10-10 work.
        start = datetime(2026, 9, 30, 16, 30, tzinfo=SHANGHAI)
        assert CALENDAR.add(start, 2 * HOUR) == datetime(2026, 10, 8, 10, tzinfo=SHANGHAI)
        start = datetime(2026, 9, 19, 10, tzinfo=SHANGHAI)
        assert CALENDAR.add(start, HOUR) == datetime(2026, 9, 20, 10, tzinfo=SHANGHAI)

    def test_it_follows_the_seasonal_hours(self):
        calendar = CALENDARS[1]
        start = datetime(2026, 9, 30, 12, tzinfo=SHANGHAI)
        assert calendar.add(start, 3.5 * HOUR) == datetime(2026, 9, 30, 18, 30, tzinfo=SHANGHAI)
        assert calendar.add(start, 4.5 * HOUR) == datetime(2026, 10, 8, 10, tzinfo=SHANGHAI)

    def test_it_answers_in_the_zone_it_was_asked_in(self):
        end = CALENDAR.add(at(20, "14:20").astimezone(UTC), 4 * HOUR)
        assert end.tzinfo is UTC
        assert end == at(23, "09:50")

    def test_it_does_not_depend_on_what_was_asked_before(self):
        fresh = Calendar(OFFICE, official)
        late = fresh.add(datetime(2029, 5, 1, tzinfo=UTC), 100 * HOUR)
        early = fresh.add(datetime(2019, 5, 1, tzinfo=UTC), 100 * HOUR)
        assert fresh.add(datetime(2029, 5, 1, tzinfo=UTC), 100 * HOUR) == late
        assert Calendar(OFFICE, official).add(datetime(2019, 5, 1, tzinfo=UTC), 100 * HOUR) == early

    def test_it_counts_in_its_own_zone(self):
        tokyo = Calendar(OFFICE, official, tz=ZoneInfo("Asia/Tokyo"))
        assert tokyo.add(at(18, "07:00"), HOUR) == at(18, "09:00")

    @pytest.mark.parametrize("clock", CALENDARS)
    def test_it_rejects_time_taken_away(self, clock):
        with pytest.raises(ValueError, match="taken away"):
            clock.add(at(18, "09:00"), -HOUR)

    @pytest.mark.parametrize("clock", CALENDARS)
    def test_it_rejects_a_naive_start(self, clock):
        for amount in (timedelta(), HOUR):
            with pytest.raises(ValueError, match="aware"):
                clock.add(at(18, "09:00").replace(tzinfo=None), amount)

    def test_it_refuses_a_calendar_without_work(self):
        never = Calendar(OFFICE, lambda day: False)
        with pytest.raises(BadWorkHours) as caught:
            never.add(at(18, "09:00"), HOUR)
        assert "请检查日历" in caught.value.message


class TestLaws:
    @given(clocks, moments, amounts)
    def test_between_undoes_add(self, clock, start, amount):
        assert clock.between(start, clock.add(start, amount)) == amount

    @given(clocks, moments, amounts, amounts)
    def test_adding_twice_is_adding_the_sum(self, clock, start, a, b):
        assert clock.add(clock.add(start, a), b) == clock.add(start, a + b)

    @given(clocks, moments, moments, amounts)
    def test_a_later_start_never_ends_sooner(self, clock, a, b, amount):
        early, late = sorted((a, b))
        assert clock.add(early, amount) <= clock.add(late, amount)

    @given(clocks, st.lists(moments, min_size=3, max_size=3))
    def test_between_adds_up(self, clock, three):
        a, b, c = sorted(three)
        assert clock.between(a, b) + clock.between(b, c) == clock.between(a, c)
        assert clock.between(c, a) == timedelta()

    @given(clocks, moments, amounts)
    def test_the_explanation_adds_up(self, clock, start, amount):
        steps = clock.explain(start, amount)
        assert sum((step.used for step in steps), timedelta()) == amount
        used = [step for step in steps if step.used]
        assert all(step.to - step.from_ == step.used for step in used)
        assert all(a.to <= b.from_ for a, b in pairwise(used))
        if amount:
            assert used[-1].to == clock.add(start, amount)

    @given(clocks, moments, amounts, st.sampled_from([0, 0.5, 0.8, 1]))
    def test_percent_is_that_part_of_the_way(self, clock, start, amount, fraction):
        point = clock.percent(start, amount, fraction)
        assert clock.between(start, point) == amount * fraction
        assert start <= point <= clock.add(start, amount)


class TestExplain:
    def test_it_names_the_days(self):
        steps = CALENDAR.explain(datetime(2026, 9, 18, 14, 20, tzinfo=SHANGHAI), 7 * HOUR)
        assert [(step.day.day, step.day_kind, step.used / HOUR) for step in steps] == [
            (18, "工作日", pytest.approx(19 / 6)),
            (19, "周六休息", 0),
            (20, "国庆调休上班", 3),
            (20, "国庆调休上班", pytest.approx(5 / 6)),
        ]
        assert steps[1].from_ is steps[1].to is None
        assert steps[3].to == datetime(2026, 9, 20, 14, 50, tzinfo=SHANGHAI)

    def test_it_names_days_that_differ_from_the_notice(self):
        turned = Calendar(OFFICE, lambda day: not official(day))
        kinds = [step.day_kind for step in turned.explain(at(20, "14:20"), HOUR)]
        assert kinds == ["本地安排休息", "本地安排上班"]

    def test_it_names_days_round_the_clock(self):
        steps = RoundTheClock().explain(at(20, "22:00"), 4 * HOUR)
        assert [(step.day_kind, step.used / HOUR) for step in steps] == [("不分昼夜", 2)] * 2


class TestSentence:
    @pytest.mark.parametrize(
        ("start", "amount", "sentence"),
        [
            (at(20, "14:20"), 4 * HOUR, "14:20 周五 + 4 工作时 = 周一 09:50"),
            (at(18, "09:00"), 0.5 * HOUR, "09:00 周三 + 30 分钟 = 周三 09:30"),
            (at(16, "09:00"), 34 * HOUR, "09:00 周一 + 34 工作时 = 下周一 10:30"),
            (at(20, "09:00"), 52 * HOUR, "09:00 周五 + 52 工作时 = 12月1日 周二 17:30"),
            (
                datetime(2026, 12, 30, 9, tzinfo=SHANGHAI),
                65 * HOUR,
                "09:00 周三 + 65 工作时 = 2027年1月12日 周二 17:30",
            ),
        ],
    )
    def test_it_works(self, start, amount, sentence):
        assert CALENDAR.sentence(start, amount) == sentence

    def test_it_works_round_the_clock(self):
        assert RoundTheClock().sentence(at(20, "14:20"), 24 * HOUR) == (
            "14:20 周五 + 24 小时 = 周六 14:20"
        )
        assert RoundTheClock().sentence(at(20, "14:20"), timedelta(days=14)) == (
            "14:20 周五 + 14 天 = 12月4日 周五 14:20"
        )


class TestNorm:
    @pytest.mark.parametrize(
        ("text", "label", "clock", "amount"),
        [
            ("4wh", "4 工作时", Calendar, 4 * HOUR),
            ("2wd", "2 工作日", Calendar, 13 * HOUR),
            ("1.5wd", "1.5 工作日", Calendar, 9.75 * HOUR),
            ("30m", "30 分钟", RoundTheClock, 0.5 * HOUR),
            ("24h", "24 小时", RoundTheClock, 24 * HOUR),
            ("14d", "14 天", RoundTheClock, timedelta(days=14)),
        ],
    )
    def test_it_works(self, text, label, clock, amount):
        norm = parse_norm(text)
        found, added = norm.resolve(CALENDAR)
        assert (str(norm), norm.label(), type(found), added) == (text, label, clock, amount)

    def test_it_forgives_blanks_and_capitals(self):
        assert str(parse_norm(" 4WH ")) == "4wh"

    @pytest.mark.parametrize(
        "text", ["", "4", "wh", "0h", "-1h", "4x", "4 wh", "1e3h", "٤h", "4hh"]
    )
    def test_it_rejects_nonsense(self, text):
        with pytest.raises(BadNorm) as caught:
            parse_norm(text)
        assert "4wh" in caught.value.message


class TestStateCouncil:
    @pytest.mark.parametrize(
        ("day", "expected"),
        [
            (date(2026, 11, 20), (True, "工作日")),
            (date(2026, 11, 21), (False, "周六休息")),
            (date(2026, 11, 22), (False, "周日休息")),
            (date(2026, 10, 1), (False, "国庆放假")),
            (date(2026, 9, 20), (True, "国庆调休上班")),
            (date(2026, 5, 1), (False, "劳动节放假")),
            (date(2026, 2, 17), (False, "春节放假")),
        ],
    )
    def test_it_works(self, day, expected):
        assert state_council(day) == expected

    def test_it_falls_back_to_the_week_where_no_notice_is_known(self):
        year = known_years().stop
        assert year - 1 in known_years()
        holiday = date(year, 1, 1)
        assert state_council(holiday)[0] == (holiday.weekday() < 5)
        assert "放假" not in state_council(holiday)[1]


class TestRemainingWords:
    @pytest.mark.parametrize(
        ("left", "working", "words"),
        [
            (3 * HOUR, True, "还剩 3 工作时"),
            (timedelta(hours=3, minutes=50), True, "还剩 3.5 工作时"),
            (timedelta(hours=12, minutes=50), True, "还剩 12 工作时"),
            (timedelta(minutes=25, seconds=50), True, "还剩 25 分钟"),
            (timedelta(seconds=50), False, "还剩不到 1 分钟"),
            (3 * HOUR, False, "还剩 3 小时"),
            (47 * HOUR, False, "还剩 47 小时"),
            (71 * HOUR, False, "还剩 2 天"),
            (timedelta(), True, "正好到时限"),
            (-2 * HOUR, True, "超时 2 工作时"),
            (-timedelta(minutes=5), False, "超时 5 分钟"),
            (-timedelta(seconds=5), False, "超时不到 1 分钟"),
        ],
    )
    def test_it_works(self, left, working, words):
        assert remaining_words(left, working) == words

    def test_it_tells_working_days_by_their_length(self):
        assert remaining_words(20 * HOUR, True, day=OFFICE.total) == "还剩 3 工作日"
        assert remaining_words(-13 * HOUR, True, day=OFFICE.total) == "超时 2 工作日"
        assert remaining_words(12 * HOUR, True, day=OFFICE.total) == "还剩 12 工作时"
