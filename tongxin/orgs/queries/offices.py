"""The structure of streets as pages show it: one street's, and all beside the standard set (S4.64)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from tongxin.accounts.models import User
from tongxin.regions.models import Region

from ..models import (
    OFFICE_READERS,
    DutyMove,
    OfficeChange,
    OfficeDuty,
    OfficeKind,
    OfficeSeat,
    OfficeStandard,
    Org,
    Post,
    StreetOffice,
)
from ..scope import reach

STREETS = 30  # a page of the comparison


def streets_read(actor: User) -> QuerySet[Org]:
    """Return the governments of streets and towns whose offices the actor may read."""
    rows = Org.objects.public().filter(kind=Org.Kind.GOVERNMENT, region__level=Region.Level.STREET)
    return rows.filter(reach(actor, OFFICE_READERS, column="region__path")).select_related("region")


def office_standards(day: date) -> list[OfficeStandard]:
    """Return the standard offices in force on a day, in the order of the sheet. One query."""
    rows = OfficeStandard.objects.filter(effective_from__lte=day).order_by("pk")
    newest: dict[str, OfficeStandard] = {}
    for row in rows:
        have = newest.get(row.code)
        newest[row.code] = row if have is None or row.version > have.version else have
    return list(newest.values())


def seats_on(day: date) -> QuerySet[OfficeSeat]:
    """Return who is seated and still holds the post on a day, heads first."""
    held = Q(post__from_date=None) | Q(post__from_date__lte=day)
    held &= Q(post__to_date=None) | Q(post__to_date__gt=day)
    rows = OfficeSeat.objects.filter(held, to_date=None).select_related("post__user")
    return rows.order_by("-is_head", "from_date", "pk")


def with_structure(rows: QuerySet[StreetOffice], day: date) -> QuerySet[StreetOffice]:
    """Return offices that know their duties, counterparts and seats (`now`). Three queries more."""
    return rows.prefetch_related(
        Prefetch("duties", OfficeDuty.objects.order_by("number")),
        Prefetch("departments", Org.objects.order_by("pk")),
        Prefetch("seats", seats_on(day), to_attr="now"),
    )


@dataclass(frozen=True)
class Comparison:
    """A street beside the standard set."""

    street: Org
    offices: int
    approved: int
    filled: int
    lacking: list[OfficeStandard]


def compare_streets(
    streets: Iterable[Org], standards: list[OfficeStandard], day: date
) -> list[Comparison]:
    """Return how each street stands to the set: what it has, what it lacks. Two queries."""
    streets = list(streets)
    offices = StreetOffice.objects.standing().filter(org__in=streets)
    found: dict[int, list[tuple[str, str, int]]] = {street.pk: [] for street in streets}
    for org, code, name, approved in offices.values_list("org", "standard", "name", "approved"):
        found[org].append((code, name, approved))
    seats = seats_on(day).filter(office__org__in=streets).values_list("office__org", flat=True)
    filled = Counter(seats.order_by())
    return [
        Comparison(
            street,
            len(found[street.pk]),
            sum(approved for _code, _name, approved in found[street.pk]),
            filled[street.pk],
            lacking(standards, {word for one in found[street.pk] for word in one[:2]}),
        )
        for street in streets
    ]


def lacking(standards: list[OfficeStandard], have: set[str]) -> list[OfficeStandard]:
    """Return the standard offices that are not in `have`, by code or by name."""
    return [one for one in standards if have.isdisjoint((one.code, one.name))]


@dataclass
class Structure:
    """The offices of a street by kind, those that ended, and what the standard set has besides."""

    groups: list[tuple[Any, list[StreetOffice]]]
    ended: list[StreetOffice]
    lacking: list[OfficeStandard]
    offices: int = 0
    approved: int = 0
    filled: int = 0
    duties: int = 0


def structure_of(street: Org, day: date) -> Structure:
    """Return a street's structure on a day. Five queries."""
    rows = StreetOffice.objects.filter(org=street).select_related("successor").order_by("pk")
    offices: list[Any] = list(with_structure(rows, day))
    standing = [one for one in offices if not one.ended_on]
    kinds = ((kind, [one for one in standing if one.kind == kind]) for kind in OfficeKind)
    ended = sorted((one for one in offices if one.ended_on), key=lambda one: one.ended_on)
    return Structure(
        groups=[(kind.label, found) for kind, found in kinds if found],
        ended=ended[::-1],
        lacking=lacking(
            office_standards(day), {word for one in standing for word in (one.standard, one.name)}
        ),
        offices=len(standing),
        approved=sum(one.approved for one in standing),
        filled=sum(len(one.now) for one in standing),
        duties=sum(len(one.duties.all()) for one in standing),
    )


def office_changes(street: Org) -> QuerySet[OfficeChange]:
    """Return what happened to a street's structure, newest first, with the duties that moved."""
    moves = DutyMove.objects.select_related("duty", "source", "target").order_by("pk")
    rows = OfficeChange.objects.filter(org=street).select_related("by")
    return rows.prefetch_related(Prefetch("moves", moves)).order_by("-pk")


def free_posts(office: StreetOffice, day: date) -> list[Post]:
    """Return the posts of the office's street that sit nowhere, or here; each with its holder."""
    rows = Post.objects.held_on(day).filter(org=office.org_id, user__is_active=True)
    elsewhere = OfficeSeat.objects.filter(to_date=None).exclude(office=office)
    rows = rows.exclude(pk__in=elsewhere.values("post"))
    return list(rows.select_related("user").order_by("user__name", "pk")[:300])


def counterparts_for(street: Org) -> QuerySet[Org]:
    """Return the departments that answer for the street's land, or for land around it."""
    parts = street.region.path.strip("/").split("/")
    above = ["/".join(parts[:n]) + "/" for n in range(1, len(parts) + 1)]
    rows = Org.objects.public().filter(kind=Org.Kind.DEPARTMENT, region__path__in=above)
    return rows.order_by("pk")
