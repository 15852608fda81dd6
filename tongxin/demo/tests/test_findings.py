"""The demo's register of findings: every state has some, the fund is pressed on several units."""

from collections import Counter
from datetime import UTC, datetime
from random import Random

import pytest
from django.test import Client

from tongxin.accounts.models import User
from tongxin.cases.models import Case
from tongxin.demo.findings import make_findings
from tongxin.findings.models import Finding, SelfCheck
from tongxin.orgs.models import Org
from tongxin.regions.queries import forget

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

pytestmark = pytest.mark.slow


@pytest.fixture
def made(world):
    world.person("inspector", "严正平", world.district_office, "inspector")
    world.person("inspector-02", "沈明", world.district_office, "inspector")
    aid = Org.objects.create(name="滨海新区民政局", kind="department", region=world.tong)
    labour = Org.objects.create(
        name="滨海新区人力资源和社会保障局", kind="department", region=world.tong
    )
    for n, org in enumerate((aid, labour)):
        world.person(f"clerk{n}", f"经办{n}", org, "handler")
    yield make_findings(world.tong, Random(1), at=NOW)
    forget()


def test_every_state_has_some(made):
    steps = Counter(Finding.objects.values_list("step", flat=True))
    assert made == sum(steps.values()) > 110
    assert set(steps) == set(Finding.Step.values)
    assert sorted(Finding.objects.values_list("n", flat=True)) == list(range(1, made + 1))
    running = Case.objects.filter(kind="rectification")
    assert {"ordered", "accepted", "planned", "done", "rechecked", "closed"} <= set(
        running.values_list("step", flat=True)
    )
    assert running.filter(card="red").exists()
    assert Finding.objects.filter(repeat_of__isnull=False).exists()


def test_the_fund_is_pressed_on_several_units_and_not_paid_in_full(made):
    fund = Finding.objects.get(due_fen__isnull=False)
    assert fund.case.kind == "pressing" and fund.case.open_children == 2
    assert 0 < fund.paid_fen < fund.due_fen
    assert fund.payments.filter(receipt__isnull=False).count() == 2 and fund.calls.exists()


def test_the_pages_have_something_to_show(made, world):
    visitor = Client()
    visitor.force_login(User.objects.get(username="inspector"))
    for path in ("", "figures/", "groups/", "?step=late"):
        assert visitor.get(f"/findings/{path}").status_code == 200
    fund = Finding.objects.get(due_fen__isnull=False)
    assert "全额" in visitor.get(f"/findings/{fund.pk}/").content.decode()
    assert SelfCheck.objects.filter(answer="").exists()
