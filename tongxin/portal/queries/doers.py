"""Who took orders in a place and a period: distinct people, and the shares they stand for.

People who work are counted here, never residents, and they are listed by name: a page of how much
was done together is not a ranking.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from tongxin.cases.models import Case
from tongxin.orgs.models import Volunteer
from tongxin.regions.queries import Land
from tongxin.ui.paging import bad_cursor

from .street import Period

PAGE = 50
WORKED = ("request", "wish")  # the kinds that one person takes in hand
DONE = ("done", "verified", "closed", "fulfilled")


@dataclass(frozen=True)
class Doer:
    """A person, how many orders of the period they took, and how many of these are done."""

    pk: int
    name: str
    taken: int
    done: int
    is_volunteer: bool


@dataclass(frozen=True)
class Sums:
    """The figures above the list; every one of them can be opened down to the people counted."""

    taken: int  # orders that somebody took
    done: int
    by_volunteers: int  # of `taken`
    people: int  # distinct
    volunteers: int  # distinct, among `people`
    at_home: int  # volunteers at home in the place, whether they took an order or not
    active_at_home: int  # of `at_home`

    @property
    def share_by_volunteers(self) -> float | None:
        return round(100 * self.by_volunteers / self.taken, 1) if self.taken else None

    @property
    def mobilised(self) -> float | None:
        return round(100 * self.active_at_home / self.at_home, 1) if self.at_home else None


def taken_orders(land: Land, period: Period) -> QuerySet[Case]:
    return Case.objects.in_area(land).filter(kind__in=WORKED, holder__isnull=False, **period.opened)


def sums(land: Land, period: Period) -> Sums:
    """Return the sums of a place and a period, by two queries."""
    orders = taken_orders(land, period).annotate(
        by_volunteer=Exists(Volunteer.objects.filter(pk=OuterRef("holder")))
    )
    of_volunteers = Q(by_volunteer=True)
    found = orders.aggregate(
        taken=Count("pk"),
        done=Count("pk", filter=Q(step__in=DONE)),
        by_volunteers=Count("pk", filter=of_volunteers),
        people=Count("holder", distinct=True),
        volunteers=Count("holder", distinct=True, filter=of_volunteers),
    )
    took = Exists(taken_orders(land, period).filter(holder=OuterRef("pk")))
    home = Volunteer.objects.filter(home__path__under=land.path).aggregate(
        at_home=Count("pk"), active_at_home=Count("pk", filter=Q(took))
    )
    return Sums(**found, **home)


def people(
    land: Land, period: Period, *, only: str = "", cursor: str = ""
) -> tuple[list[Doer], str]:
    """Return a page of people by name, and the cursor of the next; `only` "volunteers" or "others".

    :raises BadCursor: for a cursor that no page gave
    """
    rows = taken_orders(land, period).annotate(
        by_volunteer=Exists(Volunteer.objects.filter(pk=OuterRef("holder")))
    )
    if only:
        rows = rows.filter(by_volunteer=only == "volunteers")
    if cursor:
        rows = rows.filter(_after(cursor))
    counted = (
        rows.values("holder", "holder__name", "by_volunteer")
        .annotate(taken=Count("pk"), done=Count("pk", filter=Q(step__in=DONE)))
        .order_by("holder__name", "holder")
    )
    found = list(_doers(counted[: PAGE + 1]))
    last = found[PAGE - 1] if len(found) > PAGE else None
    return found[:PAGE], f"{last.pk}_{last.name}" if last else ""


def _doers(rows: Iterable[Mapping[str, Any]]) -> Iterator[Doer]:
    for row in rows:
        name, is_volunteer = row["holder__name"], bool(row["by_volunteer"])
        yield Doer(row["holder"], name, row["taken"], row["done"], is_volunteer)


def _after(cursor: str) -> Q:
    pk, __, name = cursor.partition("_")
    if not pk.isdecimal():
        raise bad_cursor()
    return Q(holder__name__gt=name) | Q(holder__name=name, holder__gt=int(pk))
