"""The double report-in of the demo, on a small district."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from tongxin.accounts.models import Notice, User
from tongxin.demo.dual_report import make_dual_report
from tongxin.demo.members import make_members
from tongxin.demo.seeding import Size, _make_land, _make_orgs, _make_people, district
from tongxin.dual_report.models import DutyTurn, MemberReport, Pact, PostClaim, Walk
from tongxin.dual_report.queries.coverage import coverage
from tongxin.dual_report.queries.turns import verdicts
from tongxin.regions.queries import forget, get_land

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
SMALL = Size(others=(), grids=2, volunteers=60)

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_it_is_played_by_the_actions_of_the_pages():
    _make_land(NOW, SMALL, lambda *args: None)
    _make_orgs(1)
    _make_people(NOW, SMALL, 1)
    make_members(district(), Random(3), at=NOW)
    forget()
    assert make_dual_report(district(), Random(7), at=NOW) > 20
    whole, _rows = coverage(get_land(district().code), NOW.date())
    assert (whole.units.base, whole.units.done) == (12, 9)
    assert 0 < whole.members.done < whole.members.base
    states = set(DutyTurn.objects.values_list("state", flat=True))
    assert states == {"appraised", "served", "missed", "planned"}
    found = verdicts(district().path, NOW.date() - timedelta(days=60), NOW.date())
    assert found.share is not None and found.share > 80
    assert Pact.objects.in_force(NOW.date()).count() == 7
    assert set(PostClaim.objects.values_list("state", flat=True)) == {"held", "waiting", "done"}
    assert Walk.objects.count() == 4
    wang = User.objects.get(username="volunteer")
    assert MemberReport.objects.get(person__user=wang).state == "confirmed"
    assert not Notice.objects.filter(at__gt=NOW).exists()
    assert not Notice.objects.filter(at__lt=NOW - timedelta(days=3)).exists()
