"""Closing an operation with its report; letters on what is common to many findings (S0.74)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.documents import actions as documents
from tongxin.documents.models import Document
from tongxin.fieldwork import actions as fieldwork
from tongxin.findings.models import FindingGroup, FindingUnit
from tongxin.kit.errors import Invalid, Refused
from tongxin.orgs.models import Org

from ..models import Operation, SiteVisit
from ..queries.figures import findings_of
from ..queries.report import body_of, report_of
from .common import audit_name, locked, must_be, must_run

# The kinds of letters of discipline inspection (纪检监察建议书、提示函), as `documents` calls them.
LETTERS = ("advice_letter", "reminder_letter")
MOST_LINES = 30


class StillOut(Refused):
    """Visits that have begun are finished before the operation is closed."""


class BadLetter(Invalid):
    """A letter is of a known kind, goes to somebody, and asks for its reply after today."""


class NoFindings(Refused):
    """None of the findings of the group comes from this operation."""


@transaction.atomic
def close_operation(*, operation: Operation, by: User, at: datetime) -> Operation:
    """Close an operation: compute its report, keep it, and draft it as a document of the unit.

    Visits that have not begun are called off. The figures stay as they were on that day.
    :raises NotYours, WrongState, StillOut:
    """
    row = locked(operation)
    must_run(by, row)
    must_be(row, "running")
    stops = SiteVisit.objects.filter(dispatch__team__operation=row).select_related("visit")
    out = stops.filter(visit__state="begun").count()
    if out:
        raise StillOut(
            _("还有 %d 个点位正在检查，没有填完。") % out,
            remedy=_("请先完成检查，再结束专项监督。"),
        )
    for stop in stops.filter(visit__state__in=("planned", "missed")):
        fieldwork.cancel_visit(visit=stop.visit, reason=_("专项监督结束"), by=by, at=at)
    row.state, row.closed_by, row.closed_at = Operation.State.CLOSED, by, at
    row.result = report_of(row)
    made = _draft_report(row, by, at)
    row.report_ref = str(made.pk)
    row.save(update_fields=["state", "closed_by", "closed_at", "result", "report_ref"])
    audit(actor=by, action="inspection.close", object=audit_name(row), at=at)
    leaders = User.objects.filter(led_teams__operation=row).exclude(pk=by.pk)
    tell(
        users=leaders, title=_("专项监督已结束"), text=row.name, url=f"/inspections/{row.pk}/",
        key=f"inspection:{row.pk}:closed", at=at,
    )  # fmt: skip
    return row


def _draft_report(row: Operation, by: User, at: datetime) -> Document:
    above = row.org.parent
    return documents.draft(
        kind="inspection_report", org=row.org, title=row.result["title"],
        recipients=[above] if above else [], context={"body": body_of(row.result)}, by=by, at=at,
        source=(
            "inspection", str(row.pk), row.name, reverse("inspections:operation", args=[row.pk]),
        ),
        key=f"inspection:{row.pk}:report",
    )  # fmt: skip


@transaction.atomic
def draft_letter(
    *, operation: Operation, group: FindingGroup, kind: str, recipients: Sequence[Org],
    requirements: Sequence[str], reply_by: date, by: User, at: datetime,
) -> Document:  # fmt: skip
    """Draft a letter on what is common (建议书、提示函) to the units it concerns, with a day for the reply.

    It names places and problems, never persons: those stay sealed with their findings.
    :raises NotYours, BadLetter, NoFindings:
    """
    row = locked(operation)
    must_run(by, row)
    if kind not in LETTERS:
        raise BadLetter(_("请选择建议书或提示函。"), field="kind")
    if not recipients:
        raise BadLetter(_("请选择主送单位。"), field="recipients")
    if reply_by <= localdate(at):
        raise BadLetter(_("回复期限要在今天以后。"), field="reply_by")
    wanted = [line.strip() for line in requirements if line.strip()]
    if not wanted:
        raise BadLetter(_("请写明整改要求。"), field="requirements")
    found = list(
        findings_of(row).filter(group=group).select_related("region").order_by("year", "n")
    )
    if not found:
        raise NoFindings(_("这类共性问题里没有本次监督发现的问题。"))
    lines = [f"{one.site or one.region.name}：{one.title}" for one in found[:MOST_LINES]]
    places = list(dict.fromkeys(one.region.name for one in found))
    audit(actor=by, action="inspection.letter", object=group.title, at=at, detail={"kind": kind})
    return documents.draft(
        kind=kind, org=row.org, recipients=list(recipients), reply_by=reply_by, by=by, at=at,
        context={
            "source": group.title, "basis": row.number or row.name,
            "period": _("%(first)s至%(last)s") % {"first": row.starts_on, "last": row.ends_on},
            "scope": "、".join(places[:10]), "findings": lines, "requirements": wanted,
            "facts": _("监督检查中，%(n)d 处发现同类问题“%(title)s”。%(text)s")
            % {"n": len(found), "title": group.title, "text": group.text},
        },
        source=(
            "finding_group", str(group.pk), group.title,
            reverse("inspections:letters", args=[row.pk]),
        ),
    )  # fmt: skip


def units_of(operation: Operation, group: FindingGroup) -> list[Org]:
    """Return the units that answer for the findings of a group here, those that supervise first."""
    order = {"regulator": 0, "territory": 1, "main": 2}
    rows = FindingUnit.objects.filter(
        finding__in=findings_of(operation).filter(group=group), org__isnull=False
    ).select_related("org")
    found: dict[int, tuple[int, Org]] = {}
    for one in rows:
        if one.org is not None:
            rank = order[one.responsibility]
            found[one.org.pk] = min(found.get(one.org.pk, (9, one.org)), (rank, one.org), key=_rank)
    return [org for _n, org in sorted(found.values(), key=lambda pair: (pair[0], pair[1].pk))]


def _rank(pair: tuple[int, Org]) -> int:
    return pair[0]
