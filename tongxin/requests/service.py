"""A volunteer's service: what they have set, their ledger, the stars it makes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time

from django.db.models import Sum
from django.utils.timezone import localtime

from tongxin.orgs.models import Volunteer, VolunteerRequest
from tongxin.orgs.scope import posts_of
from tongxin.ui.paging import page_of

from .models import PointEntry
from .pages import PAGE

# Hours of service for one to five stars (Ministry of Civil Affairs; 志愿服务记录办法).
STAR_HOURS = (100, 300, 600, 1000, 1500)


def volunteer_of(user) -> Volunteer | None:
    return Volunteer.objects.select_related("home").filter(user=user.pk).first()


# The parts of the week people choose from: weekdays, from, to.
PARTS = {
    "weekday-morning": (range(1, 6), time(8), time(12)),
    "weekday-afternoon": (range(1, 6), time(12), time(18)),
    "weekday-evening": (range(1, 6), time(18), time(21)),
    "weekend-morning": (range(6, 8), time(8), time(12)),
    "weekend-afternoon": (range(6, 8), time(12), time(18)),
    "weekend-evening": (range(6, 8), time(18), time(21)),
}


def times_of(parts: Iterable[str]) -> list[tuple[int, time, time]]:
    """Return the times of the week that the parts stand for: (weekday 1 to 7, from, to)."""
    return [
        (day, since, until)
        for days, since, until in (PARTS[part] for part in parts)
        for day in days
    ]


def volunteering_of(user) -> VolunteerRequest | None:
    """Return what became of somebody's last request to be a volunteer, unless they took it back."""
    rows = VolunteerRequest.objects.filter(user=user.pk).exclude(state="withdrawn")
    return rows.select_related("home").order_by("-pk").first()


def parts_of_week(volunteer: Volunteer) -> list[str]:
    """Return the parts of the week that a volunteer's times fill wholly."""
    known = list(volunteer.times.values_list("weekday", "since", "until"))
    return [
        part
        for part, (days, since, until) in PARTS.items()
        if all(any(d == day and s <= since and until <= u for d, s, u in known) for day in days)
    ]


def beat_of(user) -> str:
    """Return the path of the grid that a grid worker walks."""
    return next((post.path for post in posts_of(user) if post.role == "grid_worker"), "")


def ledger(user, cursor: str = "") -> tuple[list[PointEntry], str]:
    rows = PointEntry.objects.filter(user=user.pk).select_related("by")
    return page_of(rows, cursor, PAGE)


def month_of(user, at: datetime) -> dict[str, int]:
    """Return {"points", "minutes"} that the ledger gained this month."""
    first = localtime(at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    rows = PointEntry.objects.filter(user=user.pk, at__gte=first)
    found = rows.aggregate(points=Sum("points"), minutes=Sum("minutes"))
    return {name: value or 0 for name, value in found.items()}


def star_level(minutes: int) -> tuple[int, int | None]:
    """Return the stars that so much service makes, and the hours at which the next one comes."""
    hours = minutes / 60
    stars = sum(hours >= bound for bound in STAR_HOURS)
    return stars, STAR_HOURS[stars] if stars < len(STAR_HOURS) else None
