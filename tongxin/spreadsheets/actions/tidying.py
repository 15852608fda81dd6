"""What was uploaded is kept no longer than it is needed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q

from ..models import SheetImport

KEPT = timedelta(days=30)  # after the decision, for the copy with verdicts and for undoing


def forget_uploads(*, at: datetime, limit: int = 20) -> int:
    """Delete files and rows of imports decided, given up or left alone 30 days ago.

    Counts, and who decided what, stay.
    """
    old = SheetImport.objects.filter(forgotten_at=None).exclude(state__in=SheetImport.AT_WORK)
    old = old.filter(Q(done_at__lt=at - KEPT) | Q(done_at=None, created_at__lt=at - KEPT))
    done = 0
    for taken in old.order_by("pk")[:limit]:
        with transaction.atomic():
            taken.blocks.all().delete()
            if taken.state in (SheetImport.State.DRAFT, SheetImport.State.READY):
                taken.state = SheetImport.State.DROPPED
            file, taken.file, taken.forgotten_at = taken.file, "", at
            taken.save(update_fields=["file", "forgotten_at", "state"])
        if file:
            default_storage.delete(file)
        done += 1
    return done
