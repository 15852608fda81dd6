"""What the pages on the phone list: own requests, orders, the hall, wishes, the ledger."""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from tongxin.cases.models import Case, Event, Tally, Topic
from tongxin.cases.queries import OpenMove, card_of, dot_line, needs_of, time_left, tone_of
from tongxin.kit.errors import Invalid
from tongxin.kit.geo import distance_m
from tongxin.kit.worktime import parse_norm
from tongxin.orgs.models import Volunteer
from tongxin.orgs.scope import posts_of, reach
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, lands_of, place_name, world

from .models import PointEntry, ServiceRequest, Wish
from .queries import hall_for
from .words import UNSAID, happened

PAGE = 20
HALL_PAGE = 60
COMMON = 6
KINDS = ("request", "wish")
RELATED = ("topic__category", "region", "holder", "handler")
TO_CHECK = ("done", "verified", "fulfilled")
# Years of service as the Ministry of Civil Affairs counts stars: hours for one to five of them.
STAR_HOURS = (100, 300, 600, 1000, 1500)


class BadCursor(Invalid):
    """The cursor is not one that a page gave."""


def after(rows: QuerySet, cursor: str) -> QuerySet:
    """Return the rows behind a cursor, newest first; ids are ordered by time."""
    if not cursor:
        return rows
    try:
        return rows.filter(pk__lt=uuid.UUID(cursor))
    except ValueError:
        raise BadCursor(_("页码不对，请从第一页重新打开"), field="cursor") from None


def cut(rows: list, size: int = PAGE) -> tuple[list, str]:
    """Return a page, and the cursor of the next ("" at the end)."""
    return rows[:size], str(rows[size - 1].pk) if len(rows) > size else ""


def card(case: Case, *, at: datetime) -> dict[str, Any]:
    """Return the card of a case that leads to its page on the phone."""
    return card_of(case, at=at) | {"url": reverse("requests:case", args=[case.pk])}


# Topics and places to choose from.


def active_topics() -> list[Topic]:
    return list(Topic.objects.filter(is_active=True).select_related("category"))


def topic_by_code(code: str) -> Topic | None:
    return Topic.objects.filter(is_active=True, code=code).first()


def common_topics(
    topics: list[Topic], path: str, at: datetime, *, most: int = COMMON
) -> list[Topic]:
    """Return what is asked for most often in a place (three months), filled up by the catalogue."""
    since = (localtime(at) - timedelta(days=90)).date().replace(day=1)
    counted = Tally.objects.filter(path=path, kind="request", span="m", dim="t", start__gte=since)
    n_of = dict(counted.values_list("key").annotate(Sum("n")).order_by())
    asked = sorted(topics, key=lambda topic: -n_of.get(str(topic.pk), 0))
    return asked[:most]


def districts() -> list[Land]:
    return [land for land in world().lands if land.level == Region.Level.DISTRICT]


def streets() -> list[tuple[str, list[Land]]]:
    """Return (district, its streets) of all land served."""
    return [(one.name, world().children_of(one)) for one in districts()]


def communities(street_code: str) -> list[Land]:
    street = world().by_code.get(street_code)
    return world().children_of(street) if street and street.level == Region.Level.STREET else []


def street_of(path: str) -> Land | None:
    return _level_of(path, Region.Level.STREET)


def community_of(path: str) -> Land | None:
    return _level_of(path, Region.Level.COMMUNITY)


def _level_of(path: str, level: str) -> Land | None:
    return next((land for land in lands_of(path) if land.level == level), None)


def last_path(user) -> str:
    """Return where the user last asked for something, or is at home as a volunteer; "" if nowhere."""
    last = Case.objects.filter(reporter=user.pk).order_by("-id").values_list("area", flat=True)
    home = Volunteer.objects.filter(user=user.pk).values_list("home__path", flat=True)
    return last.first() or home.first() or ""


# A resident's own.


def my_cases(user, *, is_open: bool, cursor: str = "") -> tuple[list[Case], str]:
    """Return a page of what a user asked for, newest first, and the next cursor."""
    rows = Case.objects.filter(reporter=user.pk, kind__in=KINDS, closed_at__isnull=is_open)
    rows = after(rows, cursor).select_related(*RELATED).order_by("-id")
    return cut(list(rows[: PAGE + 1]))


def alike(*, region: Land, topic: Topic, limit: int = 3) -> list[Case]:
    """Return open public requests on the same topic in the same community, newest first."""
    community = community_of(region.path)
    if community is None:
        return []
    rows = Case.objects.public().open().filter(community=community.id, topic=topic, kind="request")
    return list(rows.select_related("topic").order_by("-id")[:limit])


