"""Kinds of findings: data, chosen by the day of the fact."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid

from ..models import FindingKind


class UnknownKind(Invalid):
    """No kind of that code was in force on the day."""


def kinds_on(day: date) -> QuerySet[FindingKind]:
    """Return the kinds in force on a day, in the order of their codes."""
    return FindingKind.objects.filter(
        Q(effective_to__isnull=True) | Q(effective_to__gte=day), effective_from__lte=day
    ).order_by("code")


def kind_by_code(code: str, day: date) -> FindingKind | None:
    """Return the kind of a code; None for no code.

    :raises UnknownKind: if there is none of that code on that day
    """
    if not code:
        return None
    found = kinds_on(day).filter(code=code).first()
    if found is None:
        raise UnknownKind(_("没有代码为“%s”的问题类别，或当时未启用。") % code[:20], field="kind")
    return found
