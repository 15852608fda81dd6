"""Who has met, who is at risk, who missed it, who has no minutes; told once; the to-do."""

import pytest

from tongxin.conferences import actions, queries
from tongxin.conferences.models import BodyReminder, ConferenceBody
from tongxin.meetings import actions as meetings
from tongxin.meetings.models import Meeting
from tongxin.orgs.models import Org
from tongxin.testing import NOON

from .scenes import DAY, HOUR, body_of, held, planned, street

ON = NOON.date()  # the second of March
END = ON.replace(day=31)


def standing(region, on, back=0):
    rows = queries.standings(ConferenceBody.objects.filter(region=region), on, back=back)
    return rows[0]


@pytest.mark.mission("S3.19", "S3.20")
def test_streets_by_the_quarter_communities_by_the_month(bodies):
    ConferenceBody.objects.update(founded_on=ON.replace(month=1, day=1))
    one, low = standing(bodies.north, ON), standing(bodies.pine, ON)
    assert (one.span.key, low.span.key) == ("2026Q1", "2026-03")
    assert (one.state(ON), one.state(ON + 20 * DAY), one.state(END + DAY)) == (
        "due", "at_risk", "missed",
    )  # fmt: skip
    assert (low.state(ON), low.state(ON + 20 * DAY), low.state(ON + 25 * DAY)) == (
        "due", "due", "at_risk",
    )  # fmt: skip
    assert one.sentence(ON) == "2026 年第 1 季度还没有召开联席会议，请在 3 月 31 日前召开。"
    assert "应召开 1 次联席会议，实际 0 次" in one.sentence(END + DAY)
    planned(bodies, street(bodies), starts_at=NOON + 25 * DAY)
    later = standing(bodies.north, ON + 20 * DAY)
    assert (later.state(ON + 20 * DAY), later.planned) == ("due", 1)
    assert "已安排" in later.sentence(ON + 20 * DAY)


def test_a_body_founded_in_a_period_did_not_miss_it(bodies):
    assert standing(bodies.north, END).state(END + DAY) == "free"


@pytest.mark.mission("S3.19")
def test_held_it_has_met_and_without_minutes_that_is_said(bodies):
    session = held(bodies)
    day = ON + DAY
    one = standing(bodies.north, day)
    assert (one.state(day), one.without_minutes) == ("met", [])
    late = standing(bodies.north, day + 6 * DAY)
    assert late.without_minutes == [session]
    assert actions.sessions_due(at=NOON + 7 * DAY) == 1
    assert actions.sessions_due(at=NOON + 8 * DAY) == 0
    assert bodies.tang.notices.filter(text__contains="没有纪要").count() == 1
    units = Org.objects.filter(pk=bodies.north_party.pk)
    found = queries.conferences_check(units, ON + 8 * DAY)
    assert [row["kind"] for row in found] == ["minutes"]
    meetings.record_minutes(
        meeting=session.meeting, minutes="逐项研究护栏、积水两件事，城市管理委当场领办，水务局配合。",
        by=bodies.tang, at=session.meeting.ends_at,
    )  # fmt: skip
    assert queries.conferences_check(units, ON + 8 * DAY) == []
    assert standing(bodies.north, day + 6 * DAY).without_minutes == []


@pytest.mark.mission("S3.20")
def test_who_convenes_is_reminded_once_before_the_period_ends(bodies):
    ConferenceBody.objects.update(founded_on=ON.replace(month=1, day=1))
    assert actions.sessions_due(at=NOON) == 0
    at = NOON + 26 * DAY
    assert actions.sessions_due(at=at) == 3  # the street and two communities with a convener
    assert actions.sessions_due(at=at + HOUR) == 0
    assert bodies.tang.notices.filter(title="北塘街道党建联席会议提醒").count() == 1
    assert BodyReminder.objects.filter(body=body_of(bodies.north), period="2026Q1").exists()


def test_streets_are_counted_with_few_statements(bodies, django_assert_max_num_queries):
    held(bodies)
    day = ON + DAY
    with django_assert_max_num_queries(4):
        lines = queries.by_street(queries.standings(ConferenceBody.objects.standing(), day), day)
    assert [(line.name, line.bodies, line.met) for line in lines] == [
        ("北塘街道", 2, 0), ("南港街道", 1, 0),
    ]  # fmt: skip
    assert lines[0].street.state(day) == "met"


def test_a_session_stands_in_the_calendar_of_who_is_asked(bodies):
    session = held(bodies)
    token = meetings.make_feed(user=bodies.li, at=NOON)
    from tongxin.meetings.queries import calendar_of

    text = calendar_of(token, NOON, "https://example.test").decode()
    assert f"meeting-{session.meeting_id}@tongxin" in text
    assert Meeting.objects.get().is_gathering
