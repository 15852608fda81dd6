"""What the worker does for report-in: reminds, chases, notes who did not come, lapses, wipes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell

from ..models import DutyTurn, MemberReport, Pact
from ..queries.people import desk_people
from ..queries.rules import number
from .members import end_member

State = DutyTurn.State


def report_in_due(*, at: datetime, limit: int = 100) -> int:
    """Do what has become due; return how many things were done. Safe beside itself."""
    jobs: tuple[Callable[[datetime, int], int], ...] = (
        _remind_pacts, _remind_members, _lapse_members, _remind_turns, _miss_turns, _chase, _wipe,
    )  # fmt: skip
    return sum(job(at, limit) for job in jobs)


def _claimed(rows: QuerySet, limit: int) -> list[Any]:
    """Return rows that no other worker has in hand."""
    skip = connection.features.has_select_for_update_skip_locked
    return list(rows.select_for_update(skip_locked=skip, of=("self",))[:limit])


@transaction.atomic
def _remind_pacts(at: datetime, limit: int) -> int:
    """Remind both sides of a pact that ends soon and has no renewal (S2.36)."""
    today = localdate(at)
    soon = today + timedelta(days=number("pact_reminder_days", today))
    rows = Pact.objects.filter(
        reminded_at__isnull=True, to_date__lte=soon, to_date__gte=today, renewal__isnull=True
    ).exclude(report__state="ended")
    pacts = _claimed(rows.select_related("report__community", "report__filed_by"), limit)
    for pact in pacts:
        report = pact.report
        tell(
            users=[*desk_people(report.community.path, today), report.filed_by],
            title=_("共建协议快到期：%s") % pact.title,
            text=_("%s 到期，请双方商定续签或结束。") % pact.to_date,
            url=reverse("dual_report:unit", args=[report.pk]),
            key=f"report-in.pact-ends:{pact.pk}",
            at=at,
        )
        pact.reminded_at = at
        pact.save(update_fields=["reminded_at"])
    return len(pacts)


@transaction.atomic
def _remind_members(at: datetime, limit: int) -> int:
    """Remind members whose report has to be renewed soon (S3.22)."""
    today = localdate(at)
    soon = today + timedelta(days=number("member_reminder_days", today))
    rows = MemberReport.objects.standing(today).filter(reminded_at__isnull=True, renew_by__lte=soon)
    reports = _claimed(rows.select_related("person__user"), limit)
    for report in reports:
        if report.person.user is not None:
            tell(
                users=[report.person.user],
                title=_("报到快到期了"),
                text=_("还住在这里的话，请在 %s 前续报，点一下就好。") % report.renew_by,
                url=reverse("dual_report:me"),
                key=f"report-in.renew:{report.pk}:{report.renew_by}",
                at=at,
            )
        report.reminded_at = at
        report.save(update_fields=["reminded_at"])
    return len(reports)


@transaction.atomic
def _lapse_members(at: datetime, limit: int) -> int:
    """End reports that were not renewed, and those of people who are members no longer."""
    rows = MemberReport.objects.filter(state=MemberReport.State.CONFIRMED)
    late = _claimed(rows.filter(renew_by__lt=localdate(at)), limit)
    for report in late:
        end_member(report=report, reason=MemberReport.End.LAPSED, by=None, at=at)
    left = MemberReport.objects.open().filter(membership__to_date__lte=localdate(at))
    gone = _claimed(left, limit)
    for report in gone:
        end_member(report=report, reason=MemberReport.End.LEFT, by=None, at=at)
    return len(late) + len(gone)


@transaction.atomic
def _remind_turns(at: datetime, limit: int) -> int:
    """Remind people a day before their turn."""
    hours = number("turn_reminder_hours", localdate(at))
    rows = DutyTurn.objects.filter(
        state=State.PLANNED,
        reminded_at__isnull=True,
        starts_at__gt=at,
        starts_at__lte=at + timedelta(hours=hours),
    )
    turns = _claimed(rows.select_related("post__person__user", "roster"), limit)
    for turn in turns:
        user = turn.post.person.user
        if user is not None:
            tell(
                users=[user],
                title=_("明天轮到您值守") if hours >= 12 else _("快轮到您值守"),
                text=_("%(roster)s，%(when)s，%(place)s。")
                % {
                    "roster": turn.roster.name,
                    "when": localtime(turn.starts_at).strftime("%m-%d %H:%M"),
                    "place": turn.roster.place,
                },
                url=reverse("dual_report:turns"),
                key=f"report-in.turn:{turn.pk}:{user.pk}",
                at=at,
            )
        turn.reminded_at = at
        turn.save(update_fields=["reminded_at"])
    return len(turns)


@transaction.atomic
def _miss_turns(at: datetime, limit: int) -> int:
    """Note who did not come, and sign out who forgot to: the community may set both right."""
    today = localdate(at)
    late = at - timedelta(minutes=number("sign_out_late_minutes", today))
    over = DutyTurn.objects.filter(ends_at__lt=late)
    missed = _claimed(over.filter(state=State.PLANNED), limit)
    for turn in missed:
        turn.state = State.MISSED
        turn.save(update_fields=["state"])
    forgot = _claimed(over.filter(state=State.ON_DUTY), limit)
    for turn in forgot:
        turn.state, turn.signed_out_at = State.SERVED, turn.ends_at
        turn.sign_note = _("没有签退，按结束时间计")
        turn.save(update_fields=["state", "signed_out_at", "sign_note"])
    return len(missed) + len(forgot)


@transaction.atomic
def _chase(at: datetime, limit: int) -> int:
    """Chase verdicts that are missing some days after a turn, once for each turn (S2.45)."""
    today = localdate(at)
    before = at - timedelta(days=number("appraisal_days", today))
    rows = DutyTurn.objects.filter(
        state=State.SERVED, ends_at__lt=before, chased_at__isnull=True
    ).order_by("pk")
    turns = _claimed(rows.select_related("roster__community"), limit)
    for area in {turn.roster.community.path for turn in turns}:
        n = sum(turn.roster.community.path == area for turn in turns)
        tell(
            users=desk_people(area, today),
            title=_("%d 个轮值还没有鉴定") % n,
            text=_("轮值结束已超过规定天数，请尽快鉴定。"),
            url=reverse("dual_report:appraisals"),
            key=f"report-in.chase:{area}:{today}",
            at=at,
        )
    for turn in turns:
        turn.chased_at = at
        turn.save(update_fields=["chased_at"])
    return len(turns)


@transaction.atomic
def _wipe(at: datetime, limit: int) -> int:
    """Wipe what ended reports kept of wishes and skills (PIPL §19: no longer than needed)."""
    rows = MemberReport.objects.filter(erase_on__lte=localdate(at))
    reports = _claimed(rows, limit)
    for report in reports:
        report.wants, report.times, report.note, report.erase_on = [], [], "", None
        report.grid = None
        report.save(update_fields=["wants", "times", "note", "erase_on", "grid"])
    return len(reports)
