"""Visits of leaders to households at their contact points (S2.38), and rounds of visits (S2.39)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org, UnitKind
from tongxin.regions.models import Region

from ..models import ContactPoint, HouseholdVisit, Walk, WalkTarget
from ..queries.rules import checked_kind, kinds
from ..scope import at_desk
from .common import only_desk

MOST_TARGETS = 2000


class HealthData(Invalid):
    """Notes of visits hold nothing about anybody's health (PIPL §28)."""


class NotYourVisit(NotPermitted):
    """A visit is written down by who made it."""


class PointThere(Refused):
    """The leader keeps contact with the place already."""


class PointOver(Refused):
    """The leader keeps contact with the place no more."""


class VisitedAlready(Refused):
    """The visit has been written down."""


class PlannedAlready(Refused):
    """The household is planned for that day."""


class NothingToWalk(Invalid):
    """A round needs at least one target."""


class WalkThere(Refused):
    """The round of that year has been set."""


def without_health(text: str, on: date, *, field: str) -> str:
    """Return the text, if no word of the list of health words is in it.

    :raises HealthData: naming the word
    """
    found = next((one.name for one in kinds("health", on).values() if one.name in text), None)
    if found:
        raise HealthData(
            _("走访记录不写健康信息，请删去“%s”。") % found,
            field=field,
            remedy=_("只写需要解决的事，例如“需要每周送餐”。"),
        )
    return text


@transaction.atomic
def set_contact_point(
    *, leader: User, region: Region, wanted: int, by: User, at: datetime
) -> ContactPoint:
    """Give a leader a contact point with the number of households to be visited in a year.

    :raises NotYourCommunity: for who does not act for the land
    :raises PointThere: if the leader has it
    """
    only_desk(by, region.path)
    if not 1 <= wanted <= 500:
        raise Invalid(_("全年应访户数应为 1 到 500 户。"), field="wanted")
    if ContactPoint.objects.filter(leader=leader, region=region, to_date__isnull=True).exists():
        raise PointThere(_("%s已经联系这里。") % leader.name, field="leader")
    return ContactPoint.objects.create(
        leader=leader, region=region, wanted=wanted, from_date=localdate(at)
    )


@transaction.atomic
def end_contact_point(*, point: ContactPoint, by: User, at: datetime) -> ContactPoint:
    """End a contact point from today on; visits made stay, those only planned are called off.

    :raises NotYourCommunity: for who does not act for the land
    :raises PointOver: if it has ended
    """
    only_desk(by, point.region.path)
    point = (
        ContactPoint.objects.select_for_update(of=("self",))
        .select_related("leader", "region")
        .get(pk=point.pk)
    )
    if point.to_date is not None:
        raise PointOver(_("这个联系点已于 %s 结束。") % point.to_date)
    point.to_date = localdate(at)
    point.save(update_fields=["to_date"])
    point.visits.filter(visited_at=None).delete()
    return point


@transaction.atomic
def plan_visit(
    *, point: ContactPoint, household: str, planned_on: date, by: User, at: datetime
) -> HouseholdVisit:
    """Plan to visit a household, named by its door.

    :raises NotYourVisit: for who is neither the leader nor acts for the land
    :raises PlannedAlready: if it is planned for that day
    :raises PointOver: if the contact point has ended
    """
    if by.pk != point.leader_id and not at_desk(by, point.region.path):
        raise NotYourVisit(_("只能由联系领导或社区安排走访。"))
    if point.to_date is not None:
        raise PointOver(_("这个联系点已于 %s 结束。") % point.to_date)
    household = clean_text(household, limit=40, field_label=_("住户"), required=True)
    household = without_health(household, localdate(at), field="household")
    if planned_on < localdate(at):
        raise Invalid(_("计划日期不能早于今天。"), field="planned_on")
    if point.visits.filter(household=household, planned_on=planned_on).exists():
        raise PlannedAlready(_("这一户当天已有走访计划。"), field="household")
    return HouseholdVisit.objects.create(point=point, household=household, planned_on=planned_on)


