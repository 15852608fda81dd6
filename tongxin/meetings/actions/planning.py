"""Planning a meeting, asking people to it, changing and cancelling it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, KeyReused, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org, Person

from ..models import ONLY_GATHERINGS, Attendance, Kind, Lesson, Meeting, Series, StudyGroup
from ..queries.moves import MOVES, parts_of, runs
from ..queries.people import Invitee, invitees
from ..queries.rules import number, rule_for

LONGEST = timedelta(hours=12)
FURTHEST = timedelta(days=400)
TEXTS = {"title": 100, "venue": 100, "chair": 40, "speaker": 60}
NEEDED = ("title", "venue", "chair")


class NotOpen(Refused):
    """The meeting is past the state in which this is done, or not there yet."""


class NotYours(NotPermitted):
    """The actor does not hold this unit's meetings, or is the recorder who would approve."""


class WrongTime(Invalid):
    """A meeting ends before it starts, lasts all day, or was long ago."""


class NobodyAsked(Refused):
    """A notice without anybody to send it to."""


class NoSuchRule(Invalid):
    """A unit of this kind does not hold such a meeting."""


def check_move(meeting: Meeting, name: str, actor: User) -> None:
    """Refuse a move that the state or the actor's part does not allow.

    :raises NotOpen: if the state does not allow it
    :raises NotYours: if the actor's part does not
    """
    move = MOVES[name]
    if meeting.state not in move.frm:
        raise NotOpen(
            _("会议%(state)s，不能%(move)s。")
            % {"state": meeting.get_state_display(), "move": move.label}
        )
    if move.by in parts_of(actor, meeting):
        return
    if move.by == "approves" and meeting.recorder_id == actor.pk:
        raise NotYours(
            _("记录人不能审定自己的记录。"), remedy=_("请由书记、组织员或上级党组织审定。")
        )
    raise NotYours(_("您不负责%s的组织生活。") % meeting.unit.name)


def locked(meeting: Meeting) -> Meeting:
    """Return the meeting as it is now, its row held until the transaction ends."""
    return (
        Meeting.objects.select_for_update(of=("self",))
        .select_related("unit", "rule")
        .get(pk=meeting.pk)
    )


@transaction.atomic
def plan_meeting(
    *,
    unit: Org,
    kind: str,
    starts_at: datetime,
    ends_at: datetime,
    by: User,
    at: datetime,
    venue_kind: str = Meeting.Venue.ROOM,
    aim: str = "",
    agenda: str = "",
    series: Series | None = None,
    group: StudyGroup | None = None,
    lesson: Lesson | None = None,
    key: str | None = None,
    **texts: str,
) -> Meeting:
    """Plan a meeting of a unit and put those on its list who belong there; `texts` as in TEXTS.

    The rule that held on the day goes with it for good. A repeated `key` (a form sent twice)
    returns the first plan.

    :raises NotYours, WrongTime, NoSuchRule:
    :raises KeyReused: if the key planned a meeting of another content
    """
    if not runs(by, unit.path):
        raise NotYours(_("您不负责%s的组织生活。") % unit.name)
    given: dict[str, Any] = _checked(kind, starts_at, ends_at, at, texts) | {
        "unit": unit, "kind": kind, "starts_at": starts_at, "ends_at": ends_at, "aim": aim,
        "venue_kind": venue_kind, "agenda": _agenda(agenda), "series": series, "group": group,
        "lesson": lesson,
    }  # fmt: skip
    scoped = f"{by.pk}:{key}" if key else None
    if made := _planned_before(scoped, given):
        return made
    on = localdate(starts_at)
    if series is not None:
        series = Series.objects.select_for_update().get(pk=series.pk)
    if series is not None and (series.unit_id != unit.pk or series.closed_at):
        raise Invalid(_("这个系列会议已办结，或不属于本党组织。"), field="series")
    if group is not None and group.unit_id != unit.pk:
        raise Invalid(_("学习小组不属于本党组织。"), field="group")
    _check_belongs(unit, kind, on)
    given |= {"rule": rule_for(unit, kind, on), "month": month_of(starts_at)}
    try:
        with transaction.atomic():
            meeting = Meeting.objects.create(**given, created_by=by, created_at=at, key=scoped)
    except IntegrityError:  # the same form came twice at the same moment
        if made := _planned_before(scoped, given):
            return made
        raise
    _ask(meeting, invitees(unit, kind, on, group))
    return meeting


