"""Where a notice leads: each to the page made for them."""

from __future__ import annotations

from django.urls import reverse

from tongxin.cases.models import Case, Event

from .actions import rating_token


def notice_link(case: Case, event: Event, user_id: int) -> str:
    """Return where a notice of an event leads for this person; "" for the page of the case.

    The resident who may rate now gets the link that rates without signing in (S0.53); whoever
    asked for it or does it gets its page on the phone.
    """
    is_own = user_id == case.reporter_id
    if is_own and case.kind == "request" and event.target == "verified":
        return reverse("requests:rate", args=[rating_token(case)])
    if is_own or user_id in (case.holder_id, case.offeree_id):
        return reverse("requests:case", args=[case.pk])
    return ""
