"""Measuring units by the standard: computed for many at once, ruled by people, confirmed above (S4.6, S4.8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import LogEntry, Org, Post, UnitKind

from ..models import Assessment, AssessmentItem, Programme, Ruling, StandardSet, Verdict
from ..queries import branches_under, judge, may_confirm, outcome_of_assessment, standard_on
from .common import BadYear, NotAbove, must_be_above, must_keep

CHUNK = 200  # units computed with one set of queries
STALE = timedelta(hours=20)  # after which the worker computes a draft anew


class NotMeasured(Invalid):
    """Only standing, lasting branches are measured by the frame."""


class AlreadyConfirmed(Refused):
    """What is confirmed is opened again with a reason before it is changed."""


class StillOpen(Refused):
    """Some items have no verdict yet."""


class NotConfirmed(Refused):
    """There is nothing to open again."""


class RulingStands(Refused):
    """What the unit above ruled is not changed by the unit itself."""


def _last_day(year: int, at: datetime) -> date:
    """Return the day up to which a year is looked at: its last, or today."""
    today = localdate(at)
    if not 2000 <= year <= today.year:
        raise BadYear(_("请选择今年或以前的年度。"), field="year")
    return min(today, date(year, 12, 31))


@transaction.atomic
def assess_unit(*, unit: Org, year: int, by: User, at: datetime) -> Assessment:
    """Compute how a branch stands by the standard of a year, or compute it anew.

    :raises NotYours, NotMeasured, AlreadyConfirmed, BadYear, NoStandard:
    """
    must_keep(by, unit)
    if unit.unit_kind != UnitKind.BRANCH or unit.is_temporary or unit.dissolved_on:
        raise NotMeasured(_("只考核现有的党支部，%s不在范围内。") % unit.name)
    known = Assessment.objects.filter(unit=unit, year=year, passed__isnull=False).exists()
    if known:
        raise AlreadyConfirmed(
            _("%(unit)s %(year)d 年度的考核已经确认。") % {"unit": unit.name, "year": year},
            remedy=_("要重新核算，请由上级先“重新打开”并写明理由。"),
        )
    return _compute([unit], year, by, at)[0]


@transaction.atomic
def assess_below(
    *, unit: Org, year: int, by: User, at: datetime, limit: int = 300
) -> tuple[int, int]:
    """Compute the branches at or under a unit that are not confirmed, those longest ago first.

    Return (how many were computed, how many are left).

    :raises NotYours, BadYear, NoStandard:
    """
    must_keep(by, unit)
    _last_day(year, at)
    rows = branches_under(unit).exclude(
        assessments__in=Assessment.objects.filter(year=year, passed__isnull=False)
    )
    fresh = Assessment.objects.filter(year=year, computed_at__gte=at - timedelta(minutes=30))
    rows = rows.exclude(assessments__in=fresh.filter(passed=None))
    total = rows.count()
    units = list(rows.select_related("parent")[:limit])
    for first in range(0, len(units), CHUNK):
        _compute(units[first : first + CHUNK], year, by, at)
    return len(units), total - len(units)


def _compute(units: Sequence[Org], year: int, by: User | None, at: datetime) -> list[Assessment]:
    """Write what the computer finds of units; what people ruled stays. A constant number of queries."""
    on = _last_day(year, at)
    standard = standard_on(on)
    units = list(Org.objects.filter(pk__in=[unit.pk for unit in units]).select_related("parent"))
    Assessment.objects.bulk_create(
        [
            Assessment(unit=unit, year=year, standard=standard, on=on, computed_at=at, computed_by=by)
            for unit in units
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    rows = Assessment.objects.select_for_update(of=("self",)).filter(
        unit__in=units, year=year, passed=None
    )
    found = {row.unit_id: row for row in rows.order_by("pk")}
    AssessmentItem.objects.filter(assessment__in=found.values()).exclude(
        item__standard=standard
    ).delete()  # of an older version of the frame: begun, never confirmed
    ruled = _rulings(found)
    judged = judge([unit for unit in units if unit.pk in found], standard, year, on)
    lines = []
    for unit_id, items in judged.items():
        for one in items:
            row = found[unit_id]
            verdict = ruled.get((row.pk, one.item.pk), one.verdict)
            lines.append(
                AssessmentItem(
                    assessment=row, item=one.item, computed=one.verdict, reason=one.reason[:300],
                    rows=one.rows, verdict=verdict,
                )
            )  # fmt: skip
    AssessmentItem.objects.bulk_create(
        lines,
        batch_size=200,
        update_conflicts=True,
        unique_fields=["assessment", "item"],
        update_fields=["computed", "reason", "rows", "verdict"],
    )
    Assessment.objects.filter(pk__in=[row.pk for row in found.values()]).update(
        standard=standard, on=on, computed_at=at, computed_by=by
    )
    for row in found.values():
        row.standard, row.on, row.computed_at = standard, on, at
    return list(found.values())


def _rulings(found: dict[int, Assessment]) -> dict[tuple[int, int], str]:
    """Return the last verdict of a person by (assessment, item)."""
    rows = Ruling.objects.filter(row__assessment__in=found.values(), withdrawn_at=None)
    return {
        (assessment, item): verdict
        for assessment, item, verdict in rows.order_by("pk").values_list(
            "row__assessment", "row__item", "verdict"
        )
    }


def _locked(assessment: Assessment) -> Assessment:
    rows = Assessment.objects.select_for_update(of=("self",))
    return rows.select_related("unit__parent", "unit__region", "standard").get(pk=assessment.pk)


@transaction.atomic
def rule_item(*, row: AssessmentItem, verdict: str, reason: str, by: User, at: datetime) -> Ruling:
    """Say how an item stands, with reason and evidence; what was computed stays beside it.

    A branch says so of what is judged by hand; what the computer found is overruled from above
    only, and so is what was ruled from above.

    :raises NotYours, AlreadyConfirmed, NotAbove, RulingStands, Invalid:
    """
    assessment = _locked(row.assessment)
    one = AssessmentItem.objects.select_related("item").get(pk=row.pk)
    must_keep(by, assessment.unit)
    if assessment.passed is not None:
        raise AlreadyConfirmed(_("考核已经确认，请先重新打开。"))
    if verdict not in (Verdict.MET, Verdict.NOT_MET, Verdict.NOT_ASKED):
        raise Invalid(_("请选择达标、未达标或不适用。"), field="verdict")
    reason = clean_text(reason, limit=300, field_label=_("理由和佐证"), required=True)
    if len(reason) < 4:
        raise Invalid(_("理由至少写 4 个字。"), field="reason")
    above = may_confirm(by, assessment.unit)
    if not above and one.computed != Verdict.OPEN:
        raise NotAbove(
            _("系统核算出的结果由上级党组织改判。"), remedy=_("如有出入，请先补全台账再重新核算。")
        )
    if not above and one.rulings.filter(from_above=True, withdrawn_at=None).exists():
        raise RulingStands(_("上级已经核查过这一项。"))
    made = Ruling.objects.create(
        row=one, verdict=verdict, reason=reason, from_above=above, by=by, at=at
    )
    one.verdict = verdict
    one.save(update_fields=["verdict"])
    return made


@transaction.atomic
def take_back_rulings(*, rulings: Sequence[int], by: User, at: datetime) -> int:
    """Withdraw rulings that a sheet brought; what was ruled before counts again, or what was computed.

    :raises NotYours, AlreadyConfirmed:
    """
    rows = Ruling.objects.filter(pk__in=rulings, withdrawn_at=None)
    found = list(rows.select_related("row__assessment__unit").order_by("-pk"))
    for ruling in found:
        assessment = _locked(ruling.row.assessment)
        must_keep(by, assessment.unit)
        if assessment.passed is not None:
            raise AlreadyConfirmed(_("考核已经确认，请先重新打开。"))
        ruling.withdrawn_at = at
        ruling.save(update_fields=["withdrawn_at"])
        last = ruling.row.rulings.filter(withdrawn_at=None).order_by("-pk").first()
        ruling.row.verdict = last.verdict if last else ruling.row.computed
        ruling.row.save(update_fields=["verdict"])
    return len(found)


@transaction.atomic
def confirm_assessment(*, assessment: Assessment, by: User, at: datetime) -> Assessment:
    """Confirm an assessment: from above, with no item open. It stands in the unit's book (S4.8).

    :raises NotAbove, NotYours, AlreadyConfirmed, StillOpen:
    """
    row = _locked(assessment)
    must_be_above(by, row.unit)
    if row.passed is not None:
        raise AlreadyConfirmed(_("这份考核已经确认过了。"))
    outcome = outcome_of_assessment(row)
    if outcome.open:
        raise StillOpen(
            _("还有 %d 项没有核查。") % outcome.open, remedy=_("请逐项写明结论和佐证，再确认。")
        )
    row.passed, row.confirmed_at, row.confirmed_by = outcome.passes, at, by
    row.times += 1
    row.save(update_fields=["passed", "confirmed_at", "confirmed_by", "times"])
    verdict = _("达标") if row.passed else _("未达标")
    words = {"year": row.year, "verdict": verdict, "why": outcome.sentence,
             "standard": row.standard.name}  # fmt: skip
    text = _("%(year)d 年度标准化考核：%(verdict)s。%(why)s（%(standard)s）") % words
    write_log(
        unit=row.unit, kind=LogEntry.Kind.ASSESSMENT, text=text, at=at, recorded_at=at,
        source=f"standards.assessment:{row.pk}", key=f"standard:{row.pk}:{row.times}", actor=by,
        data={"passed": row.passed, "met": outcome.met, "asked": outcome.asked},
    )  # fmt: skip
    _tell(row, _("标准化考核已确认：%s") % verdict, outcome.sentence, at)
    return row


@transaction.atomic
def reopen_assessment(*, assessment: Assessment, reason: str, by: User, at: datetime) -> Assessment:
    """Open a confirmed assessment again, with the reason; the book keeps both.

    :raises NotAbove, NotConfirmed, Invalid:
    """
    row = _locked(assessment)
    must_be_above(by, row.unit)
    if row.passed is None:
        raise NotConfirmed(_("这份考核还没有确认。"))
    reason = clean_text(reason, limit=300, field_label=_("理由"), required=True)
    row.passed, row.confirmed_at, row.confirmed_by = None, None, None
    row.save(update_fields=["passed", "confirmed_at", "confirmed_by"])
    text = _("重新打开 %(year)d 年度标准化考核：%(reason)s") % {"year": row.year, "reason": reason}
    write_log(
        unit=row.unit, kind=LogEntry.Kind.ASSESSMENT, text=text, at=at, recorded_at=at,
        source=f"standards.assessment:{row.pk}", key=f"standard:{row.pk}:{row.times}:open",
        actor=by,
    )  # fmt: skip
    _tell(row, _("标准化考核重新打开"), reason, at)
    return row


def _tell(row: Assessment, title: str, text: str, at: datetime) -> None:
    posts = Post.objects.held_on(localdate(at)).filter(org=row.unit, role=Post.Role.SECRETARY)
    state = "open" if row.passed is None else "done"
    tell(
        users=[post.user for post in posts.select_related("user")], title=title, text=text,
        url=reverse("standards:assessment", args=[row.pk]),
        key=f"standards.assessment:{row.pk}:{row.times}:{state}", at=at,
    )  # fmt: skip


def assess_due(*, at: datetime, limit: int = CHUNK) -> int:
    """Compute this year's drafts anew, once a day, below units whose programme runs by a standard.

    Safe beside itself: rows are locked while they are computed, and computing twice changes nothing.
    """
    today = localdate(at)
    running = Programme.objects.filter(
        closed_on=None, from_year__lte=today.year, to_year__gte=today.year, standard__isnull=False
    )
    paths = list(running.values_list("unit__path", flat=True))
    if not paths or not StandardSet.objects.on(today).exists():
        return 0
    under = Q()
    for path in paths:
        under |= Q(path__under=path)
    done = Assessment.objects.filter(year=today.year).filter(
        Q(passed__isnull=False) | Q(computed_at__gte=at - STALE)
    )
    rows = Org.objects.units().filter(under, unit_kind=UnitKind.BRANCH, is_temporary=False)
    units = list(rows.exclude(assessments__in=done).order_by("pk")[:limit])
    if units:
        with transaction.atomic():
            _compute(units, today.year, None, at)
    return len(units)
