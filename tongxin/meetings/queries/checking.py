"""The rule check: what each unit still lacks in a period, by when, in a sentence (S4.18).

Set-based: a handful of statements whatever the number of units. The rule of a period is the one in
force when it began; a unit is bound from the first period that begins after its founding.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import CharField, Count, IntegerField, Q, QuerySet, Value
from django.utils.translation import gettext as _

from tongxin.orgs.models import Org, Post

from ..models import OF_FACT, HeartTalk, Kind, Meeting, MeetingRule
from .rules import LIFE, nearest

Per = MeetingRule.Per
OPEN = (Meeting.State.PLANNED, Meeting.State.NOTICED)
SIZES = {Per.MONTH: 1, Per.QUARTER: 3, Per.YEAR: 12}


class Period(NamedTuple):
    """A month, quarter or year: key ("2026-03", "2026Q1", "2026"), first and last month and day."""

    key: str
    per: str
    first: int  # months, 1 to 12
    last: int
    start: date
    end: date

    def words(self) -> str:
        if self.per == Per.MONTH:
            return _("%d 月") % self.first
        if self.per == Per.QUARTER:
            return _("第 %d 季度") % (self.last // 3)
        return _("%d 年") % self.start.year


class Finding(NamedTuple):
    """What a unit lacks in a period."""

    unit_id: int
    kind: str
    period: Period
    wanted: int
    held: int
    planned: int
    norm: str
    remind_days: int

    @property
    def missing(self) -> int:
        return self.wanted - self.held

    @property
    def due(self) -> date:
        return self.period.end

    def is_late(self, on: date) -> bool:
        return on > self.period.end

    def sentence(self, on: date) -> str:
        """Say what is missing and by when; for a period that is over, that it was not made up."""
        given = {
            "period": self.period.words(),
            "n": self.missing,
            "kind": Kind(self.kind).label,
            "month": self.due.month,
            "day": self.due.day,
            "wanted": self.wanted,
            "held": self.held,
        }
        if self.is_late(on):
            return (
                _("%(period)s少 %(n)d 次%(kind)s（要求 %(wanted)d 次，开展 %(held)d 次）。") % given
            )
        given["period"] = {
            Per.MONTH: _("本月"), Per.QUARTER: _("本季度"), Per.YEAR: _("今年"),
        }[Per(self.period.per)]  # fmt: skip
        text = _("%(period)s还差 %(n)d 次%(kind)s，请在 %(month)d 月 %(day)d 日前完成") % given
        if self.planned:
            return text + _("（已安排 %d 次）。") % self.planned
        return text + "。"


def told_together(findings: Iterable[Finding], on: date) -> list[dict]:
    """Return lines for a page: what is due first, then what was missed, one line for each kind."""
    lines, missed = [], defaultdict(list)
    for one in sorted(findings, key=lambda one: (one.due, one.kind)):
        if one.is_late(on):
            missed[one.kind].append(one)
        else:
            lines.append({"text": one.sentence(on), "is_late": False, "norm": one.norm})
    for kind, late in missed.items():
        if len(late) == 1:
            text = late[0].sentence(on)
        else:
            text = _("%(periods)s各缺%(kind)s，共少 %(n)d 次。") % {
                "periods": "、".join(one.period.words() for one in late),
                "kind": Kind(kind).label,
                "n": sum(one.missing for one in late),
            }
        lines.append({"text": text, "is_late": True, "norm": late[0].norm})
    return lines


class Facts(NamedTuple):
    """What the check needs to know of a unit."""

    pk: int
    unit_kind: str
    sector: str
    founded_on: date | None
    dissolved_on: date | None


class Duty(NamedTuple):
    """A rule in a period."""

    rule: MeetingRule
    period: Period


def periods_of(year: int) -> Iterator[Period]:
    """Yield the months, quarters and the year itself."""
    for per, size in SIZES.items():
        for first in range(1, 13, size):
            last = first + size - 1
            key = {
                Per.MONTH: f"{year}-{first:02d}",
                Per.QUARTER: f"{year}Q{last // 3}",
                Per.YEAR: str(year),
            }[per]
            end = date(year, last, monthrange(year, last)[1])
            yield Period(key, per.value, first, last, date(year, first, 1), end)


def rule_check(units: QuerySet[Org], on: date, *, whole_year: bool = False) -> list[Finding]:
    """Return what units lack on a day: in the periods it lies in, or in the year up to it.

    `units` is a query of organisations; those that are no party units have no duties. Four queries.
    """
    facts = [Facts(*row) for row in units.filter(kind=Org.Kind.PARTY).values_list(*Facts._fields)]
    shown = _shown(on, whole_year=whole_year)
    return _check(facts, shown, _ground(units, shown, on)) if facts and shown else []


def unit_check(unit: Org, on: date) -> list[Finding]:
    """Return what a party unit at hand lacks in the periods a day lies in. Three queries."""
    shown = _shown(on)
    return _check([_facts_of(unit)], shown, _ground(Org.objects.filter(pk=unit.pk), shown, on))


def unit_year(unit: Org, year: int, on: date) -> tuple[list[dict], list[Finding]]:
    """Return a unit's year as `year_matrix` does, and what it lacks up to a day of it. Three queries."""
    here = _ground(Org.objects.filter(pk=unit.pk), list(periods_of(year)), on)
    found = _check([_facts_of(unit)], _shown(on, whole_year=True), here)
    return _matrix(unit, year, on, here), found


