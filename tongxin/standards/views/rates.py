"""The rate, computed from confirmed assessments: by field, by the units below (S4.8)."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_GET

from tongxin.accounts.queries import SignedIn
from tongxin.orgs.models import Org
from tongxin.orgs.scope import keeps_register

from .. import queries
from ..models import Goal, StandardSet
from .common import above_of, show, unit_of, year_filter, year_of


@login_required
@require_GET
def page(request: SignedIn) -> HttpResponse:
    """Show the rate of a unit and year, with its base, by field and by what stands below."""
    unit, year = unit_of(request), year_of(request)
    whole, fields, below = queries.sums(unit, year)
    above = above_of(request, unit)
    goals = Goal.objects.visible_to(request.user).filter(
        counts=Goal.Counts.STANDARD, year=year, programme__unit__in=above
    )
    targets = {goal.sector: goal for goal in goals.order_by("-pk")}
    context = {
        "unit": unit,
        "year": year,
        "above": above,
        "filters": [year_filter(year)],
        "hidden": [("unit", unit.pk)],
        "whole": whole,
        "target": targets.get(""),
        "fields": [(one, targets.get(one.sector or "") or targets.get("")) for one in fields],
        "has_targets": bool(targets),
        "below": [(one, None) for one in below],
        "base": queries.base_of(),
        "keeps": keeps_register(request.user, unit.path),
        "has_frame": whole.total > whole.missing or StandardSet.objects.public().exists(),
    }
    return show(request, "rates", context, tab="rates")


@login_required
@require_GET
def part(request: SignedIn, unit: int) -> HttpResponse:
    """Answer the computed rate of a unit as a piece of another page, this year and the two before."""
    row = get_object_or_404(Org.objects.visible_to(request.user).filter(dissolved_on=None), pk=unit)
    this = localdate().year
    years = [(year, queries.sum_of(row.name, queries.rates(row, year))) for year in range(this, this - 3, -1)]  # fmt: skip
    return render(request, "standards/parts/rate.html", {"unit": row, "years": years})
