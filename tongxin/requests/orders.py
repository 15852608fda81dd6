"""What somebody on foot has in hand, and what hangs in their hall."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from tongxin.cases.models import Case, Event
from tongxin.cases.queries import time_left, tone_of
from tongxin.kit.geo import distance_m
from tongxin.kit.worktime import parse_norm
from tongxin.orgs.models import Volunteer
from tongxin.orgs.scope import posts_of, reach
from tongxin.regions.models import Region
from tongxin.regions.queries import world

from .pages import KINDS, PAGE, RELATED, after, cut
from .queries import hall_for

HALL_PAGE = 60
TO_CHECK = ("done", "verified", "fulfilled")


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
    rows: QuerySet[Case] = Case.objects.filter(
        holder=user.pk, kind__in=KINDS, closed_at__isnull=False
    )
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


def left_of(case: Case, *, at: datetime) -> dict[str, str]:
    """Return the time left in words and its tone."""
    return {"left": time_left(case, at=at), "tone": tone_of(case, at=at)}
