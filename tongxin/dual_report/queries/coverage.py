"""Coverage of both reports (S2.36, S2.37, S3.25): every rate with its base and who is missing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from tongxin.orgs.models import Membership, Org, Sector, UnitKind
from tongxin.orgs.scope import READERS, unit_reach
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, lands_of, world

from ..models import MemberReport, Pact, UnitReport

# Party organisations of units that sit in an area, beside those that lead it.
OF_UNITS = (
    Sector.ORGAN,
    Sector.STATE_FIRM,
    Sector.EDUCATION,
    Sector.HEALTH,
    Sector.PRIVATE_FIRM,
    Sector.SOCIAL_ORG,
)
MISSING_SHOWN = 50


@dataclass(frozen=True)
class Share:
    """A rate with its base; None where there is nobody to count."""

    base: int
    done: int

    @property
    def left(self) -> int:
        return self.base - self.done

    @property
    def percent(self) -> float | None:
        # Cut, not rounded: 99.96 is not yet 100.
        return int(1000 * self.done / self.base) / 10 if self.base else None


@dataclass(frozen=True)
class Row:
    """Coverage of one place: units that reported, units with a pact in force, members that reported."""

    land: Land
    units: Share
    pacts: Share
    members: Share


def resident_units(path: str) -> QuerySet[Org]:
    """Return the party organisations of independent units in an area: the topmost of each unit.

    A branch inside a firm whose committee is counted is not counted again.
    """
    rows = Org.objects.public().filter(
        kind=Org.Kind.PARTY,
        sector__in=OF_UNITS,
        is_temporary=False,
        region__path__under=path,
    )
    inner = Q(parent__sector__in=OF_UNITS, parent__dissolved_on__isnull=True)
    return rows.exclude(unit_kind=UnitKind.GROUP).exclude(inner)


def _with_reports(rows: QuerySet[Org], on: date) -> QuerySet[Any]:
    reports = UnitReport.objects.standing(on).filter(unit=OuterRef("pk"))
    pacts = (
        Pact.objects.in_force(on).filter(report__unit=OuterRef("pk")).exclude(report__state="ended")
    )
    return rows.annotate(has_reported=Exists(reports), has_pact=Exists(pacts))


def coverage(land: Land, on: date) -> tuple[Row, list[Row]]:
    """Return the coverage of a place and of each place right below it. Three queries.

    A unit counts where it sits, a member where they reported, else where they are at home.
    """
    units: Counter[tuple[str, bool, bool]] = Counter()
    found = _with_reports(resident_units(land.path), on)
    for path, reported, pact in found.values_list("region__path", "has_reported", "has_pact"):
        units[path, reported, pact] += 1
    reported_in, missing_in = _members(land.path, on)
    below = [one for one in world().children_of(land) if one.level != Region.Level.GRID]

    def row(one: Land) -> Row:
        of_units = [(key, n) for key, n in units.items() if key[0].startswith(one.path)]
        base = sum(n for _key, n in of_units)
        yes = sum(n for path, n in reported_in.items() if path.startswith(one.path))
        no = sum(n for path, n in missing_in.items() if path.startswith(one.path))
        return Row(
            one,
            Share(base, sum(n for key, n in of_units if key[1])),
            Share(base, sum(n for key, n in of_units if key[2])),
            Share(yes + no, yes),
        )

    return row(land), [row(one) for one in below]


def units_of(land: Land, on: date) -> tuple[Share, Share]:
    """Return how many units of a place reported, and have a pact in force. One query."""
    rows = _with_reports(resident_units(land.path), on)
    found = list(rows.values_list("has_reported", "has_pact"))
    return (
        Share(len(found), sum(reported for reported, _pact in found)),
        Share(len(found), sum(pact for _reported, pact in found)),
    )


def members_of(land: Land, on: date) -> Share:
    """Return how many in-service members of a place reported. Two queries."""
    reported, missing = (sum(counts.values()) for counts in _members(land.path, on))
    return Share(reported + missing, reported)


def _in_service() -> QuerySet[Membership]:
    return Membership.objects.members().filter(in_service=True)


def _members(path: str, on: date) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many in-service members reported in, and how many did not, by community's path."""
    standing = MemberReport.objects.standing(on).filter(
        membership__in_service=True, membership__to_date__isnull=True
    )
    reported = standing.filter(community__path__under=path)
    missing = _not_reported(on).filter(person__home__path__under=path)
    return (
        dict(reported.values_list("community__path").annotate(Count("pk")).order_by()),
        dict(missing.values_list("person__home__path").annotate(Count("pk")).order_by()),
    )


