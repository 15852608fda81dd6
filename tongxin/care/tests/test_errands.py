"""The money of errands: what the case tells, who confirms it, what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tongxin.accounts.models import Notice
from tongxin.care import actions
from tongxin.care.actions.errands import in_fen
from tongxin.care.models import CareRule, Errand
from tongxin.care.queries import lists
from tongxin.care.queries.calendar import month_of
from tongxin.care.queries.rules import forget
from tongxin.cases.actions import keep_evidence, make_move
from tongxin.cases.models import Case, Event
from tongxin.cases.queries import forget_topics
from tongxin.kit.errors import Invalid, NotFound
from tongxin.requests.actions import file_request
from tongxin.testing import NOON

from .conftest import TODAY, a_picture, fresh

MINUTE = timedelta(minutes=1)
LATER = NOON + 30 * MINUTE


@pytest.fixture
def order(care):
    """Sun asks for an errand; Wang has taken it."""
    care.errand.needs_receipt = True
    care.errand.save()
    forget_topics()
    case = file_request(text="买降压药", topic=care.errand, region=care.p1, actor=care.sun, at=NOON)
    make_move(case, "dispatch", at=NOON + MINUTE, actor=care.zhang, holder=care.wang)
    make_move(case, "accept", at=NOON + 2 * MINUTE, actor=care.wang)
    return fresh(case)


def finish(care, order, amount=86.5, receipt=True):
    evidence = [
        keep_evidence(case=order, kind="receipt", data=a_picture(), actor=care.wang, at=LATER)
    ]
    make_move(
        order, "finish", at=LATER, actor=care.wang, note="买好送到", amount=amount,
        evidence=evidence,
    )  # fmt: skip
    if not receipt:
        order.evidence.all().delete()
    follow()
    return Errand.objects.get(pk=order.pk)


def follow():
    Event.objects.update(recorded_at=LATER)
    return actions.follow_errands(at=LATER + MINUTE)


@pytest.mark.mission("S2.50")
def test_an_errand_is_told_by_its_case_and_settled_by_the_resident(care, order):
    errand = finish(care, order)
    assert (errand.spent_fen, errand.receipts, errand.marks) == (8650, 1, [])
    assert errand.difference_fen == 8650 and errand.state == "to_confirm"
    assert Notice.objects.filter(user=care.sun, title="请确认代买金额").count() == 1
    done = actions.confirm_errand(errand=errand, by=care.sun, at=LATER)
    assert (done.state, done.settled_how, done.settled_by) == ("settled", "resident", care.sun)
    with pytest.raises(actions.SettledAlready):
        actions.confirm_errand(errand=errand, by=care.sun, at=LATER)
    assert follow() == 0  # what was read is not read again


@pytest.mark.mission("S2.50")
def test_only_who_asked_confirms(care, order):
    errand = finish(care, order)
    for who in (care.wang, care.chen, care.liu):
        with pytest.raises(actions.NotYourErrand):
            actions.confirm_errand(errand=errand, by=who, at=LATER)
    for who in (care.ma, care.zhao, care.ann, care.mei):
        with pytest.raises(NotFound):
            actions.confirm_errand(errand=errand, by=who, at=LATER)
    assert fresh(errand).state == "to_confirm"


@pytest.mark.mission("S2.50")
def test_without_a_receipt_or_above_the_ceiling_somebody_looks_first(care, order):
    CareRule.objects.create(
        code="errand_ceiling_fen", region=care.tong, effective_from=TODAY, value=5000, source="测试"
    )
    forget()
    errand = finish(care, order, receipt=False)
    assert errand.marks == ["over_ceiling", "no_receipt"]
    with pytest.raises(actions.NoReceipt):
        actions.confirm_errand(errand=errand, by=care.sun, at=LATER)
    with pytest.raises(actions.NoReceipt):
        actions.sign_errand(errand=errand, signature=a_picture(), by=care.wang, at=LATER)
    assert Notice.objects.filter(user=care.chen, title__startswith="代买金额需要核对").exists()
    done = actions.decide_errand(
        errand=errand, spent_fen=8000, verdict="药店补开发票 80 元", by=care.chen, at=LATER
    )
    assert (done.state, done.spent_fen, done.settled_how) == ("settled", 8000, "officer")


def test_an_advance_is_agreed_and_its_difference_shown(care, order):
    agree = actions.agree_errand
    with pytest.raises(actions.NotYourErrand):
        agree(case=order, mode="advance", given_fen=10_000, by=care.zhang, at=NOON)
    with pytest.raises(actions.AboveCeiling):
        agree(case=order, mode="advance", given_fen=50_001, by=care.wang, at=NOON)
    for mode, fen in (("advance", 0), ("pay_back", 5), ("loan", 5)):
        with pytest.raises(Invalid):
            agree(case=order, mode=mode, given_fen=fen, by=care.wang, at=NOON)
    agree(case=order, mode="advance", given_fen=10_000, by=care.wang, at=NOON)
    errand = finish(care, order)
    assert (errand.given_fen, errand.difference_fen) == (10_000, -1350)
    with pytest.raises(actions.NotNow):
        agree(case=order, mode="pay_back", given_fen=0, by=care.wang, at=LATER)


def test_no_money_where_the_topic_asks_for_none(care):
    case = file_request(text="水管漏了", topic=care.tap, region=care.p1, actor=care.sun, at=NOON)
    make_move(case, "dispatch", at=NOON + MINUTE, actor=care.zhang, holder=care.wang)
    with pytest.raises(actions.NotAnErrand):
        actions.agree_errand(case=case, mode="pay_back", given_fen=0, by=care.wang, at=NOON)


def test_a_resident_without_a_phone_signs(care, order):
    errand = finish(care, order)
    with pytest.raises(actions.NotYourErrand):
        actions.sign_errand(errand=errand, signature=a_picture(), by=care.sun, at=LATER)
    with pytest.raises(Invalid):
        actions.sign_errand(errand=errand, signature=None, by=care.wang, at=LATER)
    done = actions.sign_errand(errand=errand, signature=a_picture(), by=care.wang, at=LATER)
    assert done.settled_how == "signature" and done.signature_id


@pytest.mark.mission("S2.50")
def test_a_dispute_opens_a_follow_up_and_is_decided_by_another(care, order):
    errand = finish(care, order)
    with pytest.raises(actions.NotYourErrand):
        actions.dispute_errand(errand=errand, text="多收了", by=care.wang, at=LATER)
    errand = actions.dispute_errand(errand=errand, text="小票是 68.50", by=care.sun, at=LATER)
    call = Case.objects.get(pk=errand.follow_up_id)
    assert (call.kind, call.parent_id, call.is_private) == ("follow_up", order.pk, True)
    with pytest.raises(actions.NotNow):
        actions.confirm_errand(errand=errand, by=care.sun, at=LATER)
    with pytest.raises(actions.NotByOneself):
        actions.decide_errand(errand=errand, spent_fen=1, verdict="x", by=care.wang, at=LATER)
    done = actions.decide_errand(
        errand=errand, spent_fen=6850, verdict="按小票退 18 元", by=care.liu, at=LATER
    )
    assert (done.spent_fen, done.state) == (6850, "settled")


def test_an_order_called_off_has_no_money(care, order):
    actions.agree_errand(case=order, mode="pay_back", given_fen=0, by=care.wang, at=NOON)
    follow()
    Event.objects.create(
        case=order, seq=99, at=LATER, recorded_at=LATER, name="cancel", source="accepted",
        target="cancelled", prev="0" * 64, hash="0" * 64,
    )  # fmt: skip
    assert follow() == 1 and Errand.objects.get().state == "called_off"


def test_the_ledger_is_by_volunteer_and_month(care, order):
    finish(care, order)
    first, after = month_of(TODAY)
    (row,) = lists.errand_months(care.liu, first, after)
    assert (row.volunteer, row.count, row.spent_fen, row.open) == ("王芳", 1, 8650, 1)
    assert lists.errand_months(care.liu, *month_of(TODAY, 1)) == []
    assert lists.errand_months(care.wu, first, after) == []


@pytest.mark.parametrize(("yuan", "fen"), [(23.5, 2350), (0.1 + 0.2, 30), (23.505, 2351), (0, 0)])
def test_yuan_become_fen_once(yuan, fen):
    assert in_fen(yuan) == fen
