"""Who handles a case: the district's table of rules, the most specific one first, and why.

Specificity is total and documented (docs/operations.md): of the rules that fit, the one counts
that says more about, in this order,

1. the matter: a topic before a category before any matter;
2. the place: the deeper region first;
3. the lane: 绿色通道 or ordinary before both;
4. the hours: working time (or the time outside it) before a kind of day before any time;
5. the source: named channels before all of them, fewer before more;

and between two that say equally much, the smaller code. The order of rows never matters.
Whoever is chosen receives it first and stays responsible (首接负责); where nobody can be found
there, the rule's backstop and then the levels above have it, and at last the desk.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from tongxin.orgs.models import Org, Post
from tongxin.regions.models import DEPTH, Region
from tongxin.regions.queries import calendar_for, lands_of, world

from .flow import Words
from .models import RoutingRule, RoutingRuleSet, Topic

SECONDS = 30  # for so long another process may not know of a table just published
OFFICE_SECONDS = 300  # … nor that an organisation was dissolved or lost its last person
DAYS_KEPT = 8
MOMENT = timedelta(seconds=1)
Target, Hours, Lane = RoutingRule.Target, RoutingRule.Hours, RoutingRule.Lane
# The organisations of a place, by what a rule calls them: (level of the place, kind).
OFFICES = {
    Target.COMMUNITY: (Region.Level.COMMUNITY, Org.Kind.COMMUNITY),
    Target.TEAM: (Region.Level.COMMUNITY, Org.Kind.TEAM),
    Target.STREET: (Region.Level.STREET, Org.Kind.GOVERNMENT),
    Target.DISTRICT: (Region.Level.DISTRICT, Org.Kind.GOVERNMENT),
}
UPWARD = (Target.STREET, Target.DISTRICT)  # the levels that stand behind, nearest first
HOURS_RANK = {Hours.ANY: 0, Hours.WORKDAY: 1, Hours.REST_DAY: 1, Hours.WORKING: 2, Hours.OFF: 2}

# The channels by which cases come in, named by the domains that open them.
SOURCES: dict[str, Words] = {}


def know_sources(named: Iterable[tuple[str, Words]]) -> None:
    """Let rules name these channels: {word: label}; called once when a domain is loaded."""
    SOURCES.update(named)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of a case when its handler is chosen."""

    area: str  # the region's path
    at: datetime
    topic: int | None = None
    category: int | None = None
    source: str = ""
    is_fast: bool = False
    topic_name: str = ""

    @classmethod
    def of(cls, *, area: str, at: datetime, topic: Topic | None, source: str, is_fast: bool):
        """Return it for a case about to be opened."""
        if topic is None:
            return cls(area, at, source=source, is_fast=is_fast)
        return cls(area, at, topic.pk, topic.category_id, source, is_fast, topic.name)


