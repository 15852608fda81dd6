"""Following a rectification up: calls that are logged, reports of progress that are asked for."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text

from ..models import Finding, FindingUnit, FollowUpCall, ProgressReport, Rectification
from ..models.findings import own_orgs
from .common import check_overseer, locked
from .recording import AlreadySettled

SAID = 500
AHEAD = timedelta(minutes=5)  # how far a phone's clock may be before ours


class NotTheUnit(NotPermitted):
    """The unit that was ordered reports of its own progress."""


class NothingToReport(Refused):
    """The rectification is done, written off or taken back."""


class ReportedToday(Refused):
    """One report a day is enough."""


class BadDay(Invalid):
    """A day that cannot be."""


def log_call(
    finding: Finding, *, called_at: datetime, spoke_to: str, text: str, at: datetime, by: User,
    unit: FindingUnit | None = None, reached: bool = True, next_on: date | None = None,
) -> FollowUpCall:  # fmt: skip
    """Log a call (S0.76): when, with whom, what was said, when to call again.

    :raises NotOverseer: unless `by` is officer or inspector over the place
    :raises BadDay: for a call that has not happened yet, or a next one before today
    """
    check_overseer(by, finding.area)
    if called_at > at + AHEAD:
        raise BadDay(_("通话时间不能晚于现在。"), field="called_at")
    if next_on is not None and next_on < localdate(at):
        raise BadDay(_("下次跟进日期不能早于今天。"), field="next_on")
    if unit is not None and unit.finding_id != finding.pk:
        raise Invalid(_("这个单位不在责任单位里。"), field="unit")
    with transaction.atomic():
        # The call that was due is made by this one.
        FollowUpCall.objects.filter(
            finding=finding, unit=unit, next_on__lte=localdate(called_at)
        ).update(next_on=None)
        return FollowUpCall.objects.create(
            finding=finding, unit=unit, at=called_at, reached=reached, next_on=next_on, by=by,
            recorded_at=at,
            spoke_to=clean_text(spoke_to, limit=60, field_label=_("通话对象"), required=True),
            text=clean_text(
                text, limit=SAID, field_label=_("通话内容"), required=True, multiline=True
            ),
        )  # fmt: skip


@transaction.atomic
def ask_for_reports(
    row: Rectification, *, every: int | None, at: datetime, by: User
) -> Rectification:
    """Ask a unit for a report of progress every so many days from now on; None: no more.

    :raises NotOverseer: unless `by` is officer or inspector over the place
    :raises NothingToReport: if it is done
    """
    check_overseer(by, row.finding.area)
    row = Rectification.objects.select_for_update(of=("self",)).select_related("case").get(pk=row.pk)  # fmt: skip
    _check_running(row)
    if every is not None and not 1 <= every <= 365:
        raise Invalid(_("报送间隔应在 1 到 365 天之间。"), field="every")
    row.report_every = every
    row.next_report_on = localdate(at) + timedelta(days=every) if every else None
    row.save(update_fields=["report_every", "next_report_on"])
    return row


def _check_running(row: Rectification) -> None:
    if row.unit_id is None or row.done_at is not None or not row.case.is_open:
        raise NothingToReport(_("这项整改已完成或已撤销，无需报送进度。"))


@transaction.atomic
def report_progress(
    row: Rectification, *, on: date, text: str, at: datetime, by: User
) -> ProgressReport:
    """Report how far a unit is; for money, with what had come by then (S0.81).

    :raises NotTheUnit: unless `by` answers for the unit that was ordered
    :raises NothingToReport, ReportedToday: as their names say
    :raises BadDay: for a day to come, or before the last report
    """
    row = (
        Rectification.objects.select_for_update(of=("self",))
        .select_related("case", "finding")
        .get(pk=row.pk)
    )
    if row.case.handler_id not in own_orgs(by) and row.case.holder_id != by.pk:
        raise NotTheUnit(_("进度由责任单位报送。"))
    _check_running(row)
    last = row.reports.order_by("-on").first()
    if on > localdate(at) or on < localdate(row.case.opened_at):
        raise BadDay(_("日期应在交办之后、今天或之前。"), field="on")
    if last is not None and on < last.on:
        raise BadDay(_("日期早于上一次报送（%s）。") % last.on, field="on")
    said = clean_text(text, limit=SAID, field_label=_("进展"), required=True, multiline=True)
    late = row.next_report_on is not None and localdate(at) > row.next_report_on
    try:
        with transaction.atomic():
            report = ProgressReport.objects.create(
                rectification=row, on=on, text=said, paid_fen=row.finding.paid_fen,
                was_late=late, by=by, recorded_at=at,
            )  # fmt: skip
    except IntegrityError as error:
        raise ReportedToday(_("这一天已报送过进度。"), field="on") from error
    if row.report_every:
        row.next_report_on = localdate(at) + timedelta(days=row.report_every)
        row.save(update_fields=["next_report_on"])
    return report


def still_open(finding: Finding) -> Finding:
    """Return the finding, locked.

    :raises AlreadySettled: if it is settled
    """
    finding = locked(finding)
    if finding.is_settled:
        raise AlreadySettled(_("%s 已处置完毕。") % finding.number)
    return finding
