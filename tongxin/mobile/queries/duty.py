"""Who is on duty, where they were, and the notice they agreed to."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path

from django.utils.timezone import get_current_timezone, make_aware

from tongxin.accounts.models import AuditEntry, User
from tongxin.orgs.models import Post
from tongxin.orgs.scope import reach

from ..models import KEEPERS, Consent, Duty, TrackPoint

NOTICES = Path(__file__).parent.parent / "data" / "notices.csv"


@dataclass(frozen=True)
class Notice:
    """What people are told before positions are taken, in the version in force from a day on."""

    version: str
    effective_from: date
    title: str
    text: str
    source: str


@lru_cache(maxsize=1)
def notices() -> tuple[Notice, ...]:
    """Return all versions of the notice, the newest first."""
    with NOTICES.open(encoding="utf-8", newline="") as file:
        rows = [
            Notice(**{**row, "effective_from": date.fromisoformat(row["effective_from"])})  # type: ignore[arg-type]
            for row in csv.DictReader(file)
        ]
    return tuple(sorted(rows, key=lambda one: one.effective_from, reverse=True))


def notice_on(day: date) -> Notice:
    """Return the notice in force on a day; before the first, the first."""
    known = notices()
    return next((one for one in known if one.effective_from <= day), known[-1])


def agreed_at(user: User, version: str) -> datetime | None:
    found = Consent.objects.filter(user=user, version=version, revoked_at=None)
    return found.values_list("agreed_at", flat=True).first()


def duty_of(user: User) -> Duty | None:
    """Return the duty somebody is on now."""
    return Duty.objects.filter(user=user, ended_at=None).first()


def duties_on(user: User, day: date) -> list[Duty]:
    """Return the duties that were begun on a day."""
    since, until = bounds(day)
    rows = Duty.objects.filter(user=user, started_at__gte=since, started_at__lt=until)
    return list(rows.order_by("started_at"))


def points_of(user: User, day: date) -> list[TrackPoint]:
    since, until = bounds(day)
    rows = TrackPoint.objects.filter(user=user, at__gte=since, at__lt=until)
    return list(rows.order_by("at")[:2000])


def bounds(day: date) -> tuple[datetime, datetime]:
    start = make_aware(datetime.combine(day, time()), get_current_timezone())
    return start, start + timedelta(days=1)


def may_look_at(actor: User, whose: User) -> bool:
    """Say whether the actor is an officer over the land of one of the other's posts."""
    return Post.objects.filter(reach(actor, KEEPERS, column="region__path"), user=whose).exists()


def on_duty_under(actor: User, *, at: datetime) -> list[Duty]:
    """Return who is on duty on the land an officer answers for, longest first; without positions."""
    there = Post.objects.filter(reach(actor, KEEPERS, column="region__path")).values("user")
    rows = Duty.objects.filter(ended_at=None, started_at__lte=at)
    if not actor.is_superuser:
        rows = rows.filter(user__in=there)
    return list(rows.select_related("user", "device").order_by("started_at")[:200])


def looks_at(user: User) -> list[AuditEntry]:
    """Return who read somebody's positions and why, newest first: theirs to know (PIPL Art. 44)."""
    rows = AuditEntry.objects.filter(action="track.look", object__startswith=f"{user.username} ")
    return list(rows.select_related("actor").order_by("-at")[:20])


def person(pk: int) -> User | None:
    return User.objects.filter(pk=pk).first()
