from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid
from tongxin.kit.text import clean_text

from ..models import AuditEntry, User

LEAST_REASON = 4  # characters


class NoReason(Invalid):
    """What is sealed is opened for a reason only."""


def audit(
    *,
    actor: User | None,
    action: str,
    at: datetime,
    object: str = "",
    reason: str = "",
    detail: dict | None = None,
    address: str = "",
) -> AuditEntry:
    """Write down what somebody did beside moving a case; `action` is a dotted name ("token.make")."""
    return AuditEntry.objects.create(
        actor=actor,
        action=action,
        object=object[:120],
        reason=reason[:300],
        detail=detail or {},
        at=at,
        address=address,
    )


def audit_look(
    *, actor: User, action: str, object: str, reason: str, at: datetime, address: str = ""
) -> AuditEntry:
    """Write down who looks at something sealed, and why, before it is shown.

    Whether `actor` may look is for the caller to know. Raises NoReason.
    """
    reason = clean_text(reason, limit=300, field_label=_("理由"))
    if len(reason) < LEAST_REASON:
        raise NoReason(_("请写明查看的理由，至少 %d 个字。") % LEAST_REASON, field="reason")
    return audit(actor=actor, action=action, object=object, reason=reason, at=at, address=address)
