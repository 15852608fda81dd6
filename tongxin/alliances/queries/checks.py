"""What a party unit owes in its alliance or park, for its to-do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.orgs.models import Org

from ..models import EnterpriseProblem, Letter, ProjectProblem

MOST = 200


def alliances_check(units: QuerySet[Org], on: date) -> Iterator[dict[str, Any]]:
    """Yield {"unit", "kind", "sentence", "due", "url"}: problems past their day, letters that ran out.

    Of the alliances a unit convenes, and of the parks whose branch it is. Three queries.
    """
    open_ = ProjectProblem.objects.filter(
        project__alliance__convenor__in=units, case__closed_at=None, due_on__lt=on
    )
    for row in open_.select_related("project__alliance__convenor", "case").order_by("pk")[:MOST]:
        words = _("项目问题超过时限：%(project)s · %(title)s")
        yield {
            "unit": row.project.alliance.convenor, "kind": "project_problem", "due": row.due_on,
            "sentence": words % {"project": row.project.name, "title": row.case.title},
            "url": reverse("alliances:project", args=[row.project_id]),
        }  # fmt: skip
    gone = Letter.objects.filter(
        item__dossier__keeper__in=units, replaced_on=None, valid_until__lt=on
    )
    for letter in gone.select_related("item__dossier__keeper").order_by("pk")[:MOST]:
        dossier = letter.item.dossier
        words = _("以函代证已到期，还没有批文：%(label)s · %(item)s")
        yield {
            "unit": dossier.keeper, "kind": "letter", "due": letter.valid_until,
            "sentence": words % {"label": dossier.source_label, "item": letter.item.name},
            "url": reverse("alliances:dossier", args=[dossier.pk]),
        }  # fmt: skip
    late = EnterpriseProblem.objects.filter(
        park__branch__in=units, case__closed_at=None, case__is_late=True
    )
    for one in late.select_related("park__branch", "case", "enterprise").order_by("pk")[:MOST]:
        words = _("企业难题超过时限：%(firm)s · %(title)s")
        yield {
            "unit": one.park.branch, "kind": "enterprise_problem", "due": None,
            "sentence": words % {"firm": one.enterprise.name, "title": one.case.title},
            "url": reverse("alliances:problems", args=[one.park_id]),
        }  # fmt: skip
