"""The overview of a street or a district: figures of a period, a map, and what burns now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext_lazy as _

from tongxin.cases.figures import stats
from tongxin.cases.models import Case, Topic
from tongxin.cases.queries import card_of, time_left, tone_of
from tongxin.orgs.models import Org
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, geojson_of, world

from .desk import Desk

SHOWN, MOST_POINTS, MOST_GAPS, MOST_TOPICS = 6, 600, 40, 8
# How coarse the borders may be drawn, in metres, by the level of the region shown.
TOLERANCE = {"city": 150, "district": 60, "street": 15}
PERIODS = {
    "week": _("近 7 天"),
    "month": _("近 30 天"),
    "quarter": _("近 90 天"),
    "year": _("近一年"),
}
DAYS = {"week": 7, "month": 30, "quarter": 90, "year": 365}
PIN_TONES = {"late": "late", "soon": "waiting", "ok": "working", "waiting": "idle", "done": "done"}


@dataclass(frozen=True)
class Period:
    """Days from `since` to `until`, both included."""

    name: str  # one of PERIODS, or "" for days of one's own
    since: date
    until: date

    @property
    def words(self) -> str:
        return f"{self.since:%Y-%m-%d} – {self.until:%Y-%m-%d}"

    @property
    def opened(self) -> dict[str, datetime]:
        """The filter of the cases that were opened in it."""
        midnight = time(tzinfo=get_current_timezone())
        return {
            "opened_at__gte": datetime.combine(self.since, midnight),
            "opened_at__lt": datetime.combine(self.until + timedelta(days=1), midnight),
        }

    @classmethod
    def read(cls, words: Mapping[str, str], today: date) -> Period:
        """Return the period that the words of the address name; 30 days if they name none."""
        try:
            days = [date.fromisoformat(words.get(name, "")) for name in ("since", "until")]
            return cls("", min(days), max(days))
        except ValueError:
            name = words.get("period", "")
            name = name if name in DAYS else "month"
            return cls(name, today - timedelta(days=DAYS[name] - 1), today)


@dataclass(frozen=True)
class Row:
    """The figures of one place."""

    land: Land
    total: int
    open: int
    late: int

    @property
    def share(self) -> float | None:
        """How many of a hundred were ever late; None where there were none."""
        return round(100 * self.late / self.total, 1) if self.total else None


@dataclass(frozen=True)
class Figures:
    whole: Row
    rows: list[Row]  # of what lies right below
    topics: list[tuple[int, str, int]]  # (id, name, how many), most asked first


def figures(land: Land, period: Period, *, kind: str = "") -> Figures:
    """Return the figures of a place and of what lies right below it, for the cases of a period."""
    below = world().children_of(land)
    if land.level == Region.Level.CITY:  # tallies begin at the district
        parts = [figures(one, period, kind=kind) for one in below]
        rows = [part.whole for part in parts]
        topics: Counter = Counter()
        for part in parts:
            topics.update({(pk, name): n for pk, name, n in part.topics})
        named = [(pk, name, n) for (pk, name), n in topics.most_common(MOST_TOPICS)]
        return Figures(_sum(land, rows), rows, named)
    if land.level in (Region.Level.COMMUNITY, Region.Level.GRID):  # and end at the community
        return _counted(land, below, period, kind)
    found = stats(path=land.path, since=period.since, until=period.until, kind=kind)
    none = {"total": 0, "open": 0, "late": 0}
    rows = [Row(one, **found["by_region"].get(one.path, none)) for one in below]
    whole = Row(land, found["total"], found["open"], found["late"])
    return Figures(whole, rows, _named(Counter(found["by_topic"])))


def _sum(land: Land, rows: list[Row]) -> Row:
    return Row(
        land, *(sum(getattr(row, word) for row in rows) for word in ("total", "open", "late"))
    )


def _counted(land: Land, below: list[Land], period: Period, kind: str) -> Figures:
    """Count the cases themselves: of one community there are few."""
    cases = Case.objects.in_area(land).filter(**period.opened, **({"kind": kind} if kind else {}))
    counts: dict[str, list[int]] = {}
    topics: Counter = Counter()
    for area, closed_at, late, topic in cases.values_list("area", "closed_at", "is_late", "topic"):
        sums = counts.setdefault(area, [0, 0, 0])
        for n, one in enumerate((1, closed_at is None, late)):
            sums[n] += one
        topics[topic] += 1

    def row(one: Land) -> Row:
        inside = [sums for area, sums in counts.items() if area.startswith(one.path)]
        return Row(
            one, *(sum(column) for column in zip(*inside, strict=True)) if inside else (0, 0, 0)
        )

    return Figures(row(land), [row(one) for one in below], _named(topics))


def _named(counts: Counter) -> list[tuple[int, str, int]]:
    most = {pk: n for pk, n in counts.most_common(MOST_TOPICS + 1) if pk is not None}
    names = dict(Topic.objects.filter(pk__in=most).values_list("pk", "name"))
    return [(pk, names[pk], n) for pk, n in most.items() if pk in names][:MOST_TOPICS]


def desk_url(land: Land, period: Period | None = None, **words: Any) -> str:
    """Return the address of the list of the very cases that a figure counts."""
    days = {"since": period.since, "until": period.until} if period else {}
    given = {name: value for name, value in words.items() if value}
    return f"{reverse('portal:desk')}?{urlencode({'region': land.code, **given, **days})}"


# What burns now.


def burning(desk: Desk, *, at: datetime) -> dict[str, Any]:
    """Return {"counted": {"open", "late", "whistle"}, and the first few cards of each}. Four queries."""
    rows = desk.rows(is_open=True)
    late, whistled = Q(due_at__lte=at), Q(kind="whistle")
    first = rows.select_related("topic").defer("text")
    return {
        "counted": rows.aggregate(
            open=Count("pk"), late=Count("pk", filter=late), whistle=Count("pk", filter=whistled)
        ),
        "late": _cards(first.filter(late).order_by("due_at", "id"), at),
        "whistle": _cards(first.filter(whistled).order_by("-id"), at),
        "open": _cards(first.order_by("-id"), at),
    }


def _cards(rows: QuerySet[Case], at: datetime) -> list[dict[str, Any]]:
    return [card_of(case, at=at) for case in rows[:SHOWN]]


def points(desk: Desk, *, at: datetime) -> list[dict[str, Any]]:
    """Return the open cases as pins of a map, at most 600, what runs out first."""
    rows = desk.rows(is_open=True).filter(lng__isnull=False, lat__isnull=False)
    cases = rows.select_related("topic").defer("text").order_by("due_at", "id")[:MOST_POINTS]
    return [_pin(case, at) for case in cases]


def _pin(case: Case, at: datetime) -> dict[str, Any]:
    flow = case.flow
    about = [case.topic.name if case.topic else str(flow.label), time_left(case, at=at)]
    return {
        "lng": case.lng,
        "lat": case.lat,
        "title": case.title,
        "note": " · ".join(filter(None, about)),
        "url": reverse("cases:detail", args=[case.pk]),
        "tone": PIN_TONES[tone_of(case, at=at)],
        "char": flow.dots[min(flow.step_of[case.step].dot, len(flow.dots) - 1)],
    }


# Grids without a party unit (S0.26): gaps that the map shows.


@dataclass(frozen=True)
class Cover:
    total: int
    gaps: list[Land]

    @property
    def covered(self) -> int:
        return self.total - len(self.gaps)

    @property
    def total_words(self) -> str:
        return f"/ {self.total}"

    def below(self, land: Land) -> int:
        return sum(gap.path.startswith(land.path) for gap in self.gaps)


def cover(land: Land, *, on: date) -> Cover:
    """Return how many grids a place has, and those that no party unit covers. One query."""
    units = Org.grids.through.objects.filter(region=OuterRef("pk"), org__dissolved_on__isnull=True)
    grids = Region.objects.valid_on(on).filter(level=Region.Level.GRID, path__under=land.path)
    rows = grids.annotate(is_covered=Exists(units)).order_by("path")
    found = list(rows.values_list("pk", "is_covered"))
    lands = world().by_id
    return Cover(len(found), [lands[pk] for pk, covered in found if not covered and pk in lands])


def areas(
    land: Land, rows: list[Row], gaps: Cover | None, urls: Mapping[str, str]
) -> dict[str, Any]:
    """Return what lies below a place as GeoJSON, each with its figures and the address of its page."""
    by_code = {row.land.code: row for row in rows}
    regions = Region.objects.public().filter(pk__in=[row.land.id for row in rows])
    drawn = geojson_of(regions, tolerance_m=TOLERANCE.get(land.level, 0))
    for feature in drawn["features"]:
        row = by_code[feature["properties"]["code"]]
        feature["properties"] = {
            "name": row.land.short_name,
            "share": row.share,
            "total": row.total,
            "open": row.open,
            "late": row.late,
            "gaps": gaps.below(row.land) if gaps else None,
            "url": urls.get(row.land.code, ""),
        }
    return drawn
