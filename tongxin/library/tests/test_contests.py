"""A contest: called, entered, marked by judges who stand aside from their own, ranked, published."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.library import actions, queries
from tongxin.library.models import Mark
from tongxin.orgs.models import LogEntry
from tongxin.testing import NOON

DAY = date(2026, 3, 2)


@pytest.fixture
def call(world, desk):
    def make(**changes):
        given = {
            "org": world.north_party, "title": "创新案例征集评选", "opens_on": DAY,
            "closes_on": DAY + timedelta(days=10), "judging_until": DAY + timedelta(days=20),
            "criteria": [("创新性", 40), ("实效性", 60)], "prizes": [("一等奖", 1), ("二等奖", 2)],
            "by": world.bai, "at": NOON,
        } | changes  # fmt: skip
        return actions.call_contest(**given)

    return make


@pytest.fixture
def judging(world, call, publish):
    """Three entries, of the branch, of the street and of Salt; Gao, Wu and Liu judge."""
    contest = call()
    for user in (world.gao, world.wu, world.liu):
        actions.appoint_judge(contest, user=user, by=world.bai, at=NOON)
    contest = actions.open_contest(contest, by=world.bai, at=NOON)
    for title in ("甲", "乙", "丙"):
        one = publish(title=title)
        actions.enter_contest(contest, exemplar=one, by=world.qin, at=NOON)
    return actions.begin_judging(contest, by=world.bai, at=NOON)


def points(contest, first, second):
    one, two = contest.criteria.all()
    return {one.pk: first, two.pk: second}


def mark_all(world, contest, rows):
    for user, scores in rows.items():
        for entry, (a, b) in zip(contest.entries.all(), scores, strict=True):
            actions.mark_entry(
                entry, points=points(contest, a, b), comment="做法具体", by=user, at=NOON
            )


@pytest.mark.mission("S4.28")
def test_marks_become_ranks_that_say_how_they_came_about(world, judging):
    mark_all(world, judging, {
        world.gao: [(30, 50), (40, 60), (30, 50)],
        world.wu: [(35, 55), (38, 58), (35, 55)],
        world.liu: [(20, 30), (39, 59.5), (20, 30)],
    })  # fmt: skip
    contest = actions.rank_entries(judging, by=world.bai, at=NOON)
    rows = queries.ranking(contest)
    assert [(e.exemplar.title, e.rank, e.prize, e.score) for e in rows] == [
        ("乙", 1, "一等奖", Decimal("98.17")), ("甲", 2, "二等奖", Decimal("73.33")),
        ("丙", 2, "二等奖", Decimal("73.33")),
    ]  # fmt: skip
    assert queries.why(rows[1]) == "3 份评分平均 73.33 分"
    actions.publish_contest(contest, by=world.bai, at=NOON)
    assert LogEntry.objects.filter(unit=world.branch, text__contains="一等奖").count() == 1


def test_from_enough_judges_the_best_and_the_worst_mark_are_left_out(world, call, publish):
    contest = call(trims_from=3, criteria=[("总评", 100)])
    judges = [world.gao, world.wu, world.liu, world.li]
    for user in judges:
        actions.appoint_judge(contest, user=user, by=world.bai, at=NOON)
    actions.open_contest(contest, by=world.bai, at=NOON)
    entry = actions.enter_contest(contest, exemplar=publish(), by=world.qin, at=NOON)
    actions.begin_judging(contest, by=world.bai, at=NOON)
    criterion = contest.criteria.get()
    for user, n in zip(judges, (10, 80, 90, 100), strict=True):
        actions.mark_entry(entry, points={criterion.pk: n}, comment="看过现场", by=user, at=NOON)
    actions.rank_entries(contest, by=world.bai, at=NOON)
    (row,) = queries.ranking(contest)
    assert row.score == 85 and "去掉最低 10" in queries.why(row)


@pytest.mark.mission("S4.28")
def test_no_judge_marks_the_own_unit(world, call, publish):
    contest = call(least_marks=1)
    for user in (world.qin, world.yue):
        actions.appoint_judge(contest, user=user, by=world.bai, at=NOON)
    actions.open_contest(contest, by=world.bai, at=NOON)
    entry = actions.enter_contest(contest, exemplar=publish(), by=world.qin, at=NOON)
    actions.begin_judging(contest, by=world.bai, at=NOON)
    with pytest.raises(actions.OwnUnit, match="回避"):
        actions.mark_entry(
            entry, points=points(contest, 40, 60), comment="很好很好", by=world.qin, at=NOON
        )
    with pytest.raises(NotPermitted):
        actions.mark_entry(
            entry, points=points(contest, 40, 60), comment="很好很好", by=world.liu, at=NOON
        )
    assert not Mark.objects.exists()
    assert [row["aside"] for row in queries.to_mark(world.qin, contest)] == [True]


def test_judging_does_not_begin_where_too_few_may_mark(world, call, publish):
    contest = call()
    for user in (world.qin, world.gao):
        actions.appoint_judge(contest, user=user, by=world.bai, at=NOON)
    actions.open_contest(contest, by=world.bai, at=NOON)
    actions.enter_contest(contest, exemplar=publish(), by=world.qin, at=NOON)
    with pytest.raises(actions.BadContest, match="增聘|只有 1 位"):
        actions.begin_judging(contest, by=world.bai, at=NOON)


def test_bad_calls_marks_and_entries_change_nothing(world, call, judging, write):
    for bad in (
        {"closes_on": DAY - timedelta(days=1)}, {"criteria": [("总评", 90)]}, {"prizes": []},
        {"trims_from": 2}, {"criteria": [("甲", 50), ("甲", 50)]},
    ):  # fmt: skip
        with pytest.raises(actions.BadContest):
            call(**bad)
    entry = judging.entries.first()
    for a in (41, -1, "x", 0.3, "NaN"):
        with pytest.raises(Invalid):
            actions.mark_entry(
                entry, points=points(judging, a, 60), comment="看过现场", by=world.gao, at=NOON
            )
    with pytest.raises(actions.WrongStep, match="截止"):
        actions.mark_entry(
            entry,
            points=points(judging, 1, 1),
            comment="看过现场",
            by=world.gao,
            at=NOON + timedelta(days=30),
        )
    with pytest.raises(actions.MarksMissing):
        actions.rank_entries(judging, by=world.bai, at=NOON)
    with pytest.raises(actions.NotEntered):
        actions.enter_contest(judging, exemplar=write(), by=world.qin, at=NOON)
    assert not Mark.objects.exists()


def test_a_blind_contest_hides_unit_place_and_authors(world, publish):
    one = publish(texts={"story": "松社区第一党支部秦岚带队，松社区居民都来了。"}, authors="秦岚")
    text = queries.hidden(one.texts["story"], one)
    assert "松社区" not in text and "秦岚" not in text and "居民都来了" in text
