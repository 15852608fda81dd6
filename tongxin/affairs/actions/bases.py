"""Bases set by a sheet and taken back whole."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Refused

from ..models import Base, Charge
from .common import require_keeper


class ChargedAlready(Refused):
    """Months were charged by this base; it is set anew, not taken back."""


def facts_of_base(base: Base) -> dict[str, Any]:
    """Return what a base says, as JSON; the income stays sealed."""
    return {
        "kind": base.kind,
        "base_sealed": base.base_sealed,
        "fixed": None if base.fixed is None else f"{base.fixed:.2f}",
        "set_by": base.set_by_id,
        "set_at": base.set_at.isoformat(),
    }


@transaction.atomic
def take_back_base(*, base: Base, before: dict[str, Any] | None, at: datetime, by: User) -> None:
    """Let a base say again what it said before (`facts_of_base`), or take it away if it was new.

    :raises ChargedAlready: if a month from its first on was charged after it was set
    :raises NotKeeper: for who does not keep the registers of the member's unit
    """
    require_keeper(by, base.membership.unit)
    charged = Charge.objects.filter(
        membership=base.membership_id, month__gte=base.from_month, at__gte=base.set_at
    )
    if charged.exists():
        raise ChargedAlready(
            _("%s已按这个基数计算了应交，不能撤销") % base.membership.person,
            remedy=_("请重新核定基数，以后的月份按新的基数计算"),
        )
    if before is None:
        base.delete()
        return
    base.kind, base.base_sealed = before["kind"], before["base_sealed"]
    base.fixed = None if before["fixed"] is None else Decimal(before["fixed"])
    base.set_by_id, base.set_at = before["set_by"], datetime.fromisoformat(before["set_at"])
    base.save()
