"""Coverage in figures, each with its base: land, firms, social organisations (S4.70, S4.74, S4.75, S4.77)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tongxin.regions.models import Region
from tongxin.regions.queries import Land

from ..models import Org, Sector, UnitCover, UnitKind

# The five that must be 100 % (五个 100%). No public text names them: which five is our sample.
FIVE = ("community", "street_joint", "grid", "private_firm", "social_org")


@dataclass(frozen=True)
class Figure:
    """How much of something is covered: `have` of `total`, what counts, and what is left."""

    code: str
    name: Promise
    have: int
    total: int
    base: Promise
    gaps: tuple[str, ...] = ()

    @property
    def share(self) -> float | None:
        """Of a hundred; None where there is nothing to cover."""
        return round(100 * self.have / self.total, 1) if self.total else None

    @property
    def is_full(self) -> bool:
        return self.have == self.total

    @property
    def left(self) -> int:
        return self.total - self.have


NAMED = 30


def coverage(land: Land, *, on: date) -> list[Figure]:
    """Return the coverage of a place on a day, the five first. Three queries."""
    units = list(
        Org.objects.units()
        .filter(region__path__under=land.path, is_temporary=False)
        .values_list("unit_kind", "region")
    )
    bound = Org.grids.through.objects.filter(region=OuterRef("pk"), org__dissolved_on__isnull=True)
    rows = list(
        Region.objects.valid_on(on)
        .filter(path__under=land.path, level__in=("street", "community", "grid", "building"))
        .annotate(is_bound=Exists(bound))
        .order_by("path")
        .values_list("pk", "level", "short_name", "is_bound")
    )
    regions = [row[:3] for row in rows]
    covered = {pk for pk, _level, _name, is_bound in rows if is_bound}
    running = {region for kind, region in units if kind not in ("joint_committee", "task_force")}
    joint = {region for kind, region in units if kind == UnitKind.JOINT_COMMITTEE}
    lands = [
        ("community", "community", running, _("社区（村）党组织"), _("辖区内的社区（村）")),
        ("street_joint", "street", joint, _("街镇大工委"), _("辖区内的街镇")),
        ("grid", "grid", covered, _("网格党组织"), _("辖区内的网格，绑定了党组织的算覆盖")),
        ("community_joint", "community", joint, _("社区大党委"), _("辖区内的社区（村）")),
        ("building", "building", covered, _("楼宇党小组"), _("辖区内登记的楼栋")),
    ]
    found = {}
    for code, level, have, name, base in lands:
        every = [(pk, words) for pk, at, words in regions if at == level]
        gaps = [words for pk, words in every if pk not in have]
        found[code] = Figure(
            code, name, len(every) - len(gaps), len(every), base, tuple(gaps[:NAMED])
        )
    found |= _firms(land)
    return [found[code] for code in (*FIVE, *(code for code in found if code not in FIVE))]


def firms_in(land: Land) -> QuerySet[Any]:
    """Return the standing firms and social organisations, each with `is_covered`: it, or its park."""
    own = UnitCover.objects.filter(
        Q(org=OuterRef("pk")) | Q(org=OuterRef("parent")), to_date=None,
        unit__dissolved_on__isnull=True,
    )  # fmt: skip
    rows = Org.objects.filter(
        kind=Org.Kind.UNIT, dissolved_on=None, region__path__under=land.path,
        sector__in=(Sector.PRIVATE_FIRM, Sector.SOCIAL_ORG),
    )  # fmt: skip
    return rows.annotate(is_covered=Exists(own))


def _firms(land: Land) -> dict[str, Figure]:
    rows = firms_in(land).order_by("name").values_list("sector", "name", "is_covered")
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    gaps: dict[str, list[str]] = defaultdict(list)
    for sector, name, is_covered in rows:
        sums[sector][1] += 1
        sums[sector][0] += is_covered
        if not is_covered and len(gaps[sector]) < NAMED:
            gaps[sector].append(name)
    names = {
        Sector.PRIVATE_FIRM: (
            _("非公企业党组织"),
            _("登记的非公企业，单独或联合建立党组织的算覆盖"),
        ),
        Sector.SOCIAL_ORG: (_("社会组织党组织"), _("登记的社会组织，单独或联合建立党组织的算覆盖")),
    }
    found = {}
    for sector, (name, base) in names.items():
        have, total = sums[sector.value]
        left = tuple(gaps[sector.value])
        found[sector.value] = Figure(sector.value, name, have, total, base, left)
    return found


@dataclass(frozen=True)
class Park:
    """A park or shared space (创客空间): its firms, its people, the branch that covers it."""

    org: Org
    firms: int
    people: int
    unit: Org | None


def parks_in(land: Land) -> list[Park]:
    """Return the parks and spaces of a place: units of the area that have firms under them. Two queries."""
    firm = Q(
        children__kind=Org.Kind.UNIT, children__dissolved_on=None,
        children__region__path__under=land.path,
    )  # fmt: skip
    covers = UnitCover.objects.filter(to_date=None).select_related("unit")
    parks = (
        Org.objects.filter(kind=Org.Kind.UNIT, dissolved_on=None)
        .filter(pk__in=_landlords(land))
        .annotate(
            firms=Count("children", filter=firm), workers=Sum("children__headcount", filter=firm)
        )
        .prefetch_related(Prefetch("covered_by", queryset=covers, to_attr="standing_covers"))
        .order_by("name")
    )
    return [
        Park(
            org,
            org.firms,
            (org.workers or 0) + org.headcount,
            org.standing_covers[-1].unit if org.standing_covers else None,
        )
        for org in parks
    ]


def _landlords(land: Land) -> QuerySet[Any]:
    """Return the ids of the organisations that have a standing firm of the place under them."""
    return Org.objects.filter(
        kind=Org.Kind.UNIT, dissolved_on=None, parent__isnull=False, region__path__under=land.path
    ).values("parent")
