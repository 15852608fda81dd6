"""Money of a fund that a finding points at: what came, with its receipt, against what is due."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Refused
from tongxin.kit.text import clean_text
from tongxin.photos.models import Photo

from ..hooks import yuan
from ..models import Finding, FindingUnit, Payment
from ..models.findings import own_orgs
from ..queries import may_oversee
from .common import SHORT, check_overseer, scoped
from .follow import BadDay, NotTheUnit, still_open
from .recording import BadMoney


class NoFund(Refused):
    """The finding is not about money."""


class TooMuch(BadMoney):
    """More would have come than is due."""


class AlreadyRevoked(Refused):
    """A payment is taken back once."""


def record_payment(
    finding: Finding, *, fen: int, on: date, at: datetime, by: User, receipt: Photo | None = None,
    unit: FindingUnit | None = None, note: str = "", key: str = "",
) -> Payment:  # fmt: skip
    """Record money that came, in fen. By a unit that is pressed, or by who oversees the place.

    :raises NotTheUnit: for anybody else
    :raises NoFund, AlreadySettled, BadMoney, TooMuch, BadDay: as their names say
    """
    kept_key = scoped(by, key)
    if kept_key and (before := Payment.objects.filter(key=kept_key).first()):
        return before
    try:
        with transaction.atomic():
            return _record(
                still_open(finding), fen=fen, on=on, at=at, by=by, receipt=receipt, unit=unit,
                note=note, key=kept_key,
            )  # fmt: skip
    except IntegrityError:
        if kept_key and (before := Payment.objects.filter(key=kept_key).first()):
            return before
        raise


def _record(
    finding: Finding, *, fen: int, on: date, at: datetime, by: User, receipt: Photo | None,
    unit: FindingUnit | None, note: str, key: str | None,
) -> Payment:  # fmt: skip
    _check_hand(finding, by)
    if finding.due_fen is None:
        raise NoFund(_("%s 不涉及资金。") % finding.number)
    if fen <= 0:
        raise BadMoney(_("到位金额应大于 0。"), field="fen")
    if fen > finding.unpaid_fen:
        raise TooMuch(
            _("只差 %s 元，登记的金额超过了应到位金额。") % yuan(finding.unpaid_fen), field="fen"
        )
    if on > localdate(at):
        raise BadDay(_("拨付日期不能晚于今天。"), field="on")
    if unit is not None and unit.finding_id != finding.pk:
        raise BadMoney(_("这个单位不在责任单位里。"), field="unit")
    payment = Payment.objects.create(
        finding=finding, unit=unit, on=on, fen=fen, receipt=receipt, by=by, recorded_at=at, key=key,
        note=clean_text(note, limit=SHORT, field_label=_("说明")),
    )  # fmt: skip
    finding.paid_fen = (finding.paid_fen or 0) + fen
    finding.save(update_fields=["paid_fen"])
    return payment


def _check_hand(finding: Finding, by: User) -> None:
    mine = own_orgs(by)
    pressed = finding.units.filter(supervised=True, org__in=mine).exists() if mine else False
    if not pressed and not may_oversee(by, finding.area):
        raise NotTheUnit(_("到位资金由被督办单位或当地的管理员、监督员登记。"))


@transaction.atomic
def add_receipt(payment: Payment, *, receipt: Photo, at: datetime, by: User) -> Payment:
    """Add the receipt of money that was recorded without one; one that is there stays.

    :raises NotTheUnit, AlreadySettled: as `record_payment`
    """
    finding = still_open(payment.finding)
    _check_hand(finding, by)
    payment = Payment.objects.select_for_update().get(pk=payment.pk)
    if payment.receipt_id is None:
        payment.receipt = receipt
        payment.save(update_fields=["receipt"])
    return payment


@transaction.atomic
def revoke_payment(payment: Payment, *, reason: str, at: datetime, by: User) -> Payment:
    """Take back a payment that was recorded by mistake; the row stays, with the reason.

    :raises NotOverseer, AlreadySettled, AlreadyRevoked: as their names say
    """
    finding = still_open(payment.finding)
    check_overseer(by, finding.area)
    payment = Payment.objects.select_for_update().get(pk=payment.pk)
    if payment.revoked_at is not None:
        raise AlreadyRevoked(_("这笔到位资金已撤销。"))
    payment.revoked_at = at
    payment.revoked_why = clean_text(reason, limit=SHORT, field_label=_("撤销原因"), required=True)
    payment.save(update_fields=["revoked_at", "revoked_why"])
    finding.paid_fen = (finding.paid_fen or 0) - payment.fen
    finding.save(update_fields=["paid_fen"])
    audit(
        actor=by, action="finding.payment.revoke", object=finding.number, at=at,
        reason=payment.revoked_why, detail={"fen": payment.fen},
    )  # fmt: skip
    return payment