def _not_reported(on: date) -> QuerySet[Membership]:
    reports = MemberReport.objects.standing(on).filter(membership=OuterRef("pk"))
    return _in_service().filter(~Exists(reports))


def homeless(path: str) -> int:
    """Return how many in-service members of units in an area have no home on the register."""
    rows = _in_service().filter(person__home__isnull=True, unit__region__path__under=path)
    return rows.count()


def why_units(row: Row) -> str:
    return _(
        "应报到 %(base)d 家：辖区内机关、企事业单位、社会组织的独立党组织，单位内部的下级组织不重复计；"
        "已报到并在有效期内 %(done)d 家，协议在有效期内 %(pacts)d 家。"
    ) % {"base": row.units.base, "done": row.units.done, "pacts": row.pacts.done}


def why_members(row: Row, homeless: int) -> str:
    return _(
        "应报到 %(base)d 名在职党员：已报到的按报到社区计，未报到的按名册上的居住社区计；"
        "已确认并在有效期内 %(done)d 名。另有 %(homeless)d 名没有登记居住社区，不在分母里。"
    ) % {"base": row.members.base, "done": row.members.done, "homeless": homeless}


def units_missing(path: str, on: date, *, what: str, after: int = 0) -> list[Org]:
    """Return units without a report (`what`="report") or a pact in force ("pact"), behind an id."""
    rows = _with_reports(resident_units(path), on).filter(pk__gt=after)
    rows = rows.filter(**{"has_pact" if what == "pact" else "has_reported": False})
    return list(rows.select_related("region").order_by("pk")[: MISSING_SHOWN + 1])


# By branch: for who keeps the registers.


@dataclass(frozen=True)
class Branch:
    unit: Org
    members: Share


def branches(actor, on: date, *, after: int = 0, size: int = 50) -> list[Branch]:
    """Return each unit whose register the actor keeps, with how many of its in-service members reported."""
    reports = MemberReport.objects.standing(on).filter(membership=OuterRef("memberships"))
    rows = Org.objects.public().filter(
        unit_reach(actor, READERS), kind=Org.Kind.PARTY, pk__gt=after
    )
    base = Q(
        memberships__to_date__isnull=True,
        memberships__stage__in=Membership.MEMBERS,
        memberships__in_service=True,
    )
    counted = rows.annotate(
        base=Count("memberships", filter=base),
        done=Count("memberships", filter=base & Q(Exists(reports))),
    )
    found = counted.filter(base__gt=0).order_by("pk")[:size]
    return [Branch(unit, Share(unit.base, unit.done)) for unit in found]


def members_missing(
    actor, on: date, *, unit: Org | None = None, limit: int = 50
) -> list[Membership]:
    """Return in-service members that have not reported, of units whose registers the actor keeps."""
    rows = _not_reported(on).filter(unit_reach(actor, READERS, column="unit__path"))
    if unit is not None:
        rows = rows.filter(unit=unit)
    return list(rows.select_related("person__home", "unit").order_by("unit", "pk")[:limit])


def whole_of(paths: tuple[str, ...]) -> Land | None:
    """Return the widest land of some paths."""
    lands = [lands_of(path)[-1] for path in paths if lands_of(path)]
    return min(lands, key=lambda land: len(land.path), default=None)
