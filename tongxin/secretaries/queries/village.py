"""Villages: who is there, who is missing, the double post, the diary and its gaps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.orgs.models import Org, Post
from tongxin.regions.models import Region

from ..models import DiaryEntry, VillageTeam
from ..rules import in_force
from ..sight import kept, lived_in, watched

LOOKED_BACK = 60  # days of a diary whose gaps are named


@dataclass
class Village:
    """A village as the coverage counts it (S4.54)."""

    region: Region
    unit: Org | None  # its party unit; none is a gap in itself
    first: Post | None = None
    team: VillageTeam | None = None
    double: str = ""  # why the double post is not right; "" where it is, or is not asked for
    last_diary: date | None = None
    entries: int = 0

    @property
    def is_covered(self) -> bool:
        return self.first is not None


@dataclass
class Coverage:
    """Villages in scope, those with a standing first secretary, and those without by name."""

    villages: list[Village] = field(default_factory=list)
    gap: int = 7  # days between two diary entries, by the rule

    @property
    def total(self) -> int:
        return len(self.villages)

    @property
    def covered(self) -> int:
        return sum(one.is_covered for one in self.villages)

    @property
    def missing(self) -> list[Village]:
        return [one for one in self.villages if not one.is_covered]

    @property
    def doubled(self) -> int:
        """Return how many first secretaries lead the team of their village."""
        return sum(
            bool(one.first and one.team and one.team.leader_id == one.first.user_id)
            for one in self.villages
        )

    @property
    def not_doubled(self) -> list[Village]:
        return [one for one in self.villages if one.double]

    @property
    def sentence(self) -> str:
        if not self.total:
            return _("辖区内没有行政村。")
        words = {"n": self.covered, "all": self.total, "double": self.doubled}
        text = _("%(all)d 个行政村，%(n)d 个有第一书记，%(double)d 名兼任工作队队长。") % words
        if self.missing:
            names = "、".join(one.region.short_name for one in self.missing[:8])
            text += _("还缺：%s。") % names
        return text


def village_coverage(*, on: date, path: str = "", units: Iterable[Org] | None = None) -> Coverage:
    """Return the villages below a region's path, or those among the units; five queries, or six.

    What counts is a post standing on the day, not who is written down.
    """
    rows = (
        Org.objects.filter(
            region__kind=Region.Kind.VILLAGE,
            kind=Org.Kind.PARTY,
            dissolved_on=None,
            is_temporary=False,
        )
        .select_related("region")
        .defer("region__polygon")
        .order_by("-path")
    )
    if units is not None:
        return coverage_of(rows.filter(pk__in=[unit.pk for unit in units]), on=on)
    lands = (
        Region.objects.filter(
            level=Region.Level.COMMUNITY, kind=Region.Kind.VILLAGE, path__under=path
        )
        .filter(Q(valid_to=None) | Q(valid_to__gt=on))
        .defer("polygon")
    )
    return coverage_of(rows.filter(region__path__under=path), on=on, lands=lands)


def coverage_of(
    units: Iterable[Org], *, on: date, lands: Iterable[Region] | None = None
) -> Coverage:
    """Return the coverage of villages whose units are loaded with their regions; four queries.

    `lands` names all villages, those without a party unit too.
    """
    orgs = {unit.region_id: unit for unit in units}
    regions = [unit.region for unit in orgs.values()] if lands is None else lands
    villages = {land.pk: Village(land, orgs.get(land.pk)) for land in regions}
    rules = in_force("village", on)
    _fill(villages, on, asks_double=bool(rules.number("double_post")))
    found = sorted(villages.values(), key=lambda one: one.region.path)
    return Coverage(found, gap=rules.number("diary_gap") or 7)


def _fill(villages: dict[int, Village], on: date, *, asks_double: bool) -> None:
    by_unit = {one.unit.pk: one for one in villages.values() if one.unit}
    posts = Post.objects.held_on(on).filter(org__in=by_unit, role=Post.Role.FIRST_SECRETARY)
    for post in posts.select_related("user", "org").order_by("from_date", "pk"):
        by_unit[post.org_id].first = post
    teams = VillageTeam.objects.standing().filter(village__in=by_unit)
    for team in teams.select_related("leader", "village"):
        by_unit[team.village_id].team = team
    for one in villages.values():
        one.double = double_post(one) if asks_double else ""
    firsts = {(one.first.user_id, pk) for pk, one in by_unit.items() if one.first}
    authors = {user for user, _pk in firsts}
    rows = (
        DiaryEntry.objects.filter(village__in=by_unit, author__in=authors, adds_to=None)
        .values("village", "author")
        .annotate(last=Max("day"), n=Count("pk"))
    )
    for row in rows:
        if (row["author"], row["village"]) in firsts:
            one = by_unit[row["village"]]
            one.last_diary, one.entries = row["last"], row["n"]


def double_post(one: Village) -> str:
    """Say why a village's double post is not right, in a sentence; "" where it is."""
    if one.first is None:
        return ""  # the missing first secretary is said elsewhere
    name, user = one.region.short_name, one.first.user
    if one.team is None:
        return _("%(village)s第一书记%(user)s还没有驻村工作队。") % {"village": name, "user": user}
    if one.team.leader_id != one.first.user_id:
        return _("%(village)s：第一书记是%(user)s，队长是%(leader)s，按规定应由一人兼任。") % {
            "village": name,
            "user": user,
            "leader": one.team.leader,
        }
    return ""


