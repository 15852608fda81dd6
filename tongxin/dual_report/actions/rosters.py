"""Rosters: opened with their weekly slots, joined by members, planned fairly for a period."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import get_current_timezone, localdate, localtime
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.scope import keeps_register
from tongxin.regions.models import Region

from ..models import DutyTurn, MemberReport, Roster, RosterPost, Slot
from ..models.rosters import Times
from ..queries.rules import checked_kind, kinds
from ..scope import at_desk
from .common import only_community, only_desk

LONGEST_PLAN = 62  # days
LOOKS_BACK = 180  # days of turns that count for fairness
State = DutyTurn.State


class RosterThere(Refused):
    """The community has a roster of that name."""


class BadSlot(Invalid):
    """A slot ends after it begins, on one of seven weekdays, for one to twenty people."""


class NotReportedHere(Refused):
    """Only members whose report the community has confirmed join its rosters."""


class JoinedAlready(Refused):
    """The member is in the roster."""


class NotYourPost(NotPermitted):
    """Joining and leaving is for the member, their branch and the community."""


class BadPeriod(Invalid):
    """A plan is for days to come, at most two months of them."""


class NobodyThere(Refused):
    """Nobody has joined the roster, so there is nobody to plan."""


@dataclass(frozen=True)
class WeeklySlot:
    """What a slot is made of: Monday is 0, times of the clock in China."""

    weekday: int
    starts: time
    ends: time
    wanted: int = 1


@dataclass
class Plan:
    """What planning brought: the turns made, and the slots that nobody could take."""

    made: list[DutyTurn] = field(default_factory=list)
    unfilled: list[tuple[date, Slot, int]] = field(default_factory=list)  # day, slot, how many


@transaction.atomic
def open_roster(
    *,
    community: Region,
    name: str,
    role: str,
    service: str,
    place: str,
    lng: float,
    lat: float,
    slots: Iterable[WeeklySlot],
    by: User,
    at: datetime,
) -> Roster:
    """Open a standing duty at a place (WGS-84) with its weekly slots.

    :raises NotYourCommunity: for who acts elsewhere
    :raises RosterThere: for a name that is taken
    :raises BadSlot: for a slot that cannot be
    """
    only_community(community)
    only_desk(by, community.path)
    name = clean_text(name, limit=40, field_label=_("名称"), required=True)
    if Roster.objects.filter(community=community, name=name, closed_on__isnull=True).exists():
        raise RosterThere(_("已有名为“%s”的轮值表。") % name, field="name")
    today = localdate(at)
    roster = Roster.objects.create(
        community=community,
        name=name,
        role=checked_kind("role", role, today, field="role"),
        service=checked_kind("service", service, today, field="service"),
        place=clean_text(place, limit=60, field_label=_("地点"), required=True),
        lng=lng,
        lat=lat,
        opened_at=at,
    )
    given = list(slots)
    if not given:
        raise BadSlot(_("请至少设一个值守时段。"), field="slots")
    for one in given:
        if one.ends <= one.starts or not 0 <= one.weekday <= 6 or not 1 <= one.wanted <= 20:
            raise BadSlot(_("时段的结束应晚于开始，人数为 1 到 20 人。"), field="slots")
    Slot.objects.bulk_create(
        Slot(roster=roster, weekday=s.weekday, starts=s.starts, ends=s.ends, wanted=s.wanted)
        for s in given
    )
    return roster


@transaction.atomic
def close_roster(*, roster: Roster, by: User, at: datetime) -> Roster:
    """Close a roster: turns to come are cancelled, posts end.

    :raises NotYourCommunity: for who acts elsewhere
    """
    only_desk(by, roster.community.path)
    roster.closed_on = localdate(at)
    roster.save(update_fields=["closed_on"])
    roster.turns.filter(state=State.PLANNED, starts_at__gt=at).update(state=State.CANCELLED)
    roster.posts.filter(left_on__isnull=True).update(left_on=roster.closed_on)
    return roster


@transaction.atomic
def join_roster(
    *,
    roster: Roster,
    report: MemberReport,
    by: User,
    at: datetime,
    times: Collection[str] = (),
    role: str = "",
) -> RosterPost:
    """Put a member into a roster as one of its “员” (S2.40); `times` they can, all if none is named.

    :raises NotReportedHere: if the community has not confirmed their report
    :raises JoinedAlready: if they are in it
    :raises NotYourPost: if `by` is neither the member nor the community nor their branch
    """
    _only_concerned(report, by, roster.community.path)
    today = localdate(at)
    confirmed = report.state == report.State.CONFIRMED and report.renew_by >= today
    if report.community_id != roster.community_id or not confirmed:
        raise NotReportedHere(_("向%s报到并确认后，才能加入轮值。") % roster.community.short_name)
    if roster.closed_on is not None:
        raise NotReportedHere(_("这张轮值表已停用。"))
    if unknown := [one for one in times if one not in Times.values]:
        raise Invalid(_("没有“%s”这个时间，请从列表里选择。") % unknown[0], field="times")
    Roster.objects.select_for_update().only("pk").get(pk=roster.pk)
    if roster.posts.filter(person=report.person_id, left_on__isnull=True).exists():
        raise JoinedAlready(_("已经在“%s”里了。") % roster.name)
    return RosterPost.objects.create(
        roster=roster,
        report=report,
        person=report.person,
        role=checked_kind("role", role or roster.role, today, field="role"),
        times=list(times),
        joined_at=at,
        joined_by=by,
    )


@transaction.atomic
def leave_roster(*, post: RosterPost, by: User, at: datetime) -> RosterPost:
    """Leave a roster; turns to come are cancelled, and the desk plans anew.

    :raises NotYourPost: if `by` is neither the member nor the community nor their branch
    """
    _only_concerned(post.report, by, post.roster.community.path)
    post.left_on = localdate(at)
    post.save(update_fields=["left_on"])
    post.turns.filter(state=State.PLANNED, starts_at__gt=at).update(state=State.CANCELLED)
    return post


def _only_concerned(report: MemberReport, by: User, area: str) -> None:
    mine = by.pk == report.person.user_id
    if not mine and not at_desk(by, area) and not keeps_register(by, report.unit.path):
        raise NotYourPost(_("只能由本人、所在党组织或社区办理。"))


@transaction.atomic
def plan_turns(*, roster: Roster, since: date, until: date, by: User, at: datetime) -> Plan:
    """Fill the slots of a period round robin: whoever has served least comes next, if they can.

    Days from `since` to `until`, both included. Planned again, it fills gaps and changes nothing.

    :raises NotYourCommunity: for who acts elsewhere
    :raises BadPeriod: for days gone by, or more than two months
    :raises NobodyThere: if nobody has joined
    """
    only_desk(by, roster.community.path)
    if since > until or until < localdate(at) or (until - since).days >= LONGEST_PLAN:
        raise BadPeriod(_("请选今天以后的日期，一次最多排 %d 天。") % LONGEST_PLAN, field="until")
    Roster.objects.select_for_update().only("pk").get(pk=roster.pk)
    planner = _Planner(roster, since, until, at)
    if not planner.posts:
        raise NobodyThere(_("还没有人加入这张轮值表，请先邀请报到党员入列。"))
    plan = planner.fill()
    DutyTurn.objects.bulk_create(plan.made)
    _tell_planned(roster, plan, since, at)
    return plan


class _Planner:
    """Gives each slot to who has had the fewest turns of late, then to who waited longest."""

    def __init__(self, roster: Roster, since: date, until: date, at: datetime) -> None:
        self.roster, self.since, self.until, self.at = roster, since, until, at
        people = roster.posts.filter(left_on__isnull=True).select_related("person__user")
        self.posts = list(people.order_by("pk"))
        back = at - timedelta(days=LOOKS_BACK)
        turns = DutyTurn.objects.exclude(state=State.CANCELLED)
        mine = turns.filter(roster=roster, starts_at__gte=back)
        self.load: Counter[int] = Counter()
        self.last: dict[int, datetime] = {}
        self.filled: Counter[datetime] = Counter()
        for post, starts in mine.order_by("starts_at").values_list("post", "starts_at"):
            self.load[post] += 1
            self.last[post] = starts
            self.filled[starts] += 1
        self.busy: dict[int, set[date]] = {}
        ids = [post.person_id for post in self.posts]
        others = turns.filter(post__person__in=ids, starts_at__gte=at)
        for person, starts in others.values_list("post__person", "starts_at"):
            self.busy.setdefault(person, set()).add(localdate(starts))

    def fill(self) -> Plan:
        plan = Plan()
        slots = list(self.roster.slots.all())
        for n in range((self.until - self.since).days + 1):
            day = self.since + timedelta(days=n)
            for slot in slots:
                if slot.weekday == day.weekday():
                    self._fill_slot(plan, slot, day)
        return plan

    def _fill_slot(self, plan: Plan, slot: Slot, day: date) -> None:
        zone = get_current_timezone()
        starts = datetime.combine(day, slot.starts, zone)
        ends = datetime.combine(day, slot.ends, zone)
        if starts <= self.at:
            return
        missing = slot.wanted - self.filled[starts]
        for _place in range(missing):
            post = self._next(slot, day)
            if post is None:
                break
            self._take(post, starts, day)
            missing -= 1
            plan.made.append(
                DutyTurn(roster=self.roster, post=post, starts_at=starts, ends_at=ends)
            )
        if missing > 0:
            plan.unfilled.append((day, slot, missing))

    def _next(self, slot: Slot, day: date) -> RosterPost | None:
        can = [
            post
            for post in self.posts
            if (not post.times or slot.time in post.times)
            and day not in self.busy.get(post.person_id, ())
        ]
        return min(can, key=self._rank, default=None)

    def _rank(self, post: RosterPost) -> tuple[int, float, int]:
        last = self.last.get(post.pk)
        return self.load[post.pk], last.timestamp() if last else 0.0, post.pk

    def _take(self, post: RosterPost, starts: datetime, day: date) -> None:
        self.load[post.pk] += 1
        self.last[post.pk] = starts
        self.filled[starts] += 1
        self.busy.setdefault(post.person_id, set()).add(day)


def _tell_planned(roster: Roster, plan: Plan, since: date, at: datetime) -> None:
    role = kinds("role").get(roster.role)
    days: dict[int, list[str]] = {}
    users: dict[int, User] = {}
    for turn in plan.made:
        user = turn.post.person.user
        if user is not None:
            users[user.pk] = user
            days.setdefault(user.pk, []).append(localtime(turn.starts_at).strftime("%m-%d %H:%M"))
    for pk, user in users.items():
        tell(
            users=[user],
            title=_("轮值排班：%(name)s（%(role)s）")
            % {"name": roster.name, "role": role.name if role else roster.role},
            text=_("您的班次：%s。去不了可以提前换班。") % "、".join(days[pk]),
            url=reverse("dual_report:turns"),
            key=f"report-in.plan:{roster.pk}:{since}:{days[pk][0]}",
            at=at,
        )