def stars_given(case: Case) -> ServiceRequest | None:
    """Return the rating of a request, if there is one."""
    return ServiceRequest.objects.filter(pk=case.pk, stars__isnull=False).first()


# One case.


@dataclass(frozen=True)
class Story:
    """The history of a case as its page tells it."""

    line: dict[str, Any]
    events: list[dict[str, Any]]
    pictures: list[dict[str, Any]]  # that came with the request itself
    proof: list[dict[str, Any]]  # that came later
    minutes: int  # on the spot, by check-in and check-out
    is_on_spot: bool


def story_of(case: Case, reader, *, at: datetime) -> Story:
    """Return the line with its times, the events in plain words, the pictures. Two queries."""
    events = list(case.events.select_related("actor").order_by("seq"))
    photos = _photos_of(case)
    told = [
        {
            "what": happened(case, event, reader=reader),
            "who": "",
            "at": event.at,
            "note": event.note if _is_for(case, event, reader) else "",
            "tone": "late" if event.name in ("red", "escalate") else _tone(case, event),
            "icon": ICONS.get(event.name, "point"),
            "evidence": photos.get(event.pk, []) if event.name != "open" else [],
        }
        for event in events
        if event.name not in UNSAID
    ]
    minutes, is_there = minutes_on_spot(events, case.holder_id, at)
    first = [photo for event in events[:1] for photo in photos.pop(event.pk, [])]
    later = [photo for event in events for photo in photos.get(event.pk, [])]
    return Story(_line(case, events, at), told[::-1], first, later, minutes, is_there)


def _tone(case: Case, event: Event) -> str:
    step = case.flow.step_of.get(event.target)
    return step.tone if step else "idle"


def _is_for(case: Case, event: Event, reader) -> bool:
    """A resident reads the notes that are meant for them; who does the work reads all."""
    if reader is None or reader.pk in (event.actor_id, case.holder_id, case.offeree_id):
        return True
    move = case.flow.move_of.get(event.name)
    return case.reporter_id == reader.pk and move is not None and "reporter" in move.tells.split()


def _line(case: Case, events: list[Event], at: datetime) -> dict[str, Any]:
    """Return the line with when each dot was done: by the last event that left it behind."""
    line, done = dot_line(case, at=at), {}
    steps = case.flow.step_of
    for event in events:
        if event.target not in steps:
            continue
        reached = steps[event.target].dot
        before = steps[event.source].dot if event.source in steps else 0
        for dot in range(before, reached):
            done[dot] = event
        for dot in range(reached, before):
            done.pop(dot, None)
    for n, dot in enumerate(line["dots"]):
        if dot["state"] == "done" and n in done:
            dot["at"] = done[n].at
    return line


def minutes_on_spot(events: list[Event], user_id: int | None, at: datetime) -> tuple[int, bool]:
    """Return the minutes between check-ins and check-outs of a person, and whether they are there.

    A visit that has not been checked out counts until `at`.
    """
    total, came = timedelta(), None
    for event in events:
        if event.actor_id != user_id:
            continue
        if event.name == "check_in":
            came = event.at
        elif event.name == "check_out" and came:
            total, came = total + (event.at - came), None
    if came:
        total += max(at - came, timedelta())
    return total // timedelta(minutes=1), came is not None


def _photos_of(case: Case) -> dict[int, list[dict[str, Any]]]:
    found = defaultdict(list)
    for item in case.evidence.filter(event__isnull=False).order_by("id"):
        photo = {
            "url": reverse("cases:evidence", args=[item.pk]),
            "thumb": reverse("cases:thumb", args=[item.pk]),
            "alt": item.get_kind_display(),
            "kind": item.get_kind_display(),
            "word": item.kind,
        }
        found[item.event_id].append(photo)
    return dict(found)


ICONS = {
    "open": "circle-plus", "dispatch": "send", "post": "building-store", "offer": "user-question",
    "accept": "hand-stop", "grab": "hand-grab", "claim": "heart-handshake", "finish": "checks",
    "fulfil": "checks", "verify": "eye-check", "rate": "star", "thank": "heart", "urge": "bell-ringing",
    "answer": "message", "check_in": "map-pin-check", "check_out": "map-pin-off", "cancel": "x",
    "wait": "player-pause", "resume": "player-play", "red": "alert-triangle", "escalate": "trending-up",
    "redo": "rotate", "reopen": "rotate", "hand_back": "arrow-back-up", "release": "arrow-back-up",
    "recall": "arrow-back-up", "decline": "arrow-back-up", "time_out": "clock-x", "lapse": "clock-check",
    "publish": "speakerphone", "withdraw": "x", "supervise": "flag", "correct": "edit",
}  # fmt: skip


