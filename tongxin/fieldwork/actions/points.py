"""Mobile office points (流动办公点, S4.39): a visit that residents know of, with matters taken there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.cases.models import Case
from tongxin.kit.errors import Invalid
from tongxin.kit.text import clean_text
from tongxin.regions.models import Region

from ..models import OfficePoint, Visit, VisitKind, VisitMatter
from .common import VisitOver, note_change
from .visits import locked, must_be_on_team, must_manage, plan_visit


class BadHours(Invalid):
    """A point opens before it closes, within one day."""


class UnknownCase(Invalid):
    """There is no case of this number that the one who names it may see."""


@transaction.atomic
def plan_point(
    *, title: str, region: Region, place_name: str, opens_at: datetime, closes_at: datetime,
    services: str, workers: Sequence[User], by: User, at: datetime, announce: bool = False,
    lng: float | None = None, lat: float | None = None, key: str = "",
) -> OfficePoint:  # fmt: skip
    """Arrange a mobile office point; with `announce` residents see it at once.

    :raises NotYourLand, BadHours, Invalid: and what `plan_visit` raises
    """
    day = localdate(opens_at)
    if closes_at <= opens_at or localdate(closes_at) != day:
        raise BadHours(_("结束时间要在同一天、开始时间之后。"), field="closes_at")
    visit = plan_visit(
        kind=VisitKind.OFFICE_POINT, title=title, region=region, by=by, at=at, workers=workers,
        due_from=day, due_on=day, place_name=clean_text(place_name, limit=100, field_label=_("地点"), required=True),
        lng=lng, lat=lat, key=key,
    )  # fmt: skip
    if before := OfficePoint.objects.filter(visit=visit).first():
        return before
    return OfficePoint.objects.create(
        visit=visit, opens_at=opens_at, closes_at=closes_at,
        services=clean_text(services, limit=200, field_label=_("办理事项"), required=True),
        announced_at=at if announce else None,
    )  # fmt: skip


@transaction.atomic
def announce_point(*, point: OfficePoint, by: User, at: datetime) -> OfficePoint:
    """Let residents know of a point.

    :raises NotYourLand, VisitOver:
    """
    visit = locked(point.visit)
    must_manage(visit, by)
    if visit.state == Visit.State.CANCELLED:
        raise VisitOver(_("这个办公点已取消。"))
    if point.announced_at is None:
        point.announced_at = at
        point.save(update_fields=["announced_at"])
        note_change(visit, "announced", _("向居民公布"), by=by, at=at, recorded_at=at)
    return point


@transaction.atomic
def take_matter(
    *, visit: Visit, text: str, by: User, at: datetime, is_settled: bool = False,
    case_number: str = "",
) -> VisitMatter:  # fmt: skip
    """Write down a matter somebody brought; one that went on as a case names its number.

    :raises NotOnTeam, VisitOver, UnknownCase, Invalid:
    """
    row = locked(visit)
    must_be_on_team(row, by)
    if row.state not in (Visit.State.BEGUN, Visit.State.DONE):
        raise VisitOver(_("开始走访后才能登记事项。"))
    number = clean_text(case_number, limit=30, field_label=_("转办编号"))
    if number and not Case.objects.visible_to(by).filter(number=number).exists():
        raise UnknownCase(_("没有找到编号为“%s”的工单。") % number, field="case_number")
    return VisitMatter.objects.create(
        visit=row, is_settled=is_settled, case_number=number, by=by, at=at,
        text=clean_text(text, limit=200, field_label=_("事项"), required=True),
    )  # fmt: skip


@transaction.atomic
def count_received(*, point: OfficePoint, received: int, by: User, at: datetime) -> OfficePoint:
    """Say how many people were received.

    :raises NotOnTeam, VisitOver, Invalid:
    """
    visit = locked(point.visit)
    must_be_on_team(visit, by)
    if visit.begun_at is None:
        raise VisitOver(_("开始后才能填接待人数。"))
    if not 0 <= received <= 9999:
        raise Invalid(_("接待人数应在 0 到 9999 之间。"), field="received")
    point.received = received
    point.save(update_fields=["received"])
    return point