@dataclass(frozen=True, slots=True)
class Office:
    """An organisation as routing knows it."""

    id: int
    name: str
    is_standing: bool
    has_people: bool

    @property
    def wrong(self) -> str:
        """Why it cannot have a case, in words; "" if it can."""
        if not self.is_standing:
            return _("已撤销")
        return "" if self.has_people else _("暂无在岗人员")


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of the table with all that a choice needs of it."""

    pk: int
    code: str
    topic: int | None = None
    category: int | None = None
    topic_category: int | None = None  # that of the topic
    path: str = ""  # "" for the whole area of the table
    sources: frozenset[str] = frozenset()
    hours: str = ""
    lane: str = ""
    target: str = Target.ORG
    handler: int | None = None
    mode: str = ""
    is_direct: bool = False
    backstop: str = ""
    backstop_org: int | None = None
    topic_name: str = ""
    category_name: str = ""
    place: str = ""
    note: str = ""

    @property
    def specificity(self) -> tuple[int, ...]:
        """How much it says about matter, place, lane, hours and source: larger counts first."""
        return (
            2 if self.topic else 1 if self.category else 0,
            self.path.count("/"),
            1 if self.lane else 0,
            HOURS_RANK[Hours(self.hours)],
            -len(self.sources) if self.sources else -99,
        )

    @property
    def order(self) -> tuple:
        """The key by which rules are tried; no two rules of a table have the same."""
        return (*(-part for part in self.specificity), *natural(self.code))

    @property
    def conditions(self) -> tuple:
        return (self.topic, self.category, self.path, self.sources, self.hours, self.lane)

    @property
    def outcome(self) -> tuple:
        """What it leads to: two rules with the same outcome never contradict each other."""
        return (self.target, self.handler, self.is_direct, self.backstop, self.backstop_org)

    def when(self) -> str:
        """The conditions in words: "北塘街道“路灯”、工作时间外"."""
        matter = self.topic_name or self.category_name
        first = f"{self.place}“{matter}”" if matter else (self.place or _("全部事项"))
        parts = [first]
        if self.lane:
            parts.append(str(Lane(self.lane).label))
        if self.hours:
            parts.append(str(Hours(self.hours).label))
        if self.sources:
            parts.append(_("来自%s") % _(" 或 ").join(source_words(self.sources)))
        return "、".join(parts)


def natural(code: str) -> tuple[str, int, str]:
    """Return a key under which R2 stands before R12."""
    match = re.fullmatch(r"(\D*)(\d{0,9})(.*)", code, re.DOTALL)
    letters, digits, rest = match.groups() if match else (code, "", "")
    return letters, int(digits or 0), f"{rest}{code}"


def source_words(sources: Iterable[str]) -> list[str]:
    return [str(SOURCES.get(one, one)) for one in sorted(sources)]


@dataclass(frozen=True, slots=True)
class Moment:
    """What kind of time it is at a place."""

    is_working: bool
    is_workday: bool

    @classmethod
    def of(cls, area: str, at: datetime) -> Moment:
        calendar = calendar_for(area)
        is_working = calendar.between(at, at + MOMENT) > timedelta()
        return cls(is_working, calendar.is_workday(localtime(at).date()))

    def fits(self, hours: str) -> bool:
        return {
            Hours.ANY: True,
            Hours.WORKING: self.is_working,
            Hours.OFF: not self.is_working,
            Hours.WORKDAY: self.is_workday,
            Hours.REST_DAY: not self.is_workday,
        }[Hours(hours)]


def mismatch(rule: Rule, asked: Asked, moment: Moment) -> str:
    """Return why a rule does not fit, as a sentence; "" if it does."""
    if rule.topic and rule.topic != asked.topic:
        said = asked.topic_name or _("没有事项")
        return _("事项不同：规则写的是“%(rule)s”，这件是“%(case)s”") % {
            "rule": rule.topic_name,
            "case": said,
        }
    if rule.category and rule.category != asked.category:
        return _("大类不同：规则写的是“%s”") % rule.category_name
    if not asked.area.startswith(rule.path):
        return _("地点不在%s") % rule.place
    if rule.lane and (rule.lane == Lane.FAST) != asked.is_fast:
        return _("通道不同：规则写的是“%s”") % Lane(rule.lane).label
    if not moment.fits(rule.hours):
        return _("提交时不是%s") % Hours(rule.hours).label
    if rule.sources and asked.source not in rule.sources:
        return _("来源不同：规则写的是%s") % "、".join(source_words(rule.sources))
    return ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the table says of one case. `handler` None: the community's desk dispatches."""

    rule: Rule
    why: str
    handler: Office | None = None
    backstops: tuple[Office, ...] = ()

    @property
    def is_direct(self) -> bool:
        return self.rule.is_direct and self.handler is not None


@dataclass(frozen=True, slots=True)
class Considered:
    """A rule as it was looked at for one case."""

    rule: Rule
    verdict: str  # chosen | fits | no
    why: str


class Offices:
    """The organisations that rules name or find by place, with who of them can have a case."""

    def __init__(self, day: date) -> None:
        people = Post.objects.held_on(day).filter(org=OuterRef("pk"), user__is_active=True)
        self.day = day
        self.by_id: dict[int, Office] = {}
        self.by_place: dict[tuple[int, str], list[Office]] = {}
        kinds = {kind for _level, kind in OFFICES.values()} | {Org.Kind.DEPARTMENT, Org.Kind.UNIT}
        rows = Org.objects.filter(kind__in=kinds).annotate(has_people=Exists(people))
        fields = ("pk", "name", "kind", "region_id", "dissolved_on", "has_people")
        for pk, name, kind, region, dissolved, has_people in rows.order_by("pk").values_list(
            *fields
        ):
            office = Office(pk, name, dissolved is None or dissolved > day, has_people)
            self.by_id[pk] = office
            self.by_place.setdefault((region, kind), []).append(office)

    def of_place(self, target: str, area: str) -> Office | None:
        """Return the office that stands for a place: the one with people first."""
        level, kind = OFFICES[Target(target)]
        land = next((one for one in lands_of(area) if one.level == level), None)
        found = self.by_place.get((land.id, kind), []) if land else []
        return min(found, key=lambda one: (bool(one.wrong), one.id), default=None)


