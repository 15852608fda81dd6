"""The register: one station for each community, its area, rooms, states and hours."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.kit.errors import NotPermitted, Refused
from tongxin.orgs.models import LogEntry
from tongxin.places import actions, queries
from tongxin.places.models import Centre, RoomKind
from tongxin.testing import NOON

from .conftest import DAY


@pytest.fixture
def register(world, samples):
    def make(**changes):
        given = {
            "region": world.pine, "name": "松社区工作站", "kind": "community", "by": world.zhang,
            "at": NOON,
        } | changes  # fmt: skip
        return actions.register_centre(**given)

    return make


class TestRegister:
    @pytest.mark.mission("S1.1")
    def test_one_station_for_each_community(self, world, register):
        made = register(area_m2=500)
        assert made.code == f"{world.pine.code}-01" and made.state == "planned"
        with pytest.raises(actions.CentreThere, match="已有“松社区工作站”"):
            register(name="另一个")
        assert register(kind="point", name="小区服务点").code.endswith("-02")
        actions.set_state(centre=made, state="closed", on=DAY, by=world.zhang, at=NOON)
        assert register(name="新工作站").pk != made.pk

    @pytest.mark.mission("S3.17")
    def test_levels_stand_on_their_land(self, world, register):
        street = register(region=world.north, kind="street", name="北塘街道中心", by=world.liu)
        assert street.region == world.north
        for wrong in (
            {"region": world.north},
            {"kind": "village"},
            {"region": world.salt, "kind": "street"},
            {"region": world.p1, "kind": "point"},
            {"kind": "palace"},
            {"area_m2": 0},
            {"area_m2": 10**7},
            {"lng": 117.0},
            {"lng": 0.0, "lat": 0.0},
        ):
            with pytest.raises(actions.BadCentre):
                register(**wrong)

    def test_each_desk_its_own(self, world, register):
        for who in (world.wu, world.mei, world.sun, world.wang, world.ann):
            with pytest.raises(NotPermitted):
                register(by=who)
        with pytest.raises(NotPermitted):  # the street's is its officers' to enter
            register(region=world.north, kind="street", name="街道中心", by=world.zhang)
        assert register(by=world.liu).by == world.liu
        assert not Centre.objects.visible_to(world.wu).exists()
        assert Centre.objects.visible_to(world.mei).count() == 1  # posted to a grid of Pine

    def test_a_key_acts_once(self, register):
        assert register(key="k").pk == register(key="k").pk

    def test_the_area_has_a_history(self, world, centre):
        actions.set_area(centre=centre, area_m2=750, reason="扩建", by=world.liu, at=NOON)
        rows = list(centre.area_changes.values_list("before_m2", "after_m2", "reason"))
        assert rows == [(600, 750, "扩建"), (None, 600, "登记")]
        for wrong in (
            {"area_m2": 750},
            {"area_m2": 0},
            {"on": DAY + timedelta(days=1)},
            {"reason": ""},
        ):
            with pytest.raises(Refused):
                actions.set_area(
                    **({"centre": centre, "area_m2": 800, "reason": "又扩", "by": world.liu, "at": NOON} | wrong)
                )  # fmt: skip

    def test_states_follow_each_other_and_enter_the_book(self, world, register):
        made = register(org=world.pine_party)
        with pytest.raises(actions.BadCentre, match="地址"):
            actions.open_centre(centre=made, on=DAY, by=world.zhang, at=NOON)
        actions.change_centre(made, by=world.zhang, at=NOON, address="松林路 8 号")
        with pytest.raises(actions.BadCentre, match="还没到"):
            actions.open_centre(centre=made, on=DAY + timedelta(days=1), by=world.zhang, at=NOON)
        opened = actions.open_centre(centre=made, on=DAY, by=world.zhang, at=NOON)
        assert opened.opened_on == DAY
        assert LogEntry.objects.get(kind="centre").unit == world.pine_party
        closed = actions.set_state(centre=made, state="closed", on=DAY, by=world.zhang, at=NOON)
        with pytest.raises(actions.WrongState):
            actions.open_centre(centre=closed, on=DAY, by=world.zhang, at=NOON)
        with pytest.raises(actions.WrongState):
            actions.change_centre(closed, by=world.zhang, at=NOON, phone="1")

    @pytest.mark.mission("S1.49")
    def test_rooms_of_kinds_within_the_house(self, world, centre, room):
        kinds = dict(RoomKind.objects.values_list("name", "use"))
        assert {"党员活动室", "退役军人服务站", "文体活动室"} <= kinds.keys()
        add = {"centre": centre, "kind": room.kind, "by": world.zhang, "at": NOON}
        for wrong, words in (
            ({"name": "文体活动室", "capacity": 5}, "已有"),
            ({"name": "二", "capacity": 0}, "容纳"),
            ({"name": "二", "capacity": 5, "area_m2": 521}, "超过中心"),
        ):
            with pytest.raises(Refused, match=words):
                actions.add_room(**add, **wrong)
        with pytest.raises(NotPermitted):
            actions.add_room(**add | {"by": world.wu}, name="二", capacity=5)

    @pytest.mark.mission("S3.44")
    def test_a_park_has_its_centre_with_rooms_of_its_own_kinds(self, world, register):
        park = register(
            kind="park", region=world.north, name="装备制造产业园党群服务中心", by=world.liu
        )
        register(kind="street", region=world.north, name="街道中心", by=world.liu)  # both may stand
        for code in ("gym", "oxygen", "salon", "volunteers"):
            kind = RoomKind.objects.get(code=code)
            actions.add_room(
                centre=park, kind=kind, name=kind.name, capacity=20, by=world.liu, at=NOON
            )
        names = set(park.rooms.values_list("name", flat=True))
        assert names == {"悦动吧", "红色氧吧", "红色沙龙", "志愿服务站"}

    def test_a_room_that_is_booked_stays_in_use(self, world, room, book):
        one = book()
        with pytest.raises(actions.WrongState, match="1 个预约"):
            actions.end_room(room, on=DAY, by=world.zhang, at=NOON)
        actions.cancel_booking(one, by=world.sun, at=NOON)
        assert actions.end_room(room, on=DAY, by=world.zhang, at=NOON).ended_on == DAY


class TestHours:
    def test_a_week_from_a_day_on_holidays_and_days_announced(self, world, centre):
        days = ["09:00-18:00"] * 5 + ["09:00-12:00", ""]
        later = DAY + timedelta(days=7)
        actions.set_week(
            centre=centre, days=days, holiday="10:00-16:00", effective_from=later, by=world.zhang, at=NOON
        )  # fmt: skip
        notice = actions.announce_day(
            centre=centre, day=later, spans="", reason="停电检修", by=world.zhang, at=NOON
        )
        asked = [
            DAY,
            later,
            date(2026, 3, 14),
            date(2026, 3, 15),
            date(2026, 5, 1),
            date(2026, 5, 9),
        ]
        found = queries.days_of(centre, asked)
        assert [one.text for one in found] == [
            queries.ORDINARY, "", "09:00-12:00", "", "10:00-16:00", "09:00-18:00",
        ]  # fmt: skip
        assert found[1].why == notice.reason and found[4].why == "劳动节放假"
        assert found[5].why == "劳动节调休上班"  # a Saturday that keeps the hours of a Monday

    def test_hours_that_make_no_sense(self, world, centre):
        given = {
            "centre": centre,
            "holiday": "",
            "effective_from": DAY,
            "by": world.zhang,
            "at": NOON,
        }
        for days in ([""] * 7, ["18:00-09:00"] + [""] * 6, ["早上"] + [""] * 6, ["09:00-18:00"]):
            with pytest.raises(actions.BadCentre):
                actions.set_week(days=days, **given)
        week = ["09:00-18:00"] * 7
        with pytest.raises(NotPermitted):
            actions.set_week(days=week, **given | {"by": world.wu})
        with pytest.raises(actions.BadCentre, match="早于今天"):
            actions.set_week(days=week, **given | {"effective_from": DAY - timedelta(days=1)})
