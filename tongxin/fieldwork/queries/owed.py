"""What party units owe of the visits they ordered: late ones, plan by plan, for the list of to-dos."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.orgs.models import Org

from ..models import Plan, Visit

State = Visit.State


def visits_check(units: Sequence[Org], on: date) -> list[dict[str, Any]]:
    """Return one thing for each plan of the units that has visits late on a day.

    Unannounced plans are left out: a to-do is read by more people than ordered them.
    """
    by_id = {unit.pk: unit for unit in units}
    late = Q(visits__state=State.MISSED) | Q(
        visits__state__in=(State.PLANNED, State.BEGUN), visits__due_on__lt=on
    )
    plans = (
        Plan.objects.filter(org__in=by_id, state=Plan.State.ACTIVE, is_unannounced=False)
        .annotate(late=Count("visits", filter=late), since=Min("visits__due_on", filter=late))
        .filter(late__gt=0)
        .order_by("pk")
    )
    return [
        {
            "unit": by_id[plan.org_id],  # type: ignore[index]
            "kind": "visits",
            "sentence": _("走访计划“%(plan)s”有 %(n)d 次没有按期完成")
            % {"plan": plan.name, "n": plan.late},
            "due": plan.since,
            "url": reverse("fieldwork:plan", args=[plan.pk]),
        }
        for plan in plans
    ]
