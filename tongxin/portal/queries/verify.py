"""What waits for a verdict: work that others have done, with what proves it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q

from tongxin.cases.models import Case, Topic
from tongxin.cases.proof import proofs_of
from tongxin.cases.queries import card_of, moves_open_to
from tongxin.orgs.scope import posts_of

PAGE = 12
# Who judges what: the step, by the role that its verdict is given to.
JUDGES = {"verifier": ("request", "done"), "officer": ("whistle_call", "done")}
VERDICTS = {"verify", "confirm", "redo"}


def to_verify(actor, *, at: datetime) -> tuple[list[dict[str, Any]], int]:
    """Return the first orders that wait for this actor's verdict, and how many wait in all.

    Each as {"case", "card", "proof", "moves", "sampled"}; `moves` is empty for the doer, who never
    judges their own work (S0.52). What runs out first comes first. Five queries.
    """
    waiting = Q(pk__in=[])
    for post in posts_of(actor):
        if post.role in JUDGES:
            kind, step = JUDGES[post.role]
            waiting |= Q(area__under=post.path, kind=kind, step=step)
    rows = Case.objects.visible_to(actor).open().filter(waiting)
    related = rows.select_related("topic", "holder", "handler", "request")
    cases = list(related.order_by("due_at", "id")[:PAGE])
    proofs = proofs_of(cases) if cases else {}
    found = [
        {
            "case": case,
            "card": card_of(case, at=at),
            "proof": proofs[case.pk],
            "moves": [move for move in moves_open_to(actor, case) if move.name in VERDICTS],
            "sampled": bool(case.topic and case.topic.verify == Topic.Verify.SAMPLED),
        }
        for case in cases
    ]
    return found, rows.count() if len(cases) == PAGE else len(cases)
