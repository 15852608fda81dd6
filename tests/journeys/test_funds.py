"""Money and villages in a browser: a payment that two people make, a year that the street verifies."""

from datetime import UTC, date, datetime

import pytest

from tongxin.economy.actions import load_kinds
from tongxin.funds import actions
from tongxin.funds.models import Account, Line, Source
from tongxin.regions.models import Region

pytestmark = pytest.mark.browser
DESK_ONLY = pytest.mark.parametrize("width", [1440], indirect=True)
PHONE_ONLY = pytest.mark.parametrize("width", [390], indirect=True)


@pytest.fixture
def books(world):
    """An account of the street with 200,000 yuan in it; Pine is a village."""
    at = datetime.now(UTC)
    actions.load_sources()
    actions.load_pay_rules()
    load_kinds()
    world.second = world.person("second", "常青", world.north_office, "officer")
    Region.objects.filter(pk=world.pine.pk).update(kind="village")
    world.account = actions.open_account(
        org=world.north_office, region=world.north, name="产业扶持专账", is_special=True,
        purpose="村集体经济", by=world.liu, at=at, opened_on=date(2026, 1, 1),
    )  # fmt: skip
    source = Source.objects.get(code="F03")
    actions.receive(
        account=world.account, source=source, amount_fen=20_000_000, on=date(2026, 1, 2),
        by=world.liu, at=at,
    )  # fmt: skip
    world.allocation = actions.allocate(
        account=world.account, source=source, amount_fen=12_000_000, purpose="松社区大棚",
        region=world.pine, by=world.liu, at=at, payables=[(date(2026, 2, 1), 6_000_000)],
    )  # fmt: skip
    return world


@DESK_ONLY
def test_a_large_payment_is_made_by_two(visit, books):
    keeper = visit(books.liu)
    page = keeper.go("/funds/")
    keeper.sees("逾期最久的")
    page.get_by_role("link", name="松社区大棚").click()
    keeper.lands_on("/funds/allocations/")
    keeper.press("支付")
    page.get_by_label("金额（元）").fill("60000.01")
    page.get_by_label("收款方").fill("滨海建筑公司")
    keeper.press("提交")
    keeper.lands_on(f"/funds/allocations/{books.allocation.pk}/")
    keeper.sees("待审批")
    second = visit(books.second)
    other = second.go("/funds/orders/")
    other.get_by_role("link", name="审批 滨海建筑公司").click()
    other.get_by_label("同意付款").check()
    second.press("提交审批")
    second.lands_on("/funds/orders/")
    second.sees("刘洋 申请，常青 审批")
    assert Line.objects.get(kind="pay").amount_fen == -6_000_001
    keeper.go(f"/funds/accounts/{books.account.pk}/")
    keeper.sees("139,999.99")
    assert Account.objects.get(pk=books.account.pk).committed_fen == 5_999_999


@PHONE_ONLY
def test_a_village_reports_and_the_street_verifies(visit, books):
    clerk = visit(books.zhang)
    code = books.pine.code
    page = clerk.go(f"/economy/villages/{code}/")
    clerk.press("登记收入")
    page.get_by_label("收入类别").select_option("资产出租")
    page.get_by_label("金额（元）").fill("52000")
    clerk.press("登记")
    clerk.lands_on(f"/economy/villages/{code}/")
    clerk.sees("达到 5 万元标准")
    clerk.press("上报街镇")
    clerk.press("确认上报")
    clerk.sees("待街镇核实")
    officer = visit(books.liu)
    seen = officer.go(f"/economy/villages/{code}/")
    officer.press("核实")
    seen.get_by_label("属实，核实通过").check()
    officer.press("提交")
    officer.lands_on(f"/economy/villages/{code}/")
    officer.go("/economy/")
    officer.sees("达标")
