"""Figures without counting: every case stands in a few tallies, moved in batches by the worker.

A case that moved is uncounted until the worker comes by; `queries.stats` adds those few on the
fly, so that figures are exact at any moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from django.db import connection, transaction

from ..models import Case, Tally
from ..tallies import contributions, standing

BATCH = 2000


def count_cases(*, limit: int = BATCH) -> int:
    """Bring up to `limit` moved cases into the tallies; return how many. Safe with many workers."""
    with transaction.atomic():
        rows = (
            Case.objects.filter(is_counted=False)
            .order_by("id")
            .select_for_update(
                of=("self",), skip_locked=connection.features.has_select_for_update_skip_locked
            )
        )
        cases = list(rows[:limit])
        changes: Counter = Counter()
        for case in cases:
            now_at = standing(case)
            for key in contributions(case.counted):
                changes[key] -= 1
            for key in contributions(now_at):
                changes[key] += 1
            case.counted = now_at
        _apply(changes)
        _mark_counted(cases)
    return len(cases)


def _apply(changes: Counter) -> None:
    table = connection.ops.quote_name(Tally._meta.db_table)
    # Sorted: two workers that touch the same tallies take them in the same order (no deadlock).
    rows = [(*key, n) for key, n in sorted(changes.items()) if n]
    with connection.cursor() as cursor:
        for batch in _batches(rows, 500):
            places = ", ".join(["(%s, %s, %s, %s, %s, %s, %s, %s)"] * len(batch))
            cursor.execute(
                f"INSERT INTO {table}"  # noqa: S608
                " (path, parent_path, kind, span, start, dim, key, n)"
                f" VALUES {places} ON CONFLICT (path, span, dim, start, kind, key)"
                f" DO UPDATE SET n = {table}.n + excluded.n",
                [value for row in batch for value in row],
            )


def _mark_counted(cases: list[Case]) -> None:
    """One prepared statement for all: `bulk_update` builds a CASE a hundred times as slow."""
    table = connection.ops.quote_name(Case._meta.db_table)
    key = Case._meta.pk
    rows = [(case.counted, True, key.get_db_prep_value(case.pk, connection)) for case in cases]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(
                f"UPDATE {table} SET counted = %s, is_counted = %s WHERE id = %s",  # noqa: S608
                rows,
            )


def _batches(rows: list, size: int) -> Iterator[list]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
