"""Whether bodies meet as often as their rule asks: who has not, who is at risk, who has no minutes.

The rule of a period is the one in force when it began; a body is bound from the first period that
begins after it was founded. A handful of statements, however many bodies.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.meetings.models import OF_FACT, Meeting

from ..models import BodyRule, ConferenceBody, Session

SIZES = {"month": 1, "quarter": 3, "year": 12}
NO_MINUTES = (Meeting.State.HELD,)
OPEN = (Meeting.State.PLANNED, Meeting.State.NOTICED)
Per = BodyRule.Per


class Span(NamedTuple):
    """A month, quarter or year: key ("2026-03", "2026Q1", "2026"), first and last day."""

    key: str
    per: str
    first: date
    last: date

    def words(self) -> str:
        if self.per == Per.MONTH:
            return _("%(y)d 年 %(m)d 月") % {"y": self.first.year, "m": self.first.month}
        if self.per == Per.QUARTER:
            return _("%(y)d 年第 %(q)d 季度") % {"y": self.first.year, "q": self.last.month // 3}
        return _("%d 年") % self.first.year


def span_of(per: str, day: date) -> Span:
    """Return the period of a kind that a day lies in."""
    size = SIZES[per]
    begin = (day.month - 1) // size * size + 1
    end = begin + size - 1
    key = {
        "month": f"{day.year}-{begin:02d}", "quarter": f"{day.year}Q{end // 3}",
        "year": str(day.year),
    }[per]  # fmt: skip
    last = date(day.year, end, monthrange(day.year, end)[1])
    return Span(key, per, date(day.year, begin, 1), last)


def periods_of(body: ConferenceBody, year: int) -> list[Span]:
    """Return the periods of a year in which a body is bound to meet."""
    found: dict[str, Span] = {}
    for month in range(1, 13):
        rule = BodyRule.objects.in_force(body.level, date(year, month, 1))
        if rule is not None:
            span = span_of(rule.per, date(year, month, 1))
            if span.last >= body.founded_on:
                found.setdefault(span.key, span)
    return list(found.values())


@dataclass
class Standing:
    """How a body stands in a period."""

    body: ConferenceBody
    span: Span
    rule: BodyRule
    held: int = 0
    planned: int = 0
    next_at: date | None = None
    without_minutes: list[Session] = field(default_factory=list)

    @property
    def missing(self) -> int:
        return max(0, self.rule.times - self.held)

    @property
    def is_bound(self) -> bool:
        return self.body.founded_on <= self.span.first

    def state(self, on: date) -> str:
        """Return met · missed · at_risk · due · free: how the body stands on a day."""
        if not self.missing:
            return "met"
        if on > self.span.last:
            return "missed" if self.is_bound else "free"
        soon = self.span.last - timedelta(days=self.rule.remind_days) <= on
        if soon and self.planned < self.missing:
            return "at_risk"
        return "due"

    def sentence(self, on: date) -> str:
        """Say what is lacking and by when; "" where nothing is."""
        words = {"span": self.span.words(), "wanted": self.rule.times, "held": self.held}
        state = self.state(on)
        if state in ("met", "free"):
            return ""
        if state == "missed":
            return _("%(span)s应召开 %(wanted)d 次联席会议，实际 %(held)d 次。") % words
        words["day"] = _("%(m)d 月 %(d)d 日") % {
            "m": self.span.last.month, "d": self.span.last.day,
        }  # fmt: skip
        text = _("%(span)s还没有召开联席会议，请在 %(day)s前召开") % words
        if self.next_at is not None:
            return text + _("（已安排 %s）。") % self.next_at.isoformat()
        return text + "。"


def rules_by_level(on: date) -> dict[str, list[BodyRule]]:
    """Return the versions of each level that held on a day or before, the latest first."""
    found: dict[str, list[BodyRule]] = defaultdict(list)
    rows = BodyRule.objects.filter(effective_from__lte=on)
    for rule in rows.order_by("-effective_from", "-pk"):
        found[rule.level].append(rule)
    return found


def standings(bodies: QuerySet[ConferenceBody], on: date, *, back: int = 0) -> list[Standing]:
    """Return how each body stands in the period of a day, or `back` periods before it. Three queries."""
    rows = bodies.select_related("org", "region").order_by("region__path")
    rules = rules_by_level(on)
    made = [_standing(body, rules.get(body.level, []), on, back) for body in rows]
    found = {one.body.pk: one for one in made if one is not None}
    if found:
        first = min(one.span.first for one in found.values())
        last = max(one.span.last for one in found.values())
        sessions = Session.objects.filter(
            body__in=found, meeting__starts_at__date__range=(first, last)
        ).select_related("meeting")
        _count(found, sessions.order_by("meeting__starts_at"), on)
    return list(found.values())


def standing_of(
    body: ConferenceBody, on: date, *, rules: list[BodyRule], sessions: Iterable[Session]
) -> Standing | None:
    """Return how one body stands, by its level's rules and the sessions in hand, the oldest first."""
    one = _standing(body, rules, on, 0)
    if one is not None:
        _count({body.pk: one}, sessions, on)
    return one