@dataclass(frozen=True)
class Table:
    """All rules of one version, in the order in which they are tried."""

    pk: int
    path: str  # of the land it is for
    rules: tuple[Rule, ...] = ()
    number: int = 0
    _narrowed: dict[tuple, tuple[Rule, ...]] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, pk: int, path: str, rules: Iterable[Rule], number: int = 0) -> Table:
        return cls(pk, path, tuple(sorted(rules, key=lambda rule: rule.order)), number)

    @cached_property
    def by_code(self) -> Mapping[str, Rule]:
        return {rule.code: rule for rule in self.rules}

    def about(self, topic: int | None, category: int | None) -> tuple[Rule, ...]:
        """Return the rules that do not speak of another matter, in order."""
        found = self._narrowed.get((topic, category))
        if found is None:
            found = self._narrowed[topic, category] = tuple(
                rule
                for rule in self.rules
                if rule.topic in (None, topic) and rule.category in (None, category)
            )
        return found

    def first(self, asked: Asked, moment: Moment | None = None) -> Rule | None:
        """Return the most specific rule that fits."""
        for rule in self.about(asked.topic, asked.category):
            if not asked.area.startswith(rule.path):
                continue
            moment = moment or Moment.of(asked.area, asked.at)
            if not mismatch(rule, asked, moment):
                return rule
        return None


def choose(asked: Asked, *, table: Table | None = None) -> Choice | None:
    """Return who handles it by the table in force at that time, or by `table`; None: no rule fits.

    Asks the database at most once in SECONDS, and again when a table is used for the first time.
    """
    table = table or table_at(asked.area, asked.at)
    rule = table.first(asked) if table else None
    return decide(rule, asked, offices(localdate(asked.at))) if rule else None


def explain(asked: Asked, *, table: Table | None = None) -> tuple[list[Considered], Choice | None]:
    """Return every rule that was considered, in order, each with why or why not; and the choice."""
    table = table or table_at(asked.area, asked.at)
    if table is None:
        return [], None
    moment = Moment.of(asked.area, asked.at)
    chosen = table.first(asked, moment)
    considered = []
    for rule in table.rules:
        why = mismatch(rule, asked, moment)
        if rule is chosen:
            considered.append(Considered(rule, "chosen", _("最先符合的一条，按它办理")))
        elif why:
            considered.append(Considered(rule, "no", why))
        else:
            words = _("也符合，但 %s 更具体，排在前面") % (chosen.code if chosen else "")
            considered.append(Considered(rule, "fits", words))
    return considered, decide(chosen, asked, offices(localdate(asked.at))) if chosen else None


def decide(rule: Rule, asked: Asked, known: Offices) -> Choice:
    """Return where a rule leads for this case, past those that cannot have it."""
    said = {"code": rule.code, "when": rule.when()}
    if rule.target == Target.DESK:
        return Choice(rule, _("按规则 %(code)s：%(when)s由社区派单") % said)
    first = _target(rule, asked.area, known)
    behind = [one for one in backstops_of(rule, asked.area, known) if first is None or one != first]
    usable = [one for one in behind if not one.wrong]
    if first is not None and not first.wrong:
        why = _("按规则 %(code)s：%(when)s由%(name)s受理") % {**said, "name": first.name}
        return Choice(rule, why, first, tuple(usable))
    wrong = f"{first.name}{first.wrong}" if first else _no_office(rule)
    if not usable:
        why = _("规则 %(code)s（%(when)s）：%(wrong)s，也没有可以兜底的上级，由社区派单")
        return Choice(replace(rule, is_direct=False), why % {**said, "wrong": wrong})
    why = _("规则 %(code)s（%(when)s）：%(wrong)s，由%(name)s兜底")
    return Choice(rule, why % {**said, "wrong": wrong, "name": usable[0].name}, usable[0], tuple(usable[1:]))  # fmt: skip


