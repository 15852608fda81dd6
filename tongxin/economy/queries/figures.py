"""Counts of a year: who reported, who has nothing, who is above the line (清零递增, S4.58, S4.62)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from tongxin.orgs.scope import reach
from tongxin.regions.models import DEPTH, Region
from tongxin.regions.queries import geojson_of

from ..models import Firm, FirmReserve, IncomeKind, IncomeLine, VillageProject, VillageYear
from ..models.incomes import READERS


def line_of(year: int) -> int | None:
    """Return the sustainable income asked of a year, in fen; None if nothing was set."""
    found = IncomeLine.objects.filter(from_year__lte=year).order_by("-from_year").first()
    return found.amount_fen if found else None


def mark_of_year() -> Subquery:
    """Return what `line_of` says, for the year of each row of a query."""
    rows = IncomeLine.objects.filter(from_year__lte=OuterRef("year")).order_by("-from_year")
    return Subquery(rows.values("amount_fen")[:1])


def kind_of(code: str) -> IncomeKind | None:
    """Return the kind of income of a code."""
    return IncomeKind.objects.filter(code=code).first()


def villages_of(actor: Any, area: str = "") -> list[Region]:
    """Return the villages the actor reads, by path; without polygons. One query.

    Where an area has no villages of that kind, nothing: communities earn nothing together.
    """
    rows = Region.objects.filter(
        reach(actor, READERS, column="path"), level=Region.Level.COMMUNITY,
        kind=Region.Kind.VILLAGE, valid_to__isnull=True,
    )  # fmt: skip
    if area:
        rows = rows.filter(path__under=area)
    return list(rows.defer("polygon").order_by("path"))


@dataclass
class VillageLine:
    """A village in a year, and the year before it."""

    village: Region
    now: VillageYear | None = None
    before: VillageYear | None = None
    project: VillageProject | None = None
    mark: int | None = None  # the line of the year

    @property
    def is_reported(self) -> bool:
        return self.now is not None and self.now.state != VillageYear.State.OPEN

    @property
    def is_zero(self) -> bool:
        """Whether it reported that it earned nothing."""
        return self.is_reported and self.now is not None and self.now.total_fen == 0

    @property
    def is_above(self) -> bool:
        if not self.is_reported or self.now is None or self.mark is None:
            return False
        return self.now.sustainable_fen >= self.mark

    @property
    def is_back_to_zero(self) -> bool:
        """Whether it earned something the year before: what must not come back (清零不反弹)."""
        return self.is_zero and self.before is not None and self.before.total_fen > 0

    @property
    def change_fen(self) -> int | None:
        if not self.is_reported or self.now is None or self.before is None:
            return None
        return self.now.total_fen - self.before.total_fen

    @property
    def state(self) -> tuple[str, str]:
        """Return (tone, word) of how it stands."""
        if self.is_back_to_zero:
            return "late", _("返零")
        if self.is_zero:
            return "late", _("零收入")
        if self.is_above:
            return "done", _("达标")
        if self.is_reported:
            return "working", _("已清零")
        return "idle", _("未上报")


@dataclass
class Count:
    """What some villages add up to in a year."""

    name: str = ""
    path: str = ""
    villages: int = 0
    reported: int = 0
    verified: int = 0
    zero: int = 0
    above: int = 0
    back: int = 0
    projects: int = 0
    total_fen: int = 0
    sustainable_fen: int = 0
    lines: list[VillageLine] = field(default_factory=list)

    def add(self, line: VillageLine) -> None:
        self.villages += 1
        self.reported += line.is_reported
        self.zero += line.is_zero
        self.above += line.is_above
        self.back += line.is_back_to_zero
        self.projects += line.project is not None
        if line.is_reported and line.now is not None:
            self.verified += line.now.state == VillageYear.State.VERIFIED
            self.total_fen += line.now.total_fen
            self.sustainable_fen += line.now.sustainable_fen
        self.lines.append(line)

    @property
    def is_cleared(self) -> bool:
        """Whether all have reported and none has nothing: only then it may be said."""
        return bool(self.villages) and self.reported == self.villages and not self.zero


@dataclass
class VillageBooks:
    """The years of some villages, read once: counted by year, and as a trend, without asking again."""

    area: str
    villages: list[Region]
    years: dict[tuple[int, int], VillageYear]  # by village and year
    projects: dict[int, VillageProject]
    marks: list[tuple[int, int]]  # (from year, fen), the newest first

    def mark(self, year: int) -> int | None:
        """Return the sustainable income asked of a year, in fen; None if nothing was set."""
        return next((fen for since, fen in self.marks if since <= year), None)

    def count(self, year: int) -> Count:
        """Return what the villages add up to in a year, each with its line."""
        whole, mark = Count(path=self.area), self.mark(year)
        for village in self.villages:
            now, before = (self.years.get((village.pk, n)) for n in (year, year - 1))
            whole.add(VillageLine(village, now, before, self.projects.get(village.pk), mark))
        return whole

    def trend(self, years: Iterable[int]) -> list[tuple[int, int, int, int]]:
        """Return (year, reported, zero, above) of some years."""
        counts = ((year, self.count(year)) for year in years)
        return [(year, one.reported, one.zero, one.above) for year, one in counts]


def books_of(actor: Any, years: Collection[int], area: str = "") -> VillageBooks:
    """Return the books of the villages of an area the actor reads, for some years. Four queries."""
    villages = villages_of(actor, area)
    ids = [one.pk for one in villages]
    rows = VillageYear.objects.filter(village__in=ids, year__in=list(years))
    running = VillageProject.objects.running().filter(village__in=ids)
    marks = IncomeLine.objects.order_by("-from_year").values_list("from_year", "amount_fen")
    return VillageBooks(
        area, villages, {(one.village_id, one.year): one for one in rows},
        {one.village_id: one for one in running}, list(marks),
    )  # fmt: skip


def count_year(actor: Any, year: int, area: str = "") -> Count:
    """Return what the villages of an area add up to in a year, each with its line. Four queries."""
    return books_of(actor, (year - 1, year), area).count(year)


def by_street(whole: Count, names: dict[str, str]) -> list[Count]:
    """Return the same by street; `names` are those of the streets by path."""
    found: dict[str, Count] = {}
    for line in whole.lines:
        path = "/".join(line.village.path.split("/")[: DEPTH["street"]]) + "/"
        found.setdefault(path, Count(name=names.get(path, ""), path=path)).add(line)
    return list(found.values())


def areas_of(whole: Count, url: str) -> dict[str, Any]:
    """Return the villages as GeoJSON; `share` is how much of the line they earn, at most 100."""
    by_code = {line.village.code: line for line in whole.lines}
    regions = Region.objects.filter(pk__in=[line.village.pk for line in whole.lines])
    drawn = geojson_of(regions, tolerance_m=15)
    for feature in drawn["features"]:
        line = by_code[feature["properties"]["code"]]
        share = None
        if line.is_reported and line.now is not None and line.mark:
            share = min(100, 100 * line.now.sustainable_fen // line.mark)
        feature["properties"] = {
            "name": line.village.short_name,
            "share": share,
            "url": url.replace("CODE", line.village.code),
        }
    return drawn


@dataclass
class FirmLine:
    """A firm with what it put in and how many villages it stands beside."""

    firm: Firm
    received_fen: int
    villages: int


def firms_of(actor: Any) -> tuple[list[FirmLine], dict[str, int]]:
    """Return the firms the actor sees with what they put in, and their sums (S4.61). Three queries."""
    firms = list(Firm.objects.visible_to(actor).filter(left_on__isnull=True).select_related("region").order_by("pk")[:500])  # fmt: skip
    received: dict[int, int] = {}
    rows = FirmReserve.objects.standing().filter(firm__in=firms)
    for firm, fen in rows.values_list("firm", "line__amount_fen"):
        received[firm] = received.get(firm, 0) + fen
    paired: dict[int, int] = {}
    for (firm,) in Firm.objects.filter(
        pk__in=[one.pk for one in firms], pairs__isnull=False, pairs__until__isnull=True
    ).values_list("pk"):
        paired[firm] = paired.get(firm, 0) + 1
    lines = [FirmLine(one, received.get(one.pk, 0), paired.get(one.pk, 0)) for one in firms]
    sums = {
        "firms": len(lines),
        "pledged": sum(one.firm.pledged_fen for one in lines),
        "received": sum(received.values()),
    }
    return lines, sums