def village_gaps(cover: Coverage, *, on: date) -> list[tuple[Village, str]]:
    """Return the villages where something is missing, each with the sentence that says what."""
    found = []
    for one in cover.villages:
        if one.first is None:
            words = _("没有第一书记") if one.unit else _("没有村党组织")
            found.append((one, words))
            continue
        if one.double:
            found.append((one, one.double))
        hint = diary_hint(one.last_diary, one.first.from_date, on=on, gap=cover.gap)
        if hint:
            found.append(
                (one, _("第一书记%(user)s%(hint)s") % {"user": one.first.user, "hint": hint})
            )
    return found


def diary_stretches(one: Village, *, on: date, gap: int) -> list[str]:
    """Return the stretches of the last sixty days without the first secretary's diary. One query."""
    if one.first is None or one.unit is None:
        return []
    since = max(on - timedelta(days=LOOKED_BACK), one.first.from_date or date.min)
    rows = DiaryEntry.objects.filter(
        village=one.unit, author=one.first.user_id, adds_to=None, day__gte=since
    )
    days = rows.order_by().values_list("day", flat=True)
    return missing_days(days, since=since, until=on - timedelta(days=1), gap=gap)


def diary_hint(last: date | None, since: date | None, *, on: date, gap: int) -> str:
    """Say since when no diary was written, if that is longer than the rule allows."""
    begin = last or since
    if begin is None or (on - begin).days <= gap:
        return ""
    days = (on - begin).days
    if last is None:
        return _("到岗 %(days)d 天，还没有驻村日志（要求最多隔 %(gap)d 天）") % {
            "days": days,
            "gap": gap,
        }
    return _("已 %(days)d 天没有驻村日志（要求最多隔 %(gap)d 天）") % {"days": days, "gap": gap}


def missing_days(days: Iterable[date], *, since: date, until: date, gap: int) -> list[str]:
    """Return the stretches without a diary that are longer than the rule, in words."""
    found, before = [], since - timedelta(days=1)
    for day in [*sorted(set(days)), until + timedelta(days=1)]:
        if (day - before).days - 1 > gap:
            found.append(
                _("%(since)s 至 %(until)s")
                % {"since": before + timedelta(days=1), "until": day - timedelta(days=1)}
            )
        before = day
    return found


def villages_of(actor) -> list[Org]:
    """Return the party units of villages the actor is sent to, keeps or looks over; one query."""
    rows = Org.objects.filter(
        kind=Org.Kind.PARTY, region__kind=Region.Kind.VILLAGE, dissolved_on=None
    ).filter(kept(actor, "") | lived_in(actor, "pk") | watched(actor, ""))
    return list(rows.select_related("region", "parent").defer("region__polygon").order_by("path"))


def user_by_name(username: str) -> User | None:
    """Return an active user by their exact user name."""
    return User.objects.filter(username=username, is_active=True).first()