@transaction.atomic
def record_visit(
    *, visit: HouseholdVisit, note: str, by: User, at: datetime, needs: str = ""
) -> HouseholdVisit:
    """Write down what was said at a visit and what is needed; nothing about health.

    :raises NotYourVisit: for anybody but the leader
    :raises VisitedAlready: the second time
    :raises HealthData: if it speaks of health
    """
    visit = (
        HouseholdVisit.objects.select_for_update(of=("self",))
        .select_related("point")
        .get(pk=visit.pk)
    )
    if by.pk != visit.point.leader_id:
        raise NotYourVisit(_("走访情况由走访人本人填写。"))
    if visit.visited_at is not None:
        raise VisitedAlready(_("这次走访已经填写。"))
    today = localdate(at)
    note = clean_text(note, limit=300, field_label=_("走访情况"), required=True, multiline=True)
    needs = clean_text(needs, limit=200, field_label=_("需要解决的事"), multiline=True)
    visit.note = without_health(note, today, field="note")
    visit.needs = without_health(needs, today, field="needs")
    visit.visited_at, visit.by = at, by
    visit.save(update_fields=["note", "needs", "visited_at", "by"])
    return visit


@transaction.atomic
def set_walk(
    *,
    walker: User,
    region: Region,
    kind: str,
    year: int,
    by: User,
    at: datetime,
    labels: Iterable[str] = (),
) -> Walk:
    """Set a round of visits with every target there is: branches, grids, resident units, or `labels`.

    :raises NotYourCommunity: for who does not act for the land
    :raises WalkThere: if it is set for that year
    :raises NothingToWalk: if there is no target, or too many
    """
    only_desk(by, region.path)
    today = localdate(at)
    kind = checked_kind("walk", kind, today, field="kind")
    if Walk.objects.filter(walker=walker, region=region, kind=kind, year=year).exists():
        raise WalkThere(
            _("%(name)s %(year)d 年的这项走遍已经设过。") % {"name": walker.name, "year": year}
        )
    walk = Walk(walker=walker, region=region, kind=kind, year=year, set_at=at)
    targets = _targets(walk, today, labels)
    if not 1 <= len(targets) <= MOST_TARGETS:
        raise NothingToWalk(_("没有可走访的对象，或超过 %d 个。") % MOST_TARGETS, field="labels")
    walk.save()
    WalkTarget.objects.bulk_create(targets)
    return walk


def _targets(walk: Walk, on: date, labels: Iterable[str]) -> list[WalkTarget]:
    """Return what has to be visited; two of one name are told apart by their number."""
    inside = Org.objects.public().filter(region__path__under=walk.region.path).order_by("pk")
    found: list[WalkTarget] = []
    if walk.kind == "branches":
        rows = inside.filter(kind=Org.Kind.PARTY, unit_kind=UnitKind.BRANCH)
        found = [WalkTarget(walk=walk, label=org.name[:60], org=org) for org in rows]
    elif walk.kind == "residents":
        rows = inside.filter(kind=Org.Kind.UNIT)
        found = [WalkTarget(walk=walk, label=org.name[:60], org=org) for org in rows]
    elif walk.kind == "grids":
        grids = Region.objects.valid_on(on).filter(
            level=Region.Level.GRID, path__under=walk.region.path
        )
        names = grids.select_related("parent").order_by("path").defer("polygon")
        found = [
            WalkTarget(
                walk=walk,
                label=f"{g.parent.short_name if g.parent else ''} {g.short_name}"[:60],
                region=g,
            )
            for g in names
        ]
    else:
        for label in dict.fromkeys(line.strip() for line in labels if line.strip()):
            text = clean_text(label, limit=60, field_label=_("走访对象"), required=True)
            found.append(WalkTarget(walk=walk, label=without_health(text, on, field="labels")))
    seen: dict[str, int] = {}
    for one in found:
        seen[one.label] = seen.get(one.label, 0) + 1
        if seen[one.label] > 1:
            one.label = f"{one.label[:55]} {seen[one.label]}"
    return found


@transaction.atomic
def tick_target(*, target: WalkTarget, by: User, at: datetime, note: str = "") -> WalkTarget:
    """Say that a target was visited; by who walks, once, in the year of the round.

    :raises NotYourVisit, VisitedAlready, HealthData: if it cannot be
    """
    target = (
        WalkTarget.objects.select_for_update(of=("self",)).select_related("walk").get(pk=target.pk)
    )
    if by.pk != target.walk.walker_id:
        raise NotYourVisit(_("走访情况由走访人本人填写。"))
    if target.visited_at is not None:
        raise VisitedAlready(_("这里已经走访过。"))
    if localtime(at).year != target.walk.year:
        raise Invalid(_("这是 %d 年的走访清单。") % target.walk.year)
    note = clean_text(note, limit=200, field_label=_("走访情况"))
    target.note, target.visited_at = without_health(note, localdate(at), field="note"), at
    target.save(update_fields=["note", "visited_at"])
    return target
