"""Rules are data with a day from which they hold; what is in never changes."""

from datetime import date

import pytest

from tongxin.meetings import actions, queries
from tongxin.meetings.actions.rules import house_rules
from tongxin.meetings.models import MeetingRule, RuleSet, Sphere, Step
from tongxin.testing import NOON

from .people import plan

pytestmark = pytest.mark.django_db


def successor(**changes):
    """Return the house's rules with a later version of organisation life, theme day changed."""
    rows = house_rules()
    old = next(row for row in rows["rule_sets"] if row["code"] == "org_life")
    rows["rule_sets"].append(old | {"version": "2026", "effective_from": "2026-04-01"})
    for name in ("rules", "steps", "numbers"):
        more = [row | {"version": "2026"} for row in rows[name] if row["rule_set"] == "org_life"]
        for row in more:
            if row.get("kind") == "theme_day" and name == "rules":
                row.update(changes)
        rows[name] += more
    return rows


class TestLoading:
    def test_the_same_files_twice_bring_in_nothing(self, rules):
        before = (RuleSet.objects.count(), MeetingRule.objects.count(), Step.objects.count())
        assert before[0] == 5
        assert actions.load_rules(at=NOON, by=None) == []
        assert before == (
            RuleSet.objects.count(), MeetingRule.objects.count(), Step.objects.count(),
        )  # fmt: skip

    def test_a_version_that_is_in_is_never_altered(self, rules):
        rows = house_rules()
        rows["rules"][0]["times"] = "2"
        with pytest.raises(actions.RuleSetFixed) as refusal:
            actions.load_rules(at=NOON, by=None, rows=rows)
        assert "不能修改" in str(refusal.value)
        assert MeetingRule.objects.get(kind="general_meeting").times == 1

    def test_a_row_of_no_set_is_refused_and_nothing_is_in(self, world):
        rows = house_rules()
        rows["numbers"][0]["version"] = "1999"
        with pytest.raises(actions.RuleSetUnknown):
            actions.load_rules(at=NOON, by=None, rows=rows)
        assert not RuleSet.objects.exists()

    def test_every_rule_names_its_source_and_samples_say_so(self, rules):
        assert all(one.source for one in RuleSet.objects.all())
        assert {one.code for one in RuleSet.objects.filter(is_sample=True)} == {
            "study", "honours", "sign_in",
        }  # fmt: skip


@pytest.mark.mission("S4.9")
def test_five_systems_have_goal_content_frequency_and_procedure(rules):
    for sphere in (
        Sphere.MEETINGS, Sphere.THEME_DAY, Sphere.LIFE, Sphere.REVIEW, Sphere.TALK,
    ):  # fmt: skip
        found = MeetingRule.objects.filter(sphere=sphere)
        assert found.exists(), sphere
        for rule in found:
            assert rule.goal, rule
            assert rule.content, rule
            assert rule.per, rule
            assert rule.steps.count() >= 3, rule


def test_the_rule_is_that_of_the_day_of_the_fact(world, rules):
    actions.load_rules(at=NOON, by=None, rows=successor(times="2"))
    before = queries.rule_for(world.branch, "theme_day", date(2026, 3, 31))
    after = queries.rule_for(world.branch, "theme_day", date(2026, 4, 1))
    assert (before.times, before.rule_set.version) == (1, "2018")
    assert (after.times, after.rule_set.version) == (2, "2026")
    assert plan(world).rule == before


def test_before_the_first_version_nothing_holds(world, rules):
    assert queries.rule_for(world.branch, "theme_day", date(2018, 10, 27)) is None
    with pytest.raises(queries.NoRules):
        queries.number("org_life", "excellent_share", date(2018, 10, 27))


@pytest.mark.mission("S4.55")
def test_a_field_has_rules_of_its_own(world, rules):
    on = date(2026, 3, 2)
    assert queries.rule_for(world.branch, "lecture", on).per == "quarter"
    world.branch.sector = "private_firm"
    rule = queries.rule_for(world.branch, "lecture", on)
    assert (rule.per, rule.times) == ("year", 2)
