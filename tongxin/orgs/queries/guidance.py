"""What is asked of a unit, the library of methods, and whether somebody keeps any register."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q

from tongxin.accounts.models import User

from ..models import Org, Requirement, RequirementMark, WorkMethod
from ..scope import REGISTRARS, posts_of, unit_reach

PAGE = 30


def keeps_some(actor: User) -> bool:
    """Say whether somebody keeps the register of any unit."""
    return any(post.role in REGISTRARS and post.org_path for post in posts_of(actor))


def requirements_of(unit: Org, year: int) -> list[tuple[Requirement, RequirementMark | None]]:
    """Return what is asked of a unit in a year by its sector, each with how it stands. Two queries.

    Of a requirement with several versions the newest in force that year counts.
    """
    rows = Requirement.objects.filter(sector=unit.sector, effective_from__year__lte=year)
    rows = rows.filter(Q(effective_to=None) | Q(effective_to__year__gte=year))
    newest = {one.code: one for one in rows.order_by("version")}
    marks = RequirementMark.objects.filter(unit=unit, year=year).select_related("by")
    by_requirement = {mark.requirement_id: mark for mark in marks}
    return [(one, by_requirement.get(one.pk)) for _code, one in sorted(newest.items())]


def methods_page(q: str, before: int) -> tuple[list[Any], str]:
    """Return a page of the published methods, newest first, with how many learnt each, and a cursor."""
    rows = WorkMethod.objects.public().select_related("unit")
    if q:
        words = Q(title__contains=q) | Q(summary__contains=q) | Q(tags__contains=q)
        rows = rows.filter(words | Q(steps__contains=q))
    rows = rows.filter(pk__lt=before) if before else rows
    found = list(rows.annotate(learnt=Count("uses")).order_by("-pk")[: PAGE + 1])
    return found[:PAGE], str(found[PAGE - 1].pk) if len(found) > PAGE else ""


def methods_waiting(actor: User) -> list[WorkMethod]:
    """Return the methods that wait for the actor: handed in below a unit whose register they keep."""
    rows = WorkMethod.objects.filter(published_on=None).filter(
        unit_reach(actor, column="unit__path")
    )
    return list(rows.select_related("unit").order_by("pk")[:PAGE])
