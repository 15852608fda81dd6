"""Writing into the life log of a unit (全程纪实册, S4.11): append-only, chained, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localtime

from tongxin.accounts.models import User
from tongxin.kit.chain import GENESIS, event_hash

from ..models import LogEntry, Org
from ..queries.logbook import covered


@transaction.atomic
def write_log(
    *,
    unit: Org,
    kind: str,
    text: str,
    at: datetime,
    recorded_at: datetime,
    source: str,
    key: str,
    actor: User | None = None,
    data: dict[str, Any] | None = None,
) -> LogEntry:
    """Write a fact into the unit's book of the year in which it happened; the same `key` only once.

    `source` names the row it tells of ("meetings.meeting:12"), `data` holds what a program needs.
    Nothing sealed or sensitive goes in: a book is read by inspectors and can never be erased.
    """
    Org.objects.select_for_update().only("pk").get(pk=unit.pk)  # one writer for each unit
    written = LogEntry.objects.filter(unit=unit, key=key).first()
    if written is not None:
        return written
    year = localtime(at).year
    last = LogEntry.objects.filter(unit=unit, year=year).order_by("-seq").first()
    entry = LogEntry(
        unit=unit,
        year=year,
        seq=last.seq + 1 if last else 1,
        kind=kind,
        text=text[:500],
        data=data or {},
        source=source,
        key=key,
        at=at,
        recorded_at=recorded_at,
        actor=actor,
        prev=last.hash if last else GENESIS,
    )
    entry.hash = event_hash(entry.prev, log_payload(entry))
    entry.save(force_insert=True)
    return entry


@transaction.atomic
def write_logs(
    *,
    entries: Sequence[Mapping[str, Any]],
    kind: str,
    at: datetime,
    recorded_at: datetime,
    actor: User | None = None,
) -> int:
    """Write one fact into each of many units' books; return how many. Five statements, any number.

    `entries` are {"unit", "text", "source", "key"}; units come once each, keys are new.
    """
    units = {entry["unit"].pk for entry in entries}
    list(Org.objects.select_for_update().filter(pk__in=units).order_by("pk").only("pk"))
    year = localtime(at).year
    last: dict[int, LogEntry] = {}
    for old in LogEntry.objects.filter(unit__in=units, year=year).order_by("seq"):
        last[old.unit_id] = old
    rows = []
    for entry in entries:
        before = last.get(entry["unit"].pk)
        row = LogEntry(
            unit=entry["unit"], year=year, seq=before.seq + 1 if before else 1, kind=kind,
            text=entry["text"][:500], source=entry["source"], key=entry["key"], at=at,
            recorded_at=recorded_at, actor=actor, prev=before.hash if before else GENESIS,
        )  # fmt: skip
        row.hash = event_hash(row.prev, log_payload(row))
        last[row.unit_id] = row
        rows.append(row)
    LogEntry.objects.bulk_create(rows, batch_size=200)
    return len(rows)


def log_payload(entry: LogEntry) -> dict[str, Any]:
    """Return what the hash of an entry covers."""
    return covered(entry)
