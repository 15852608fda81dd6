"""Components: entered, walked past, reported, mended; found from where one stands."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tongxin.cases.actions import make_move
from tongxin.grids import actions, queries
from tongxin.grids.models import CatalogueItem, Component, ComponentEvent, State
from tongxin.kit.codes import BadCode
from tongxin.kit.errors import KeyReused, NotPermitted
from tongxin.requests.actions import file_request
from tongxin.testing import NOON

HOUR = timedelta(hours=1)


class TestEntering:
    def test_its_code_is_made_of_district_kind_and_number(self, world, cover, lid):
        assert lid.code == "12011601001000001"
        assert lid.grid == world.p1 and lid.department == "市政设施主管部门"
        second = actions.add_component(item=cover, lng=117.56, lat=39.25, at=NOON, by=world.mei)
        assert second.code == "12011601001000002"

    def test_a_retry_enters_it_once(self, world, cover, lid):
        again = actions.add_component(
            item=cover, lng=117.55, lat=39.25, at=NOON, by=world.mei, key="lid"
        )
        assert again == lid and Component.objects.count() == 1

    def test_by_the_page_with_a_point_on_the_map(self, world, cover, as_):
        sent = as_(world.mei).post(
            "/grids/components/new/",
            {"item": cover.pk, "lng": "117.55", "lat": "39.25", "accuracy": "C", "key": "a"},
        )
        assert sent.status_code == 302
        without = as_(world.mei).post("/grids/components/new/", {"item": cover.pk, "accuracy": "C"})
        assert without.status_code == 422 and "请在地图上点出位置" in without.content.decode()

    def test_a_code_of_another_kind_or_an_old_one_is_refused(self, world, cover):
        with pytest.raises(actions.BadComponent, match="不符"):
            actions.add_component(item=cover, lng=117.55, lat=39.25, at=NOON, by=world.mei, code="12011601002000001")  # fmt: skip
        with pytest.raises(BadCode, match="16 位"):
            actions.add_component(item=cover, lng=117.55, lat=39.25, at=NOON, by=world.mei, code="1201160101000001")  # fmt: skip
        assert not Component.objects.exists()

    def test_outside_one_s_land_it_is_refused(self, world, cover):
        with pytest.raises(NotPermitted):
            actions.add_component(item=cover, lng=117.55, lat=39.25, at=NOON, by=world.wu)


class TestState:
    def test_each_change_is_written_beside_what_was(self, world, lid):
        event = actions.set_state(
            lid, state="broken", note="裂开", at=NOON + HOUR, by=world.mei, key="s"
        )
        again = actions.set_state(
            lid, state="broken", note="裂开", at=NOON + HOUR, by=world.mei, key="s"
        )
        lid.refresh_from_db()
        assert again == event and lid.state == State.BROKEN
        assert (event.before, event.after) == ("good", "broken")

    def test_the_same_state_again_is_a_check(self, world, lid):
        event = actions.set_state(lid, state="good", at=NOON + HOUR, by=world.mei)
        assert event.what == ComponentEvent.What.CHECK

    def test_what_was_seen_earlier_but_sent_later_does_not_undo_what_was_seen_since(
        self, world, lid
    ):
        actions.set_state(lid, state="broken", at=NOON + 3 * HOUR, by=world.mei)
        actions.set_state(
            lid, state="good", at=NOON + HOUR, by=world.mei, recorded_at=NOON + 4 * HOUR
        )
        lid.refresh_from_db()
        assert lid.state == State.BROKEN

    def test_lost_needs_a_word_and_a_stranger_may_not(self, world, lid):
        with pytest.raises(actions.BadComponent, match="丢失"):
            actions.set_state(lid, state="lost", at=NOON, by=world.mei)
        with pytest.raises(NotPermitted):
            actions.set_state(lid, state="broken", at=NOON, by=world.wu)
        lid.refresh_from_db()
        assert lid.state == State.GOOD

    def test_a_key_is_for_one_component(self, world, cover, lid):
        other = actions.add_component(item=cover, lng=117.56, lat=39.25, at=NOON, by=world.mei)
        actions.set_state(lid, state="broken", at=NOON + HOUR, by=world.mei, key="s")
        with pytest.raises(KeyReused):
            actions.set_state(other, state="broken", at=NOON + HOUR, by=world.mei, key="s")

    def test_facts_are_put_right_by_who_keeps_them(self, world, lid, as_):
        event = actions.change_component(lid, owner="北塘水务", at=NOON, by=world.zhang)
        assert event.changes == {"owner": ["", "北塘水务"]}
        with pytest.raises(actions.NoChange):
            actions.change_component(lid, owner="北塘水务", at=NOON, by=world.zhang)
        assert as_(world.mei).get(f"/grids/components/{lid.code}/facts/").status_code == 404


class TestReport:
    def report(self, world, lid):
        case = file_request(
            text="井盖裂了",
            at=NOON,
            actor=world.mei,
            topic=lid.item.topic,
            lng=lid.lng,
            lat=lid.lat,
        )
        actions.report_component(lid, case=case, at=NOON, by=world.mei)
        lid.refresh_from_db()
        return case

    def test_it_counts_as_broken_until_the_case_has_ended(self, world, lid):
        case = self.report(world, lid)
        assert lid.state == State.BROKEN and actions.mended_due(at=NOON + HOUR) == 0
        make_move(case, "cancel", at=NOON + HOUR, actor=world.mei)
        assert actions.mended_due(at=NOON + 2 * HOUR) == 1
        assert actions.mended_due(at=NOON + 2 * HOUR) == 0
        lid.refresh_from_db()
        assert lid.state == State.GOOD  # as it was before it was reported

    def test_when_it_was_done_it_is_whole(self, world, lid):
        actions.set_state(lid, state="broken", at=NOON - HOUR, by=world.mei)
        case = self.report(world, lid)
        type(case).objects.filter(pk=case.pk).update(step="closed", closed_at=NOON + HOUR)
        actions.mended_due(at=NOON + 2 * HOUR)
        lid.refresh_from_db()
        assert lid.state == State.GOOD
        last = lid.events.order_by("-pk").first()
        assert case.number in last.note

    def test_what_somebody_saw_since_stands(self, world, lid):
        case = self.report(world, lid)
        actions.set_state(lid, state="lost", note="整个不见了", at=NOON + HOUR, by=world.mei)
        type(case).objects.filter(pk=case.pk).update(step="closed", closed_at=NOON + 2 * HOUR)
        actions.mended_due(at=NOON + 3 * HOUR)
        lid.refresh_from_db()
        assert lid.state == State.LOST

    def test_two_do_not_report_it_at_once(self, world, lid):
        case = self.report(world, lid)
        other = file_request(text="又裂了", at=NOON, actor=world.mei, lng=lid.lng, lat=lid.lat)
        with pytest.raises(actions.AlreadyReported, match=case.number):
            actions.report_component(lid, case=other, at=NOON, by=world.mei)


class TestFinding:
    def test_the_nearest_come_first_with_the_way_to_them(self, world, cover, lid):
        actions.add_component(
            item=cover, lng=117.5501, lat=39.25, name="远井盖", at=NOON, by=world.mei
        )
        found = queries.nearest(117.55003, 39.25)
        assert [one.component.name for one in found] == ["供水井盖", "远井盖"]
        assert found[0].words == "供水井盖 3 m"
        assert queries.nearest(117.56, 39.25) == []
        assert queries.nearest(117.55003, 39.25, topic=world.tap.pk) == []

    def test_a_removed_one_is_not_offered(self, world, lid):
        actions.set_state(lid, state="removed", note="道路改造", at=NOON, by=world.mei)
        assert queries.nearest(117.55, 39.25) == []
        assert queries.offline_components([world.p1.code]) == []

    def test_a_phone_takes_those_of_its_grids(self, world, lid):
        (one,) = queries.offline_components([world.p1.code])
        assert one["code"] == lid.code and one["state_label"] == "完好" and one["topic"] == "0103"
        assert queries.offline_components([world.p2.code]) == []


class TestPages:
    def test_the_page_shows_history_and_records_how_it_is(self, world, lid, as_):
        client = as_(world.mei)
        url = f"/grids/components/{lid.code}/"
        assert "3 号楼门前" in client.get(url).content.decode()
        assert client.post(url, {"state": "broken", "note": "翘起", "key": "x"}).status_code == 302
        page = client.get(url).content.decode()
        assert "完好 → 破损" in page and "翘起" in page
        assert client.post(url, {"state": "lost", "note": ""}).status_code == 422

    def test_a_stranger_finds_none(self, world, lid, as_):
        for user in (world.wu, world.sun, world.ann):
            assert as_(user).get(f"/grids/components/{lid.code}/").status_code == 404
            listed = as_(user).get("/grids/components/")
            assert listed.status_code == 404 or lid.code not in listed.content.decode()

    def test_the_list_is_narrowed_and_pages(
        self, world, cover, lid, as_, django_assert_max_num_queries
    ):
        many(world, cover, 120)
        client = as_(world.liu)
        client.get("/grids/components/")
        with django_assert_max_num_queries(8):
            page = client.get("/grids/components/").content.decode()
        assert page.count("<tr>") == 51 and "下一页" in page
        none = client.get("/grids/components/?state=lost").content.decode()
        assert "没有这样的部件" in none

    def test_the_map_of_five_thousand_costs_few_queries(self, world, cover, as_):
        many(world, cover, 5000)
        client = as_(world.liu)
        client.get("/grids/components/points.json?view=map")
        with CaptureQueriesContext(connection) as asked:
            points = client.get("/grids/components/points.json?view=map").json()
        assert len(points) == 5000 and len(asked) <= 3
        assert set(points[0]) == {"lng", "lat", "title", "note", "url", "tone", "char"}


def many(world, item: CatalogueItem, n: int) -> None:
    Component.objects.bulk_create(
        [
            Component(
                code=f"12011601001{k:06d}", item=item, name=item.name, grid=world.p1,
                area=world.p1.path, lng=117.5 + k * 1e-5, lat=39.25, from_date=date(2026, 1, 1),
            )
            for k in range(10, n + 10)
        ],
        1000,
    )  # fmt: skip
