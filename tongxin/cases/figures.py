"""Figures of cases: exact at any moment, out of the tallies and the few cases not yet counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, Sum

from .flow import get_flow
from .models import Case, Tally
from .tallies import LEVELS, Key, contributions, standing, standing_of

STANDING = ("area", "kind", "opened_at", "step", "is_late", "topic_id")
TALLY_KEY = ("path", "parent_path", "kind", "span", "start", "dim", "key")


def stats(*, path: str, since: date, until: date, kind: str = "") -> dict[str, Any]:
    """Count the cases opened under a region's path from `since` to `until`, both days included.

    Returns {"total", "open", "late", "by_step": {"kind.step": n}, "by_topic": {topic id: n},
    "by_region": {path: {"total", "open", "late"}}}. Regions are counted down to the community; a
    city or a grid has none of its own.
    """
    counts: Counter = Counter()
    # Each part names all columns of its index; one OR over all of them would read every day.
    here = Q(path=path, dim__in=("s", "t")) | Q(parent_path=path, dim="s")
    for span in _spans(since, until):
        rows = Tally.objects.filter(here, **span, **({"kind": kind} if kind else {}))
        fields = ("path", "dim", "kind", "key")
        for *key, n in rows.values_list(*fields).annotate(Sum("n")).order_by():
            counts[tuple(key)] += n
    for sign, key in _uncounted(path, since, until, kind):
        counts[key] += sign
    return _shape(path, counts)


def asked_by_topic(
    *, path: str, since: date, until: date, kinds: Collection[str]
) -> dict[str, Counter[int]]:
    """Count the cases of some kinds by place and topic: {path: {topic id, 0 for none: n}}.

    Of the region's path and of the places right below it, as `stats` counts them; two statements.
    """
    counts: dict[str, Counter[int]] = {}
    here = Q(path=path, dim="t") | Q(parent_path=path, dim="t")
    looks = [
        Tally.objects.filter(here, kind__in=kinds, **span)
        .values_list("path", "key")
        .annotate(Sum("n"))
        .order_by()
        for span in _spans(since, until)
    ]
    for at, topic, n in looks[0].union(*looks[1:], all=True) if looks else ():
        counts.setdefault(at, Counter())[int(topic)] += n
    for sign, (at, dim, of, topic) in _uncounted(path, since, until, ""):
        if dim == "t" and of in kinds:
            counts.setdefault(at, Counter())[int(topic)] += sign
    return counts


def _spans(since: date, until: date) -> Iterator[dict[str, Any]]:
    """Yield whole months by their months, the rest by days; at most three stretches."""
    end = until + timedelta(days=1)
    first = since if since.day == 1 else _next_month(since)
    last = end.replace(day=1)  # the first month not wholly inside
    parts = [("d", since, first), ("m", first, last), ("d", last, end)]
    for span, start, stop in parts if first < last else [("d", since, end)]:
        if start < stop:
            yield {"span": span, "start__gte": start, "start__lt": stop}


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _uncounted(path: str, since: date, until: date, kind: str) -> Iterator[tuple[int, tuple]]:
    """Yield (+1 or -1, key) for what the worker has still to move between the tallies.

    Each stands in the tallies of the path and of the place right below it, as `contributions` says.
    """
    first, last = since.isoformat(), until.isoformat()
    here = Q(area__under=path) | Q(counted__startswith=path)
    rows = Case.objects.filter(here, is_counted=False)
    depth = path.count("/")
    for *now_at, counted in rows.values_list(*STANDING, "counted"):
        for sign, text in ((-1, counted), (+1, standing_of(*now_at))):
            if not text.startswith(path):
                continue
            area, of, day, step, late, topic = text.split("|")
            if not first <= day <= last or kind not in ("", of):
                continue
            if depth in LEVELS:
                yield sign, (path, "s", of, f"{step}|{late}")
                yield sign, (path, "t", of, topic)
            if depth + 1 in LEVELS and area != path:
                below = "/".join(area.split("/")[: depth + 1]) + "/"
                yield sign, (below, "s", of, f"{step}|{late}")
                yield sign, (below, "t", of, topic)


def _shape(path: str, counts: Counter) -> dict[str, Any]:
    figures: dict[str, Any] = {"total": 0, "open": 0, "late": 0, "by_step": Counter()}
    topics: Counter = Counter()
    regions: dict[str, Counter] = {}
    for (at, dim, kind, key), n in counts.items():
        if dim == "t":
            if at == path and key != "0":
                topics[int(key)] += n
            continue
        step, late = key.split("|")
        into = figures if at == path else regions.setdefault(at, Counter(total=0, open=0, late=0))
        into["total"] += n
        into["open"] += n * (step not in get_flow(kind).finals)
        into["late"] += n * int(late)
        if at == path:
            figures["by_step"][f"{kind}.{step}"] += n
    figures["by_step"] = {key: n for key, n in figures["by_step"].items() if n}
    figures["by_topic"] = {key: n for key, n in topics.items() if n}
    figures["by_region"] = {at: dict(c) for at, c in sorted(regions.items()) if c["total"]}
    return figures


def wrong_tallies() -> list[tuple[Key, int, int]]:
    """Recount all cases; return each tally that differs, as (its key, what it says, what is right).

    For `tongxin verify`, inside one transaction: it reads every case.
    """
    right: Counter = Counter()
    for text in Case.objects.exclude(counted="").values_list("counted", flat=True).iterator():
        right.update(contributions(text))
    kept: Counter = Counter()
    for *key, n in Tally.objects.values_list(*TALLY_KEY, "n").iterator():
        kept[tuple(key)] = n
    return [
        (key, kept[key], right[key])
        for key in sorted(kept.keys() | right.keys())
        if kept[key] != right[key]
    ]


def miscounted() -> list[str]:
    """Return the numbers of cases that count as counted but stand elsewhere than they were counted."""
    rows = Case.objects.filter(is_counted=True).only(
        "number", "area", "kind", "opened_at", "step", "is_late", "topic_id", "counted"
    )
    return [case.number for case in rows.iterator() if standing(case) != case.counted]
