"""Who could take an order, what lies near it, what hangs in the hall."""

from __future__ import annotations

import math
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from heapq import nsmallest

from django.db.models import Count, Q, QuerySet
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from tongxin.cases.models import Case, Topic
from tongxin.kit.geo import distance_m
from tongxin.kit.ids import uuid7
from tongxin.orgs.models import Org, Post, Volunteer
from tongxin.orgs.scope import reach
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, lands_of, prefixes, region_at, world

from .hearts import heart_rule  # noqa: F401 (the face of the five classes)
from .ratings import sentences_for, tags_for  # noqa: F401 (the face of the words of ratings)

# How much each thing weighs when people are ranked: a full hand, a long way, a busy month.
WEIGHTS = {"load": 0.5, "way": 0.3, "month": 0.2}
FAR_M, BUSY = 3000, 10  # a way, and a month's orders, beyond which more makes no difference
SHORTLIST = 40
NEAR_M = 300
# Who may see a resident's number, for a reason that is written down.
MAY_CALL = frozenset({"dispatcher", "officer", "holder", "handler_org"})


@dataclass
class Candidate:
    """Somebody an order could be given to, with what speaks for them."""

    id: int
    name: str
    kind: str  # volunteer | grid_worker
    skill: str  # the skill asked for that they have
    home: Land | None
    cap: int | None  # of open orders; None: bound by their post, not by a cap
    held: int = 0
    month: int = 0
    metres: float | None = None

    @property
    def rank(self) -> float:
        load = self.held / self.cap if self.cap else min(self.held / BUSY, 1)
        way = min((self.metres or 0) / FAR_M, 1)
        return (
            WEIGHTS["load"] * load
            + WEIGHTS["way"] * way
            + WEIGHTS["month"] * min(self.month / BUSY, 1)
        )

    @property
    def why(self) -> str:
        """The reason in a sentence: skill, way, hands, the month."""
        parts = [_("会%s") % self.skill] if self.skill else []
        if self.kind == "grid_worker":
            parts.append(_("负责%s") % self.home.short_name if self.home else _("网格员"))
        elif self.home:
            parts.append(_("住%s") % self.home.short_name + way_words(self.metres))
        held = _("手上 %d 单") % self.held if self.held else _("手上没有单")
        parts.append(held + (_("（上限 %d）") % self.cap if self.cap else ""))
        parts.append(_("本月 %d 单") % self.month if self.month else _("本月还没接单"))
        return "，".join(parts)


def way_words(metres: float | None) -> str:
    if metres is None:
        return ""
    if metres < 1000:
        return _("（约 %d 米）") % (math.ceil(metres / 50) * 50)
    return _("（约 %.1f 公里）") % (metres / 1000)


def candidates(case: Case, *, at: datetime, limit: int = 10, name: str = "") -> list[Candidate]:
    """Return who could take the order, best first: free hands, near, and not always the same.

    Volunteers of the street with a skill that the topic asks for, and the grid workers of the
    place; nobody whose hands are full, and not the reporter. `name` looks for somebody. Three or
    four queries, whatever the number of volunteers in the district.
    """
    takers = set(case.topic.takers.split()) if case.topic else {"volunteer", "grid_worker"}
    people = _volunteers(case, name) if "volunteer" in takers else []
    if "grid_worker" in takers:
        people += _grid_workers(case, localdate(at), name)
    held = _held_in(_street_path(case)) if people else {}
    here = _point_of(case)
    way = {one.home.id: _metres(here, one.home) for one in people if one.home}
    for one in people:
        one.held = held.get(one.id, 0)
        one.metres = way[one.home.id] if one.home and one.kind == "volunteer" else None
    free = [one for one in people if one.cap is None or one.held < one.cap]
    shortlist = nsmallest(max(SHORTLIST, limit), free, key=lambda one: (one.rank, one.id))
    month = _orders_since_month(at, [one.id for one in shortlist])
    for one in shortlist:
        one.month = month.get(one.id, 0)
    return sorted(shortlist, key=lambda one: (one.rank, one.id))[:limit]


def _street_path(case: Case) -> str:
    """Return the path of the case's street, or of its own region above the streets."""
    street = [land.path for land in lands_of(case.area) if land.level == Region.Level.STREET]
    return street[0] if street else case.area


def _volunteers(case: Case, name: str) -> list[Candidate]:
    lands = world()
    street = lands.by_path.get(_street_path(case))
    streets = [street] if street else []
    if name and street:  # somebody looked for by name may live in any street of the district
        streets = lands.children_of(lands.by_id.get(street.parent_id or 0))
    homes = [land.id for one in streets for land in lands.children_of(one)]
    asked = case.topic.skills.split() if case.topic else []
    rows = Volunteer.objects.filter(home__in=homes, is_paused=False, user__is_active=True)
    if asked:
        rows = rows.filter(skills__name__in=asked)
    if name:
        rows = rows.filter(user__name__contains=name)
    fields = ["user_id", "user__name", "home_id", "cap", *(["skills__name"] if asked else [])]
    found: dict[int, Candidate] = {}
    for user, called, home, cap, *skill in rows.values_list(*fields):
        if user not in found and user != case.reporter_id:
            found[user] = Candidate(
                user, called, "volunteer", "".join(skill), lands.by_id.get(home), cap
            )
    return list(found.values())


def _grid_workers(case: Case, day: date, name: str) -> list[Candidate]:
    rows = Post.objects.held_on(day).filter(
        Q(region__path__in=list(prefixes(case.area))) | Q(region__path__under=case.area),
        role=Post.Role.GRID_WORKER,
        user__is_active=True,
        user__name__contains=name,
    )
    found = {}
    for user, called, region in rows.values_list("user_id", "user__name", "region_id"):
        if user != case.reporter_id:
            found[user] = Candidate(
                user, called, "grid_worker", "", world().by_id.get(region), None
            )
    return list(found.values())


