"""What villages earn through the API."""

from __future__ import annotations

import pytest

from tongxin.economy import actions
from tongxin.testing import NOON

from .conftest import TODAY, again


@pytest.mark.mission("S4.62", "S4.58")
def test_a_year_through_the_api(land, api, plan):
    plan()
    code = land.pine.code
    body = {"kind": "R1", "amount_fen": 5_000_000, "on": "2026-02-01"}
    for _n in range(2):
        assert (
            api("qin", "POST", f"/economy/villages/{code}/incomes", body, key="k").status_code
            == 201
        )
    assert (
        api("qin", "POST", f"/economy/villages/{code}/incomes", body | {"kind": "?"}).status_code
        == 422
    )
    assert len(api("liu", "GET", f"/economy/villages/{code}/incomes").json()["items"]) == 1
    year = api("qin", "POST", f"/economy/villages/{code}/years/2026/report").json()
    assert (
        api("qin", "POST", f"/economy/years/{year['id']}/verify", {"accept": True}).status_code
        == 403
    )
    assert (
        api("liu", "POST", f"/economy/years/{year['id']}/verify", {"accept": True}).json()["state"]
        == "verified"
    )
    found = api("gao", "GET", "/economy/villages?year=2026").json()
    assert (
        found["villages"],
        found["reported"],
        found["zero"],
        found["above"],
        found["is_cleared"],
    ) == (3, 1, 0, 1, False)
    assert [one["total_fen"] for one in found["items"]] == [5_000_000, None, None]
    assert api("yue", "GET", f"/economy/villages/{code}/incomes").status_code == 404
    assert api("sun", "GET", "/economy/villages?year=2026").json()["villages"] == 0
    project = api("liu", "GET", "/economy/projects").json()["items"][0]
    assert project["funds"] == {"allocated": 0, "paid": 0, "due": 0, "overdue": 0}


@pytest.mark.mission("S4.61")
def test_firms_and_their_sums(land, api):
    for n in (1, 2):
        actions.register_firm(name=f"企业{n}", region=land.tong, joined_on=TODAY, pledged_fen=n * 100,
                              by=again(land.gao), at=NOON)  # fmt: skip
    found = api("qin", "GET", "/economy/firms").json()
    assert (found["firms"], found["pledged_fen"], found["received_fen"]) == (2, 300, 0)
    assert api("sun", "GET", "/economy/firms").json()["items"] == []
