"""Service that turns and posts gave: entries of people, sums by kind and year, distinct people."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import Q, QuerySet

from tongxin.ui.paging import pk_of

from ..models import ServiceEntry
from .rules import numbers
from .turns import moments


def entries_of(user) -> QuerySet[ServiceEntry]:
    """Return a user's entries, corrections too, newest first."""
    rows = ServiceEntry.objects.of(user).select_related("community", "by")
    return rows.order_by("-at", "-pk")


def entries_at_desk(actor, *, under: str, cursor: str = "", size: int = 50) -> list[ServiceEntry]:
    """Return entries of a place the actor acts for, newest first, each with its correction if any."""
    rows = ServiceEntry.objects.visible_to(actor).filter(community__path__under=under)
    if start := pk_of(cursor):
        rows = rows.filter(pk__lt=start)
    related = ("user", "person", "community", "by", "correction")
    return list(rows.select_related(*related).order_by("-pk")[:size])


def entries_of_person(person) -> QuerySet[ServiceEntry]:
    """Return the entries of somebody of the register, newest first."""
    mine = Q(person=person.pk) | Q(user__isnull=False, user=person.user_id)
    rows = ServiceEntry.objects.filter(mine).select_related("community", "by")
    return rows.order_by("-at", "-pk")


def entries_of_people(person_ids: Collection[int], year: int) -> QuerySet[ServiceEntry]:
    """Return the entries of some people of the register in a year."""
    since, until = moments(date(year, 1, 1), date(year, 12, 31))
    rows = ServiceEntry.objects.filter(person__in=person_ids, at__gte=since, at__lt=until)
    return rows.order_by("-at", "-pk")


def who_served(path: str, since: date, until: date) -> QuerySet[ServiceEntry]:
    """Return the entries of a place in a period of days, of which `portal` counts the people."""
    starts, ends = moments(since, until)
    rows = ServiceEntry.objects.filter(
        community__path__under=path, at__gte=starts, at__lt=ends, corrects__isnull=True
    )
    return rows.filter(minutes__gt=0)


def star_level(minutes: int, on: date) -> tuple[int, int | None]:
    """Return the stars that so much service makes on a day, and the hours of the next."""
    bounds = numbers("star_hours", on)
    stars = sum(minutes >= 60 * bound for bound in bounds)
    return stars, bounds[stars] if stars < len(bounds) else None
