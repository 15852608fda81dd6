"""Branches by the frame: verdicts with reasons, rulings by people, confirmed above, the rate of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tongxin.accounts.models import Notice
from tongxin.kit.errors import Invalid
from tongxin.orgs.models import LogEntry, Membership, Org, Person, Post, UnitCover
from tongxin.standards import actions, queries
from tongxin.standards.models import Assessment, Ruling, StandardSet

from .conftest import AFTER, YEAR, assess, live_a_year, log, row, rule_all


def branches(world, count, sector="community") -> list[Org]:
    made = Org.objects.bulk_create(
        Org(name=f"支部{n:03d}", kind="party", unit_kind="branch", region=world.pine, sector=sector,
            parent=world.pine_party, path=f"{world.pine_party.path}9{n:03d}/")
        for n in range(count)
    )  # fmt: skip
    for one in made:
        one.path = f"{world.pine_party.path}{one.pk}/"
    Org.objects.bulk_update(made, ["path"])
    return made


@pytest.mark.mission("S4.6")
def test_a_branch_is_measured_item_by_item_with_a_reason(world, branch):
    found = assess(world, branch)
    said = {one.item.code: (one.verdict, one.reason) for one in found.items.select_related("item")}
    assert said["O1"] == ("met", "上级党组织是松社区党委")
    assert said["O2"] == ("met", "正式党员 3 名，不少于 3 名")
    assert said["L1"] == ("met", "书记：秦岚")
    assert said["M5"] == ("met", "每月至少 1 次，已过的 12 个期间都做到，共 12 次")
    assert said["L3"] == ("met", "本届任期到 2029-04-01")
    assert said["M2"] == ("not_asked", "正式党员不足 7 名，不设支部委员会")
    assert said["S1"][0] == ""  # a person judges
    assert row(found, "M1").rows[0]["text"].startswith("2025-02-10")
    assert row(found, "M1").rows[0]["source"].startswith("2025-")


def test_what_is_missing_is_named(world, frame):
    live_a_year(world.branch, skip={("theme_day", 3), ("theme_day", 7), ("general_meeting", 8)})
    found = assess(world, world.branch)
    assert row(found, "M5").verdict == "not_met"
    assert row(found, "M5").reason == "每月至少 1 次，缺：3 月、7 月"
    assert row(found, "M1").reason == "每季度至少 1 次，缺：三季度"
    assert row(found, "O2").reason == "正式党员 2 名，不足 3 名，又不是联合党支部"
    assert row(found, "O5").reason == "没有绑定网格或楼栋"


def test_a_joint_branch_may_be_small_but_not_cover_too_many(world, frame):
    firms = [
        Org.objects.create(name=f"企业{n}", kind="unit", region=world.pine) for n in range(6)
    ]  # fmt: skip
    for firm in firms:
        UnitCover.objects.create(unit=world.branch, org=firm, from_date=date(2024, 1, 1))
    found = assess(world, world.branch)
    assert row(found, "O2").reason == "正式党员 2 名，是覆盖 6 个单位的联合党支部"
    assert (row(found, "O4").verdict, row(found, "O4").reason) == (
        "not_met", "覆盖 6 个单位，超过 5 个",
    )  # fmt: skip
    assert [one["text"] for one in row(found, "O4").rows] == [firm.name for firm in firms]


def test_a_branch_of_seven_has_a_committee(world, branch):
    for n in range(4):
        person = Person.objects.create(name=f"党员{n}", home=world.pine)
        Membership.objects.create(
            person=person, unit=branch, stage="full", from_date=date(2010, 1, 1),
            admitted_on=date(2009, 1, 1), full_on=date(2010, 1, 1),
        )  # fmt: skip
    found = assess(world, branch)
    assert row(found, "L2").reason == "在任书记和委员 1 名，应为 3 至 7 名"
    assert row(found, "M2").reason.startswith("每月至少 1 次，缺：1 月、2 月")
    for user in (world.wang, world.zhao):
        Post.objects.create(user=user, org=branch, role="commissioner", region=world.pine)
    assert row(assess(world, branch), "L2").verdict == "met"


def test_a_term_that_is_over_and_a_book_that_names_none(world, frame):
    log(world.branch, "election", (2021, 3, 1), source="affairs.term:1", until="2025-11-30")
    found = assess(world, world.branch)
    assert row(found, "L3").reason == "任期已于 2025-11-30 届满，尚未换届"
    log(world.salt_branch, "election", (2022, 3, 1), source="affairs.term:2")  # an older book
    salt = assess(world, world.salt_branch, by=world.he)
    assert row(salt, "L3").reason == "本届任期到 2027-03-01"  # five years in a community


def test_a_period_that_is_not_over_is_not_held_against_anybody(world, frame):
    log(world.branch, "meeting", (2026, 1, 5), "theme_day")
    found = assess(world, world.branch, year=2026)  # 2 March: January and February are over
    assert row(found, "M5").reason == "每月至少 1 次，缺：2 月"
    assert row(found, "M1").verdict == ""
    assert row(found, "M1").reason == "期间还没有结束：目前 0 次，每季度要求 1 次"


def test_a_unit_founded_within_a_year_owes_no_period_before(world, frame):
    Org.objects.filter(pk=world.branch.pk).update(founded_on=date(2025, 10, 20))
    log(world.branch, "meeting", (2025, 11, 5), "theme_day")
    log(world.branch, "meeting", (2025, 12, 5), "theme_day")
    found = assess(world, world.branch)
    assert row(found, "M5").verdict == "met"
    assert row(found, "M6").verdict == "not_asked"


def test_a_person_rules_and_both_stay(world, branch):
    found = assess(world, branch)
    mine = actions.rule_item(
        row=row(found, "S1"), verdict="met", reason="场所照片 6 张", by=world.qin, at=AFTER
    )
    assert (row(found, "S1").computed, row(found, "S1").verdict) == ("", "met")
    with pytest.raises(actions.NotAbove):  # the branch does not overrule the computer
        actions.rule_item(
            row=row(found, "M2"), verdict="met", reason="其实开了会", by=world.qin, at=AFTER
        )
    actions.rule_item(
        row=row(found, "S1"), verdict="not_met", reason="现场没有标识", by=world.tang, at=AFTER
    )
    with pytest.raises(actions.RulingStands):
        actions.rule_item(
            row=row(found, "S1"), verdict="met", reason="已经补挂标识", by=world.qin, at=AFTER
        )
    assert [one.reason for one in Ruling.objects.order_by("pk")] == [
        "场所照片 6 张",
        "现场没有标识",
    ]
    assert mine.from_above is False
    again = assess(world, branch)  # computing anew leaves what people ruled
    assert again.pk == found.pk
    assert row(again, "S1").verdict == "not_met"


def test_a_ruling_needs_a_verdict_and_a_reason(world, branch):
    found = row(assess(world, branch), "S1")
    for words in ({"verdict": "good"}, {"reason": "好"}, {"reason": ""}):
        given = {"verdict": "met", "reason": "现场查看"} | words
        with pytest.raises(Invalid):
            actions.rule_item(row=found, by=world.tang, at=AFTER, **given)
    with pytest.raises(actions.NotYours):
        actions.rule_item(row=found, verdict="met", reason="现场查看", by=world.yue, at=AFTER)
    assert not Ruling.objects.exists()


@pytest.mark.mission("S4.8")
def test_the_rate_is_computed_from_what_was_confirmed_above(world, branch):
    found = assess(world, branch)
    with pytest.raises(actions.StillOpen):
        actions.confirm_assessment(assessment=found, by=world.tang, at=AFTER)
    rule_all(world, found)
    with pytest.raises(actions.NotAbove):  # nobody accepts their own work
        actions.confirm_assessment(assessment=found, by=world.qin, at=AFTER)
    done = actions.confirm_assessment(assessment=found, by=world.tang, at=AFTER)
    assert done.passed is True
    entry = LogEntry.objects.filter(unit=branch, source=f"standards.assessment:{found.pk}").get()
    assert entry.text.startswith("2025 年度标准化考核：达标。适用")
    assert Notice.objects.filter(user=world.qin, title="标准化考核已确认：达标").count() == 1

    whole, fields, below = queries.sums(world.tong_party, YEAR)
    assert (whole.passed, whole.total, whole.rate) == (1, 2, 50.0)  # Salt's branch counts too
    assert whole.missing == 1
    assert [(one.sector, one.passed, one.total) for one in fields] == [("community", 1, 2)]
    assert {one.name: (one.passed, one.total) for one in below} == {
        "北塘街道党工委": (1, 1), "盐社区党支部": (0, 1),
    }  # fmt: skip


def test_a_must_that_fails_fails_the_whole(world, branch):
    found = assess(world, branch)
    rule_all(world, found)
    actions.rule_item(
        row=row(found, "L1"), verdict="not_met", reason="书记长期不在岗", by=world.tang, at=AFTER
    )
    outcome = queries.outcome_of_assessment(found)
    assert outcome.share > 90
    assert outcome.sentence.endswith("必备项未达标：书记在任")
    assert actions.confirm_assessment(assessment=found, by=world.tang, at=AFTER).passed is False


def test_confirmed_is_confirmed_until_it_is_opened_with_a_reason(world, branch):
    found = assess(world, branch)
    rule_all(world, found)
    actions.confirm_assessment(assessment=found, by=world.tang, at=AFTER)
    for act in (
        lambda: assess(world, branch),
        lambda: actions.confirm_assessment(assessment=found, by=world.tang, at=AFTER),
        lambda: rule_all_again(world, found),
    ):
        with pytest.raises(actions.AlreadyConfirmed):
            act()
    with pytest.raises(actions.NotAbove):
        actions.reopen_assessment(assessment=found, reason="再看一次", by=world.qin, at=AFTER)
    opened = actions.reopen_assessment(
        assessment=found, reason="群众有反映", by=world.tang, at=AFTER
    )
    assert opened.passed is None
    with pytest.raises(actions.NotConfirmed):
        actions.reopen_assessment(assessment=found, reason="群众有反映", by=world.tang, at=AFTER)
    actions.confirm_assessment(assessment=found, by=world.tang, at=AFTER)
    texts = LogEntry.objects.filter(source=f"standards.assessment:{found.pk}").order_by("seq")
    assert [one.text[:6] for one in texts] == ["2025 年", "重新打开 2", "2025 年"]


def rule_all_again(world, found) -> None:
    actions.rule_item(
        row=row(found, "S1"), verdict="met", reason="现场查看", by=world.tang, at=AFTER
    )


def test_only_lasting_branches_are_measured_and_by_who_keeps_them(world, frame):
    with pytest.raises(actions.NotMeasured):
        assess(world, world.pine_party)
    with pytest.raises(actions.NotYours):
        assess(world, world.branch, by=world.yue)
    with pytest.raises(actions.BadYear):
        assess(world, world.branch, year=2027)
    assert not Assessment.objects.exists()


def test_without_a_standard_nothing_is_measured(world):
    with pytest.raises(queries.frame.NoStandard):
        assess(world, world.branch)


def test_many_branches_are_computed_at_once_and_the_confirmed_left_alone(world, branch):
    rule_all(world, found := assess(world, branch))
    actions.confirm_assessment(assessment=found, by=world.tang, at=AFTER)
    branches(world, 5)
    done = actions.assess_below(unit=world.north_party, year=YEAR, by=world.tang, at=AFTER, limit=3)
    assert done == (3, 2)
    assert actions.assess_below(
        unit=world.north_party, year=YEAR, by=world.tang, at=AFTER, limit=3
    ) == (2, 0)  # fmt: skip
    assert Assessment.objects.filter(passed=None).count() == 5
    with pytest.raises(actions.NotYours):
        actions.assess_below(unit=world.north_party, year=YEAR, by=world.qin, at=AFTER)


def test_a_hundred_branches_cost_no_more_queries_than_two(world, frame):
    made = branches(world, 100)
    counts = []
    for some in (made[:2], made[2:]):
        with CaptureQueriesContext(connection) as queries_made:
            actions.assessing._compute(some, YEAR, world.tang, AFTER)
        counts.append(len([one for one in queries_made if "INSERT INTO" not in one["sql"]]))
    assert counts[0] == counts[1] <= 22


@pytest.mark.mission("S4.7")
def test_the_worker_computes_drafts_of_a_running_programme_once_a_day(world, branch):
    assert actions.assess_due(at=AFTER) == 0  # no programme measures by it
    actions.make_programme(
        unit=world.north_party, name="三年行动", from_year=2025, to_year=2027, by=world.tang,
        at=AFTER, standard=StandardSet.objects.get(),
    )  # fmt: skip
    assert actions.assess_due(at=AFTER) == 1  # Pine's branch; Salt's is not below
    assert actions.assess_due(at=AFTER) == 0
    assert Assessment.objects.get().computed_by is None
    assert actions.assess_due(at=AFTER + timedelta(days=1)) == 1


def test_how_many_members_there_are_is_for_readers_of_the_register(world, branch):
    found = assess(world, branch)
    mine = {one.item.code: one for one in queries.seen_items(found, world.qin)}
    officer = {one.item.code: one for one in queries.seen_items(found, world.liu)}
    chen = {one.item.code: one for one in queries.seen_items(found, world.chen)}
    assert "3 名" in mine["O2"].reason
    assert officer["O2"].reason == "人数只对管理名册的人显示"
    assert officer["M1"].rows  # who overlooks the land reads the books
    assert not chen["M1"].rows
    assert chen["M1"].reason == mine["M1"].reason
