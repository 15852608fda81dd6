"""Rules are data with a day from which they hold; what is in never changes."""

from datetime import date
from fractions import Fraction

import pytest

from tongxin.kit.errors import Invalid
from tongxin.meetings import actions, queries
from tongxin.meetings.actions.rules import house_rules
from tongxin.meetings.models import MeetingRule, RuleSet, Sphere, Step
from tongxin.testing import NOON

from .people import browser, plan

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


class TestSuccession:
    """Rules change from a day to come; what was held stays under its own."""

    def succeed(self, world, **more):
        old = RuleSet.objects.get(code="org_life")
        theme = old.rules.get(kind="theme_day")
        given = {
            "rule_set": old, "version": "2026", "effective_from": date(2026, 4, 1),
            "source": "区委组织部通知（样例）", "numbers": {}, "unit": world.tong_party,
            "rules": {theme.pk: {"per": "month", "times": 2, "norm": "每月2次"}},
            "by": world.he, "at": NOON,
        }  # fmt: skip
        return actions.succeed_rules(**given | more)

    def test_the_new_one_holds_from_its_day(self, world, rules):
        made = self.succeed(world)
        old = RuleSet.objects.get(code="org_life", version="2018")
        assert queries.rule_for(world.branch, "theme_day", date(2026, 3, 31)).times == 1
        rule = queries.rule_for(world.branch, "theme_day", date(2026, 4, 1))
        assert (rule.times, rule.norm, rule.rule_set) == (2, "每月2次", made)
        assert rule.steps.count() == old.rules.get(kind="theme_day").steps.count() == 9
        assert made.rules.count() == old.rules.count()
        assert made.numbers.count() == old.numbers.count()
        assert old.rules.get(kind="theme_day").times == 1

    @pytest.mark.parametrize("day", [date(2026, 3, 2), date(2018, 1, 1)])
    def test_not_for_days_that_are_past(self, world, rules, day):
        with pytest.raises(actions.TooSoon) as refusal:
            self.succeed(world, effective_from=day)
        assert refusal.value.field == "effective_from"
        assert RuleSet.objects.filter(code="org_life").count() == 1

    def test_refusals(self, world, rules):
        with pytest.raises(actions.VersionTaken):
            self.succeed(world, version="2018")
        number = RuleSet.objects.get(code="org_life").numbers.get()
        with pytest.raises(Invalid, match="应是数字"):
            self.succeed(world, numbers={number.pk: "很多"})
        for who, unit in ((world.tang, world.north_party), (world.ann, world.tong_party)):
            with pytest.raises(actions.NotYours):
                self.succeed(world, by=who, unit=unit)
        assert RuleSet.objects.filter(code="org_life").count() == 1

    def test_through_the_door(self, world, rules):
        old = RuleSet.objects.get(code="org_life")
        url = f"/meetings/rules/{old.pk}/next/"
        given = {"version": "明年", "effective_from": "2099-01-01", "source": "样例"}
        for rule in old.rules.all():
            given |= {
                f"per_{rule.pk}": rule.per, f"times_{rule.pk}": 3, f"norm_{rule.pk}": rule.norm
            }  # fmt: skip
        for number in old.numbers.all():
            given[f"number_{number.pk}"] = "1/4"
        assert browser(world.tang).post(url, given).status_code == 404
        assert browser(world.he).get(url).status_code == 200
        assert browser(world.he).post(url, given | {"version": "2018"}).status_code == 422
        assert browser(world.he).post(url, given).status_code == 302
        assert queries.share("org_life", "excellent_share", date(2099, 1, 1)) == Fraction(1, 4)
        assert queries.share("org_life", "excellent_share", date(2098, 1, 1)) == Fraction(1, 3)


@pytest.mark.mission("S4.10")
def test_the_chart_in_the_form_is_drawn_from_the_rule_in_force(world, rules):
    def chart() -> str:
        page = browser(world.qin).get("/meetings/new/?kind=lecture").content.decode()
        return page[page.index('class="procedure"') :]

    assert "互动讨论" in chart()
    Step.objects.filter(title="互动讨论").update(title="现场提问")
    assert "互动讨论" not in chart()
    assert chart().count("<li") == 5
