import json
from datetime import date

import pytest
from django.urls import reverse

from tongxin.regions import queries
from tongxin.regions.models import DayException, Region, WorkHours

from .conftest import OUTLINE


@pytest.fixture
def ann(client, world):
    client.force_login(world.ann)
    return client


def page(name, *args):
    return reverse(f"admin:regions_{name}", args=args)


@pytest.mark.parametrize("model", ["region", "workhours", "dayexception"])
class TestLists:
    def test_it_opens_for_the_administrator(self, ann, model):
        assert ann.get(page(f"{model}_changelist")).status_code == 200

    def test_it_is_closed_to_others(self, client, world, model):
        client.force_login(world.zhang)
        assert client.get(page(f"{model}_changelist")).status_code == 302

    def test_more_rows_ask_no_more(self, ann, world, model, django_assert_max_num_queries):
        for region in (world.north, world.pine, world.salt):
            WorkHours.objects.create(region=region, effective_from=date(2026, 1, 1))
            DayException.objects.create(
                region=region, day=date(2026, 3, 3), is_workday=False, name="停"
            )
        with django_assert_max_num_queries(9):
            ann.get(page(f"{model}_changelist"))


class TestRegion:
    def new(self, ann, **changed):
        fields = {
            "name": "荷社区居委会", "short_name": "荷社区", "code": "120116001003",
            "kind": "community", "valid_from": "2026-03-01", "polygon": json.dumps(OUTLINE),
        }  # fmt: skip
        return ann.post(page("region_add"), fields | changed)

    def test_a_new_region_takes_its_place(self, ann, world):
        assert self.new(ann, parent=world.north.pk).status_code == 302
        region = Region.objects.get(code="120116001003")
        assert (region.level, region.path) == ("community", "1201/16/001/003/")
        assert region.lng == pytest.approx(117.15, abs=0.1)
        assert queries.get_land("120116001003").id == region.pk

    @pytest.mark.parametrize(
        ("changed", "word"),
        [
            ({"code": "120116002009"}, "不能放在"),
            ({"code": "120116001001"}, "已被使用"),
            ({"polygon": '{"type": "Point", "coordinates": [1, 1]}'}, "没有面积"),
        ],
    )
    def test_what_is_wrong_is_said_on_the_page(self, ann, world, changed, word):
        response = self.new(ann, parent=world.north.pk, **changed)
        assert response.status_code == 200
        assert word in response.content.decode()
        assert not Region.objects.filter(name="荷社区居委会").exists()

    def test_a_rename_is_heard_everywhere(self, ann, world):
        assert queries.get_land(world.pine.pk).name == "松社区"
        fields = {"name": "青松社区", "short_name": "青松", "kind": "community", "polygon": "null"}
        assert ann.post(page("region_change", world.pine.pk), fields).status_code == 302
        assert queries.get_land(world.pine.pk).name == "青松社区"

    def test_the_code_of_a_region_stays(self, ann, world):
        fields = {"name": "松", "short_name": "松", "code": "120116001009", "polygon": "null"}
        ann.post(page("region_change", world.pine.pk), fields)
        assert Region.objects.get(pk=world.pine.pk).code == "120116001001"

    def test_nothing_is_deleted(self, ann, world):
        assert ann.post(page("region_delete", world.p1.pk), {"post": "yes"}).status_code == 403
        assert Region.objects.filter(pk=world.p1.pk).exists()

    def act(self, ann, name, region, **fields):
        url = reverse(f"admin:regions_region_{name}", args=[region.pk])
        return ann.post(url, {"_form_submitted": "1", "on": "2026-03-02", **fields})

    def test_a_grid_is_split_by_a_button(self, ann, world):
        response = self.act(ann, "split", world.p1, into="2")
        assert response["HX-Redirect"] == page("region_change", world.p1.pk)
        assert world.p1.successors.count() == 2

    def test_a_refusal_is_said_and_changes_nothing(self, ann, world):
        Region.objects.filter(pk=world.p1.pk).update(valid_from=date(2026, 3, 9))
        self.act(ann, "split", world.p1, into="2")
        shown = ann.get(page("region_change", world.p1.pk)).content.decode()
        assert "启用日期晚于停用日期" in shown
        assert not Region.objects.filter(valid_to__isnull=False).exists()

    def test_only_an_open_grid_offers_to_be_split(self, ann, world):
        def offers(region, name):
            link = reverse(f"admin:regions_region_{name}", args=[region.pk])
            return link in ann.get(page("region_change", region.pk)).content.decode()

        assert offers(world.p1, "split")
        assert not offers(world.pine, "split")
        assert self.act(ann, "split", world.pine, into="2").status_code == 403
        assert offers(world.p1, "close")
        self.act(ann, "close", world.p1)
        assert not offers(world.p1, "close")
        assert not offers(world.p1, "split")

    def test_a_region_is_closed_by_a_button(self, ann, world):
        self.act(ann, "close", world.north)
        assert Region.objects.filter(valid_to=date(2026, 3, 2)).count() == 5


class TestCalendars:
    def test_an_exception_is_heard_at_once(self, ann, world):
        day = date(2026, 3, 3)
        assert queries.calendar_for(world.p1.path).is_workday(day)
        fields = {"region": world.tong.pk, "day": "2026-03-03", "name": "停工"}
        assert ann.post(page("dayexception_add"), fields).status_code == 302
        assert not queries.calendar_for(world.p1.path).is_workday(day)
        gone = DayException.objects.get()
        ann.post(page("dayexception_delete", gone.pk), {"post": "yes"})
        assert queries.calendar_for(world.p1.path).is_workday(day)

    def test_hours_that_run_backwards_are_refused(self, ann, world):
        fields = {"region": world.tong.pk, "effective_from": "2026-01-01", "spans": "17:00-08:00"}
        response = ann.post(page("workhours_add"), fields)
        assert "从早到晚" in response.content.decode()
        assert not WorkHours.objects.exists()
        assert ann.post(page("workhours_add"), fields | {"spans": "08:00-17:00"}).status_code == 302

    def test_several_are_deleted_at_once_and_heard(self, ann, world):
        day = date(2026, 3, 3)
        kept = DayException.objects.create(region=world.tong, day=day, is_workday=False, name="停")
        assert not queries.calendar_for(world.p1.path).is_workday(day)
        fields = {"action": "delete_selected", "_selected_action": [kept.pk], "post": "yes"}
        ann.post(page("dayexception_changelist"), fields)
        assert queries.calendar_for(world.p1.path).is_workday(day)
