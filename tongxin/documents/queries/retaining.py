"""Papers that are due for the archive, or whose time there is over; what was decided on them."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from ..models import Retention
from ..scope import SIGNERS, desks_of
from .lists import units_with

# What a list of them shows: two that wait, what was approved and not yet recorded, and the rest.
STATES = {
    "archive": Q(kind="archive", decision=""),
    "expired": Q(kind="expired", decision=""),
    "destroy": Q(decision="destroy", noted_at=None),
    "done": ~Q(decision="") & ~Q(decision="destroy", noted_at=None),
}


def retentions(actor, state: str) -> QuerySet[Retention]:
    """Return what the actor's units, and those they oversee, have in a state of `STATES`."""
    rows = Retention.objects.visible_to(actor).filter(STATES[state])
    related = ("document__kind", "document__org", "document__number__register", "decided_by", "noted_by")  # fmt: skip
    return rows.select_related(*related)


def verbs_of(actor, row: Retention) -> list[str]:
    """Return what the actor may do with it now: "archive", "decide", "note"; the page and the API ask."""
    at_desk = row.document.org_id in desks_of(actor)
    if row.decision == "" and row.kind == "archive":
        return ["archive"] if at_desk else []
    if row.decision == "":
        return ["decide"] if row.document.org_id in units_with(actor, SIGNERS) else []
    waits = row.decision == "destroy" and row.noted_at is None
    return ["note"] if waits and at_desk and row.decided_by_id != actor.pk else []
