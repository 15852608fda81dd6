"""Words of documents for their pages."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template
from django.utils.timezone import localtime

from tongxin.cases.flow import Step
from tongxin.cases.models import Case
from tongxin.orgs.models import Post

register = template.Library()


@register.filter
def document_step(case: Case) -> Step:
    """Return the step a case is in, with its label and tone."""
    return case.flow.step_of[case.step]


@register.filter
def post_role(role: str) -> str:
    """Return what people call a role."""
    return str(dict(Post.Role.choices).get(role, ""))


@register.filter
def names_of(recipients, part: str) -> str:
    """Return the names of those a paper goes to as "main" or as "copy"."""
    return "、".join(row.name for row in recipients if row.part == part)


@register.filter
def last_day(due: datetime | None):
    """Return the day that ends at a moment: a deadline of midnight is of the day before."""
    return localtime(due - timedelta(seconds=1)).date() if due else None
