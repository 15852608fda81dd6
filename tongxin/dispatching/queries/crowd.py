"""Who there is for an order: volunteers near and wider, grid workers, what they hold and did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache

from django.db.models import BigIntegerField, CharField, Count, Max, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.utils.timezone import localtime

from tongxin.cases.clocks import norm_words
from tongxin.cases.models import Case
from tongxin.kit.geo import distance_m
from tongxin.kit.worktime import parse_norm
from tongxin.orgs.models import Post, Volunteer, VolunteerTime
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, calendar_for, lands_of, prefixes, world

MONTH, YEAR = timedelta(days=30), timedelta(days=365)
ENOUGH_MINUTES = 60  # a free hour within the limit is as good as a free week
RINGS_M = (3_000, 6_000, 10_000, 20_000, 50_000)  # how far out neighbours are asked, step by step
Span = tuple[int, int, int]  # a weekday (1 to 7), from and to a minute of that day
HELD_STEPS = ("done", "verified")  # no longer in anybody's hands


@dataclass
class Somebody:
    """A person an order could go to, with the plain numbers that speak for or against."""

    id: int
    name: str
    kind: str  # volunteer | grid_worker
    home: Land | None
    cap: int | None
    skills: set[str] = field(default_factory=set)  # of those asked for
    metres: float | None = None
    held: int = 0
    month: int = 0
    last: datetime | None = None
    done: int = 0
    rated: int = 0
    good: int = 0
    times: list[Span] = field(default_factory=list)
    # Where everybody is read at once: {topic: (done, rated, good)}
    practice: dict[int | None, tuple[int, int, int]] = field(default_factory=dict)


def street_of(area: str) -> Land | None:
    return next((land for land in lands_of(area) if land.level == Region.Level.STREET), None)


def district_of(area: str) -> Land | None:
    return next((land for land in lands_of(area) if land.level == Region.Level.DISTRICT), None)


def point_of(case: Case) -> tuple[float, float] | None:
    """Return where the case lies: its own point, or the middle of its region."""
    if case.lng is not None and case.lat is not None:
        return case.lng, case.lat
    land = world().by_path.get(case.area)
    return (land.lng, land.lat) if land and land.lng is not None and land.lat is not None else None


def communities_near(case: Case, limit_m: int) -> tuple[list[Land], list[list[Land]]]:
    """Return the communities of the case's street; and rings of those of its district around it."""
    street, district = street_of(case.area), district_of(case.area)
    own = world().children_of(street) if street else []
    if district is None:
        return own, []
    here, known = point_of(case), {land.id for land in own}
    rings: list[list[Land]] = [[] for _ring in RINGS_M]
    for other in world().children_of(district):
        for land in world().children_of(other):
            metres = metres_to(here, land)
            if land.id not in known and metres is not None and metres <= limit_m:
                rings[next(n for n, far in enumerate(RINGS_M) if metres <= far)].append(land)
    return own, [ring for ring in rings if ring]


def metres_to(here: tuple[float, float] | None, home: Land | None) -> float | None:
    if here is None or home is None or home.lng is None or home.lat is None:
        return None
    return distance_m(*here, home.lng, home.lat)


def volunteers(
    case: Case, homes: Iterable[Land], *, name: str = "", any_state: bool = False
) -> list[Somebody]:
    """Return the volunteers at home in these communities who have a skill asked for. One query."""
    asked = case.topic.skills.split() if case.topic else []
    rows = Volunteer.objects.filter(home__in=[land.id for land in homes])
    if not any_state:
        rows = rows.filter(is_paused=False, user__is_active=True)
    if asked:
        rows = rows.filter(skills__name__in=asked)
    if name:
        rows = rows.filter(user__name__contains=name)
    by_id, here = world().by_id, point_of(case)
    fields = ["user_id", "user__name", "home_id", "cap", *(["skills__name"] if asked else [])]
    found: dict[int, Somebody] = {}
    way: dict[int, float | None] = {}
    for user, called, home, cap, *skill in rows.values_list(*fields):
        one = found.get(user)
        if one is None:
            land = by_id.get(home)
            if home not in way:
                way[home] = metres_to(here, land)
            one = found[user] = Somebody(user, called, "volunteer", land, cap, metres=way[home])
        one.skills.update(skill)
    found.pop(case.reporter_id or 0, None)
    return list(found.values())


def grid_workers(case: Case, day: date, *, name: str = "") -> list[Somebody]:
    """Return the grid workers whose post covers the place, or lies in it. One query."""
    rows = Post.objects.held_on(day).filter(
        Q(region__path__in=list(prefixes(case.area))) | Q(region__path__under=case.area),
        role=Post.Role.GRID_WORKER,
        user__is_active=True,
    )
    if name:
        rows = rows.filter(user__name__contains=name)
    by_id = world().by_id
    found = {
        user: Somebody(user, called, "grid_worker", by_id.get(region), None)
        for user, called, region in rows.values_list("user_id", "user__name", "region_id")
    }
    found.pop(case.reporter_id or 0, None)
    return list(found.values())


def held_by(people: list[Somebody], area: str) -> None:
    """Note what each holds unfinished in an area (a path). One query."""
    held = dict(_held(area))
    for one in people:
        one.held = held.get(one.id, 0)