def _planned_before(key: str | None, given: dict[str, Any]) -> Meeting | None:
    """Return the meeting that a key planned, if it is the one asked for now."""
    made = Meeting.objects.filter(key=key).first() if key else None
    if made is not None and any(getattr(made, name) != value for name, value in given.items()):
        raise KeyReused(
            _("这张表已经提交过，现在的内容与上次不同，没有另建。"),
            remedy=_("要改已建的计划，请打开它修改；要另建一次，请重新打开新建页面。"),
        )
    return made


def month_of(moment: datetime) -> int:
    day = localtime(moment)
    return day.year * 100 + day.month


def _checked(kind: str, starts_at, ends_at, at: datetime, texts: dict[str, str]) -> dict[str, str]:
    if kind not in Kind.values or kind == Kind.TALK or kind in ONLY_GATHERINGS:
        raise Invalid(_("请选择会议类型。"), field="kind")
    _check_times(starts_at, ends_at, at)
    return _checked_texts({"title": "", "venue": "", "chair": ""} | texts)


def _checked_texts(texts: dict[str, str]) -> dict[str, str]:
    labels = {one.name: one.verbose_name for one in Meeting._meta.fields if one.name in TEXTS}
    return {
        name: clean_text(
            text, limit=TEXTS[name], field_label=str(labels[name]), required=name in NEEDED
        )
        for name, text in texts.items()
    }


def _agenda(text: str) -> str:
    return clean_text(text, limit=5000, field_label=_("议程"), required=False, multiline=True)


def _check_times(starts_at: datetime, ends_at: datetime, at: datetime) -> None:
    if ends_at <= starts_at:
        raise WrongTime(_("结束时间要晚于开始时间。"), field="ends_at")
    if ends_at - starts_at > LONGEST:
        raise WrongTime(_("一次会议不超过 12 小时，请检查结束时间。"), field="ends_at")
    back = int(number("sign_in", "plan_back_days", localdate(at)))
    if starts_at < at - timedelta(days=back):
        raise WrongTime(
            _("开始时间已过去 %d 天以上，不能补建计划。") % back,
            field="starts_at",
            remedy=_("请如实安排补开，不补造记录。"),
        )
    if starts_at > at + FURTHEST:
        raise WrongTime(_("开始时间太远，请安排一年以内的会议。"), field="starts_at")


def _check_belongs(unit: Org, kind: str, on) -> None:
    """Refuse a kind that has rules, none of which is for a unit of this kind."""
    from ..queries.rules import LIFE, rules_on

    rules = list(rules_on(LIFE, on).rules.filter(kind=kind))
    if rules and not any(unit.unit_kind in rule.unit_kinds.split() for rule in rules):
        raise NoSuchRule(
            _("%(unit)s是%(kind)s，不召开%(what)s。")
            % {
                "unit": unit.name,
                "kind": unit.get_unit_kind_display() or _("其他组织"),
                "what": Kind(kind).label,
            },
            field="kind",
        )


def _ask(meeting: Meeting, people: Iterable[Invitee]) -> None:
    Attendance.objects.bulk_create(
        Attendance(
            meeting=meeting, person_id=one.person_id, user_id=one.user_id, name=one.name,
            votes=one.votes, part=one.part, agency=one.agency,
        )
        for one in people
    )  # fmt: skip


@transaction.atomic
def change_meeting(*, meeting: Meeting, by: User, at: datetime, **changes: Any) -> Meeting:
    """Change a plan, or a meeting that was announced: then all are told again.

    :raises NotOpen, NotYours, WrongTime:
    """
    meeting = locked(meeting)
    check_move(meeting, "change", by)
    texts = {name: changes.pop(name) for name in list(changes) if name in TEXTS}
    for name, value in _checked_texts(texts).items():
        setattr(meeting, name, value)
    if "agenda" in changes:
        changes["agenda"] = _agenda(changes["agenda"])
    before = (meeting.starts_at, meeting.ends_at, meeting.venue)
    for name in ("starts_at", "ends_at", "venue_kind", "aim", "agenda"):
        if name in changes:
            setattr(meeting, name, changes.pop(name))
    if changes:
        raise Invalid(_("不能修改：%s。") % "、".join(changes), field=next(iter(changes)))
    _check_times(meeting.starts_at, meeting.ends_at, at)
    meeting.month = month_of(meeting.starts_at)
    meeting.save()
    moved = before[:2] != (meeting.starts_at, meeting.ends_at) or "venue" in texts
    if meeting.state == Meeting.State.NOTICED and moved:
        _tell(meeting, _("会议有变动：%s"), at, tag=f"changed:{at.timestamp():.0f}")
    return meeting


