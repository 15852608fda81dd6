"""Who must still be rated, and what weeks and months of ratings sum to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Count

from ..models import DailyRating, Secondment


def missing_on(day: date) -> dict[int, int]:
    """Return how many serving on a day have no rating of it: {community id: number}."""
    rows = Secondment.objects.serving_on(day).exclude(ratings__day=day)
    return dict(rows.values_list("community").annotate(n=Count("pk")).order_by("community"))


@dataclass
class Sum:
    """Ratings of some days added up; `due` counts the days on which there should be one."""

    due: int = 0
    rated: int = 0
    present: int = 0
    leave: int = 0
    absent: int = 0
    levels: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, attendance: str, marks: dict[str, int]) -> None:
        self.rated += 1
        setattr(self, attendance, getattr(self, attendance) + 1)
        for code, level in marks.items():
            self.levels[code][level] += 1

    @property
    def missing(self) -> int:
        return max(0, self.due - self.rated)

    def good(self, code: str) -> int | None:
        """Return the percent of 到位 among the days that were marked, or None."""
        counted = self.levels[code]
        whole = sum(counted.values())
        return round(100 * counted[DailyRating.Level.GOOD] / whole) if whole else None


def span_of(period: str, day: date) -> tuple[date, date]:
    """Return the first and last day of the week or month that holds a day."""
    if period == "month":
        first = day.replace(day=1)
        return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    first = day - timedelta(days=day.weekday())
    return first, first + timedelta(days=6)


def sums_of(
    rows: Iterable[Secondment], first: date, last: date, today: date
) -> dict[int, tuple[Secondment, Sum]]:
    """Return what the ratings of some secondments sum to: {id: (secondment, sum)}; two queries.

    Days to come are not due.
    """
    last = min(last, today)
    found: dict[int, tuple[Secondment, Sum]] = {}
    for row in rows:
        begin, end = max(first, row.from_date), min(last, row.last_day)
        due = max(0, (end - begin).days + 1)
        found[row.pk] = (row, Sum(due=due))
    rated = DailyRating.objects.filter(secondment__in=list(found), day__range=(first, last))
    for pk, attendance, marks in rated.values_list("secondment", "attendance", "marks"):
        found[pk][1].add(attendance, marks)
    return found


def merged(sums: dict[int, tuple[Secondment, Sum]]) -> dict[int, Sum]:
    """Return the sums of each community, in the order in which they come."""
    found: dict[int, Sum] = {}
    for row, one in sums.values():
        whole = found.setdefault(row.community_id, Sum())
        for name in ("due", "rated", "present", "leave", "absent"):
            setattr(whole, name, getattr(whole, name) + getattr(one, name))
        for code, levels in one.levels.items():
            whole.levels[code].update(levels)
    return found
