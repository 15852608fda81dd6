from __future__ import annotations

from datetime import datetime, timedelta

from ..models import Delivery, KeptReply, SignInCode, SignInFailure

KEPT = timedelta(days=2)  # longer than the longest limit on codes
REPLY_KEPT = timedelta(days=14)  # the longest a client may go on trying with the same key
SENT_KEPT = timedelta(days=30)


def forget_old(*, at: datetime) -> int:
    """Delete what has served its purpose: codes, failed sign-ins, kept answers, messages of a month ago.

    The audit log stays (Cybersecurity Law §21 asks for six months and more). Returns the rows
    deleted.
    """
    old = (
        SignInCode.objects.filter(sent_at__lt=at - KEPT),
        SignInFailure.objects.filter(at__lt=at - KEPT),
        KeptReply.objects.filter(at__lt=at - REPLY_KEPT),
        Delivery.objects.filter(state=Delivery.State.SENT, sent_at__lt=at - SENT_KEPT),
    )
    return sum(rows.delete()[0] for rows in old)
