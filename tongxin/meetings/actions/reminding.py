"""Reminding a unit of what its period still lacks, before it is late; once for each."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.orgs.models import Org, Post

from ..models import Reminder
from ..queries.checking import Finding, due_soon, rule_check

KEEPERS = ("secretary", "organiser", "commissioner")


def remind_due(*, at: datetime, limit: int = 200) -> int:
    """Tell the secretary and commissioners of each unit what is due soon; return how many findings.

    Safe beside itself: the row of a reminder is written first, by whoever comes first.
    """
    on = localdate(at)
    due = due_soon(rule_check(Org.objects.public(), on), on)
    if not due:
        return 0
    written = set(
        Reminder.objects.filter(period__in={one.period.key for one in due}).values_list(
            "unit_id", "kind", "period"
        )
    )
    fresh = [one for one in due if _key(one) not in written][:limit]
    for unit_id, findings in _by_unit(fresh).items():
        _remind(unit_id, findings, at)
    return len(fresh)


def _key(one: Finding) -> tuple[int, str, str]:
    return (one.unit_id, one.kind, one.period.key)


def _by_unit(findings: list[Finding]) -> dict[int, list[Finding]]:
    found = defaultdict(list)
    for one in findings:
        found[one.unit_id].append(one)
    return found


@transaction.atomic
def _remind(unit_id: int, findings: list[Finding], at: datetime) -> None:
    on = localdate(at)
    Reminder.objects.bulk_create(
        [
            Reminder(unit_id=unit_id, kind=one.kind, period=one.period.key, at=at)
            for one in findings
        ],
        ignore_conflicts=True,
    )
    posts = Post.objects.held_on(on).filter(org=unit_id, role__in=KEEPERS)
    users = posts.people()
    unit = Org.objects.only("name").get(pk=unit_id)
    for one in findings:
        tell(
            users=users,
            title=_("%s：组织生活提醒") % unit.name,
            text=one.sentence(on),
            url=f"{reverse('meetings:year')}?unit={unit_id}",
            key=f"meetings.due:{unit_id}:{one.kind}:{one.period.key}",
            at=at,
        )
