"""What was decided, the minutes, their approval, and what is appended after it."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.images import check_photo
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import write_log

from ..models import (
    Attendance,
    Correction,
    Decision,
    Kind,
    LessonDone,
    Meeting,
    Photo,
    Step,
    StudyHour,
)
from .planning import check_move, expected_of, locked

MOST_PHOTOS = 12
LEAST_MINUTES = 20  # characters: a title is no record
S = Meeting.State
STUDY_KINDS = (Kind.LECTURE, Kind.STUDY)


class VotesDoNotAddUp(Invalid):
    """In favour, against, abstaining and invalid are not as many as voted."""


class NoQuorum(Refused):
    """Too few of those with a vote are there."""


class NothingToVote(Invalid):
    """Nobody on the list has a vote."""


@transaction.atomic
def decide(
    *,
    meeting: Meeting,
    text: str,
    method: str,
    in_favour: int,
    against: int,
    abstain: int,
    by: User,
    at: datetime,
    invalid: int = 0,
    issued: int | None = None,
    returned: int | None = None,
) -> Decision:
    """Write down a vote. All with a vote who are there, or all ballots returned, must be counted.

    Valid with at least the rule's share of those entitled present; passed with more than its share
    of those entitled in favour (《支部工作条例（试行）》第十一条：过半数按应到会有表决权的党员算).

    :raises NotOpen, NotYours, NoQuorum, VotesDoNotAddUp:
    """
    meeting = locked(meeting)
    check_move(meeting, "decide", by)
    voters = meeting.attendances.filter(votes=True)
    entitled, present = voters.count(), voters.filter(status=Attendance.Status.PRESENT).count()
    _check_quorum(meeting, entitled, present)
    counted = in_favour + against + abstain + invalid
    if method == Decision.Method.BALLOT:
        _check_ballots(present, issued, returned, counted)
    elif method not in Decision.Method.values:
        raise Invalid(_("请选择表决方式。"), field="method")
    elif invalid or issued is not None or returned is not None:
        raise Invalid(_("只有无记名投票才填发票数、收票数和无效票。"), field="method")
    elif counted != present:
        raise VotesDoNotAddUp(
            _(
                "赞成 %(a)d + 反对 %(b)d + 弃权 %(c)d = %(sum)d，与实到有表决权 %(present)d 人不符，请核对。"
            )
            % {"a": in_favour, "b": against, "c": abstain, "sum": counted, "present": present},
            field="in_favour",
        )
    is_passed, why = _verdict(meeting, in_favour, entitled, present)
    return Decision.objects.create(
        meeting=meeting, seq=meeting.decisions.count() + 1, method=method, entitled=entitled,
        text=clean_text(text, limit=500, field_label=_("决议")), present=present, issued=issued,
        returned=returned, in_favour=in_favour, against=against, abstain=abstain,
        invalid=invalid, is_passed=is_passed, why=why, at=at, by=by,
    )  # fmt: skip


def _check_quorum(meeting: Meeting, entitled: int, present: int) -> None:
    if not entitled:
        raise NothingToVote(_("名单上没有有表决权的人，不能表决。"))
    share = Fraction(meeting.rule.quorum) if meeting.rule and meeting.rule.quorum else Fraction(0)
    if present < entitled * share or not present:
        raise NoQuorum(
            _("有表决权的应到 %(entitled)d 人，实到 %(present)d 人，不足 %(share)s，不能表决。")
            % {"entitled": entitled, "present": present, "share": share},
            remedy=_("请改期召开，或等到会人数足够后再表决。"),
        )


def _check_ballots(present: int, issued: int | None, returned: int | None, counted: int) -> None:
    if issued is None or returned is None:
        raise Invalid(_("无记名投票请填写发出票数和收回票数。"), field="issued")
    if issued > present:
        raise VotesDoNotAddUp(
            _("发出 %(issued)d 张票，多于实到有表决权 %(present)d 人。")
            % {"issued": issued, "present": present},
            field="issued",
        )
    if returned > issued:
        raise VotesDoNotAddUp(
            _("收回 %(returned)d 张票，多于发出 %(issued)d 张，表决无效，请重新投票。")
            % {"returned": returned, "issued": issued},
            field="returned",
        )
    if counted != returned:
        raise VotesDoNotAddUp(
            _("各项票数合计 %(sum)d，与收回 %(returned)d 张不符，请核对。")
            % {"sum": counted, "returned": returned},
            field="in_favour",
        )


def _verdict(meeting: Meeting, in_favour: int, entitled: int, present: int) -> tuple[bool, str]:
    if meeting.rule and meeting.rule.majority:
        share, base = Fraction(meeting.rule.majority), entitled
        of = _("应到有表决权")
    else:
        share, base = Fraction(1, 2), present
        of = _("实到有表决权")
    passed = in_favour > base * share
    why = _("赞成 %(n)d 人，%(compare)s%(of)s %(base)d 人的 %(share)s") % {
        "n": in_favour,
        "compare": _("超过") if passed else _("未超过"),
        "of": of,
        "base": base,
        "share": share,
    }
    return passed, why


@transaction.atomic
def record_minutes(
    *, meeting: Meeting, minutes: str, by: User, at: datetime, steps: list[str] | None = None
) -> Meeting:
    """Hand in the minutes; whoever does is the recorder. `steps` are titles of the rule's steps.

    :raises NotOpen, NotYours, Invalid:
    """
    meeting = locked(meeting)
    check_move(meeting, "record", by)
    minutes = clean_text(minutes, limit=20_000, field_label=_("会议记录"), multiline=True)
    if len(minutes) < LEAST_MINUTES:
        raise Invalid(
            _("会议记录太短（%(n)d 字），请写明议了什么、谁说了什么、定了什么，至少 %(least)d 字。")
            % {"n": len(minutes), "least": LEAST_MINUTES},
            field="minutes",
        )
    known = set(Step.objects.filter(rule=meeting.rule_id or 0).values_list("title", flat=True))
    if unknown := [one for one in steps or [] if one not in known]:
        raise Invalid(_("流程里没有这一步：%s。") % unknown[0][:20], field="steps")
    meeting.minutes, meeting.steps_done = minutes, steps or []
    meeting.recorder, meeting.recorded_at = by, at
    meeting.state, meeting.returned = S.RECORDED, ""
    meeting.save()
    return meeting


@transaction.atomic
def send_back(*, meeting: Meeting, by: User, at: datetime, note: str) -> Meeting:
    """Hand minutes back to be completed. :raises NotOpen, NotYours:"""
    meeting = locked(meeting)
    check_move(meeting, "send_back", by)
    meeting.returned = clean_text(note, limit=300, field_label=_("退回意见"))
    meeting.state = S.HELD
    meeting.save(update_fields=["returned", "state"])
    return meeting


@transaction.atomic
def approve(*, meeting: Meeting, by: User, at: datetime) -> Meeting:
    """Approve minutes, which locks them: the unit's life log has it, hours are credited.

    :raises NotOpen, NotYours: also for the recorder
    """
    meeting = locked(meeting)
    check_move(meeting, "approve", by)
    meeting.state, meeting.approver, meeting.approved_at = S.APPROVED, by, at
    meeting.save(update_fields=["state", "approver", "approved_at"])
    _credit_hours(meeting, at)
    if meeting.lesson_id:
        LessonDone.objects.get_or_create(
            lesson_id=meeting.lesson_id,
            unit=meeting.unit,
            defaults={"meeting": meeting, "by": by, "at": at},
        )
    write_log(
        unit=meeting.unit,
        kind="study" if meeting.kind in STUDY_KINDS else "meeting",
        text=_log_text(meeting),
        at=meeting.starts_at,
        recorded_at=at,
        source=f"meetings.meeting:{meeting.pk}",
        key=f"meeting:{meeting.pk}",
        actor=by,
        data={"kind": meeting.kind, "rule": str(meeting.rule.rule_set) if meeting.rule else ""},
    )
    return meeting


def _log_text(meeting: Meeting) -> str:
    """Write what the book says of a meeting: figures, no names."""
    rows = list(expected_of(meeting).values_list("status", flat=True))
    text = _("%(kind)s：%(title)s。应到 %(all)d 人，实到 %(here)d 人") % {
        "kind": meeting.get_kind_display(),
        "title": meeting.title,
        "all": len(rows),
        "here": rows.count(Attendance.Status.PRESENT),
    }
    passed = meeting.decisions.filter(is_passed=True).count()
    if passed:
        text += _("，通过决议 %d 项") % passed
    return text + "。"


def _credit_hours(meeting: Meeting, at: datetime) -> None:
    """Credit the hours of a meeting to those of the register who were there; once each."""
    hours = meeting.lesson.hours if meeting.lesson else meeting.rule.hours if meeting.rule else 0
    if not hours:
        return
    present = meeting.attendances.filter(
        status=Attendance.Status.PRESENT, person__isnull=False
    ).values_list("person_id", flat=True)
    StudyHour.objects.bulk_create(
        (
            StudyHour(
                person_id=one, unit=meeting.unit, on=localdate(meeting.starts_at), hours=hours,
                source=f"meetings.meeting:{meeting.pk}", text=meeting.title, at=at,
            )
            for one in present
        ),
        ignore_conflicts=True,
    )  # fmt: skip


@transaction.atomic
def correct(*, meeting: Meeting, text: str, by: User, at: datetime) -> Correction:
    """Append what approved minutes got wrong; they stay as they were. :raises NotOpen, NotYours:"""
    meeting = locked(meeting)
    check_move(meeting, "correct", by)
    text = clean_text(text, limit=500, field_label=_("更正内容"))
    made = Correction.objects.create(meeting=meeting, text=text, by=by, at=at)
    write_log(
        unit=meeting.unit,
        kind="meeting",
        text=_("对“%s”的会议记录追加更正。") % meeting.title,
        at=at,
        recorded_at=at,
        source=f"meetings.correction:{made.pk}",
        key=f"correction:{made.pk}",
        actor=by,
    )
    return made


class TooManyPhotos(Refused):
    """A meeting keeps so many photos and no more."""


@transaction.atomic
def add_photo(
    *, meeting: Meeting, data: bytes, by: User, at: datetime, what: str = Photo.What.SCENE
) -> Photo:
    """Keep a photo of the meeting, cleaned of who and where; the same one once.

    :raises NotOpen, NotYours, TooManyPhotos, Invalid: if it is no picture (see `kit.images`)
    """
    meeting = locked(meeting)
    check_move(meeting, "photo", by)
    if meeting.photos.count() >= MOST_PHOTOS:
        raise TooManyPhotos(_("每次会议最多保存 %d 张照片。") % MOST_PHOTOS, field="photos")
    photo = prepare_photo(data=data, what=what, by=by, at=at)
    if kept := meeting.photos.filter(sha256=photo.sha256).first():
        return kept
    photo.meeting = meeting
    photo.save(force_insert=True)
    return photo


def prepare_photo(*, data: bytes, what: str, by: User, at: datetime) -> Photo:
    """Return an unsaved photo, checked and stripped; `what` is a word of `Photo.What`."""
    if what not in Photo.What.values:
        raise Invalid(_("请选择照片内容。"), field="what")
    clean = check_photo(data)
    photo = Photo(what=what, sha256=clean.sha256, by=by, at=at)
    photo.file = ContentFile(clean.clean, name="photo.jpg")
    photo.thumb = ContentFile(clean.thumb, name="thumb.jpg")
    return photo
