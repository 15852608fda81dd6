"""Duty, and positions while it lasts: only after the notice was agreed to, thinned, kept 30 days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit_look
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.geo import distance_m

from ..models import Consent, Duty, FieldAction, TrackPoint, home_of
from ..queries.duty import duty_of, may_look_at, notice_on, points_of
from .common import GivenPhoto
from .reading import moment_of, point_of

LONGEST = timedelta(hours=16)  # a duty that nobody ended ends by itself
APART_METRES, APART = 50, timedelta(minutes=5)
MOST_POINTS = 500


class NoticeNotAgreed(NotPermitted):
    """Positions are taken from who has read and agreed (PIPL Art. 13, 14, 29)."""


class NotOnDuty(Refused):
    """Positions are taken on duty only; one who is not on duty cannot go off it."""


class OldNotice(Invalid):
    """The notice has changed since it was read."""


class BadPoints(Invalid):
    """A track is a list of at most 500 points."""


def agree(action: FieldAction, photos: list[GivenPhoto]) -> dict[str, Any]:
    """Agree to the notice on positions that is in force; again changes nothing."""
    notice = notice_on(localtime(action.at).date())
    if action.data.get("version") != notice.version:
        raise OldNotice(
            _("定位告知书已更新，请阅读新的一版。"), field="version", version=notice.version
        )
    Consent.objects.get_or_create(
        user=action.user, version=notice.version, revoked_at=None,
        defaults={"agreed_at": action.at},
    )  # fmt: skip
    return {"title": notice.title, "url": "", "number": notice.version}


def revoke(action: FieldAction, photos: list[GivenPhoto]) -> dict[str, Any]:
    """Take consent back (PIPL Art. 15): from now on no positions; those of today go at once."""
    Consent.objects.filter(user=action.user, revoked_at=None).update(revoked_at=action.at)
    TrackPoint.objects.filter(user=action.user).delete()
    return {"title": _("已撤回定位同意，以前的轨迹已删除"), "url": "", "number": ""}


def start(action: FieldAction, photos: list[GivenPhoto]) -> dict[str, Any]:
    """Go on duty; one who is on duty stays so."""
    duty = duty_of(action.user)
    if duty is None:
        # Two starts at once: the second finds the first's, by the one open duty of a user.
        duty, _made = Duty.objects.get_or_create(
            user=action.user,
            ended_at=None,
            defaults={
                "device": action.device,
                "area": home_of(action.user),
                "started_at": action.at,
            },
        )
    return {"title": _("上岗 %s") % _clock(duty.started_at), "url": "", "number": ""}


def stop(action: FieldAction, photos: list[GivenPhoto]) -> dict[str, Any]:
    """Go off duty."""
    duty = duty_of(action.user)
    if duty is None:
        raise NotOnDuty(_("您现在不在岗，不用下岗。"))
    duty.ended_at = max(action.at, duty.started_at)
    duty.save(update_fields=["ended_at"])
    return {"title": _("下岗 %s") % _clock(duty.ended_at), "url": "", "number": ""}


def _clock(at: datetime) -> str:
    return localtime(at).strftime("%H:%M")


def track(action: FieldAction, photos: list[GivenPhoto]) -> dict[str, Any]:
    """Keep the points that lie within a duty, 50 m or five minutes apart; the others are dropped."""
    points = _points(action)
    check_consent(action.user, action.at)
    if not points:
        return {"title": _("轨迹"), "url": "", "number": "0"}
    first, last = points[0][0], points[-1][0]
    duties = list(
        Duty.objects.filter(user=action.user, started_at__lte=last)
        .filter(Q(ended_at=None) | Q(ended_at__gte=first))
        .order_by("started_at")
    )
    within = [(at, point, _duty_at(duties, at)) for at, point in points]
    if not any(duty for _at, _point, duty in within):
        raise NotOnDuty(_("这些位置不在岗期间，没有保存。"), field="points")
    before = TrackPoint.objects.filter(user=action.user, at__lte=last).order_by("-at").first()
    kept = _thinned([(at, p, duty) for at, p, duty in within if duty], before)
    rows = [
        TrackPoint(
            user=action.user, duty=duty, at=at, lng=round(point["lng"], 6),
            lat=round(point["lat"], 6), accuracy=point.get("accuracy"),
        )
        for at, point, duty in kept
    ]  # fmt: skip
    TrackPoint.objects.bulk_create(rows, ignore_conflicts=True)
    return {"title": _("轨迹 %d 个点") % len(rows), "url": "", "number": str(len(rows))}


def check_consent(user: User, at: datetime) -> None:
    """:raises NoticeNotAgreed: unless the notice in force has been agreed to, and not taken back"""
    notice = notice_on(localtime(at).date())
    if not Consent.objects.filter(user=user, version=notice.version, revoked_at=None).exists():
        raise NoticeNotAgreed(
            _("还没有同意定位告知书，不能记录轨迹。"),
            field="notice",
            remedy=_("请先在“今天”页面阅读并同意。"),
        )


def _points(action: FieldAction) -> list[tuple[datetime, dict[str, Any]]]:
    """Return the points with their time by our clock, in its order."""
    raw = action.data.get("points")
    if not isinstance(raw, list) or len(raw) > MOST_POINTS:
        raise BadPoints(_("一次最多 %d 个位置。") % MOST_POINTS, field="points")
    skew = timedelta(seconds=action.skew_seconds if "clock_off" in action.marks else 0)
    found = []
    for one in raw:
        point = point_of(one)
        moment = moment_of(one.get("at")) if isinstance(one, dict) else None
        if point and moment:
            found.append((min(moment + skew, action.received_at), point))
    return sorted(found, key=lambda pair: pair[0])


def _duty_at(duties: list[Duty], at: datetime) -> Duty | None:
    return next(
        (d for d in duties if d.started_at <= at and (d.ended_at is None or at <= d.ended_at)), None
    )


def _thinned(points: list[tuple[datetime, dict[str, Any], Duty]], before: TrackPoint | None):
    """Drop what is nearer than 50 m and sooner than five minutes after the last one kept."""
    last = (before.at, before.lng, before.lat) if before else None
    kept = []
    for at, point, duty in points:
        soon = last is not None and at - last[0] < APART
        if last and soon and distance_m(*last[1:], point["lng"], point["lat"]) < APART_METRES:
            continue
        kept.append((at, point, duty))
        last = (at, point["lng"], point["lat"])
    return kept


def look_at_track(
    *, whose: User, day, actor: User, reason: str, at: datetime, address: str = ""
) -> list[TrackPoint]:
    """Return somebody's positions of a day, for a reason that is written down; one's own without.

    :raises NotPermitted: unless the actor is an officer over the land of their post
    :raises NoReason: without a reason of four characters
    """
    if actor.pk != whose.pk:
        if not may_look_at(actor, whose):
            raise NotPermitted(_("只有所在街镇（区）的管理员可以查看在岗轨迹。"))
        audit_look(
            actor=actor, action="track.look", object=f"{whose.username} {day}", reason=reason,
            at=at, address=address,
        )  # fmt: skip
    return points_of(whose, day)
