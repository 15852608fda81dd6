"""What else is set when the case of an exemplar moves: it lies with whoever must act next."""

from __future__ import annotations

from django.urls import reverse

from tongxin.cases.models import Case, Event

from .models import Exemplar


def link_of(case: Case, event: Event, user: int) -> str:
    """Lead a notice to the exemplar's own page, which shows each reader their part."""
    found = Exemplar.objects.filter(case=case.pk).values_list("pk", flat=True).first()
    return reverse("library:exemplar", args=[found]) if found else ""


def panel_of(case: Case, *, parts, at, moves) -> list[dict]:
    """Lead from the case's page to the exemplar; its page asks again who may read it."""
    found = Exemplar.objects.filter(case=case.pk).only("pk", "title").first()
    return [{"template": "library/parts/case_panel.html", "exemplar": found}] if found else []


def to_the_desk(case: Case, event: Event, given: dict) -> None:
    case.handler = Exemplar.objects.select_related("desk").get(case=case.pk).desk


def to_the_author(case: Case, event: Event, given: dict) -> None:
    case.handler = Exemplar.objects.select_related("org").get(case=case.pk).org
