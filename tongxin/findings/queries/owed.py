"""What party units owe by the register: rectifications, reports, self-checks that wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.orgs.models import Org

from ..models import Rectification, SelfCheck

SOON = timedelta(days=14)


def findings_check(units: Sequence[Org], on: date) -> list[dict[str, Any]]:
    """Return what is due or late: {"unit", "kind", "sentence", "due", "url"}. Two queries."""
    by_id = {unit.pk: unit for unit in units}
    rows = Rectification.objects.filter(
        case__handler__in=by_id, case__closed_at__isnull=True, done_at__isnull=True,
        unit__isnull=False,
    )  # fmt: skip
    rows = rows.filter(Q(deadline__lte=on + SOON) | Q(case__step="ordered"))
    found = [
        {
            "unit": by_id[row.case.handler_id],  # type: ignore[index]
            "kind": "rectification",
            "sentence": _("%(number)s 整改未完成：%(title)s")
            % {"number": row.finding.number, "title": row.finding.title},
            "due": row.deadline,
            "url": reverse("findings:finding", args=[row.finding_id]),
        }
        for row in rows.select_related("case", "finding").order_by("deadline", "pk")
    ]
    checks = SelfCheck.objects.waiting().filter(org__in=by_id)
    return found + [
        {
            "unit": by_id[check.org_id],
            "kind": "self_check",
            "sentence": _("自查没有报送：%s") % check.round.group.title,
            "due": check.round.due_on,
            "url": reverse("findings:self-check", args=[check.pk]),
        }
        for check in checks.select_related("round__group").order_by("round__due_on", "pk")
    ]
