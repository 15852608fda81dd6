"""Unannounced (四不两直): before it has begun nobody outside of the operation can know, by any door.

Liu is the officer of the street, Rao its inspector, Zhang dispatches in the community, Mei walks its
grid, Gao and He are the superiors of all of them, Ann the administrator. Each door is tried by each,
with one visit that has not begun and, where it matters, again once it has.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from tongxin.accounts.models import AuditEntry, Delivery, Notice
from tongxin.fieldwork.models import Visit
from tongxin.inspections import actions
from tongxin.inspections.models import Dispatch, Operation, SiteVisit, Subject, Team
from tongxin.inspections.sheets import SHEETS
from tongxin.orgs.models import Org

from .conftest import DAY, NOON, begin, finish, plan, run, send

OUTSIDE = ("liu", "rao", "zhang", "mei", "gao", "he", "tang", "ann", "sun", "li")
pytestmark = pytest.mark.mission("S1.41")


@pytest.fixture
def secret(land, hidden) -> Dispatch:
    """An unannounced dispatch to two sites of Pine; the firm of one of them has people of its own."""
    firm = Org.objects.create(name="松鲜商贸", kind="unit", region=land.pine)
    land.bao = land.person("bao", "包红", firm, "officer")
    actions.change_site(site=land.sites["fresh"], by=land.ji, at=NOON, org=firm)
    land.sites["fresh"].refresh_from_db()
    return send(land, hidden, "fresh", "green")


def opened(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def of(land, who):
    return getattr(land, who)


class TestBeforeItBegins:
    @pytest.mark.parametrize("who", [*OUTSIDE, "bao"])
    def test_no_row_is_seen(self, land, secret, who):
        actor = of(land, who)
        for model in (Operation, Dispatch, SiteVisit, Team, Subject, Visit):
            assert not model.objects.visible_to(actor).exists(), model

    @pytest.mark.parametrize("who", [*OUTSIDE, "bao"])
    def test_no_page_opens(self, land, hidden, secret, who):
        page = opened(of(land, who))
        stop = secret.visits.order_by("pk")[0]
        for name, pk in (
            ("operation", hidden.pk), ("plan", hidden.pk), ("dispatches", hidden.pk),
            ("visits", hidden.pk), ("coverage", hidden.pk), ("findings", hidden.pk),
            ("draws", hidden.pk), ("letters", hidden.pk), ("team", secret.team_id),
            ("dispatch", secret.pk), ("finding", stop.pk),
            ("subject", hidden.subjects.order_by("pk")[0].pk),
        ):  # fmt: skip
            assert page.get(reverse(f"inspections:{name}", args=[pk])).status_code == 404, name
        assert page.get(reverse("fieldwork:visit", args=[stop.visit_id])).status_code == 404

    @pytest.mark.parametrize("who", ["liu", "rao", "gao", "he", "tang", "bao"])
    def test_no_list_and_no_count_speaks_of_it(self, land, hidden, secret, who):
        page = opened(of(land, who))
        home = page.get(reverse("inspections:home")).content.decode()
        assert hidden.name not in home
        assert "没有看得到的专项监督" in home
        sites = page.get(reverse("inspections:sites"))
        if sites.status_code == 200:
            text = sites.content.decode()
            assert "四不两直" not in text and hidden.name not in text
        site = page.get(reverse("inspections:site", args=[land.sites["fresh"].pk]))
        if site.status_code == 200:
            assert "还没有检查过" in site.content.decode()
            assert "暗访" not in site.content.decode()

    @pytest.mark.parametrize("who", ["liu", "rao", "gao", "he", "bao"])
    def test_the_api_knows_nothing(self, land, hidden, secret, api, who):
        api.tokens.pop(who, None)
        assert api(who, "GET", "/inspections/operations").json()["items"] == []
        for path in (
            f"/inspections/operations/{hidden.pk}",
            f"/inspections/operations/{hidden.pk}/figures",
            f"/inspections/operations/{hidden.pk}/coverage",
            f"/inspections/operations/{hidden.pk}/dispatches",
            f"/inspections/operations/{hidden.pk}/visits",
            f"/inspections/operations/{hidden.pk}/teams",
            f"/inspections/dispatches/{secret.pk}",
        ):
            assert api(who, "GET", path).status_code == 404, path

    def test_only_its_people_are_told(self, land, secret):
        told = set(
            Notice.objects.filter(key__startswith=f"dispatch:{secret.pk}").values_list(
                "user__username", flat=True
            )
        )
        assert told == {"ji", "kang"}
        inside = {"ji", "kang", "qiao"}
        assert set(Notice.objects.values_list("user__username", flat=True)) <= inside
        assert set(Delivery.objects.values_list("user__username", flat=True)) <= inside

    def test_the_log_of_audits_does_not_name_it(self, land, hidden, secret):
        actions.change_operation(
            operation=hidden, by=land.ji, at=NOON, ends_on=hidden.ends_on + timedelta(days=1)
        )
        rows = AuditEntry.objects.all()
        assert rows.filter(action="inspection.approve").exists()
        assert rows.filter(action="inspection.change").exists()
        assert not any(hidden.name in f"{one.object}{one.detail}{one.reason}" for one in rows)

    def test_the_sheet_of_sites_says_nothing(self, land, secret):
        rows = [str(row) for row in SHEETS[0].export(land.liu, whole=True)]
        assert rows
        assert not any("暗访" in row or "2026-03-02" in row for row in rows)

    def test_the_team_and_its_unit_see_all(self, land, hidden, secret):
        for who in (land.ji, land.kang, land.qiao):
            assert hidden in Operation.objects.visible_to(who)
            assert SiteVisit.objects.visible_to(who).count() == 2
        page = opened(land.kang).get(reverse("inspections:dispatch", args=[secret.pk]))
        assert "松鲜超市" in page.content.decode()


class TestOnceItHasBegun:
    def test_the_street_sees_that_visit_and_no_other_and_not_the_operation(
        self, land, hidden, secret
    ):
        first, second = secret.visits.order_by("order")
        begin(land, first)
        for who in (land.liu, land.rao, land.gao):
            seen = SiteVisit.objects.visible_to(who)
            assert list(seen) == [first]
            assert hidden not in Operation.objects.visible_to(who)
        text = opened(land.liu).get(
            reverse("inspections:site", args=[land.sites["fresh"].pk])
        ).content.decode()  # fmt: skip
        assert "还没有检查过" not in text and hidden.name not in text
        other = opened(land.liu).get(
            reverse("inspections:site", args=[land.sites["green"].pk])
        ).content.decode()  # fmt: skip
        assert "还没有检查过" in other

    def test_another_street_sees_nothing(self, land, secret):
        begin(land, secret.visits.order_by("order")[0])
        assert not SiteVisit.objects.visible_to(land.wu).exists()

    def test_a_finding_does_not_name_the_operation_or_its_tags(self, land, hidden, secret):
        stop = begin(land, secret.visits.order_by("order")[0])
        made = actions.record_at_site(stop=stop, text="值班脱岗", by=land.ji, at=NOON)
        assert hidden.name not in f"{made.source_label}{made.source_url}{made.text}"
        assert made.tags == []
        assert hidden.name not in stop.visit.title

    def test_when_all_is_over_it_may_be_read(self, land, hidden, secret):
        for stop in secret.visits.order_by("order"):
            finish(land, begin(land, stop))
        actions.close_operation(operation=hidden, by=land.ji, at=NOON + timedelta(hours=8))
        assert hidden in Operation.objects.visible_to(land.gao)
        assert hidden not in Operation.objects.visible_to(land.liu)


def test_an_unannounced_dispatch_of_an_open_operation_is_as_secret(land):
    made = run(land, plan(land, name="公开的专项"))
    dispatch = send(land, made, "fresh", is_unannounced=True)
    assert made in Operation.objects.visible_to(land.gao)
    for who in (land.gao, land.liu, land.rao):
        assert dispatch not in Dispatch.objects.visible_to(who)
        assert not SiteVisit.objects.visible_to(who).exists()
        assert not Visit.objects.visible_to(who).exists()
    page = opened(land.gao)
    for name in ("operation", "dispatches", "visits", "coverage"):
        text = page.get(reverse(f"inspections:{name}", args=[made.pk])).content.decode()
        assert "暗访</span>" not in text and "松鲜超市" not in text
    assert dispatch.on == DAY
