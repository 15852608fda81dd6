"""Ratings by year, how large a share of their base they are, what pairings came to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _

from tongxin.accounts.models import User

from ..models import LogEntry, Org, PlanMeasure, RatingLabel, UnitPairing, UnitRating

WINDOW = timedelta(days=90)  # how far before a pairing, and at most after it, facts are compared


@dataclass(frozen=True)
class Share:
    """A label in a year: how many carry it, of how many that may."""

    label: RatingLabel
    n: int
    base: int

    @property
    def percent(self) -> float | None:
        return round(100 * self.n / self.base, 1) if self.base else None


def labels_on(day: date) -> QuerySet[RatingLabel]:
    """Return the labels in force on a day, by code."""
    rows = RatingLabel.objects.filter(effective_from__lte=day)
    return rows.filter(Q(effective_to=None) | Q(effective_to__gt=day)).order_by("code", "version")


def shares(actor: User, year: int, *, on: date) -> list[Share]:
    """Return each label's share of the units that may carry it, of those the actor may read.

    The base is the standing, lasting units of the label's sectors and kinds. Three queries.
    """
    labels = list(labels_on(on))
    carried = UnitRating.objects.visible_to(actor).filter(year=year, withdrawn_on=None)
    counts = dict(carried.order_by().values_list("label").annotate(n=Count("pk")))
    units = Org.objects.visible_to(actor).filter(dissolved_on=None, is_temporary=False)
    rows = units.order_by().values_list("sector", "unit_kind").annotate(n=Count("pk"))
    bases = {(sector, kind): n for sector, kind, n in rows}
    return [Share(label, counts.get(label.pk, 0), _base(label, bases)) for label in labels]


def _base(label: RatingLabel, bases: dict[tuple[str, str], int]) -> int:
    sectors, kinds = label.sectors.split(), label.unit_kinds.split()
    return sum(
        n
        for (sector, kind), n in bases.items()
        if (not sectors or sector in sectors) and (not kinds or kind in kinds)
    )


def ratings_of(actor: User, year: int, *, label: str = "") -> QuerySet[UnitRating]:
    """Return the standing ratings of a year, by id, with unit, label and plan."""
    rows = UnitRating.objects.visible_to(actor).filter(year=year, withdrawn_on=None)
    if label:
        rows = rows.filter(label__code=label)
    measures = Prefetch("plan__measures", PlanMeasure.objects.order_by("due", "pk"))
    rows = rows.select_related("unit__parent", "unit__region", "label", "plan", "decided_by")
    return rows.prefetch_related(measures).order_by("pk")


@dataclass(frozen=True)
class Effect:
    """What the lagging unit's book says before and since a pairing, in the same number of days."""

    pairing: UnitPairing
    days: int
    before: dict[str, int]
    after: dict[str, int]

    @property
    def sentences(self) -> list[str]:
        """The facts, kind by kind; a count is a count, no score is made of it."""
        kinds = dict(LogEntry.Kind.choices)
        order = [kind for kind in kinds if self.before.get(kind) or self.after.get(kind)]
        return [
            _("%(kind)s：结对前 %(days)d 天 %(before)d 次，结对后 %(days)d 天 %(after)d 次")
            % {
                "kind": kinds[kind],
                "days": self.days,
                "before": self.before.get(kind, 0),
                "after": self.after.get(kind, 0),
            }
            for kind in order
        ]


# What a pairing itself writes is no effect of it.
NOT_COUNTED = ("unit-pairing", "rating", "plan", "measure")


def effects(pairings: list[UnitPairing], *, on: date) -> list[Effect]:
    """Return the effect of pairings as facts out of the life logs. One query."""
    if not pairings:
        return []
    ids = {pairing.lagging_id for pairing in pairings}
    since = min(pairing.from_date for pairing in pairings) - WINDOW
    entries = LogEntry.objects.filter(unit__in=ids, at__gte=_midnight(since))
    for words in NOT_COUNTED:
        entries = entries.exclude(key__startswith=words)
    rows = list(entries.values_list("unit", "kind", "at"))
    return [_effect(pairing, rows, on) for pairing in pairings]


def _effect(pairing: UnitPairing, rows: list[tuple[int, str, datetime]], on: date) -> Effect:
    end = min(pairing.to_date or on, pairing.from_date + WINDOW)
    days = max((end - pairing.from_date).days, 1)
    start = _midnight(pairing.from_date)
    span = timedelta(days=days)
    mine = [(kind, at) for unit, kind, at in rows if unit == pairing.lagging_id]
    before = Counter(kind for kind, at in mine if start - span <= at < start)
    after = Counter(kind for kind, at in mine if start <= at < start + span)
    return Effect(pairing, days, dict(before), dict(after))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(tzinfo=get_current_timezone()))
