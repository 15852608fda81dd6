from datetime import date

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from tongxin.kit import codes
from tongxin.kit.errors import Invalid
from tongxin.regions import actions, queries
from tongxin.regions.actions.changes import numeral
from tongxin.regions.models import Region

from .conftest import ON

NEXT = date(2026, 7, 1)


def snapshot():
    return sorted(Region.objects.values_list("code", "valid_to", "name"))


class TestAdd:
    def test_a_region_takes_its_place_by_its_code(self, land, get):
        grid = get("120116001001001")
        building = actions.add_region(
            parent=grid, code="120116001001001001", name="1号楼", polygon=grid.polygon, on=ON
        )
        assert (building.level, building.path) == ("building", grid.path + "001/")
        assert building.lng == pytest.approx(grid.lng)
        assert queries.region_at(grid.lng, grid.lat).id == building.pk

    def test_a_city_has_nothing_above(self, db):
        assert actions.add_region(parent=None, code="6104", name="咸阳市").path == "6104/"

    @pytest.mark.parametrize(
        ("parent", "code"),
        [
            ("120116", "120116001001"),  # a level left out
            ("120116001", "120116100"),  # a street below a street: a loop in the making
            ("120116001", "120116002009"),  # belongs to another street
            (None, "120117"),
        ],
    )
    def test_a_wrong_level_is_refused(self, land, get, parent, code):
        before = snapshot()
        with pytest.raises(actions.WrongLevel):
            actions.add_region(parent=parent and get(parent), code=code, name="错")
        assert snapshot() == before

    @pytest.mark.parametrize("code", ["", "12", "12011x", "１２０１", "1201160010010010011"])
    def test_what_is_no_code_is_refused(self, land, code):
        with pytest.raises(codes.BadCode):
            actions.add_region(parent=None, code=code, name="错")

    def test_a_code_is_used_once_and_never_again(self, land, get):
        actions.close_region(region=get("120116001002"), on=NEXT)
        with pytest.raises(actions.CodeTaken):
            actions.add_region(parent=get("120116001"), code="120116001002", name="又")

    def test_a_closed_parent_takes_nobody(self, land, get):
        actions.close_region(region=get("120116001"), on=NEXT)
        with pytest.raises(actions.AlreadyClosed):
            actions.add_region(parent=get("120116001"), code="120116001009", name="晚")


class TestMakeGrids:
    def test_grids_tile_their_community(self, land, get):
        pine = get("120116001001")
        Region.objects.filter(parent=pine).delete()
        made = actions.make_grids(community=pine, count=12, seed=3)
        tiles = np.array([shape(grid.polygon) for grid in made], dtype=object)
        assert shapely.coverage_is_valid(tiles)
        assert shapely.area(tiles).sum() == pytest.approx(shape(pine.polygon).area)
        assert (made[0].code, made[11].code) == ("120116001001001", "120116001001012")
        assert (made[11].name, made[11].short_name) == ("松社区第十二网格", "第十二网格")
        assert all(grid.is_synthetic and grid.pk for grid in made)

    def test_they_are_numbered_after_those_there_are(self, land, get):
        made = actions.make_grids(community=get("120116001001"), count=2, seed=3)
        assert [grid.code[-3:] for grid in made] == ["003", "004"]

    def test_only_a_community_has_grids(self, land, get):
        with pytest.raises(actions.WrongLevel):
            actions.make_grids(community=get("120116001"), count=2, seed=3)

    def test_a_closed_community_gets_none(self, land, get):
        actions.close_region(region=get("120116001001"), on=NEXT)
        with pytest.raises(actions.AlreadyClosed):
            actions.make_grids(community=get("120116001001"), count=2, seed=3)

    def test_a_community_without_border_gets_grids_without(self, land, get):
        pine = get("120116001001")
        pine.polygon = None
        assert [g.polygon for g in actions.make_grids(community=pine, count=2, seed=3)] == [
            None
        ] * 2


class TestSplit:
    def test_the_old_grid_stays_and_names_its_successors(self, land, get):
        grid = get("120116001001001")
        parts = actions.split_grid(grid=grid, into=3, on=NEXT)
        kept = get(grid.code)
        assert kept.valid_to == NEXT
        assert kept.polygon == grid.polygon
        assert list(kept.successors.order_by("code")) == parts
        assert {part.valid_from for part in parts} == {NEXT}
        tiles = shapely.area([shape(part.polygon) for part in parts]).sum()
        assert tiles == pytest.approx(shape(grid.polygon).area)

    def test_each_day_has_the_grids_of_that_day(self, land, get):
        grid = get("120116001001001")
        actions.split_grid(grid=grid, into=2, on=NEXT)
        grids = Region.objects.under(get("120116001001")).filter(level="grid")
        day_before = date(2026, 6, 30)
        assert [g.code[-3:] for g in grids.valid_on(day_before).order_by("code")] == ["001", "002"]
        assert [g.code[-3:] for g in grids.valid_on(NEXT).order_by("code")] == ["002", "003", "004"]

    def test_a_point_finds_the_new_grid(self, land, get):
        grid = get("120116001001001")
        parts = actions.split_grid(grid=grid, into=2, on=date(2026, 1, 1))
        assert queries.region_at(parts[0].lng, parts[0].lat).id == parts[0].pk

    def test_only_a_grid_can_be_split(self, land, get):
        with pytest.raises(actions.WrongLevel):
            actions.split_grid(grid=get("120116001001"), into=2, on=NEXT)

    @pytest.mark.parametrize("into", [0, 1, 21])
    def test_it_needs_two_to_twenty_parts(self, land, get, into):
        before = snapshot()
        with pytest.raises(Invalid):
            actions.split_grid(grid=get("120116001001001"), into=into, on=NEXT)
        assert snapshot() == before

    def test_it_splits_once(self, land, get):
        grid = get("120116001001001")
        actions.split_grid(grid=grid, into=2, on=NEXT)
        before = snapshot()
        with pytest.raises(actions.AlreadyClosed):
            actions.split_grid(grid=get(grid.code), into=2, on=NEXT)
        assert snapshot() == before

    def test_not_before_it_began(self, land, get):
        part = actions.split_grid(grid=get("120116001001001"), into=2, on=NEXT)[0]
        before = snapshot()
        with pytest.raises(actions.AlreadyClosed):
            actions.split_grid(grid=part, into=2, on=ON)
        assert snapshot() == before


