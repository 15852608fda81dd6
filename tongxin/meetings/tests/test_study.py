"""Plans whose first lesson is the Constitution, hours, groups, hard tasks, lectures, the app."""

from datetime import date, timedelta

import pytest

from tongxin.accounts.models import Notice
from tongxin.kit.errors import Invalid
from tongxin.meetings import actions, queries
from tongxin.meetings.models import HardTask, LessonDone, Meeting, StudyGroup, StudyHour, StudyPlan
from tongxin.orgs.models import LogEntry
from tongxin.testing import NOON

from .people import DAY, MINUTES, announced, approved, browser, held

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]


def a_plan(world, **more) -> StudyPlan:
    given = {"unit": world.north_party, "year": 2026, "quarter": 1, "by": world.tang, "at": NOON}
    return actions.draft_plan(**given | more)


def issued(world) -> StudyPlan:
    return actions.issue_plan(plan=a_plan(world), by=world.tang, at=NOON)


class TestPlans:
    @pytest.mark.mission("S2.5")
    def test_a_quarter_is_drawn_up_and_issued_to_those_below(self, world):
        plan = issued(world)
        assert plan.lessons.count() == 3
        assert all(one.due_on.month in (1, 2, 3) for one in plan.lessons.all())
        assert Notice.objects.filter(user=world.qin, title__contains="印发学习计划").exists()
        assert not Notice.objects.filter(user=world.yue).exists()
        assert LogEntry.objects.filter(unit=world.north_party, kind="study").exists()

    def test_one_plan_a_quarter(self, world):
        a_plan(world)
        with pytest.raises(actions.PlanExists):
            a_plan(world)

    @pytest.mark.mission("S2.6")
    def test_the_first_lesson_is_the_constitution(self, world):
        plan = a_plan(world)
        rows = [
            {"subject": one.subject, "title": one.title, "hours": one.hours, "due_on": one.due_on}
            for one in reversed(plan.lessons.all())
        ]
        actions.save_lessons(plan=plan, lessons=rows, by=world.tang, at=NOON)
        with pytest.raises(actions.FirstLesson) as refusal:
            actions.issue_plan(plan=plan, by=world.tang, at=NOON)
        assert "第一课应是党章学习" in str(refusal.value)
        actions.save_lessons(plan=plan, lessons=rows[::-1], by=world.tang, at=NOON)
        assert actions.issue_plan(plan=plan, by=world.tang, at=NOON).state == "issued"

    def test_what_was_issued_is_fixed(self, world):
        plan = issued(world)
        with pytest.raises(actions.PlanIssued):
            actions.save_lessons(plan=plan, lessons=[], by=world.tang, at=NOON)

    def test_lessons_lie_in_their_quarter(self, world):
        wrong = {"subject": "constitution", "title": "党章", "hours": 2, "due_on": date(2026, 4, 1)}
        with pytest.raises(Invalid, match="不在本季度"):
            actions.save_lessons(plan=a_plan(world), lessons=[wrong], by=world.tang, at=NOON)

    @pytest.mark.parametrize("who", ["yue", "wang", "ann"])
    def test_only_by_who_keeps_the_register(self, world, who):
        with pytest.raises(actions.NotYours):
            a_plan(world, by=getattr(world, who))

    def test_a_lesson_is_done_by_the_meeting_that_was_approved(self, world):
        lesson = issued(world).lessons.first()
        approved(world, kind="study_session", lesson=lesson)
        assert LessonDone.objects.get(lesson=lesson).unit == world.branch
        assert StudyHour.objects.filter(hours=lesson.hours).count() == 2

    def test_or_as_the_unit_says(self, world):
        lesson = issued(world).lessons.first()
        given = {"lesson": lesson, "at": NOON, "note": "集中学习"}
        actions.finish_lesson(unit=world.branch, by=world.qin, **given)
        with pytest.raises(Invalid):
            actions.finish_lesson(unit=world.salt_branch, by=world.yue, **given)
        progress = queries.plan_progress(lesson.plan)
        assert [(unit.name, n) for unit, n in progress["rows"]] == [("松社区第一党支部", 1)]

    def test_the_pages(self, world):
        tang, qin, yue = browser(world.tang), browser(world.qin), browser(world.yue)
        unit = world.north_party.pk
        assert tang.post("/meetings/study/draft/", {"unit": unit, "year": 2026, "quarter": 2}).url
        plan = StudyPlan.objects.get()
        url = f"/meetings/study/{plan.pk}/"
        assert qin.get(url).status_code == 404  # a draft is nobody's business below
        assert "修改课次" in tang.get(f"{url}lessons/").content.decode()
        tang.post(f"{url}issue/")
        assert "安排学习" in qin.get(url).content.decode()
        assert yue.get(url).status_code == 404
        assert plan.title in qin.get("/meetings/study/").content.decode() or plan.year != 2026


