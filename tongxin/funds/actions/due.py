"""What the worker does for the books: overdue payments are told once, to keepers and supervisors."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell

from ..models import Payable
from ..queries.people import inspectors_of, keepers_of
from ..queries.words import yuan


@transaction.atomic
def payables_due(*, at: datetime, limit: int = 50) -> int:
    """Raise an alarm for each payment whose day has passed; return how many.

    Safe beside itself: rows are locked and skipped, each is told once.
    """
    today = localdate(at)
    rows = Payable.objects.unpaid().select_for_update(
        of=("self",), skip_locked=connection.features.has_select_for_update_skip_locked
    )
    found = rows.filter(due_on__lt=today, alarmed_at__isnull=True).order_by("due_on", "pk")
    done = 0
    for row in found.select_related("allocation__account__org", "allocation__region")[:limit]:
        allocation = row.allocation
        tell(
            users=[
                *keepers_of(allocation.account, today),
                *inspectors_of(allocation.region.path, today),
            ],
            title=_("资金逾期未付：%s 元") % yuan(row.left_fen),
            text=_("%(purpose)s（%(number)s）应于 %(day)s 支付")
            % {"purpose": allocation.subject_label or allocation.purpose,
               "number": allocation.number, "day": row.due_on},
            url=reverse("funds:allocation", args=[allocation.pk]),
            key=f"payable:{row.pk}",
            at=at,
        )  # fmt: skip
        row.alarmed_at = at
        row.save(update_fields=["alarmed_at"])
        done += 1
    return done
