"""The pages of the economy: who sees what, the whole way of a year, a project, a firm."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tongxin.economy import actions
from tongxin.economy.models import BenefitLink, BuildSubsidy, Firm, VillageProject, VillageYear
from tongxin.funds.models import Allocation
from tongxin.regions.models import Region
from tongxin.testing import NOON

from .conftest import TODAY, again, shot


@pytest.fixture
def page(client, land):
    def get(who, name, *args, post=None, words=""):
        client.force_login(getattr(land, who))
        url = reverse(f"economy:{name}", args=args) + words
        return client.get(url) if post is None else client.post(url, post)

    return get


def test_who_sees_what_a_village_earns(page, land, plan):
    project = plan()
    for who, name, args, status in (
        ("qin", "village", [land.pine.code], 200), ("liu", "village", [land.pine.code], 200),
        ("gao", "village", [land.pine.code], 200), ("yue", "village", [land.pine.code], 404),
        ("sun", "home", [], 404), ("mei", "home", [], 404), ("yue", "project", [project.pk], 404),
        ("gao", "income", [land.pine.code], 200), ("yue", "income", [land.pine.code], 404),
        ("qin", "new-firm", [], 404), ("gao", "new-firm", [], 200), ("li", "income", [land.pine.code], 404),
    ):  # fmt: skip
        assert page(who, name, *args).status_code == status, (who, name)


@pytest.mark.mission("S4.58", "S4.62")
def test_a_year_goes_from_income_to_verification_on_the_pages(page, land):
    code = land.pine.code
    given = {"kind": land.kinds["R1"].pk, "amount": "50000.00", "on": "2026-02-01", "key": "k"}
    page("qin", "income", code, post=given)
    page("qin", "income", code, post=given)
    year = VillageYear.objects.get()
    assert year.total_fen == 5_000_000
    page("qin", "report", code, post={}, words="?year=2026")
    assert page("qin", "verify", year.pk, post={"accept": "yes"}).status_code == 404
    page("liu", "verify", year.pk, post={"accept": "yes"})
    year.refresh_from_db()
    assert (year.state, year.verified_by) == ("verified", land.liu)
    whole = page("liu", "home", words="?year=2026").context["whole"]
    assert (whole.villages, whole.above, whole.zero) == (2, 1, 0)
    assert "达标" in page("liu", "home", words="?year=2026").content.decode()
    drawn = page("liu", "areas", words="?year=2026").json()["features"]
    assert [f["properties"]["share"] for f in drawn if f["properties"]["name"] == "松社区"] == [100]
    assert page("liu", "sheet", words="?year=2026").status_code == 200


@pytest.mark.mission("S4.58", "S4.59", "S4.50")
def test_a_project_and_its_money_on_the_pages(page, land):
    given = {"title": "大棚", "policy": "入股分红", "started_on": "2026-01-01", "earns_by": "2026-12-01",
             "stages": "2026-03-01 选址\n2026-06-01 建棚"}  # fmt: skip
    bad = page("qin", "new-project", land.pine.code, post=given | {"stages": "选址"})
    assert bad.status_code == 422
    page("qin", "new-project", land.pine.code, post=given)
    assert page("qin", "new-project", land.pine.code, post=given).status_code == 409
    one = VillageProject.objects.get()
    assert one.stages.count() == 2
    page("qin", "stage", one.stages.order_by("seq")[0].pk, post={"on": "2026-03-01"})
    page("qin", "verb", one.pk, "apply", post={"title": "温室", "asked": "1000"})
    subsidy = BuildSubsidy.objects.get()
    assert page("liu", "subsidy", subsidy.pk, "grant").status_code == 404
    give = {
        "account": land.account.pk,
        "source": land.sources["P02"].pk,
        "amount": "20000",
        "key": "g",
    }
    page("liu", "verb", one.pk, "start-up", post=give)
    assert Allocation.objects.get().subject_label == "松社区 大棚"
    for name, args in (
        ("projects", []),
        ("project", [one.pk]),
        ("home", []),
        ("village", [land.pine.code]),
    ):
        assert page("liu", name, *args).status_code == 200
    for name in ("end", "stop", "apply", "start-up", "earn"):
        assert page("liu", "verb", one.pk, name).status_code == 200
    BuildSubsidy.objects.update(at=NOON)
    actions.report_built(
        subsidy=subsidy, photo=shot(land.qin), on=TODAY, by=again(land.qin), at=NOON
    )
    assert page("bai", "subsidy", subsidy.pk, "accept").status_code == 200
    assert "验收" in page("bai", "project", one.pk).content.decode()


@pytest.mark.mission("S4.60", "S4.61")
def test_a_firm_pairs_and_shares_on_the_pages(page, land):
    page(
        "gao",
        "new-firm",
        post={
            "name": "滨海农业",
            "region": land.tong.pk,
            "pledged": "1000000",
            "joined_on": "2026-01-01",
        },
    )
    firm = Firm.objects.get()
    page("liu", "reserve", firm.pk, post={"account": land.account.pk, "source": land.sources["E01"].pk,
                                          "amount": "800000", "on": "2026-02-01", "key": "r"})  # fmt: skip
    page(
        "liu",
        "pair",
        firm.pk,
        post={"village": land.pine.pk, "text": "订单农业", "since": "2026-02-01"},
    )
    pair = firm.pairs.get()
    terms = {"title": "合作", "signed_on": "2026-02-01", "ends_on": "2027-02-01"}
    bad = page("liu", "sign", pair.pk, post=terms | {"village": "30", "firm": "60"})
    assert bad.status_code == 422
    assert "100%" in bad.content.decode()
    page("liu", "sign", pair.pk, post=terms | {"village": "30.5", "firm": "69.5"})
    link = BenefitLink.objects.get()
    page("qin", "share", link.pk, post={"profit": "100.01", "on": "2026-02-10", "key": "s"})
    seen = page("liu", "firm", firm.pk).content.decode()
    assert "村集体 30.5%" in seen
    assert "村集体 30.50" in seen
    assert VillageYear.objects.get().total_fen == 3050
    assert page("liu", "firms").context["sums"] == {
        "firms": 1,
        "pledged": 100_000_000,
        "received": 80_000_000,
    }
    assert page("yue", "share", link.pk).status_code == 404


def test_lists_cost_few_queries_however_many_villages(page, land, plan):
    for n in range(20):
        village = Region.objects.create(
            code=f"1201160010{n + 10:02d}", name=f"村{n}", short_name=f"村{n}", level="community",
            kind="village", parent=land.north, path=f"{land.north.path}9{n:02d}/",
        )  # fmt: skip
        plan(village=village, by=again(land.liu))
        actions.add_income(village=village, kind=land.kinds["R1"], amount_fen=100, on=date(2026, 1, 1),
                           by=again(land.liu), at=NOON)  # fmt: skip
    page("liu", "home")
    one = VillageProject.objects.order_by("pk")[0]
    for name, args, most in (
        ("home", [], 8), ("projects", [], 8), ("firms", [], 8), ("project", [one.pk], 8),
        ("village", [one.village.code], 8),
    ):  # fmt: skip
        with CaptureQueriesContext(connection) as caught:
            assert page("liu", name, *args, words="?year=2026").status_code == 200
        asked = [
            q["sql"]
            for q in caught
            if q["sql"].lstrip().startswith("SELECT") and "django_session" not in q["sql"]
        ]
        assert len(asked) <= most, (name, [sql[:120] for sql in asked])
