"""What an operation did, counted as its report counts it; every figure says how, and opens to rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery
from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.findings.models import Finding
from tongxin.regions.models import Region
from tongxin.regions.queries import world

from ..models import (
    DispatchMember,
    Operation,
    SiteKind,
    SiteVisit,
    Subject,
    SubjectKind,
    Team,
)
from ..models.operations import LAND_KINDS

SATURDAY = 5
RESIDENT_LAND = (Region.Level.COMMUNITY, Region.Level.GRID, Region.Level.BUILDING)


@dataclass(frozen=True)
class Figure:
    """One figure: its value, out of what (`total`), how it is counted, which rows it opens to."""

    code: str
    label: str | Promise
    value: int | float | None
    definition: str | Promise
    rows: str
    total: int | None = None
    unit: str | Promise = ""

    @property
    def words(self) -> str:
        if self.value is None:
            return "—"
        return f"{self.value}/{self.total}" if self.total is not None else str(self.value)


DEFINITIONS = {
    "teams": gettext_lazy("本次监督组建的监督组个数。"),
    "class_led": gettext_lazy("由组织单位（或其上级）领导、书记、委员带队的监督组个数。"),
    "dispatches": gettext_lazy("实际出动的组次：一个组一天出去一次计一组，至少一个点位已开始检查才算，取消的不算。"),
    "person_times": gettext_lazy("实际出动的每一组到场人数之和，一人出去两次计两人次。"),
    "visits": gettext_lazy("已完成的点位检查次数，同一点位查两次计两次。"),
    "findings": gettext_lazy("这些点位检查登记的问题，作废的不算。"),
    "per_hundred": gettext_lazy("发现问题数除以点位检查次数，再乘以 100，保留一位小数。"),
    "on_the_spot": gettext_lazy("登记的问题中现场已纠正的个数。"),
    "settled": gettext_lazy("登记的问题中现场已纠正或已销号的个数。"),
    "weekend": gettext_lazy("周六、周日暗访（四不两直）过的不同村和社区个数，至少一个点位已开始检查。"),
    "covered": gettext_lazy("方案列出的对象中，至少有一个点位检查已完成的个数；后一个数是列出的总数。"),
}  # fmt: skip


COVERED = {
    SubjectKind.STREET: gettext_lazy("覆盖街镇"),
    SubjectKind.VILLAGE: gettext_lazy("覆盖村"),
    SubjectKind.COMMUNITY: gettext_lazy("覆盖社区"),
}


def findings_of(operation: Operation) -> Any:
    """Return the findings of an operation: those whose source is one of its visits, not void."""
    visits = SiteVisit.objects.filter(dispatch__team__operation=operation)
    return Finding.objects.standing().filter(
        source_kind="visit", source_id__in=visits.values("visit_ref")
    )


VISIT_FIELDS = (
    "pk", "site__region__path", "site__region__level", "site__street_path", "site__kind",
    "site__org", "site__regulator", "subject", "visit__state", "visit__begun_at",
    "visit__finished_at", "dispatch", "dispatch__is_unannounced", "dispatch__team", "visit_ref",
)  # fmt: skip
FINDING_FIELDS = ("source_id", "area", "is_on_the_spot", "closed_at", "kind__name")


@dataclass
class Counts:
    """What an operation did, read once: begun visits, findings, who was there, teams, subjects."""

    operation: Operation
    visits: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    people: Counter[int]  # by team, of dispatches that went out
    teams: list[Team]
    subjects: list[Subject]

    @cached_property
    def done(self) -> list[dict[str, Any]]:
        return [one for one in self.visits if one["visit__state"] == "done"]

    @cached_property
    def gone(self) -> dict[int, int]:
        """The dispatches that went out: at least one visit has begun. Their teams, by id."""
        return {one["dispatch"]: one["dispatch__team"] for one in self.visits}


def counts_of(operation: Operation, *, is_coverage_only: bool = False) -> Counts:
    """Read what the figures, lines and coverage of an operation need; four queries, two for coverage."""
    begun = SiteVisit.objects.begun().filter(
        dispatch__team__operation=operation, dispatch__cancelled_at=None
    )
    subjects = operation.subjects.select_related("region", "org")
    known = Counts(
        operation=operation,
        visits=list(begun.values(*VISIT_FIELDS)),
        findings=[],
        people=Counter(),
        teams=[],
        subjects=list(subjects.order_by("kind", "region__path", "name")),
    )
    if not is_coverage_only:
        there = DispatchMember.objects.filter(
            dispatch__team=OuterRef("pk"), dispatch__in=begun.values("dispatch"), was_there=True
        )
        counted = there.order_by().values("dispatch__team").annotate(n=Count("pk")).values("n")
        teams = operation.teams.select_related("leader").annotate(went=Subquery(counted))
        known.findings = list(findings_of(operation).values(*FINDING_FIELDS))
        known.teams = list(teams.order_by("number"))
        known.people = Counter({team.pk: getattr(team, "went", 0) or 0 for team in known.teams})
    return known


def per_hundred(findings: int, visits: int) -> float | None:
    """Return findings per hundred site visits, one decimal; None without a visit (S0.71)."""
    return round(findings * 100 / visits, 1) if visits else None


def figures_of(operation: Operation, counts: Counts | None = None) -> list[Figure]:
    """Return the figures of an operation in the order of the report."""
    known = counts or counts_of(operation)
    n, done = len(known.findings), len(known.done)
    spot = sum(one["is_on_the_spot"] for one in known.findings)
    settled = sum(one["closed_at"] is not None for one in known.findings)
    led = sum(team.is_class_led for team in known.teams)
    rows: list[tuple[str, str, int | float | None, str, int | None]] = [
        ("teams", _("监督组"), len(known.teams), "teams", None),
        ("class_led", _("班子成员带队"), led, "teams", len(known.teams)),
        ("dispatches", _("出动组次"), len(known.gone), "dispatches", None),
        ("person_times", _("出动人次"), sum(known.people.values()), "dispatches", None),
        ("visits", _("检查点位"), done, "visits", None),
        ("findings", _("发现问题"), n, "findings", None),
        ("per_hundred", _("每百个点位问题数"), per_hundred(n, done), "findings", None),
        ("on_the_spot", _("现场纠正"), spot, "findings", n),
        ("settled", _("已纠正或销号"), settled, "findings", n),
        ("weekend", _("周末暗访村和社区"), len(weekend_places(known.visits)), "weekend", None),
    ]
    figures = [
        Figure(code, label, value, DEFINITIONS[code], where, total)
        for code, label, value, where, total in rows
    ]
    return figures + coverage_figures(coverage_of(operation, known))


def weekend_places(visits: Iterable[dict[str, Any]]) -> set[str]:
    """Return the paths of villages and communities visited unannounced on a Saturday or Sunday (S1.41)."""
    return {
        community_of(one["site__region__path"]) for one in visits if is_weekend_unannounced(one)
    }


def is_weekend_unannounced(one: dict[str, Any]) -> bool:
    if one["visit__begun_at"] is None or not one["dispatch__is_unannounced"]:
        return False
    on = localdate(one["visit__begun_at"])
    return on.weekday() >= SATURDAY and one["site__region__level"] in RESIDENT_LAND


def community_of(path: str) -> str:
    return "/".join(path.split("/")[:4]) + "/"


@dataclass
class Cover:
    """One subject of a plan: how often it was visited, when last; 0 visits: not reached yet."""

    subject: Subject
    visits: int = 0
    last_on: date | None = None


def coverage_of(operation: Operation, counts: Counts | None = None) -> list[Cover]:
    """Return all subjects with the finished visits that reached them.

    Land is reached by a visit anywhere inside it; a department by a visit that looks at it, or to
    a site it is responsible for or supervises.
    """
    known = counts or counts_of(operation, is_coverage_only=True)
    days: dict[tuple[str, Any], list[date]] = defaultdict(list)
    for one in known.done:
        on = localdate(one["visit__finished_at"])
        parts = one["site__region__path"].split("/")[:-1]
        for n in range(len(parts)):
            days["land", "/".join(parts[: n + 1]) + "/"].append(on)
        if one["subject"]:
            days["subject", one["subject"]].append(on)
        for org in {one["site__org"], one["site__regulator"]} - {None}:
            days["org", (org, one["subject"])].append(on)
    covers = []
    for subject in known.subjects:
        reached = _days_of(subject, days)
        covers.append(Cover(subject, len(reached), max(reached, default=None)))
    return covers


def _days_of(subject: Subject, days: dict[tuple[str, Any], list[date]]) -> list[date]:
    if subject.kind in LAND_KINDS and subject.region:
        return days["land", subject.region.path]
    found = list(days["subject", subject.pk])
    for (what, key), on in list(days.items()):
        if what == "org" and key[0] == subject.org_id and key[1] != subject.pk:
            found += on
    return found


def coverage_figures(covers: Iterable[Cover]) -> list[Figure]:
    """Return one figure for each kind of subject there is: reached out of listed (S0.66, S0.85)."""
    total: Counter[str] = Counter()
    reached: Counter[str] = Counter()
    for one in covers:
        total[one.subject.kind] += 1
        reached[one.subject.kind] += one.visits > 0
    departments = [kind for kind in total if kind not in LAND_KINDS]
    figures = [
        Figure(
            f"covered_{kind}", COVERED[kind], reached[kind],
            DEFINITIONS["covered"], "coverage", total[kind],
        )
        for kind in LAND_KINDS
        if total[kind]
    ]  # fmt: skip
    if departments:
        figures.append(
            Figure(
                "covered_departments",
                _("覆盖重点部门"),
                sum(reached[k] for k in departments),
                DEFINITIONS["covered"],
                "coverage",
                sum(total[k] for k in departments),
            )  # fmt: skip
        )
    return figures


@dataclass
class StreetLine:
    """A street of the operation's land: finished visits by kind of site, findings."""

    name: str
    path: str
    code: str
    cells: dict[str, int]
    visits: int
    findings: int

    @property
    def per_hundred(self) -> float | None:
        return per_hundred(self.findings, self.visits)


