"""A plan for many orders: computed, changed by hand, confirmed line by line, or dropped."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.cases.actions import make_move
from tongxin.cases.models import Case
from tongxin.kit.errors import Invalid, NotPermitted, Refused, Stale
from tongxin.orgs.models import Volunteer
from tongxin.orgs.scope import roles_over
from tongxin.regions.models import Region

from ..models import DESK, Plan, PlanLine
from ..queries import assign, planning
from ..queries.assign import NOBODY
from ..queries.crowd import HELD_STEPS
from ..queries.drafts import Draft

FREE = -2  # `fixed`: to be planned
AT_ONCE = 60  # lines that are carried out while somebody waits for the page
WAITS = Q(state=PlanLine.State.PROPOSED, person__isnull=False)
MOST_IN_TURN = 3  # people an order is offered to, one after the other


class NothingOpen(Refused):
    """No order of the area waits for somebody."""


class NoDraft(Refused):
    """The plan has been confirmed or dropped; it is not changed any more."""


class CannotTake(Invalid):
    """Whoever was chosen is not among those who could take the order, or has full hands."""


def may_plan(actor, path: str) -> bool:
    """Say whether somebody plans for an area: its dispatchers and officers."""
    return bool(roles_over(actor, path) & set(DESK))


def _check_may(actor, region: Region) -> None:
    if not may_plan(actor, region.path):
        raise NotPermitted(_("只有这个范围的派单人员可以批量派单。"))


def make_plan(
    *, region: Region, at: datetime, by: User, as_offer: bool = False, key: str | None = None
) -> Plan:
    """Compute the best plan for all orders of an area that wait for somebody.

    :raises NotPermitted: unless the actor dispatches over the whole area
    :raises NothingOpen: if no order waits there
    """
    _check_may(by, region)
    key = f"{by.pk}:{key}" if key else None
    if key and (known := Plan.objects.filter(key=key).first()):
        return known
    orders = planning.open_orders(region, by)
    if as_offer:
        orders = [case for case in orders if case.topic and "offer" in case.topic.modes.split()]
    if not orders:
        raise NothingOpen(_("这个范围现在没有等着派的单子。"))
    problem = planning.problem_of(orders, at=at)
    found = assign.solve(problem.instance)
    plan = Plan(
        region=region,
        at=at,
        by=by,
        as_offer=as_offer,
        key=key,
        instance=planning.packed(problem, found.prices),
        cost=found.cost,
        bound=found.bound,
        seconds=found.seconds,
    )
    ids = [one.id for one in problem.people]
    lines = [
        PlanLine(
            plan=plan,
            row=row,
            case=case,
            length=case.length,
            person_id=ids[who] if who != NOBODY else None,
            was_id=ids[who] if who != NOBODY else None,
            why=planning.why_of(problem, row, who)[:300],
        )
        for row, (case, who) in enumerate(zip(orders, found.person.tolist(), strict=True))
    ]
    try:
        with transaction.atomic():
            plan.save(force_insert=True)
            PlanLine.objects.bulk_create(lines, 500)
    except IntegrityError:
        if key is None:
            raise
        return Plan.objects.get(key=key)  # the same wish, a moment earlier
    return plan


def _locked(plan: Plan, by: User) -> Plan:
    _check_may(by, plan.region)
    locked = Plan.objects.select_for_update(of=("self",)).select_related("region").get(pk=plan.pk)
    if locked.state != Plan.State.DRAFT:
        raise NoDraft(_("这个方案%s，不能再改。") % locked.get_state_display())
    return locked


@transaction.atomic
def change_line(*, line: PlanLine, person: int | None, by: User) -> int:
    """Give an order of a draft to somebody else by hand; None takes it out of the plan.

    Returns what the plan now costs more than before, in hundredths of points; the rest stays.

    :raises NoDraft: if the plan is no draft any more
    :raises CannotTake: if the person is not among those who could, or has full hands in this plan
    """
    plan = _locked(line.plan, by)
    draft = Draft(plan)
    before = draft.cost
    if person is None:
        row, state = NOBODY, PlanLine.State.OUT
    else:
        row, state = draft.row_of(person), PlanLine.State.PROPOSED
        if row == NOBODY or (
            row != draft.person[line.row]
            and row not in {who for who, _more in draft.alternatives(line.row)}
        ):
            raise CannotTake(_("这个人接不了这张单子，或在这个方案里手上已满。"), field="person")
    draft.person[line.row] = row
    draft.out[line.row] = person is None
    PlanLine.objects.filter(pk=line.pk).update(
        person=person, state=state, is_changed=True, why=_("手工改定") if person else _("手工取出")
    )
    return draft.cost - before


@transaction.atomic
def replan(*, plan: Plan, by: User) -> int:
    """Compute the rest of a draft anew around what was changed by hand; return what that saves.

    :raises NoDraft: if the plan is no draft any more
    """
    plan = _locked(plan, by)
    draft = Draft(plan)
    before = draft.cost
    fixed = np.full(len(draft.person), FREE, np.int64)
    lines = {line.row: line for line in plan.lines.all()}
    for row, line in lines.items():
        if line.is_changed:
            fixed[row] = draft.person[row]
    found = assign.solve(draft.instance, fixed)
    changed = []
    for row, line in lines.items():
        who = int(found.person[row])
        user = int(draft.ids[who]) if who != NOBODY else None
        if not line.is_changed and user != line.person_id:
            line.person_id = user
            line.why = _("按手工改动重新算过") if user else _("能接的人都已分给别的单子")
            changed.append(line)
    PlanLine.objects.bulk_update(changed, ["person", "why"], 500)
    draft.person[:] = found.person
    return before - draft.cost


def drop_plan(*, plan: Plan, by: User) -> None:
    """Put a draft away; nothing has been given to anybody.

    :raises NoDraft: if the plan is no draft any more
    """
    with transaction.atomic():
        locked = _locked(plan, by)
        Plan.objects.filter(pk=locked.pk).update(state=Plan.State.DROPPED)


def confirm_plan(*, plan: Plan, at: datetime, by: User, limit: int = AT_ONCE) -> Plan:
    """Carry out a plan: every line is an ordinary move, and one refused does not stop the others.

    A line whose case moved on, or whose person cannot take it any more, is left and says so. The
    first `limit` lines are carried out at once, the rest by the worker (`plans_due`), none twice.

    :raises NotPermitted: unless the actor dispatches over the whole area
    :raises NoDraft: if the plan was dropped
    """
    _check_may(by, plan.region)
    took = Plan.objects.filter(pk=plan.pk, state=Plan.State.DRAFT).update(
        state=Plan.State.CONFIRMED, confirmed_by=by, confirmed_at=at
    )
    plan.refresh_from_db()
    if not took and plan.state != Plan.State.CONFIRMED:
        raise NoDraft(_("这个方案%s，不能再下发。") % plan.get_state_display())
    _carry_on(plan, at=at, limit=limit)
    return plan


def plans_due(*, at: datetime, limit: int = 20) -> int:
    """Carry out lines of confirmed plans that were not reached yet; return how many were."""
    left = PlanLine.objects.filter(WAITS, plan__state=Plan.State.CONFIRMED).order_by("plan", "row")
    first = left.values_list("plan", flat=True).first()
    if first is None:
        return 0
    plan = Plan.objects.select_related("region", "confirmed_by").get(pk=first)
    return _carry_on(plan, at=at, limit=limit)


def _carry_on(plan: Plan, *, at: datetime, limit: int) -> int:
    lines = plan.lines.filter(WAITS).select_related("case", "person").order_by("row")
    found = list(lines[:limit])
    draft = Draft(plan) if found else None
    for line in found:
        if draft is not None and plan.confirmed_by is not None:
            _carry_out(line, draft, plan=plan, at=at, by=plan.confirmed_by)
    return len(found)


def _carry_out(line: PlanLine, draft: Draft, *, plan: Plan, at: datetime, by: User) -> None:
    if unable := _unable(line.person_id):
        _tell(line, PlanLine.State.STALE, unable)
        return
    key = f"plan-{plan.pk}-{line.row}"
    try:
        if plan.as_offer:
            queue = [line.person_id, *draft.next_best(line.row, MOST_IN_TURN - 1)]
            event = make_move(
                line.case, "offer", at=at, actor=by, expect=line.length, key=key, queue=queue
            )
        else:
            event = make_move(
                line.case, "dispatch", at=at, actor=by, expect=line.length, key=key,
                holder=line.person,
            )  # fmt: skip
    except Stale as refusal:
        _tell(line, PlanLine.State.STALE, str(refusal.message))
    except Refused as refusal:
        _tell(line, PlanLine.State.REFUSED, str(refusal.message))
    else:
        PlanLine.objects.filter(pk=line.pk).update(state=PlanLine.State.DONE, event=event)


def _tell(line: PlanLine, state: str, said: str) -> None:
    PlanLine.objects.filter(pk=line.pk).update(state=state, said=said[:300])


def _unable(user: int | None) -> str:
    """Return why a volunteer cannot take an order now, as a sentence; "" if they can."""
    held = Case.objects.open().filter(holder=user).exclude(step__in=HELD_STEPS)
    row = (
        Volunteer.objects.filter(user=user)
        .values_list("user__name", "cap", "is_paused", "user__is_active")
        .first()
    )
    if row is None:
        return ""  # a grid worker: bound by their post
    name, cap, paused, active = row
    if paused or not active:
        return _("%s已停止接单。") % name
    return _("%s手上已满。") % name if held.count() >= cap else ""
