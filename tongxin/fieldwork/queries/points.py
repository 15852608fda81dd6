"""Mobile office points: those that residents may know of, and what they came to (S4.39)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from tongxin.regions.queries import Land

from ..models import OfficePoint, Visit, VisitMatter
from .coverage import Share

State = Visit.State


def coming_points(at: datetime, area: str = "") -> QuerySet[OfficePoint]:
    """Return announced points that have not closed yet, soonest first; below an area if one is given."""
    rows = OfficePoint.objects.public().filter(closes_at__gte=at)
    if area:
        rows = rows.filter(visit__area__under=area)
    return rows.select_related("visit__region").order_by("opens_at", "pk")


def points_seen(actor: Any, area: str, first: date, last: date) -> QuerySet[OfficePoint]:
    """Return the points of a period on a land that the actor may see, last first."""
    visits = Visit.objects.visible_to(actor).filter(area__under=area)
    rows = OfficePoint.objects.filter(visit__in=visits, opens_at__date__range=(first, last))
    return rows.select_related("visit__region").order_by("-opens_at")


def point_figures(actor: Any, land: Land, first: date, last: date) -> dict[str, Any]:
    """Return how many points were opened, people received, matters taken and settled at once.

    Matters are those of all visits, at a point or at somebody's door.
    """
    held = points_seen(actor, land.path, first, last).filter(visit__state=State.DONE)
    sums = held.order_by().aggregate(n=Count("pk"), received=Sum("received"))
    visits = Visit.objects.visible_to(actor).filter(area__under=land.path)
    taken = VisitMatter.objects.filter(visit__in=visits, at__date__range=(first, last)).aggregate(
        n=Count("pk"), settled=Count("pk", filter=Q(is_settled=True))
    )
    return {
        "opened": sums["n"],
        "received": sums["received"] or 0,
        "matters": taken["n"],
        "settled": Share(taken["settled"], taken["n"]),
    }
