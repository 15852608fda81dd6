"""When somebody is to be visited next, who is overdue, what was promised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet

from tongxin.regions.queries import prefixes

from ..models import CareFile, CareFileQuerySet, CareVisit, ExtraRound
from .files import visit_words
from .rules import kind_of


def rounds_over(path: str, since: date) -> list[ExtraRound]:
    """Return the extra rounds that hold in a grid and have not ended before a day."""
    rows = ExtraRound.objects.filter(region__path__in=list(prefixes(path)), ends_on__gte=since)
    return list(rows.order_by("starts_on", "pk"))


def next_due_on(
    file: CareFile, after: date, *, first: bool = False, rounds: list[ExtraRound] | None = None
) -> date:
    """Return when somebody visited on `after` is due next; `first`: opened then, not yet visited.

    By the kind's interval in force on that day; an extra round in between makes it sooner.
    """
    every = kind_of(file.kind, after).every_days
    due = after + timedelta(min(every, 7) if first else every)
    found = rounds if rounds is not None else rounds_over(file.area, after)
    for one in found:
        if file.kind not in one.kinds.split():
            continue
        soon = max(one.starts_on, after + timedelta(one.every_days))
        if soon <= one.ends_on:
            due = min(due, soon)
    return due


def overdue(files: CareFileQuerySet, on: date) -> CareFileQuerySet:
    """Return the standing files that should have been visited before a day, longest first."""
    return files.standing().filter(next_due_on__lt=on).order_by("next_due_on", "pk")


@dataclass(frozen=True)
class Told:
    """A visit with its words, as a reader sees it."""

    visit: CareVisit
    condition: str
    wishes: str
    promised: str
    is_open: bool


def contents_of_visit(visit: CareVisit) -> Told:
    words = visit_words(visit)
    waits = bool(words["promised"]) and visit.promise_kept_at is None
    return Told(visit, words["condition"], words["wishes"], words["promised"], waits)


def visits_of(file: CareFile) -> list[Told]:
    """Return the visits of a file, newest first, unsealed. Only after a look."""
    rows = file.visits.select_related("by").order_by("-on", "-pk")[:50]
    return [contents_of_visit(one) for one in rows]


def promises_open(files: CareFileQuerySet) -> QuerySet[CareVisit]:
    """Return the visits at which something was promised that has not been done."""
    rows = CareVisit.objects.filter(file__in=files.standing(), promise_kept_at__isnull=True)
    return rows.filter(promise_due_on__isnull=False).order_by("promise_due_on", "pk")
