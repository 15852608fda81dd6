"""Programmes, their aims and papers, goals as projects, campaign years; frames from sheets."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tongxin.accounts.models import AuditEntry, Notice
from tongxin.kit.errors import Invalid, KeyReused
from tongxin.orgs.models import LogEntry
from tongxin.standards import actions, queries
from tongxin.standards.models import Goal, GoalEntry, Programme, StandardSet

from .conftest import AFTER, assess, rule_all

TODAY = date(2026, 3, 2)
AIMS = ("党员党性树起来", "党组织生活热起来", "各领域党建亮起来")
PAPERS = (
    {"title": "深入实施“北疆先锋”工程的实施意见", "number": "", "issued_on": date(2018, 1, 5)},
    {"title": "加强基层组织建设三年行动计划", "number": "", "issued_on": None},
)


@pytest.fixture
def programme(world) -> Programme:
    return actions.make_programme(
        unit=world.tong_party, name="北疆先锋", from_year=2025, to_year=2027, aims=AIMS,
        papers=PAPERS, by=world.he, at=AFTER,
    )  # fmt: skip


def goal(world, programme, **changes) -> Goal:
    given = {
        "sector": "community", "year": 2026, "title": "规范组织生活", "measure": "按期召开率",
        "unit_of": "percent", "target": Decimal(90), "owner": world.north_party,
        "due": date(2026, 11, 30),
    } | changes  # fmt: skip
    return actions.set_goal(programme=programme, by=world.he, at=AFTER, **given)


def view(goal_, on=TODAY):
    rows = Goal.objects.select_related("programme__unit", "owner")
    return queries.goal_views([rows.get(pk=goal_.pk)], on)[0]


@pytest.mark.mission("S4.1", "S4.3")
def test_a_programme_binds_plans_and_aims_under_one_name(world, programme):
    assert [one.title for one in programme.papers.order_by("pk")] == [p["title"] for p in PAPERS]
    assert [one.name for one in programme.aims.order_by("order")] == list(AIMS)
    first = programme.aims.get(order=1)
    made = goal(world, programme, aim=first)
    assert first.goals.get() == made
    assert (
        LogEntry.objects.get(source=f"standards.programme:{programme.pk}").unit == world.tong_party
    )


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"from_year": 2027}, actions.BadYear),
        ({"to_year": 2040}, actions.BadYear),
        ({"name": ""}, Invalid),
        ({"aims": ["方向"] * 11}, actions.TooMany),
        ({"name": "北疆先锋"}, actions.NameTaken),
    ],
)
def test_a_programme_that_is_not_right_is_refused(world, programme, changes, error):
    given = {"unit": world.tong_party, "name": "另一项", "from_year": 2025, "to_year": 2026}
    with pytest.raises(error):
        actions.make_programme(by=world.he, at=AFTER, **given | changes)
    with pytest.raises(actions.NotYours):
        actions.make_programme(by=world.qin, at=AFTER, **given)
    assert Programme.objects.count() == 1


@pytest.mark.mission("S4.5")
def test_fields_by_years_open_into_goals_run_as_projects(world, programme):
    first = goal(world, programme)
    goal(world, programme, sector="village", year=2027, title="村集体增收", due=date(2027, 12, 1))
    goals = Goal.objects.select_related("programme__unit", "owner").order_by("pk")
    lines = queries.matrix(programme, queries.goal_views(list(goals), TODAY))
    assert [line["sector"] for line in lines] == ["community", "village"]
    assert [[v.goal.pk for v in cell["views"]] for cell in lines[0]["cells"]] == [
        [],
        [first.pk],
        [],
    ]
    told = Notice.objects.filter(user=world.tang, title="新的年度任务")
    assert told.filter(text="规范组织生活，2026-11-30 前完成").count() == 1

    assert view(first).state == "waiting"
    actions.add_entry(
        goal=first, on=TODAY, text="排查 20 个支部", done=12, total=20, by=world.tang, at=AFTER
    )
    assert (view(first).state, view(first).words) == ("working", "60%（12/20），目标 90%")
    assert view(first, date(2026, 12, 1)).state == "late"
    with pytest.raises(actions.NotReached):
        actions.accept_goal(goal=first, on=TODAY, note="同意", by=world.he, at=AFTER)
    actions.add_entry(
        goal=first, on=TODAY, text="整改到位", done=19, total=20, by=world.tang, at=AFTER
    )
    assert view(first).state == "done"
    actions.accept_goal(goal=first, on=TODAY, note="同意验收", by=world.he, at=AFTER)
    text = LogEntry.objects.get(unit=world.north_party, source=f"standards.goal:{first.pk}").text
    assert text == "年度任务“规范组织生活”通过验收：95%（19/20），目标 90%。同意验收"
    for act in (
        lambda: actions.accept_goal(goal=first, on=TODAY, note="同意", by=world.he, at=AFTER),
        lambda: actions.add_entry(goal=first, on=TODAY, text="再报", by=world.tang, at=AFTER),
    ):
        with pytest.raises(actions.GoalOver):
            act()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"year": 2030, "due": date(2030, 5, 1)}, actions.BadYear),
        ({"due": date(2027, 4, 1)}, actions.BadYear),
        ({"target": Decimal(101)}, actions.BadTarget),
        ({"target": Decimal(0)}, actions.BadTarget),
        ({"unit_of": "count", "counts": "standard"}, actions.BadTarget),
        ({"sector": "moon"}, Invalid),
        ({"title": " "}, Invalid),
    ],
)
def test_a_goal_that_is_not_right_is_refused(world, programme, changes, error):
    with pytest.raises(error):
        goal(world, programme, **changes)
    with pytest.raises(actions.BadOwner):
        goal(world, programme, owner=world.roads)
    goal(world, programme)
    with pytest.raises(actions.GoalTaken):
        goal(world, programme)
    assert Goal.objects.count() == 1


def test_entries_are_only_added_and_corrected_once(world, programme):
    one = goal(world, programme)
    wrong = actions.add_entry(
        goal=one, on=TODAY, text="误报", done=20, total=20, by=world.tang, at=AFTER, key="k1"
    )
    again = actions.add_entry(
        goal=one, on=TODAY, text="误报", done=20, total=20, by=world.tang, at=AFTER, key="k1"
    )
    assert again == wrong
    right = actions.add_entry(
        goal=one, on=TODAY, text="更正", done=10, total=20, corrects=wrong, by=world.tang, at=AFTER
    )
    assert view(one).words == "50%（10/20），目标 90%"
    other = goal(world, programme, title="别的")
    with pytest.raises(KeyReused):
        actions.add_entry(goal=other, on=TODAY, text="误报", by=world.tang, at=AFTER, key="k1")
    for target, entry in ((one, wrong), (other, right)):
        with pytest.raises(actions.BadCorrection):
            actions.add_entry(
                goal=target, on=TODAY, text="再更正", corrects=entry, by=world.tang, at=AFTER
            )
    assert GoalEntry.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"done": 3}, actions.BadCount),
        ({"done": 21, "total": 20}, actions.BadCount),
        ({"total": 20}, actions.BadCount),
        ({"on": date(2026, 3, 3)}, actions.BadDay),
        ({"text": ""}, Invalid),
    ],
)
def test_an_entry_that_is_not_right_is_refused(world, programme, changes, error):
    one = goal(world, programme)
    given = {"goal": one, "on": TODAY, "text": "推进", "at": AFTER}
    with pytest.raises(error):
        actions.add_entry(by=world.tang, **given | changes)
    with pytest.raises(actions.NotYours):  # below the owner
        actions.add_entry(by=world.qin, **given)
    assert not GoalEntry.objects.exists()


@pytest.mark.mission("S4.8")
def test_a_goal_of_the_standard_counts_confirmed_assessments(world, programme, branch):
    one = goal(
        world, programme, year=2025, title="支部标准化率", due=date(2025, 12, 31),
        target=Decimal(80), counts="standard",
    )  # fmt: skip
    assert view(one).figure is None
    with pytest.raises(actions.CountedElsewhere):
        actions.add_entry(goal=one, on=TODAY, text="自报", done=2, total=2, by=world.tang, at=AFTER)
    rule_all(world, found := assess(world, branch))
    actions.confirm_assessment(assessment=found, by=world.tang, at=AFTER)
    assert (view(one).words, view(one).state) == ("50%（1/2），目标 80%", "late")


def test_a_share_is_compared_as_it_was_counted(world, programme):
    one = goal(world, programme, target=Decimal(80))
    actions.add_entry(
        goal=one, on=TODAY, text="推进", done=1999, total=2500, by=world.tang, at=AFTER
    )
    assert view(one).words.startswith("80%")
    assert view(one).state == "working"


def test_a_change_is_audited(world, programme):
    one = goal(world, programme)
    given = {"target": Decimal(85), "due": date(2026, 12, 20), "owner": world.north_party}
    with pytest.raises(actions.NotYours):
        actions.change_goal(goal=one, reason="调整", by=world.tang, at=AFTER, **given)
    with pytest.raises(Invalid):
        actions.change_goal(goal=one, reason="", by=world.he, at=AFTER, **given)
    actions.change_goal(goal=one, reason="市里下调目标", by=world.he, at=AFTER, **given)
    entry = AuditEntry.objects.get(action="goal.change")
    assert entry.detail["from"]["target"] == "90.0"
    assert view(one).goal.target == 85


@pytest.mark.mission("S4.7")
def test_a_year_is_declared_a_campaign_with_its_standard(world, programme, frame):
    given = {"title": "基层党组织标准化建设年", "standard": frame}
    with pytest.raises(actions.BadYear):
        actions.declare_campaign(programme=programme, year=2024, by=world.he, at=AFTER, **given)
    with pytest.raises(actions.NotYours):
        actions.declare_campaign(programme=programme, year=2026, by=world.tang, at=AFTER, **given)
    done = actions.declare_campaign(programme=programme, year=2026, by=world.he, at=AFTER, **given)
    assert (done.campaign_year, done.campaign_title, done.standard) == (
        2026, "基层党组织标准化建设年", frame,
    )  # fmt: skip
    assert LogEntry.objects.filter(unit=world.tong_party, text__contains="标准化建设年").exists()


def test_a_closed_programme_stays_as_it_is(world, programme):
    one = goal(world, programme)
    actions.close_programme(programme=programme, on=TODAY, by=world.he, at=AFTER)
    programme.refresh_from_db()
    for act in (
        lambda: goal(world, programme, title="新的"),
        lambda: actions.add_entry(goal=one, on=TODAY, text="推进", by=world.tang, at=AFTER),
        lambda: actions.close_programme(programme=programme, on=TODAY, by=world.he, at=AFTER),
    ):
        with pytest.raises(actions.ProgrammeOver):
            act()


def test_what_is_late_or_soon_due_is_found_for_its_owner(world, programme):
    goal(world, programme, title="快到期", due=date(2026, 3, 20))
    goal(world, programme, title="还早", due=date(2026, 11, 20))
    found = queries.check_goals([world.north_party, world.branch], TODAY)
    assert [(one["unit"], one["late"]) for one in found] == [(world.north_party, False)]
    assert found[0]["sentence"] == "年度任务“快到期”：还没有数，目标 90%，期限 2026-03-20"
    assert queries.check_goals([world.north_party], date(2026, 3, 21))[0]["late"] is True


HEADER = "code,part,title,sectors,how,check_name,log_kind,log_what,least,per,applies,is_must,source"
LINE = "A1,life,每月一次,,log,,meeting,theme_day,1,month,,1,本区文件"


def frame_of(world, text, version=2, by=None, **more):
    return actions.set_frame(
        code="branch", version=version, name="本区标准", least_share=90, source="某发〔2026〕1号",
        effective_from=date(2026, 1, 1), data=text.encode(), file_name="frame.csv",
        by=by or world.he, at=AFTER, **more,
    )  # fmt: skip


def test_a_district_sets_its_own_version_beside_the_sample(world, frame):
    assert actions.load_frame() == 0  # once
    made = frame_of(world, f"{HEADER}\n{LINE}\n")
    assert made.items.get().title == "每月一次"
    assert queries.standard_on(date(2026, 3, 2)) == made
    assert queries.standard_on(date(2025, 12, 31)) == frame  # what held then judges then
    with pytest.raises(actions.VersionTaken):
        frame_of(world, f"{HEADER}\n{LINE}\n")
    with pytest.raises(actions.NotOrganiser):
        frame_of(world, f"{HEADER}\n{LINE}\n", version=3, by=world.tang)


@pytest.mark.parametrize(
    "line",
    [
        LINE.replace("life", "music"),
        LINE.replace(",log,", ",guess,"),
        LINE.replace("month", "week"),
        LINE.replace("meeting", "party"),
        LINE.replace(",1,month", ",0,month"),
        LINE.replace("每月一次,", "每月一次,moon"),
        "A1,life,书记,,register,is_rich,,,0,,,1,本区文件",
        f"{LINE}\n{LINE}",
        "",
    ],
)
def test_a_frame_that_names_what_does_not_exist_is_refused_whole(world, frame, line):
    with pytest.raises(actions.BadFrame):
        frame_of(world, f"{HEADER}\n{line}\n")
    assert StandardSet.objects.count() == 1
