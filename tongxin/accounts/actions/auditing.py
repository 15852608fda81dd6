from __future__ import annotations

from datetime import datetime

from ..models import AuditEntry, User


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
