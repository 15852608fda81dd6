"""Who has to read the guides of an operation, and who has not."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from ..models import Operation, Secondment


def readers_of(operation: Operation, day: date) -> QuerySet[Secondment]:
    """Return the secondments of an operation that serve on a day, or are still to begin."""
    return Secondment.objects.filter(
        Q(ended_on__isnull=True) | Q(ended_on__gte=day), operation=operation, to_date__gte=day
    )
