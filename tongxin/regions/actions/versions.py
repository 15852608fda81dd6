from __future__ import annotations

from django.db import transaction
from django.db.models import F

from ..models import LandVersion
from ..queries import forget


def land_changed() -> None:
    """Tell every process that its snapshot of land and calendars is stale."""
    LandVersion.objects.bulk_create([LandVersion(pk=1)], ignore_conflicts=True)
    LandVersion.objects.filter(pk=1).update(number=F("number") + 1)
    forget()
    # Again after the commit: another thread may have read the old rows in between.
    transaction.on_commit(forget)
