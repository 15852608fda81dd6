"""What a unit must have published by a day, period by period, and what is missing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from tongxin.orgs.models import Org

from ..dates import Quarter, add_months
from ..models import Disclosure
from ..rules import Item, disclosure_items

LOOK_BACK_MONTHS = 12


@dataclass(frozen=True)
class Expected:
    """An item of one period that must be published, and by when."""

    item: Item
    period: str
    words: str
    due_on: date


def expected(on: date) -> list[Expected]:
    """Return what every unit must publish by the rules of the year up to a day, oldest first.

    A period counts once it is over, except the plans of a year, which are due at its beginning.
    """
    since, found = add_months(on, -LOOK_BACK_MONTHS), []
    for item in disclosure_items(on):
        for year in (since.year, on.year):
            for period, words, from_day in _periods(item.every, year):
                if since <= from_day < on:
                    due = from_day + timedelta(days=item.within_days)
                    found.append(Expected(item, period, words, due))
    return sorted(set(found), key=lambda one: (one.due_on, one.item.code))


def _periods(every: str, year: int) -> Iterator[tuple[str, str, date]]:
    """Yield (period, words, the day from which it is to be published) of a year."""
    if every == "quarter":
        for number in range(1, 5):
            quarter = Quarter(year, number)
            yield str(quarter), quarter.words, quarter.last
    elif every == "half":
        yield f"{year}H1", _("%d 年上半年") % year, date(year, 6, 30)
        yield f"{year}H2", _("%d 年下半年") % year, date(year, 12, 31)
    elif every == "year":
        yield str(year), _("%d 年度") % year, date(year, 12, 31)
    elif every == "year_start":
        yield str(year), _("%d 年度") % year, date(year, 1, 1)


@dataclass(frozen=True)
class Gap:
    """Something a unit has not published: by rule (no row yet), or by an event (a row that waits)."""

    unit: Org
    title: str
    words: str
    due_on: date
    code: str
    period: str
    row: Disclosure | None = None
    rule: Expected | None = None

    def is_late(self, on: date) -> bool:
        return self.due_on < on


def gaps(units: Collection[Org], on: date) -> list[Gap]:
    """Return what the units still have to publish, the earliest day first. One query.

    What fell due before a unit was founded is not asked of it.
    """
    wanted = expected(on)
    told = Q(state=Disclosure.State.DUE) | Q(period__in={one.period for one in wanted})
    rows = list(Disclosure.objects.filter(told, unit__in=units).defer("content"))
    known = {(row.unit_id, row.code, row.period) for row in rows}
    by_id = {unit.pk: unit for unit in units}
    found = [
        Gap(by_id[row.unit_id], row.title, row.period, row.due_on, row.code, row.period, row)
        for row in rows
        if row.state == Disclosure.State.DUE
    ]
    for one in wanted:
        for unit in units:
            is_new = unit.founded_on is not None and unit.founded_on > one.due_on
            if (unit.pk, one.item.code, one.period) not in known and not is_new:
                title = f"{one.item.title}（{one.words}）"
                found.append(
                    Gap(unit, title, one.words, one.due_on, one.item.code, one.period, rule=one)
                )
    return sorted(found, key=lambda gap: (gap.due_on, gap.unit.pk, gap.code))


def item_of(code: str, on: date) -> Item | None:
    """Return the rule of an item in force on a day."""
    return next((item for item in disclosure_items(on) if item.code == code), None)
