"""An alliance, its desks, their projects: problems, meetings, indicators, what the owner says."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from tongxin.alliances import actions, queries
from tongxin.alliances.models import Alliance, AllianceProject, ProjectProblem
from tongxin.cases.actions import SomethingMissing, make_move, ring_clocks, settle_events
from tongxin.cases.queries import Guarded
from tongxin.kit.errors import NotFound, NotPermitted
from tongxin.meetings.actions import load_rules, raise_point, send_notice
from tongxin.testing import NOON

from .conftest import DAY

HOUR = timedelta(hours=1)


@pytest.fixture
def problem(world, project, types, guo):
    return actions.raise_problem(
        project, type_=types["eia"], title="环评报告书未批", text="监测数据要补", by=guo, at=NOON
    )


def assigned(world, case):
    until = NOON + timedelta(days=10)
    make_move(case, "assign", at=NOON, actor=world.gao, handler=world.roads, until=until)


def agreed(world, case):
    assigned(world, case)
    make_move(case, "propose", at=NOON, actor=world.li, note="三日内组织专家补测")
    make_move(case, "agree", at=NOON, actor=world.gao)
    case.refresh_from_db()


@pytest.mark.mission("S0.1", "S0.2")
class TestAlliance:
    def test_departments_desks_and_a_convenor(self, world, alliance):
        assert [desk.name for desk in alliance.desks.all()] == ["第一工作部", "第二工作部"]
        assert alliance.members.filter(kind="approval").count() == 2
        with pytest.raises(actions.SeatTaken):
            actions.join_alliance(
                alliance, org=world.roads, kind="approval", on=DAY, by=world.gao, at=NOON
            )
        with pytest.raises(actions.NotYours):
            actions.set_desk(alliance, number=3, by=world.li, at=NOON)

    def test_a_project_stands_in_one_desk(self, world, alliance, project):
        given = {
            "owner": project.owner,
            "name": project.name,
            "region": world.north,
            "starts_on": DAY,
        }
        with pytest.raises(actions.ProjectTaken, match="第一工作部"):
            actions.take_on(desk=alliance.desks.get(number=2), by=world.gao, at=NOON, **given)
        second = alliance.desks.get(number=2)
        actions.hand_to_desk(project, desk=second, reason="行业调整", by=world.gao, at=NOON)
        project.refresh_from_db()
        assert project.desk == second
        assert list(project.turns.order_by("pk").values_list("desk__number", "to_on")) == [
            (1, DAY),
            (2, None),
        ]

    def test_a_key_takes_on_once(self, world, alliance, firm):
        given = {
            "desk": alliance.desks.get(number=1), "name": "新线", "owner": firm, "region": world.north,
            "starts_on": DAY, "by": world.gao, "at": NOON, "key": "one",
        }  # fmt: skip
        assert actions.take_on(**given) == actions.take_on(**given)

    @pytest.mark.mission("S0.4")
    def test_who_sees_a_project(self, world, project, guo):
        seen = AllianceProject.objects.visible_to
        for who in (world.gao, world.li, world.liu, guo):
            assert project in seen(who)
        for who in (world.wu, world.sun, world.ann):
            assert project not in seen(who)

    @pytest.mark.mission("S0.11")
    def test_an_example_points_at_its_case(self, world, alliance):
        actions.mark_example(
            alliance, label="联盟服务重大项目", url="/library/7/", by=world.gao, at=NOON
        )
        assert alliance.is_example
        from tongxin.kit.errors import Invalid

        with pytest.raises(Invalid, match="本站"):
            actions.mark_example(alliance, label="x", url="//evil", by=world.gao, at=NOON)


@pytest.mark.mission("S0.5", "S0.9")
class TestProblems:
    def test_from_raised_to_closed(self, world, project, problem, guo, photo):
        agreed(world, problem)
        row = problem.project_problem
        assert row.department == world.roads and row.solution == "三日内组织专家补测"
        assert problem.due_at.date() >= row.due_on
        make_move(
            problem,
            "finish",
            at=NOON,
            actor=world.li,
            note="已批复",
            evidence=[photo(problem, world.li)],
        )
        make_move(problem, "confirm", at=NOON, actor=guo)
        make_move(problem, "close", at=NOON, actor=world.gao)
        row.refresh_from_db()
        problem.refresh_from_db()
        assert problem.step == "closed" and row.confirmed_at and row.result == "已批复"

    def test_not_without_a_department_and_not_without_proof(self, world, problem):
        with pytest.raises(SomethingMissing, match="承办单位"):
            make_move(problem, "assign", at=NOON, actor=world.gao, until=NOON + HOUR)
        agreed(world, problem)
        with pytest.raises(SomethingMissing, match="照片"):
            make_move(problem, "finish", at=NOON, actor=world.li, note="好了")

    def test_the_owner_confirms_nobody_else(self, world, problem, guo, photo):
        agreed(world, problem)
        make_move(
            problem,
            "finish",
            at=NOON,
            actor=world.li,
            note="好",
            evidence=[photo(problem, world.li)],
        )
        with pytest.raises(NotPermitted):
            make_move(problem, "confirm", at=NOON, actor=world.gao)
        colleague = world.person("fang", "方工", project_owner(problem), "handler")
        with pytest.raises(NotFound):
            actions.move_as_owner(problem, "confirm", by=world.sun, at=NOON)
        actions.move_as_owner(problem, "redo", by=colleague, at=NOON, note="还差一份批文")
        problem.refresh_from_db()
        assert problem.step == "agreed" and "方工" in problem.events.last().note

    def test_by_the_link(self, world, problem, photo):
        agreed(world, problem)
        make_move(
            problem,
            "finish",
            at=NOON,
            actor=world.li,
            note="好",
            evidence=[photo(problem, world.li)],
        )
        token = actions.owner_token(problem)
        with pytest.raises(actions.LinkWrong):
            actions.answer_by_token(token + "x", "confirm", at=NOON)
        assert actions.answer_by_token(token, "confirm", at=NOON).target == "confirmed"

    def test_an_extension_is_the_desks_word(self, world, problem):
        agreed(world, problem)
        before = problem.project_problem.due_on
        make_move(problem, "ask_extend", at=NOON, actor=world.li, note="等专家")
        with pytest.raises((NotPermitted, Guarded)):
            make_move(problem, "approve_extend", at=NOON, actor=world.li)
        make_move(problem, "approve_extend", at=NOON, actor=world.gao)
        assert ProjectProblem.objects.get(pk=problem.pk).due_on > before

    def test_it_rings_when_its_day_has_passed(self, world, problem):
        agreed(world, problem)
        late = NOON + timedelta(days=12)
        while ring_clocks(at=late):
            pass
        problem.refresh_from_db()
        assert problem.card == "red" and problem.is_late
        while settle_events(at=late):
            pass
        assert world.li.notices.exists() and world.gao.notices.exists()

    def test_a_project_ends_with_nothing_open(self, world, project, problem, guo):
        with pytest.raises(actions.StillOpen):
            actions.finish_project(project, on=DAY, by=world.gao, at=NOON)
        make_move(problem, "withdraw", at=NOON, actor=guo, note="已自行解决")
        actions.finish_project(project, on=DAY, by=world.gao, at=NOON)
        assert project.satisfactions.get().moment == "end"


def project_owner(case):
    return case.project_problem.project.owner


@pytest.mark.mission("S0.6")
def test_an_indicator_is_met_by_what_was_read(world, project):
    one = actions.set_indicator(
        project, name="绿地率", unit="%", needed=Decimal(20), due_on=DAY, by=world.gao, at=NOON
    )
    one = actions.read_indicator(
        one, value=Decimal("18.5"), on=DAY - timedelta(days=3), by=world.gao, at=NOON
    )
    assert not one.is_met and one.met_on is None
    one = actions.read_indicator(one, value=Decimal("20.1"), on=DAY, by=world.gao, at=NOON)
    assert one.is_met and one.met_on == DAY
    late = actions.read_indicator(
        one, value=Decimal(1), on=DAY - timedelta(days=9), by=world.gao, at=NOON
    )
    assert late.is_met  # an older reading changes nothing of now
    with pytest.raises(actions.BadDay):
        actions.read_indicator(
            one, value=Decimal(1), on=DAY - timedelta(days=99), by=world.gao, at=NOON
        )


@pytest.mark.mission("S0.3", "S0.8")
class TestMeetings:
    @pytest.fixture(autouse=True)
    def _rules(self, db):
        load_rules(at=NOON, by=None)

    def plan(self, world, project, days=0, **given):
        starts = NOON + timedelta(days=days) + HOUR
        given = {
            "title": "环评协调会",
            "venue": "项目现场",
            "chair": "高峰",
            "by": world.gao,
            "at": NOON,
        } | given
        return actions.plan_coordination(project, starts_at=starts, ends_at=starts + HOUR, **given)

    def test_the_next_one_begins_with_what_the_last_left_open(self, world, project):
        first = self.plan(world, project, agencies=["绿源环评公司"], on_site=True)
        assert first.venue_kind == "site"
        parts = dict(first.attendances.values_list("agency", "part"))
        assert parts["城市管理委"] == "department" and parts["绿源环评公司"] == "agency"
        send_notice(meeting=first, by=world.gao, at=NOON)
        project.refresh_from_db()
        raise_point(
            meeting=first, text="补测大气数据", owner="绿源环评公司", due_on=DAY + timedelta(days=5),
            by=world.gao, at=NOON,
        )  # fmt: skip
        second = self.plan(world, project, days=7, agenda="复核报告书")
        assert second.series == first.series
        assert "补测大气数据" in second.agenda and second.agenda.endswith("复核报告书")
        sittings = queries.sittings_of(project)
        assert [one.meeting for one in sittings] == [second, first]
        assert [point.text for point in sittings[1].points] == ["补测大气数据"]

    def test_not_by_a_department(self, world, project):
        with pytest.raises(actions.NotYours):
            self.plan(world, project, by=world.li)


@pytest.mark.mission("S0.10")
class TestSatisfaction:
    @pytest.fixture
    def row(self, world, project, item):
        actions.decide_approval(item("filed"), state="granted", on=DAY, by=world.gao, at=NOON)
        return project.satisfactions.get()

    def test_once_by_a_link(self, world, row, client):
        url = f"/alliances/rate/{actions.token_of(row)}/"
        assert client.get(url).status_code == 200
        assert client.post(url, {"stars": "5", "words": "很快"}).status_code == 302
        row.refresh_from_db()
        assert (row.stars, row.how) == (5, "link")
        with pytest.raises(actions.AnsweredAlready):
            actions.answer_by_link(token=actions.token_of(row), stars=1, words="", at=NOON)
        assert client.get("/alliances/rate/1:x:y/").status_code == 404

    def test_once_by_the_owners_user(self, world, row, guo):
        with pytest.raises(actions.NotYours):
            actions.answer_as_owner(row, stars=5, words="", by=world.gao, at=NOON)
        actions.answer_as_owner(row, stars=2, words="慢", by=guo, at=NOON)
        assert world.gao.notices.filter(title__contains="不满意").exists()
        with pytest.raises(actions.AnsweredAlready):
            actions.answer_as_owner(row, stars=5, words="", by=guo, at=NOON)
        standing = queries.standing_of(queries.with_standing(Alliance.objects.all()).get())
        assert (standing.stars, standing.answers) == (2, 1)
