"""Turns: one's own, a roster's calendar, what waits for a verdict, and the share of good ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils.timezone import get_current_timezone, localdate
from django.utils.translation import gettext as _

from ..models import DutyTurn, MemberReport, Roster, RosterPost, TurnSwap
from .rules import number

State, Verdict = DutyTurn.State, DutyTurn.Verdict
SHOWN = 20


def next_turn(user, at: datetime) -> DutyTurn | None:
    """Return the turn of a user that comes next."""
    rows = DutyTurn.objects.filter(
        post__person__user=user.pk, state__in=(State.PLANNED, State.ON_DUTY), ends_at__gt=at
    )
    return rows.select_related("roster").order_by("starts_at").first()


def is_open(turn: DutyTurn, at: datetime) -> bool:
    """Say whether one may sign in by now."""
    early = timedelta(minutes=number("sign_in_early_minutes", localdate(at)))
    return turn.starts_at - early <= at <= turn.ends_at


def turns_of(user, at: datetime) -> tuple[list[DutyTurn], list[DutyTurn]]:
    """Return a user's turns to come (and in hand), and the last ones gone by. Two queries."""
    rows = DutyTurn.objects.filter(post__person__user=user.pk).exclude(state=State.CANCELLED)
    rows = rows.select_related("roster__community", "post__person")
    live = Q(state__in=(State.PLANNED, State.ON_DUTY), ends_at__gt=at - timedelta(hours=3))
    return (
        list(rows.filter(live).order_by("starts_at")[:SHOWN]),
        list(rows.exclude(live).order_by("-starts_at")[:SHOWN]),
    )


def swaps_asked_of(user, at: datetime) -> list[TurnSwap]:
    """Return the swaps that wait for this user's answer."""
    rows = TurnSwap.objects.filter(
        taker__person__user=user.pk, state=TurnSwap.State.ASKED, turn__starts_at__gt=at
    )
    return list(rows.select_related("turn__roster", "giver__person").order_by("turn__starts_at"))


def takers_for(turn: DutyTurn) -> list[RosterPost]:
    """Return the others of the roster who have no duty that day, by name."""
    day = localdate(turn.starts_at)
    since, until = moments(day, day)
    busy = DutyTurn.objects.exclude(state=State.CANCELLED).filter(
        starts_at__gte=since, starts_at__lt=until
    )
    rows = RosterPost.objects.filter(roster=turn.roster_id, left_on__isnull=True)
    rows = rows.exclude(person__in=busy.values("post__person"))
    return list(rows.select_related("person").order_by("person__name", "pk"))


def moments(since: date, until: date) -> tuple[datetime, datetime]:
    """Return the moments at which a period of days begins and is over."""
    midnight = time(tzinfo=get_current_timezone())
    return (
        datetime.combine(since, midnight),
        datetime.combine(until + timedelta(days=1), midnight),
    )


@dataclass(frozen=True)
class Day:
    """A day of the calendar with its turns; `shown` is False for one of another month."""

    date: date
    shown: bool
    turns: list[DutyTurn]


