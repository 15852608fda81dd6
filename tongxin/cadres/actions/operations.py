"""Emergency mode on and off: by an order, for a reason, for a time, in phases (S0.12, S0.22)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import LogEntry, Org
from tongxin.orgs.scope import posts_of, unit_roles
from tongxin.regions.models import Region

from ..models import Operation, Phase, Secondment
from ..queries.banner import forget_operations
from ..scope import LEADS, ORDERERS, leads
from .ending import close_all, prolong_all
from .rules import NotYours, load_samples

LEVELS = (Region.Level.DISTRICT, Region.Level.STREET)
LONGEST = timedelta(days=366)


class AlreadyRunning(Refused):
    """The region is in emergency mode already."""


class BadOrder(Invalid):
    """What switches emergency mode on must name who ordered it, where, why and until when."""


class NotRunning(Refused):
    """The operation has ended."""


class BadPhase(Refused):
    """Phases go forward."""


class Undecided(Refused):
    """An operation is not ended before it is said what becomes of those who serve in it."""


def may_start(actor: User) -> bool:
    """Say whether the actor could start an operation anywhere; which, `start_operation` checks."""
    return any(
        p.role in LEADS and p.level in LEVELS or p.role in ORDERERS and p.level in LEVELS
        for p in posts_of(actor)
    )


@transaction.atomic
def start_operation(
    *,
    name: str,
    region: Region,
    ordered_by: Org,
    document_no: str,
    reason: str,
    ends_on: date,
    at: datetime,
    by: User,
    starts_at: datetime | None = None,
) -> Operation:
    """Switch emergency mode on for a district or a street, by an order (S0.12).

    :raises NotYours: unless `by` is an officer over the region, or of the unit that ordered it
    :raises BadOrder: for another level, a unit that does not answer for the region, or the dates
    :raises AlreadyRunning: while another is on for the same region
    """
    starts_at = starts_at or at
    _check_order(region, ordered_by, starts_at, ends_on)
    over = {p.role for p in posts_of(by) if region.path.startswith(p.path)}
    if over.isdisjoint(LEADS) and unit_roles(by, ordered_by.path).isdisjoint(ORDERERS):
        raise NotYours(_("只有%s的管理员，或作出决定的党组织，可以启动") % region)
    load_samples()
    try:
        with transaction.atomic():
            operation = Operation.objects.create(
                name=name, region=region, ordered_by=ordered_by, document_no=document_no,
                reason=reason, starts_at=starts_at, ends_on=ends_on, started_by=by,
            )  # fmt: skip
    except IntegrityError as error:
        raise AlreadyRunning(
            _("%s 已有一项未结束的应急行动") % region,
            field="region",
            remedy=_("请先结束那一项，或在其中转段、延期"),
        ) from error
    Phase.objects.create(operation=operation, phase=operation.phase, at=starts_at, by=by)
    text = _("启动“%(name)s”（%(no)s）：%(reason)s") % {
        "name": name, "no": document_no, "reason": reason,
    }  # fmt: skip
    _remember(operation, "start", text, at=at, by=by)
    return operation


def _check_order(region: Region, ordered_by: Org, starts_at: datetime, ends_on: date) -> None:
    if region.level not in LEVELS:
        raise BadOrder(_("应急行动按区或街镇启动，“%s”不是") % region, field="region")
    if ordered_by.dissolved_on or not region.path.startswith(ordered_by.region.path):
        raise BadOrder(
            _("“%(org)s”管不到%(region)s，请选作出决定的单位")
            % {"org": ordered_by, "region": region},
            field="ordered_by",
        )
    first = localdate(starts_at)
    if ends_on <= first:
        raise BadOrder(_("计划结束日期应晚于启动日期 %s") % first, field="ends_on")
    if ends_on - first > LONGEST:
        raise BadOrder(_("一次最长一年；到期前可以再延"), field="ends_on")


@transaction.atomic
def enter_phase(
    *, operation: Operation, phase: str, ends_on: date, note: str, at: datetime, by: User,
    keep: bool = False,
) -> int:  # fmt: skip
    """Go over to 常态防控, or prolong the phase one is in, until a new day (S0.22).

    `keep` prolongs all who serve until that day; without it they end when they were to end.
    Return how many were prolonged.

    :raises NotYours, NotRunning: as their names say
    :raises BadPhase: backwards
    :raises BadOrder: unless the new day is later than today
    """
    operation = _locked(operation, by)
    order = Operation.PhaseKind.values
    if order.index(phase) < order.index(operation.phase):
        raise BadPhase(_("已经转入%s，不能退回") % operation.get_phase_display(), field="phase")
    if ends_on <= localdate(at):
        raise BadOrder(_("计划结束日期应晚于今天"), field="ends_on")
    if ends_on > localdate(at) + LONGEST:
        raise BadOrder(_("一次最长一年；到期前可以再延"), field="ends_on")
    operation.phase, operation.ends_on = phase, ends_on
    operation.save(update_fields=["phase", "ends_on"])
    entered = Phase.objects.create(operation=operation, phase=phase, at=at, note=note, by=by)
    kept = 0
    if keep:
        kept = prolong_all(operation=operation, until=ends_on, note=note, at=at, by=by)
    text = _("“%(name)s”进入%(phase)s，至 %(day)s；%(kept)d 名下沉干部继续驻守") % {
        "name": operation.name, "phase": operation.get_phase_display(), "day": ends_on,
        "kept": kept,
    }  # fmt: skip
    _remember(operation, f"phase:{entered.pk}", text, at=at, by=by)
    return kept


@transaction.atomic
def end_operation(
    *, operation: Operation, reason: str, at: datetime, by: User, then: str = "",
    keep_until: date | None = None,
) -> int:  # fmt: skip
    """Switch emergency mode off. `then` says what becomes of those who serve: "close" or "keep".

    "close" ends every secondment today; "keep" prolongs them until `keep_until`, under the home
    and field lines they have. Return how many were meant.

    :raises NotYours, NotRunning: as their names say
    :raises Undecided: if somebody serves and `then` says nothing
    :raises BadOrder: for a day that is over
    """
    operation = _locked(operation, by)
    serving = Secondment.objects.standing().filter(operation=operation).count()
    if serving and then not in {"close", "keep"}:
        raise Undecided(
            _("还有 %d 名干部在岗，请先说明他们结束下沉，还是继续驻守") % serving, field="then"
        )
    if serving and then == "keep":
        if keep_until is None or keep_until <= localdate(at):
            raise BadOrder(_("请写明继续驻守到哪一天，应晚于今天"), field="keep_until")
        prolong_all(operation=operation, until=keep_until, note=reason, at=at, by=by)
    elif serving:
        close_all(operation=operation, reason=reason, at=at, by=by)
    operation.ended_at, operation.end_reason = at, reason
    operation.save(update_fields=["ended_at", "end_reason"])
    words = {"close": _("全部结束下沉"), "keep": _("继续驻守")}
    text = _("结束“%(name)s”：%(reason)s。%(n)d 名在岗干部%(then)s") % {
        "name": operation.name, "reason": reason, "n": serving,
        "then": words.get(then if serving else "", ""),
    }  # fmt: skip
    _remember(operation, "end", text, at=at, by=by)
    return serving


def _locked(operation: Operation, by: User) -> Operation:
    rows = Operation.objects.select_for_update(of=("self",)).select_related("region", "ordered_by")
    operation = rows.get(pk=operation.pk)
    check_leads(by, operation)
    if operation.ended_at:
        raise NotRunning(_("“%s”已经结束") % operation)
    return operation


def check_leads(by: User, operation: Operation) -> None:
    """Raise `NotYours` unless `by` directs the operation."""
    if not leads(by, operation):
        raise NotYours(_("只有%s的管理员，或作出决定的党组织，可以办理") % operation.region)


def check_running(operation: Operation) -> None:
    """Raise `NotRunning` if the operation has ended."""
    if operation.ended_at:
        raise NotRunning(_("“%s”已经结束") % operation)


def _remember(operation: Operation, key: str, text: str, *, at: datetime, by: User) -> None:
    """Write it into the book of who ordered it, and let every page know."""
    forget_operations()
    transaction.on_commit(forget_operations)
    write_log(
        unit=operation.ordered_by,
        kind=LogEntry.Kind.CADRE,
        text=text,
        at=at,
        recorded_at=at,
        source=f"cadres.operation:{operation.pk}",
        key=f"cadres:operation:{operation.pk}:{key}",
        actor=by,
    )
    detail = {"no": operation.document_no, "region": operation.region.code}
    audit(
        actor=by,
        action=f"operation.{key.split(':', maxsplit=1)[0]}",
        object=operation.name,
        detail=detail,
        at=at,
    )
