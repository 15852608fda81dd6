"""What else is set when the case of a document, of a countersigning or of a reply moves."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse

from tongxin.cases import clocks
from tongxin.cases.models import Case, Event

from .models import Countersign, Document, Recipient

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def document_of(case: Case) -> Document | None:
    """Return the document a case belongs to, its own or that of the letter it is a child of."""
    return Document.objects.filter(case=case.parent_id or case.pk).first()


def link_of(case: Case, event: Event, user: int) -> str:
    """Lead a notice to the document's page, which shows each reader their part."""
    document = document_of(case)
    return reverse("documents:document", args=[document.pk]) if document else ""


def panel_of(case: Case, *, parts, at, moves) -> list[dict]:
    """Lead from the case's page to the document; its page asks again who may read it."""
    document = document_of(case)
    return (
        [{"template": "documents/parts/case_panel.html", "document": document}] if document else []
    )


# Which way a move leads.


def asked_or_not(case: Case) -> str:
    rows = Countersign.objects.filter(document__case=case.pk, agreed_at__isnull=True)
    return "countersigning" if rows.exists() else "signing"


def owed_or_not(case: Case) -> str:
    rows = Recipient.objects.filter(document__case=case.pk, case__isnull=False)
    return "issued" if rows.exists() else "closed"


# Before: fields of the case that the event then covers.


def run_until(case: Case, event: Event, given: dict) -> None:
    """Let the clock of the step run out at the moment named, by the calendar."""
    left = max(given["until"] - event.at, MINUTE)
    # A norm has five digits: the finest unit that holds it, cut so that the day named is the last.
    units = ((MINUTE, "m"), (HOUR, "h"), (DAY, "d"))
    case.norm = next(
        f"{max(int(left / one), 1)}{name}" for one, name in units if left / one < 99_999
    )
    case.until = None
    clocks.set_times(case)


def to_the_issuer(case: Case, event: Event, given: dict) -> None:
    """Whoever must act next has the case: the unit that asked judges the reply."""
    event.data["from"] = case.handler_id
    case.handler = Document.objects.get(case=case.parent_id).org


def back_to_the_recipient(case: Case, event: Event, given: dict) -> None:
    case.handler = Recipient.objects.select_related("org").get(case=case.pk).org
    run_until(case, event, given)
