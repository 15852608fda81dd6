"""Hours of study, plans and how far units are, groups, tasks, lectures of three years."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from tongxin.orgs.models import Post

from ..models import ReviewResult, StudyHour
from .rules import NoRules, decimal

COMMITTEE = ("secretary", "commissioner")


def hours_of(user, on: date) -> dict[str, Any]:
    """Return {"done", "wanted", "rows"} of a person's hours this year; committee members owe more.

    《党员教育管理工作条例》第二十条: 32 hours; secretaries and committee members 56.
    """
    rows = StudyHour.objects.filter(person__user=user.pk, on__year=on.year).order_by("-on", "-pk")
    done = rows.aggregate(n=Sum("hours"))["n"] or Decimal(0)
    office = Post.objects.held_on(on).filter(user=user.pk, role__in=COMMITTEE).exists()
    name = "hours_a_year_committee" if office else "hours_a_year"
    try:
        wanted = decimal("education", name, on)
    except NoRules:
        wanted = Decimal(0)
    return {"done": done, "wanted": wanted, "rows": list(rows[:20])}


def my_reviews(user) -> list[ReviewResult]:
    """Return one's own results of reviews, newest first."""
    rows = ReviewResult.objects.filter(membership__person__user=user.pk)
    return list(rows.select_related("review__unit").order_by("-review__year")[:10])
