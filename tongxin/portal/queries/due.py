"""What units owe by the rules of each app, in one form; and the one list people work from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse

from tongxin.affairs.queries import affairs_check
from tongxin.meetings.queries import rule_check
from tongxin.orgs.models import Org
from tongxin.secretaries.queries import secretaries_check

from ..models import DueItem

Source = DueItem.Source
# What was missed longer ago than this is the yearly check's business, no longer today's work.
REMEMBERED = timedelta(days=62)


@dataclass(frozen=True)
class Due:
    """Something owed, as it is kept: the same thing found twice is equal."""

    unit_id: int
    source: str
    kind: str
    sentence: str
    due: date | None
    url: str


Check = Callable[[QuerySet[Org], date], Iterable[Due]]


def _meetings(units: QuerySet[Org], on: date) -> Iterable[Due]:
    try:
        url = reverse("meetings:calendar")
    except NoReverseMatch:
        return
    for one in rule_check(units, on, whole_year=True):
        if one.due >= on - REMEMBERED:
            yield Due(
                one.unit_id, Source.MEETINGS, str(one.kind), one.sentence(on)[:300], one.due,
                f"{url}?unit={one.unit_id}",
            )  # fmt: skip


def _affairs(units: QuerySet[Org], on: date) -> Iterable[Due]:
    return _listed(Source.AFFAIRS, affairs_check(list(units), on))


def _secretaries(units: QuerySet[Org], on: date) -> Iterable[Due]:
    return _listed(Source.SECRETARIES, secretaries_check(units, on))


def _listed(source: str, found: Iterable[dict]) -> Iterable[Due]:
    for one in found:
        yield Due(
            one["unit"].pk, source, one["kind"], str(one["sentence"])[:300], one["due"], one["url"]
        )


CHECKS: tuple[Check, ...] = (_meetings, _affairs, _secretaries)


def found_due(units: QuerySet[Org], on: date) -> Counter[Due]:
    """Ask every app what the units owe; the same sentence twice is counted twice."""
    return Counter(one for check in CHECKS for one in check(units, on))


def sorted_due(items: Iterable[DueItem]) -> list[DueItem]:
    """Return items late first, then by their day; those without a day last."""
    return sorted(items, key=lambda one: (one.due or date.max, one.pk))
