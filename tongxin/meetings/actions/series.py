"""Several meetings on one matter: what each left open, and when it is settled (S0.3)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org

from ..models import Meeting, OpenPoint, Series
from ..queries.moves import gathers
from .planning import NotOpen, NotYours


class PointsOpen(Refused):
    """A matter is not settled while something is still open."""


def _check(by: User, unit: Org) -> None:
    if not gathers(by, unit):
        raise NotYours(_("您不负责%s的会议。") % unit.name)


@transaction.atomic
def open_series(*, unit: Org, subject: str, by: User, at: datetime) -> Series:
    """Begin a series of meetings on one matter. :raises NotYours:"""
    _check(by, unit)
    subject = clean_text(subject, limit=100, field_label=_("议题"))
    return Series.objects.create(unit=unit, subject=subject, opened_at=at)


@transaction.atomic
def raise_point(
    *, meeting: Meeting, text: str, owner: str, due_on: date, by: User, at: datetime
) -> OpenPoint:
    """Write down what a meeting of a series left to somebody. :raises NotYours, NotOpen, Invalid:"""
    _check(by, meeting.unit)
    if meeting.series is None:
        raise Invalid(_("这次会议不属于系列会议。"), field="series")
    if meeting.series.closed_at:
        raise NotOpen(_("“%s”已办结。") % meeting.series.subject)
    if due_on < localdate(meeting.starts_at):
        raise Invalid(_("完成时限早于会议日期。"), field="due_on")
    return OpenPoint.objects.create(
        series=meeting.series, raised_in=meeting, due_on=due_on,
        text=clean_text(text, limit=200, field_label=_("待办")),
        owner=clean_text(owner, limit=60, field_label=_("责任单位（人）")),
    )  # fmt: skip


@transaction.atomic
def answer_point(*, point: OpenPoint, answer: str, by: User, at: datetime) -> OpenPoint:
    """Say how an open point was settled. :raises NotYours, NotOpen:"""
    point = OpenPoint.objects.select_for_update().get(pk=point.pk)
    _check(by, point.series.unit)
    if point.done_at:
        raise NotOpen(_("这项待办已办结。"))
    point.answer = clean_text(answer, limit=300, field_label=_("办理结果"))
    point.done_at = at
    point.save(update_fields=["answer", "done_at"])
    return point


@transaction.atomic
def close_series(*, series: Series, result: str, by: User, at: datetime) -> Series:
    """Settle the matter, when nothing is open. :raises NotYours, PointsOpen:"""
    series = Series.objects.select_for_update().get(pk=series.pk)
    _check(by, series.unit)
    if open_points := series.points.filter(done_at=None).count():
        raise PointsOpen(
            _("还有 %d 项待办没有办结。") % open_points, remedy=_("请先逐项填写办理结果。")
        )
    series.result = clean_text(result, limit=300, field_label=_("办结情况"))
    series.closed_at = at
    series.save(update_fields=["result", "closed_at"])
    return series
