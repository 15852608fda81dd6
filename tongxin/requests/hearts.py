"""五心服务: what was asked of each class of service, and what came of it (S4.29).

What was asked is read out of the tallies and is exact. What came of it is read out of the cases of
the period alone, by one statement: a place and a period are chosen first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.cases.figures import asked_by_topic
from tongxin.cases.models import Case, Event, Topic
from tongxin.cases.queries import ANY, CLASS_NAMES, NONE, UNCLASSED, classes_on
from tongxin.kit.ids import uuid7
from tongxin.orgs.models import Post
from tongxin.regions.models import DEPTH
from tongxin.regions.queries import Land, world

SERVICES = {"request": gettext_lazy("点单"), "wish": gettext_lazy("微心愿")}
LEADING = (Post.Role.OFFICER, Post.Role.LEADER)  # who reads the figures of their land
# What was served: the work is done and, where somebody verifies, it was found right.
SERVED = ("verified", "closed", "fulfilled")
WORK_ENDS = ("finish", "fulfil")
# A case's id carries the time it was made; a phone may send it this much later.
ID_SLACK = timedelta(days=1)


@dataclass(frozen=True)
class HeartRow:
    """The figures of one class of service, or of all."""

    code: str  # of the class; NONE; ANY for the sum
    name: str
    text: str
    is_sample: bool  # the class, not its figures
    asked: int
    all_asked: int
    done: int = 0
    on_time: int = 0  # of `done`: never late in any step
    rated: int = 0  # of `done`: how many residents gave stars
    stars: int = 0  # their sum
    took: timedelta | None = None  # the median from asking to the end of the work, of `done`

    @property
    def share(self) -> float | None:
        return _percent(self.asked, self.all_asked)

    @property
    def punctual(self) -> float | None:
        return _percent(self.on_time, self.done)

    @property
    def mean(self) -> float | None:
        return round(self.stars / self.rated, 1) if self.rated else None

    @property
    def hours(self) -> float | None:
        return None if self.took is None else round(self.took.total_seconds() / 3600, 1)


@dataclass(frozen=True)
class HeartPlace:
    """What was asked in one place below, by class; `land` None: what lies in none of them."""

    land: Land | None
    asked: Counter[str]


@dataclass(frozen=True)
class Hearts:
    rows: list[HeartRow]  # the classes in order, then what belongs to none
    whole: HeartRow
    places: list[HeartPlace]


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def hearts(land: Land, *, since: date, until: date, kind: str = "") -> Hearts:
    """Return the figures of the services asked for from `since` to `until`, both days included.

    `land` is a community or larger, `kind` one of SERVICES or "" for all. Five statements.
    """
    kinds = [kind] if kind else list(SERVICES)
    asked = _asked(land, since, until, kinds)
    here = asked.pop(land.path, Counter())
    if DEPTH[land.level] < DEPTH["district"]:  # tallies begin at the district
        here = sum(asked.values(), Counter())
    came = _outcomes(land, since, until, kinds)
    total = here.total()
    named = {one.code: (one.name, one.text, one.is_sample) for one in classes_on(until)}
    # A topic may carry a class that is first worded after the period.
    later = (here.keys() | came.keys()) - named.keys() - {UNCLASSED, ANY}
    named |= {code: (CLASS_NAMES.get(code, code), "", False) for code in sorted(later)}
    rows = [
        HeartRow(code, *words, here[code], total, *came.get(code, ()))
        for code, words in named.items()
    ]
    none = (_("未归类"), _("事项目录里还没有归入五类的，和没有选事项的。"), False)
    rows.append(HeartRow(NONE, *none, here[UNCLASSED], total, *came.get(UNCLASSED, ())))
    whole = HeartRow(ANY, _("合计"), "", False, total, total, *came.get(ANY, ()))
    return Hearts(rows, whole, _places(land, here, asked))


def _asked(land: Land, since: date, until: date, kinds: Collection[str]) -> dict[str, Counter[str]]:
    """Return how many were asked for, by place and the code of the class."""
    class_of = dict(Topic.objects.values_list("pk", "service_class"))
    found: dict[str, Counter[str]] = {}
    counted = asked_by_topic(path=land.path, since=since, until=until, kinds=kinds)
    for path, topics in counted.items():
        into = found.setdefault(path, Counter())
        for topic, n in topics.items():
            into[class_of.get(topic, UNCLASSED)] += n
    return found


def _places(land: Land, here: Counter[str], asked: dict[str, Counter[str]]) -> list[HeartPlace]:
    below = [one for one in world().children_of(land) if DEPTH[one.level] <= DEPTH["community"]]
    places = [HeartPlace(one, asked.get(one.path, Counter())) for one in below]
    rest = Counter(here)
    for one in places:
        rest.subtract(one.asked)
    return places + ([HeartPlace(None, +rest)] if places and +rest else [])


def _outcomes(
    land: Land, since: date, until: date, kinds: Collection[str]
) -> dict[str, tuple[Any, ...]]:
    """Return {class: (done, on time, rated, stars, median)}, all of them as class ANY. One statement.

    The rows are summed here: 100,000 take 1.5 s on PostgreSQL, a month of a busy street 0.1 s; medians
    by window functions took ten times as long.
    """
    ends = Event.objects.filter(case=OuterRef("pk"), name__in=WORK_ENDS).order_by("-seq")
    ended = Coalesce(Subquery(ends.values("at")[:1]), F("closed_at"), F("stepped_at"))
    rows = served(land, since=since, until=until, kinds=kinds).values_list(
        Coalesce("topic__service_class", Value(UNCLASSED)),
        "opened_at",
        ended,
        "is_late",
        "request__stars",
    )
    sums: dict[str, list[int]] = {}
    took: dict[str, list[float]] = {}
    for of, asked_at, ended_at, is_late, stars in rows:
        for code in (of, ANY):
            into = sums.setdefault(code, [0, 0, 0, 0])
            into[0] += 1
            into[1] += not is_late
            into[2] += stars is not None
            into[3] += stars or 0
            took.setdefault(code, []).append((ended_at - asked_at).total_seconds())
    return {code: (*counts, timedelta(seconds=median(took[code]))) for code, counts in sums.items()}


def served(land: Land, *, since: date, until: date, kinds: Collection[str]) -> QuerySet[Case]:
    """Return the services of a place and a period whose work is done.

    The ids are bounded too: they carry their time, so that no more than the period is read.
    """
    midnight = time(tzinfo=get_current_timezone())
    first = datetime.combine(since, midnight)
    end = datetime.combine(until + timedelta(days=1), midnight)
    return Case.objects.in_area(land).filter(
        kind__in=kinds,
        step__in=SERVED,
        opened_at__gte=first,
        opened_at__lt=end,
        id__gte=uuid7(first - ID_SLACK),
        id__lt=uuid7(end + ID_SLACK),
    )


def heart_rule(heart: str, came: str = "") -> Q:
    """Return the filter of the cases that a figure counts, for the list it leads to.

    `heart` is a class, ANY or NONE; `came` "done", "on_time" or "rated", or "" for all asked.
    """
    rule = Q(kind__in=list(SERVICES))
    if heart == NONE:
        rule &= Q(topic=None) | Q(topic__service_class=UNCLASSED)
    elif heart != ANY:
        rule &= Q(topic__service_class=heart)
    if came:
        rule &= Q(step__in=SERVED)
    if came == "on_time":
        rule &= Q(is_late=False)
    return rule & Q(request__stars__isnull=False) if came == "rated" else rule
