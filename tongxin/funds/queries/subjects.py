"""What a project, a village, a site, a pact got: sums by what the money is for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import F, Q, Sum

from ..models import Allocation, AllocationQuerySet, Payable

SUMS = ("allocated", "paid", "due", "overdue")


def of_subject(
    kind: str, id: object, *, on: date | None = None, among: AllocationQuerySet | None = None
) -> dict[str, int]:
    """Return what a subject got, in fen: {"allocated", "paid", "due", "overdue"}.

    `due` is what is planned and not yet paid; `overdue` what of it was due before `on` (without
    it: what the worker has already raised an alarm for). `among` are the allocations a reader sees.
    """
    return of_subjects(kind, [id], on=on, among=among)[str(id)]


def of_subjects(
    kind: str,
    ids: Collection[object],
    *,
    on: date | None = None,
    among: AllocationQuerySet | None = None,
) -> dict[str, dict[str, int]]:
    """Return the same for many of a kind, by id as text; nothing is zero. Two queries."""
    names = [str(one) for one in ids]
    found = {name: dict.fromkeys(SUMS, 0) for name in names}
    seen = Allocation.objects.all() if among is None else among
    rows = seen.standing().filter(subject_kind=kind, subject_id__in=names)
    for name, allocated, paid in (
        rows.order_by().values_list("subject_id").annotate(Sum("amount_fen"), Sum("paid_fen"))
    ):
        found[name] |= {"allocated": allocated, "paid": paid}
    late = Q(due_on__lt=on) if on is not None else Q(alarmed_at__isnull=False)
    left = F("amount_fen") - F("paid_fen")
    owed = Payable.objects.unpaid().filter(allocation__in=rows)
    for name, due, overdue in (
        owed.order_by()
        .values_list("allocation__subject_id")
        .annotate(due=Sum(left), overdue=Sum(left, filter=late))
    ):
        found[name] |= {"due": due or 0, "overdue": overdue or 0}
    return found
