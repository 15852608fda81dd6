"""Calls, reports of progress, money that comes or does not, alarms; who is told of what."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.accounts.models import Notice
from tongxin.cases.queries import Guarded
from tongxin.findings import actions
from tongxin.findings.actions import Order
from tongxin.findings.models import Payment, Rectification, SelfCheck
from tongxin.testing import NOON

from .conftest import again

TODAY = date(2026, 3, 2)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def fund(cast, record):
    """Money for a village that did not come, pressed on three units (S0.77–S0.81)."""
    finding = record(
        kind="F31", text="产业项目帮扶资金未到位", fund="东片村产业项目", due_fen=300_000_00,
        units=[(cast.roads, "", "main"), (cast.water, "", "regulator")],
    )  # fmt: skip
    deadline = TODAY + 10 * DAY
    orders = [
        Order(org, deadline, "说明原因、立即整改、全额拨付", report_every=3)
        for org in (cast.roads, cast.water, cast.north_office)
    ]
    cases = actions.press_on_units(finding, orders=orders, at=NOON, by=cast.shen)
    return finding, cases


def told(user) -> list[str]:
    return list(Notice.objects.filter(user=user).order_by("pk").values_list("title", flat=True))


@pytest.mark.mission("S0.80")
def test_a_fund_finding_is_written_off_when_all_was_paid_with_receipts(cast, record, walk, shot):
    finding = record(kind="F31", text="资金未到位", due_fen=100_00, fund="甲村项目")
    case = actions.order_rectification(
        finding, org=cast.roads, deadline=TODAY + 10 * DAY, note="", at=NOON, by=cast.shen
    )
    walk(case, "accept plan carry_out recheck")  # cause and plan are needed: test_rectification
    late = NOON + 2 * HOUR
    given = {"on": TODAY, "at": NOON, "by": cast.li}
    with pytest.raises(Guarded, match="100.00"):
        walk(case, "write_off", at=late)
    actions.record_payment(finding, fen=60_00, receipt=shot(cast.li), **given)
    with pytest.raises(Guarded, match="40.00"):
        walk(case, "write_off", at=late)
    bare = actions.record_payment(finding, fen=40_00, **given)
    with pytest.raises(Guarded, match="凭证"):
        walk(case, "write_off", at=late)
    actions.add_receipt(bare, receipt=shot(cast.li), at=NOON, by=cast.li)
    walk(case, "write_off", at=late)
    finding.refresh_from_db()
    assert (finding.step, finding.unpaid_fen) == ("closed", 0)


def test_money_is_refused_where_it_cannot_be(cast, fund, record):
    finding, _cases = fund
    given = {"on": TODAY, "at": NOON, "by": cast.li}
    with pytest.raises(actions.BadMoney):
        actions.record_payment(finding, fen=0, **given)
    with pytest.raises(actions.TooMuch):
        actions.record_payment(finding, fen=300_000_01, **given)
    with pytest.raises(actions.BadDay):
        actions.record_payment(finding, fen=1, **(given | {"on": TODAY + DAY}))
    with pytest.raises(actions.NotTheUnit):
        actions.record_payment(finding, fen=1, **(given | {"by": cast.wu}))
    with pytest.raises(actions.NoFund):
        actions.record_payment(record(), fen=1, **(given | {"by": cast.shen}))
    first = actions.record_payment(finding, fen=100, key="k", **given)
    assert actions.record_payment(finding, fen=100, key="k", **given) == first
    assert Payment.objects.count() == 1
    with pytest.raises(actions.NotOverseer):
        actions.revoke_payment(first, reason="错了", at=NOON, by=cast.li)
    actions.revoke_payment(first, reason="错了", at=NOON, by=cast.shen)
    with pytest.raises(actions.AlreadyRevoked):
        actions.revoke_payment(first, reason="错了", at=NOON, by=cast.shen)
    finding.refresh_from_db()
    assert finding.paid_fen == 0


@pytest.mark.mission("S0.81")
def test_progress_is_reported_on_time_and_lateness_raises_an_alarm(cast, fund):
    finding, (case, *_others) = fund
    row = Rectification.objects.get(case=case)
    assert row.next_report_on == TODAY + 3 * DAY
    assert actions.follow_due(at=NOON + 2 * DAY) == 0
    assert actions.follow_due(at=NOON + 3 * DAY) == 3
    assert actions.follow_due(at=NOON + 3 * DAY + HOUR) == 0
    assert any("请报送整改进度" in one for one in told(cast.li))
    assert not any("逾期" in one for one in told(cast.shen))
    actions.report_progress(
        row, on=TODAY + 3 * DAY, text="已拨付三成", at=NOON + 3 * DAY, by=cast.li
    )
    row.refresh_from_db()
    assert row.next_report_on == TODAY + 6 * DAY
    assert actions.follow_due(at=NOON + 4 * DAY) == 2  # the two that did not
    assert sum("进度逾期未报" in one for one in told(cast.shen)) == 2
    assert any("进度逾期未报" in one for one in told(cast.zhou))
    assert not any("逾期" in one for one in told(cast.li))
    assert actions.follow_due(at=NOON + 5 * DAY) == 0  # once for each report


@pytest.mark.mission("S0.81")
def test_money_that_has_not_all_come_by_its_day_raises_an_alarm(cast, fund):
    finding, _cases = fund
    Rectification.objects.update(next_report_on=None)
    assert actions.follow_due(at=NOON + 10 * DAY) == 0
    assert actions.follow_due(at=NOON + 11 * DAY) == 1
    for user in (cast.shen, cast.liu, cast.li, cast.zhou):
        assert sum("资金逾期未全额到位" in one for one in told(user)) == 1
    actions.follow_due(at=NOON + 12 * DAY)
    assert sum("资金逾期未全额到位" in one for one in told(cast.shen)) == 1
    actions.follow_due(at=NOON + 18 * DAY)
    assert sum("资金逾期未全额到位" in one for one in told(cast.shen)) == 2  # again every week
    late = {"on": TODAY, "at": NOON + 18 * DAY, "by": cast.li}
    actions.record_payment(finding, fen=300_000_00, **late)
    assert actions.follow_due(at=NOON + 30 * DAY) == 0


def test_a_report_is_the_units_own_and_in_order(cast, fund):
    _finding, (case, *_others) = fund
    row = Rectification.objects.get(case=case)
    given = {"text": "进展", "at": NOON + 2 * DAY}
    with pytest.raises(actions.NotTheUnit):
        actions.report_progress(row, on=TODAY, by=cast.zhou, **given)
    with pytest.raises(actions.BadDay):
        actions.report_progress(row, on=TODAY + 3 * DAY, by=cast.li, **given)
    made = actions.report_progress(row, on=TODAY + DAY, by=cast.li, **given)
    assert (made.paid_fen, made.was_late) == (0, False)
    with pytest.raises(actions.ReportedToday):
        actions.report_progress(row, on=TODAY + DAY, by=again(cast.lin), **given)
    with pytest.raises(actions.BadDay):
        actions.report_progress(row, on=TODAY, by=cast.li, **given)
    with pytest.raises(actions.NotOverseer):
        actions.ask_for_reports(row, every=5, at=NOON, by=cast.li)
    asked = actions.ask_for_reports(row, every=5, at=NOON, by=cast.shen)
    assert asked.next_report_on == TODAY + 5 * DAY
    late = actions.report_progress(
        row, on=TODAY + 6 * DAY, text="进展", at=NOON + 6 * DAY, by=cast.li
    )
    assert late.was_late
    assert actions.ask_for_reports(row, every=None, at=NOON, by=cast.shen).next_report_on is None


def test_reports_end_with_the_work(cast, fund, walk):
    _finding, (case, *_others) = fund
    walk(case, "accept plan carry_out")
    row = Rectification.objects.get(case=case)
    assert row.next_report_on is None
    with pytest.raises(actions.NothingToReport):
        actions.report_progress(row, on=TODAY, text="进展", at=NOON + HOUR, by=cast.li)
    with pytest.raises(actions.NothingToReport):
        actions.ask_for_reports(row, every=3, at=NOON, by=cast.shen)


@pytest.mark.mission("S0.76")
def test_who_promised_to_call_again_is_reminded(cast, record):
    finding = record()
    call = {"spoke_to": "王科长", "text": "周五前拨付", "at": NOON, "by": cast.shen}
    actions.log_call(finding, called_at=NOON, next_on=TODAY + 2 * DAY, **call)
    assert actions.follow_due(at=NOON + DAY) == 0
    actions.follow_due(at=NOON + 2 * DAY)
    actions.follow_due(at=NOON + 2 * DAY + HOUR)
    assert sum("该电话跟进了" in one for one in told(cast.shen)) == 1
    actions.log_call(
        finding, called_at=NOON + 2 * DAY, **(call | {"at": NOON + 2 * DAY, "text": "已拨付"})
    )
    assert actions.follow_due(at=NOON + 3 * DAY) == 0  # it was made
    with pytest.raises(actions.NotOverseer):
        actions.log_call(finding, called_at=NOON, **(call | {"by": cast.li}))
    with pytest.raises(actions.BadDay):
        actions.log_call(finding, called_at=NOON, next_on=TODAY - DAY, **call)


@pytest.mark.mission("S0.75")
def test_self_checks_are_reminded_of_and_the_one_who_asked_is_told(cast, record, shot):
    rows = [record(text=f"问题{n}", site=f"{n}号") for n in range(2)]
    group = actions.make_group(title="通道堵塞", findings=rows, at=NOON, by=cast.shen)
    with pytest.raises(actions.AlreadyGrouped):
        actions.make_group(title="再一次", findings=rows, at=NOON, by=cast.shen)
    with pytest.raises(actions.TooFew):
        actions.make_group(title="一个", findings=rows[:1], at=NOON, by=cast.shen)
    with pytest.raises(actions.NotOverseer):
        actions.make_group(title="别人的", findings=[record(), record()], at=NOON, by=cast.mei)
    given = {"text": "查通道", "at": NOON, "by": cast.shen, "due_on": TODAY + 5 * DAY}
    with pytest.raises(actions.NoPeers):
        actions.start_self_check(group, region=cast.tong, org_kind="unit", **given)
    with pytest.raises(actions.NotOverseer):
        actions.start_self_check(
            group, region=cast.tong, org_kind="community", **(given | {"by": cast.liu})
        )
    made = actions.start_self_check(group, region=cast.tong, org_kind="community", key="a", **given)
    twice = actions.start_self_check(
        group, region=cast.tong, org_kind="community", key="a", **given
    )
    assert made == twice and made.checks.count() == 2
    assert any("请开展自查" in one for one in told(cast.wu))
    check = SelfCheck.objects.get(org=cast.salt_office)
    answer = {"has": False, "text": "已逐楼查看", "checked_on": TODAY, "at": NOON}
    with pytest.raises(actions.NoEvidence):
        actions.answer_self_check(check, photos=[], by=cast.wu, **answer)
    with pytest.raises(actions.NotYourCheck):
        actions.answer_self_check(check, photos=[shot(cast.zhang)], by=cast.zhang, **answer)
    actions.answer_self_check(check, photos=[shot(cast.wu)], by=cast.wu, **answer)
    with pytest.raises(actions.AlreadyAnswered):
        actions.answer_self_check(check, photos=[shot(cast.wu)], by=cast.wu, **answer)
    assert actions.follow_due(at=NOON + 3 * DAY) == 1
    assert any("即将到期" in one for one in told(cast.zhang))
    assert not any("即将到期" in one for one in told(cast.wu))  # it has answered
    actions.follow_due(at=NOON + 6 * DAY)
    assert any("自查还有 1 家未报" in one for one in told(cast.shen))
    assert actions.chase_round(made, at=NOON + 6 * DAY, by=cast.shen) == 1
    with pytest.raises(actions.NotOverseer):
        actions.chase_round(made, at=NOON, by=cast.wu)


def test_a_finding_leaves_its_group(cast, record):
    rows = [record(text=f"问题{n}") for n in range(3)]
    group = actions.make_group(title="通道堵塞", findings=rows[:2], at=NOON, by=cast.shen)
    assert group.region == cast.pine
    actions.add_to_group(group, finding=rows[2], at=NOON, by=cast.shen)
    assert group.findings.count() == 3
    actions.leave_group(rows[0], at=NOON, by=cast.shen)
    assert group.findings.count() == 2
    with pytest.raises(actions.NotOverseer):
        actions.leave_group(rows[1], at=NOON, by=cast.li)
