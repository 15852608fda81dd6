"""What the registers and the life logs say of many units on a day, and the named checks over it.

A check answers (verdict, reason, rows): the reason is a sentence, rows are the facts it rests on.
Ten queries for any number of units.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q
from django.utils.timezone import get_current_timezone, localtime
from django.utils.translation import gettext as _

from tongxin.orgs.models import (
    LogEntry,
    Membership,
    Org,
    Post,
    RatingLabel,
    Sector,
    UnitCover,
    UnitKind,
    UnitRating,
)
from tongxin.orgs.queries import add_months, leads_of

from ..models import Verdict

# 支部工作条例（试行）第四条: a branch has at least 3 full members, as a rule at most 50;
# 第五条: a joint branch covers as a rule at most 5 units.
LEAST_FULL, MOST_MEMBERS, MOST_COVERS = 3, 50, 5
COMMITTEE_FROM = 7  # full members from which a branch has a committee
COMMITTEE_LEAST, COMMITTEE_MOST = 3, 7
# Years of a term: five in villages and communities, three elsewhere (支部工作条例（试行）).
LONG_TERM, SHORT_TERM = 5, 3
LONG = (Sector.COMMUNITY, Sector.VILLAGE)

Found = tuple[str, str, list[dict[str, str]]]


@dataclass
class Facts:
    """One unit as the registers know it on a day; `log` is what its book says of the year."""

    unit: Org
    on: date
    full: int = 0
    members: int = 0
    leads: list[str] = field(default_factory=list)
    officers: int = 0
    covers: list[str] = field(default_factory=list)
    lands: int = 0
    groups: int = 0
    lagging: list[UnitRating] = field(default_factory=list)
    term: LogEntry | None = None
    log: list[LogEntry] = field(default_factory=list)


def facts_of(units: Sequence[Org], year: int, on: date) -> list[Facts]:
    """Return the facts of units, in their order. Nine queries."""
    ids = [unit.pk for unit in units]
    members = Membership.objects.standing().filter(unit__in=ids, from_date__lte=on)
    sizes = members.order_by().values_list("unit").annotate(
        full=Count("pk", filter=Q(stage="full")),
        members=Count("pk", filter=Q(stage__in=("full", "probationary"))),
    )  # fmt: skip
    by_size = {unit: (full, n) for unit, full, n in sizes}
    leads = leads_of(units, on=on)
    held = Post.objects.held_on(on).filter(org__in=ids, role__in=("secretary", "commissioner"))
    officers = dict(held.order_by().values_list("org").annotate(n=Count("user", distinct=True)))
    covers: dict[int, list[str]] = defaultdict(list)
    covering = UnitCover.objects.filter(unit__in=ids, to_date=None).order_by("pk")
    for unit, name in covering.values_list("unit", "org__name"):
        covers[unit].append(name)
    lands = Counter(Org.grids.through.objects.filter(org__in=ids).values_list("org", flat=True))
    below = Org.objects.units().filter(parent__in=ids, unit_kind=UnitKind.GROUP)
    groups = Counter(below.values_list("parent", flat=True))
    lagging: dict[int, list[UnitRating]] = defaultdict(list)
    rated = UnitRating.objects.filter(
        unit__in=ids, withdrawn_on=None, label__tone=RatingLabel.Tone.LAGGING, on__lte=on
    ).exclude(plan__lifted_on__lte=on)
    for rating in rated.select_related("label"):
        lagging[rating.unit_id].append(rating)
    terms, log = _books(ids, year, on)
    return [
        Facts(
            unit, on, *by_size.get(unit.pk, (0, 0)), leads.get(unit.pk, []),
            officers.get(unit.pk, 0), covers[unit.pk], lands[unit.pk], groups[unit.pk],
            lagging[unit.pk], terms.get(unit.pk), log[unit.pk],
        )
        for unit in units
    ]  # fmt: skip


def _books(
    ids: list[int], year: int, on: date
) -> tuple[dict[int, LogEntry], dict[int, list[LogEntry]]]:
    """Return the last entry about a term or an election of each unit, and the year's entries."""
    end = _midnight(on + timedelta(days=1))
    elections = LogEntry.objects.filter(
        unit__in=ids, kind=LogEntry.Kind.ELECTION, at__lt=end,
        at__gte=_midnight(add_months(on, -12 * LONG_TERM)), source__startswith="affairs.term:",
    )  # fmt: skip
    terms = {entry.unit_id: entry for entry in elections.order_by("at", "pk")}
    log: dict[int, list[LogEntry]] = defaultdict(list)
    rows = LogEntry.objects.filter(unit__in=ids, at__gte=_midnight(date(year, 1, 1)), at__lt=end)
    rows = rows.filter(at__lt=_midnight(date(year + 1, 1, 1)))
    names = ("unit_id", "year", "seq", "kind", "text", "data", "source", "at")
    for entry in rows.only(*names).order_by("at", "pk"):
        log[entry.unit_id].append(entry)
    return terms, log


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(tzinfo=get_current_timezone()))


