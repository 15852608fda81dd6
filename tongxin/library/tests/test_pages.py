"""Every page opens within its budget of queries, however many rows there are."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tongxin.library import actions
from tongxin.library.models import BrandFamily, Exemplar
from tongxin.testing import NOON

from .test_contests import call, judging  # noqa: F401  a contest with three entries
from .test_courses import session  # noqa: F401  a lecture with a session
from .test_policies import one_and  # noqa: F401  a set of documents

BUDGET = 8  # two of them say who is signed in


@pytest.fixture
def pages(world, judging, one_and, session, desk):  # noqa: F811
    made = one_and(3)
    actions.publish_set(made, by=world.bai, at=NOON)
    actions.load_families()
    brand = actions.register_brand(
        family=BrandFamily.objects.get(code="vital"), org=world.pine_office, name="先锋岗",
        since=NOON.date(), by=world.zhang, at=NOON,
    )  # fmt: skip
    volume = actions.begin_volume(org=desk, title="汇编", year=2026, by=world.bai, at=NOON)
    rows = list(Exemplar.objects.all())
    actions.bind(volume, part=volume.parts.get(), exemplars=rows, by=world.bai, at=NOON)
    one, document = rows[0].pk, made.documents.first().pk
    desk_pages = f"""exemplars/{one}/ contests/ contests/{judging.pk}/ volumes/ volumes/{volume.pk}/
        volumes/{volume.pk}/bind/ policies/ policies/sets/{made.pk}/ policies/{document}/ courses/
        courses/{session.course_id}/ receptions/ brands/ brands/{brand.pk}/ new/ contests/new/"""
    public_pages = f"""public/ public/{one}/ brands/public/ brands/public/{brand.pk}/ policies/public/
        policies/public/{document}/ volumes/public/"""
    return ["", *desk_pages.split()], public_pages.split()


def test_every_page_keeps_its_budget(world, pages, as_, client):
    for user, paths in zip((world.bai, None), pages, strict=True):
        client.logout() if user is None else as_(user)
        for path in paths:
            client.get(f"/library/{path}")  # land and calendars are read once a process
            with CaptureQueriesContext(connection) as got:
                assert client.get(f"/library/{path}").status_code == 200, path
            assert len(got) <= BUDGET, path


def test_who_is_nobody_sees_only_what_is_published(pages, client):
    client.logout()
    for path in pages[0]:
        assert client.get(f"/library/{path}").status_code == 302, path