def _facts_of(unit: Org) -> Facts:
    return Facts(*(getattr(unit, name) for name in Facts._fields))


def _shown(on: date, *, whole_year: bool = False) -> list[Period]:
    return [
        period
        for period in periods_of(on.year)
        if (period.start <= on if whole_year else period.start <= on <= period.end)
    ]


def yearly_check(year: int) -> list[Finding]:
    """Return what every unit lacks in a whole year (what the bench measures)."""
    return rule_check(Org.objects.public(), date(year, 12, 31), whole_year=True)


def _check(facts: list[Facts], shown: list[Period], here: Ground) -> list[Finding]:
    duties: dict[tuple[str, str, bool], list[Duty]] = {}
    held, planned, committees, sets = here
    findings, nothing = [], [0] * 13
    for unit in facts:
        key = (unit.unit_kind, unit.sector, unit.pk in committees)
        if key not in duties:
            duties[key] = _duties(sets, shown, *key)
        for rule, period in duties[key]:
            if unit.founded_on and unit.founded_on > period.start:
                continue
            done = sum(held.get((unit.pk, rule.kind), nothing)[period.first : period.last + 1])
            if done >= rule.times:
                continue
            ahead = sum(planned.get((unit.pk, rule.kind), nothing)[period.first : period.last + 1])
            findings.append(
                Finding(
                    unit.pk, rule.kind, period, rule.times, done, ahead, rule.norm,
                    rule.remind_days,
                )
            )  # fmt: skip
    return findings


Version = tuple[date, dict[str, list[MeetingRule]]]


def _versions() -> list[Version]:
    """Return the versions of organisation life, latest first: (from when, rules by kind)."""
    found: dict[date, dict[str, list[MeetingRule]]] = {}
    rows = MeetingRule.objects.filter(rule_set__code=LIFE).select_related("rule_set")
    for rule in rows.order_by("-rule_set__effective_from", "pk"):
        kinds = found.setdefault(rule.rule_set.effective_from, defaultdict(list))
        kinds[rule.kind].append(rule)
    return list(found.items())


def _duties(
    sets: list[Version], shown: Iterable[Period], unit_kind: str, sector: str, committee: bool
) -> list[Duty]:
    """Return what a unit of a kind and field is bound to in each period."""
    found = []
    for period in shown:
        by_kind = next((rules for start, rules in sets if start <= period.start), {})
        for rules in by_kind.values():
            rule = nearest(rules, unit_kind, sector)
            # The rule of one's own field replaces the general one, also in how often it asks.
            if rule is None or rule.per != period.per or (rule.needs_committee and not committee):
                continue
            found.append(Duty(rule, period))
    return found


Counts = dict[tuple[int, str], list[int]]


class Ground(NamedTuple):
    """What a check stands on: meetings by unit, kind and month, who has a committee, the rules."""

    held: Counts
    planned: Counts
    committees: set[int]
    sets: list[Version]