def row_of(entry: LogEntry) -> dict[str, str]:
    """Return an entry of a book as a fact: its day, what it says, where it stands."""
    day = localtime(entry.at).date()
    return {"text": f"{day} {entry.text[:80]}", "source": f"{entry.year}-{entry.seq:04d}"}


def _is(met: bool) -> str:
    return Verdict.MET.value if met else Verdict.NOT_MET.value


def has_parent(facts: Facts) -> Found:
    above = facts.unit.parent
    if above is None or above.dissolved_on:
        return _is(False), _("没有上级党组织，或上级已撤销"), []
    return _is(True), _("上级党组织是%s") % above.name, []


def members_least(facts: Facts) -> Found:
    words = {"n": facts.full, "least": LEAST_FULL, "covers": len(facts.covers)}
    if facts.full >= LEAST_FULL:
        return _is(True), _("正式党员 %(n)d 名，不少于 %(least)d 名") % words, []
    if len(facts.covers) > 1:
        sentence = _("正式党员 %(n)d 名，是覆盖 %(covers)d 个单位的联合党支部") % words
        return _is(True), sentence, [{"text": name, "source": ""} for name in facts.covers[:12]]
    return _is(False), _("正式党员 %(n)d 名，不足 %(least)d 名，又不是联合党支部") % words, []


def members_most(facts: Facts) -> Found:
    words = {"n": facts.members, "most": MOST_MEMBERS}
    if facts.members <= MOST_MEMBERS:
        return _is(True), _("党员 %(n)d 名，不超过 %(most)d 名") % words, []
    return _is(False), _("党员 %(n)d 名，超过 %(most)d 名，请研究分设") % words, []


def covers_most(facts: Facts) -> Found:
    words = {"n": len(facts.covers), "most": MOST_COVERS}
    rows = [{"text": name, "source": ""} for name in facts.covers[:12]]
    if len(facts.covers) <= MOST_COVERS:
        return _is(True), _("覆盖 %(n)d 个单位，不超过 %(most)d 个") % words, rows
    return _is(False), _("覆盖 %(n)d 个单位，超过 %(most)d 个") % words, rows


def has_land(facts: Facts) -> Found:
    if facts.lands:
        return _is(True), _("绑定了 %d 个网格或楼栋") % facts.lands, []
    return _is(False), _("没有绑定网格或楼栋"), []


def has_secretary(facts: Facts) -> Found:
    if facts.leads:
        return _is(True), _("书记：%s") % "、".join(facts.leads), []
    return _is(False), _("截至 %s 没有在任的书记") % facts.on, []


def committee(facts: Facts) -> Found:
    words = {"n": facts.officers, "least": COMMITTEE_LEAST, "most": COMMITTEE_MOST}
    met = COMMITTEE_LEAST <= facts.officers <= COMMITTEE_MOST
    sentence = _("在任书记和委员 %(n)d 名，应为 %(least)d 至 %(most)d 名") % words
    return _is(met), sentence, []


def term(facts: Facts) -> Found:
    """Judge by the day that the last entry of the term names; older books name none."""
    entry = facts.term
    years = LONG_TERM if facts.unit.sector in LONG else SHORT_TERM
    if entry is None:
        return _is(False), _("全程纪实里没有近 %d 年的届期或换届记录") % LONG_TERM, []
    said = (entry.data or {}).get("until")
    until = date.fromisoformat(said) if said else add_months(localtime(entry.at).date(), 12 * years)
    rows = [row_of(entry)]
    if until >= facts.on:
        return _is(True), _("本届任期到 %s") % until, rows
    return _is(False), _("任期已于 %s 届满，尚未换届") % until, rows


def not_lagging(facts: Facts) -> Found:
    if not facts.lagging:
        return _is(True), _("没有未销号的后进评定"), []
    rows = [{"text": f"{one.on} {one.label.name}", "source": ""} for one in facts.lagging]
    return _is(False), _("评定为%s，还没有销号") % facts.lagging[0].label.name, rows


CHECKS: dict[str, Callable[[Facts], Found]] = {
    check.__name__: check
    for check in (
        has_parent, members_least, members_most, covers_most, has_land, has_secretary, committee,
        term, not_lagging,
    )
}  # fmt: skip
# Reasons that tell how many members there are: for readers of the register only.
COUNTS_MEMBERS = {"members_least", "members_most", "committee"}

# When an item is asked at all, and the sentence where it is not.
APPLIES: dict[str, tuple[Callable[[Facts], bool], Callable[[], str]]] = {
    "committee": (
        lambda facts: facts.full >= COMMITTEE_FROM,
        lambda: _("正式党员不足 %d 名，不设支部委员会") % COMMITTEE_FROM,
    ),
    "groups": (lambda facts: facts.groups > 0, lambda: _("没有划分党小组")),
    "joint": (lambda facts: len(facts.covers) > 1, lambda: _("不是联合党支部")),
}
