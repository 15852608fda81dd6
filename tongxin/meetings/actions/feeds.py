"""The secret address of a person's calendar."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User

from ..models import CalendarFeed
from ..queries.calendars import digest


@transaction.atomic
def make_feed(*, user: User, at: datetime) -> str:
    """Make a new address, whose token is returned once; the one before no longer works."""
    token = secrets.token_urlsafe(24)
    CalendarFeed.objects.update_or_create(
        user=user, defaults={"digest": digest(token), "made_at": at}
    )
    audit(actor=user, action="calendar.make", at=at)
    return token


def revoke_feed(*, user: User) -> bool:
    """End the address; return whether there was one."""
    return bool(CalendarFeed.objects.filter(user=user).delete()[0])
