"""What stands on the page of a grid, and which grids of a place lack something."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext_lazy as _

from tongxin.accounts.models import User
from tongxin.cases.models import Case
from tongxin.cases.queries import time_left
from tongxin.fieldwork.models import Visit
from tongxin.orgs.models import Org, Post
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, geojson_of, prefixes, world

from ..models import (
    Component,
    FunctionRule,
    GridDuty,
    GridFunction,
    GridNorm,
    GridProfile,
    GridService,
    Problem,
)
from ..models.grids import GRID_READERS

CREW_ROLES = ("grid_worker", "cadre", "dispatcher", "verifier", "secretary", "first_secretary")
# Only these are asked for at the grid itself and the community; no officer of the district.
CREW_LEVELS = (Region.Level.COMMUNITY, Region.Level.GRID, Region.Level.BUILDING)
SHOWN_VISITS, SHOWN_PROBLEMS, MOST_PINS = 6, 8, 100
GAPS = {
    "worker": _("没有网格员"),
    "head": _("没有网格长"),
    "party": _("没有党组织"),
    "large": _("户数超限"),
}


# Which function a case serves (S4.38).


@dataclass
class Functions:
    """The rules of a day, narrowest first: topic, category, kind."""

    topics: dict[int, str] = field(default_factory=dict)
    categories: dict[int, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_day(cls, day: date) -> Functions:
        found = cls()
        rows = FunctionRule.objects.of_day(day)
        for topic, category, kind, function in rows.values_list(
            "topic", "category", "kind", "function"
        ):
            if topic:
                found.topics[topic] = function
            elif category:
                found.categories[category] = function
            else:
                found.kinds[kind] = function
        return found

    def of(self, topic: int | None, category: int | None, kind: str) -> str:
        """Return the function of a case; "" if no rule speaks of it."""
        return (
            self.topics.get(topic or 0)
            or self.categories.get(category or 0)
            or self.kinds.get(kind, "")
        )

    def cases_of(self, function: str) -> Q:
        """Return the filter of the cases of one function: the very ones its figures count."""
        own = {
            name: [key for key, value in rules.items() if value == function]
            for name, rules in (("t", self.topics), ("c", self.categories), ("k", self.kinds))
        }
        no_topic = ~Q(topic__in=list(self.topics))
        no_category = Q(topic=None) | ~Q(topic__category__in=list(self.categories))
        return (
            Q(topic__in=own["t"])
            | (Q(topic__category__in=own["c"]) & no_topic)
            | (Q(kind__in=own["k"]) & no_topic & no_category)
        )


@dataclass(frozen=True)
class FunctionFigures:
    """One function of a grid: how many are open, how many were done this month."""

    code: str
    name: Any
    open: int
    done: int
    late: int


def month_start(day: date) -> datetime:
    return datetime.combine(day.replace(day=1), time(tzinfo=get_current_timezone()))


def function_figures(cases: QuerySet[Case], day: date, at: datetime) -> list[FunctionFigures]:
    """Return the four functions, and what no rule speaks of where there is any. Two queries."""
    rules, since = Functions.of_day(day), month_start(day)
    counted = (
        cases.filter(Q(closed_at=None) | Q(closed_at__gte=since))
        .order_by()
        .values_list("topic", "topic__category", "kind")
        .annotate(
            open=Count("pk", filter=Q(closed_at=None)),
            late=Count("pk", filter=Q(closed_at=None, due_at__lte=at)),
            done=Count("pk", filter=Q(closed_at__gte=since)),
        )
    )
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for topic, category, kind, is_open, late, done in counted:
        for n, value in enumerate((is_open, done, late)):
            sums[rules.of(topic, category, kind)][n] += value
    found = [FunctionFigures(one.value, one.label, *sums[one.value]) for one in GridFunction]
    if any(sums[""]):
        found.append(FunctionFigures("other", _("未归类"), *sums[""]))
    return found


def cases_of_function(cases: QuerySet[Case], function: str, day: date) -> QuerySet[Case]:
    """Filter cases to those one function's figures count; "" gives them all."""
    rules = Functions.of_day(day)
    if function in GridFunction.values:
        return cases.filter(rules.cases_of(function))
    if function == "other":
        ruled = Q(topic__in=list(rules.topics)) | Q(kind__in=list(rules.kinds))
        ruled |= Q(topic__isnull=False, topic__category__in=list(rules.categories))
        return cases.exclude(pk__in=cases.filter(ruled).values("pk"))
    return cases


# One grid.


@dataclass(frozen=True)
class CrewMember:
    name: str
    role: str
    label: Any
    org: str
    is_near: bool  # of this very grid, not of the whole community
    is_head: bool


