"""What the worker does for visits: makes those that fall due, marks those that were missed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.ids import uuid7

from ..models import Plan, Target, Visit, VisitChange, VisitWorker
from ..queries.admitting import count_asked
from ..queries.crews import crews_of
from ..queries.rhythm import Slot, slots_between
from .checklists import version_on
from .common import take_numbers
from .plans import hold_back

DAY = timedelta(days=1)
AHEAD = DAY  # a phone takes tomorrow's round along the evening before
BACK = 31  # so many days are made up for when no worker ran
QUIET = (Plan.Every.DAILY, Plan.Every.WORKDAYS)  # nobody is told each morning that it is morning


def visits_due(*, at: datetime, limit: int = 20) -> int:
    """Make the visits that fall due by tomorrow, of at most `limit` plans; return how many.

    Safe beside itself: a plan is held while its visits are made, and remembers up to which day.
    """
    today = localdate(at)
    return sum(_make_due(pk, today, at) for pk in _plans_behind(today + AHEAD, limit))


def _plans_behind(until: date, limit: int) -> list[int]:
    behind = Q(made_through=None) | Q(made_through__lt=until)
    begun = Plan.objects.filter(behind, state=Plan.State.ACTIVE, starts_on__lte=until)
    unfinished = Q(ends_on=None) | Q(made_through=None) | Q(made_through__lt=F("ends_on"))
    rows = begun.filter(unfinished).order_by("made_through", "pk")
    return list(rows.values_list("pk", flat=True)[:limit])


@transaction.atomic
def _make_due(pk: int, today: date, at: datetime) -> int:
    skip = connection.features.has_select_for_update_skip_locked
    rows = Plan.objects.select_for_update(skip_locked=skip, of=("self",)).select_related(
        "checklist", "org", "region", "made_by"
    )
    plan = rows.filter(pk=pk, state=Plan.State.ACTIVE).first()
    until = today + AHEAD
    if plan is None or (plan.made_through and plan.made_through >= until):
        return 0
    if hold_back(plan, by=plan.made_by, at=at):
        _tell_held(plan, at)
        return 0
    first = plan.made_through + DAY if plan.made_through else plan.starts_on
    if plan.every != Plan.Every.ONCE:
        first = max(first, today - BACK * DAY)
    made = 0
    for slot in slots_between(plan, first, until):
        made += _make_slot(plan, slot, at)
    plan.made_through = until
    plan.save(update_fields=["made_through"])
    return made


def _make_slot(plan: Plan, slot: Slot, at: datetime) -> int:
    targets = [
        one
        for one in plan.targets.select_related("region", "org")
        if one.dropped_on is None or one.dropped_on > slot.due_from
    ]
    teams = list(_teams(plan, targets, slot))
    if not teams:
        return 0
    numbers = take_numbers(plan.area, at, len(teams))
    checklist = version_on(plan.checklist, slot.due_from)
    visits = [
        Visit(
            id=uuid7(at), number=number, plan=plan, target=target, kind=plan.kind,
            title=f"{target.name} · {plan.name}"[:100], region=target.region,
            area=target.region.path, place_name=target.name, lng=target.lng, lat=target.lat,
            org=plan.org, visited=target.org, checklist=checklist, due_from=slot.due_from,
            due_on=slot.due_on, is_secret_until_begun=plan.is_unannounced,
            source_kind=plan.source_kind, source_id=plan.source_id, made_by=plan.made_by,
            made_at=at, key=f"plan:{plan.pk}:{target.pk}:{slot.due_from}:{who}",
        )
        for (target, _team, who), number in zip(teams, numbers, strict=True)
    ]  # fmt: skip
    Visit.objects.bulk_create(visits, batch_size=200)
    VisitWorker.objects.bulk_create(
        [
            VisitWorker(visit=visit, user=user, is_lead=not n)
            for visit, (_target, team, _who) in zip(visits, teams, strict=True)
            for n, user in enumerate(team)
        ],
        batch_size=400,
    )
    count_asked(plan, targets, slot.due_from, at)
    if plan.every not in QUIET:
        _tell(plan, slot, teams, at)
    return len(visits)


def _tell_held(plan: Plan, at: datetime) -> None:
    tell(
        users=[plan.made_by], title=_("走访计划待准入：%s") % plan.name, at=at,
        text=_("不再属于准入目录或审批已到期，暂停安排走访。"), url=reverse("fieldwork:plan", args=[plan.pk]),
        key=f"fieldwork.held:{plan.pk}:{localdate(at)}",
    )  # fmt: skip


def _teams(
    plan: Plan, targets: list[Target], slot: Slot
) -> Iterator[tuple[Target, list[User], str]]:
    """Yield who goes where; the last word keeps apart the visits of several people to one place."""
    named = [one.user for one in plan.named.select_related("user")]
    crews = {}
    if plan.assign == Plan.Assign.CREW:
        crews = crews_of([one.region.path for one in targets], slot.due_from)
    for n, target in enumerate(targets):
        if plan.assign == Plan.Assign.CREW:
            yield target, crews[target.region.path], ""
        elif plan.assign == Plan.Assign.NAMED:
            yield target, named, ""
        elif plan.assign == Plan.Assign.ROTATE:
            yield target, [named[(slot.turn + n) % len(named)]], ""
        else:
            for user in named:
                yield target, [user], str(user.pk)


def _tell(
    plan: Plan, slot: Slot, teams: list[tuple[Target, list[User], str]], at: datetime
) -> None:
    counts: Counter[User] = Counter(user for _target, team, _who in teams for user in team)
    by_count: dict[int, list[User]] = {}
    for user, n in counts.items():
        by_count.setdefault(n, []).append(user)
    for n, users in by_count.items():
        words = {"plan": plan.name, "n": n, "day": slot.due_on}
        tell(
            users=users, title=_("新的走访安排"), at=at, url=reverse("fieldwork:round"),
            text=_("%(plan)s：%(n)d 处，%(day)s 前完成") % words,
            key=f"fieldwork.plan:{plan.pk}:{slot.due_from}",
        )  # fmt: skip


@transaction.atomic
def missed_due(*, at: datetime, limit: int = 200) -> int:
    """Mark visits whose last day has passed without a beginning; their teams are told once a plan.

    A missed visit may still be made; it is then marked as late.
    """
    skip = connection.features.has_select_for_update_skip_locked
    rows = Visit.objects.filter(state=Visit.State.PLANNED, due_on__lt=localdate(at))
    held = rows.select_for_update(skip_locked=skip, of=("self",)).select_related("plan")
    found = list(held.order_by("due_on", "pk")[:limit])
    if not found:
        return 0
    Visit.objects.filter(pk__in=[one.pk for one in found]).update(state=Visit.State.MISSED)
    VisitChange.objects.bulk_create(
        VisitChange(visit=one, kind="missed", text=_("到期没有走访"), at=at, recorded_at=at)
        for one in found
    )
    _tell_missed(found, at)
    return len(found)


def _tell_missed(found: list[Visit], at: datetime) -> None:
    teams = VisitWorker.objects.filter(visit__in=found).select_related("user", "visit")
    by_user: dict[User, list[Visit]] = {}
    for one in teams:
        by_user.setdefault(one.user, []).append(one.visit)
    for user, visits in by_user.items():
        titles = "、".join(visit.title for visit in visits[:3])
        words = {"n": len(visits), "titles": titles}
        tell(
            users=[user], title=_("有走访到期没有完成"), at=at, url=reverse("fieldwork:round"),
            text=_("%(n)d 次：%(titles)s") % words,
            key=f"fieldwork.missed:{visits[0].pk}",
        )  # fmt: skip
