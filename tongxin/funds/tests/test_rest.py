"""The books through the API: the whole way, by cursor, who gets what."""

from __future__ import annotations

import pytest

from tongxin.funds.models import PayRule

from .conftest import TODAY


@pytest.mark.mission("S1.46", "S1.47", "S0.77")
def test_the_whole_way_of_money_through_the_api(books, api):
    pk = books.account.pk
    assert [one["code"] for one in api("liu", "GET", "/funds/sources").json()["items"]][0] == "D01"
    body = {"source": "P01", "amount_fen": 50_000, "on": "2026-02-01"}
    for _n in range(2):
        made = api("liu", "POST", f"/funds/accounts/{pk}/receive", body, key="r")
        assert made.status_code == 201
    body = {"source": "P01", "amount_fen": 30_000, "purpose": "阵地", "region": "120116001001",
            "to": {"kind": "site", "id": "9", "label": "松社区中心", "url": "/places/9/"},
            "payables": [{"due_on": "2026-02-15", "amount_fen": 30_000}]}  # fmt: skip
    given = api("liu", "POST", f"/funds/accounts/{pk}/allocate", body, key="a").json()
    assert given["payables"][0]["due_on"] == "2026-02-15"
    url = f"/funds/allocations/{given['id']}"
    pay = {"amount_fen": 10_000, "on": "2026-02-20", "payee": "甲"}
    line = api("liu", "POST", f"{url}/pay", pay, key="p").json()
    assert (line["amount_fen"], line["balance_fen"]) == (-10_000, 1_040_000)
    refused = api("liu", "POST", f"{url}/pay", pay | {"amount_fen": 20_001})
    assert (refused.status_code, refused.json()["code"]) == (409, "over_allocation")
    assert api("liu", "GET", "/funds/of?kind=site&id=9").json() == {
        "allocated": 30_000, "paid": 10_000, "due": 20_000, "overdue": 20_000,
    }  # fmt: skip
    assert api("yue", "GET", "/funds/of?kind=site&id=9").json()["allocated"] == 0
    late = api("shen", "GET", "/funds/overdue").json()
    assert (late["count"], late["fen"]) == (1, 20_000)
    back = api("liu", "POST", f"/funds/lines/{line['id']}/reverse", {"reason": "写错"}).json()
    assert (back["amount_fen"], back["reverses"]) == (10_000, line["seq"])
    frozen = api("liu", "POST", f"/funds/accounts/{pk}/freeze", {"month": "2026-01-15"})
    assert frozen.json()["closing_fen"] == 1_000_000
    seen, cursor = [], ""
    for _n in range(3):
        page = api("shen", "GET", f"/funds/accounts/{pk}/lines?limit=2&cursor={cursor}").json()
        seen += [one["seq"] for one in page["items"]]
        cursor = page["next"]
    assert (seen, cursor) == ([5, 4, 3, 2, 1], None)
    assert api("shen", "GET", f"/funds/accounts/{pk}/lines?cursor=x").status_code == 422


def test_a_large_payment_is_asked_for_and_approved_by_another(books, api, give):
    PayRule.objects.create(threshold_fen=1000, effective_from=TODAY)
    url = f"/funds/allocations/{give().pk}"
    body = {"amount_fen": 1000, "on": "2026-03-02", "payee": "甲"}
    assert api("liu", "POST", f"{url}/pay", body).json()["code"] == "needs_approval"
    order = api("liu", "POST", f"{url}/ask", body, key="k").json()
    assert api("liu", "POST", f"{url}/ask", body, key="k").json()["id"] == order["id"]
    decide = f"/funds/orders/{order['id']}/decide"
    assert api("liu", "POST", decide, {"approve": True}).status_code == 403
    assert [one["id"] for one in api("bai", "GET", "/funds/orders").json()["items"]] == [
        order["id"]
    ]
    assert api("bai", "POST", decide, {"approve": True}).json()["state"] == "paid"


def test_strangers_find_nothing_and_keepers_alone_write(books, api, give):
    allocation, pk = give(), books.account.pk
    for path in (f"/funds/accounts/{pk}/lines", f"/funds/allocations/{allocation.pk}"):
        assert api("wu", "GET", path).status_code == 404
        assert api("", "GET", path).status_code == 401
    assert api("wu", "GET", "/funds/accounts").json()["items"] == []
    assert api("shen", "GET", "/funds/accounts").json()["items"][0]["id"] == pk
    body = {"source": "F03", "amount_fen": 1, "on": "2026-02-01"}
    assert api("shen", "POST", f"/funds/accounts/{pk}/receive", body).status_code == 403
    assert (
        api("liu", "POST", f"/funds/accounts/{pk}/receive", body | {"source": "?"}).status_code
        == 422
    )
    check = {"result": "proper", "text": "抽查三笔，票据齐全", "on": "2026-03-01"}
    assert api("liu", "POST", f"/funds/accounts/{pk}/checks", check).status_code == 403
    assert api("shen", "POST", f"/funds/accounts/{pk}/checks", check).status_code == 201
    assert len(api("liu", "GET", "/funds/checks").json()["items"]) == 1
    made = {"org": books.north_office.pk, "name": "党费专户"}
    assert api("liu", "POST", "/funds/accounts", made).json()["number"].startswith("120116-A")
    assert api("shen", "POST", "/funds/accounts", made | {"name": "别的"}).status_code == 403
    assert [one["number"] for one in api("qin", "GET", "/funds/allocations").json()["items"]] == [
        allocation.number
    ]
