"""Leaders at their contact points, and rounds of visits with what is still unvisited."""

from __future__ import annotations

from datetime import date

import pytest

from tongxin.dual_report import actions
from tongxin.dual_report.actions import visits as module
from tongxin.dual_report.actions.common import NotYourCommunity
from tongxin.dual_report.models import ContactPoint, HouseholdVisit, Walk, WalkTarget
from tongxin.dual_report.queries import visits as queries
from tongxin.kit.errors import Invalid
from tongxin.orgs.models import Org

from .conftest import DAY, NOON, TODAY, fresh


def as_user(client, user):
    client.force_login(user)
    return client


@pytest.fixture
def leader(world):
    world.zhu = world.person("zhu", "朱区长", world.tong_party, "leader")
    return world.zhu


def a_point(world, leader):
    return actions.set_contact_point(
        leader=leader, region=world.pine, wanted=12, by=world.liu, at=NOON
    )


class TestContactPoints:
    def test_it_is_ended_by_page_and_what_was_visited_stays(self, client, world, leader, clock):
        point = a_point(world, leader)
        made = actions.plan_visit(
            point=point, household="201", planned_on=TODAY, by=leader, at=NOON
        )
        actions.record_visit(visit=made, note="谈了", by=leader, at=NOON)
        actions.plan_visit(point=point, household="202", planned_on=TODAY, by=leader, at=NOON)
        address = f"/report-in/visits/points/{point.pk}/"
        as_user(client, leader)
        assert "结束联系点" not in client.get(address).content.decode()
        assert client.post(f"{address}end/").status_code in (302, 403)
        as_user(client, world.wu)
        assert client.post(f"{address}end/").status_code == 404
        point.refresh_from_db()
        assert point.to_date is None
        as_user(client, world.liu)
        assert "结束联系点" in client.get(address).content.decode()
        assert client.post(f"{address}end/").status_code == 302
        point.refresh_from_db()
        assert point.to_date == TODAY
        assert [visit.household for visit in point.visits.all()] == ["201"]
        assert "朱区长 · " not in client.get("/report-in/visits/").content.decode()
        page = client.get(address).content.decode()
        assert "已于" in page and "安排走访</button>" not in page
        with pytest.raises(module.PointOver):
            actions.plan_visit(point=point, household="203", planned_on=TODAY, by=leader, at=NOON)
        with pytest.raises(module.PointOver):
            actions.end_contact_point(point=point, by=world.liu, at=NOON)
        assert a_point(world, leader).to_date is None  # and may be begun again

    @pytest.mark.mission("S2.38")
    def test_a_leader_visits_the_households_of_their_point(self, client, world, leader, clock):
        as_user(client, world.liu)
        form = {"leader": "zhu", "region": world.pine.code, "wanted": "12"}
        assert client.post("/report-in/visits/points/new/", form).status_code == 302
        point = ContactPoint.objects.get()
        as_user(client, leader)
        client.post(
            f"/report-in/visits/points/{point.pk}/",
            {"household": "3 号楼 201", "planned_on": "2026-03-03"},
        )
        visit = HouseholdVisit.objects.get()
        assert (
            "计划 2026-03-03"
            in client.get(f"/report-in/visits/points/{point.pk}/").content.decode()
        )
        answer = client.post(
            f"/report-in/visits/{visit.pk}/done/", {"note": "谈了停车难", "needs": "加装充电桩"}
        )
        assert answer.status_code == 302 and fresh(visit).by == leader
        page = client.get(f"/report-in/visits/points/{point.pk}/").content.decode()
        assert "今年走访 1 户，应访 12 户" in page and "要解决：加装充电桩" in page

    @pytest.mark.parametrize("field", ["note", "needs"])
    def test_health_is_not_written_down(self, client, world, leader, clock, field):
        visit = actions.plan_visit(
            point=a_point(world, leader), household="201", planned_on=TODAY, by=leader, at=NOON
        )
        answer = as_user(client, leader).post(
            f"/report-in/visits/{visit.pk}/done/", {"note": "谈了", field: "有高血压，需要送药"}
        )
        assert answer.status_code == 422 and "请删去“高血压”" in answer.content.decode()
        assert fresh(visit).visited_at is None

    def test_refused(self, world, leader):
        point = a_point(world, leader)
        with pytest.raises(module.PointThere):
            a_point(world, leader)
        with pytest.raises(NotYourCommunity):
            actions.set_contact_point(
                leader=leader, region=world.salt, wanted=1, by=world.liu, at=NOON
            )
        plan = {"point": point, "household": "201", "at": NOON}
        with pytest.raises(module.NotYourVisit):
            actions.plan_visit(planned_on=TODAY, by=world.wu, **plan)
        with pytest.raises(Invalid, match="不能早于今天"):
            actions.plan_visit(planned_on=TODAY - DAY, by=leader, **plan)
        visit = actions.plan_visit(planned_on=TODAY, by=world.zhang, **plan)
        with pytest.raises(module.PlannedAlready):
            actions.plan_visit(planned_on=TODAY, by=leader, **plan)
        with pytest.raises(module.NotYourVisit):
            actions.record_visit(visit=visit, note="谈了", by=world.zhang, at=NOON)
        actions.record_visit(visit=visit, note="谈了", by=leader, at=NOON)
        with pytest.raises(module.VisitedAlready):
            actions.record_visit(visit=visit, note="又谈了", by=leader, at=NOON)

    @pytest.mark.parametrize(
        "who,status", [("zhu", 200), ("zhang", 200), ("wu", 404), ("wang", 404), ("ann", 404)]
    )
    def test_who_sees_what_was_said(self, client, world, leader, clock, who, status):
        point = a_point(world, leader)
        as_user(client, getattr(world, who))
        assert client.get(f"/report-in/visits/points/{point.pk}/").status_code == status


