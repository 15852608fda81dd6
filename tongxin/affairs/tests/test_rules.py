"""Rules as data: chosen by the day of the fact, never by today."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongxin.affairs import rules
from tongxin.affairs.contributions import BadBase, dues_for
from tongxin.affairs.dates import Quarter, add_months, parse_span, working_days
from tongxin.affairs.rules import NoRule, admission_steps, admission_version, dues_bands
from tongxin.orgs.models import Org
from tongxin.regions.queries import calendar_for

ON = date(2026, 3, 1)


@pytest.mark.mission("S4.18")
@pytest.mark.parametrize(
    ("kind", "base", "owed"),
    [
        ("salaried", "0", "0.00"),
        ("salaried", "3000", "15.00"),
        ("salaried", "3000.01", "30.00"),
        ("salaried", "5000", "50.00"),
        ("salaried", "5000.01", "75.00"),
        ("salaried", "10000", "150.00"),
        ("salaried", "10000.01", "200.00"),
        ("retired", "5000", "25.00"),
        ("retired", "5000.01", "50.00"),
        ("student", "9999", "0.20"),
        ("laid_off", "0", "0.20"),
        ("allowance", "0", "0.20"),
        ("farmer", "0", "0.20"),
    ],
)
def test_dues_take_the_rate_of_the_band_on_the_whole_base(kind, base, owed):
    assert dues_for(Decimal(base), kind, ON).amount == Decimal(owed)


def test_a_farmer_pays_what_the_branch_set_within_the_range():
    assert dues_for(Decimal(0), "farmer", ON, fixed=Decimal("1.00")).amount == Decimal("1.00")
    with pytest.raises(BadBase) as refusal:
        dues_for(Decimal(0), "farmer", ON, fixed=Decimal("1.01"))
    assert refusal.value.field == "fixed"


def test_a_base_is_no_debt_and_says_its_band():
    with pytest.raises(BadBase):
        dues_for(Decimal("-0.01"), "salaried", ON)
    assert "3000" in dues_for(Decimal(4000), "salaried", ON).why
    assert "4000" not in dues_for(Decimal(4000), "salaried", ON).why


@given(st.decimals(min_value=0, max_value=100_000, places=2))
def test_dues_never_fall_when_the_base_rises(base):
    assert dues_for(base, "salaried", ON).amount <= dues_for(base + 1, "salaried", ON).amount


def test_no_rule_before_the_first():
    with pytest.raises(NoRule):
        dues_bands("salaried", date(2008, 3, 31))
    assert dues_bands("salaried", date(2008, 4, 1))


@pytest.mark.mission("S4.9")
def test_the_steps_of_development_are_those_of_the_day():
    assert admission_version(date(2026, 5, 10)) == "2014"
    assert admission_version(date(2026, 5, 11)) == "2026"
    assert len(admission_steps("2014")) == 25
    assert len(admission_steps("2026")) == 29
    with pytest.raises(NoRule):
        admission_steps("1990")


@pytest.mark.parametrize("version", ["2014", "2026"])
def test_a_table_of_steps_is_sound(version):
    steps = admission_steps(version)
    assert [step.no for step in steps] == list(range(1, len(steps) + 1))
    seen = set()
    for step in steps:
        assert step.code not in seen
        assert step.evidence
        assert not step.after or step.after in seen
        assert (step.least is None and step.most is None) or step.after
        seen.add(step.code)
    assert [s.opens for s in steps if s.opens] == ["activist", "candidate", "probationary", "full"]
    assert len({step.stage for step in steps}) == 5


@pytest.mark.mission("S4.18")
def test_terms_are_five_years_in_communities_and_three_elsewhere():
    community, organ = Org(sector="community"), Org(sector="organ")
    assert rules.term_rule(community, ON).years == 5
    assert rules.term_rule(organ, ON).years == 3
    assert rules.term_rule(community, date(2015, 1, 1)).years == 3  # before the rule of 2018


def test_a_district_lays_its_own_sheet(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    (tmp_path / "rules").mkdir()
    own = tmp_path / "rules" / "disclosure_items.csv"
    head = "version,effective_from,code,title,every,within_days,least_days,place,trigger,source\n"
    own.write_text(head + "x,2020-01-01,local,本地事项,quarter,5,3,board,,本区\n")
    assert [item.code for item in rules.disclosure_items(ON)] == ["local"]


def test_months_and_working_days():
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2026, 3, 31), -1) == date(2026, 2, 28)
    assert Quarter.of(date(2026, 12, 31)) == Quarter(2026, 4)
    assert Quarter(2026, 4).shifted(1) == Quarter(2027, 1)
    assert Quarter.parse("2026Q5") is None
    with pytest.raises(ValueError, match="length"):
        parse_span("1y")


def test_a_holiday_is_no_working_day(world):
    calendar = calendar_for(world.pine.path)
    # The National Day holiday of 2026 begins on 1 October.
    assert working_days(date(2026, 9, 28), date(2026, 10, 4), calendar) == 3
