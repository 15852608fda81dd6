"""A brand: one of a village, a sector's family with its own indicators, values by period."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tongxin.kit.errors import Invalid
from tongxin.library import actions, queries
from tongxin.library.models import Brand, BrandFamily, BrandValue
from tongxin.orgs.models import LogEntry, Org
from tongxin.testing import NOON


@pytest.fixture
def families(db):
    actions.load_families()
    return {one.code: one for one in BrandFamily.objects.all()}


@pytest.fixture
def village(world):
    """A village's branch in Pine."""
    return Org.objects.create(
        name="新地村党支部", kind="party", region=world.pine, parent=world.pine_party, unit_kind="branch",
        sector="village",
    )  # fmt: skip


@pytest.fixture
def brand(world, families, village, desk):
    def make(**changes):
        given = {
            "family": families["village"], "org": village, "name": "北游南农", "since": date(2025, 1, 1),
            "product": "休闲农业", "plan": "北边做休闲，南边做农业", "by": world.bai, "at": NOON,
        } | changes  # fmt: skip
        return actions.register_brand(**given)

    return make


@pytest.mark.mission("S4.57")
def test_a_village_has_one_brand_with_its_product_and_plan(world, brand, client):
    one = brand()
    assert [i.name for i in one.indicators.all()] == ["村集体收入", "带动户数", "接待人次"]
    with pytest.raises(actions.BrandThere, match="一村一品"):
        brand(name="另一个")
    page = client.get(f"/library/brands/public/{one.pk}/").content.decode()
    assert "休闲农业" in page and "北边做休闲" in page
    listed = client.get("/library/brands/public/?family=village").content.decode()
    assert "北游南农" in listed and "brand-map" in listed
    actions.set_brand_state(one, state="retired", reason="合村", by=world.bai, at=NOON)
    assert client.get(f"/library/brands/public/{one.pk}/").status_code == 404
    assert brand(name="另一个").state == "growing"


@pytest.mark.mission("S4.81")
def test_each_sector_has_its_family_and_indicators(world, families, brand, desk):
    names = [families[code].name for code in ("vital", "unite", "teach", "heal")]
    assert names == ["活力党建", "聚力党建", "树人党建", "仁爱党建"]
    school = Org.objects.create(
        name="育才学校党支部",
        kind="party",
        region=world.pine,
        parent=world.pine_party,
        sector="education",
    )
    one = brand(family=families["teach"], org=school, name="红烛先锋")
    assert [i.name for i in one.indicators.all()] == ["党员名师", "进社区讲课"]
    with pytest.raises(Invalid, match="领域"):
        brand(family=families["heal"], org=school, name="医德")


def test_values_stand_by_period_against_the_target_and_corrections_are_kept(world, brand, as_):
    one = brand(indicators=[("带动户数", "户", Decimal(120))])
    indicator = one.indicators.get()
    url = f"/library/brands/{one.pk}/do/values/"
    for period, value in (("2025", "60"), ("2026-Q1", "90")):
        sent = as_(world.bai).post(url, {"period": period, f"i{indicator.pk}": value})
        assert sent.status_code == 302
    actions.record_values(
        one, period="2025", values={indicator.pk: Decimal(66)}, by=world.bai, at=NOON
    )
    found = queries.indicators_of(one)
    assert found["periods"] == ["2025", "2026-Q1"] and found["rows"][0]["cells"] == [66, 90]
    assert found["rows"][0]["share"] == 75
    assert BrandValue.objects.get(period="2025").before[0][0] == "60.00"
    for period, value in (("2026-Q2", 1), ("2026-13", 1), ("2025", -1), ("2025", "NaN")):
        with pytest.raises(actions.BadIndicator):
            actions.record_values(
                one, period=period, values={indicator.pk: Decimal(value)}, by=world.bai, at=NOON
            )
    with pytest.raises(actions.BadIndicator, match="已有数值"):
        actions.set_indicators(one, indicators=[("其他", "", None)], by=world.bai, at=NOON)
    with pytest.raises(actions.NotYourUnit):
        actions.record_values(
            one, period="2025", values={indicator.pk: Decimal(1)}, by=world.yue, at=NOON
        )
    assert BrandValue.objects.count() == 2


@pytest.mark.mission("S4.79")
def test_a_brand_goes_by_a_published_method(world, brand, publish, write, kinds, client):
    texts = {"name": "双引双融三提升", "steps": "引领、融合", "rules": "清单", "effect": "提升"}
    with pytest.raises(Invalid, match="已发布"):
        brand(method=write(kind=kinds["method"], title="草稿", texts=texts))
    method = publish(kind=kinds["method"], title="“223”工作法", texts=texts)
    one = brand(method=method)
    assert "“223”工作法" in client.get(f"/library/brands/public/{one.pk}/").content.decode()
    assert LogEntry.objects.filter(unit=one.org, text__contains="北游南农").count() == 1
    assert Brand.objects.public().count() == 1
