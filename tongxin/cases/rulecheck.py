"""What is wrong, or worth a look, in a table of routing rules before it is published."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations, product

from django.utils.translation import gettext as _

from tongxin.regions.queries import world

from .models import Topic
from .routing import (
    OFFICES,
    SOURCES,
    UPWARD,
    Asked,
    Lane,
    Moment,
    Office,
    Offices,
    Rule,
    Table,
    Target,
    backstops_of,
    mismatch,
    offices,
)

MOST_CROSSINGS = 20
# Every kind of time there is: in working time, after hours of a working day, on a rest day.
MOMENTS = (Moment(True, True), Moment(False, True), Moment(False, False))
ELSEWHERE = "?"  # a channel that no rule names


@dataclass(frozen=True)
class Finding:
    """Something found: `grade` "error" must be mended before publishing, "warning" and "note" not."""

    grade: str
    kind: str  # handler | nobody | place | dead | overlap | crossing | circle
    codes: tuple[str, ...]
    text: str

    @property
    def tone(self) -> str:
        return {"error": "late", "warning": "waiting", "note": "working"}[self.grade]


def findings_of(table: Table, *, day: date) -> list[Finding]:
    """Return what is wrong with a table, what must be mended first."""
    known = offices(day)
    found = [
        *_handlers(table, known),
        *_outside(table),
        *_dead(table),
        *_overlaps(table),
        *_circles(table, known),
    ]
    grades = ("error", "warning", "note")
    return sorted(found, key=lambda one: grades.index(one.grade))


def _handlers(table: Table, known: Offices) -> Iterator[Finding]:
    """Handlers that were dissolved, or where nobody holds a post; places without the office."""
    for rule in table.rules:
        said = {"code": rule.code}
        if rule.target == Target.ORG:
            office = known.by_id.get(rule.handler or 0)
            if office is None or not office.is_standing:
                name = {"name": office.name if office else _("承办单位")}
                text = _("%(code)s 的%(name)s已撤销，请改派其他单位。") % {**said, **name}
                yield Finding("error", "handler", (rule.code,), text)
            elif not office.has_people:
                text = _("%(code)s 的%(name)s暂无在岗人员，现在会落到兜底单位或社区派单。")
                yield Finding(
                    "warning", "nobody", (rule.code,), text % {**said, "name": office.name}
                )
        elif rule.target in OFFICES:
            missing = _places_without(rule, table, known)
            if missing:
                text = _("%(code)s：有 %(n)d 个地方没有在岗的“%(target)s”，如%(name)s。") % {
                    **said,
                    "n": len(missing),
                    "target": Target(rule.target).label,
                    "name": missing[0],
                }
                yield Finding("warning", "place", (rule.code,), text)
        backstop = known.by_id.get(rule.backstop_org or 0)
        if backstop is not None and backstop.wrong:
            words = {**said, "name": backstop.name, "wrong": backstop.wrong}
            text = _("%(code)s 的兜底单位%(name)s%(wrong)s。") % words
            yield Finding("warning", "nobody", (rule.code,), text)


def _places_without(rule: Rule, table: Table, known: Offices) -> list[str]:
    level, _kind = OFFICES[Target(rule.target)]
    path = rule.path or table.path
    lands = [one for one in world().lands if one.level == level]
    lands = [one for one in lands if one.path.startswith(path) or path.startswith(one.path)]
    office_of = {one: known.of_place(rule.target, one.path) for one in lands}
    return [land.short_name for land, one in office_of.items() if one is None or one.wrong]


def _outside(table: Table) -> Iterator[Finding]:
    """Rules for land that is closed, or that the table is not for."""
    open_paths = {land.path for land in world().lands}
    for rule in table.rules:
        if not rule.path:
            continue
        if not rule.path.startswith(table.path):
            text = _("%(code)s 写的%(place)s不在本表适用的区域内，永远不会用到。")
        elif rule.path not in open_paths:
            text = _("%(code)s 写的%(place)s已停用（撤并或拆分），请改为现在的区域。")
        else:
            continue
        words = {"code": rule.code, "place": rule.place}
        yield Finding("warning", "dead", (rule.code,), text % words)


def _dead(table: Table) -> Iterator[Finding]:
    """Rules that can never be reached: more specific ones take every case they are for.

    All combinations of matter, hours, lane and source that a rule is for are tried against the
    rules before it that hold for the whole of its place.
    """
    topics: dict[int | None, list[Topic]] = defaultdict(list)
    for topic in Topic.objects.filter(is_active=True):
        topics[topic.category_id].append(topic)
    for place, rule in enumerate(table.rules):
        asked = list(_atoms(rule, topics))
        if not asked:
            text = _("%s 的事项已停用，永远不会用到。") % rule.code
            yield Finding("warning", "dead", (rule.code,), text)
            continue
        before = [
            one for one in table.rules[:place] if (rule.path or table.path).startswith(one.path)
        ]
        takers = [_taker(case, moment, before) for case, moment in asked]
        if all(takers):
            codes = "、".join(dict.fromkeys(one.code for one in takers if one))
            words = {"code": rule.code, "codes": codes}
            text = _("%(code)s 永远不会用到：更具体的 %(codes)s 已经全部覆盖。") % words
            yield Finding("warning", "dead", (rule.code,), text)


def _atoms(rule: Rule, topics: dict[int | None, list[Topic]]) -> Iterator[tuple[Asked, Moment]]:
    active = [topic for some in topics.values() for topic in some]
    if rule.topic:
        matters = [(one.pk, one.category_id) for one in active if one.pk == rule.topic]
    elif rule.category:
        matters = [(one.pk, one.category_id) for one in topics[rule.category]]
    else:  # what has no topic, too
        matters = [(one.pk, one.category_id) for one in active] + [(None, None)]  # type: ignore[list-item]
    sources = sorted(rule.sources) or [*SOURCES, ELSEWHERE]
    lanes = [rule.lane == Lane.FAST] if rule.lane else [False, True]
    moments = [one for one in MOMENTS if one.fits(rule.hours)]
    for (topic, category), source, is_fast, moment in product(matters, sources, lanes, moments):
        yield Asked(rule.path, None, topic, category, source, is_fast), moment  # type: ignore[arg-type]


def _taker(asked: Asked, moment: Moment, before: Iterable[Rule]) -> Rule | None:
    """Return the rule that takes it first; the places were compared before."""
    for one in before:
        if one.topic in (None, asked.topic) and one.category in (None, asked.category):
            here = Asked(one.path, asked.at, *_rest(asked))
            if not mismatch(one, here, moment):
                return one
    return None


def _rest(asked: Asked) -> tuple:
    return asked.topic, asked.category, asked.source, asked.is_fast


def _overlaps(table: Table) -> Iterator[Finding]:
    """Pairs that both fit some cases and lead elsewhere, where neither is simply the narrower one."""
    crossed: dict[str, list[str]] = defaultdict(list)  # the later rule -> those that go before it
    for one, other in combinations(table.rules, 2):
        if one.outcome == other.outcome or not _meet(one, other):
            continue
        if one.specificity == other.specificity:
            words = {"one": one.code, "other": other.code}
            text = _(
                "%(one)s 与 %(other)s 同样具体，有的单子两条都符合；现在按编号小的 %(one)s 办。"
            )
            yield Finding("warning", "overlap", (one.code, other.code), text % words)
        elif not _within(one, other):
            crossed[other.code].append(one.code)
    for later, before in list(crossed.items())[:MOST_CROSSINGS]:
        words = {"one": "、".join(before), "other": later}
        text = _("%(other)s 与 %(one)s 有交叉：都符合时按 %(one)s 办（先看事项，再看地点）。")
        yield Finding("note", "crossing", (*before, later), text % words)


def _meet(one: Rule, other: Rule) -> bool:
    """Return whether some case fits both."""
    if one.topic and other.topic and one.topic != other.topic:
        return False
    if not _categories_meet(one, other):
        return False
    if not (one.path.startswith(other.path) or other.path.startswith(one.path)):
        return False
    if one.lane and other.lane and one.lane != other.lane:
        return False
    if one.sources and other.sources and not one.sources & other.sources:
        return False
    return any(moment.fits(one.hours) and moment.fits(other.hours) for moment in MOMENTS)


def _categories_meet(one: Rule, other: Rule) -> bool:
    if one.category and other.category:
        return one.category == other.category
    if not (one.category or other.category) or not (one.topic or other.topic):
        return True
    wide, narrow = (one, other) if one.category else (other, one)
    return narrow.topic_category == wide.category


def _within(one: Rule, other: Rule) -> bool:
    """Return whether the first fits only what the other fits as well."""
    matter = (
        not (other.topic or other.category)
        or (one.topic == other.topic if other.topic else one.category == other.category)
        or bool(other.category and one.topic_category == other.category)
    )
    moments = all(m.fits(other.hours) for m in MOMENTS if m.fits(one.hours))
    sources = not other.sources or bool(one.sources) and one.sources <= other.sources
    lane = other.lane in ("", one.lane)
    return matter and one.path.startswith(other.path) and moments and sources and lane


def _circles(table: Table, known: Offices) -> Iterator[Finding]:
    """Handlers that stand behind themselves, and organisations that stand behind each other."""
    behind: dict[int, dict[int, str]] = defaultdict(dict)  # who -> whom they fall back to, by rule
    for rule in table.rules:
        if rule.target in UPWARD and rule.backstop == rule.target:
            text = _("%(code)s：%(name)s由自己兜底，等于没有兜底。")
            words = {"code": rule.code, "name": Target(rule.target).label}
            yield Finding("warning", "circle", (rule.code,), text % words)
        for handler, backstop in _edges(rule, table, known):
            if handler.id == backstop.id:
                words = {"code": rule.code, "name": handler.name}
                text = _("%(code)s：%(name)s由自己兜底，等于没有兜底。") % words
                yield Finding("warning", "circle", (rule.code,), text)
            else:
                behind[handler.id].setdefault(backstop.id, rule.code)
    for ring in _rings(behind):
        codes = tuple(behind[a][b] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))
        names = " → ".join(known.by_id[pk].name for pk in (*ring, ring[0]))
        text = _("互相兜底（%(codes)s）：%(names)s，退回后会绕圈。") % {
            "codes": "、".join(codes),
            "names": names,
        }
        yield Finding("warning", "circle", codes, text)


def _edges(rule: Rule, table: Table, known: Offices) -> Iterator[tuple[Office, Office]]:
    """Yield (handler, who is next) of a rule, for its own place."""
    area = rule.path or table.path
    handler = (
        known.by_id.get(rule.handler or 0)
        if rule.target == Target.ORG
        else known.of_place(rule.target, area)
        if rule.target in OFFICES
        else None
    )
    chain = backstops_of(rule, area, known)
    if handler and chain:
        yield handler, chain[0]


def _rings(behind: dict[int, dict[int, str]]) -> Iterator[list[int]]:
    """Yield each ring of organisations once, beginning with the smallest id."""
    for start in sorted(behind):
        trails = [[start]]
        while trails:
            trail = trails.pop()
            for following in sorted(behind.get(trail[-1], ())):
                if following == start:
                    yield trail
                elif following > start and following not in trail:
                    trails.append([*trail, following])
