"""Keeping the entries: the worker reads what happened, twice, and a patrol compares everything.

Nothing of it happens in the transaction of a case. The event log and the life log are read by
their ids from where the last reading stopped; since a transaction that lasts may commit a smaller
id later, every line is read a second time two minutes after. Whatever still slipped through, and
what no log tells of, the patrol finds: it walks over all originals, some at a time, without end.
A crash loses nothing, because progress is written with the entries it stands for.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Q

from tongxin.cases.models import Case, Event
from tongxin.orgs.models import LogEntry

from .grams import tidy, words_of
from .models import Entry, Reading
from .sources import SOURCES, TOLD_BY_LOG, Source, write_case

LATER = timedelta(minutes=2)  # how long after a line is written it is read a second time
PATROL = timedelta(minutes=1)  # between two steps of the patrol
PATROL_STEP = 2_000  # originals of each kind that it compares in a step
BATCH = 500


def read_due(*, at: datetime, limit: int = BATCH) -> int:
    """Bring the entries up to what the logs tell; return how many entries were written.

    Any number of workers may call it: each log is read by one at a time.
    """
    return (
        _read("events", _of_events, at, limit) + _read("log", _of_log, at, limit) + _patrol_due(at)
    )


Lines = Callable[[Q, int], tuple[int, dict[str, set[Any]]]]


@transaction.atomic
def _read(name: str, lines: Lines, at: datetime, limit: int) -> int:
    reading = _taken(name)
    if reading is None:
        return 0
    upto, fresh = lines(Q(pk__gt=reading.upto), limit)
    again, seen = lines(
        Q(pk__gt=reading.again, pk__lte=reading.upto, recorded_at__lte=at - LATER), limit
    )
    written = 0
    for kind in fresh.keys() | seen.keys():
        written += bring_up(SOURCES[kind], fresh.get(kind, set()) | seen.get(kind, set()))
    if upto or again:
        reading.upto, reading.again = upto or reading.upto, again or reading.again
        reading.read_at = at
        reading.save()
    return written


def _taken(name: str) -> Reading | None:
    """Lock where a reading stands; None while another worker has it."""
    Reading.objects.get_or_create(name=name)
    return Reading.objects.select_for_update(skip_locked=True).filter(pk=name).first()


def _of_events(which: Q, limit: int) -> tuple[int, dict[str, set[Any]]]:
    lines = list(Event.objects.filter(which).order_by("pk").values_list("pk", "case_id")[:limit])
    return (lines[-1][0] if lines else 0), {Entry.Kind.CASE: {case for _pk, case in lines}}


def _of_log(which: Q, limit: int) -> tuple[int, dict[str, set[Any]]]:
    lines = list(LogEntry.objects.filter(which).order_by("pk").values_list("pk", "source")[:limit])
    found: dict[str, set[Any]] = {Entry.Kind.LOG: {pk for pk, _source in lines}}
    for _pk, source in lines:
        what, _colon, key = source.partition(":")
        if what in TOLD_BY_LOG and key.isdigit():
            found.setdefault(TOLD_BY_LOG[what], set()).add(int(key))
    return (lines[-1][0] if lines else 0), found


def bring_up(source: Source, keys: Iterable[Any]) -> int:
    """Write the entries of these originals where they are missing or differ; return how many.

    Inside a transaction. An original that is no longer searched loses its entry.
    """
    keys = set(keys)
    if not keys:
        return 0
    mine = Entry.objects.filter(**{"kind": source.kind, f"{source.key}__in": keys})
    have = {
        entry[0]: entry[1:]
        for entry in mine.values_list(source.key, "pk", "mark", "step", "version")
    }
    if source.version and (same := _unchanged(source, have)):
        keys -= same
        have = {key: entry for key, entry in have.items() if key not in same}
    want = source.entries(keys)
    gone = [entry[0] for key, entry in have.items() if key not in want]
    fresh, moved = [], 0
    for key, entry in want.items():
        pk, mark, step, version = have.get(key, (None, "", "", 0))
        if mark != entry.mark:
            gone += [pk] if pk is not None else []
            fresh.append(entry)
        elif (step, version) != (entry.step, entry.version):
            # The words stay, so that no index is touched.
            moved += Entry.objects.filter(pk=pk).update(step=entry.step, version=entry.version)
    if gone:
        Entry.objects.filter(pk__in=gone).delete()
    _insert(fresh)
    return len(fresh) + moved


def _unchanged(source: Source, have: dict[Any, tuple]) -> set[Any]:
    """Return the keys whose original is still at the version that was read."""
    now_at = source.rows().filter(pk__in=have).values_list("pk", source.version)
    return {key for key, version in now_at.order_by() if have[key][3] == version}


def _insert(entries: list[Entry]) -> None:
    taken = set(
        Entry.objects.filter(pk__in=[entry.pk for entry in entries]).values_list("pk", flat=True)
    )
    for entry in entries:
        while entry.pk in taken:  # another of the same millisecond: the next place is as good
            entry.pk += 1
            if entry.pk not in taken and Entry.objects.filter(pk=entry.pk).exists():
                taken.add(entry.pk)
        taken.add(entry.pk)
    Entry.objects.bulk_create(entries, batch_size=BATCH, ignore_conflicts=True)


def _patrol_due(at: datetime) -> int:
    """Compare the next originals of each kind with their entries, once a minute."""
    return sum(_patrol(source, at) for source in SOURCES.values())


@transaction.atomic
def _patrol(source: Source, at: datetime) -> int:
    reading = _taken(f"patrol {source.kind}")
    if reading is None or (reading.walked_at and reading.walked_at > at - PATROL):
        return 0
    written, last = _walk(source, _key_of(source, reading.walk))
    reading.walk, reading.walked_at = str(last or ""), at
    reading.save()
    return written


def _key_of(source: Source, text: str) -> Any:
    if not text:
        return None
    return uuid.UUID(text) if source.key == "case" else int(text)


def _walk(source: Source, after: Any, step: int = PATROL_STEP) -> tuple[int, Any]:
    """Compare the originals after a key; return how many were written, and the last key (None: the end).

    Entries between whose original is no longer there are dropped on the way.
    """
    rows = source.rows().order_by("pk")
    if after is not None:
        rows = rows.filter(pk__gt=after)
    keys = list(rows.values_list("pk", flat=True)[:step])
    last = keys[-1] if len(keys) == step else None
    stretch: dict[str, Any] = {"kind": source.kind}
    if after is not None:
        stretch[f"{source.key}__gt"] = after
    if last is not None:
        stretch[f"{source.key}__lte"] = last
    have = Entry.objects.filter(**stretch).values_list(source.key, flat=True)
    return bring_up(source, {*keys, *have}), last


def entry_of(case: Case) -> Entry:
    """Return the entry of a case, not saved: for who loads many at once (`bench`)."""
    return write_case(case)


def words_in(text: str) -> set[str]:
    """Return the words a text is found by, without marks: for the same."""
    return words_of(tidy(text))


def rebuild(*, at: datetime, progress: Callable[[str, int, int], None] | None = None) -> int:
    """Read everything anew, while searches and the worker go on; return how many were written.

    `progress(kind, done, total)` is told after each step. Interrupted, it may simply be run again.
    """
    _start_reading_from_here(at)
    written = 0
    for source in SOURCES.values():
        total, done, after = source.rows().count(), 0, None
        while True:
            with transaction.atomic():
                count, after = _walk(source, after)
            written += count
            done = min(done + PATROL_STEP, total) if after is not None else total
            if progress:
                progress(str(Entry.Kind(source.kind).label), done, total)
            if after is None:
                break
    return written


@transaction.atomic
def _start_reading_from_here(at: datetime) -> None:
    """What the logs have told so far is covered by a walk over everything; it need not be read too."""
    for name, model in (("events", Event), ("log", LogEntry)):
        reading = _taken(name)
        if reading is None:
            continue
        last = model._default_manager.aggregate(last=Max("pk"))["last"] or 0
        reading.upto, reading.read_at = max(reading.upto, last), at
        reading.save()
