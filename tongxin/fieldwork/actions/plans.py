"""Plans: made with their targets, changed with a reason, stopped, taken up again, ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org
from tongxin.regions.models import Region

from ..models import (
    Checklist,
    Plan,
    PlanChange,
    PlanWorker,
    Target,
    Visit,
    VisitChange,
    VisitKind,
)
from ..queries.admitting import leave_of
from ..queries.crews import targets_in
from .common import must_write_for

PLANNERS = ("officer", "inspector", "dispatcher", "organiser", "secretary", "leader")
MOST_TARGETS = 3000
CHANGES = (
    "name", "checklist", "every", "times", "period", "weekday", "month_day", "days", "assign",
    "ends_on",
)  # fmt: skip


class BadPlan(Invalid):
    """The plan says something that cannot be carried out."""


class NoTargets(Invalid):
    """A plan goes somewhere."""


class PlanOver(Refused):
    """A plan that has ended is not changed."""


@transaction.atomic
def make_plan(
    *, kind: str, name: str, region: Region, target_kind: str, every: str, starts_on: date, by: User,
    at: datetime, assign: str = Plan.Assign.CREW, checklist: Checklist | None = None,
    org: Org | None = None, ends_on: date | None = None, times: int = 1,
    period: str = Plan.Period.MONTH, weekday: int = 1, month_day: int = 1, days: int = 1,
    unannounced: bool = False, people: Sequence[User] = (),
    targets: Sequence[Mapping[str, Any]] | None = None, org_kind: str = "", unit_kind: str = "",
    source: tuple[str, str] = ("", ""), key: str = "", admission_code: str = "",
) -> Plan:  # fmt: skip
    """Make a plan; `targets` are {"name", "region", "org", "ref", "lng", "lat"}, all of the kind if None.

    One that burdens communities and is not admitted waits (S4.65): it makes no visits until it is;
    `admission_code` is its item of the list. A retry with `key` acts once. With a `source` the register that plans has said who may.

    :raises NotYourLand, BadPlan, NoTargets, Invalid:
    """
    scoped = f"{by.pk}:{key[:80]}" if key else ""
    if scoped and (made := Plan.objects.filter(key=scoped).first()):
        return made
    if not source[0]:
        must_write_for(by, region, PLANNERS)
    _check(
        kind=kind, target_kind=target_kind, every=every, period=period, assign=assign, times=times,
        weekday=weekday, month_day=month_day, days=days, starts_on=starts_on, ends_on=ends_on,
        people=people,
    )  # fmt: skip
    if targets is None:
        found = targets_in(
            region, target_kind, localdate(at), org_kind=org_kind, unit_kind=unit_kind
        )
    else:
        found = [dict(one) for one in targets]
    if not found:
        raise NoTargets(_("这个范围里没有走访对象，请换一个区域或类型。"), field="target_kind")
    plan = Plan.objects.create(
        kind=kind, name=clean_text(name, limit=80, field_label=_("名称"), required=True),
        checklist=checklist, region=region, area=region.path, org=org, target_kind=target_kind,
        every=every, times=times, period=period, weekday=weekday, month_day=month_day, days=days,
        assign=assign, starts_on=starts_on, ends_on=ends_on, is_unannounced=unannounced,
        source_kind=source[0], source_id=str(source[1]), made_by=by, made_at=at, key=scoped,
        admission_code=clean_text(admission_code, limit=10, field_label=_("准入编号")),
    )  # fmt: skip
    _set_people(plan, people)
    _add(plan, found)
    PlanChange.objects.create(plan=plan, text=_("建立计划"), by=by, at=at)
    hold_back(plan, by=by, at=at)
    return plan


def hold_back(plan: Plan, *, by: User, at: datetime) -> bool:
    """Let a plan at work wait if communities may not be asked for it (S4.65); say whether it waits."""
    if plan.state != Plan.State.ACTIVE:
        return plan.state == Plan.State.WAITING
    leave = leave_of(plan, max(localdate(at), plan.starts_on))
    if (why := leave.why[:500] if leave else "") != plan.admission_why:
        plan.admission_why = why
        plan.save(update_fields=["admission_why"])
    if leave is None or leave.is_admitted:
        return False
    plan.state = Plan.State.WAITING
    plan.save(update_fields=["state"])
    _note(plan, _("待准入，暂不安排走访：%s") % leave.why, "", by, at)
    return True


class NotAdmittedYet(Refused):
    """The plan burdens communities, and is neither on the list nor approved (S4.65)."""


@transaction.atomic
def admit_plan(*, plan: Plan, by: User, at: datetime, code: str | None = None) -> Plan:
    """Let a plan that waits begin, now that it is admitted; with `code`, as that item of the list.

    What lay before today is not made up for. Who may is said by the register that admits.

    :raises PlanOver: unless it waits
    :raises NotAdmittedYet: if it is still not admitted, with the reason
    """
    row = Plan.objects.select_for_update(of=("self",)).select_related("region").get(pk=plan.pk)
    if row.state != Plan.State.WAITING:
        raise PlanOver(_("这个计划不在等准入。"))
    if code is not None:
        row.admission_code = clean_text(code, limit=10, field_label=_("准入编号"))
    today = localdate(at)
    leave = leave_of(row, max(today, row.starts_on))
    if leave is not None and not leave.is_admitted:
        raise NotAdmittedYet(
            _("还不能开始：%s。") % leave.why, remedy=_("请另选目录里的事项，或申请准入。")
        )
    if row.made_through:
        row.made_through = max(row.made_through, today - timedelta(days=1))
    elif row.starts_on < today and (row.ends_on is None or row.ends_on >= today):
        row.starts_on = today
    row.state, row.admission_why = Plan.State.ACTIVE, leave.why[:500] if leave else ""
    row.save()
    _note(row, _("准入：%s") % leave.why if leave else _("无需准入"), "", by, at)
    return row


def _check(**said: Any) -> None:
    known = {
        "kind": VisitKind, "target_kind": Plan.TargetKind, "every": Plan.Every,
        "period": Plan.Period, "assign": Plan.Assign,
    }  # fmt: skip
    for field, choices in known.items():
        if said[field] not in choices.values:
            raise BadPlan(_("请选择一项。"), field=field)
    for field, least, most in (
        ("times", 1, 31), ("weekday", 1, 7), ("month_day", 1, 31), ("days", 1, 366),
    ):  # fmt: skip
        if not least <= said[field] <= most:
            words = {"least": least, "most": most}
            raise BadPlan(_("应在 %(least)d 到 %(most)d 之间。") % words, field=field)
    if said["ends_on"] and said["ends_on"] < said["starts_on"]:
        raise BadPlan(_("结束日期不能早于开始日期。"), field="ends_on")
    if said["assign"] != Plan.Assign.CREW and not said["people"]:
        raise BadPlan(_("请选择走访人员。"), field="people")


def _set_people(plan: Plan, people: Sequence[User]) -> None:
    plan.named.all().delete()
    PlanWorker.objects.bulk_create(
        PlanWorker(plan=plan, user=user, order=n) for n, user in enumerate(dict.fromkeys(people))
    )


def _add(plan: Plan, found: Sequence[Mapping[str, Any]]) -> int:
    there = {_same(row.region_id, row.org_id, row.ref, row.name): row for row in plan.targets.all()}
    start = max((row.order for row in there.values()), default=-1) + 1
    rows: list[Target] = []
    for one in found:
        org = one.get("org")
        key = _same(one["region"].pk, org.pk if org else None, one.get("ref", ""), one["name"])
        if key not in there:
            rows.append(
                Target(
                    plan=plan, kind=plan.target_kind, name=one["name"][:100], region=one["region"],
                    org=org, ref=str(one.get("ref", ""))[:64], lng=one.get("lng"),
                    lat=one.get("lat"), order=start + len(rows),
                )
            )  # fmt: skip
            there[key] = rows[-1]
    if len(there) > MOST_TARGETS:
        raise BadPlan(_("一个计划最多 %d 个走访对象，请分成几个计划。") % MOST_TARGETS)
    Target.objects.bulk_create(rows, batch_size=200)
    return len(rows)


def _same(region: int, org: int | None, ref: str, name: str) -> tuple[Any, ...]:
    return region, org, str(ref), name[:100]


def _locked(plan: Plan, by: User) -> Plan:
    row = Plan.objects.select_for_update(of=("self",)).select_related("region").get(pk=plan.pk)
    if row.made_by_id != by.pk:
        must_write_for(by, None if row.is_unannounced else row.region, PLANNERS)
    if row.state == Plan.State.ENDED:
        raise PlanOver(_("计划已经结束，请另建一个。"))
    return row


@transaction.atomic
def change_plan(
    *, plan: Plan, reason: str, by: User, at: datetime, people: Sequence[User] | None = None,
    **fields: Any,
) -> Plan:  # fmt: skip
    """Change how a plan goes on; visits made already stay. The change and its reason are kept.

    :raises NotYourLand, PlanOver, BadPlan, Invalid:
    """
    row = _locked(plan, by)
    reason = clean_text(reason, limit=200, field_label=_("理由"), required=True)
    changed = []
    for name in CHANGES:
        if name in fields and fields[name] != getattr(row, name):
            before = _shown(row, name)
            setattr(row, name, fields[name])
            label = getattr(Plan._meta.get_field(name), "verbose_name", name)
            changed.append(f"{label}：{before} → {_shown(row, name)}")
    team = list(people) if people is not None else [one.user for one in row.named.all()]
    _check(
        **{
            name: getattr(row, name)
            for name in ("kind", "target_kind", "every", "period", "assign", "times", "weekday",
                         "month_day", "days", "starts_on", "ends_on")
        },
        people=team,
    )  # fmt: skip
    row.name = clean_text(row.name, limit=80, field_label=_("名称"), required=True)
    if people is not None and [one.user_id for one in row.named.all()] != [u.pk for u in team]:
        _set_people(row, team)
        changed.append(_("人员：%s") % "、".join(str(user) for user in team))
    if changed:
        row.save()
        _note(row, "；".join(changed), reason, by, at)
        hold_back(row, by=by, at=at)
    return row


def _shown(row: Plan, name: str) -> str:
    if name in ("every", "period", "assign"):
        return str(getattr(row, f"get_{name}_display")())
    value = getattr(row, name)
    return "—" if value is None else str(value)


def _note(row: Plan, text: str, reason: str, by: User, at: datetime) -> None:
    PlanChange.objects.create(plan=row, text=text[:300], reason=reason, by=by, at=at)


@transaction.atomic
def stop_plan(*, plan: Plan, reason: str, by: User, at: datetime) -> int:
    """Stop a plan; its visits that have not begun are called off. Return how many.

    :raises NotYourLand, PlanOver, Invalid:
    """
    return _halt(plan, Plan.State.STOPPED, _("暂停计划"), reason, by, at)


@transaction.atomic
def end_plan(*, plan: Plan, reason: str, by: User, at: datetime) -> int:
    """End a plan for good; its visits that have not begun are called off. Return how many.

    :raises NotYourLand, PlanOver, Invalid:
    """
    return _halt(plan, Plan.State.ENDED, _("结束计划"), reason, by, at)


def _halt(plan: Plan, state: str, word: str, reason: str, by: User, at: datetime) -> int:
    row = _locked(plan, by)
    reason = clean_text(reason, limit=200, field_label=_("理由"), required=True)
    if row.state == state:
        raise PlanOver(_("计划已经暂停。"))
    row.state = state
    row.save(update_fields=["state"])
    waiting = list(row.visits.select_for_update().filter(state=Visit.State.PLANNED))
    text = f"{word}：{reason}"
    VisitChange.objects.bulk_create(
        VisitChange(visit=one, kind="cancelled", text=text[:300], by=by, at=at, recorded_at=at)
        for one in waiting
    )
    Visit.objects.filter(pk__in=[one.pk for one in waiting]).update(state=Visit.State.CANCELLED)
    words = {"word": word, "n": len(waiting)}
    _note(row, _("%(word)s，未开始的 %(n)d 次走访一并取消") % words, reason, by, at)
    return len(waiting)


@transaction.atomic
def resume_plan(*, plan: Plan, reason: str, by: User, at: datetime) -> Plan:
    """Take a stopped plan up again from today; what was left out is not made up for.

    :raises NotYourLand, PlanOver, Invalid:
    """
    row = _locked(plan, by)
    reason = clean_text(reason, limit=200, field_label=_("理由"), required=True)
    if row.state == Plan.State.WAITING:
        raise PlanOver(_("计划在等准入，准入后会自己开始。"))
    if row.state != Plan.State.STOPPED:
        raise PlanOver(_("计划正在执行。"))
    row.state, row.made_through = Plan.State.ACTIVE, localdate(at) - timedelta(days=1)
    row.save(update_fields=["state", "made_through"])
    _note(row, _("恢复计划"), reason, by, at)
    hold_back(row, by=by, at=at)
    return row


@transaction.atomic
def add_targets(
    *, plan: Plan, by: User, at: datetime, targets: Sequence[Mapping[str, Any]] | None = None
) -> int:
    """Add places to a plan: those given, or those of its kind that are new on its land. Return how many.

    :raises NotYourLand, PlanOver, BadPlan:
    """
    row = _locked(plan, by)
    if targets is None:
        targets = targets_in(row.region, row.target_kind, localdate(at))
    n = _add(row, targets)
    if n:
        _note(row, _("增加 %d 个走访对象") % n, "", by, at)
    return n


@transaction.atomic
def drop_target(*, target: Target, reason: str, by: User, at: datetime) -> Target:
    """Go to a place no more; what was done there stays.

    :raises NotYourLand, PlanOver, Invalid:
    """
    row = _locked(target.plan, by)
    reason = clean_text(reason, limit=200, field_label=_("理由"), required=True)
    target.dropped_on = localdate(at)
    target.save(update_fields=["dropped_on"])
    _note(row, _("移出走访对象：%s") % target.name, reason, by, at)
    return target


@transaction.atomic
def take_back_targets(*, ids: Sequence[int], by: User, at: datetime) -> int:
    """Take places out of their plans as if they had never been in; return how many.

    :raises NotYourLand, PlanOver: as `drop_target`
    :raises BadPlan: once a visit has been arranged there: it is dropped instead
    """
    rows = list(Target.objects.filter(pk__in=ids).select_related("plan").order_by("pk"))
    for plan in {row.plan_id: row.plan for row in rows}.values():
        mine = [row for row in rows if row.plan_id == plan.pk]
        kept = _locked(plan, by)
        if Visit.objects.filter(target__in=[row.pk for row in mine]).exists():
            raise BadPlan(_("“%s”里有的对象已经安排走访，不能撤回，请逐个移出。") % plan.name)
        Target.objects.filter(pk__in=[row.pk for row in mine]).delete()
        _note(kept, _("撤回 %d 个走访对象") % len(mine), "", by, at)
    return len(rows)
