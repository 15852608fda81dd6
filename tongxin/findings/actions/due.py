"""What the worker does for findings: asks for reports, raises alarms, reminds of calls and checks."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User

from ..hooks import yuan
from ..models import Finding, FollowUpCall, Rectification, SelfCheckRound
from ..queries import overseers_of, people_of_org
from .common_findings import _ask

BEFORE = timedelta(days=2)  # a self-check is reminded of so long before its day


def follow_due(*, at: datetime, limit: int = 100) -> int:
    """Ask, remind and raise alarms where a day has come; return how many things were done.

    Safe beside itself: rows are locked and skipped, notices have keys.
    """
    return _reports(at, limit) + _money(at, limit) + _calls(at, limit) + _self_checks(at, limit)


def _mine(rows):
    return rows.select_for_update(
        of=("self",), skip_locked=connection.features.has_select_for_update_skip_locked
    )


def _url(finding_id) -> str:
    return reverse("findings:finding", args=[finding_id])


def _supervisors(row: Rectification, today: date) -> list[User]:
    """Who ordered it, and those nearest who oversee the place: an order outlives a post."""
    people = overseers_of(row.finding.area, today)
    return [*people, *([row.ordered_by] if row.ordered_by and row.ordered_by.is_active else [])]


@transaction.atomic
def _reports(at: datetime, limit: int) -> int:
    """On the day the unit is asked for its report; the day after it is late, and who pressed knows."""
    today = localdate(at)
    rows = _mine(Rectification.objects).filter(
        Q(next_report_on=today) & (Q(alarmed_on__isnull=True) | Q(alarmed_on__lt=today))
        | Q(next_report_on__lt=today)
        & (Q(alarmed_on__isnull=True) | Q(alarmed_on__lte=F("next_report_on"))),
        case__closed_at__isnull=True,
    )
    done = 0
    for row in rows.select_related("finding", "unit", "case", "ordered_by").order_by("pk")[:limit]:
        late = row.next_report_on < today
        name = row.unit.name if row.unit else ""
        title = (_("进度逾期未报：%s") if late else _("请报送整改进度：%s")) % row.finding.number
        people = people_of_org(row.case.handler_id, today)
        tell(
            users=[*people, *(_supervisors(row, today) if late else [])],
            title=title,
            text=_("%(unit)s应于 %(day)s 报送：%(title)s")
            % {"unit": name, "day": row.next_report_on, "title": row.finding.title},
            url=_url(row.finding_id),
            key=f"report{'-late' if late else ''}:{row.pk}:{row.next_report_on}",
            at=at,
        )
        row.alarmed_on = today
        row.save(update_fields=["alarmed_on"])
        done += 1
    return done


def _money(at: datetime, limit: int) -> int:
    """Money that has not all come by its day raises an alarm to who pressed, again every week."""
    today = localdate(at)
    rows = Finding.objects.filter(
        step=Finding.Step.ORDERED, deadline__lt=today, due_fen__gt=F("paid_fen")
    )
    done = 0
    for finding in rows.select_related("case").order_by("deadline", "pk")[:limit]:
        late = (today - finding.deadline).days  # type: ignore[operator]
        rows_ = finding.rectifications.select_related("finding", "ordered_by")
        people = {user.pk: user for row in rows_ for user in _supervisors(row, today)}
        for unit in finding.units.filter(supervised=True):
            people |= {user.pk: user for user in people_of_org(unit.org_id, today)}
        tell(
            users=people.values(),
            title=_("资金逾期未全额到位：%s") % finding.number,
            text=_("应于 %(day)s 前到位，还差 %(money)s 元：%(fund)s")
            % {"day": finding.deadline, "money": yuan(finding.unpaid_fen), "fund": finding.fund},
            url=_url(finding.pk),
            key=f"money:{finding.pk}:{finding.deadline}:{(late - 1) // 7}",
            at=at,
        )
        done += 1
    return done


def _calls(at: datetime, limit: int) -> int:
    """Who promised to call again is reminded on the day."""
    calls = FollowUpCall.objects.filter(
        next_on__lte=localdate(at), finding__closed_at__isnull=True
    ).select_related("finding", "by")
    done = 0
    for call in calls.order_by("next_on", "pk")[:limit]:
        tell(
            users=[call.by],
            title=_("该电话跟进了：%s") % call.finding.number,
            text=_("上次与 %(who)s 通话：%(text)s")
            % {"who": call.spoke_to, "text": call.text[:100]},
            url=_url(call.finding_id),
            key=f"call:{call.pk}",
            at=at,
        )
        done += 1
    return done


def _self_checks(at: datetime, limit: int) -> int:
    """Units that have not answered are reminded before the day and on the day after it."""
    today = localdate(at)
    rounds = SelfCheckRound.objects.filter(
        due_on__lte=today + BEFORE, due_on__gte=today - timedelta(days=30), checks__answer=""
    ).distinct()
    done = 0
    for round_ in rounds.select_related("group", "started_by").order_by("due_on", "pk")[:limit]:
        waiting = list(round_.checks.waiting().order_by("pk"))
        late = round_.due_on < today
        title = _("自查逾期未报：%s") if late else _("自查即将到期：%s")
        _ask(round_, waiting, title=title, stage="late" if late else "soon", at=at)
        if late:
            tell(
                users=[round_.started_by],
                title=_("自查还有 %(n)d 家未报：%(title)s")
                % {"n": len(waiting), "title": round_.group.title},
                text=_("报送期限 %s，可在共性问题页催报。") % round_.due_on,
                url=reverse("findings:group", args=[round_.group_id]),
                key=f"self-check-late:{round_.pk}",
                at=at,
            )
        done += 1
    return done
