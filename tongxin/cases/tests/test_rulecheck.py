"""What a table is warned of, what a dry run says, and that the order of its rows never matters."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tongxin.cases.routing import Asked, Moment, Rule, Table, forget_rules, mismatch, read_table
from tongxin.cases.rulecheck import MOMENTS, findings_of
from tongxin.cases.trying import BadPeriod, try_rules
from tongxin.requests.actions import file_request
from tongxin.testing import NOON

from .test_routing import draft, publish, rule


def found(world, *rows):
    ruleset = draft(world)
    for row in rows:
        rule(world, ruleset, **row)
    table = read_table(ruleset.pk, world.tong.path)
    return {(one.kind, one.codes): one.text for one in findings_of(table, day=NOON.date())}


class TestFindings:
    def test_a_sound_table_has_none(self, world):
        rows = {"topic": world.tap, "handler": world.water}, {"handler": world.roads}
        assert found(world, *rows) == {}

    def test_a_rule_that_more_specific_ones_cover_is_dead(self, world):
        told = found(
            world,
            {"topic": world.tap, "handler": world.roads},
            {"topic": world.tap, "hours": "working", "handler": world.water},
            {"topic": world.tap, "hours": "off", "target": "street"},
        )
        assert told["dead", ("R1",)] == "R1 永远不会用到：更具体的 R2、R3 已经全部覆盖。"

    def test_half_covered_is_not_dead(self, world):
        told = found(
            world,
            {"topic": world.tap, "handler": world.roads},
            {"topic": world.tap, "hours": "working", "handler": world.water},
        )
        assert told == {}

    def test_a_category_whose_every_item_has_its_own_rule_is_dead(self, world):
        told = found(
            world,
            {"category": world.repairs, "handler": world.roads},
            *(
                {"topic": one, "handler": world.water}
                for one in (world.tap, world.errand, world.pothole)
            ),
        )
        assert ("dead", ("R1",)) in told

    def test_an_item_no_longer_in_use_and_land_that_was_closed(self, world):
        world.tap.is_active = False
        world.tap.save()
        told = found(world, {"topic": world.tap, "handler": world.roads})
        assert "已停用" in told["dead", ("R1",)]

    def test_equally_specific_rules_that_meet(self, world):
        told = found(
            world,
            {"topic": world.tap, "sources": "hotline api", "handler": world.roads},
            {"topic": world.tap, "sources": "hotline web", "handler": world.water},
            {"topic": world.tap, "sources": "grid desk", "target": "street"},
        )
        assert [key for key in told if key[0] == "overlap"] == [("overlap", ("R1", "R2"))]
        assert "按编号小的 R1 办" in told["overlap", ("R1", "R2")]

    def test_rules_that_cross_are_noted(self, world):
        told = found(
            world,
            {"topic": world.tap, "handler": world.water},
            {"region": world.north, "handler": world.roads},
        )
        assert ("crossing", ("R1", "R2")) in told

    def test_who_stands_behind_themselves_or_each_other(self, world):
        told = found(
            world,
            {"topic": world.tap, "handler": world.water, "backstop": "org", "backstop_org": world.roads},
            {"topic": world.pothole, "handler": world.roads, "backstop": "org", "backstop_org": world.water},
            {"topic": world.errand, "target": "street", "backstop": "street"},
        )  # fmt: skip
        circles = {codes: text for (kind, codes), text in told.items() if kind == "circle"}
        assert set(map(frozenset, circles)) == {frozenset({"R1", "R2"}), frozenset({"R3"})}
        assert any("城市管理委 → 水务局 → 城市管理委" in text for text in circles.values())

    def test_a_handler_without_people_and_places_without_an_office(self, world):
        world.zhou.posts.all().delete()
        told = found(
            world,
            {"topic": world.tap, "handler": world.water},
            {"topic": world.errand, "target": "street"},
        )
        assert "水务局暂无在岗人员" in told["nobody", ("R1",)]
        assert told["place", ("R2",)] == "R2：有 1 个地方没有在岗的“所在街镇”，如南港街道。"


class TestTrial:
    @pytest.fixture
    def cases(self, world):
        def filed(n, **more):
            given = {"topic": world.tap, "region": world.p1, "actor": world.sun} | more
            return file_request(text=f"水管漏水{n}", at=NOON + timedelta(hours=n), **given)

        return [filed(1), filed(2), filed(3, topic=world.pothole), filed(4, region=world.salt)]

    @pytest.fixture
    def period(self):
        return {"since": NOON, "until": NOON + timedelta(days=1)}

    def test_it_says_what_would_change_with_both_reasons(self, world, cases, period):
        first = draft(world)
        rule(world, first, topic=world.tap, handler=world.roads)
        publish(world, first)
        second = draft(world)
        rule(world, second, code="R1", topic=world.tap, handler=world.roads)
        rule(world, second, topic=world.tap, region=world.north, handler=world.water)
        rule(world, second, topic=world.errand, handler=world.water)
        trial = try_rules(read_table(second.pk, world.tong.path), **period)
        assert (trial.n, trial.changed, trial.unused) == (4, 2, ["R3"])
        assert trial.turns == {("城市管理委", "水务局"): 2}
        assert trial.hits == {"R1": 1, "R2": 2}
        row = trial.rows[-1]
        assert row.number == cases[0].number
        assert row.why_before == "按规则 R1：“水管维修”由城市管理委受理"
        assert row.why_after == "按规则 R2：北塘街道“水管维修”由水务局受理"

    def test_nothing_is_written(self, world, cases, period):
        ruleset = draft(world)
        rule(world, ruleset, topic=world.tap, handler=world.roads, is_direct=True)
        trial = try_rules(read_table(ruleset.pk, world.tong.path), **period)
        assert (trial.changed, trial.direct) == (3, 3)
        assert {case.refresh_from_db() or case.step for case in cases} == {"filed"}

    def test_an_area_and_a_source(self, world, cases, period):
        ruleset = draft(world)
        rule(world, ruleset, sources="web", handler=world.roads)
        table = read_table(ruleset.pk, world.tong.path)
        assert try_rules(table, area=world.south.path, **period).changed == 1

    def test_only_what_the_reader_sees(self, world, cases, period):
        table = read_table(draft(world).pk, world.tong.path)
        assert try_rules(table, actor=world.wu, **period).n == 1

    def test_a_period_that_ends_before_it_begins_is_refused(self, world):
        table = Table.of(1, world.tong.path, [])
        with pytest.raises(BadPeriod):
            try_rules(table, since=NOON, until=NOON)


# Order and totality, on tables made up by the machine.

PLACES = ("", "1/", "1/2/", "1/2/3/", "1/4/")
rules_at_random = st.builds(
    lambda code, matter, path, sources, hours, lane: Rule(
        pk=1, code=code, topic=matter if matter > 2 else None,
        category=matter if 0 < matter <= 2 else None, path=path, sources=frozenset(sources),
        hours=hours, lane=lane,
    ),
    st.from_regex(r"[A-Z]{0,2}[0-9]{1,3}", fullmatch=True),
    st.integers(0, 5),
    st.sampled_from(PLACES),
    st.sets(st.sampled_from(["web", "hotline", "api"]), max_size=2),
    st.sampled_from(["", "working", "off", "workday", "rest_day"]),
    st.sampled_from(["", "fast", "ordinary"]),
)  # fmt: skip
tables = st.lists(rules_at_random, max_size=15, unique_by=lambda one: one.code)
cases_at_random = st.builds(
    lambda topic, area, source, is_fast: Asked(area, NOON, topic, 1 + topic % 2, source, is_fast),
    st.integers(3, 5),
    st.sampled_from(PLACES[1:]),
    st.sampled_from(["web", "hotline", "grid"]),
    st.booleans(),
)


class TestOrder:
    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(tables, cases_at_random, st.sampled_from(MOMENTS), st.integers())
    def test_the_order_of_rows_never_changes_the_choice(self, rows, asked, moment, seed):
        chosen = Table.of(1, "1/", rows).first(asked, moment)
        mixed = list(rows)
        Random(seed).shuffle(mixed)
        assert Table.of(1, "1/", mixed).first(asked, moment) == chosen
        fitting = [one for one in rows if not mismatch(one, asked, moment)]
        assert chosen == min(fitting, key=lambda one: one.order, default=None)

    @settings(max_examples=100, deadline=None)
    @given(tables)
    def test_no_two_rules_are_equal_in_order(self, rows):
        assert len({one.order for one in rows}) == len(rows)

    def test_a_moment_of_the_place(self, world):
        assert Moment.of(world.p1.path, NOON) == Moment(True, True)
        assert Moment.of(world.p1.path, NOON - timedelta(days=1)) == Moment(False, False)
        forget_rules()