class TestRounds:
    def a_walk(self, world, kind="grids", **more):
        given = {"walker": world.tang, "region": world.north, "year": 2026} | more
        return actions.set_walk(kind=kind, by=world.liu, at=NOON, **given)

    @pytest.mark.mission("S2.39")
    def test_four_rounds_show_what_is_still_unvisited(self, client, world, clock):
        Org.objects.create(name="北塘电厂", kind="unit", region=world.pine)
        as_user(client, world.liu)
        kinds = {
            "branches": "",
            "grids": "",
            "residents": "",
            "households": "1 号楼 101\n1 号楼 102",
        }
        for kind, labels in kinds.items():
            form = {
                "walker": "tang",
                "region": world.north.code,
                "kind": kind,
                "year": "2026",
                "labels": labels,
            }
            assert client.post("/report-in/walks/new/", form).status_code == 302
        assert dict(WalkTarget.objects.values_list("label", "walk__kind")) == {
            "松社区第一党支部": "branches", "松社区 第一网格": "grids", "松社区 第二网格": "grids",
            "北塘电厂": "residents", "1 号楼 101": "households", "1 号楼 102": "households",
        }  # fmt: skip
        as_user(client, world.tang)
        target = WalkTarget.objects.get(label="松社区 第一网格")
        client.post(f"/report-in/walks/targets/{target.pk}/", {"note": "看了充电棚"})
        columns, (row,) = queries.matrix(world.tang, 2026, TODAY)
        assert [c.name for c in columns] == ["走遍党支部", "走遍网格", "走遍驻区单位", "走遍联系户"]
        assert [(c.share.done, c.share.base) for c in row.cells] == [(0, 1), (1, 2), (0, 1), (0, 2)]
        assert row.whole.percent == 16.6
        page = client.get(f"/report-in/walks/{target.walk_id}/").content.decode()
        assert "已走访 1 个，还剩 1 个" in page and "看了充电棚" in page
        assert "1 / 2" in client.get("/report-in/visits/").content.decode()

    def test_refused(self, world):
        walk = self.a_walk(world)
        with pytest.raises(module.WalkThere):
            self.a_walk(world)
        with pytest.raises(module.NothingToWalk):
            self.a_walk(world, "households")
        with pytest.raises(NotYourCommunity):
            self.a_walk(world, region=world.salt)
        target = walk.targets.first()
        with pytest.raises(module.NotYourVisit):
            actions.tick_target(target=target, by=world.liu, at=NOON)
        with pytest.raises(module.HealthData):
            actions.tick_target(target=target, note="有人住院", by=world.tang, at=NOON)
        with pytest.raises(Invalid, match="2026 年的走访清单"):
            actions.tick_target(target=target, by=world.tang, at=NOON + 400 * DAY)
        actions.tick_target(target=target, by=world.tang, at=NOON)
        with pytest.raises(module.VisitedAlready):
            actions.tick_target(target=target, by=world.tang, at=NOON)

    def test_two_grids_of_one_name_are_both_there(self, world):
        from tongxin.regions.models import Region

        Region.objects.create(
            code="120116001001009", name="第一网格", short_name="第一网格", level="grid",
            parent=world.pine, path=f"{world.pine.path}009/",
        )  # fmt: skip
        assert self.a_walk(world).targets.count() == 3

    @pytest.mark.parametrize(
        "who,seen", [("tang", 1), ("liu", 1), ("gao", 1), ("zhang", 0), ("yue", 0), ("ann", 0)]
    )
    def test_who_sees_it(self, world, who, seen):
        self.a_walk(world)
        assert Walk.objects.visible_to(fresh(getattr(world, who))).count() == seen

    def test_a_year_of_ones_own_choosing_is_kept_apart(self, world):
        self.a_walk(world)
        self.a_walk(world, year=2025)
        assert len(queries.matrix(world.tang, 2025, date(2025, 1, 1))[1]) == 1