def _held_in(path: str) -> dict[int, int]:
    """Return how many orders each person holds unfinished in an area: {user id: n}."""
    rows = Case.objects.open().filter(area__under=path, holder__isnull=False)
    return dict(
        rows.exclude(step__in=["done", "verified"])
        .values_list("holder")
        .annotate(Count("pk"))
        .order_by()
    )


def _orders_since_month(at: datetime, people: list[int]) -> dict[int, int]:
    """Return how many orders of this month each of these people took; ids carry their time."""
    if not people:
        return {}
    first = localtime(at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    rows = Case.objects.filter(holder__in=people, id__gte=uuid7(first))
    return dict(rows.values_list("holder").annotate(Count("pk")).order_by())


def _point_of(case: Case) -> tuple[float, float] | None:
    if case.lng is not None and case.lat is not None:
        return case.lng, case.lat
    land = world().by_path.get(case.area)
    return (land.lng, land.lat) if land and land.lng is not None and land.lat is not None else None


def _metres(here: tuple[float, float] | None, home: Land | None) -> float | None:
    if here is None or home is None or home.lng is None or home.lat is None:
        return None
    return distance_m(*here, home.lng, home.lat)


def person_in_reach(case: Case, user_id: int, *, at: datetime) -> bool:
    """Return whether an order may be given to this person: by a post over the place or its street,
    or as a volunteer of the district, who may be asked where the street has too few."""
    here = world().by_path.get(case.area)
    helps = Q(role=Post.Role.VOLUNTEER)
    if here is not None:
        helps &= Q(region__path__under=_district_path(here))
    posts = Post.objects.held_on(localdate(at)).filter(
        Q(region__path__in=list(prefixes(case.area)))
        | Q(region__path__under=_street_path(case))
        | helps,
        user=user_id,
    )
    return posts.exists()


def handlers_of(case: Case) -> QuerySet[Org]:
    """Return the organisations an order can be given to: departments first, then who is there."""
    official = Q(kind__in=[Org.Kind.DEPARTMENT, Org.Kind.GOVERNMENT])
    here = Org.objects.public().filter(region__path__in=list(prefixes(case.area)))
    if case.topic and "department" not in case.topic.takers.split():
        here = here.exclude(official)
    return (
        here.exclude(kind=Org.Kind.PARTY).annotate(official=official).order_by("-official", "name")
    )


def departments_over(path: str) -> QuerySet[Org]:
    """Return the departments that answer for a place: whom a street may call by whistle."""
    here = Org.objects.public().filter(region__path__in=list(prefixes(path)))
    return here.filter(kind=Org.Kind.DEPARTMENT).order_by("name")


@dataclass(frozen=True)
class Neighbour:
    """An open public request near a point."""

    case: Case
    metres: float


def nearby(
    *,
    lng: float,
    lat: float,
    topic: Topic | None = None,
    metres: float = NEAR_M,
    limit: int = 5,
    besides=None,
) -> list[Neighbour]:
    """Return open public requests within `metres` (of the same topic, if given), nearest first.

    What somebody may see of them is the outline: title, place, step, line. `besides` is the id of
    a case to leave out. One query.
    """
    land = region_at(lng, lat)
    if land is None:
        return []
    north, east = metres / 111_320, metres / (111_320 * max(math.cos(math.radians(lat)), 0.01))
    rows = (
        Case.objects.public()
        .open()
        .filter(
            area__under=_district_path(land),
            kind="request",
            lat__range=(lat - north, lat + north),
            lng__range=(lng - east, lng + east),
        )
    )
    if topic is not None:
        rows = rows.filter(topic=topic)
    if besides is not None:
        rows = rows.exclude(pk=besides)
    found = [
        Neighbour(case, distance_m(lng, lat, case.lng, case.lat))
        for case in rows.select_related("topic").order_by("-id")[:200]
    ]
    found = [one for one in found if one.metres <= metres]
    return sorted(found, key=lambda one: one.metres)[:limit]


LEADERS_SHOWN = 30


def may_lead(case: Case, *, chosen: Collection[str] = ()) -> list[Case]:
    """Return the open requests this one could follow: public ones of its community, newest first.

    `chosen` are ids that were handed in: they count wherever they are in the district; whether
    the actor may lead them there is asked when the move is made.
    """
    open_ones = Case.objects.open().filter(kind="request").exclude(pk=case.pk)
    near = open_ones.public().filter(community=case.community_id).order_by("-id")
    found = list(near[:LEADERS_SHOWN]) if case.community_id else []
    known = {str(one.pk) for one in found}
    if wanted := [pk for pk in chosen if pk not in known and _is_uuid(pk)]:
        found += open_ones.filter(pk__in=wanted)
    return found


def _is_uuid(text: str) -> bool:
    try:
        return bool(uuid.UUID(text))
    except ValueError:
        return False


def _district_path(land: Land) -> str:
    return next((up.path for up in lands_of(land.path) if up.level == "district"), land.path)


def hall_for(user) -> QuerySet[Case]:
    """Return what hangs in the hall for this volunteer or grid worker, most urgent first."""
    here = reach(user, {"volunteer"}, widen=Region.Level.STREET) | reach(user, {"grid_worker"})
    return (
        Case.objects.visible_to(user)
        .open()
        .filter(here, step="hall")
        .exclude(reporter=user)
        .select_related("topic", "region")
        .order_by("due_at", "id")
    )