def _ground(units: QuerySet[Org], shown: list[Period], on: date) -> Ground:
    """Read what the check of some periods of one year needs. Three queries, however many units."""
    year = shown[0].start.year * 100
    months = (year + min(p.first for p in shown), year + max(p.last for p in shown))
    commissioners = Post.objects.held_on(on).filter(role="commissioner")
    return Ground(
        *_counts(units, months),
        set(commissioners.filter(org__in=units).values_list("org_id", flat=True)),
        _versions(),
    )


def _counts(units: QuerySet[Org], months: tuple[int, int]) -> tuple[Counts, Counts]:
    """Return how often each unit held each kind in each month, and how often it plans to."""
    held: Counts = defaultdict(lambda: [0] * 13)
    planned: Counts = defaultdict(lambda: [0] * 13)
    rows = Meeting.objects.organisation_life().filter(month__range=months, unit__in=units)
    counted = (
        rows.filter(state__in=(*OF_FACT, *OPEN))
        .values("unit_id", "kind", "month")
        .order_by()
        .annotate(
            held=Count("pk", filter=Q(state__in=OF_FACT)),
            ahead=Count("pk", filter=Q(state__in=OPEN)),
        )
    )
    talks = HeartTalk.objects.filter(month__range=months, unit__in=units).order_by()
    talked = (
        talks.annotate(kind=Value(Kind.TALK.value, output_field=CharField()))
        .values("unit_id", "kind", "month")
        .annotate(held=Count("pk"), ahead=Value(0, output_field=IntegerField()))
    )
    names = ("unit_id", "kind", "month", "held", "ahead")
    both = counted.values_list(*names).union(talked.values_list(*names), all=True)
    for unit, kind, month, n, ahead in both:
        if n:
            held[unit, kind][month % 100] = n
        if ahead:
            planned[unit, kind][month % 100] = ahead
    return held, planned


class Cell(NamedTuple):
    """A kind in a month of the year's matrix: state done|late|due|planned|none, and how many."""

    state: str
    n: int
    month: int


def year_matrix(unit: Org, year: int, on: date) -> list[dict]:
    """Return the unit's year: for each kind it is bound to, its rule and twelve cells.

    A quarter's or year's duty is met by any month in it, and shows as missing in its last month.
    """
    here = _ground(Org.objects.filter(pk=unit.pk), list(periods_of(year)), on)
    return _matrix(unit, year, on, here)


def _matrix(unit: Org, year: int, on: date, here: Ground) -> list[dict]:
    held, planned, committees, sets = here
    shown, has_committee = list(periods_of(year)), unit.pk in committees
    by_kind: dict[str, list[Duty]] = defaultdict(list)
    for duty in _duties(sets, shown, unit.unit_kind, unit.sector, has_committee):
        if not (unit.founded_on and unit.founded_on > duty.period.start):
            by_kind[duty.rule.kind].append(duty)
    rows = []
    for kind, duties in by_kind.items():
        done, ahead = held[unit.pk, kind], planned[unit.pk, kind]
        cells = [Cell("done" if done[m] else "planned" if ahead[m] else "none", done[m] or ahead[m], m)
                 for m in range(1, 13)]  # fmt: skip
        missing = 0
        for rule, period in duties:
            short = rule.times - sum(done[period.first : period.last + 1])
            if short <= 0 or on < period.start:
                continue
            late = on > period.end
            missing += short if late else 0
            at = period.last if late else max(period.first, on.month)
            if cells[at - 1].state == "none":
                cells[at - 1] = Cell("late" if late else "due", short, at)
        rows.append(
            {"kind": kind, "label": Kind(kind).label, "rule": duties[-1].rule, "cells": cells,
             "total": sum(done), "missing": missing}
        )  # fmt: skip
    order = list(Kind.values)
    return sorted(rows, key=lambda row: order.index(row["kind"]))


def due_soon(findings: Iterable[Finding], on: date) -> list[Finding]:
    """Return those whose end is near enough to remind of, with nothing arranged yet."""
    return [
        one
        for one in findings
        if one.missing > one.planned and one.due - timedelta(days=one.remind_days) <= on <= one.due
    ]