def calendar_of(roster: Roster, month: date) -> list[list[Day]]:
    """Return the weeks of a month, Monday first, each day with its turns. One query."""
    first = month.replace(day=1)
    start = first - timedelta(days=first.weekday())
    after = (first + timedelta(days=32)).replace(day=1)
    weeks = -(-(after - start).days // 7)
    since, until = moments(start, start + timedelta(days=7 * weeks - 1))
    rows = roster.turns.filter(starts_at__gte=since, starts_at__lt=until)
    rows = (
        rows.exclude(state=State.CANCELLED)
        .select_related("post__person")
        .order_by("starts_at", "pk")
    )
    by_day: dict[date, list[DutyTurn]] = {}
    for turn in rows:
        by_day.setdefault(localdate(turn.starts_at), []).append(turn)
    days = [start + timedelta(days=n) for n in range(7 * weeks)]
    all_days = [Day(day, day.month == first.month, by_day.get(day, [])) for day in days]
    return [all_days[n : n + 7] for n in range(0, len(all_days), 7)]


def to_appraise(actor, *, under: str = "", after: int = 0, size: int = 20) -> list[DutyTurn]:
    """Return turns that wait for a verdict at the actor's desk, oldest first, behind the id `after`."""
    rows = DutyTurn.objects.visible_to(actor).filter(state=State.SERVED, pk__gt=after)
    if under:
        rows = rows.filter(roster__community__path__under=under)
    rows = rows.exclude(post__person__user=actor.pk)
    rows = rows.select_related("roster__community", "post__person").order_by("pk")
    return list(rows[:size])


@dataclass(frozen=True)
class Verdicts:
    """How turns of a period were judged; `why` says how it was counted."""

    counts: dict[str, int]
    waiting: int
    missed: int

    @property
    def base(self) -> int:
        return sum(self.counts.values())

    @property
    def share(self) -> float | None:
        """How many of a hundred verdicts are 好; None where there are none."""
        good = self.counts.get(Verdict.GOOD, 0)
        return round(100 * good / self.base, 1) if self.base else None

    @property
    def why(self) -> str:
        return _(
            "已鉴定 %(base)d 班中，“好” %(good)d 班：%(good)d ÷ %(base)d。"
            "另有 %(waiting)d 班待鉴定、%(missed)d 班未到岗，不在分母里。"
        ) % {
            "base": self.base,
            "good": self.counts.get(Verdict.GOOD, 0),
            "waiting": self.waiting,
            "missed": self.missed,
        }


def verdicts(path: str, since: date, until: date) -> Verdicts:
    """Return the verdicts on the turns of a place in a period of days (S2.45). One query."""
    starts, ends = moments(since, until)
    rows = DutyTurn.objects.filter(
        roster__community__path__under=path, starts_at__gte=starts, starts_at__lt=ends
    )
    counted: Iterable[tuple[str, str, int]] = (
        rows.values_list("state", "verdict").annotate(n=Count("pk")).order_by()
    )
    counts: dict[str, int] = {}
    others: dict[str, int] = {}
    for state, verdict, n in counted:
        if verdict:
            counts[verdict] = counts.get(verdict, 0) + n
        else:
            others[state] = others.get(state, 0) + n
    return Verdicts(counts, others.get(State.SERVED, 0), others.get(State.MISSED, 0))


def rosters_at(actor, *, under: str = "") -> QuerySet[Roster]:
    """Return the standing rosters on the actor's land, with how many have joined."""
    rows = Roster.objects.visible_to(actor).filter(closed_on__isnull=True)
    if under:
        rows = rows.filter(community__path__under=under)
    joined = Count("posts", filter=Q(posts__left_on__isnull=True), distinct=True)
    return (
        rows.annotate(joined=joined).select_related("community").order_by("community__path", "pk")
    )


def joinable(community_id: int, person_id: int) -> list[Roster]:
    """Return the rosters of a community that a person has not joined."""
    rows = Roster.objects.filter(community=community_id, closed_on__isnull=True)
    mine = RosterPost.objects.filter(person=person_id, left_on__isnull=True)
    return list(rows.exclude(pk__in=mine.values("roster")).prefetch_related("slots").order_by("pk"))


@dataclass(frozen=True)
class Member:
    """Somebody in a roster, with the turns of this year: planned or served, and good ones."""

    post: RosterPost
    turns: int
    good: int


def people_of(roster: Roster, today: date) -> list[Member]:
    """Return who is in a roster, in order of joining. One query."""
    since, _until = moments(today.replace(month=1, day=1), today)
    this_year = Q(turns__starts_at__gte=since) & ~Q(turns__state=State.CANCELLED)
    rows = roster.posts.filter(left_on__isnull=True).select_related("person", "report__unit")
    rows = rows.annotate(
        n=Count("turns", filter=this_year),
        good=Count("turns", filter=this_year & Q(turns__verdict=Verdict.GOOD)),
    )
    return [Member(post, post.n, post.good) for post in rows.order_by("pk")]


def invitable(actor, roster: Roster, on: date) -> list[MemberReport]:
    """Return members who reported to the roster's community and are not in it."""
    inside = roster.posts.filter(left_on__isnull=True)
    rows = MemberReport.objects.visible_to(actor).standing(on)
    rows = rows.filter(community=roster.community_id).exclude(person__in=inside.values("person"))
    return list(rows.select_related("person", "unit").order_by("pk")[:100])