def crew_of(land: Land, head: int | None, day: date) -> list[CrewMember]:
    """Return who works in a grid: its own people first, then those of its community. One query."""
    rows = (
        Post.objects.held_on(day)
        .filter(
            Q(region__path__in=list(prefixes(land.path))) | Q(region__path__under=land.path),
            role__in=CREW_ROLES, region__level__in=CREW_LEVELS, user__is_active=True,
        )
        .select_related("user", "org", "region")
        .order_by("pk")
    )  # fmt: skip
    found = {}
    for post in rows:
        key = (post.user_id, post.role)
        near = post.region.path.startswith(land.path)
        if key not in found or near:
            found[key] = CrewMember(
                post.user.name, post.role, post.get_role_display(), post.org.name, near,
                post.user_id == head,
            )  # fmt: skip
    order = {role: n for n, role in enumerate(CREW_ROLES)}
    return sorted(
        found.values(), key=lambda one: (not one.is_head, not one.is_near, order[one.role])
    )


@dataclass(frozen=True)
class GridPage:
    """Everything a grid's page shows that needs the database."""

    profile: GridProfile | None
    most: int
    crew: list[CrewMember]
    units: list[Org]
    buildings: list[Land]
    services: list[GridService]
    duties: list[GridDuty]
    functions: list[FunctionFigures]
    visits: list[Visit]
    components: dict[str, int]
    problems: list[Problem]

    @property
    def open_count(self) -> int:
        return sum(one.open for one in self.functions)

    @property
    def late_count(self) -> int:
        return sum(one.late for one in self.functions)

    @property
    def gaps(self) -> list[Any]:
        """What the grid lacks, in words."""
        households = self.profile.households if self.profile else 0
        holds = {
            "worker": any(one.role == "grid_worker" and one.is_near for one in self.crew),
            "head": bool(self.profile and self.profile.head_id),
            "party": bool(self.units),
            "large": not self.most or households <= self.most,
        }
        return [words for name, words in GAPS.items() if not holds[name]]


def grid_page(land: Land, actor: Any, *, at: datetime, day: date) -> GridPage:
    """Return what a reader sees of a grid; a dozen queries, whatever its size."""
    profile = GridProfile.objects.select_related("head").filter(region=land.id).first()
    head = profile.head_id if profile else None
    units = Org.objects.filter(grids=land.id, dissolved_on=None, kind=Org.Kind.PARTY)
    cases = Case.objects.visible_to(actor).filter(area__under=land.path)
    visits = (
        Visit.objects.visible_to(actor)
        .filter(area__under=land.path, state__in=("planned", "begun"))
        .order_by("due_on", "pk")
    )
    components = Component.objects.filter(area__under=land.path).order_by()
    above = [pk for pk in (land.parent_id, land.id) if pk]
    problems = Problem.objects.visible_to(actor).open().filter(region__in=above)
    return GridPage(
        profile=profile,
        most=households_most(day),
        crew=crew_of(land, head, day),
        units=list(units.order_by("path")),
        buildings=[one for one in world().children_of(land) if one.level == Region.Level.BUILDING],
        services=list(GridService.objects.filter(region=land.id, ended_on=None).order_by("pk")),
        duties=list(GridDuty.objects.of_day(day).order_by("order")),
        functions=function_figures(cases, day, at),
        visits=list(visits[:SHOWN_VISITS]),
        components=dict(components.values_list("state").annotate(Count("pk"))),
        problems=list(problems.select_related("lead").order_by("due_on")[:SHOWN_PROBLEMS]),
    )


def households_most(day: date) -> int:
    """Return how many households a grid may have on a day; 0 where no norm is set."""
    rows = GridNorm.objects.filter(code=GridNorm.Code.HOUSEHOLDS_MOST, effective_from__lte=day)
    return rows.order_by("-effective_from").values_list("value", flat=True).first() or 0


# The grids of a place.


def readable_lands(actor: Any) -> list[Land]:
    """Return the lands over which the actor may look at grids, the widest first, none twice."""
    paths = sorted({post.path for post in posts_of(actor) if post.role in GRID_READERS}, key=len)
    outer = [
        path for n, path in enumerate(paths) if not any(path.startswith(one) for one in paths[:n])
    ]
    by_path = world().by_path
    return [by_path[path] for path in outer if path in by_path]


def may_read_grid(actor: Any, path: str) -> bool:
    return any(path.startswith(land.path) for land in readable_lands(actor))


def grids_in(paths: Iterable[str], day: date) -> QuerySet[Any]:
    """Return the grids of some places by path, each with what it has: workers, head, unit, size."""
    inside = Q(pk__in=[])
    for path in paths:
        inside |= Q(path__under=path)
    workers = Post.objects.held_on(day).filter(
        role="grid_worker", user__is_active=True, region=OuterRef("pk")
    )
    units = Org.grids.through.objects.filter(region=OuterRef("pk"), org__dissolved_on=None)
    profile = GridProfile.objects.filter(region=OuterRef("pk"))
    return (
        Region.objects.valid_on(day)
        .filter(inside, level=Region.Level.GRID)
        .defer("polygon")
        .annotate(
            has_worker=Exists(workers),
            has_unit=Exists(units),
            households=Coalesce(Subquery(profile.values("households")), 0),
            head_name=Subquery(profile.values("head__name")),
        )
        .order_by("path")
    )