@pytest.mark.mission("S2.8")
def test_lectures_are_counted_over_three_years(world):
    first = held(world, kind="lecture", venue_kind="site")
    Meeting.objects.filter(pk=first.pk).update(starts_at=NOON - 1100 * DAY, month=202302)
    held(world, kind="lecture", venue_kind="alliance")
    announced(world, kind="lecture", starts_at=NOON + 2 * DAY)
    on = date(2026, 3, 4)
    found = queries.lectures(world.tong_party, on)
    assert (found["total"], found["goal"], found["since"]) == (1, 30, date(2023, 3, 4))
    assert queries.lectures(world.tong_party, on - 2 * DAY)["total"] == 0
    assert found["on_site"] == 1


@pytest.mark.mission("S2.3", "S2.7")
def test_the_scene_of_a_lecture_is_kept_and_counted(world):
    held(world, kind="lecture", venue_kind="site", venue="三号楼电梯加装现场")
    found = queries.lectures(world.branch, date(2026, 3, 4))
    assert found["venues"] == [("项目现场", 1)]
    page = browser(world.qin).get(f"/meetings/{Meeting.objects.get().pk}/").content.decode()
    assert "项目现场" in page


class TestGroups:
    def group(self, world, kind="youth", **more) -> StudyGroup:
        given = {
            "unit": world.branch, "kind": kind, "name": "青春领学组", "by": world.qin, "at": NOON,
            "leader": world.zhao_member.person, "members": [world.wang_member.person],
            "founded_on": NOON.date(),
        }  # fmt: skip
        return actions.found_group(**given | more)

    @pytest.mark.mission("S2.4")
    def test_a_session_asks_the_group_alone(self, world):
        group = self.group(world, kind="central", members=[])
        meeting = announced(world, kind="study_session", group=group, speaker="领学：赵磊")
        assert [row.name for row in meeting.attendances.all()] == ["赵磊"]
        held_one = held(
            world, world.zhao, kind="study_session", group=group, starts_at=NOON + 2 * DAY
        )
        board = queries.groups_board(world.qin, world.branch, NOON.date())
        assert [(one.people, one.held) for one in board["rows"]] == [(1, 1)]
        assert held_one.group == group

    @pytest.mark.mission("S2.9")
    def test_youth_groups_are_counted_against_the_goal(self, world):
        self.group(world)
        with pytest.raises(actions.GroupExists):
            self.group(world)
        board = queries.groups_board(world.tang, world.tong_party, NOON.date())
        assert (board["youth"], board["goal"]) == (1, 302)
        assert queries.groups_board(world.yue, world.tong_party, NOON.date())["youth"] == 0

    def test_of_another_unit_is_refused(self, world):
        group = self.group(world)
        with pytest.raises(Invalid):
            announced(
                world, kind="study_session", group=group, unit=world.salt_branch, by=world.yue
            )

    @pytest.mark.mission("S2.10")
    def test_a_hard_task_is_taken_up_and_reported(self, world):
        group = self.group(world)
        task = actions.post_task(
            unit=world.north_party, tag="epidemic", title="入户排查", text="三天内走访全部独居老人",
            due_on=NOON.date() + 3 * DAY, by=world.tang, at=NOON,
        )  # fmt: skip
        assert Notice.objects.filter(user=world.zhao, title__contains="急难险重").exists()
        zhao = browser(world.zhao)
        assert "认领任务" in zhao.get(f"/meetings/tasks/{task.pk}/").content.decode()
        assert browser(world.yue).get(f"/meetings/tasks/{task.pk}/").status_code == 404
        assert browser(world.wang).get(f"/meetings/tasks/{task.pk}/").status_code == 404
        zhao.post(f"/meetings/tasks/{task.pk}/", {"group": group.pk})
        taken = task.take_ups.get()
        with pytest.raises(actions.TaskTaken):
            actions.take_up(task=task, group=group, by=world.zhao, at=NOON)
        with pytest.raises(actions.NotYours):
            actions.report_task(taken=taken, result="走访 42 户", by=world.yue, at=NOON)
        zhao.post(f"/meetings/take-ups/{taken.pk}/", {"text": "走访 42 户，发现 3 处隐患"})
        assert HardTask.objects.get().closed_at is not None

    def test_a_task_is_for_the_youth_below(self, world):
        group = self.group(world, unit=world.salt_branch, by=world.yue)
        task = actions.post_task(
            unit=world.north_party, tag="project", title="招商", text="", by=world.tang, at=NOON,
            due_on=NOON.date(),
        )  # fmt: skip
        with pytest.raises(Invalid):
            actions.take_up(task=task, group=group, by=world.yue, at=NOON)


