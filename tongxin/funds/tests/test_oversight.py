"""Two people for a large payment, alarms once, and somebody else who looks into the books."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.accounts.models import Notice
from tongxin.funds import actions, queries
from tongxin.funds.models import Line, PayOrder, PayRule, UseCheck
from tongxin.testing import NOON

from .conftest import TODAY, again, balance


@pytest.fixture
def order(books, give):
    PayRule.objects.create(threshold_fen=100_000, effective_from=date(2026, 1, 1))
    return actions.ask_payment(
        allocation=give(), amount_fen=300_000, on=TODAY, payee="滨海建筑公司",
        by=again(books.liu), at=NOON, key="ask",
    )  # fmt: skip


@pytest.mark.mission("S1.47")
def test_a_large_payment_is_approved_by_another_and_then_is_a_line(books, order):
    assert list(Notice.objects.values_list("user__username", flat=True)) == ["bai"]
    for who, refusal in ((books.liu, actions.SameHands), (books.shen, actions.NotApprover)):
        with pytest.raises(refusal):
            actions.decide_payment(order=order, approve=True, by=again(who), at=NOON)
    assert balance(books.account) == 1_000_000
    actions.decide_payment(order=order, approve=True, by=again(books.bai), at=NOON)
    line = Line.objects.get(kind="pay")
    assert (line.amount_fen, line.by, line.approved_by) == (-300_000, books.liu, books.bai)
    assert actions.line_of(order) == line
    with pytest.raises(actions.AlreadyDecided):
        actions.decide_payment(order=order, approve=False, by=again(books.bai), at=NOON)
    assert list(queries.wrong_ledgers()) == []


def test_a_refusal_needs_its_reason_and_what_waits_is_not_asked_for_twice(books, order):
    from tongxin.kit.text import Missing

    with pytest.raises(actions.OverAllocation, match="2,000.00"):
        actions.ask_payment(allocation=order.allocation, amount_fen=200_001, on=TODAY, payee="乙",
                            by=again(books.liu), at=NOON)  # fmt: skip
    with pytest.raises(Missing):
        actions.decide_payment(order=order, approve=False, by=again(books.bai), at=NOON)
    actions.decide_payment(
        order=order, approve=False, by=again(books.bai), at=NOON, reason="缺合同"
    )
    assert PayOrder.objects.get().state == "refused"
    assert Line.objects.filter(kind="pay").count() == 0
    assert Notice.objects.filter(user=books.liu, text__contains="缺合同").exists()


@pytest.mark.mission("S0.77", "S1.47")
def test_what_is_overdue_is_told_once_to_keepers_and_inspectors(books, give, spend):
    allocation = give(payables=[(TODAY - timedelta(days=1), 200_000), (TODAY, 300_000)])
    assert actions.payables_due(at=NOON) == 1
    assert actions.payables_due(at=NOON) == 0
    told = Notice.objects.filter(title__contains="2,000.00").values_list(
        "user__username", flat=True
    )
    assert sorted(told) == ["bai", "liu", "shen"]
    assert queries.of_subject("none", 1)["overdue"] == 0
    spend(allocation, 500_000)
    assert actions.payables_due(at=NOON + timedelta(days=3)) == 0


@pytest.mark.mission("S1.47")
def test_the_use_is_checked_by_somebody_who_does_not_keep_it(books, give, spend):
    line = spend(give(), 100)

    def check(who, **given):
        given = {"result": "flawed", "text": "发票缺失", "on": TODAY, "mend_by": TODAY} | given
        return actions.record_check(
            account=books.account, line=line, by=again(who), at=NOON, **given
        )

    for who in (books.liu, books.bai, books.wu, books.ann):
        with pytest.raises(actions.NotChecker):
            check(who)
    for wrong in ({"result": "?"}, {"on": TODAY + timedelta(days=1)}, {"mend_by": None}):
        with pytest.raises(actions.BadCheck):
            check(books.shen, **wrong)
    assert UseCheck.objects.count() == 0
    one = check(books.shen)
    assert set(Notice.objects.values_list("user__username", flat=True)) == {"liu", "bai"}
    with pytest.raises(actions.NotKeeper):
        actions.mend_check(check=one, text="已补", by=again(books.shen), at=NOON)
    actions.mend_check(check=one, text="发票已补齐", by=again(books.liu), at=NOON)
    with pytest.raises(actions.AlreadyMended):
        actions.mend_check(check=one, text="再补", by=again(books.liu), at=NOON)


def test_sources_and_thresholds_are_the_districts(books):
    with pytest.raises(actions.NotDistrict):
        actions.save_source(code="X1", name="新来源", kind="fiscal", level="street",
                            by=again(books.liu), at=NOON)  # fmt: skip
    given = {
        "code": "F03",
        "name": "区财政",
        "level": "district",
        "by": again(books.gao),
        "at": NOON,
    }
    with pytest.raises(actions.BadSource):
        actions.save_source(kind="party_dues", **given)  # it holds money already
    assert not actions.save_source(kind="fiscal", **given).is_sample
    rule = {"region": books.tong, "threshold_fen": 100, "source": "区财〔2026〕3号", "by": again(books.gao), "at": NOON}  # fmt: skip
    with pytest.raises(actions.BadDay):
        actions.set_pay_rule(effective_from=TODAY - timedelta(days=1), **rule)
    actions.set_pay_rule(effective_from=TODAY, **rule)
    PayRule.objects.create(threshold_fen=5, effective_from=date(2020, 1, 1))
    assert queries.threshold_for(books.north.path, TODAY) == 100
    assert queries.threshold_for(books.north.path, TODAY - timedelta(days=1)) == 5


def test_the_verification_and_the_worker_know_the_books(books, give):
    from tongxin.portal.checking import check_everything
    from tongxin.portal.worker import JOBS

    give(payables=[(TODAY - timedelta(days=1), 1)])
    job = next(job for job in JOBS if job.name == "payables_due")
    assert job.run(NOON) == 1
    assert check_everything() == []
    Line.objects.filter(seq=2).update(note="改过")
    assert any(books.account.number in fault for fault in check_everything())


@pytest.mark.mission("S1.47")
def test_evidence_is_shown_to_who_sees_the_account(books, give, client, settings, tmp_path):
    import io

    from PIL import Image

    from tongxin.photos.actions import keep_photo

    settings.MEDIA_ROOT = tmp_path
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (9, 99, 90)).save(buffer, "JPEG")
    photo = keep_photo(data=buffer.getvalue(), by=books.liu, at=NOON)
    line = actions.pay(allocation=give(), amount_fen=100, on=TODAY, payee="甲", by=again(books.liu),
                       at=NOON, photos=[photo])  # fmt: skip
    assert line.proof == [photo.sha256]
    assert actions.add_proof(line=line, photos=[photo], by=again(books.liu), at=NOON) == 0
    for who, status in ((books.shen, 200), (books.bai, 200), (books.wu, 404), (books.sun, 404)):
        client.force_login(who)
        answer = client.get(f"/photos/{photo.pk}/thumb/")
        assert answer.status_code == status, who
        if answer.streaming:
            assert b"".join(answer.streaming_content)


@pytest.mark.mission("S0.77")
def test_a_finding_about_money_shows_what_was_given_for_it(books, give, client):
    from tongxin.findings.actions import load_kinds, record_finding

    load_kinds()
    finding = record_finding(
        region=books.pine, kind="F31", text="帮扶资金未到位", by=again(books.shen), at=NOON, found_at=NOON,
        fund="东尹村产业项目帮扶资金", due_fen=300_000, units=[(books.roads, "", "main")],
    )  # fmt: skip
    allocation = give(to=("finding", str(finding.pk), finding.number, f"/findings/{finding.pk}/"))
    client.force_login(books.shen)
    page = client.get(f"/findings/{finding.pk}/").content.decode()
    assert f"/funds/of/?kind=finding&amp;id={finding.pk}" in page
    shown = client.get(f"/funds/of/?kind=finding&id={finding.pk}").content.decode()
    assert allocation.number in shown
