"""A course: places, the code on the screen, the test, hours credited once; visits received."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tongxin.accounts.models import Notice, User
from tongxin.kit.errors import Invalid
from tongxin.library import actions, queries
from tongxin.library.models import Reception, SignUp
from tongxin.meetings.actions import count_app
from tongxin.meetings.models import StudyHour
from tongxin.testing import NOON

START = NOON + timedelta(days=1)
END = START + timedelta(hours=2)
ASKED = [
    ("党章规定的义务有几条？", ["六条", "八条"], [1]),
    ("哪些是支部的任务？", ["教育", "经营", "监督"], [0, 2]),
]


@pytest.fixture
def session(world, desk):
    course = actions.offer_course(
        org=world.branch,
        kind="lecture",
        title="党课开讲啦",
        hours=Decimal(2),
        by=world.qin,
        at=NOON,
    )
    course = actions.open_course(course, by=world.qin, at=NOON)
    return actions.plan_session(
        course, starts_at=START, ends_at=END, venue="会议室", places=1, by=world.qin, at=NOON
    )


def hours(user):
    return sum(StudyHour.objects.filter(person__user=user).values_list("hours", flat=True))


@pytest.mark.mission("S2.8")
def test_hours_go_to_the_member_who_came_once(world, session, as_):
    actions.sign_up(session, user=world.wang, at=NOON)
    code = actions.session_code(session, at=START)
    actions.sign_in(actions.session_of_code(code, at=START), user=world.wang, at=START)
    with pytest.raises(actions.NotOpen):
        actions.close_session(session, by=world.qin, at=START)
    assert actions.close_session(session, by=world.qin, at=END) == 1
    assert hours(world.wang) == 2 and hours(world.zhao) == 0
    again = actions.plan_session(
        session.course,
        starts_at=START + timedelta(days=7),
        ends_at=END + timedelta(days=7),
        venue="会议室",
        places=9,
        by=world.qin,
        at=END,
    )
    actions.sign_up(again, user=world.wang, at=END)
    actions.mark_present(again, present=[again.sign_ups.get().pk], by=world.qin, at=END)
    assert actions.close_session(again, by=world.qin, at=END + timedelta(days=7)) == 0
    assert hours(world.wang) == 2  # the same course gives its hours once
    assert queries.held_since(world.qin, (END + timedelta(days=8)).date()) == 2
    page = as_(world.wang).get("/library/courses/hours/?year=2026").content.decode()
    assert "党课开讲啦" in page and "<strong>2</strong>" in page


def test_places_run_out_and_a_place_given_back_goes_to_who_waits(world, session):
    assert actions.sign_up(session, user=world.wang, at=NOON).state == "signed"
    assert actions.sign_up(session, user=world.zhao, at=NOON).state == "waiting"
    assert actions.sign_up(session, user=world.wang, at=NOON).state == "signed"
    actions.cancel_sign_up(session, user=world.wang, at=NOON)
    assert SignUp.objects.get(user=world.zhao).state == "signed"
    assert Notice.objects.filter(user=world.zhao, title="候补成功").count() == 1
    with pytest.raises(actions.NotSignedUp):
        actions.cancel_sign_up(session, user=world.wang, at=NOON)
    with pytest.raises(actions.NotOpen):
        actions.sign_up(session, user=world.mei, at=START)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_last_place_is_given_once(world, session):
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    people = [User.objects.create(username=f"r{n}", name=f"学员{n}") for n in range(8)]

    def sign(user):
        try:
            return actions.sign_up(session, user=user, at=NOON).state
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        states = list(pool.map(sign, people))
    assert sorted(states) == ["signed"] + ["waiting"] * 7


def test_an_old_code_and_a_stranger_are_refused(world, session, client, as_):
    code = actions.session_code(session, at=START)
    with pytest.raises(actions.CodeExpired):
        actions.session_of_code(code, at=START + timedelta(minutes=2))
    assert client.get("/library/in/forged.code/").status_code == 410
    with pytest.raises(actions.NotSignedUp):
        actions.sign_in(session, user=world.zhao, at=START)
    actions.sign_up(session, user=world.wang, at=NOON)
    with pytest.raises(actions.NotOpen):
        actions.sign_in(session, user=world.wang, at=NOON)
    assert as_(world.wu).get(f"/library/sessions/{session.pk}/roll/").status_code == 404


def test_hours_of_a_course_with_a_test_come_when_it_is_passed(world, session, as_):
    course = session.course
    for bad in (
        [("几条？", ["六条"], [0])],
        [("几条？", ["六条", "八条"], [])],
        [("几条？", ["六条", "六条"], [0])],
    ):
        with pytest.raises(actions.BadCourse):
            actions.set_questions(course, questions=bad, by=world.qin, at=NOON)
    actions.set_questions(course, questions=ASKED, by=world.qin, at=NOON)
    one, two = course.questions.all()
    with pytest.raises(actions.NotSignedUp):
        actions.take_test(course, user=world.wang, answers={one.pk: [1], two.pk: [0, 2]}, at=NOON)
    row = actions.sign_up(session, user=world.wang, at=NOON)
    actions.mark_present(session, present=[row.pk], by=world.qin, at=START)
    actions.close_session(session, by=world.qin, at=END)
    assert hours(world.wang) == 0
    with pytest.raises(Invalid, match="第 2 题"):
        actions.take_test(course, user=world.wang, answers={one.pk: [1]}, at=END)
    wrong = actions.take_test(course, user=world.wang, answers={one.pk: [1], two.pk: [0]}, at=END)
    assert (wrong.right, wrong.passed) == (1, False)
    sent = as_(world.wang).post(
        f"/library/courses/{course.pk}/test/", {f"q{one.pk}": "1", f"q{two.pk}": ["0", "2"]}
    )
    assert sent.status_code == 302 and hours(world.wang) == 2
    with pytest.raises(actions.WrongStep):
        actions.set_questions(course, questions=ASKED[:1], by=world.qin, at=END)


def test_tries_run_out(world, session):
    course = session.course
    actions.set_questions(course, questions=ASKED[:1], by=world.qin, at=NOON)
    row = actions.sign_up(session, user=world.wang, at=NOON)
    actions.mark_present(session, present=[row.pk], by=world.qin, at=START)
    one = course.questions.get()
    for _n in range(3):
        assert not actions.take_test(
            course, user=world.wang, answers={one.pk: [0]}, at=START
        ).passed
    with pytest.raises(actions.NoTriesLeft):
        actions.take_test(course, user=world.wang, answers={one.pk: [1]}, at=START)


@pytest.mark.mission("S4.42")
def test_the_learning_apps_rate_stands_unit_by_unit(world, as_):
    on = date(2026, 2, 28)
    count_app(unit=world.branch, registered=1, on=on, by=world.qin, at=NOON)
    nan = world.person("nan", "南亭", world.pine_party, "secretary")
    found = queries.rates(nan, world.pine_party)
    assert (found["members"], found["registered"], found["share"]) == (2, 1, 50.0)
    page = as_(nan).get("/library/courses/app-rates/").content.decode()
    assert "松社区第一党支部" in page and "50.0%" in page
    assert as_(world.sun).get("/library/courses/app-rates/").status_code == 404


@pytest.mark.mission("S4.80")
def test_nine_batches_and_more_than_five_hundred_people_came(world, as_):
    for n in range(9):
        data = {
            "org": world.branch.pk, "on": "2026-03-01", "from_name": f"某市考察团{n}", "topic": "社区治理",
            "people": 57, "key": f"k{n}",
        }  # fmt: skip
        for _twice in range(2):
            assert as_(world.qin).post("/library/receptions/new/", data).status_code == 302
    found = queries.receptions_of(world.qin, 2026)
    assert (found["batches"], found["people"]) == (9, 513)
    assert queries.receptions_of(world.yue, 2026)["batches"] == 0
    given = {"org": world.branch, "from_name": "某市", "topic": "治理", "by": world.qin, "at": NOON}
    for bad in ({"on": date(2026, 4, 1), "people": 5}, {"on": date(2026, 3, 1), "people": 0}):
        with pytest.raises(Invalid):
            actions.record_reception(**given, **bad)
    one = Reception.objects.first()
    with pytest.raises(actions.NotYourUnit):
        actions.add_feedback(one, feedback="很受启发", by=world.yue, at=NOON)
