"""What may be asked of communities, what was, and how much it is (S4.65)."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from tongxin.fieldwork.models import Plan
from tongxin.fieldwork.queries import Leave, slots_between
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, prefixes, world

from ..models import AdmissionItem, AdmissionList, Approval, Burden, BurdenKind, Campaign, Plate

MONTHS, MOST_SENDERS = 12, 10


@dataclass(frozen=True)
class Admission:
    """Whether communities may be asked for something, and why: a sentence."""

    is_admitted: bool
    why: str
    item: AdmissionItem | None = None
    approval: Approval | None = None


def admission_of(campaign: Campaign, *, on: date) -> Admission:
    """Say whether a campaign may be issued on a day: on the list, or approved and not yet used.

    Where no list is published there is nothing to hold it against, and so nothing is admitted.
    """
    item = campaign.admitted_by
    if item is not None and (why := _fits(campaign, item, on)) is None:
        return _on_the_list(item)
    approval = _approval_of(Approval.objects.filter(campaign=campaign, used_at=None))
    if approval is not None and approval.expires_on and approval.expires_on >= on:
        words = {"name": approval.decided_by, "day": approval.expires_on}
        return Admission(
            True, _("经%(name)s审批同意，%(day)s 前下发有效") % words, approval=approval
        )
    if approval is not None:
        return Admission(False, _("审批已于 %s 过期") % approval.expires_on)
    if item is not None:
        return Admission(False, why or "", item)
    return Admission(False, _("不在社区事务准入目录内"))


def _on_the_list(item: AdmissionItem) -> Admission:
    words = {"item": item, "basis": item.basis}
    return Admission(True, _("在准入目录内：%(item)s，依据：%(basis)s") % words, item)


def _approval_of(rows: QuerySet[Approval]) -> Approval | None:
    approved = rows.filter(verdict="approved").select_related("decided_by")
    return approved.order_by("-decided_at").first()


def _fits(campaign: Campaign, item: AdmissionItem, on: date) -> str | None:
    """Say why an item does not admit a campaign; None if it does."""
    current = AdmissionList.objects.in_force(campaign.region.path, on)
    if current is None or item.list_id != current.pk:
        return _("“%s”不在现行的准入目录里") % item
    if item.kind != campaign.burden:
        words = {
            "item": item,
            "kind": item.get_kind_display(),
            "asked": campaign.get_burden_display(),
        }
        return _("“%(item)s”准入的是%(kind)s，这次要的是%(asked)s") % words
    n = times_used(campaign.region.path, item, on.year, campaign=campaign)
    if item.times_a_year and n >= item.times_a_year:
        words = {"item": item, "most": item.times_a_year, "n": n}
        return _("“%(item)s”每年最多 %(most)d 次，今年已下发 %(n)d 次") % words
    return None


def times_used(
    path: str, item: AdmissionItem, year: int, *, campaign: Campaign | None = None,
    plan: Plan | None = None,
) -> int:  # fmt: skip
    """Return how often communities of an area are asked for an item in a year, by all others.

    Counted by its code over the versions of the list, campaigns issued and turns of plans; what went
    to a part of the area counts too. `campaign` or `plan` is the one in question, and not counted.
    """
    around = Q(region__path__under=path) | Q(region__path__in=list(prefixes(path)))
    issued = Campaign.objects.filter(
        around, admitted_by__code=item.code, admitted_by__list__region=item.list.region_id,
        issued_at__year=year,
    )  # fmt: skip
    if campaign is not None:
        issued = issued.exclude(pk=campaign.pk)
    plans = Plan.objects.filter(around, admission_code=item.code, state=Plan.State.ACTIVE)
    if plan is not None:
        plans = plans.exclude(pk=plan.pk)
    turns = sum(turns_of(one, year) for one in plans)
    return issued.exclude(state=Campaign.State.WITHDRAWN).count() + turns


def turns_of(plan: Plan, year: int) -> int:
    """Return how often a plan goes everywhere in a year."""
    return sum(1 for _slot in slots_between(plan, date(year, 1, 1), date(year, 12, 31)))


# Plans of visits that burden communities (what fieldwork asks before it makes them).


def leave_of_plan(plan: Plan, burden: str, on: date) -> Leave:
    """Say whether a plan of visits may be asked of communities on a day: on the list, or approved."""
    found = _admission_of_plan(plan, burden, on)
    return Leave(found.is_admitted, found.why)


def _admission_of_plan(plan: Plan, burden: str, on: date) -> Admission:
    item, why = _item_of_plan(plan, on), ""
    if item is not None:
        why = _misfit(plan, item, burden, on) or ""
        if not why:
            return _on_the_list(item)
    approval = _approval_of(Approval.objects.filter(plan=plan))
    if approval is not None and approval.expires_on and approval.expires_on >= on:
        words = {"name": approval.decided_by, "day": approval.expires_on}
        return Admission(True, _("经%(name)s审批同意，到 %(day)s") % words, approval=approval)
    if approval is not None:
        return Admission(False, _("审批已于 %s 过期") % approval.expires_on)
    if why:
        return Admission(False, why, item)
    if plan.admission_code:
        return Admission(False, _("“%s”不在现行的准入目录里") % plan.admission_code)
    kind = BurdenKind(burden).label
    return Admission(False, _("要社区承担%s，不在社区事务准入目录内") % kind)


def _item_of_plan(plan: Plan, on: date) -> AdmissionItem | None:
    current = AdmissionList.objects.in_force(plan.area, on) if plan.admission_code else None
    if current is None:
        return None
    return current.items.select_related("list").filter(code=plan.admission_code).first()


def _misfit(plan: Plan, item: AdmissionItem, burden: str, on: date) -> str | None:
    """Say why an item does not admit a plan; None if it does."""
    if item.kind != burden:
        words = {"item": item, "kind": item.get_kind_display(), "asked": BurdenKind(burden).label}
        return _("“%(item)s”准入的是%(kind)s，这个计划是%(asked)s") % words
    own = turns_of(plan, on.year)
    n = own + times_used(plan.area, item, on.year, plan=plan) if item.times_a_year else 0
    if n > item.times_a_year:
        words = {"item": item, "most": item.times_a_year, "own": own, "n": n - own}
        return (
            _("“%(item)s”每年最多 %(most)d 次，这个计划今年 %(own)d 次，其他已有 %(n)d 次") % words
        )
    return None


# How much it is.


@dataclass
class CommunityBurden:
    """What one community bears: by kind in the period, plates that hang today."""

    land: Land
    kinds: Counter = field(default_factory=Counter)
    outside: int = 0  # of it, what is neither on the list nor approved
    plates: int = 0

    @property
    def total(self) -> int:
        return sum(self.kinds.values())


@dataclass(frozen=True)
class Burdens:
    rows: list[CommunityBurden]
    months: list[date]
    trend: dict[str, list[int]]  # kind -> a figure for each month
    senders: list[tuple[str, int, int]]  # (who, how many, of these outside the list)

    @property
    def total(self) -> int:
        return sum(row.total for row in self.rows)

    @property
    def outside(self) -> int:
        return sum(row.outside for row in self.rows)

    @property
    def plates(self) -> int:
        return sum(row.plates for row in self.rows)


def month_of(day: date) -> date:
    return day.replace(day=1)


def months_until(day: date, n: int = MONTHS) -> list[date]:
    """Return the first days of the last `n` months, this one last."""
    count = day.year * 12 + day.month - 1
    return [date((count - k) // 12, (count - k) % 12 + 1, 1) for k in range(n - 1, -1, -1)]


COUNTED = (BurdenKind.TASK, BurdenKind.FORM, BurdenKind.CHECK)


def burdens_of(land: Land, actor: Any, *, since: date, until: date) -> Burdens:
    """Return what the communities of a place were asked for in the months from `since` to `until`.

    Both are first days of months; the trend shows the twelve months before `until`. Four queries.
    """
    rows = Burden.objects.visible_to(actor).filter(community__path__under=land.path)
    by_id: dict[int, CommunityBurden] = {}
    for one in world().lands:
        if one.level == Region.Level.COMMUNITY and one.path.startswith(land.path):
            by_id[one.id] = CommunityBurden(one)
    counted = (
        rows.filter(month__range=(since, until))
        .order_by()
        .values_list("community", "kind")
        .annotate(n=Count("pk"), outside=Count("pk", filter=Q(is_admitted=False)))
    )
    for community, kind, n, outside in counted:
        if community in by_id:
            by_id[community].kinds[kind] += n
            by_id[community].outside += outside
    hanging = Plate.objects.visible_to(actor).filter(
        community__path__under=land.path, removed_on=None
    )
    for community, n in hanging.order_by().values_list("community").annotate(Count("pk")):
        if community in by_id:
            by_id[community].plates = n
    months = months_until(until)
    trend: dict[str, dict[date, int]] = defaultdict(dict)
    by_month = rows.filter(month__range=(months[0], until)).order_by().values_list("month", "kind")
    for month, kind, n in by_month.annotate(n=Count("pk")):
        trend[kind][month] = n
    senders = (
        rows.filter(month__range=(since, until))
        .values_list("from_name")
        .annotate(n=Count("pk"), outside=Count("pk", filter=Q(is_admitted=False)))
        .order_by("-n", "from_name")
    )
    return Burdens(
        rows=sorted(by_id.values(), key=lambda one: (-one.total, one.land.path)),
        months=months,
        trend={kind: [trend[kind].get(month, 0) for month in months] for kind in COUNTED},
        senders=list(senders[:MOST_SENDERS]),
    )


def plates_in(actor: Any, path: str) -> QuerySet[Plate]:
    rows = Plate.objects.visible_to(actor).filter(community__path__under=path)
    return rows.select_related("community", "item")
