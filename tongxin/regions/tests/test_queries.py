from datetime import date, datetime, timedelta

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import shape

from tongxin.kit.worktime import SHANGHAI
from tongxin.regions import actions, queries
from tongxin.regions.models import Region


class TestSnapshot:
    def test_a_second_reader_asks_nothing(self, world, django_assert_num_queries):
        queries.region_at(117.55, 39.25)
        queries.calendar_for(world.p1.path)
        with django_assert_num_queries(0):
            queries.region_at(117.65, 39.25)
            queries.calendar_for(world.salt.path)
            queries.lands_of(world.p1.path)
            queries.get_land(world.p1.code)

    def test_a_first_reader_asks_six_times(self, world, django_assert_num_queries):
        with django_assert_num_queries(6):
            queries.region_at(117.55, 39.25)
            queries.calendar_for(world.p1.path)

    def test_an_action_is_seen_at_once(self, world):
        assert queries.get_land(world.p1.code)
        actions.close_region(region=world.p1, on=date(2026, 1, 1))
        with pytest.raises(queries.UnknownRegion):
            queries.get_land(world.p1.code)

    def test_what_another_process_wrote_is_seen_after_a_while(self, world, monkeypatch):
        assert queries.world().by_code
        Region.objects.create(code="15", name="新", short_name="新", level="city", path="15/")
        assert "15" not in queries.world().by_code
        soon = queries.time.monotonic() + queries.SNAPSHOT_SECONDS + 1
        monkeypatch.setattr(queries.time, "monotonic", lambda: soon)
        assert "15" in queries.world().by_code

    def test_an_unchanged_land_is_not_read_again(self, world, monkeypatch):
        known = queries.world()
        later = queries.time.monotonic() + queries.SNAPSHOT_SECONDS + 1
        monkeypatch.setattr(queries.time, "monotonic", lambda: later)
        assert queries.world() is known


class TestNames:
    def test_a_region_is_found_by_code_and_by_id(self, world):
        assert queries.get_land("120116001").id == world.north.pk
        assert queries.get_land(world.north.pk).code == "120116001"

    @pytest.mark.parametrize("unknown", ["999999", "", 999_999])
    def test_an_unknown_region_is_refused(self, world, unknown):
        with pytest.raises(queries.UnknownRegion):
            queries.get_land(unknown)

    def test_a_closed_region_is_known_by_id_and_path_only(self, world):
        actions.close_region(region=world.p1, on=date(2026, 1, 1))
        assert queries.get_land(world.p1.pk).name == "第一网格"
        assert queries.get_land_ever(world.p1.code).name == "第一网格"
        assert queries.place_name(world.p1.path).endswith("第一网格")
        assert world.p1.code not in queries.world().by_code

    def test_the_chain_runs_from_the_city_down(self, world):
        names = [land.name for land in queries.lands_of(world.p2.path)]
        assert names == ["天津市", "滨海新区", "北塘街道", "松社区", "第二网格"]

    def test_a_place_is_named_below_the_district(self, world):
        assert queries.place_name(world.p2.path) == "北塘街道 · 松社区 · 第二网格"
        assert queries.place_name(world.p2.path, below="street") == "松社区 · 第二网格"
        assert queries.place_name(world.tong.path) == "滨海新区"
        assert queries.place_name("9/") == ""


class TestPoints:
    def test_the_deepest_region_answers(self, world):
        assert queries.region_at(117.55, 39.25).id == world.p1.pk
        assert queries.region_at(117.75, 39.25).id == world.reed.pk
        assert queries.region_at(117.55, 39.35).id == world.pine.pk
        assert queries.region_at(118.5, 40.0).id == world.city.pk

    def test_nobody_answers_for_the_sea(self, world):
        assert queries.region_at(125.0, 39.0) is None
        assert queries.region_at(float("nan"), 39.0) is None
        assert queries.region_at(float("inf"), 39.0) is None

    def test_a_place_outside_is_refused_by_name(self, world):
        with pytest.raises(queries.OutsideArea) as refusal:
            queries.locate(125.0, 39.0)
        assert "滨海新区" in refusal.value.remedy
        assert queries.locate(117.55, 39.25).id == world.p1.pk

    @given(st.data())
    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    def test_a_point_in_a_grid_finds_that_grid(self, land, data):
        grid = data.draw(st.sampled_from(list(Region.objects.filter(level="grid"))))
        polygon = shape(grid.polygon)
        west, south, east, north = polygon.bounds
        lng, lat = data.draw(st.tuples(st.floats(west, east), st.floats(south, north)))
        if polygon.contains(shapely.Point(lng, lat)):
            assert queries.region_at(lng, lat).id == grid.pk


