"""Numbers and criteria in force on a day."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from tongxin.kit.errors import Refused

from ..models import RatingCriterion, Rule


class NoRule(Refused):
    """No row of the rule is in force on that day."""


def rule_on(code: str, day: date) -> dict[str, Any]:
    """Return the numbers of a rule in force on a day; what a later row leaves out stays. Raises NoRule."""
    rows = list(Rule.objects.filter(code=code, effective_from__lte=day).order_by("effective_from"))
    if not rows:
        raise NoRule(
            _("%(day)s 还没有施行的“%(rule)s”参数") % {"day": day, "rule": Rule.Code(code).label},
            remedy=_("请在管理页补一条施行日期更早的参数"),
        )
    return {name: value for row in rows for name, value in row.params.items()}


def criteria_on(day: date) -> list[RatingCriterion]:
    """Return the criteria of a day, in their order."""
    rows = RatingCriterion.objects.filter(
        Q(effective_to__isnull=True) | Q(effective_to__gt=day), effective_from__lte=day
    )
    return list(rows.order_by("order", "code"))