# Orders of somebody on foot.


def volunteer_of(user) -> Volunteer | None:
    return Volunteer.objects.select_related("home").filter(user=user.pk).first()


def beat_of(user) -> str:
    """Return the path of the grid that a grid worker walks."""
    return next((post.path for post in posts_of(user) if post.role == "grid_worker"), "")


def move_of(case: Case, name: str) -> OpenMove:
    """Return what a move needs and takes for this case, whoever may make it and whenever."""
    move = case.flow.move_of[name]
    return OpenMove(move, needs_of(case, move), tuple(move.takes.split()))


@dataclass(frozen=True)
class Orders:
    """What somebody has in hand: to answer, at work, waiting for others."""

    to_answer: list[Case]
    at_work: list[Case]
    to_check: list[Case]

    @property
    def is_empty(self) -> bool:
        return not (self.to_answer or self.at_work or self.to_check)


def orders_of(user) -> Orders:
    """Return the open orders given to, held by or offered to a user, what is due first. One query."""
    teams = {post.org_id for post in posts_of(user)}
    mine = Q(holder=user.pk) | Q(offeree=user.pk, step="offered")
    ours = Q(handler__in=teams, step="dispatched")
    rows = Case.objects.open().filter(mine | ours, kind__in=KINDS)
    found = list(rows.select_related(*RELATED).order_by("due_at", "id")[:200])
    to_answer = [case for case in found if case.step in ("offered", "dispatched")]
    to_check = [case for case in found if case.step in TO_CHECK]
    at_work = [case for case in found if case not in to_answer and case not in to_check]
    return Orders(to_answer, at_work, to_check)


def finished_orders(user, cursor: str = "") -> tuple[list[Case], str]:
    rows = Case.objects.filter(holder=user.pk, kind__in=KINDS, closed_at__isnull=False)
    rows = after(rows, cursor).select_related(*RELATED).order_by("-id")
    return cut(list(rows[: PAGE + 1]))


# The hall.


@dataclass
class Hanging:
    """An order in the hall, as one volunteer sees it."""

    case: Case
    metres: float | None
    skills: list[str]  # that the topic asks for
    has: list[str]  # of these, what the volunteer can do

    @property
    def fits(self) -> bool:
        return not self.skills or bool(self.has)

    @property
    def norm(self) -> str:
        return parse_norm(self.case.topic.norm).label() if self.case.topic else ""

    @property
    def points(self) -> int:
        return self.case.topic.points if self.case.topic else 0

    @property
    def way(self) -> str:
        if self.metres is None:
            return ""
        if self.metres < 1000:
            return _("约 %d 米") % (round(self.metres / 50 + 0.5) * 50)
        return _("约 %.1f 公里") % (self.metres / 1000)

    @property
    def why(self) -> str:
        """Return why it suits, or what is missing, in a sentence."""
        if self.has:
            return _("需要%s，您会") % "、".join(self.has)
        if self.skills:
            return _("需要%s，您还没有登记这项技能") % "、".join(self.skills)
        return _("不需要专门技能")


SORTS = {
    "urgent": lambda one: (one.case.due_at is None, one.case.due_at, one.metres or 0),
    "near": lambda one: (one.metres is None, one.metres or 0),
    "fit": lambda one: (not one.fits, not one.has, one.metres or 0),
}


def hall_rows(
    user, volunteer: Volunteer | None, *, sort: str, point: tuple[float, float] | None
) -> list[Hanging]:
    """Return what hangs in the user's hall. The way counts from `point`, or from home."""
    known = set(volunteer.skills.values_list("name", flat=True)) if volunteer else None
    home = world().by_id.get(volunteer.home_id) if volunteer else None
    here = point or _point_of(home)
    rows = [_hanging(case, here, known) for case in hall_for(user)[:HALL_PAGE]]
    return sorted(rows, key=SORTS.get(sort, SORTS["urgent"]))