def shanghai(*when):
    return datetime(*when, tzinfo=SHANGHAI)


class TestCalendars:
    def test_hours_break_for_lunch_and_weekends(self, world):
        calendar = queries.calendar_for(world.p1.path)
        friday = shanghai(2026, 11, 20, 14, 20)
        assert calendar.add(friday, timedelta(hours=4)) == shanghai(2026, 11, 23, 9, 20)

    def test_the_state_council_moves_days(self, world):
        """2026: 2 January is a holiday, Sunday 4 January is worked for it."""
        calendar = queries.calendar_for(world.p1.path)
        eve = shanghai(2025, 12, 31, 17, 0)
        assert calendar.add(eve, timedelta(hours=1)) == shanghai(2026, 1, 4, 9, 0)

    def test_the_nearest_exception_wins(self, world):
        day = date(2026, 3, 3)
        actions.mark_day(region=world.tong, day=day, is_workday=False, name="区里停工")
        actions.mark_day(region=world.north, day=day, is_workday=True, name="街道值守")
        assert queries.calendar_for(world.p1.path).is_workday(day)
        assert not queries.calendar_for(world.salt.path).is_workday(day)

    def test_a_day_can_be_marked_again(self, world):
        day = date(2026, 3, 3)
        for is_workday in (False, True):
            actions.mark_day(region=world.tong, day=day, is_workday=is_workday, name="改")
        assert queries.calendar_for(world.p1.path).is_workday(day)

    def test_the_nearest_hours_in_force_win(self, world):
        actions.set_work_hours(
            region=world.tong, effective_from=date(2026, 1, 1), spans="09:00-12:00 13:00-18:00"
        )
        actions.set_work_hours(
            region=world.pine, effective_from=date(2026, 6, 1), spans="08:00-12:00 15:00-18:00"
        )
        calendar = queries.calendar_for(world.p1.path)
        before, after = shanghai(2026, 5, 29, 8, 0), shanghai(2026, 6, 1, 8, 0)
        assert calendar.add(before, timedelta(hours=1)) == shanghai(2026, 5, 29, 10, 0)
        assert calendar.add(after, timedelta(hours=1)) == shanghai(2026, 6, 1, 9, 0)
        old = shanghai(2025, 12, 30, 8, 0)
        assert calendar.add(old, timedelta(hours=1)) == shanghai(2025, 12, 30, 9, 30)

    def test_regions_under_the_same_rules_share_a_calendar(self, world):
        assert queries.calendar_for(world.p1.path) is queries.calendar_for(world.salt.path)
        actions.mark_day(region=world.pine, day=date(2026, 3, 3), is_workday=False, name="停")
        assert queries.calendar_for(world.p1.path) is not queries.calendar_for(world.salt.path)


class TestGeojson:
    def test_features_carry_what_a_map_shows(self, world):
        found = queries.geojson_of([world.north, world.south])
        assert [feature["id"] for feature in found["features"]] == ["120116001", "120116002"]
        assert found["features"][0]["properties"]["name"] == "北塘街道"
        assert found["features"][0]["geometry"]["coordinates"][0][0] == [117.5, 39.2]

    def test_maps_in_gcj02_get_their_datum(self, world):
        moved = queries.geojson_of([world.north], datum="gcj02")["features"][0]
        lng, lat = moved["geometry"]["coordinates"][0][0]
        assert 0.003 < abs(lng - 117.5) < 0.01
        assert 0 < abs(lat - 39.2) < 0.01

    def test_simpler_neighbours_keep_their_common_border(self, land):
        streets = list(Region.objects.filter(level="street"))
        fine, plain = (
            [shape(f["geometry"]) for f in queries.geojson_of(streets, tolerance_m=m)["features"]]
            for m in (0, 3000)
        )
        assert shapely.get_num_coordinates(plain).sum() < shapely.get_num_coordinates(fine).sum()
        assert shapely.coverage_is_valid(plain)

    def test_a_region_without_border_is_left_out(self, world):
        world.north.polygon = None
        assert queries.geojson_of([world.north])["features"] == []
        assert queries.geojson_of([], tolerance_m=10)["features"] == []
