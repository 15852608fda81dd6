"""The record of service in one place: completed requests, turns of duty and claimed posts, each once.

Requests keep their hours in `PointEntry` (one for each event), report-in in `ServiceEntry` (one for
each turn or claim); no service is in both. Records tell what this platform confirmed, and are no
official certificate (民政部令第67号《志愿服务记录与证明出具办法（试行）》).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.timezone import get_current_timezone, localtime
from django.utils.translation import gettext as _

from tongxin.cases.models import Case, Event
from tongxin.dual_report.models import MemberReport, ServiceEntry
from tongxin.dual_report.queries.posts import claimed as posts_claimed
from tongxin.dual_report.queries.record import (
    entries_of,
    entries_of_people,
    entries_of_person,
    star_level,
    who_served,
)
from tongxin.dual_report.queries.rules import kinds
from tongxin.orgs.models import Membership, Org, Person
from tongxin.orgs.scope import READERS, REGISTRARS, unit_reach
from tongxin.requests.models import PointEntry

PAGE = 30


@dataclass(frozen=True)
class Line:
    """One service, or the correction of one (`minutes` may then be less than nothing)."""

    at: datetime
    what: str
    kind: str  # in words
    minutes: int
    by: str  # who confirmed it; "" where its topic asks for nobody to
    source: str


@dataclass(frozen=True)
class Record:
    """Somebody's service, newest first, with its sums."""

    lines: list[Line]
    minutes: int
    by_kind: list[tuple[str, int]]
    by_year: list[tuple[int, int]]
    stars: int
    next_hours: int | None

    @property
    def times(self) -> int:
        return len({line.source for line in self.lines})

    def of_year(self, year: int) -> list[Line]:
        return [line for line in self.lines if localtime(line.at).year == year]


def record_of(user, on: date) -> Record:
    """Return everything a user's record holds. Two queries."""
    lines = sorted(
        [*_of_requests(user), *_of_report_in(user)], key=lambda one: one.at, reverse=True
    )
    return made_of(lines, on)


def record_of_person(person: Person, on: date) -> Record:
    """Return the record of somebody of the register, who may have no account. Two queries."""
    entries = [*_lines(entries_of_person(person))]
    if person.user is not None:
        entries += _of_requests(person.user)
    return made_of(sorted(entries, key=lambda one: one.at, reverse=True), on)


def made_of(lines: list[Line], on: date) -> Record:
    """Return a record out of its lines."""
    minutes = sum(line.minutes for line in lines)
    of_kind: Counter[str] = Counter()
    of_year: Counter[int] = Counter()
    for line in lines:
        of_kind[line.kind] += line.minutes
        of_year[localtime(line.at).year] += line.minutes
    stars, next_hours = star_level(minutes, on)
    return Record(
        lines, minutes, of_kind.most_common(), sorted(of_year.items())[::-1], stars, next_hours
    )


def _of_requests(user) -> Iterable[Line]:
    rows = PointEntry.objects.filter(user=user.pk).exclude(minutes=0)
    fields = ("pk", "at", "reason", "minutes", "by", "by__name")
    for pk, at, reason, minutes, by, name, category in rows.values_list(
        *fields, "event__case__topic__category__name"
    ):
        another = name if by not in (None, user.pk) else ""
        yield Line(at, reason, category or _("点单服务"), minutes, another, f"points:{pk}")


def _of_report_in(user) -> Iterable[Line]:
    return _lines(entries_of(user))


def _lines(entries: Iterable[ServiceEntry]) -> Iterable[Line]:
    named = kinds("service")
    for entry in entries:
        kind = named[entry.service].name if entry.service in named else entry.service
        what = entry.what if entry.corrects_id is None else _("更正：%s") % entry.reason
        yield Line(entry.at, what, kind, entry.minutes, entry.by.name, entry.source)


# A home branch looks at its members who reported in.


@dataclass(frozen=True)
class MemberYear:
    """What a member gave in a year."""

    membership_id: int
    person_id: int
    name: str
    unit: str
    community: str
    minutes: int
    times: int


def members_seen(actor) -> QuerySet[Membership]:
    """Return the members whose record the actor may read: of units kept, and reported in."""
    reported = MemberReport.objects.filter(confirmed_at__isnull=False)
    rows = Membership.objects.members().filter(unit_reach(actor, READERS, column="unit__path"))
    return rows.filter(person__in=reported.values("person"))


def branch_year(
    actor, year: int, *, unit: Org | None = None, after: int = 0, size: int = PAGE
) -> list[MemberYear]:
    """Return a page of the members an actor's units have, with what they gave in a year. Four queries."""
    rows = members_seen(actor).filter(pk__gt=after)
    if unit is not None:
        rows = rows.filter(unit=unit)
    found = list(rows.select_related("person", "unit").order_by("pk")[:size])
    given = _given([one.person_id for one in found], [one.person.user_id for one in found], year)
    open_reports = MemberReport.objects.open().filter(person__in=[one.person_id for one in found])
    homes = dict(open_reports.values_list("person", "community__short_name"))
    return [
        MemberYear(
            one.pk, one.person_id, one.person.name, one.unit.name, homes.get(one.person_id, ""),
            *given.get(one.person_id, (0, 0)),
        )
        for one in found
    ]  # fmt: skip