def _hanging(case: Case, here: tuple[float, float] | None, known: set[str] | None) -> Hanging:
    skills = case.topic.skills.split() if case.topic else []
    there = _point_of(case) or _point_of(world().by_path.get(case.area))
    metres = distance_m(*here, *there) if here and there else None
    # A grid worker is bound by a post, not by skills.
    has = skills if known is None else [skill for skill in skills if skill in known]
    return Hanging(case, metres, skills, has)


def _point_of(thing: Any) -> tuple[float, float] | None:
    if thing is None or thing.lng is None or thing.lat is None:
        return None
    return thing.lng, thing.lat


def hall_version(rows: list[Hanging], held: int, at: datetime) -> str:
    """Return what changes when the page would look different: orders, their moves, hands, the minute."""
    marks = [f"{one.case.pk}.{one.case.length}" for one in rows]
    other = f"{at:%Y%m%d%H%M} {held}"
    return hashlib.sha256(" ".join([other, *marks]).encode()).hexdigest()[:16]


def once_in_hall(user, pk: uuid.UUID) -> Case | None:
    """Return an order that hung in the user's hall and may be gone; its outline was theirs to see."""
    here = reach(user, {"volunteer"}, widen=Region.Level.STREET) | reach(user, {"grid_worker"})
    posted = Event.objects.filter(case=pk, name__in=("post", "release"))
    rows = Case.objects.public().filter(here, kind="request", pk=pk)
    return rows.select_related("holder", "topic").first() if posted.exists() else None


def taken_at(case: Case) -> datetime | None:
    """Return when the present holder took the order."""
    took = case.events.filter(name__in=("grab", "accept"), actor=case.holder_id).order_by("-seq")
    return took.values_list("at", flat=True).first()


def held_by(user) -> int:
    """Return how many orders count against a volunteer's cap."""
    rows = Case.objects.open().filter(holder=user.pk)
    return rows.exclude(step__in=["done", "verified"]).count()


# Wishes.


def published_wishes(*, under: str, cursor: str = "") -> tuple[list[Case], str]:
    """Return the wishes that wait to be claimed in a place, newest first."""
    rows = Case.objects.public().open().filter(kind="wish", step="published")
    if under:
        rows = rows.filter(area__under=under)
    rows = after(rows, cursor).select_related("wish", "topic").order_by("-id")
    return cut(list(rows[: PAGE + 1]))


def my_wishes(user) -> list[Case]:
    """Return the wishes that a user has claimed and not finished."""
    rows = Case.objects.open().filter(kind="wish", holder=user.pk, step="claimed")
    return list(rows.select_related("wish", "topic").order_by("due_at")[:PAGE])


def thanks(*, under: str, limit: int = 6) -> list[Wish]:
    """Return the latest words of thanks."""
    rows = Wish.objects.exclude(thanks="").filter(case__is_private=False, case__step="closed")
    if under:
        rows = rows.filter(case__area__under=under)
    return list(rows.select_related("case__holder").order_by("-pk")[:limit])


def wish_card(case: Case) -> dict[str, Any]:
    return {
        "case": case,
        "wish": case.wish,
        "place": place_name(community_path(case.area), below="district"),
    }


def community_path(path: str) -> str:
    """Return the path down to the community: what the public may know of a place."""
    community = community_of(path)
    return community.path if community else path


# The ledger.


def ledger(user, cursor: str = "") -> tuple[list[PointEntry], str]:
    rows = PointEntry.objects.filter(user=user.pk).select_related("by").order_by("-at", "-pk")
    if cursor:
        if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
            raise BadCursor(_("页码不对，请从第一页重新打开"), field="cursor")
        rows = rows.filter(pk__lt=int(cursor)).order_by("-pk")
    return cut(list(rows[: PAGE + 1]))


def month_of(user, at: datetime) -> dict[str, int]:
    """Return {"points", "minutes"} that the ledger gained this month."""
    first = localtime(at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    rows = PointEntry.objects.filter(user=user.pk, at__gte=first)
    found = rows.aggregate(points=Sum("points"), minutes=Sum("minutes"))
    return {name: value or 0 for name, value in found.items()}


def star_level(minutes: int) -> tuple[int, int | None]:
    """Return the stars that so much service makes, and the hours at which the next one comes."""
    hours = minutes / 60
    stars = sum(hours >= bound for bound in STAR_HOURS)
    return stars, STAR_HOURS[stars] if stars < len(STAR_HOURS) else None


def left_of(case: Case, *, at: datetime) -> dict[str, str]:
    """Return the time left in words and its tone."""
    return {"left": time_left(case, at=at), "tone": tone_of(case, at=at)}
