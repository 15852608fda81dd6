"""Payments by two: one asks, another of the same organisation approves, and the line is written."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import Sum
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import KeyReused, NotPermitted, Refused
from tongxin.kit.ids import uuid7
from tongxin.kit.text import clean_text
from tongxin.orgs.scope import unit_roles
from tongxin.photos.models import Photo

from ..models import Allocation, Line, PayOrder
from ..models.accounts import KEEPERS
from ..queries.ledger import threshold_for
from ..queries.people import approvers_of
from ..queries.words import yuan
from .common import SHORT, check_fen, check_open, locked, must_keep, scoped
from .ledger import OverAllocation, check_standing, pay_out

APPROVERS = (*KEEPERS, "leader")
State = PayOrder.State


class NotApprover(NotPermitted):
    """A payment is approved by a second person who answers for the organisation."""


class SameHands(NotPermitted):
    """Who asked for a payment does not approve it."""


class AlreadyDecided(Refused):
    """A payment is decided once."""


@transaction.atomic
def ask_payment(
    *, allocation: Allocation, amount_fen: int, on: date, payee: str, by: User, at: datetime,
    photos: Iterable[Photo] = (), note: str = "", key: str | None = None,
) -> PayOrder:  # fmt: skip
    """Ask for a payment that a second person approves; `on` is the day it is wanted for.

    :raises OverAllocation: for more than the allocation has left beside what waits already
    :raises NotKeeper, BadAmount, AccountClosed, Withdrawn, KeyReused: as their names say
    """
    account = locked(allocation.account_id)
    must_keep(by, account.org)
    kept = scoped(by, key)
    if kept and (old := PayOrder.objects.filter(key=kept).first()):
        if (old.allocation_id, old.amount_fen) != (allocation.pk, amount_fen):
            raise KeyReused(_("这个 Idempotency-Key 已用于另一笔。"), field="Idempotency-Key")
        return old
    check_fen(amount_fen)
    check_open(account)
    allocation = Allocation.objects.select_for_update().get(pk=allocation.pk)
    check_standing(allocation)
    waiting = allocation.orders.waiting().aggregate(sum=Sum("amount_fen"))["sum"] or 0
    if amount_fen > allocation.left_fen - waiting:
        raise OverAllocation(
            _("这笔拨付只剩 %s 元可申请（已扣除待审批的申请）。")
            % yuan(max(allocation.left_fen - waiting, 0)),
            field="amount",
        )
    order = PayOrder.objects.create(
        id=uuid7(at), allocation=allocation, amount_fen=amount_fen, on=on, by=by, at=at, key=kept,
        payee=clean_text(payee, limit=80, field_label=_("收款方"), required=True),
        note=clean_text(note, limit=SHORT, field_label=_("说明")),
        threshold_fen=threshold_for(account.region.path, localdate(at)) or 0,
    )  # fmt: skip
    order.photos.set(photos)
    tell(
        users=approvers_of(account, localdate(at), besides=by.pk),
        title=_("付款待审批：%s 元") % yuan(amount_fen),
        text=_("%(by)s申请向%(payee)s付款，用于%(purpose)s")
        % {"by": by.name, "payee": order.payee, "purpose": allocation.purpose},
        url=reverse("funds:orders"),
        key=f"pay-order:{order.pk}",
        at=at,
    )
    return order


@transaction.atomic
def decide_payment(
    *, order: PayOrder, approve: bool, by: User, at: datetime, reason: str = ""
) -> PayOrder:
    """Approve a payment, which writes its line dated today, or refuse it with the reason.

    :raises SameHands: for who asked; NotApprover: for anybody without an office there
    :raises AlreadyDecided, OverAllocation, NotEnough, AccountClosed, MonthFrozen: as named
    """
    account = locked(order.allocation.account_id)
    order = PayOrder.objects.select_for_update().get(pk=order.pk)
    if unit_roles(by, account.org.path).isdisjoint(APPROVERS):
        raise NotApprover(_("付款由 %s 的负责人审批。") % account.org.name)
    if by.pk == order.by_id:
        raise SameHands(_("申请人不能审批自己的付款，请换一人。"))
    if order.state != State.WAITING:
        raise AlreadyDecided(_("这笔付款申请已审批。"))
    order.reason = clean_text(reason, limit=SHORT, field_label=_("审批意见"), required=not approve)
    if approve:
        pay_out(
            account, order.allocation, amount_fen=order.amount_fen, on=localdate(at),
            payee=order.payee, note=order.note, by=order.by, at=at, approved_by=by,
            photos=order.photos.all(), key=f"order:{order.pk}",
        )  # fmt: skip
    order.state = State.PAID if approve else State.REFUSED
    order.decided_by, order.decided_at = by, at
    order.save(update_fields=["state", "decided_by", "decided_at", "reason"])
    words = _("付款已审批支付：%s 元") if approve else _("付款申请未通过：%s 元")
    tell(
        users=[order.by],
        title=words % yuan(order.amount_fen),
        text=f"{order.payee} · {order.reason or order.allocation.purpose}",
        url=reverse("funds:allocation", args=[order.allocation_id]),
        key=f"pay-order-decided:{order.pk}",
        at=at,
    )
    return order


def line_of(order: PayOrder) -> Line | None:
    """Return the line that an approved order became."""
    return Line.objects.filter(key=f"order:{order.pk}").first()