class TestMerge:
    def test_two_grids_become_one(self, land, get):
        pair = [get("120116001001001"), get("120116001001002")]
        merged = actions.merge_regions(regions=pair, name="松社区东网格", on=NEXT)
        assert (merged.code, merged.level, merged.kind) == ("120116001001003", "grid", "basic")
        assert shape(merged.polygon).area == pytest.approx(shape(get("120116001001").polygon).area)
        assert [list(get(r.code).successors.all()) for r in pair] == [[merged]] * 2

    def test_the_grids_of_merged_communities_go_on(self, land, get):
        pair = [get("120116001001"), get("120116001002")]
        merged = actions.merge_regions(regions=pair, name="松苇社区", on=NEXT, code="120116001601")
        grids = Region.objects.filter(parent=merged)
        assert [grid.code[-3:] for grid in grids.order_by("code")] == ["001", "002", "003", "004"]
        old = get("120116001002002")
        new = old.successors.get()
        assert (new.code, new.name, new.polygon) == ("120116001601004", old.name, old.polygon)
        assert old.valid_to == new.valid_from == NEXT

    def test_it_needs_two(self, land, get):
        for few in ([], [get("120116001001001")], [get("120116001001001")] * 2):
            with pytest.raises(Invalid):
                actions.merge_regions(regions=few, name="独", on=NEXT)

    def test_merged_communities_need_their_official_code(self, land, get):
        pair = [get("120116001001"), get("120116001002")]
        before = snapshot()
        with pytest.raises(Invalid) as refusal:
            actions.merge_regions(regions=pair, name="松苇社区", on=NEXT)
        assert refusal.value.field == "code"
        with pytest.raises(actions.CodeTaken):
            actions.merge_regions(regions=pair, name="松苇", on=NEXT, code=pair[0].code)
        assert snapshot() == before

    @pytest.mark.parametrize(
        "pair",
        [
            ("120116001", "120116100"),  # streets: the State's business
            ("120116001001001", "120116001002001"),  # of two communities
            ("120116001001001", "120116001002"),
        ],
    )
    def test_it_refuses_regions_that_do_not_belong_together(self, land, get, pair):
        before = snapshot()
        with pytest.raises(actions.WrongLevel):
            actions.merge_regions(regions=[get(code) for code in pair], name="乱", on=NEXT)
        assert snapshot() == before

    def test_a_closed_one_cannot_be_merged(self, land, get):
        pair = [get("120116001001001"), get("120116001001002")]
        actions.close_region(region=pair[1], on=NEXT)
        before = snapshot()
        with pytest.raises(actions.AlreadyClosed):
            actions.merge_regions(regions=pair, name="乱", on=NEXT)
        assert snapshot() == before


class TestClose:
    def test_all_inside_close_with_it(self, land, get):
        actions.close_region(region=get("120116001"), on=NEXT, successors=[get("120116100")])
        inside = Region.objects.under(get("120116001"))
        assert set(inside.values_list("valid_to", flat=True)) == {NEXT}
        assert get("120116001").successors.get().code == "120116100"
        assert get("120116100").valid_to is None

    def test_what_was_closed_earlier_keeps_its_day(self, land, get):
        actions.close_region(region=get("120116001001001"), on=ON)
        actions.close_region(region=get("120116001001"), on=NEXT)
        assert get("120116001001001").valid_to == ON

    def test_it_closes_once(self, land, get):
        actions.close_region(region=get("120116001"), on=NEXT)
        with pytest.raises(actions.AlreadyClosed) as refusal:
            actions.close_region(region=get("120116001"), on=NEXT)
        assert "2026-07-01" in refusal.value.message

    @pytest.mark.parametrize("heir", ["120116001", "120116001001", "120116"])
    def test_itself_what_is_inside_or_another_level_cannot_take_over(self, land, get, heir):
        before = snapshot()
        with pytest.raises(actions.WrongSuccessor):
            actions.close_region(region=get("120116001"), on=NEXT, successors=[get(heir)])
        assert snapshot() == before

    def test_a_closed_region_cannot_take_over(self, land, get):
        actions.close_region(region=get("120116100"), on=NEXT)
        with pytest.raises(actions.WrongSuccessor):
            actions.close_region(region=get("120116001"), on=NEXT, successors=[get("120116100")])


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (99, "九十九"), (100, "一百"),
     (105, "一百零五"), (110, "一百一十"), (119, "一百一十九"), (999, "九百九十九")],
)  # fmt: skip
def test_numbers_are_read_out(number, words):
    assert numeral(number) == words
