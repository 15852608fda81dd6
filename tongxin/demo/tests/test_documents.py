"""The demo's papers: something in every state, each page opens, and nothing is left to fill but the draft."""

from collections import Counter
from datetime import UTC, datetime
from random import Random

import pytest
from django.test import Client

from tongxin.cases.models import Case
from tongxin.demo.documents import make_documents
from tongxin.documents.models import Document, DocumentNumber, Recipient, Retention

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

pytestmark = pytest.mark.slow


@pytest.fixture
def made(world, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    world.yan = world.person("inspector", "严正平", world.tong_party, "inspector")
    world.person("leader", "周文清", world.tong_party, "leader")
    return make_documents(world.tong, Random(1), at=NOW)


def test_there_is_one_in_every_state(made, world):
    assert made == 5
    steps = Counter(Document.objects.values_list("case__step", flat=True))
    assert steps == {"closed": 4, "issued": 1, "countersigning": 1, "signing": 1, "drafted": 1}
    serials = (
        DocumentNumber.objects.filter(year=2026).order_by("serial").values_list("serial", "is_void")
    )
    assert list(serials) == [(1, False), (2, False), (3, False), (4, True), (5, False)]
    assert set(Recipient.objects.exclude(case=None).values_list("case__step", flat=True)) == {
        "accepted", "asked", "replied",
    }  # fmt: skip
    late = Case.objects.get(kind="document_reply", step="asked")
    assert late.due_at < NOW
    assert Retention.objects.get().document.issued_on.year == 2025


def test_every_page_opens(made, world):
    client = Client()
    client.force_login(world.yan, "tongxin.orgs.signing.Backend")
    for path in ("", "all/", "inbox/", "register/", "retention/", "templates/"):
        assert client.get(f"/documents/{path}").status_code == 200
    for row in Document.objects.all():
        assert client.get(f"/documents/{row.pk}/").status_code == 200
        if row.is_issued:
            assert row.files.filter(slot="docx").exists()


def test_a_district_without_the_three_gets_none(world):
    assert make_documents(world.tong, Random(1), at=NOW) == 0