def _standing(body: ConferenceBody, rules: list[BodyRule], on: date, back: int) -> Standing | None:
    now_rule = rule_at(rules, on)
    if now_rule is None:
        return None
    span = span_of(now_rule.per, on)
    for _n in range(back):
        span = span_of(now_rule.per, span.first - timedelta(days=1))
    return Standing(body, span, rule_at(rules, span.first) or now_rule)


def rule_at(rules: Iterable[BodyRule], day: date) -> BodyRule | None:
    return next((rule for rule in rules if rule.effective_from <= day), None)


def _count(found: dict[int, Standing], sessions: Iterable[Session], on: date) -> None:
    for session in sessions:
        one, meeting = found[session.body_id], session.meeting
        day = localdate(meeting.starts_at)
        if not one.span.first <= day <= one.span.last:
            continue
        if meeting.state in OF_FACT:
            one.held += 1
            late = day + timedelta(days=one.rule.minutes_days) < on
            if meeting.state in NO_MINUTES and late:
                one.without_minutes.append(session)
        elif meeting.state in OPEN and day >= on:
            one.planned += 1
            one.next_at = one.next_at or day


@dataclass
class StreetLine:
    """A street's own body and how many of its communities' bodies met."""

    path: str
    name: str
    street: Standing | None = None
    met: int = 0
    bodies: int = 0
    at_risk: int = 0
    missed: int = 0
    no_minutes: int = 0


def by_street(rows: Iterable[Standing], on: date) -> list[StreetLine]:
    """Return a line for each street, as the table of a district shows it."""
    found: dict[str, StreetLine] = {}
    for one in rows:
        if one.body.level == "district":
            continue
        path = "/".join(one.body.region.path.split("/")[:3]) + "/"
        line = found.setdefault(path, StreetLine(path, ""))
        state = one.state(on)
        line.no_minutes += len(one.without_minutes)
        if one.body.level == "street":
            line.street, line.name = one, one.body.region.name
        else:
            line.bodies += 1
            line.met += state == "met"
        line.at_risk += state == "at_risk"
        line.missed += state == "missed"
    return [found[path] for path in sorted(found)]


def conferences_check(units, on: date) -> list[dict]:
    """Return what the units that convene owe: sessions of this period and the last, minutes.

    For the to-do: {"unit", "kind", "sentence", "due", "url"}.
    """
    bodies = ConferenceBody.objects.standing().filter(org__in=units)
    found = []
    for back in (1, 0):
        for one in standings(bodies, on, back=back):
            url = f"/conferences/bodies/{one.body.pk}/"
            state = one.state(on)
            recent = on - one.span.last <= timedelta(days=31)
            if state == "at_risk" or (state == "missed" and recent):
                found.append(
                    {"unit": one.body.org, "kind": "session", "sentence": one.sentence(on),
                     "due": one.span.last, "url": url}
                )  # fmt: skip
            for session in one.without_minutes:
                day = localdate(session.meeting.starts_at)
                found.append(
                    {"unit": one.body.org, "kind": "minutes",
                     "sentence": _("%s 的联席会议还没有纪要。") % day.isoformat(),
                     "due": day + timedelta(days=one.rule.minutes_days),
                     "url": f"/conferences/sessions/{session.pk}/"}
                )  # fmt: skip
    return found
