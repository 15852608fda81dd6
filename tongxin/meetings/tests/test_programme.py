"""A plan of several years: the matrix of fields and years, targets and what was reached."""

from datetime import date
from decimal import Decimal

import pytest

from tongxin.accounts.models import AuditEntry
from tongxin.kit.errors import Invalid
from tongxin.meetings import actions, queries
from tongxin.meetings.models import ProgrammeTarget
from tongxin.testing import NOON

from .people import browser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]


def target(world, year=2018, share="80", **more) -> ProgrammeTarget:
    given = {
        "unit": world.tong_party, "programme": "三年行动计划", "measure": "党支部标准化率",
        "sector": "", "target": Decimal(share), "by": world.he, "at": NOON,
    }  # fmt: skip
    return actions.set_target(year=year, **given | more)


@pytest.mark.mission("S4.8")
def test_yearly_targets_beside_the_rate_that_was_reached(world):
    rows = [target(world, 2018, "80"), target(world, 2019, "90"), target(world, 2020, "100")]
    for row, done in zip(rows, (33, 34), strict=False):
        actions.report_actual(
            target=row, done=done, total=40, on=date(row.year, 12, 31), by=world.he, at=NOON
        )
    [table] = queries.programme_matrix(world.he, world.tong_party)
    cells = table["lines"][0][1]
    assert table["years"] == [2018, 2019, 2020]
    assert [(cell["rate"], cell["met"]) for cell in cells] == [
        (82.5, True), (85.0, False), (None, False),
    ]  # fmt: skip


@pytest.mark.mission("S4.4")
def test_by_field_and_year_from_the_sample(world):
    assert actions.load_programme(unit=world.tong_party, by=world.he, at=NOON) == 12
    assert actions.load_programme(unit=world.tong_party, by=world.he, at=NOON) == 0
    tables = queries.programme_matrix(world.he, world.tong_party)
    told = {table["programme"]: [field for field, _cells in table["lines"]] for table in tables}
    assert told["党员教育培训三年行动计划"] == ["社区", "农村"]


def test_a_change_is_written_down(world):
    target(world)
    target(world, share="85")
    assert ProgrammeTarget.objects.get().target == 85
    assert AuditEntry.objects.get(action="programme.change").detail == {"from": "80.0", "to": "85"}


def test_refusals(world):
    row = target(world)
    for wrong in ({"done": 41, "total": 40}, {"done": 0, "total": 0}):
        with pytest.raises(actions.TooManyDone):
            actions.report_actual(target=row, on=NOON.date(), by=world.he, at=NOON, **wrong)
    with pytest.raises(Invalid):
        target(world, 2021, "101")
    for who in (world.tang, world.yue, world.ann):
        with pytest.raises(actions.NotYours):
            target(world, 2022, by=who)
    assert ProgrammeTarget.objects.count() == 1


def test_the_page(world):
    row, he = target(world), browser(world.he)
    assert "党支部标准化率" in he.get("/meetings/programme/").content.decode()
    url = f"/meetings/programme/{row.pk}/"
    assert he.post(url, {"done": 41, "total": 40, "on": "2026-01-01"}).status_code == 422
    assert he.post(url, {"done": 32, "total": 40, "on": "2026-01-01"}).status_code == 302
    assert "80.0 / 80.0" in he.get("/meetings/programme/").content.decode()
    assert browser(world.tang).get(url).status_code == 404
    assert browser(world.wang).get("/meetings/programme/").status_code == 404
