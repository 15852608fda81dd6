"""What the books want stands in the to-do of the party unit that answers for them."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils.timezone import localdate

from tongxin.funds import actions
from tongxin.orgs.models import Org
from tongxin.portal.actions import refresh_due
from tongxin.portal.models import DueItem
from tongxin.testing import NOON

from .conftest import again

NOW = localdate(NOON)


def test_what_an_office_has_to_pay_approve_and_mend_stands_with_the_party_unit_of_its_land(
    books, give, spend, client
):
    Org.objects.exclude(pk=books.north_party.pk).filter(kind="party").update(dissolved_on=NOW)
    allocation = give(
        payables=[(NOW - timedelta(days=3), 300_000), (NOW + timedelta(days=60), 1000)]
    )
    order = actions.ask_payment(
        allocation=allocation, amount_fen=5_000, on=NOW, payee="滨海建筑公司", by=again(books.liu), at=NOON
    )  # fmt: skip
    check = actions.record_check(
        account=books.account, result="flawed", text="缺合同", on=NOW,
        mend_by=NOW + timedelta(days=9), by=again(books.shen), at=NOON,
    )  # fmt: skip
    refresh_due(at=NOON)
    mine = DueItem.objects.filter(unit=books.north_party, source="funds")
    assert {(one.kind, one.due) for one in mine} == {
        ("payable", NOW - timedelta(days=3)), ("pay_order", NOW), ("use_check", check.mend_by),
    }  # fmt: skip
    assert mine.get(kind="payable").url == reverse("funds:allocation", args=[allocation.pk])
    assert "3,000.00" in mine.get(kind="payable").sentence
    client.force_login(again(books.tang))
    page = client.get("/todo/").content.decode()
    assert "松社区改造" in page and "阵地建设专账" in page
    actions.decide_payment(order=order, approve=False, reason="重复", by=again(books.bai), at=NOON)
    actions.mend_check(check=check, text="已补", by=again(books.liu), at=NOON)
    spend(allocation, 300_000)
    refresh_due(at=NOON)
    assert not mine.all().exists()
