"""Co-building pacts: drafted, signed by both sides, renewed; their tasks done with proof and checked."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import LogEntry
from tongxin.orgs.scope import keeps_register

from ..models import Pact, PactTask, UnitReport
from ..scope import at_desk
from .common import only_another, only_desk
from .units import NotYourUnit

MOST_YEARS = 5


class BadTerm(Invalid):
    """A pact begins before it ends, and holds no longer than five years."""


class NotReported(Refused):
    """A pact is between a community and a unit that reported to it."""


class SignedAlready(Refused):
    """This side has signed."""


class PactOver(Refused):
    """The pact has expired; it is renewed, not filled up."""


class PactNotSigned(Refused):
    """Tasks are reported for a pact that both sides have signed."""


class TaskElsewhen(Invalid):
    """A task is due while the pact holds."""


class PactSigned(Refused):
    """What a side has signed is not changed; it is renewed."""


class TaskDone(Refused):
    """The task was reported done, or has been checked."""


def _only_either_side(report: UnitReport, by: User) -> None:
    if not at_desk(by, report.community.path) and not keeps_register(by, report.unit.path):
        raise NotYourUnit(_("只能由协议的一方办理。"))


@transaction.atomic
def draft_pact(
    *,
    report: UnitReport,
    title: str,
    text: str,
    from_date: date,
    to_date: date,
    by: User,
    at: datetime,
    previous: Pact | None = None,
) -> Pact:
    """Draft a pact, or its renewal (`previous`); it binds when both sides have signed.

    :raises NotReported: if the unit's report has not been confirmed
    :raises BadTerm: for a term that ends before it begins, lies behind, or is too long
    :raises NotYourUnit: for who is neither side
    """
    _only_either_side(report, by)
    if report.state != UnitReport.State.CONFIRMED:
        raise NotReported(_("单位报到还没有确认，确认后再签协议。"))
    check_term(from_date, to_date, at)
    return Pact.objects.create(
        report=report,
        previous=previous,
        title=clean_text(title, limit=80, field_label=_("名称"), required=True),
        text=clean_text(text, limit=5000, field_label=_("约定内容"), required=True, multiline=True),
        from_date=from_date,
        to_date=to_date,
        drafted_at=at,
        drafted_by=by,
    )


def check_term(from_date: date, to_date: date, at: datetime) -> None:
    """:raises BadTerm: for a term that ends before it begins, lies behind, or is too long"""
    if to_date <= from_date or to_date < localdate(at):
        raise BadTerm(_("到期日期应在生效日期之后，并且不早于今天。"), field="to_date")
    if to_date.year - from_date.year > MOST_YEARS:
        raise BadTerm(_("协议最长 %d 年，到期可以续签。") % MOST_YEARS, field="to_date")


@transaction.atomic
def sign_pact(*, pact: Pact, side: str, by: User, at: datetime) -> Pact:
    """Sign for the `unit` or the `community`; when both have, it enters the unit's life log.

    :raises NotYourUnit, NotYourCommunity: for who is not of that side
    :raises SignedAlready: the second time
    :raises PactOver: once it has expired
    """
    pact = _locked(pact)
    report = pact.report
    if localdate(at) > pact.to_date:
        raise PactOver(_("这份协议已于 %s 到期，请续签。") % pact.to_date)
    if getattr(pact, f"{side}_signed_at") is not None:
        raise SignedAlready(_("这一方已经签过字。"))
    if side == "community":
        only_desk(by, report.community.path)
    elif not keeps_register(by, report.unit.path):
        raise NotYourUnit(_("单位一方由本单位党组织签字。"))
    other = pact.unit_signed_by_id if side == "community" else pact.community_signed_by_id
    only_another(by, other)
    setattr(pact, f"{side}_signed_at", at)
    setattr(pact, f"{side}_signed_by", by)
    pact.save(update_fields=[f"{side}_signed_at", f"{side}_signed_by"])
    if pact.is_signed:
        write_log(
            unit=report.unit,
            kind=LogEntry.Kind.SERVICE,
            text=_("与%(place)s签订共建协议《%(title)s》，%(since)s 至 %(until)s")
            % {
                "place": report.community.short_name,
                "title": pact.title,
                "since": pact.from_date,
                "until": pact.to_date,
            },
            at=at,
            recorded_at=at,
            source=f"dual_report.pact:{pact.pk}",
            key=f"report-in.pact:{pact.pk}",
            actor=by,
        )
    return pact


@transaction.atomic
def add_task(*, pact: Pact, title: str, due_on: date, by: User, at: datetime) -> PactTask:
    """Add a task to a pact that has not expired.

    :raises PactOver: once it has
    :raises TaskElsewhen: if it is due outside the pact's term
    """
    pact = _locked(pact)
    _only_either_side(pact.report, by)
    _refuse_over(pact, at)
    check_due(pact.from_date, pact.to_date, due_on)
    title = clean_text(title, limit=80, field_label=_("任务"), required=True)
    return PactTask.objects.create(pact=pact, title=title, due_on=due_on)


def check_due(from_date: date, to_date: date, due_on: date) -> None:
    """:raises TaskElsewhen: if a task is due outside its pact's term"""
    if not from_date <= due_on <= to_date:
        raise TaskElsewhen(_("完成期限应在协议有效期内。"), field="due_on")


@transaction.atomic
def report_task(*, task: PactTask, proof: str, by: User, at: datetime) -> PactTask:
    """Say that a task is done, with the proof in words: when, where, how many people came.

    :raises PactNotSigned, TaskDone, NotYourUnit: if it cannot be
    """
    task = PactTask.objects.select_for_update().get(pk=task.pk)
    pact = _locked(task.pact)
    _only_either_side(pact.report, by)
    if not pact.is_signed:
        raise PactNotSigned(_("双方都签字后，才能填写完成情况。"))
    if task.done_on is not None:
        raise TaskDone(_("这项任务已经填写完成情况。"))
    task.proof = clean_text(
        proof, limit=500, field_label=_("完成情况"), required=True, multiline=True
    )
    task.done_on, task.reported_by = localdate(at), by
    task.save(update_fields=["proof", "done_on", "reported_by"])
    return task


@transaction.atomic
def check_task(
    *, task: PactTask, accepted: bool, by: User, at: datetime, note: str = ""
) -> PactTask:
    """The community accepts what was reported, or hands it back with a sentence; not who reported it.

    :raises NotYourCommunity, NotOnesOwn: for who may not
    :raises TaskDone: if it was not reported, or has been accepted
    """
    task = PactTask.objects.select_for_update().get(pk=task.pk)
    only_desk(by, _locked(task.pact).report.community.path)
    if task.done_on is None or task.checked_at is not None:
        raise TaskDone(_("这项任务没有等待核对的完成情况。"))
    only_another(by, task.reported_by_id)
    if accepted:
        task.checked_at, task.checked_by = at, by
    else:
        note = clean_text(note, limit=200, field_label=_("退回原因"), required=True)
        task.done_on, task.proof = None, _("退回：%s") % note
    task.save(update_fields=["checked_at", "checked_by", "done_on", "proof"])
    return task


def _locked(pact: Pact) -> Pact:
    rows = Pact.objects.select_for_update(of=("self",))
    return rows.select_related("report__unit", "report__community").get(pk=pact.pk)


def _refuse_over(pact: Pact, at: datetime) -> None:
    if localdate(at) > pact.to_date:
        raise PactOver(_("这份协议已于 %s 到期，请续签。") % pact.to_date)
