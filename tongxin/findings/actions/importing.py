"""A ledger kept elsewhere brought in, put right by a later sheet, taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate, make_aware
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.regions.models import Region

from ..models import Finding
from .common import check_overseer, locked
from .recording import Answering, record_finding

IMPORTED = "import"
NOON = time(12)


class KeptHere(Refused):
    """What is dealt with in this house is changed on its page, not by a sheet."""


class BadDays(Invalid):
    """Written off before it was found, or found on a day to come."""


def noon_of(day: date) -> datetime:
    return make_aware(datetime.combine(day, NOON))


def check_days(found_on: date, closed_on: date | None, today: date) -> None:
    """:raises BadDays: if the days of a line cannot be"""
    if found_on > today:
        raise BadDays(_("发现时间不能晚于今天。"), field="found_on")
    if closed_on is not None and not found_on <= closed_on <= today:
        raise BadDays(_("销号日期应在发现之后、今天或之前。"), field="closed_on")


def _facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a line says of how it was put right, as the register keeps it."""
    closed_on = facts.get("closed_on")
    return {
        "measures": facts.get("measures") or "",
        "result": facts.get("result") or "",
        "deadline": facts.get("deadline"),
        "rechecked_by_name": facts.get("rechecked_by") or "",
        "step": Finding.Step.CLOSED if closed_on else Finding.Step.OPEN,
        "closed_at": noon_of(closed_on) if closed_on else None,
    }


@transaction.atomic
def bring_in_finding(
    *, region: Region, text: str, found_on: date, units: Sequence[Answering], at: datetime,
    by: User, source: str, kind: str = "", site: str = "", found_by: str = "",
    facts: Mapping[str, Any],
) -> Finding:  # fmt: skip
    """Take up a line of a ledger of elsewhere, numbered in ours; `facts` say how it was put right.

    :raises NotOverseer: unless `by` oversees the place
    :raises BadDays: as its name says; and what `record_finding` raises
    """
    check_overseer(by, region.path)
    check_days(found_on, facts.get("closed_on"), localdate(at))
    finding = record_finding(
        region=region, text=text, kind=kind, site=site, units=units,
        found_at=min(noon_of(found_on), at), by=None, at=at, found_by_name=found_by,
        source=(IMPORTED, source[:40], _("台账导入"), ""),
    )  # fmt: skip
    for name, value in _facts(facts).items():
        setattr(finding, name, value)
    if finding.closed_at is not None:
        finding.closed_at = max(finding.closed_at, finding.found_at)
    finding.save()
    return finding


@transaction.atomic
def amend_brought_in(
    finding: Finding, *, facts: Mapping[str, Any], at: datetime, by: User
) -> Finding:
    """Put right how a line was dealt with, by a later sheet.

    :raises KeptHere: if it was registered here, or a rectification has been ordered here
    :raises NotOverseer, BadDays: as their names say
    """
    finding = locked(finding)
    check_overseer(by, finding.area)
    if finding.source_kind != IMPORTED or finding.case_id is not None:
        raise KeptHere(_("%s 在系统内办理，请在页面上操作。") % finding.number)
    check_days(localdate(finding.found_at), facts.get("closed_on"), localdate(at))
    for name, value in _facts(facts).items():
        setattr(finding, name, value)
    if finding.closed_at is not None:
        finding.closed_at = max(finding.closed_at, finding.found_at)
    finding.save()
    return finding


@transaction.atomic
def take_back_brought_in(
    *, made: Sequence[Any], restored: Mapping[Any, Mapping[str, Any]], at: datetime, by: User
) -> None:
    """Undo a sheet: what it made is void (a number stays taken), what it changed is as before.

    :raises KeptHere: if something of it has been dealt with here since
    """
    rows = Finding.objects.select_for_update(of=("self",)).filter(pk__in=[*made, *restored])
    for finding in rows:
        check_overseer(by, finding.area)
        if finding.case_id is not None:
            raise KeptHere(_("%s 已在系统内交办整改，不能撤回。") % finding.number)
        if finding.pk in restored:
            for name, value in _facts(restored[finding.pk]).items():
                setattr(finding, name, value)
        else:
            finding.step, finding.closed_at = Finding.Step.VOID, max(at, finding.found_at)
            finding.result = _("导入已撤回")
        finding.save()
    audit(
        actor=by, action="finding.import.undo", at=at,
        detail={"made": len(made), "restored": len(restored)},
    )  # fmt: skip