@transaction.atomic
def invite(
    *,
    meeting: Meeting,
    by: User,
    at: datetime,
    person: Person | None = None,
    name: str = "",
    part: str = Attendance.Part.OBSERVER,
    agency: str = "",
) -> Attendance:
    """Put one more on the list: a person of the register, or a guest by name and agency (S0.8).

    Guests never have a vote. :raises NotOpen, NotYours, Invalid:
    """
    meeting = locked(meeting)
    check_move(meeting, "change" if meeting.state == Meeting.State.PLANNED else "mark", by)
    if part not in Attendance.Part.values or part == Attendance.Part.MEMBER:
        raise Invalid(_("请选择来宾身份。"), field="part")
    if person is not None:
        name = person.name
    name = clean_text(name, limit=40, field_label=_("姓名"))
    agency = clean_text(agency, limit=60, field_label=_("单位"), required=False)
    if part in (Attendance.Part.DEPARTMENT, Attendance.Part.AGENCY) and not agency:
        raise Invalid(_("请写明来自哪个部门或机构。"), field="agency")
    if person and meeting.attendances.filter(person=person).exists():
        raise Invalid(_("%s 已在名单上。") % name, field="name")
    row = Attendance.objects.create(
        meeting=meeting, person=person, user_id=person.user_id if person else None, name=name,
        part=part, agency=agency, by=by,
    )  # fmt: skip
    if meeting.state == Meeting.State.NOTICED and row.user_id:
        _tell(meeting, _("请您参加：%s"), at, tag="asked", only=row.user_id)
    return row


@transaction.atomic
def send_notice(*, meeting: Meeting, by: User, at: datetime) -> Meeting:
    """Announce a planned meeting: everybody on its list who has an account is told (S4.43).

    :raises NotOpen, NotYours, NobodyAsked:
    """
    meeting = locked(meeting)
    check_move(meeting, "notice", by)
    if not expected_of(meeting).exists():
        raise NobodyAsked(
            _("名单上还没有应到人员，不能发通知。"),
            remedy=_("请把参会的单位和人员列入名单。")
            if meeting.is_gathering
            else _("请先登记%s的党员（委员），再新建会议。") % meeting.unit.name,
        )
    meeting.state, meeting.noticed_at = Meeting.State.NOTICED, at
    meeting.save(update_fields=["state", "noticed_at"])
    _tell(meeting, _("会议通知：%s"), at, tag="noticed")
    return meeting


@transaction.atomic
def cancel_meeting(*, meeting: Meeting, by: User, at: datetime, reason: str) -> Meeting:
    """Call a meeting off, with the reason; who was asked is told. :raises NotOpen, NotYours:"""
    meeting = locked(meeting)
    check_move(meeting, "cancel", by)
    reason = clean_text(reason, limit=200, field_label=_("取消原因"))
    was_noticed = meeting.state == Meeting.State.NOTICED
    meeting.state, meeting.cancelled_at = Meeting.State.CANCELLED, at
    meeting.cancel_reason = reason
    meeting.save(update_fields=["state", "cancelled_at", "cancel_reason"])
    if was_noticed:
        _tell(meeting, _("会议取消：%s"), at, tag="cancelled")
    return meeting


def expected_of(meeting: Meeting) -> QuerySet[Attendance]:
    """Return who makes up the meeting: its members; in a gathering everybody who is asked."""
    rows = meeting.attendances.all()
    return rows if meeting.is_gathering else rows.filter(part=Attendance.Part.MEMBER)


def _tell(meeting: Meeting, title: str, at: datetime, *, tag: str, only: int = 0) -> None:
    """Tell who is on the list; no word of it says that anybody is a member."""
    ids = meeting.attendances.filter(user__isnull=False).values("user")
    users = User.objects.filter(pk=only) if only else User.objects.filter(pk__in=ids)
    when = localtime(meeting.starts_at)
    text = _("%(when)s，%(where)s。%(why)s") % {
        "when": f"{when:%Y-%m-%d %H:%M}",
        "where": meeting.venue,
        "why": meeting.cancel_reason,
    }
    tell(
        users=users.filter(is_active=True),
        title=title % meeting.title,
        text=text,
        url=reverse("meetings:meeting", args=[meeting.pk]),
        key=f"meeting:{meeting.pk}:{tag}",
        at=at,
    )