def streets_of(
    operation: Operation, counts: Counts | None = None
) -> tuple[list[str], list[StreetLine]]:
    """Return the kinds of sites that were visited and a line for each street."""
    known = counts or counts_of(operation)
    cells: Counter[tuple[str, str]] = Counter(
        (one["site__street_path"], one["site__kind"]) for one in known.done
    )
    areas = Counter("/".join(one["area"].split("/")[:3]) + "/" for one in known.findings)
    kinds = [kind for kind in SiteKind.values if any(key[1] == kind for key in cells)]
    named = {
        one.region.path for one in known.subjects if one.region and one.kind == SubjectKind.STREET
    }
    lands = world().by_path
    lines = []
    for path in sorted(named | {path for path, _kind in cells} | set(areas)):
        if path not in lands:
            continue
        row = {kind: cells[path, kind] for kind in kinds}
        land = lands[path]
        lines.append(
            StreetLine(land.short_name, path, land.code, row, sum(row.values()), areas[path])
        )
    return kinds, lines


@dataclass
class TeamLine:
    """A team with what it did, counted as the whole is."""

    team: Team
    dispatches: int
    people: int
    visits: int
    findings: int


def teams_of(operation: Operation, counts: Counts | None = None) -> list[TeamLine]:
    """Return the teams with their figures."""
    known = counts or counts_of(operation)
    dispatches = Counter(known.gone.values())
    done = Counter(one["dispatch__team"] for one in known.done)
    team_of = {one["visit_ref"]: one["dispatch__team"] for one in known.visits}
    found = Counter(
        team_of[one["source_id"]] for one in known.findings if one["source_id"] in team_of
    )
    return [
        TeamLine(team, dispatches[team.pk], known.people[team.pk], done[team.pk], found[team.pk])
        for team in known.teams
    ]


def common_findings(counts: Counts, least: int = 2) -> list[tuple[str, int]]:
    """Return the kinds found at least so often, most first: what is common to many (共性问题)."""
    named = Counter(one["kind__name"] for one in counts.findings if one["kind__name"])
    return [(name, n) for name, n in named.most_common() if n >= least]


def sequence_of(subject: Subject, visits: Any) -> Any:
    """Return the visits (scoped by the caller) to the same subject in any operation, oldest first (S0.86)."""
    same = Q(subject__kind=subject.kind, subject__name=subject.name)
    if subject.region:
        same |= Q(site__region__path__under=subject.region.path)
    return visits.begun().filter(same).order_by("visit__begun_at", "pk")
