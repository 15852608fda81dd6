"""Hours of study earned elsewhere than in a meeting: a course, a test, a study tour."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from tongxin.orgs.models import Membership

from ..models import StudyHour


@transaction.atomic
def credit_study(
    *, users: Collection[int], on: date, hours: Decimal, source: str, text: str, at: datetime
) -> int:
    """Credit hours to the members among `users` (ids), once for each source; return how many are new.

    Whoever is no member keeps what the course says of them, but has no hours to be counted.
    """
    rows = list(
        Membership.objects.standing().filter(person__user__in=users)
        .values_list("person_id", "unit_id").order_by("person_id")
    )  # fmt: skip
    there = set(
        StudyHour.objects.filter(source=source, person__in=[person for person, _unit in rows])
        .values_list("person_id", flat=True)
    )  # fmt: skip
    new = [
        StudyHour(person_id=person, unit_id=unit, on=on, hours=hours, source=source, text=text[:100], at=at)
        for person, unit in rows
        if person not in there
    ]  # fmt: skip
    StudyHour.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)
