"""The page of a grid, the list with its gaps, hard problems: through the pages people use."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate, now

from tongxin.cases.actions import make_move
from tongxin.grids import actions, queries
from tongxin.grids.models import FunctionRule, GridNorm, GridProfile, Problem
from tongxin.kit.errors import NotPermitted
from tongxin.regions.models import Region
from tongxin.regions.queries import get_land
from tongxin.requests.actions import file_request
from tongxin.testing import NOON

P1 = "120116001001001"
DAY = date(2026, 3, 2)


@pytest.fixture
def rules(world):
    rule = FunctionRule.objects.create
    begun = {"effective_from": date(2020, 1, 1), "source": "测试"}
    rule(function="livelihood", category=world.repairs, **begun)
    rule(function="city", topic=world.pothole, **begun)
    rule(function="insight", kind="request", **begun)


def ask_for(world, topic=None, text="楼道灯不亮", lng=117.55):
    return file_request(text=text, at=now(), actor=world.sun, topic=topic, lng=lng, lat=39.25)


class TestGridPage:
    @pytest.mark.mission("S3.47", "S4.37")
    def test_it_shows_who_works_there_and_the_branch_that_stands_on_it(self, world, as_):
        world.branch.grids.add(world.p1)
        actions.set_head(region=world.p1, head=world.mei, on=localdate(), at=now(), by=world.zhang)
        page = as_(world.liu).get(f"/grids/{P1}/").content.decode()
        assert "梅雪" in page and "网格长" in page
        assert "松社区第一党支部" in page
        assert "没有党组织" not in page
        other = as_(world.liu).get("/grids/120116001001002/").content.decode()
        assert "没有党组织" in other and "没有网格员" in other and "没有网格长" in other

    @pytest.mark.mission("S4.38", "S4.36")
    def test_each_function_counts_what_is_open_and_opens_the_very_cases(self, world, as_, rules):
        ask_for(world, world.tap, "三楼水管坏了淹到二楼")
        ask_for(world, world.pothole, "门前路面有坑")
        ask_for(world, None, "有人反映楼道杂物")
        ask_for(world, world.tap, "隔壁网格的水管", lng=117.65)
        land = get_land(P1)
        page = queries.grid_page(land, world.liu, at=now(), day=localdate())
        assert {one.code: one.open for one in page.functions} == {
            "insight": 1, "disputes": 0, "livelihood": 1, "city": 1,
        }  # fmt: skip
        for function, title in (
            ("livelihood", "三楼水管"), ("city", "门前路面"), ("insight", "楼道杂物"),
        ):  # fmt: skip
            opened = as_(world.liu).get(f"/grids/{P1}/cases/?function={function}").content.decode()
            assert title in opened and "隔壁网格" not in opened
            assert sum(word in opened for word in ("三楼水管", "门前路面", "楼道杂物")) == 1

    def test_what_is_done_this_month_moves_to_the_other_column(self, world, as_, rules):
        case = ask_for(world, world.tap)
        make_move(case, "cancel", at=now(), actor=world.sun)
        page = queries.grid_page(get_land(P1), world.liu, at=now(), day=localdate())
        found = {one.code: (one.open, one.done) for one in page.functions}
        assert found["livelihood"] == (0, 1)
        done = as_(world.liu).get(f"/grids/{P1}/cases/?function=livelihood&state=done")
        assert case.number in done.content.decode() or case.title in done.content.decode()

    def test_what_no_rule_speaks_of_is_shown_as_such(self, world):
        ask_for(world, world.tap)
        page = queries.grid_page(get_land(P1), world.liu, at=now(), day=localdate())
        assert page.functions[-1].code == "other" and page.functions[-1].open == 1

    @pytest.mark.mission("S3.48")
    def test_each_street_sees_its_own_and_nobody_elses(self, world, as_):
        assert as_(world.mei).get(f"/grids/{P1}/").status_code == 200
        assert as_(world.wu).get(f"/grids/{P1}/").status_code == 404
        assert as_(world.sun).get(f"/grids/{P1}/").status_code == 404
        assert as_(world.ann).get(f"/grids/{P1}/").status_code == 404
        assert as_(world.liu).get("/grids/120116001001/").status_code == 404
        listed = as_(world.wu).get("/grids/").content.decode()
        assert "盐社区" in listed and "第一网格" not in listed

    def test_it_costs_a_fixed_number_of_queries(self, world, as_, rules, lid):
        client = as_(world.liu)
        client.get(f"/grids/{P1}/")
        with CaptureQueriesContext(
            connection,
        ) as few:
            client.get(f"/grids/{P1}/")
        for n in range(5):
            ask_for(world, world.tap, f"水管 {n}")
        with CaptureQueriesContext(connection) as many:
            client.get(f"/grids/{P1}/")
        assert len(many) == len(few) <= 20


class TestList:
    def test_gaps_are_counted_and_listed(self, world, as_):
        GridNorm.objects.create(
            code="households_most", value=500, effective_from=DAY, source="测试"
        )
        actions.set_profile(
            region=world.p1, households=620, population=1500, at=NOON, by=world.zhang
        )
        page = as_(world.liu).get("/grids/?show=large").content.decode()
        assert "第一网格" in page and "第二网格" not in page and "户数超限" in page
        page = as_(world.liu).get("/grids/?show=worker").content.decode()
        assert "第二网格" in page and "第一网格" not in page

    def test_eight_queries_however_many_grids(self, world, as_, django_assert_max_num_queries):
        for n in range(3, 60):
            Region.objects.create(
                code=f"{world.pine.code}{n:03d}", name=f"第{n}网格", short_name=f"第{n}网格",
                level="grid", kind="basic", parent=world.pine, path=f"{world.pine.path}{n:03d}/",
            )  # fmt: skip
        client = as_(world.liu)
        client.get("/grids/")
        with django_assert_max_num_queries(8):
            page = client.get("/grids/").content.decode()
        assert "下一页" in page

    def test_a_grid_costs_sixteen_whatever_happens_in_it(
        self, world, as_, django_assert_max_num_queries
    ):
        """Each of its twelve parts is a table of its own: rules, people, services, cases, problems …"""
        client, url = as_(world.liu), f"/grids/{world.p1.code}/"
        client.get(url)
        with django_assert_max_num_queries(16):
            assert client.get(url).status_code == 200

    def test_what_is_missing_is_said_by_its_name(self, world, as_):
        page = as_(world.liu).post(f"/grids/{world.p1.code}/profile/", {"households": "280"})
        assert page.status_code == 422 and "请填写人口。" in page.content.decode()

    def test_another_street_is_not_there(self, world, as_):
        assert as_(world.liu).get("/grids/?region=120116002").status_code == 404
        assert as_(world.gao).get("/grids/?region=120116002").status_code == 200


class TestRegister:
    def test_profile_head_and_services_are_kept_by_the_community(self, world, as_):
        client = as_(world.zhang)
        sent = client.post(
            f"/grids/{P1}/profile/", {"households": 412, "population": 1033, "note": ""}
        )
        assert sent.url == f"/grids/{P1}/"
        assert GridProfile.objects.get().households == 412
        assert client.post(f"/grids/{P1}/head/", {"head": world.mei.pk}).status_code == 302
        assert world.mei.notices.filter(title__contains="网格长").count() == 1
        assert client.post(f"/grids/{P1}/services/new/", {"name": "党群服务站"}).status_code == 302
        again = client.post(f"/grids/{P1}/services/new/", {"name": "党群服务站"})
        assert again.status_code == 422 and "已经登记" in again.content.decode()

    def test_more_households_than_people_is_refused(self, world):
        with pytest.raises(actions.BadGrid, match="户数不会比人口多"):
            actions.set_profile(
                region=world.p1, households=5, population=3, at=NOON, by=world.zhang
            )
        assert not GridProfile.objects.exists()

    def test_a_grid_worker_does_not_keep_the_register(self, world, as_):
        assert as_(world.mei).get(f"/grids/{P1}/profile/").status_code == 404
        with pytest.raises(NotPermitted):
            actions.set_profile(region=world.p1, households=5, population=9, at=NOON, by=world.mei)

    def test_only_who_works_there_may_head_a_grid(self, world):
        with pytest.raises(actions.BadGrid, match="没有岗位"):
            actions.set_head(region=world.p1, head=world.wu, on=DAY, at=NOON, by=world.zhang)


@pytest.mark.mission("S4.32")
class TestProblems:
    def a_problem(self, world, **changes) -> Problem:
        given = {
            "region": world.pine, "title": "老楼下水二十年反复堵", "lead": world.roads,
            "due_on": DAY + timedelta(days=60), "at": NOON, "by": world.zhang,
        } | changes  # fmt: skip
        return actions.list_problem(**given)

    def test_it_is_listed_led_noted_and_written_off(self, world, as_):
        client = as_(world.zhang)
        due = localdate() + timedelta(days=30)
        sent = client.post(
            "/grids/problems/new/",
            {"region": world.pine.pk, "title": "老楼下水反复堵", "urgency": "hard",
             "lead": world.roads.pk, "due_on": str(due), "text": "雨天倒灌", "measures": "", "key": "k"},
        )  # fmt: skip
        problem = Problem.objects.get()
        assert sent.url == f"/grids/problems/{problem.pk}/"
        assert world.li.notices.filter(title__startswith="牵头解决").count() == 1
        noted = as_(world.li).post(sent.url, {"text": "管网图已调出", "key": "n"})
        assert noted.status_code == 302
        closed = as_(world.zhang).post(f"{sent.url}close/", {"result": "主管更换，雨后无倒灌"})
        assert closed.status_code == 302
        problem.refresh_from_db()
        assert problem.closed_on and problem.result
        listed = client.get("/grids/problems/?state=done").content.decode()
        assert "老楼下水反复堵" in listed

    def test_who_leads_it_cannot_write_it_off(self, world, as_):
        problem = self.a_problem(world)
        with pytest.raises(NotPermitted):
            actions.close_problem(problem=problem, result="好了", on=DAY, at=NOON, by=world.yue)
        assert as_(world.wu).get(f"/grids/problems/{problem.pk}/").status_code == 404

    def test_a_day_that_has_passed_is_refused(self, world):
        with pytest.raises(actions.BadProblem, match="今天之后"):
            self.a_problem(world, due_on=DAY)

    def test_it_is_put_off_with_a_reason_and_only_later(self, world):
        problem = self.a_problem(world)
        later = problem.due_on + timedelta(days=30)
        note = actions.note_problem(
            problem=problem, text="等招标", due_on=later, at=NOON, by=world.zhang
        )
        assert (note.due_before, note.due_after) == (DAY + timedelta(days=60), later)
        with pytest.raises(actions.BadProblem, match="晚"):
            actions.note_problem(problem=problem, text="提前", due_on=DAY + timedelta(days=5), at=NOON, by=world.zhang)  # fmt: skip

    def test_nothing_is_added_once_it_is_written_off(self, world):
        problem = self.a_problem(world)
        actions.close_problem(problem=problem, result="解决", on=DAY, at=NOON, by=world.zhang)
        with pytest.raises(actions.ProblemClosed):
            actions.note_problem(problem=problem, text="再说", at=NOON, by=world.zhang)

    def test_a_late_one_reminds_its_lead_once(self, world):
        self.a_problem(world)
        late = NOON + timedelta(days=61)
        assert actions.problems_due(at=late) == 1
        assert actions.problems_due(at=late) == 0
        assert world.li.notices.filter(title__startswith="到期未解决").count() == 1