class TestApp:
    def count(self, world, n):
        return actions.count_app(
            unit=world.branch, registered=n, on=NOON.date(), by=world.qin, at=NOON
        )

    @pytest.mark.mission("S4.44")
    def test_rates_stand_in_the_tree_of_units(self, world):
        self.count(world, 1)
        rows = queries.app_rates(world.tang, world.pine_party)
        told = [(row["unit"].name, row["share"]) for row in rows]
        assert told == [("松社区党委", None), ("松社区第一党支部", 50.0)]

    def test_no_more_than_the_register_has(self, world):
        with pytest.raises(Invalid, match="多于名册"):
            self.count(world, 3)

    def test_the_same_day_is_corrected_not_doubled(self, world):
        self.count(world, 1)
        assert self.count(world, 2).registered == 2
        assert world.branch.app_counts.count() == 1


@pytest.mark.mission("S4.41")
def test_hours_add_up_over_the_year_against_what_is_asked(world):
    approved(world)
    approved(world, starts_at=NOON + 3 * DAY)
    mine = queries.hours_of(world.wang, date(2026, 3, 10))
    assert (mine["done"], mine["wanted"]) == (4, 32)
    page = browser(world.wang).get("/meetings/mine/").content.decode()
    assert "我的学时" in page
    assert queries.hours_of(world.qin, date(2026, 3, 10))["wanted"] == 56
    assert not StudyHour.objects.visible_to(world.yue).exists()
    assert StudyHour.objects.visible_to(world.zhao).count() == 2


def test_the_register_sees_the_hours_of_its_members_and_who_lacks_most(world):
    meeting = held(world, world.wang)
    meeting = actions.record_minutes(
        meeting=meeting, minutes=MINUTES, by=world.qin, at=meeting.ends_at
    )
    actions.approve(meeting=meeting, by=world.tang, at=meeting.ends_at)
    on = date(2026, 3, 10)
    board = queries.hours_board(world.qin, world.branch, on)
    assert [(one["name"], one["done"]) for one in board["rows"]] == [("赵磊", 0), ("王芳", 2)]
    assert board["met"] == 0
    assert queries.hours_board(world.yue, world.branch, on)["rows"] == []
    assert queries.hours_board(world.tang, world.north_party, on) is None
    assert "党员学时" in browser(world.qin).get("/meetings/study/").content.decode()


class TestSeries:
    def series(self, world):
        return actions.open_series(
            unit=world.branch, subject="三号楼加装电梯", by=world.qin, at=NOON
        )

    @pytest.mark.mission("S0.3")
    def test_a_matter_is_followed_through_several_meetings(self, world):
        series = self.series(world)
        first = held(world, kind="coordination", series=series, title="第一次协调会")
        point = actions.raise_point(
            meeting=first, text="出具管线图", owner="水务局", due_on=NOON.date() + 7 * DAY,
            by=world.qin, at=NOON + DAY,
        )  # fmt: skip
        held(
            world,
            kind="coordination",
            series=series,
            title="第二次协调会",
            starts_at=NOON + 5 * DAY,
        )
        page = browser(world.qin).get(f"/meetings/series/{series.pk}/").content.decode()
        assert "第一次协调会" in page
        assert "第二次协调会" in page
        assert "出具管线图" in page
        with pytest.raises(actions.PointsOpen) as refusal:
            actions.close_series(series=series, result="办成了", by=world.qin, at=NOON + 6 * DAY)
        assert "1 项待办" in str(refusal.value)
        actions.answer_point(point=point, answer="已提供", by=world.qin, at=NOON + 6 * DAY)
        done = actions.close_series(
            series=series, result="开工", by=world.qin, at=NOON + timedelta(days=6)
        )
        assert done.closed_at
        with pytest.raises(Invalid):
            announced(world, kind="coordination", series=series, starts_at=NOON + 8 * DAY)

    def test_the_stranger_sees_nothing(self, world):
        url = f"/meetings/series/{self.series(world).pk}/"
        for who in (world.yue, world.wang, world.ann):
            assert browser(who).get(url).status_code == 404


@pytest.mark.parametrize(
    "path", ["study/", "groups/", "reviews/", "honours/", "rules/", "series/", "check/", "year/"]
)
def test_every_section_is_for_who_keeps_registers(world, path):
    assert browser(world.qin).get(f"/meetings/{path}").status_code == 200
    for who in (world.wang, world.ann, world.liu):
        assert browser(who).get(f"/meetings/{path}").status_code == 404
    other = f"/meetings/{path}?unit={world.branch.pk}"
    assert browser(world.yue).get(other).status_code == 404


def test_tenths_of_an_hour_add_up_without_a_rest(world):
    """SQLite adds decimals up as floating numbers: thirty tenths are three, written 3.0."""
    StudyHour.objects.bulk_create(
        StudyHour(person=world.wang_member.person, unit=world.branch, on=date(2026, 3, 1),
                  hours="0.1", source=f"test:{n}", text="微党课", at=NOON)
        for n in range(30)
    )  # fmt: skip
    assert str(queries.hours_of(world.wang, date(2026, 3, 10))["done"]) == "3.0"
    board = queries.hours_board(world.qin, world.branch, date(2026, 3, 10))
    assert {row["name"]: str(row["done"]) for row in board["rows"]}["王芳"] == "3.0"