def gap_filter(name: str, most: int) -> Q:
    """Return the filter of the grids with one gap; any gap for "any"."""
    gaps = {
        "worker": Q(has_worker=False),
        "head": Q(head_name=None),
        "party": Q(has_unit=False),
        "large": Q(households__gt=most) if most else Q(pk__in=[]),
    }
    if name == "any":
        return gaps["worker"] | gaps["head"] | gaps["party"] | gaps["large"]
    return gaps[name]


def gap_counts(rows: QuerySet[Any], most: int) -> dict[str, int]:
    """Return how many grids there are ("") and how many have each gap. One query."""
    wanted = {name: Count("pk", filter=gap_filter(name, most)) for name in ("any", *GAPS)}
    counts: dict[str, int] = rows.order_by().aggregate(total=Count("pk"), **wanted)
    return {"": counts.pop("total")} | counts


def gaps_of(row: Any, most: int) -> list[Any]:
    """Return what one grid of `grids_in` lacks, in words."""
    holds = {
        "worker": row.has_worker,
        "head": row.head_name,
        "party": row.has_unit,
        "large": not most or row.households <= most,
    }
    return [words for name, words in GAPS.items() if not holds[name]]


def workload_of(rows: list[Any], actor: Any, at: datetime) -> dict[str, tuple[int, int]]:
    """Return {path of a grid: (open cases, of these late)} for a page of grids. One query."""
    grid_of = {row.path: row.path for row in rows}
    for row in rows:
        land = world().by_path.get(row.path)
        grid_of |= {one.path: row.path for one in (world().children_of(land) if land else ())}
    counted = (
        Case.objects.visible_to(actor)
        .filter(area__in=list(grid_of), closed_at=None)
        .order_by()
        .values_list("area")
        .annotate(n=Count("pk"), late=Count("pk", filter=Q(due_at__lte=at)))
    )
    found = {row.path: (0, 0) for row in rows}
    for area, n, late in counted:
        had, was_late = found[grid_of[area]]
        found[grid_of[area]] = (had + n, was_late + late)
    return found


# Hard problems (S4.32).


def problems_in(actor: Any, path: str, state: str, today: date) -> QuerySet[Problem]:
    """Return the problems a reader sees at or below a place: open, late, done, or all of them."""
    rows = Problem.objects.visible_to(actor).filter(region__path__under=path)
    rows = rows.select_related("region", "lead")
    if state == "late":
        rows = rows.filter(closed_on=None, due_on__lt=today)
    elif state == "done":
        rows = rows.filter(closed_on__isnull=False)
    elif state == "open":
        rows = rows.filter(closed_on=None)
    return rows.order_by(F("closed_on").desc(nulls_first=True), "due_on", "pk")


def problem_counts(actor: Any, path: str, today: date) -> dict[str, int]:
    rows = Problem.objects.visible_to(actor).filter(region__path__under=path)
    return rows.aggregate(
        open=Count("pk", filter=Q(closed_on=None)),
        late=Count("pk", filter=Q(closed_on=None, due_on__lt=today)),
        done=Count("pk", filter=Q(closed_on__isnull=False)),
    )


def may_head(land: Land, day: date) -> QuerySet[User]:
    """Return those who may be named head of a grid: they hold a working post that reaches it."""
    rows = Post.objects.held_on(day).filter(
        Q(region__path__in=list(prefixes(land.path))), role__in=CREW_ROLES,
        region__level__in=CREW_LEVELS, user__is_active=True,
    )  # fmt: skip
    return User.objects.filter(pk__in=rows.values("user")).order_by("name", "pk")


def grid_map(land: Land, actor: Any, *, at: datetime) -> dict[str, Any]:
    """Return {"areas", "points"}: the border of a grid, its open cases as pins. Two queries."""
    rows = (
        Case.objects.visible_to(actor)
        .filter(area__under=land.path, closed_at=None, lng__isnull=False, lat__isnull=False)
        .select_related("topic")
        .defer("text")
        .order_by("due_at", "pk")[:MOST_PINS]
    )
    pins = [
        {
            "lng": case.lng,
            "lat": case.lat,
            "title": case.title,
            "note": " · ".join(filter(None, (str(case.topic or case.flow.label), time_left(case, at=at)))),
            "url": reverse("cases:detail", args=[case.pk]),
            "tone": "late" if case.due_at and case.due_at <= at else "working",
            "char": "单",
        }
        for case in rows
    ]  # fmt: skip
    return {"areas": outline_of(land.id), "points": pins}


def outline_of(grid: int) -> dict[str, Any]:
    """Return the border of a grid, without its name: that stands on the page, and would lie under pins."""
    areas = geojson_of(Region.objects.filter(pk=grid))
    for feature in areas["features"]:
        feature["properties"] = {}
    return areas