def _given(people: list[int], users: list[int | None], year: int) -> dict[int, tuple[int, int]]:
    """Return {person: (minutes, times)} of a year, out of both ledgers. Two queries."""
    person_of = {user: person for person, user in zip(people, users, strict=True) if user}
    since, until = _moments(date(year, 1, 1), date(year, 12, 31))
    minutes: Counter[int] = Counter()
    sources: dict[int, set[str]] = {}
    entries = entries_of_people(people, year).values_list("person", "minutes", "source")
    points = PointEntry.objects.filter(user__in=person_of, at__gte=since, at__lt=until)
    rows: list[tuple[int, int, str]] = list(entries)
    rows += [
        (person_of[user], n, f"points:{pk}")
        for user, n, pk in points.exclude(minutes=0).values_list("user", "minutes", "pk")
    ]
    for person, n, source in rows:
        minutes[person] += n
        sources.setdefault(person, set()).add(source)
    return {person: (n, len(sources[person])) for person, n in minutes.items()}


@dataclass(frozen=True)
class BranchYear:
    """What the members of a unit gave in a year, for its life log."""

    year: int
    reported: int
    served: int
    minutes: int
    times: int

    @property
    def words(self) -> str:
        return _(
            "%(year)d 年双报到：%(reported)d 名党员到社区报到，%(served)d 人参加服务 "
            "%(times)d 次，共 %(hours).1f 小时（平台确认的时长，不含路上时间）"
        ) % {
            "year": self.year,
            "reported": self.reported,
            "served": self.served,
            "times": self.times,
            "hours": self.minutes / 60,
        }


def units_kept(actor, limit: int = 50) -> list[Org]:
    """Return the units whose registers the actor keeps and that have members who reported in."""
    reported = MemberReport.objects.filter(confirmed_at__isnull=False)
    rows = Org.objects.public().filter(unit_reach(actor, REGISTRARS), kind=Org.Kind.PARTY)
    return list(rows.filter(pk__in=reported.values("unit")).order_by("pk")[:limit])


def year_of_unit(unit: Org, year: int) -> BranchYear:
    """Return what the standing members of a unit gave in a year."""
    reported = MemberReport.objects.filter(confirmed_at__year__lte=year, unit=unit)
    people = dict(
        Membership.objects.members()
        .filter(unit=unit, person__in=reported.values("person"))
        .values_list("person", "person__user")
    )
    given = _given(list(people), list(people.values()), year)
    return BranchYear(
        year,
        len(people),
        sum(n > 0 for n, _times in given.values()),
        sum(n for n, _times in given.values()),
        sum(times for _n, times in given.values()),
    )


# Distinct people (S0.46).


@dataclass(frozen=True)
class Participants:
    """How many people took part in a place and a period, each once; `why` says how it was counted."""

    people: int
    by_way: dict[str, int]  # way -> people; one person may be in several

    @property
    def why(self) -> str:
        ways = self.by_way
        return _(
            "提交点单 %(asked)d 人，接单服务 %(helped)d 人，轮值和岗位 %(served)d 人，"
            "合计 %(sum)d 人次；同一个人只计一次，实际 %(people)d 人，重复 %(twice)d 人次已剔除。"
        ) % {
            **ways,
            "sum": sum(ways.values()),
            "people": self.people,
            "twice": sum(ways.values()) - self.people,
        }


def participants(path: str, since: date, until: date) -> Participants:
    """Return the distinct people of a place and a period of days (both included). Five queries.

    Somebody is a user; who has no account is the person of the register. Who files through another
    counts once, as who filed.
    """
    starts, ends = _moments(since, until)
    asked = Case.objects.filter(
        area__under=path, opened_at__gte=starts, opened_at__lt=ends, kind__in=("request", "wish"),
        reporter__isnull=False,
    ).order_by().values_list("reporter", flat=True)  # fmt: skip
    helped = PointEntry.objects.filter(
        event__case__area__under=path, at__gte=starts, at__lt=ends
    ).order_by().values_list("user", flat=True)  # fmt: skip
    entries = who_served(path, since, until).order_by()
    known = entries.annotate(who=Coalesce("user", "person__user"))
    served = known.filter(who__isnull=False).values_list("who", flat=True)
    nameless = known.filter(who__isnull=True).values("person").distinct().count()
    together = asked.union(helped, served).count()
    by_way = {
        "asked": asked.distinct().count(),
        "helped": helped.distinct().count(),
        "served": served.distinct().count() + nameless,
    }
    return Participants(together + nameless, by_way)


@dataclass(frozen=True)
class Claims:
    """What was really claimed in a place and a period: wishes (S3.26) and posts (S3.27)."""

    wishes: int  # that somebody claimed
    granted: int  # of these, made true
    wanted: int  # places at posts
    posts: int  # places claimed
    served: int  # of these, served and confirmed


def claims(path: str, since: date, until: date) -> Claims:
    """Return the claims of a place and a period of days, out of what happened. Four queries."""
    starts, ends = _moments(since, until)
    claimed = Event.objects.filter(
        case__kind="wish", case__area__under=path, name="claim", at__gte=starts, at__lt=ends
    )
    wishes = claimed.aggregate(
        all=Count("case", distinct=True),
        granted=Count("case", distinct=True, filter=Q(case__step__in=("done", "closed"))),
    )
    posts = posts_claimed(path, since, until)
    return Claims(
        wishes["all"], wishes["granted"], posts["wanted"], posts["claimed"], posts["done"]
    )


def _moments(since: date, until: date) -> tuple[datetime, datetime]:
    midnight = time(tzinfo=get_current_timezone())
    return (
        datetime.combine(since, midnight),
        datetime.combine(until + timedelta(days=1), midnight),
    )
