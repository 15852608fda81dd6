"""Who came: by the code on the screen, by the list, and the moment that closes the list."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotFound, Refused
from tongxin.kit.text import clean_text

from ..models import Attendance, Meeting
from ..queries.rules import number
from .planning import NotOpen, check_move, expected_of, locked

SALT = "meetings.sign-in"
P, S = Attendance.Status, Meeting.State


class CodeExpired(Refused):
    """The code on the screen has changed since it was scanned."""

    status = 410


class NotInvited(NotFound):
    """Whoever scans is not on the list."""


class TooEarly(Refused):
    """Signing in has not begun."""


class TooLate(Refused):
    """Signing in is over."""


class NobodyCame(Refused):
    """A meeting that nobody came to was not held."""


def sign_code(*, meeting: Meeting, at: datetime) -> str:
    """Return the code of the moment, for a QR: good until the one after it has gone, too."""
    return Signer(salt=SALT).sign(f"{meeting.pk}.{_slot(at)}")


def meeting_of_code(*, code: str, at: datetime) -> Meeting:
    """Return the meeting of a code that is on the screen now, or was just before.

    :raises CodeExpired: if it is older, or not ours
    """
    expired = CodeExpired(
        _("签到码已过期，请重新扫描屏幕上的二维码。"), remedy=_("签到码每半分钟更换一次。")
    )
    try:
        pk, slot = map(int, Signer(salt=SALT).unsign(code).split("."))
    except (BadSignature, ValueError):
        raise expired from None
    if not 0 <= _slot(at) - slot <= 1:
        raise expired
    meeting = Meeting.objects.filter(pk=pk).select_related("unit").first()
    if meeting is None:
        raise expired
    return meeting


def _slot(at: datetime) -> int:
    return int(at.timestamp()) // int(number("sign_in", "code_seconds", localdate(at)))


@transaction.atomic
def sign_in(*, meeting: Meeting, user: User, at: datetime, code: str = "") -> Attendance:
    """Sign oneself in; a second time changes nothing.

    `code` is checked where it is given; a page that has checked it before hands in none.

    :raises CodeExpired, NotInvited, TooEarly, TooLate, NotOpen:
    """
    if code and meeting_of_code(code=code, at=at).pk != meeting.pk:
        raise Invalid(_("这个签到码属于另一场会议。"), field="code")
    meeting = locked(meeting)
    row = meeting.attendances.filter(user=user).first()
    if row is None:
        raise NotInvited(
            _("您不在这次会议的名单上。"), remedy=_("如果您应当参加，请联系主持人登记到名单。")
        )
    if row.status == P.PRESENT:
        return row
    _check_window(meeting, at)
    row.status, row.how, row.at, row.by, row.reason = P.PRESENT, Attendance.How.QR, at, user, ""
    row.is_late = at > meeting.starts_at + _minutes("late_after", at)
    row.save()
    return row


def _minutes(name: str, at: datetime) -> timedelta:
    return timedelta(minutes=int(number("sign_in", name, localdate(at))))


def _check_window(meeting: Meeting, at: datetime) -> None:
    if meeting.state not in (S.NOTICED, S.HELD):
        raise NotOpen(_("会议%s，现在不能签到。") % meeting.get_state_display())
    opens = meeting.starts_at - _minutes("opens_before", at)
    if at < opens:
        raise TooEarly(_("还没到签到时间，%s 起可以签到。") % f"{localtime(opens):%H:%M}")
    if at > meeting.ends_at + _minutes("closes_after", at):
        raise TooLate(_("会议已结束，签到已停止。"), remedy=_("确实到会的，请主持人按名单补登。"))


@transaction.atomic
def mark_attendance(
    *, meeting: Meeting, statuses: dict[int, tuple[str, str]], by: User, at: datetime
) -> int:
    """Mark the list: {attendance id: (status, reason)}; return how many changed.

    For those without a phone, and for leave; leave needs its reason.

    :raises NotOpen, NotYours, Invalid:
    """
    meeting = locked(meeting)
    check_move(meeting, "mark", by)
    if meeting.state == S.HELD and meeting.decisions.exists():
        raise NotOpen(_("已登记表决，到会名单不能再改。"))
    changed = 0
    for row in meeting.attendances.filter(pk__in=statuses):
        status, reason = statuses[row.pk]
        if status not in P.values:
            raise Invalid(_("请选择到会情况。"), field=f"status_{row.pk}")
        reason = clean_text(
            reason, limit=100, field_label=_("%s的请假事由") % row.name, required=status == P.LEAVE
        )
        if status == P.PRESENT and at < meeting.starts_at - _minutes("opens_before", at):
            raise TooEarly(_("会议还没开始，不能登记到会。"))
        if (row.status, row.reason) == (status, reason if status == P.LEAVE else ""):
            continue
        row.status, row.reason = status, reason if status == P.LEAVE else ""
        row.how, row.at, row.by, row.is_late = Attendance.How.LIST, at, by, False
        row.save()
        changed += 1
    return changed


@transaction.atomic
def ask_leave(*, meeting: Meeting, user: User, reason: str, at: datetime) -> Attendance:
    """Ask leave for oneself, with the reason, until the meeting starts.

    :raises NotInvited, NotOpen, TooLate:
    """
    meeting = locked(meeting)
    row = meeting.attendances.filter(user=user).first()
    if row is None:
        raise NotInvited(_("您不在这次会议的名单上。"))
    if meeting.state != S.NOTICED:
        raise NotOpen(_("会议%s，不能请假。") % meeting.get_state_display())
    if at >= meeting.starts_at or row.status == P.PRESENT:
        raise TooLate(_("会议已开始，不能再请假，请联系主持人。"))
    row.reason = clean_text(reason, limit=100, field_label=_("请假事由"))
    row.status, row.how, row.at, row.by = P.LEAVE, "", at, user
    row.save()
    return row


@transaction.atomic
def hold_meeting(*, meeting: Meeting, by: User, at: datetime) -> Meeting:
    """Say that the meeting is held: those who neither came nor asked leave are absent.

    :raises NotOpen, NotYours, TooEarly, NobodyCame:
    """
    meeting = locked(meeting)
    check_move(meeting, "hold", by)
    if at < meeting.starts_at:
        raise TooEarly(
            _("%s 才开始，还不能确认召开。") % f"{localtime(meeting.starts_at):%m-%d %H:%M}"
        )
    if not expected_of(meeting).filter(status=P.PRESENT).exists():
        raise NobodyCame(
            _("还没有人签到，不能确认召开。"), remedy=_("请先扫码签到或按名单登记到会。")
        )
    meeting.attendances.filter(status=P.EXPECTED).update(status=P.ABSENT)
    meeting.state, meeting.held_at = S.HELD, at
    meeting.save(update_fields=["state", "held_at"])
    return meeting
