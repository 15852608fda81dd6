"""Targets of a plan of several years by field and year, and what was reached (S4.4, S4.5, S4.8)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid
from tongxin.kit.tables import read_table
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org, Sector
from tongxin.orgs.scope import keeps_register

from ..models import ProgrammeTarget
from .planning import NotYours
from .rules import DATA


class TooManyDone(Invalid):
    """More were reached than there are."""


def _check(unit: Org, by: User) -> None:
    if not keeps_register(by, unit.path):
        raise NotYours(_("您不负责%s的规划。") % unit.name)


@transaction.atomic
def set_target(
    *, unit: Org, programme: str, measure: str, sector: str, year: int, target: Decimal, by: User,
    at: datetime,
) -> ProgrammeTarget:  # fmt: skip
    """Set the target (per cent) of a measure for a field and a year; a change is written down.

    :raises NotYours, Invalid:
    """
    _check(unit, by)
    if sector and sector not in Sector.values:
        raise Invalid(_("请选择领域。"), field="sector")
    if not 0 < target <= 100:
        raise Invalid(_("目标应在 0 到 100 之间。"), field="target")
    if not 2000 <= year <= 2100:
        raise Invalid(_("请填写年度。"), field="year")
    row, made = ProgrammeTarget.objects.get_or_create(
        unit=unit, sector=sector, year=year,
        programme=clean_text(programme, limit=60, field_label=_("规划")),
        measure=clean_text(measure, limit=60, field_label=_("指标")),
        defaults={"target": target},
    )  # fmt: skip
    if not made and row.target != target:
        audit(
            actor=by, action="programme.change", object=str(row), at=at,
            detail={"from": str(row.target), "to": str(target)},
        )  # fmt: skip
        row.target = target
        row.save(update_fields=["target"])
    return row


@transaction.atomic
def load_programme(*, unit: Org, by: User, at: datetime) -> int:
    """Set the house's sample of targets where a unit has none yet; return how many are new."""
    before = ProgrammeTarget.objects.filter(unit=unit).count()
    for _line, row in read_table(DATA / "programme.csv", name="programme.csv").rows:
        where = {name: row[name] for name in ("programme", "measure", "sector")}
        if not ProgrammeTarget.objects.filter(unit=unit, year=int(row["year"]), **where).exists():
            set_target(
                unit=unit, year=int(row["year"]), target=Decimal(row["target"]), by=by, at=at,
                **where,
            )  # fmt: skip
    return ProgrammeTarget.objects.filter(unit=unit).count() - before


@transaction.atomic
def report_actual(
    *, target: ProgrammeTarget, done: int, total: int, on: date, by: User, at: datetime
) -> ProgrammeTarget:
    """Write down how many of how many reached a target on a day.

    :raises NotYours, TooManyDone, Invalid:
    """
    rows = ProgrammeTarget.objects.select_for_update(of=("self",)).select_related("unit")
    row = rows.get(pk=target.pk)
    _check(row.unit, by)
    if total < 1 or done < 0 or done > total:
        raise TooManyDone(
            _("达标 %(done)d 个，总数 %(total)d 个，请核对。") % {"done": done, "total": total},
            field="done",
        )
    if on > localdate(at):
        raise Invalid(_("统计日期还没到。"), field="on")
    row.done, row.total, row.counted_on = done, total, on
    row.save(update_fields=["done", "total", "counted_on"])
    return row
