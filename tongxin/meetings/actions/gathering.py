"""Meetings across units: joint conferences, coordination, regular and push meetings.

They are no organisation life: no rule binds them, no hours come of them, and no check counts them.
From the plan on they go the way of every meeting: notice, attendance, minutes, approval.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org

from ..models import GATHERINGS, Attendance, Meeting, Series
from ..queries.moves import gathers
from ..queries.people import Invitee
from .attending import NotInvited, TooLate
from .planning import (
    NotOpen,
    NotYours,
    _agenda,
    _ask,
    _check_times,
    _checked_texts,
    _planned_before,
    _tell,
    check_move,
    locked,
    month_of,
)

MOST_INVITED = 300
OUTSIDE = (Attendance.Part.DEPARTMENT, Attendance.Part.AGENCY, Attendance.Part.ALLIANCE)


@transaction.atomic
def plan_gathering(
    *,
    unit: Org,
    kind: str,
    title: str,
    starts_at: datetime,
    ends_at: datetime,
    venue: str,
    chair: str,
    by: User,
    at: datetime,
    invited: Iterable[Invitee] = (),
    agenda: str = "",
    series: Series | None = None,
    key: str | None = None,
) -> Meeting:
    """Plan a meeting of several units under one that calls it, with those invited on its list.

    `kind` is a word of GATHERINGS: joint, coordination, regular, push. `unit` is any organisation
    that `by` may call gatherings of (`queries.gathers`). Who is named twice sits there once, for
    both agencies. A repeated `key` returns the first plan. How long ago a plan may begin is a
    figure of the rules (`load_rules`), as for every meeting.

    :raises NotYours: if `by` does not call gatherings of the unit
    :raises WrongTime, Invalid:
    :raises KeyReused: if the key planned a meeting of another content
    """
    if not gathers(by, unit):
        raise NotYours(_("您不能以%s的名义召集会议。") % unit.name)
    if kind not in GATHERINGS:
        raise Invalid(_("请选择会议类型。"), field="kind")
    _check_times(starts_at, ends_at, at)
    given: dict[str, Any] = _checked_texts({"title": title, "venue": venue, "chair": chair}) | {
        "unit": unit, "kind": kind, "is_gathering": True, "starts_at": starts_at,
        "ends_at": ends_at, "agenda": _agenda(agenda), "series": series,
    }  # fmt: skip
    scoped = f"{by.pk}:{key}" if key else None
    if made := _planned_before(scoped, given):
        return made
    if series is not None:
        series = Series.objects.select_for_update().get(pk=series.pk)
        if series.unit_id != unit.pk or series.closed_at:
            raise Invalid(_("这个系列会议已办结，或不属于召集单位。"), field="series")
    people = _invited(invited)
    try:
        with transaction.atomic():
            meeting = Meeting.objects.create(
                **given, month=month_of(starts_at), created_by=by, created_at=at, key=scoped
            )
    except IntegrityError:  # the same form came twice at the same moment
        if made := _planned_before(scoped, given):
            return made
        raise
    _ask(meeting, people)
    return meeting


@transaction.atomic
def set_invited(*, meeting: Meeting, invited: Iterable[Invitee], by: User, at: datetime) -> int:
    """Write the list of a gathering anew while it is only planned; return how many are on it.

    :raises NotOpen: once it was announced, or for organisation life
    :raises NotYours, Invalid:
    """
    meeting = locked(meeting)
    check_move(meeting, "change", by)
    if not meeting.is_gathering or meeting.state != Meeting.State.PLANNED:
        raise NotOpen(_("会议%s，名单不能重列。") % meeting.get_state_display())
    people = _invited(invited)
    meeting.attendances.all().delete()
    _ask(meeting, people)
    return len(people)


def _invited(invited: Iterable[Invitee]) -> list[Invitee]:
    """Return who is asked, cleaned, everybody once. :raises Invalid:"""
    once: dict[tuple[str, Any], Invitee] = {}
    for n, one in enumerate(invited):
        name = clean_text(one.name, limit=40, field_label=_("姓名"), required=True)
        agency = clean_text(one.agency, limit=60, field_label=_("单位"), required=False)
        if one.part not in Attendance.Part.values:
            raise Invalid(_("请选择%s的身份。") % name, field="part")
        if one.part in OUTSIDE and not agency:
            raise Invalid(_("请写明%s来自哪个单位。") % name, field="agency")
        known = ("user", one.user_id) if one.user_id else ("person", one.person_id)
        known = known if known[1] else ("guest", n)
        first = once.get(known)
        if first is None:
            once[known] = replace(one, name=name, agency=agency)
        elif agency and agency not in first.agency.split("、"):
            both = "、".join(filter(None, (first.agency, agency)))
            once[known] = replace(first, agency=both[:60], votes=first.votes or one.votes)
    if len(once) > MOST_INVITED:
        raise Invalid(_("一次会议最多邀请 %d 人。") % MOST_INVITED, field="invited")
    return list(once.values())


@transaction.atomic
def send_substitute(
    *, meeting: Meeting, user: User, name: str, reason: str, at: datetime,
    stand_in: User | None = None,
) -> Attendance:  # fmt: skip
    """Ask leave of a gathering and name who comes instead, for the same unit; once.

    The one who comes sits there with the same part, agency and vote; with an account they are told.

    :raises NotInvited: by whoever is not on the list
    :raises NotOpen, TooLate, Invalid:
    """
    meeting = locked(meeting)
    row = _seat_of(meeting, user, at)
    name = clean_text(
        stand_in.name if stand_in else name, limit=40, field_label=_("代会人"), required=True
    )
    if stand_in and meeting.attendances.filter(user=stand_in).exists():
        raise Invalid(_("%s 已在名单上。") % name, field="name")
    row.reason = clean_text(reason, limit=100, field_label=_("请假事由"), required=True)
    row.status, row.how, row.at, row.by = Attendance.Status.LEAVE, "", at, user
    row.save()
    made = Attendance.objects.create(
        meeting=meeting, user=stand_in, name=name, part=row.part, agency=row.agency,
        votes=row.votes, stands_for=row, by=user,
    )  # fmt: skip
    row.votes = False  # the vote goes with the seat
    row.save(update_fields=["votes"])
    if stand_in:
        _tell(meeting, _("请您参加：%s"), at, tag="stands-in", only=stand_in.pk)
    return made


def _seat_of(meeting: Meeting, user: User, at: datetime) -> Attendance:
    """Return the seat that a user may still give to somebody."""
    row = meeting.attendances.filter(user=user).first()
    if row is None:
        raise NotInvited(_("您不在这次会议的名单上。"))
    if not meeting.is_gathering:
        raise NotOpen(_("组织生活不能请人代替参加，只能请假。"))
    if meeting.state != Meeting.State.NOTICED:
        raise NotOpen(_("会议%s，不能再委托他人。") % meeting.get_state_display())
    if at >= meeting.starts_at or row.status == Attendance.Status.PRESENT:
        raise TooLate(_("会议已开始，不能再委托他人，请联系主持人。"))
    if Attendance.objects.filter(stands_for=row).exists():
        raise Invalid(_("您已委托他人参加。"), field="name")
    if row.stands_for_id:
        raise Invalid(_("您是代他人参加的，不能再委托他人。"), field="name")
    return row
