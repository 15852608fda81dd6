"""Which centre offers what, and where the nearest is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q

from tongxin.kit.geo import distance_m
from tongxin.places.models import Centre

from ..models import DelegatedService, ServiceOffer


@dataclass(frozen=True)
class Offered:
    """A centre that takes a service in; `metres` if both places are known."""

    centre: Centre
    way: str
    metres: int | None = None


def services_on(day: date) -> list[DelegatedService]:
    """Return the catalogue of a day in its order; the newest version of each."""
    newest = {one.code: one for one in DelegatedService.objects.on(day).order_by("code", "version")}
    return list(newest.values())


def offers_of(centre: Centre, day: date) -> dict[str, ServiceOffer]:
    """Return what a centre takes in on a day, by code."""
    rows = ServiceOffer.objects.filter(
        Q(to_date=None) | Q(to_date__gt=day), centre=centre, from_date__lte=day
    )
    return {one.code: one for one in rows}


def where_offered(
    code: str, *, day: date, near: tuple[float, float] | None = None, path: str = "",
    most: int = 20,
) -> list[Offered]:  # fmt: skip
    """Return the open centres that take a service in: the nearest first.

    Near a point (WGS-84 degrees) by metres; else those of the same community, street, district
    (`path` of a region) first.
    """
    rows = ServiceOffer.objects.filter(
        Q(to_date=None) | Q(to_date__gt=day), code=code, from_date__lte=day,
        centre__state=Centre.State.OPEN,
    )  # fmt: skip
    if near is None and path:
        # Without a point the district around is the farthest that helps anybody.
        rows = rows.filter(centre__region__path__under="/".join(path.split("/")[:2]) + "/")
    found = []
    for one in rows.select_related("centre__region").order_by("centre_id")[:2000]:
        metres = None
        if near and one.centre.lng is not None and one.centre.lat is not None:
            metres = round(distance_m(*near, one.centre.lng, one.centre.lat))
        found.append(Offered(one.centre, one.get_way_display(), metres))
    if near:
        found.sort(key=lambda one: (one.metres is None, one.metres or 0, one.centre.pk))
    else:
        found.sort(key=lambda one: (-_shared(path, one.centre.region.path), one.centre.pk))
    return found[:most]


def _shared(one: str, other: str) -> int:
    """Return how many steps two paths go together."""
    n = 0
    for a, b in zip(one.split("/"), other.split("/"), strict=False):
        if not a or a != b:
            break
        n += 1
    return n


def offered_counts(centres: list[Centre], day: date) -> dict[int, int]:
    """Return how many services each centre takes in; one query."""
    rows = ServiceOffer.objects.filter(
        Q(to_date=None) | Q(to_date__gt=day), centre__in=[one.pk for one in centres],
        from_date__lte=day,
    )  # fmt: skip
    return dict(rows.values_list("centre").annotate(n=Count("pk")))
