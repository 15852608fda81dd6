"""The demo's supervision: every page has something to show, the secret one stays secret."""

from datetime import UTC, datetime
from random import Random

import pytest
from django.test import Client
from django.urls import reverse

from tongxin.accounts.models import User
from tongxin.demo.inspections import make_inspections
from tongxin.documents.models import Document
from tongxin.inspections.models import Operation, Resumption, Site, SiteVisit
from tongxin.inspections.queries import figures_of
from tongxin.regions.queries import forget

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

pytestmark = pytest.mark.slow


@pytest.fixture
def made(world, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    world.person("inspector", "严正平", world.tong_party, "inspector")
    yield make_inspections(world.tong, Random(1), at=NOW)
    forget()


def test_one_is_over_one_runs_one_is_secret(made):
    assert made == SiteVisit.objects.begun().count() > 10
    states = dict(Operation.objects.values_list("name", "state"))
    assert sorted(states.values()) == ["closed", "running", "running"]
    over = Operation.objects.get(state="closed")
    figures = {one.code: one for one in figures_of(over)}
    assert figures["covered_street"].words == "2/2"
    assert figures["findings"].value == 5
    assert Document.objects.filter(pk=over.report_ref).exists()
    secret = Operation.objects.get(is_unannounced=True)
    assert secret not in Operation.objects.visible_to(User.objects.get(username="gao"))
    assert set(Resumption.objects.values_list("state", flat=True)) == {
        "approved", "checked", "unmet", "applied",
    }  # fmt: skip
    assert Site.objects.exclude(lng=None).exists()


def test_the_inspector_opens_every_page(made):
    page = Client()
    page.force_login(User.objects.get(username="inspector"))
    for operation in Operation.objects.all():
        for name in (
            "operation",
            "dispatches",
            "visits",
            "coverage",
            "findings",
            "draws",
            "letters",
        ):
            where = reverse(f"inspections:{name}", args=[operation.pk])
            assert page.get(where).status_code == 200, where
