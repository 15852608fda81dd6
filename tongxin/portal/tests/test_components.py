"""A component is reported: one request with its topic and place, one case at a time."""

from __future__ import annotations

from datetime import date

import pytest

from tongxin.cases.actions import make_move
from tongxin.cases.models import Case
from tongxin.grids.actions import add_component, mended_due
from tongxin.grids.models import CatalogueItem, State
from tongxin.portal.worker import JOBS
from tongxin.testing import NOON


@pytest.fixture
def lid(world):
    item = CatalogueItem.objects.create(
        kind="component", code="01001", name="供水井盖", class_name="市政公用设施",
        topic=world.pothole, effective_from=date(2026, 1, 1),
    )  # fmt: skip
    return add_component(item=item, lng=117.55, lat=39.25, address="门前", at=NOON, by=world.mei)


def url(lid) -> str:
    return f"/components/{lid.code}/report/"


def test_it_becomes_a_request_with_its_topic_and_place(world, client, lid):
    client.force_login(world.mei)
    page = client.get(f"/grids/components/{lid.code}/").content.decode()
    assert url(lid) in page
    sent = client.post(url(lid), {"text": "裂了一道缝", "state": "broken", "key": "k"})
    assert sent.url == f"/grids/components/{lid.code}/"
    case = Case.objects.get()
    lid.refresh_from_db()
    assert (case.topic, case.lng, case.region) == (world.pothole, lid.lng, world.p1)
    assert lid.state == State.BROKEN
    page = client.get(sent.url).content.decode()
    assert case.number in page and url(lid) not in page
    make_move(case, "cancel", at=case.opened_at, actor=world.mei)
    assert mended_due(at=case.opened_at) == 1


def test_a_second_report_files_nothing(world, client, lid):
    client.force_login(world.mei)
    client.post(url(lid), {"text": "裂了", "state": "broken", "key": "a"})
    again = client.post(url(lid), {"text": "又裂了", "state": "broken", "key": "b"})
    assert again.status_code == 409 and Case.objects.first().number in again.content.decode()
    assert Case.objects.count() == 1


def test_a_stranger_finds_nothing(world, client, lid):
    client.force_login(world.wu)
    assert client.get(url(lid)).status_code == 404


def test_the_dispatcher_sees_when_such_a_matter_is_filed_and_what_stands_close_by(
    world, client, lid
):
    lid.item.conditions.create(
        number=1,
        condition="缺失、翻开",
        closing="补盖",
        limit=2,
        unit="h",
        effective_from=date(2026, 1, 1),
    )
    client.force_login(world.mei)
    client.post(url(lid), {"text": "裂了", "state": "broken"})
    case = Case.objects.get()
    client.force_login(world.zhang)
    assert f"/grids/conditions/{case.pk}/" in client.get(f"/cases/{case.pk}/").content.decode()
    fragment = client.get(f"/grids/conditions/{case.pk}/").content.decode()
    assert "缺失、翻开" in fragment and "紧急工作时" in fragment and "供水井盖 0 m" in fragment
    client.force_login(world.wu)
    assert client.get(f"/grids/conditions/{case.pk}/").status_code == 404


def test_the_worker_does_what_is_due():
    names = {job.name for job in JOBS}
    assert {"campaigns_due", "mended_due", "problems_due"} <= names
