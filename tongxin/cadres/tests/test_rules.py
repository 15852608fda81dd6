"""Rules with a date of effect: the later row holds from its day on; broken rows never get in."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from tongxin.cadres.actions import load_samples
from tongxin.cadres.models import Rule
from tongxin.cadres.queries import NoRule, rule_on


@pytest.fixture
def rules(db):
    load_samples()


def test_a_later_row_holds_from_its_day_on(rules):
    Rule.objects.create(
        code="rating", effective_from=date(2026, 4, 1), params={"late_days": 1}, source="通知"
    )
    assert rule_on("rating", date(2026, 3, 31))["late_days"] == 3
    assert rule_on("rating", date(2026, 4, 1)) == {"late_days": 1, "from_hour": 8, "to_hour": 22}
    with pytest.raises(NoRule):
        rule_on("rating", date(2019, 1, 1))


def test_the_samples_are_written_once_and_say_that_they_are(rules):
    assert load_samples() == 0
    assert set(Rule.objects.values_list("is_sample", flat=True)) == {True}
    for rule in Rule.objects.all():
        rule.full_clean()


@pytest.mark.parametrize(
    ("code", "params"),
    [
        ("need", {"grids": 2}),
        ("need", {"grids_per_cadre": 0}),
        ("need", {"grids_per_cadre": "2"}),
        ("need", [1]),
        ("worth", {"first_km": 1, "rest_km": 2}),
        ("mix", {"volunteer": -1}),
    ],
)
def test_rows_that_would_break_are_refused(db, code, params):
    rule = Rule(code=code, effective_from=date(2026, 4, 1), params=params, source="x")
    with pytest.raises(ValidationError) as refusal:
        rule.full_clean()
    assert "params" in refusal.value.message_dict


def test_the_administrator_adds_rows_and_leaves_those_in_force(rules, world, client):
    client.force_login(world.ann)
    past = Rule.objects.get(code="mix")
    page = client.get(reverse("admin:cadres_rule_change", args=[past.pk]))
    assert 'name="params"' not in page.content.decode()
    form = {
        "code": "mix", "effective_from": "2030-01-01", "params": '{"volunteer": 2}', "source": "通知",
    }  # fmt: skip
    assert client.post(reverse("admin:cadres_rule_add"), form).status_code == 302
    assert rule_on("mix", date(2030, 1, 1))["volunteer"] == 2
