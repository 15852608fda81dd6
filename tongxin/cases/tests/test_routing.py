"""Who handles a case by the rules: the choice, its order, its reason, its limits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tongxin.cases import actions
from tongxin.cases.models import RoutingRuleSet
from tongxin.cases.routing import Asked, choose, explain, forget_rules
from tongxin.testing import NOON

NIGHT = NOON + timedelta(hours=12)  # 22:00 in China


def draft(world, by=None):
    return actions.open_draft(region=world.tong, by=by or world.gao, at=NOON)


def rule(world, ruleset, **given):
    given = {"target": "org" if given.get("handler") else "desk"} | given
    return actions.save_rule(ruleset=ruleset, by=world.gao, at=NOON, **given)


def publish(world, ruleset, at=NOON, **more):
    given = {"effective_from": at, "reason": "区政办〔2026〕3号"} | more
    done = actions.publish_rules(ruleset=ruleset, by=world.gao, at=at, **given)
    forget_rules()
    return done


def asked(world, *, topic="tap", region=None, at=NOON, source="web", is_fast=False) -> Asked:
    found = getattr(world, topic) if topic else None
    return Asked.of(
        area=(region or world.p1).path, at=at, topic=found, source=source, is_fast=is_fast
    )


@pytest.fixture
def table(world):
    """Everything to the roads; taps of North to its office; at night in Pine to the water bureau."""
    ruleset = draft(world)
    rule(world, ruleset, handler=world.roads)
    rule(world, ruleset, category=world.repairs, handler=world.water)
    rule(world, ruleset, topic=world.tap, region=world.north, target="street")
    rule(world, ruleset, topic=world.tap, region=world.north, hours="off", handler=world.water)
    return publish(world, ruleset)


class TestChoice:
    @pytest.mark.mission("S0.50")
    def test_the_most_specific_rule_counts_and_says_why(self, world, table):
        found = choose(asked(world))
        assert (found.rule.code, found.handler.name) == ("R3", "北塘街道办事处")
        assert found.why == "按规则 R3：北塘街道“水管维修”由北塘街道办事处受理"

    def test_out_of_hours_somebody_else(self, world, table):
        found = choose(asked(world, at=NIGHT))
        assert (found.rule.code, found.handler.name) == ("R4", "水务局")
        assert "工作时间外" in found.why

    def test_a_category_before_everything(self, world, table):
        assert choose(asked(world, topic="pothole")).rule.code == "R2"
        assert choose(asked(world, topic="")).rule.code == "R1"

    def test_elsewhere_the_rule_of_the_street_does_not_hold(self, world, table):
        assert choose(asked(world, region=world.salt)).rule.code == "R2"

    def test_without_rules_nothing_is_chosen(self, world):
        assert choose(asked(world)) is None

    def test_before_it_is_in_force_nothing_is_chosen(self, world, table):
        assert choose(asked(world, at=NOON - timedelta(minutes=1))) is None

    def test_lane_and_source(self, world):
        ruleset = draft(world)
        rule(world, ruleset, topic=world.tap, handler=world.roads)
        rule(world, ruleset, topic=world.tap, lane="fast", handler=world.water)
        rule(world, ruleset, topic=world.tap, sources="hotline api", target="district")
        publish(world, ruleset)
        codes = [
            choose(asked(world, **kind)).rule.code
            for kind in ({}, {"is_fast": True}, {"source": "hotline"})
        ]
        assert codes == ["R1", "R2", "R3"]

    def test_every_rule_is_explained(self, world, table):
        considered, choice = explain(asked(world))
        told = {one.rule.code: (one.verdict, one.why) for one in considered}
        assert told["R3"] == ("chosen", "最先符合的一条，按它办理")
        assert told["R4"] == ("no", "提交时不是工作时间外")
        assert told["R2"] == ("fits", "也符合，但 R3 更具体，排在前面")
        assert [one.rule.code for one in considered] == ["R4", "R3", "R2", "R1"]
        assert choice.rule.code == "R3"


class TestBackstop:
    def test_a_dissolved_handler_says_so_and_the_level_above_has_it(self, world):
        ruleset = draft(world)
        rule(world, ruleset, topic=world.tap, handler=world.roads, backstop="street")
        publish(world, ruleset)
        world.roads.dissolved_on = NOON.date()
        world.roads.save()
        forget_rules()
        found = choose(asked(world))
        assert found.handler.name == "北塘街道办事处"
        assert found.why == "规则 R1（“水管维修”）：城市管理委已撤销，由北塘街道办事处兜底"

    def test_nobody_in_post_and_nobody_behind_leaves_it_to_the_desk(self, world):
        ruleset = draft(world)
        rule(world, ruleset, topic=world.tap, handler=world.roads, is_direct=True)
        publish(world, ruleset)
        world.li.posts.all().delete()
        forget_rules()
        found = choose(asked(world))
        assert found.handler is None and not found.is_direct
        assert "城市管理委暂无在岗人员" in found.why and "由社区派单" in found.why


class TestWriting:
    def test_only_officers_of_the_district(self, world):
        for who in (world.liu, world.zhang, world.li, world.sun):
            with pytest.raises(actions.routing.NotPermitted):
                draft(world, by=who)

    def test_only_districts_have_a_table(self, world):
        with pytest.raises(actions.routing.Invalid):
            actions.open_draft(region=world.north, by=world.gao, at=NOON)

    def test_one_draft_at_a_time(self, world):
        draft(world)
        with pytest.raises(actions.routing.DraftExists):
            draft(world)

    def test_the_same_conditions_twice_are_refused(self, world):
        ruleset = draft(world)
        rule(world, ruleset, topic=world.tap, handler=world.roads)
        with pytest.raises(actions.routing.SameConditions, match="R1"):
            rule(world, ruleset, topic=world.tap, handler=world.water)
        assert ruleset.rules.count() == 1

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"target": "org"}, "handler"),
            ({"target": "desk", "is_direct": True}, "is_direct"),
            ({"target": "desk", "hours": "never"}, "hours"),
            ({"target": "desk", "sources": "pigeon"}, "sources"),
            ({"target": "desk", "backstop": "org"}, "backstop_org"),
            ({"target": "desk", "colour": "red"}, "colour"),
        ],
    )
    def test_a_rule_that_cannot_work_is_refused(self, world, given, field):
        with pytest.raises(actions.routing.BadRule) as refused:
            actions.save_rule(ruleset=draft(world), by=world.gao, at=NOON, **given)
        assert refused.value.field == field

    def test_topic_and_category_together_are_refused(self, world):
        with pytest.raises(actions.routing.BadRule):
            rule(world, draft(world), topic=world.tap, category=world.repairs)

    def test_land_of_another_district_is_refused(self, world):
        with pytest.raises(actions.routing.BadRule):
            rule(world, draft(world), region=world.city)

    def test_what_is_published_does_not_change(self, world, table):
        with pytest.raises(actions.routing.NotADraft):
            rule(world, table, topic=world.pothole, handler=world.roads)

    def test_a_new_version_begins_as_a_copy_and_ends_the_old_one(self, world, table):
        later = NOON + timedelta(days=1)
        second = actions.open_draft(region=world.tong, by=world.gao, at=later)
        assert second.rules.count() == 4 and second.number == 2
        actions.drop_rule(ruleset=second, code="R3", by=world.gao, at=later)
        publish(world, second, at=later)
        table.refresh_from_db()
        assert table.effective_to == later
        assert choose(asked(world)).rule.code == "R3"  # what was asked then is answered by then
        assert choose(asked(world, at=later)).rule.code == "R2"

    def test_a_dissolved_handler_is_never_published(self, world):
        ruleset = draft(world)
        rule(world, ruleset, topic=world.tap, handler=world.roads)
        world.roads.dissolved_on = NOON.date()
        world.roads.save()
        with pytest.raises(actions.routing.NotReady, match="城市管理委已撤销"):
            publish(world, ruleset)
        assert RoutingRuleSet.objects.get().state == "draft"

    @pytest.mark.parametrize("days", [-1, 400])
    def test_not_in_the_past_nor_far_off(self, world, days):
        with pytest.raises(actions.routing.Invalid):
            publish(world, draft(world), effective_from=NOON + timedelta(days=days))

    def test_ended_rules_choose_nothing(self, world, table):
        later = NOON + timedelta(hours=1)
        actions.end_rules(ruleset=table, reason="改回人工派单", by=world.gao, at=later)
        forget_rules()
        assert choose(asked(world, at=later)) is None
        with pytest.raises(actions.routing.Refused):
            actions.end_rules(ruleset=table, reason="再停一次", by=world.gao, at=later)


class TestCost:
    def test_a_choice_asks_nothing_once_the_table_is_known(
        self, world, table, django_assert_num_queries
    ):
        choose(asked(world))
        with django_assert_num_queries(0):
            choose(asked(world, region=world.salt))
            choose(asked(world, at=NIGHT))
            choose(asked(world, topic="pothole"))
