"""Points kept by turns (轮岗驻点, S3.15): a fair plan without collisions, made by one function."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db import IntegrityError, transaction
from django.utils.timezone import get_current_timezone, localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.regions.models import Region

from ..models import RotationPoint, RotationTurn, Secondment
from ..queries.turns import Slot, plan_turns
from ..scope import rates
from .rules import NotYours

LONGEST_PLAN = 62  # days


class BadPoint(Invalid):
    """A point has shifts of a day, in order, each with hands."""


class PointThere(Refused):
    """A point is named once in a community."""


class TooFewHands(Refused):
    """There are not enough people for the turns to be free of collisions."""


@transaction.atomic
def open_point(
    *, community: Region, name: str, shifts: str, hands: int, at: datetime, by: User
) -> RotationPoint:
    """Open a point with the shifts of its day ("08:00-16:00 16:00-24:00").

    :raises NotYours: unless `by` stands on the field line of the community, or directs above
    :raises BadPoint, PointThere: as their names say
    """
    _check(community, by)
    name = clean_text(name, limit=60, field_label=_("点位"), required=True)
    spans = read_shifts(shifts)
    if not 1 <= hands <= 20:
        raise BadPoint(_("每班 1 到 20 人"), field="hands")
    words = " ".join(f"{_clock(start)}-{_clock(end)}" for start, end in spans)
    try:
        with transaction.atomic():
            point = RotationPoint.objects.create(
                community=community, name=name, shifts=words, hands=hands
            )
    except IntegrityError as error:
        raise PointThere(
            _("%(place)s已有驻点“%(name)s”") % {"place": community, "name": name}, field="name"
        ) from error
    audit(actor=by, action="point.open", object=name, detail={"region": community.code}, at=at)
    return point


def read_shifts(text: str) -> list[tuple[int, int]]:
    """Read shifts as minutes of the day. Raises BadPoint unless each ends after it starts, in order."""
    try:
        spans = [tuple(map(_minutes, span.split("-"))) for span in text.split()]
        pairs = [(start, end) for start, end in spans]
    except ValueError:
        pairs = []
    last = 0
    for start, end in pairs:
        if start < last or end <= start:
            pairs = []
            break
        last = end
    if not pairs:
        raise BadPoint(
            _("班次读不懂，请写成“08:00-16:00 16:00-24:00”，按先后，不重叠"), field="shifts"
        )
    return pairs


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    total = int(hours) * 60 + int(minutes)
    if not (0 <= int(minutes) < 60 and 0 <= total <= 24 * 60):
        raise ValueError(text)
    return total


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@transaction.atomic
def close_point(*, point: RotationPoint, at: datetime, by: User) -> None:
    """Give a point up from tomorrow on; turns to come are taken back. Raises NotYours."""
    _check(point.community, by)
    point.closed_on = localdate(at)
    point.save(update_fields=["closed_on"])
    point.turns.filter(starts_at__gte=midnight(localdate(at) + timedelta(days=1))).delete()
    audit(actor=by, action="point.close", object=point.name, detail={}, at=at)


@transaction.atomic
def plan_rotation(
    *, community: Region, first: date, last: date, at: datetime, by: User
) -> list[RotationTurn]:
    """Plan the turns of all points of a community for some days, in place of those planned there.

    Fair: whoever had the fewest turns comes next. Without collisions: nobody has two turns on a
    day, and eleven hours lie between the end of one and the start of the next. Nobody is planned
    for a day on which they do not serve.

    :raises NotYours: as its name says
    :raises BadPoint: without points, for days that are over, or more than 62
    :raises TooFewHands: naming the first turn that nobody is free for; nothing is planned then
    """
    _check(community, by)
    if first <= localdate(at) or not first <= last < first + timedelta(days=LONGEST_PLAN):
        raise BadPoint(_("从明天起排，一次最多 %d 天") % LONGEST_PLAN, field="first")
    Region.objects.select_for_update(of=("self",)).get(pk=community.pk)
    points = list(
        RotationPoint.objects.filter(community=community, closed_on__isnull=True).order_by("pk")
    )
    if not points:
        raise BadPoint(_("%s还没有驻点") % community)
    RotationTurn.objects.filter(
        point__in=points, starts_at__range=(midnight(first), midnight(last + timedelta(days=1)))
    ).delete()
    slots = slots_of(points, first, last)
    people = list(
        Secondment.objects.standing()
        .filter(community=community, from_date__lte=last, to_date__gte=first)
        .order_by("pk")
    )
    before = list(RotationTurn.objects.filter(secondment__in=people).order_by("starts_at"))
    plan = plan_turns(slots, people, before)
    for slot, chosen in plan:
        if len(chosen) < slot.hands:
            raise TooFewHands(
                _("%(day)s %(point)s 这一班排不出 %(n)d 人（同一天只值一班，两班间隔 11 小时）")
                % {
                    "day": slot.starts_at.strftime("%Y-%m-%d %H:%M"),
                    "point": slot.point,
                    "n": slot.hands,
                },
                remedy=_("请减少驻点或班次，或增加下沉干部"),
            )
    return RotationTurn.objects.bulk_create(
        [
            RotationTurn(point=s.point, secondment=p, starts_at=s.starts_at, ends_at=s.ends_at)
            for s, chosen in plan
            for p in chosen
        ],
        500,
    )


def slots_of(points: list[RotationPoint], first: date, last: date) -> list[Slot]:
    """Return the turns to fill, by time and point."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    slots = [
        Slot(
            point,
            day,
            midnight(day) + timedelta(minutes=start),
            midnight(day) + timedelta(minutes=end),
            point.hands,
        )
        for day in days
        for point in points
        for start, end in read_shifts(point.shifts)
    ]
    return sorted(slots, key=lambda slot: (slot.starts_at, slot.point.pk))


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=get_current_timezone())


def _check(community: Region, by: User) -> None:
    if community.level != Region.Level.COMMUNITY or not rates(by, community.path):
        raise NotYours(_("只有%s的社区书记、两委，或街镇管理员可以排班") % community)
