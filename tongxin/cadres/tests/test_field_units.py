"""A cadre joins a temporary unit of the place; their membership stays at home."""

from datetime import date

import pytest

from tongxin.cadres import actions
from tongxin.cadres.models import Secondment
from tongxin.orgs.models import Org

from .cast import NOON, send


@pytest.fixture
def row(cadres, operation):
    return send(cadres, operation, "bo", cadres.pine)


@pytest.fixture
def unit(cadres):
    return Org.objects.create(
        name="松社区抗疫临时党支部", kind="party", region=cadres.pine, parent=cadres.pine_party,
        unit_kind="branch", is_temporary=True, expires_on=date(2036, 6, 1),
    )  # fmt: skip


def join(row, unit, by):
    actions.join_field_unit(secondment=row, unit=unit, at=NOON, by=by)
    return Secondment.objects.get(pk=row.pk)


@pytest.mark.mission("S0.20")
def test_joined_and_left_with_a_trace(cadres, row, unit):
    assert join(row, unit, cadres.gao).field_unit == unit
    join(row, unit, cadres.gao)  # again: nothing new
    assert join(row, None, cadres.gao).field_unit is None
    texts = [one.text for one in row.events.filter(kind="joined")]
    assert texts == ["编入松社区抗疫临时党支部", "退出临时党组织"]


def test_who_keeps_the_unit_may_too_others_not(cadres, row, unit):
    assert join(row, unit, cadres.tang).field_unit == unit
    for who in ("zhang", "bo", "yue", "ann"):
        with pytest.raises(actions.NotYours):
            join(row, unit, getattr(cadres, who))


def test_only_a_temporary_unit_of_the_place_takes_them_in(cadres, row, unit):
    for other in (cadres.branch, cadres.pine_party):
        with pytest.raises(actions.NotAFieldUnit):
            join(row, other, cadres.gao)
    Org.objects.filter(pk=unit.pk).update(region=cadres.salt)
    with pytest.raises(actions.NotAFieldUnit):
        join(row, unit, cadres.gao)
    Org.objects.filter(pk=unit.pk).update(region=cadres.pine, expires_on=date(2026, 1, 1))
    unit.refresh_from_db()
    with pytest.raises(actions.NotAFieldUnit):
        join(row, unit, cadres.gao)
    assert Secondment.objects.get(pk=row.pk).field_unit is None


def test_on_the_page(cadres, row, unit, client):
    client.force_login(cadres.gao)
    url = f"/cadres/secondments/{row.pk}/field-unit/"
    assert unit.name in client.get(url).content.decode()
    assert client.post(url, {"unit": unit.pk}).status_code == 302
    assert unit.name in client.get(f"/cadres/secondments/{row.pk}/").content.decode()
    client.force_login(cadres.bo)
    assert client.get(url).status_code == 404
