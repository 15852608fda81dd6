from datetime import date, time

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from tongxin.kit.worktime import BadWorkHours
from tongxin.regions.models import Region, WorkHours, parse_spans


class TestUnder:
    def test_it_finds_a_region_and_all_inside(self, world):
        inside = Region.objects.under(world.north).order_by("path")
        assert [r.name for r in inside] == ["北塘街道", "松社区", "第一网格", "第二网格", "苇社区"]

    def test_it_leaves_out_a_neighbour_whose_code_begins_alike(self, world):
        Region.objects.create(
            code="1201160011", name="近", short_name="近", level="street", path="1201/16/0011/"
        )
        assert "近" not in Region.objects.under(world.north).values_list("name", flat=True)


class TestValidOn:
    def test_a_region_is_valid_from_its_first_day_to_the_day_before_its_last(self, world):
        world.p1.valid_from, world.p1.valid_to = date(2026, 3, 1), date(2026, 3, 5)
        world.p1.save()

        def valid(day):
            return Region.objects.valid_on(date(2026, 3, day)).filter(pk=world.p1.pk).exists()

        assert [valid(1), valid(4), valid(5)] == [True, True, False]
        assert not Region.objects.valid_on(date(2026, 2, 28)).filter(pk=world.p1.pk).exists()

    def test_the_database_refuses_to_close_before_opening(self, world):
        world.p1.valid_from, world.p1.valid_to = date(2026, 3, 5), date(2026, 3, 4)
        with pytest.raises(IntegrityError):
            world.p1.save()


def test_the_path_holds_the_paths_of_all_above(world):
    assert world.p1.ancestor_path("community") == world.pine.path
    assert world.p1.ancestor_path("district") == "1201/16/"
    assert world.north.ancestor_path("grid") == ""


class TestSpans:
    def test_a_lunch_break_is_the_gap_between_two_spans(self):
        hours = parse_spans("08:30-12:00 14:00-17:30")
        assert hours.spans == ((time(8, 30), time(12)), (time(14), time(17, 30)))

    @pytest.mark.parametrize(
        "text", ["", "8-12", "08:30", "08:30-12:00-13:00", "14:00-12:00", "早-晚"]
    )
    def test_it_refuses_what_is_no_span(self, text, db):
        with pytest.raises(BadWorkHours):
            parse_spans(text)
        with pytest.raises(ValidationError):
            WorkHours(spans=text, effective_from=date(2026, 1, 1)).clean()
