"""Ordering a rectification: of one unit, or of several under one case that presses on all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.cases.actions import open_case
from tongxin.cases.clocks import run_until
from tongxin.cases.models import Case
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org

from ..hooks import tell_register
from ..models import Finding, FindingUnit, Rectification
from .common import LONG, check_overseer, locked
from .recording import AlreadySettled

TIMED = ["norm", "norms", "rung", "card", "clock_from", "clock_used", "due_at", "rings_at"]


class BadDeadline(Invalid):
    """A deadline is a day from today on."""


class AlreadyOrdered(Refused):
    """The unit has a rectification of this finding that still runs."""


class NobodyToPress(Invalid):
    """Pressing needs a unit."""


@dataclass(frozen=True)
class Order:
    """What one unit is asked: by when, in which responsibility, how often it reports (days)."""

    org: Org
    deadline: date
    note: str = ""
    responsibility: str = FindingUnit.Responsibility.MAIN
    report_every: int | None = None


def order_rectification(
    finding: Finding, *, org: Org, deadline: date, note: str, at: datetime, by: User,
    report_every: int | None = None, responsibility: str = "main",
) -> Case:  # fmt: skip
    """Order a unit to put a finding right by a day; return the unit's case.

    Where another unit was ordered before, both come under one case that presses on all (S0.79).

    :raises AlreadySettled, AlreadyOrdered, BadDeadline, NotOverseer: as their names say
    """
    order = Order(org, deadline, note, responsibility, report_every)
    return press_on_units(finding, orders=[order], at=at, by=by)[0]


@transaction.atomic
def press_on_units(
    finding: Finding, *, orders: Sequence[Order], at: datetime, by: User
) -> list[Case]:
    """Order several units at once; return their cases in the order given.

    :raises NobodyToPress: without an order
    :raises AlreadySettled, AlreadyOrdered, BadDeadline, NotOverseer: as their names say
    """
    finding = locked(finding)
    if finding.is_settled:
        raise AlreadySettled(_("%s 已处置完毕，不能再交办。") % finding.number)
    check_overseer(by, finding.area)
    if not orders:
        raise NobodyToPress(_("请选择责任单位。"), field="org")
    for order in orders:
        _check(finding, order, at)
    parent = _parent(finding, orders, at=at, by=by)
    cases = [_open(finding, order, parent, at=at, by=by) for order in orders]
    finding.case = parent or cases[0]
    finding.step = Finding.Step.ORDERED
    finding.save(update_fields=["case", "step"])
    tell_register(finding)
    return cases


def _check(finding: Finding, order: Order, at: datetime) -> None:
    if order.deadline < localdate(at):
        raise BadDeadline(_("整改时限不能早于今天。"), field="deadline")
    running = finding.rectifications.filter(unit__org=order.org, case__closed_at__isnull=True)
    if running.exists():
        raise AlreadyOrdered(_("%s 已有正在办理的整改。") % order.org.name, field="org")
    if order.report_every is not None and not 1 <= order.report_every <= 365:
        raise Invalid(_("报送间隔应在 1 到 365 天之间。"), field="report_every")


def _parent(finding: Finding, orders: Sequence[Order], *, at: datetime, by: User) -> Case | None:
    """Return the case that presses on all, opened or grown; None where one unit stands alone."""
    before = finding.case
    if before is None and len(orders) == 1:
        return None
    latest = max(order.deadline for order in orders)
    if before is not None and before.kind == "pressing":
        row = Rectification.objects.get(case=before)
        if latest > row.deadline:
            Rectification.objects.filter(pk=row.pk).update(deadline=latest)
            _time(before, latest)
        return before
    parent = _case(finding, "pressing", at=at, open_children=1 if before else 0)
    if before is not None:  # the one that stood alone becomes the first of several
        latest = max(latest, Rectification.objects.get(case=before).deadline)
        Case.objects.filter(pk=before.pk).update(parent=parent)
    Rectification.objects.create(case=parent, finding=finding, deadline=latest, ordered_by=by)
    _time(parent, latest)
    return parent


def _time(case: Case, deadline: date) -> None:
    run_until(case, deadline, since=case.opened_at)
    Case.objects.filter(pk=case.pk).update(**{name: getattr(case, name) for name in TIMED})


def _open(finding: Finding, order: Order, parent: Case | None, *, at: datetime, by: User) -> Case:
    said = clean_text(order.note, limit=LONG, field_label=_("整改要求"), multiline=True)
    unit = _unit_of(finding, order)
    every = order.report_every
    case = _case(
        finding, "rectification", at=at, actor=by, handler=order.org, parent=parent,
        also_said=said, unit=unit.name, deadline=order.deadline,
    )  # fmt: skip
    Rectification.objects.create(
        case=case, finding=finding, unit=unit, ordered_by=by, deadline=order.deadline,
        report_every=every, next_report_on=_in_days(at, every),
    )  # fmt: skip
    return case


def _in_days(at: datetime, days: int | None) -> date | None:
    return date.fromordinal(localdate(at).toordinal() + days) if days else None


def _unit_of(finding: Finding, order: Order) -> FindingUnit:
    """Return the named unit that is pressed; the one it was ordered of is named if it was not."""
    named = list(finding.units.filter(org=order.org))
    unit = next((one for one in named if one.responsibility == order.responsibility), None)
    unit = unit or next(iter(named), None)
    if unit is None:
        return FindingUnit.objects.create(
            finding=finding, org=order.org, name=order.org.name,
            responsibility=order.responsibility, supervised=True,
        )  # fmt: skip
    unit.supervised = True
    unit.save(update_fields=["supervised"])
    return unit


def _case(
    finding: Finding, kind: str, *, at: datetime, actor: User | None = None, also_said: str = "",
    unit: str = "", deadline: date | None = None, **fields: Any,
) -> Case:  # fmt: skip
    """Open a case of the finding. Who found it stands nowhere in it: the unit reads the case."""
    title = f"{finding.number} {finding.title}"[:120]
    text = "\n\n".join(part for part in (finding.text, also_said) if part)
    data = {"finding": finding.number} | ({"unit": unit} if unit else {})
    data |= {"deadline": deadline.isoformat()} if deadline else {}
    return open_case(
        kind=kind, title=title, text=text, region=finding.region, at=at, actor=actor,
        lng=finding.lng, lat=finding.lat, address=finding.site, is_private=True, data=data,
        **fields,
    )  # fmt: skip
