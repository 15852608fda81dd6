"""Parks and homes: enterprises, their problems, the index, facilities, talent."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.alliances import actions, queries
from tongxin.alliances.models import Enterprise
from tongxin.cases.actions import make_move, ring_clocks
from tongxin.kit.errors import Invalid
from tongxin.orgs.actions import mark_mobile, report_here
from tongxin.orgs.models import LogEntry, Org
from tongxin.testing import NOON

from .conftest import DAY


def solved(world, enterprise, types, photo, *, stars=5, colour="grey"):
    case = actions.raise_enterprise_problem(
        enterprise, type_=types["dust"], title="施工扬尘", by=world.sun, at=NOON
    )
    make_move(case, "assign", at=NOON, actor=world.liu, handler=world.roads)
    make_move(case, "accept", at=NOON, actor=world.li)
    proof = [photo(case, world.li, colour)]
    make_move(case, "finish", at=NOON, actor=world.li, note="已加装喷淋", evidence=proof)
    if stars:
        make_move(case, "rate", at=NOON, actor=world.sun, stars=stars)
    case.refresh_from_db()
    return case


@pytest.mark.mission("S4.77")
class TestPark:
    def test_a_space_with_its_branch_firms_and_staff(self, world, park):
        for n in range(42):
            actions.admit_enterprise(
                park, name=f"企业{n}", moved_in_on=DAY, staff=3, members=1, by=world.liu, at=NOON
            )
        assert queries.staff_of([park.pk]) == {park.pk: (42, 126, 42)}
        assert park.branch == world.branch
        assert LogEntry.objects.filter(unit=world.branch, key=f"park:{park.pk}").exists()

    def test_in_once_and_out_later(self, world, park, enterprise):
        with pytest.raises(actions.InsideAlready):
            actions.admit_enterprise(
                park, name=enterprise.name, moved_in_on=DAY, by=world.liu, at=NOON
            )
        with pytest.raises(Invalid, match="党员"):
            actions.change_enterprise(enterprise, members=50, by=world.liu, at=NOON)
        with pytest.raises(actions.BadDay):
            actions.move_out(enterprise, on=DAY - timedelta(days=201), by=world.liu, at=NOON)
        actions.move_out(enterprise, on=DAY, by=world.liu, at=NOON)
        assert queries.staff_of([park.pk]) == {}
        with pytest.raises(actions.OverAlready):
            actions.change_enterprise(enterprise, staff=1, by=world.liu, at=NOON)

    def test_only_by_who_keeps_it_and_seen_by_its_own(self, world, park, enterprise):
        with pytest.raises(actions.NotYours):
            actions.admit_enterprise(park, name="外来", moved_in_on=DAY, by=world.wu, at=NOON)
        assert enterprise in Enterprise.objects.visible_to(world.sun)
        assert enterprise not in Enterprise.objects.visible_to(world.ma)


@pytest.mark.mission("S3.45")
class TestEnterpriseProblems:
    def test_solved_with_proof_and_rated(self, world, park, enterprise, types, photo):
        solved(world, enterprise, types, photo)
        low = solved(world, enterprise, types, photo, stars=2, colour="red")
        assert low.step == "closed" and low.enterprise_problem.solved_at is None
        found = queries.solved_in([park.pk])[park.pk]
        assert (found.total, found.solved, found.unsatisfied, found.stars) == (2, 1, 1, 3.5)

    def test_not_solved_goes_back_and_unrated_is_closed_after_a_week(
        self, world, enterprise, types, photo
    ):
        case = solved(world, enterprise, types, photo, stars=0)
        make_move(case, "redo", at=NOON, actor=world.sun, note="第二天又扬尘")
        proof = [photo(case, world.li, "blue")]
        make_move(case, "finish", at=NOON, actor=world.li, note="换了围挡", evidence=proof)
        while ring_clocks(at=NOON + timedelta(days=8)):
            pass
        case.refresh_from_db()
        assert case.step == "closed" and case.enterprise_problem.solved_at

    def test_a_hundred_and_seven_are_counted_from_rows(self, world, park, enterprise, types, photo):
        case = solved(world, enterprise, types, photo)
        row = case.enterprise_problem
        assert [(name, one.total, one.solved) for name, one in queries.types_of(park)] == [
            ("施工扬尘", 1, 1)
        ]
        assert queries.sum_of(queries.types_of(park)) == queries.solved_in([park.pk])[park.pk]
        assert row.result == "已加装喷淋"

    def test_only_of_a_type_for_enterprises(self, world, enterprise, types):
        with pytest.raises(Invalid, match="类型"):
            actions.raise_enterprise_problem(
                enterprise, type_=types["eia"], title="x", by=world.sun, at=NOON
            )
        with pytest.raises(actions.NotYours):
            actions.raise_enterprise_problem(
                enterprise, type_=types["dust"], title="x", by=world.ma, at=NOON
            )


@pytest.mark.mission("S3.46")
def test_the_index_shows_its_sum(db):
    actions.load_index()
    rules = queries.weights_on(DAY)
    index = queries.index_of(
        queries.Solved(total=4, solved=3, closed=4, on_time=2, rated=2, stars=4.0), rules
    )
    assert index.value == round((75 * 40 + 50 * 30 + 80 * 30) / 100, 1)
    assert index.formula == "(75.0 × 40 + 50.0 × 30 + 80.0 × 30) ÷ 100 = 69.0"
    assert queries.index_of(queries.Solved(), rules).value is None
    assert queries.weights_on(date(2025, 1, 1)) == []


@pytest.mark.mission("S3.41", "S3.42")
class TestHome:
    def found(self, world, **given):
        given = {"project_name": "中国电子项目", "project_fen": 28_000_000_000_00} | given
        return actions.found_park(
            kind="home", name="建设者之家", region=world.pine, operator=world.pine_office, branch=world.branch,
            opened_on=DAY - timedelta(days=20), by=world.liu, at=NOON, **given,
        )  # fmt: skip

    def test_beside_a_big_project_with_its_branch(self, world):
        with pytest.raises(Invalid, match="项目"):
            self.found(world, project_name="")
        home = self.found(world)
        assert home.branch == world.branch and home.project_fen == 28_000_000_000_00
        with pytest.raises(actions.ParkThere):
            self.found(world)
        with pytest.raises(Invalid, match="不登记"):
            actions.admit_enterprise(home, name="x", moved_in_on=DAY, by=world.liu, at=NOON)

    def test_use_is_counted_by_day_the_last_word_counts(self, world):
        home = self.found(world)
        for people in (30, 36):
            actions.record_use(
                home, facility="洗衣房", on=DAY, people=people, by=world.liu, at=NOON
            )
        actions.record_use(
            home, facility="云医院", on=DAY - timedelta(days=1), people=5, by=world.liu, at=NOON
        )
        assert queries.use_by_day(home, since=DAY - timedelta(days=7), until=DAY) == {
            "洗衣房": {DAY: 36},
            "云医院": {DAY - timedelta(days=1): 5},
        }
        with pytest.raises(actions.BadDay):
            actions.record_use(
                home, facility="云医院", on=DAY + timedelta(days=1), people=5, by=world.liu, at=NOON
            )

    @pytest.mark.mission("S3.43")
    def test_members_who_reported_are_counted_for_the_branch_only(self, world, client):
        home = self.found(world)
        stay = mark_mobile(
            membership=world.yue_member, since=DAY - timedelta(days=30), place="松社区", why="work", at=NOON,
            by=world.yue,
        )  # fmt: skip
        report_here(stay=stay, host=world.branch, on=DAY, at=NOON, by=world.qin)
        assert queries.guests_of(home, world.qin) == 1
        assert queries.guests_of(home, world.liu) is None
        client.force_login(world.qin)
        assert "1 人" in client.get(f"/alliances/parks/{home.pk}/").content.decode()

    @pytest.mark.mission("S3.44")
    def test_a_park_with_a_centre_counts_its_rooms_only(self, world):
        from tongxin.places.models import Centre, Room, RoomKind

        centre = Centre.objects.create(
            code="P1", kind="builders_home", name="建设者之家", region=world.pine, at=NOON
        )
        kind = RoomKind.objects.create(code="own-library", name="图书室", use="convenience")
        Room.objects.create(centre=centre, kind=kind, name="图书室", capacity=20)
        home = self.found(world, centre=centre)
        actions.record_use(home, facility="图书室", on=DAY, people=9, by=world.liu, at=NOON)
        with pytest.raises(Invalid, match="没有"):
            actions.record_use(home, facility="台球厅", on=DAY, people=9, by=world.liu, at=NOON)


@pytest.mark.mission("S4.78")
def test_talent_is_figures_only(world, park):
    for kind, people in (("gathered", 20), ("recruited", 8), ("trained", 30)):
        actions.record_talent(park, kind=kind, month=DAY, people=people, by=world.liu, at=NOON)
    earlier = DAY - timedelta(days=20)
    actions.record_talent(park, kind="recruited", month=earlier, people=5, by=world.liu, at=NOON)
    actions.record_talent(park, kind="gathered", month=earlier, people=18, by=world.liu, at=NOON)
    assert queries.talent_of(park, 2026) == {"gathered": 20, "recruited": 13, "trained": 30}
    with pytest.raises(actions.BadDay):
        actions.record_talent(
            park, kind="trained", month=DAY + timedelta(days=40), people=1, by=world.liu, at=NOON
        )


def test_what_is_late_stands_in_the_to_do_of_the_branch(world, enterprise, types):
    actions.load_samples()
    case = actions.raise_enterprise_problem(
        enterprise, type_=types["dust"], title="扬尘", by=world.sun, at=NOON
    )
    units = Org.objects.filter(pk=world.branch.pk)
    assert list(queries.alliances_check(units, DAY)) == []
    while ring_clocks(at=NOON + timedelta(days=4)):
        pass
    case.refresh_from_db()
    found = list(queries.alliances_check(units, DAY))
    assert case.is_late and [one["kind"] for one in found] == ["enterprise_problem"]
    assert found[0]["unit"] == world.branch and "海创科技" in found[0]["sentence"]
