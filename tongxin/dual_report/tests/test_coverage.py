"""Coverage of both reports: base, done, who is missing, and how it was counted."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tongxin.dual_report import actions
from tongxin.dual_report.queries import coverage as queries
from tongxin.orgs.models import Membership, Org
from tongxin.regions.queries import get_land

from .conftest import DAY, NOON, TODAY, a_unit, fresh, reported


def as_user(client, user):
    client.force_login(user)
    return client


def of(region, on=TODAY):
    return queries.coverage(get_land(region.code), on)


@pytest.fixture
def units(world):
    """Three units of Pine and one of Salt; the plant has a branch of its own inside."""
    plant = a_unit(world)
    a_unit(world, "电厂一车间党支部", unit_kind="branch", parent=plant)
    a_unit(world, "北塘中学党支部", sector="education", unit_kind="branch")
    a_unit(world, "盐场党支部", region=world.salt, unit_kind="branch")
    a_unit(world, "工地临时党支部", unit_kind="branch", is_temporary=True, expires_on="2026-12-01")
    return plant


class TestUnits:
    @pytest.mark.mission("S2.36", "S2.37")
    def test_the_rate_has_its_base_and_the_missing(self, client, world, units, clock):
        actions.report_unit(unit=units, community=world.pine, contact="方", by=world.zhang, at=NOON)
        whole, rows = of(world.north)
        assert (whole.units.base, whole.units.done, whole.units.percent) == (2, 1, 50.0)
        assert [(row.land.short_name, row.units.base, row.units.done) for row in rows] == [
            ("松社区", 2, 1), ("苇社区", 0, 0)
        ]  # fmt: skip
        assert rows[1].units.percent is None
        assert [
            org.name for org in queries.units_missing(world.north.path, TODAY, what="report")
        ] == ["北塘中学党支部"]
        page = as_user(client, world.liu).get("/report-in/coverage/").content.decode()
        assert (
            "应报到 2 家" in page
            and "50.0%" in page
            and "北塘中学党支部" in page
            and "盐场党支部" not in page
        )

    def test_one_that_lapsed_or_ended_counts_no_more(self, world, units):
        report = actions.report_unit(
            unit=units, community=world.pine, contact="方", by=world.zhang, at=NOON
        )
        assert of(world.north, TODAY + 400 * DAY)[0].units.done == 0
        actions.end_unit(report=report, note="搬离", by=world.zhang, at=NOON)
        assert of(world.north)[0].units.done == 0

    def test_full_coverage_is_said_only_when_nobody_is_left(self, world):
        Org.objects.bulk_create(
            Org(name=f"单位{n}党支部", kind="party", region=world.pine, sector="private_firm", unit_kind="branch")
            for n in range(1000)
        )  # fmt: skip
        share = queries.Share(3000, 2999)
        assert share.percent == 99.9 and share.left == 1
        assert of(world.north)[0].units.base == 1000

    def test_a_pact_counts_while_it_holds(self, world, units):
        from .test_units import PACT

        world.fang = world.person("fang", "方圆", units, "secretary")
        report = actions.report_unit(
            unit=units, community=world.pine, contact="方", by=world.zhang, at=NOON
        )
        pact = actions.draft_pact(report=report, by=world.zhang, at=NOON, **PACT)
        actions.sign_pact(pact=pact, side="unit", by=world.fang, at=NOON)
        assert of(world.north)[0].pacts.done == 0
        actions.sign_pact(pact=pact, side="community", by=world.zhang, at=NOON)
        assert of(world.north)[0].pacts.done == 1
        assert [o.name for o in queries.units_missing(world.north.path, TODAY, what="pact")] == [
            "北塘中学党支部"
        ]


class TestMembers:
    @pytest.mark.mission("S2.37", "S3.25")
    def test_they_count_where_they_reported_else_where_they_live(self, client, world, clock):
        Membership.objects.update(in_service=True)  # Wang, Zhao and Yue, all at home in Pine
        reported(world, "wang", world.salt)
        assert [(r.members.base, r.members.done) for r in (of(world.pine)[0], of(world.salt)[0])] == [
            (2, 0), (1, 1)
        ]  # fmt: skip
        whole, _rows = of(world.tong)
        assert (whole.members.base, whole.members.done, whole.members.percent) == (3, 1, 33.3)
        page = as_user(client, world.zhang).get("/report-in/members/").content.decode()
        assert "应报到 2 名，已报到 0 名" in page and "赵磊" not in page

    def test_only_confirmed_ones_of_standing_members_count(self, world):
        Membership.objects.update(in_service=True)
        reported(world, "wang", confirmed=False)
        reported(world, "zhao")
        assert of(world.pine)[0].members.done == 1
        Membership.objects.filter(pk=world.zhao_member.pk).update(to_date=TODAY, end="transfer")
        assert (of(world.pine)[0].members.base, of(world.pine)[0].members.done) == (2, 0)

    def test_the_sentence_says_who_is_not_in_the_base(self, world):
        Membership.objects.update(in_service=True)
        world.zhao_member.person.home = None
        world.zhao_member.person.save()
        assert queries.homeless(world.north.path) == 1
        assert "另有 1 名没有登记居住社区" in queries.why_members(of(world.pine)[0], 1)

    def test_the_branch_sees_its_own_rate_and_who_is_missing(self, client, world, clock):
        Membership.objects.update(in_service=True)
        reported(world, "wang")
        (row,) = queries.branches(world.qin, TODAY)
        assert (row.unit, row.members.base, row.members.done) == (world.branch, 2, 1)
        page = as_user(client, world.qin).get("/report-in/branches/").content.decode()
        assert "赵磊" in page and "王芳" not in page and "岳峰" not in page
        assert "岳峰" in as_user(client, world.yue).get("/report-in/branches/").content.decode()

    def test_nobody_else_sees_who_is_missing(self, client, world, clock):
        Membership.objects.update(in_service=True)
        for who in ("zhang", "liu", "wang", "ann"):
            page = (
                as_user(client, fresh(getattr(world, who)))
                .get("/report-in/branches/")
                .content.decode()
            )
            assert "没有在职党员" in page
        page = as_user(client, world.liu).get("/report-in/coverage/").content.decode()
        assert "赵磊" not in page


class TestThePage:
    def test_the_map_is_shaded_by_the_layer(self, client, world, units, clock):
        actions.report_unit(unit=units, community=world.pine, contact="方", by=world.zhang, at=NOON)
        drawn = as_user(client, world.liu).get("/report-in/coverage/areas/?layer=units").json()
        shares = {
            one["properties"]["name"]: one["properties"]["missing"] for one in drawn["features"]
        }
        assert shares == {"松社区": 50.0, "苇社区": None}

    @pytest.mark.parametrize("who,status", [("liu", 200), ("gao", 200), ("zhang", 200), ("tang", 200), ("he", 200),
                                            ("wang", 403), ("qin", 403), ("ann", 403), ("mei", 403)])  # fmt: skip
    def test_who_may_look(self, client, world, clock, who, status):
        answer = as_user(client, getattr(world, who)).get(
            "/report-in/coverage/", headers={"accept": "text/html"}
        )
        assert answer.status_code in ({status} if status == 200 else {302, 403})

    def test_a_leader_sees_figures_but_not_the_desk(self, client, world, clock):
        world.person("zhu", "朱区长", world.tong_party, "leader")
        from tongxin.accounts.models import User

        as_user(client, User.objects.get(username="zhu"))
        assert client.get("/report-in/coverage/").status_code == 200
        assert client.get("/report-in/desk/").status_code in (302, 403)

    def test_not_of_anothers_land(self, client, world, clock):
        answer = as_user(client, world.wu).get(f"/report-in/coverage/?region={world.pine.code}")
        assert answer.status_code in (302, 404)

    def test_queries_do_not_grow_with_units(self, client, world, clock):
        as_user(client, world.liu)
        client.get("/report-in/coverage/")
        counts = []
        for n in (2, 60):
            for k in range(n):
                a_unit(world, f"单位{n}-{k}党支部", unit_kind="branch")
            with CaptureQueriesContext(
                connection,
            ) as caught:
                client.get("/report-in/coverage/")
            counts.append(len(caught))
        assert counts[0] == counts[1] <= 8
