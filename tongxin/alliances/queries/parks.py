"""What parks and homes have done: problems solved, the index and its sum, use, talent (S3.42–S3.46)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, Q, Sum
from django.utils.translation import gettext as _

from tongxin.orgs.models import MobileStay
from tongxin.orgs.scope import READERS, unit_roles
from tongxin.places.models import Room

from ..models import Enterprise, EnterpriseProblem, FacilityUse, IndexRule, Park, TalentCount


@dataclass(frozen=True)
class Solved:
    """Problems of enterprises, counted from their rows."""

    total: int = 0
    solved: int = 0
    open: int = 0
    late: int = 0  # of the open ones
    unsatisfied: int = 0  # closed with two stars or less: not solved
    rated: int = 0
    on_time: int = 0  # of the closed ones, those never late
    closed: int = 0
    stars: float | None = None


COUNTED: dict[str, Any] = {
    "total": Count("pk", filter=~Q(case__step="void")),
    "solved": Count("pk", filter=Q(solved_at__isnull=False)),
    "open": Count("pk", filter=Q(case__closed_at=None)),
    "late": Count("pk", filter=Q(case__closed_at=None, case__is_late=True)),
    "unsatisfied": Count("pk", filter=Q(stars__lte=2)),
    "rated": Count("pk", filter=Q(stars__isnull=False)),
    "closed": Count("pk", filter=Q(case__step="closed")),
    "on_time": Count("pk", filter=Q(case__step="closed", case__is_late=False)),
    "stars": Avg("stars"),
}


def solved_in(parks: Iterable[int]) -> dict[int, Solved]:
    """Return {park: its problems counted}. One query."""
    rows: Any = EnterpriseProblem.objects.filter(park__in=list(parks)).order_by().values("park")
    return {row.pop("park"): Solved(**row) for row in rows.annotate(**COUNTED)}


def types_of(park: Park) -> list[tuple[str, Solved]]:
    """Return what was brought up of each type in a park, the most frequent first. One query."""
    rows: Any = EnterpriseProblem.objects.filter(park=park).order_by().values("type__name")
    found = [(row.pop("type__name"), Solved(**row)) for row in rows.annotate(**COUNTED)]
    return sorted(found, key=lambda row: (-row[1].total, row[0]))


def sum_of(types: list[tuple[str, Solved]]) -> Solved:
    """Return the types of a park as one."""
    names = ("total", "solved", "open", "late", "unsatisfied", "rated", "on_time", "closed")
    sums = {name: sum(getattr(one, name) for _word, one in types) for name in names}
    stars = sum((one.stars or 0) * one.rated for _word, one in types)
    return Solved(**sums, stars=stars / sums["rated"] if sums["rated"] else None)


def staff_of(parks: Iterable[int]) -> dict[int, tuple[int, int, int]]:
    """Return {park: (enterprises, people, members)} of who is in it. One query."""
    rows = Enterprise.objects.filter(park__in=list(parks), moved_out_on=None).order_by()
    counted = rows.values_list("park").annotate(Count("pk"), Sum("staff"), Sum("members"))
    return {pk: (n, staff or 0, members or 0) for pk, n, staff, members in counted}


@dataclass(frozen=True)
class IndexPart:
    name: str
    weight: int
    value: float | None  # 0 to 100; None: nothing to judge by
    why: str


@dataclass(frozen=True)
class Index:
    """The business-environment index of a park with its sum (S3.46); None: nothing to judge by."""

    value: float | None
    parts: list[IndexPart]
    version: str
    source: str

    @property
    def formula(self) -> str:
        known = [part for part in self.parts if part.value is not None]
        if self.value is None:
            return str(_("还没有可计算的数据"))
        top = " + ".join(f"{part.value:.1f} × {part.weight}" for part in known)
        return f"({top}) ÷ {sum(part.weight for part in known)} = {self.value:.1f}"


def weights_on(day: date) -> list[IndexRule]:
    """Return the weights of the version in force on a day. One query."""
    rows = list(IndexRule.objects.filter(effective_from__lte=day).order_by("effective_from", "pk"))
    version = rows[-1].version if rows else ""
    return [row for row in rows if row.version == version]


def index_of(counted: Solved, rules: list[IndexRule]) -> Index:
    """Return the index out of what was counted; a part with nothing to judge by is left out."""
    given = {
        "solved": (counted.solved, counted.total, _("已解决 %(n)d 件，共 %(all)d 件")),
        "on_time": (counted.on_time, counted.closed, _("按时办结 %(n)d 件，办结 %(all)d 件")),
    }
    parts = []
    for rule in rules:
        if rule.code == "rating":
            value = counted.stars * 20 if counted.stars is not None else None
            why = _("%(n)d 家次评价，平均 %(stars).1f 星") % {
                "n": counted.rated,
                "stars": counted.stars or 0,
            }
        elif rule.code in given:
            n, base, words = given[rule.code]
            value, why = (100 * n / base if base else None), words % {"n": n, "all": base}
        else:
            continue
        parts.append(IndexPart(rule.name, rule.weight, value, why))
    known = [part for part in parts if part.value is not None]
    weight = sum(part.weight for part in known)
    total = sum((part.value or 0) * part.weight for part in known)
    version, source = (rules[0].version, rules[0].source) if rules else ("", "")
    return Index(round(total / weight, 1) if weight else None, parts, version, source)


def facilities_of(park: Park) -> list[str]:
    """Return the names of a park's facilities: the rooms of its centre; [] without one. One query."""
    if park.centre_id is None:
        return []
    rows = Room.objects.filter(centre=park.centre_id, ended_on=None).order_by("pk")
    return list(rows.values_list("name", flat=True))


def use_by_day(park: Park, *, since: date, until: date) -> dict[str, dict[date, int]]:
    """Return {facility: {day: people}} of a period. One query."""
    found: dict[str, dict[date, int]] = {}
    rows = FacilityUse.objects.filter(park=park, on__range=(since, until)).order_by("on", "pk")
    for facility, day, people in rows.values_list("facility", "on", "people"):
        found.setdefault(facility, {})[day] = people
    return found


def talent_of(park: Park, year: int) -> dict[str, int]:
    """Return {kind: people} of a year; gathered is what the latest month says. One query."""
    rows = TalentCount.objects.filter(park=park, month__year=year).order_by("month")
    found: dict[str, int] = {}
    for kind, people in rows.values_list("kind", "people"):
        latest = kind == TalentCount.Kind.GATHERED
        found[kind] = people if latest else found.get(kind, 0) + people
    return found


def problems_in(rows: Any, state: str, cursor: UUID | None) -> Any:
    """Return what enterprises brought up, the latest first, behind a cursor, in a state if one is named."""
    if state == "open":
        rows = rows.filter(case__closed_at=None)
    elif state == "solved":
        rows = rows.filter(solved_at__isnull=False)
    rows = rows.filter(pk__lt=cursor) if cursor else rows
    return rows.select_related("case__region", "case__topic", "enterprise", "type").order_by("-pk")


def guests_of(park: Park, actor: Any) -> int | None:
    """Return how many mobile members have reported to a park's branch (S3.43); None for who may not know.

    Who is a member is for those who read the branch's registers. One query.
    """
    if park.branch is None or unit_roles(actor, park.branch.path).isdisjoint(READERS):
        return None
    return MobileStay.objects.visible_to(actor).open().filter(host=park.branch).count()
