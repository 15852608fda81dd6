"""Courses as they are read: what one may sign up for, who came, hours of a year, visits received."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from tongxin.documents.scope import desks_of
from tongxin.meetings.models import StudyHour
from tongxin.meetings.queries import app_rates
from tongxin.orgs.models import Org

from ..models import Course, CourseSession, Reception, SignUp

THREE_YEARS = timedelta(days=3 * 365)


def sessions_of(course: Course) -> list[Any]:
    """Return the sessions of a course with how many signed up, wait and came."""
    state = "sign_ups__state"
    return list(
        course.sessions.annotate(
            n_signed=Count("sign_ups", filter=Q(**{state: "signed"})),
            n_waiting=Count("sign_ups", filter=Q(**{state: "waiting"})),
            n_here=Count("sign_ups", filter=Q(**{state: "present"})),
        ).order_by("starts_at", "pk")
    )  # fmt: skip


def own_sign_ups(user: Any, course: Course) -> dict[int, SignUp]:
    return {row.session_id: row for row in SignUp.objects.filter(user=user, session__course=course)}


def coming(user: Any, at: datetime) -> list[SignUp]:
    """Return the sessions one has signed up for that are not over yet."""
    rows = SignUp.objects.filter(
        user=user, session__ends_at__gte=at, session__state="planned", state__in=("signed", "waiting", "present")
    )  # fmt: skip
    return list(rows.select_related("session__course").order_by("session__starts_at")[:20])


def roll_of(session: CourseSession) -> list[SignUp]:
    return list(session.sign_ups.exclude(state="cancelled").select_related("user").order_by("pk"))


def held_since(actor: Any, on: date, kind: str = "lecture") -> int:
    """Return how many sessions of a kind were held in three years (S2.8: 近三年 30 余场)."""
    rows = CourseSession.objects.visible_to(actor).filter(course__kind=kind, state="held")
    return rows.filter(starts_at__date__gt=on - THREE_YEARS, starts_at__date__lte=on).count()


def hours_of_year(user: Any, year: int) -> dict[str, Any]:
    """Return {"rows", "total"} of a person's own hours of study in a year, whatever they came from."""
    rows = list(
        StudyHour.objects.filter(person__user=user.pk, on__year=year)
        .select_related("unit", "person").order_by("on", "pk")
    )  # fmt: skip
    return {"rows": rows, "total": sum((row.hours for row in rows), Decimal(0))}


def own_party_units(actor: Any) -> Any:
    return Org.objects.units().filter(pk__in=desks_of(actor)).order_by("path")


def rates(actor: Any, unit: Org) -> dict[str, Any]:
    """Return who is registered in the learning app, unit by unit, with the sum of those below (S4.42)."""
    rows = app_rates(actor, unit)
    below = [row for row in rows if row["unit"].pk != unit.pk and row["count"]]
    members = sum(row["count"].members for row in below)
    registered = sum(row["count"].registered for row in below)
    share = round(100 * registered / members, 1) if members else None
    return {"rows": rows, "members": members, "registered": registered, "share": share}


def receptions_of(actor: Any, year: int) -> dict[str, Any]:
    """Return how many batches and people came in a year, and the rows (S4.80)."""
    rows = Reception.objects.visible_to(actor).filter(on__year=year)
    sums = rows.aggregate(batches=Count("pk"), people=Sum("people"))
    return {"batches": sums["batches"], "people": sums["people"] or 0, "rows": rows}