def read_loads(people: list[Somebody], area: str, case: Case, at: datetime) -> float:
    """As `held_by` and `peers_month` in one query of three parts; return the latter."""
    street = street_of(case.area)
    if street is None:
        held_by(people, area)
        return 0.0
    many, taken = _peers(case, street, at)
    parts = _held(area).union(
        many.values_list(_number(SERVE)).annotate(n=Count("pk")).order_by(),
        taken.values_list(_number(TAKEN)).annotate(n=Count("pk")).order_by(),
        all=True,
    )
    known = dict(parts)
    for one in people:
        one.held = known.get(one.id, 0)
    return known.get(TAKEN, 0) / known[SERVE] if known.get(SERVE) else 0.0


SERVE, TAKEN = -1, -2  # keys of the two sums beside those of people, whose ids are above nought


def _number(value: int) -> Cast:
    return Cast(Value(value), BigIntegerField())


def _held(area: str) -> QuerySet:
    rows = Case.objects.open().filter(area__under=area, holder__isnull=False)
    return (
        rows.exclude(step__in=HELD_STEPS).values_list("holder").annotate(n=Count("pk")).order_by()
    )


def _peers(case: Case, street: Land, at: datetime) -> tuple[QuerySet, QuerySet]:
    """Return the volunteers of a street, and the orders of 30 days that volunteers took there."""
    homes = [land.id for land in world().children_of(street)]
    taken = Case.objects.filter(
        street=street.id, kind="request", opened_at__gte=at - MONTH, holder__volunteer__isnull=False
    )
    return Volunteer.objects.filter(home__in=homes, is_paused=False), taken


def read_history(people: list[Somebody], case: Case, at: datetime) -> None:
    """Note of each what they took in a month, when last, and what they did of this topic in a year.

    Only requests that were carried to their end count, and stars only as a number. One query.
    """
    same = (
        Q(topic=case.topic_id, step__in=(*HELD_STEPS, "closed")) if case.topic_id else Q(pk__in=[])
    )
    rows = (
        Case.objects.filter(
            holder__in=[one.id for one in people], kind="request", opened_at__gte=at - YEAR
        )
        .values_list("holder")
        .annotate(
            month=Count("pk", filter=Q(opened_at__gte=at - MONTH)),
            last=Max("opened_at"),
            done=Count("pk", filter=same),
            rated=Count("request__stars", filter=same),
            good=Count("request__stars", filter=same & Q(request__stars__gte=4)),
        )
        .order_by()
    )
    known = {row[0]: row[1:] for row in rows}
    for one in people:
        if one.id in known:
            one.month, one.last, one.done, one.rated, one.good = known[one.id]


def read_times(people: list[Somebody]) -> None:
    """Note the times of the week at which each can mostly serve. One query.

    As text, since a thousand times are read here that are mostly the same few.
    """
    by_id = {one.id: one for one in people}
    rows = VolunteerTime.objects.filter(volunteer__in=list(by_id)).values_list(
        "volunteer", "weekday", Cast("since", CharField()), Cast("until", CharField())
    )
    for user, weekday, since, until in rows.order_by():
        by_id[user].times.append((weekday, _minute(since), _minute(until)))


@cache
def _minute(clock: str) -> int:
    """Return the minute of the day of "14:30:00": 870."""
    return int(clock[:2]) * 60 + int(clock[3:5])


def peers_month(case: Case, at: datetime) -> float:
    """Return how many orders of 30 days a volunteer of the street took on average. Two queries."""
    street = street_of(case.area)
    if street is None:
        return 0.0
    many, taken = (rows.count() for rows in _peers(case, street, at))
    return taken / many if many else 0.0


def window_of(case: Case, at: datetime) -> tuple[datetime, datetime]:
    """Return from when to when the order would have to be done, if it were given away now."""
    words = norm_words(case, "topic.norm|2wd")
    clock, norm = parse_norm(words).resolve(calendar_for(case.area))
    return at, clock.add(at, norm)


MOST_DAYS = 14  # the times of a volunteer repeat every week


def spans_of(window: tuple[datetime, datetime]) -> list[Span]:
    """Return a window as spans of days, by the local clock; at most two weeks of it."""
    begin, end = (localtime(moment) for moment in window)
    found = []
    for offset in range(MOST_DAYS):
        day = begin.date() + timedelta(days=offset)
        if day > end.date():
            break
        since = begin.hour * 60 + begin.minute if offset == 0 else 0
        until = end.hour * 60 + end.minute if day == end.date() else 24 * 60
        found.append((day.isoweekday(), since, until))
    return found


def free_minutes(times: list[Span], spans: list[Span]) -> int:
    """Return how many minutes of the spans somebody with these times of the week is free."""
    total = 0
    for weekday, begin, end in times:
        for day, start, stop in spans:
            if day == weekday:
                total += max(min(end, stop) - max(begin, start), 0)
    return total


def free_slot(times: list[Span], spans: list[Span]) -> Span | None:
    """Return the first free slot within the spans; None without any."""
    for day, start, stop in spans:
        for weekday, begin, end in sorted(times):
            if day == weekday and min(end, stop) > max(begin, start):
                return day, max(begin, start), min(end, stop)
    return None
