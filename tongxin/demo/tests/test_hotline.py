"""The demo's rules and its hotline: made by the actions alone, sample marked as sample."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from tongxin.accounts.models import User
from tongxin.cases.actions import load_catalogue_sheet
from tongxin.cases.models import Case, RoutingRule
from tongxin.cases.routing import forget_rules, read_table
from tongxin.cases.rulecheck import findings_of
from tongxin.demo.cast import make_people
from tongxin.demo.hotline import CALLS, ORDERS, make_hotline
from tongxin.demo.institutions import make_institutions
from tongxin.demo.routing import make_routing
from tongxin.hotline.models import Call, CallBack, OutsideOrder, QuickAnswer
from tongxin.regions.models import Region
from tongxin.requests.importing import SAMPLE_CATALOGUE

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def district():
    make = Region.objects.create
    city = make(code="12", name="天津市", short_name="天津", level="city", path="12/")
    district = make(
        code="120116",
        name="滨海新区",
        short_name="滨海新区",
        level="district",
        parent=city,
        path="12/16/",
    )
    street = make(
        code="120116001",
        name="杭州道街道",
        short_name="杭州道",
        level="street",
        kind="street",
        parent=district,
        path="12/16/1/",
    )
    for n in (1, 2, 3):
        make(
            code=f"12011600100{n}",
            name=f"{n}社区",
            short_name=f"{n}社区",
            level="community",
            kind="community",
            parent=street,
            path=f"12/16/1/{n}/",
        )
    load_catalogue_sheet(
        SAMPLE_CATALOGUE.read_bytes(), name="catalogue.csv", by=None, at=NOW - timedelta(days=900)
    )
    make_institutions(district, Random(1))
    make_people(district, Random(2), at=NOW - timedelta(days=700), volunteers=10)
    return district


def test_rules_without_a_fault_and_a_day_at_the_desk(district):
    rules = make_routing(district, at=NOW)
    forget_rules()
    assert rules.is_sample and RoutingRule.objects.count() == 13
    table = read_table(rules.pk, district.path)
    assert {one.kind for one in findings_of(table, day=NOW.date())} <= {"crossing"}
    assert make_hotline(district, Random(3), at=NOW) == len(CALLS) == Call.objects.count()
    assert OutsideOrder.objects.count() == len(ORDERS)
    assert CallBack.objects.get().due_at > NOW
    assert QuickAnswer.objects.filter(is_sample=True).count() == 10
    straight = Case.objects.get(step="dispatched")  # the manhole
    assert straight.handler.name == "滨海新区城市管理委员会"
    assert not Call.objects.running(User.objects.get(username="operator")).exists()
