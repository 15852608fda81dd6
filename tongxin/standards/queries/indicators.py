"""Who takes part in governing a place, and what share of the means stands at grid level (S0.44).

Every figure has its base and its formula. What counts as a kind of participant is our sample.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import LogEntry, Org, Post, UnitCover, UnitKind, Volunteer
from tongxin.regions.models import DEPTH, Region
from tongxin.regions.queries import Land, world

# The kinds of participants in a community, each counted once where there is at least one.
KINDS: dict[str, Promise] = {
    "party": _("党组织"),
    "office": _("居（村）委会"),
    "grid_worker": _("网格员"),
    "volunteer": _("志愿者"),
    "team": _("志愿服务队"),
    "unit": _("驻区单位"),
    "cadre": _("下沉干部"),
}
LOW = (Region.Level.COMMUNITY, Region.Level.GRID, Region.Level.BUILDING)
NOT_RUN = (UnitKind.JOINT_COMMITTEE, UnitKind.TASK_FORCE)


@dataclass(frozen=True)
class Indicator:
    """A share: `have` of `total`, what is counted in words."""

    code: str
    group: Promise
    name: Promise
    have: int
    total: int
    formula: Promise

    @property
    def share(self) -> float | None:
        """Of a hundred; None where there is no base."""
        return round(100 * self.have / self.total, 1) if self.total else None


def kinds_of_lands(land: Land, on: date) -> dict[str, set[str]]:
    """Return for each community of a place (by path) the kinds of participants it has. Four queries."""
    found: dict[str, set[str]] = {
        one.path: set()
        for one in world().lands
        if one.level == Region.Level.COMMUNITY and one.path.startswith(land.path)
    }
    inside = {"region__path__under": land.path}
    kinds = {"party": "party", "community": "office", "team": "team", "unit": "unit"}
    orgs = Org.objects.filter(dissolved_on=None, kind__in=kinds, **inside)
    for kind, path in orgs.order_by().values_list("kind", "region__path").distinct():
        _put(found, path, kinds[kind])
    posts = Post.objects.held_on(on).filter(role__in=("grid_worker", "cadre"), **inside)
    for role, path in posts.order_by().values_list("role", "region__path").distinct():
        _put(found, path, role)
    homes = Volunteer.objects.filter(is_paused=False, home__path__under=land.path)
    for path in homes.order_by().values_list("home__path", flat=True).distinct():
        _put(found, path, "volunteer")
    return found


def _put(found: dict[str, set[str]], path: str, kind: str) -> None:
    parts = path.split("/")[: DEPTH["community"]]
    community = "/".join(parts) + "/"
    if community in found:
        found[community].add(kind)


def below(land: Land, kinds: dict[str, set[str]]) -> list[dict[str, Any]]:
    """Return a line for each place right below (a community's own where it is one): counts by kind."""
    places = world().children_of(land) if land.level != Region.Level.COMMUNITY else [land]
    lines = []
    for place in places:
        mine = [have for path, have in kinds.items() if path.startswith(place.path)]
        if not mine:
            continue
        counts = Counter(kind for have in mine for kind in have)
        lines.append(
            {
                "land": place,
                "communities": len(mine),
                "cells": [(kind, counts[kind]) for kind in KINDS],
                "mean": round(sum(len(have) for have in mine) / len(mine), 1),
            }
        )
    return lines


def indicators(land: Land, kinds: dict[str, set[str]], on: date) -> list[Indicator]:
    """Return the indicators of a place on a day. Seven queries."""
    parties, means = _("治理主体"), _("重心下移")
    posts = _by_level(
        Post.objects.held_on(on).filter(region__path__under=land.path).values_list("region__level")
    )
    units = _by_level(
        Org.objects.units()
        .filter(region__path__under=land.path, is_temporary=False)
        .exclude(unit_kind__in=NOT_RUN)
        .values_list("region__level")
    )
    grids, led, staffed = _grids(land, on)
    firms, covered = _firms(land)
    branches, serving = _serving(land, on)
    have = sum(len(found) for found in kinds.values())
    with_volunteers = sum("volunteer" in found for found in kinds.values())
    # fmt: off
    return [
        Indicator("kinds", parties, _("参与主体齐全度"), have, len(kinds) * len(KINDS),
                  _("各社区（村）有的主体种类之和 ÷（社区数 × 7 种）")),
        Indicator("volunteers", parties, _("有志愿者的社区"), with_volunteers, len(kinds),
                  _("有在册志愿者的社区（村）÷ 全部社区（村）")),
        Indicator("units_covered", parties, _("驻区单位纳入党建"), covered, firms,
                  _("有党组织覆盖的驻区单位 ÷ 登记的驻区单位")),
        Indicator("serving", parties, _("开展服务的党支部"), serving, branches,
                  _("本年全程纪实里有“双报到服务”记录的党支部 ÷ 现有党支部")),
        Indicator("posts_low", means, _("岗位在社区和网格的比重"), _low(posts), sum(posts.values()),
                  _("管辖范围在社区（村）及以下的在任岗位 ÷ 全部在任岗位")),
        Indicator("units_low", means, _("党组织在社区及以下的比重"), _low(units), sum(units.values()),
                  _("社区（村）及以下的党组织 ÷ 辖内党组织（不含临时、大工委）")),
        Indicator("grids_staffed", means, _("有网格员的网格"), staffed, grids,
                  _("有在任网格员的网格 ÷ 全部网格")),
        Indicator("grids_led", means, _("有党组织的网格"), led, grids,
                  _("绑定了党组织的网格 ÷ 全部网格")),
    ]
    # fmt: on


def _by_level(rows: Any) -> Counter[str]:
    return Counter(level for (level,) in rows.order_by())


def _low(levels: Counter[str]) -> int:
    return sum(levels[level] for level in LOW)


def _grids(land: Land, on: date) -> tuple[int, int, int]:
    """Return (grids, with a party unit, with a grid worker) of a place."""
    held = Post.objects.held_on(on).filter(role="grid_worker", region=OuterRef("pk"))
    led = Org.grids.through.objects.filter(
        region=OuterRef("pk"), org__dissolved_on=None, org__kind=Org.Kind.PARTY
    )
    rows = Region.objects.valid_on(on).filter(level=Region.Level.GRID, path__under=land.path)
    found = rows.annotate(led=Exists(led), staffed=Exists(held)).values_list("led", "staffed")
    rows_of: Iterable[tuple[bool, bool]] = list(found.order_by())
    counts: dict[str, int] = defaultdict(int)
    for is_led, is_staffed in rows_of:
        counts["all"] += 1
        counts["led"] += bool(is_led)
        counts["staffed"] += bool(is_staffed)
    return counts["all"], counts["led"], counts["staffed"]


def _firms(land: Land) -> tuple[int, int]:
    """Return (units of the area, those that a party unit covers, itself or its park)."""
    own = UnitCover.objects.filter(
        Q(org=OuterRef("pk")) | Q(org=OuterRef("parent")), to_date=None,
        unit__dissolved_on__isnull=True,
    )  # fmt: skip
    rows = Org.objects.filter(
        kind=Org.Kind.UNIT, dissolved_on=None, region__path__under=land.path
    ).annotate(is_covered=Exists(own))
    found = list(rows.order_by().values_list("is_covered", flat=True))
    return len(found), sum(map(bool, found))


def _serving(land: Land, on: date) -> tuple[int, int]:
    """Return (standing branches, those whose book of the year tells of service)."""
    served = LogEntry.objects.filter(unit=OuterRef("pk"), year=on.year, kind=LogEntry.Kind.SERVICE)
    rows = Org.objects.units().filter(
        unit_kind=UnitKind.BRANCH, is_temporary=False, region__path__under=land.path
    )
    found = list(rows.annotate(s=Exists(served)).order_by().values_list("s", flat=True))
    return len(found), sum(map(bool, found))