def _no_office(rule: Rule) -> str:
    return _("没有登记“%s”") % Target(rule.target).label


def _target(rule: Rule, area: str, known: Offices) -> Office | None:
    if rule.target == Target.ORG:
        return known.by_id.get(rule.handler or 0)
    return known.of_place(rule.target, area)


def backstops_of(rule: Rule, area: str, known: Offices) -> list[Office]:
    """Return who stands behind a rule: the one it names, then every level from there upward."""
    if not rule.backstop:
        return []
    found: list[Office | None] = []
    if rule.backstop == "org":
        found.append(known.by_id.get(rule.backstop_org or 0))
    levels = UPWARD if rule.backstop in ("org", "street") else UPWARD[1:]
    found += [known.of_place(level, area) for level in levels]
    return list(dict.fromkeys(one for one in found if one is not None))


# What this process remembers. Published tables never change, so each is read once.

_headers: tuple[float, list[tuple]] | None = None
_tables: dict[int, Table] = {}
_offices: dict[date, tuple[float, Offices]] = {}


def table_at(area: str, at: datetime) -> Table | None:
    """Return the table that governed a place at a moment; None if there was none."""
    for pk, path, start, end, number in _published():
        if area.startswith(path) and start <= at and (end is None or at < end):
            if pk not in _tables:
                _tables[pk] = read_table(pk, path, number)
            return _tables[pk]
    return None


def _published() -> list[tuple]:
    global _headers  # noqa: PLW0603
    known = _headers
    if known is None or known[0] < time.monotonic():
        rows = RoutingRuleSet.objects.filter(state="published").order_by("-effective_from", "-pk")
        fields = ("pk", "region__path", "effective_from", "effective_to", "number")
        known = _headers = (time.monotonic() + SECONDS, list(rows.values_list(*fields)))
    return known[1]


def offices(day: date) -> Offices:
    """Return the organisations as they are on a day, at most five minutes old."""
    known = _offices.get(day)
    if known is None or known[0] < time.monotonic():
        if len(_offices) >= DAYS_KEPT:
            _offices.clear()
        known = _offices[day] = (time.monotonic() + OFFICE_SECONDS, Offices(day))
    return known[1]


def forget_rules() -> None:
    """Drop what this process knows of rules and organisations: the next reader asks."""
    global _headers  # noqa: PLW0603
    _headers = None
    _tables.clear()
    _offices.clear()


def read_table(pk: int, path: str, number: int = 0) -> Table:
    """Return a version of the rules as it is in the database; one query."""
    rows = RoutingRule.objects.filter(ruleset=pk).select_related("topic", "category", "region")
    return Table.of(pk, path, (rule_of(row) for row in rows), number)


def rule_of(row: RoutingRule) -> Rule:
    """Return a row of the table as the choice reads it."""
    region = row.region
    return Rule(
        pk=row.pk,
        code=row.code,
        topic=row.topic_id,
        category=row.category_id,
        topic_category=row.topic.category_id if row.topic else None,
        path=region.path if region else "",
        sources=frozenset(row.sources.split()),
        hours=row.hours,
        lane=row.lane,
        target=row.target,
        handler=row.handler_id,
        mode=row.mode,
        is_direct=row.is_direct,
        backstop=row.backstop,
        backstop_org=row.backstop_org_id,
        topic_name=row.topic.name if row.topic else "",
        category_name=row.category.name if row.category else "",
        place=place_of(region.path) if region else "",
        note=row.note,
    )


def place_of(path: str) -> str:
    """Return a place's own name with the one above it below the street: "松社区第一网格"."""
    chain = [one for one in lands_of(path) if DEPTH[one.level] >= DEPTH[Region.Level.STREET]]
    return "".join(one.short_name for one in chain[-2:]) if chain else _name_of(path)


def _name_of(path: str) -> str:
    land = world().by_path.get(path)
    return land.short_name if land else ""


def summary_of(choice: Choice | None) -> dict[str, Any]:
    """Return a choice as plain data, for the API and the events of a case."""
    if choice is None:
        return {}
    return {
        "rule": choice.rule.code,
        "handler": {"id": choice.handler.id, "name": choice.handler.name}
        if choice.handler
        else None,
        "mode": choice.rule.mode,
        "is_direct": choice.is_direct,
        "backstops": [{"id": one.id, "name": one.name} for one in choice.backstops],
        "why": choice.why,
    }
