"""Sessions: planned, their agenda proposed, picked, ordered and decided; announced with its seats."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.timezone import localdate, make_aware
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotFound, Refused
from tongxin.kit.text import clean_text
from tongxin.meetings import actions as meetings
from tongxin.meetings.models import OF_FACT, Meeting
from tongxin.meetings.queries import Invitee
from tongxin.orgs.models import Post
from tongxin.regions.queries import calendar_for

from ..models import AgendaItem, BodyMember, ConferenceBody, Session
from ..queries.bodies import chairs_of, rule_of, seats_on
from ..queries.frequency import periods_of
from ..queries.sessions import agenda_text, carried_over, quorum_of
from ..scope import convenes
from .common import must_convene, must_run, scoped

State = AgendaItem.State
USUAL_START, USUAL_LENGTH = time(14, 30), timedelta(hours=2)
MOST_ITEMS = 30


class NoConvener(Refused):
    """The land has no committee that could convene the body."""


class NoChair(Refused):
    """The committee that convenes has no secretary, who would chair."""


class NoQuorumOfUnits(Refused):
    """Too few member units are there to resolve anything."""


class NotHeld(Refused):
    """The session has not been held yet, or its minutes are approved."""


class AgendaClosed(Refused):
    """The agenda of a session that was announced or held stays as it is."""


class ItemTaken(Refused):
    """The item stands on an agenda, or was decided."""


class AskedTwice(Refused):
    """The same matter waits for this body already."""


class NotYourSeat(NotFound):
    """The actor speaks for no member of this body."""


@transaction.atomic
def plan_session(
    *, body: ConferenceBody, starts_at: datetime, ends_at: datetime, venue: str, by: User,
    at: datetime, title: str = "", key: str | None = None,
) -> Session:  # fmt: skip
    """Plan the next session of a body: a gathering with all who sit in it; its secretary chairs.

    :raises NotYourBody, NoConvener:
    :raises NoChair: while the committee has no secretary (S3.28, S3.33)
    :raises WrongTime, Invalid: as `meetings.actions.plan_gathering`
    """
    body = (
        ConferenceBody.objects.select_for_update(of=("self",))
        .select_related("org", "region")
        .get(pk=body.pk)
    )
    if body.org is None:
        raise NoConvener(
            _("%s还没有召集单位。") % body.name, remedy=_("请先建立党组织，或指定召集单位。")
        )
    must_convene(by, body)
    chair = chairs_of([body], localdate(starts_at))[body.pk]
    if chair.user is None:
        raise NoChair(_("%s，不能召集会议。") % chair.why, remedy=_("请先在岗位中登记书记。"))
    known = f"{by.pk}:conference:{key}" if key else None
    if known and (made_before := Session.objects.filter(meeting__key=known).first()):
        return made_before
    year = localdate(starts_at).year
    last = body.sessions.filter(year=year).aggregate(n=Max("seq"))["n"] or 0
    named = clean_text(title, limit=100, field_label=_("会议名称"), required=False)
    made = meetings.plan_gathering(
        unit=body.org, kind="joint", starts_at=starts_at, ends_at=ends_at, venue=venue,
        title=named or _("%(body)s%(year)d年第%(n)d次会议")
        % {"body": body.name, "year": year, "n": last + 1},
        chair=chair.user.name, invited=_invited(body, chair.user, localdate(starts_at)), by=by,
        at=at, key=f"conference:{key}" if key else None,
    )  # fmt: skip
    return Session.objects.create(body=body, meeting=made, year=year, seq=last + 1)


def _invited(body: ConferenceBody, chair: User, on: date) -> list[Invitee]:
    """Return who is asked: the chair for the unit that convenes, and the speaker of every seat."""
    people = [Invitee(chair.name, None, chair.pk, votes=True, agency=body.org.name[:60])]  # type: ignore[union-attr]
    people += [
        Invitee(
            seat.rep_name, None, seat.representative_id, votes=True, part=seat.kind.part,
            agency=seat.name,
        )
        for seat in seats_on(body, on)
    ]  # fmt: skip
    return people


def plan_year(*, body: ConferenceBody, year: int, by: User, at: datetime) -> int:
    """Plan what the rule still asks of a year: one session in each period that has too few.

    On the third Thursday of the period's last month, or the working day after it, 14:30 in the
    committee's own room; each can be moved. Returns how many were planned.

    :raises NotYourBody, NoConvener, NoChair:
    """
    if body.org is None:
        raise NoConvener(_("%s还没有召集单位。") % body.name)
    made = 0
    for period in periods_of(body, year):
        day = _usual_day(body, period.first, period.last)
        begins = make_aware(datetime.combine(day, USUAL_START))
        if begins <= at:
            continue
        rule = rule_of(body, period.first)
        have = body.sessions.filter(
            meeting__starts_at__date__range=(period.first, period.last)
        ).exclude(meeting__state=Meeting.State.CANCELLED)
        for _n in range((rule.times if rule else 0) - have.count()):
            plan_session(
                body=body, starts_at=begins, ends_at=begins + USUAL_LENGTH,
                venue=_("%s会议室") % body.org.name, by=by, at=at,
            )  # fmt: skip
            made += 1
    return made


def _usual_day(body: ConferenceBody, first: date, last: date) -> date:
    begin = last.replace(day=1)
    day = begin + timedelta(days=(3 - begin.weekday()) % 7 + 14)
    works = calendar_for(body.region.path).is_workday
    while not works(day) and day < last:
        day += timedelta(days=1)
    return max(first, day)


# The agenda.


@transaction.atomic
def propose_item(
    *, body: ConferenceBody, kind: str, title: str, by: User, at: datetime, text: str = "",
    source: tuple[str, str, str, str] = ("", "", "", ""), key: str | None = None,
) -> AgendaItem:  # fmt: skip
    """Propose a matter to a body: by who runs it, or by who speaks for one of its members.

    `source` is (kind, id, label, url) of what it comes from. A repeated key proposes once.

    :raises NotYourSeat: for who neither runs it nor sits there
    :raises AskedTwice: if the same source waits for it already
    """
    seat = body.members.held_by(by).filter(to_date__isnull=True).order_by("pk").first()
    if seat is None and not convenes(by, body):
        raise NotYourSeat(_("您不代表%s的成员单位。") % body.name)
    if kind not in AgendaItem.Kind.values:
        raise Invalid(_("请选择议题类别。"), field="kind")
    known = scoped(by, key)
    if known and (made := AgendaItem.objects.filter(key=known).first()):
        return made
    for_unit = seat.name if seat is not None else body.org.name if body.org else ""
    return _propose(
        body, kind, title, text, source, by=by, at=at, key=known, proposed_for=for_unit[:60]
    )


def _propose(
    body: ConferenceBody, kind: str, title: str, text: str, source: Sequence[str], *, by: User,
    at: datetime, key: str | None, proposed_for: str,
) -> AgendaItem:  # fmt: skip
    names = ("source_kind", "source_id", "source_label", "source_url")
    limits = (20, 40, 120, 200)
    given = {n: str(s)[:most] for n, s, most in zip(names, source, limits, strict=True)}
    try:
        with transaction.atomic():
            return AgendaItem.objects.create(
                body=body, kind=kind, proposed_by=by, proposed_at=at, key=key,
                proposed_for=proposed_for, **given,
                title=clean_text(title, limit=100, field_label=_("议题"), required=True),
                text=clean_text(text, limit=2000, field_label=_("情况"), multiline=True),
            )  # fmt: skip
    except IntegrityError:
        if key and (made := AgendaItem.objects.filter(key=key).first()):
            return made
        raise AskedTwice(_("这件事已经提给%s，还没有议定。") % body.name, field="title") from None


@transaction.atomic
def refer_item(*, item: AgendaItem, to: ConferenceBody, by: User, at: datetime) -> AgendaItem:
    """Refer what a body cannot settle to the body of the land above it (报街道联席会议).

    :raises NotYourBody: unless `by` runs the body that refers
    :raises Invalid: unless `to` is of land around it
    :raises AskedTwice: if it was referred before and waits
    """
    must_run(by, item.body)
    if to.pk == item.body_id or not item.body.region.path.startswith(to.region.path):
        raise Invalid(_("只能报给上一级的联席会议。"), field="to")
    made = _propose(
        to, item.kind, item.title, item.text,
        ("agenda", str(item.pk), item.body.name, f"/conferences/agenda/{item.pk}/"),
        by=by, at=at, key=None, proposed_for=item.body.region.name[:60],
    )  # fmt: skip
    chair = chairs_of([to], localdate(at))[to.pk].user
    if chair is not None:
        tell(
            users=[chair], title=_("%s报来议题") % item.body.region.name, text=made.title,
            url=f"/conferences/bodies/{to.pk}/", key=f"referred:{made.pk}", at=at,
        )  # fmt: skip
    return made


def _open_session(session: Session, by: User) -> Session:
    session = (
        Session.objects.select_for_update(of=("self",))
        .select_related("body__org", "body__region", "meeting")
        .get(pk=session.pk)
    )
    must_convene(by, session.body)
    if session.meeting.state not in (Meeting.State.PLANNED, Meeting.State.NOTICED):
        raise AgendaClosed(_("会议%s，议程不能再改。") % session.meeting.get_state_display())
    return session


@transaction.atomic
def set_agenda(*, session: Session, items: Sequence[AgendaItem], by: User, at: datetime) -> int:
    """Write the agenda anew, in this order; what is not named goes back to those that wait.

    :raises NotYourBody, AgendaClosed:
    :raises ItemTaken: for an item of another session, or one that was decided
    :raises Invalid: for an item of another body
    """
    session = _open_session(session, by)
    wanted = {item.pk: n for n, item in enumerate(items, 1)}
    if len(wanted) > MOST_ITEMS:
        raise Invalid(_("一次会议最多 %d 项议题。") % MOST_ITEMS, field="items")
    rows = {row.pk: row for row in AgendaItem.objects.select_for_update().filter(pk__in=wanted)}
    for row in rows.values():
        if row.body_id != session.body_id:
            raise Invalid(_("“%s”不是提给这里的议题。") % row.title, field="items")
        elsewhere = row.state == State.PICKED and row.session_id != session.pk
        if elsewhere or row.state in (State.DECIDED, State.DECLINED):
            raise ItemTaken(_("“%s”已列入别的会议或已议定。") % row.title, field="items")
    session.items.filter(state=State.PICKED).exclude(pk__in=wanted).update(
        session=None, state=State.PROPOSED, seq=0
    )
    for pk, row in rows.items():
        row.session, row.state, row.seq = session, State.PICKED, wanted[pk]
        row.save(update_fields=["session", "state", "seq"])
    _write_agenda(session, by, at)
    return len(rows)


def _write_agenda(session: Session, by: User, at: datetime) -> None:
    items = session.items.filter(state=State.PICKED).order_by("seq")
    text = agenda_text(session, items, carried_over(session))
    meetings.change_meeting(meeting=session.meeting, by=by, at=at, agenda=text[:5000])


@transaction.atomic
def decline_item(*, item: AgendaItem, reason: str, by: User, at: datetime) -> AgendaItem:
    """Say why a matter is not put on an agenda; who proposed it is told. :raises ItemTaken:"""
    item = AgendaItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    must_run(by, item.body)
    if item.state != State.PROPOSED:
        raise ItemTaken(_("“%s”已列入议程或已议定。") % item.title)
    item.decision = clean_text(reason, limit=300, field_label=_("不列入的理由"), required=True)
    item.state, item.decided_by, item.decided_at = State.DECLINED, by, at
    item.save(update_fields=["decision", "state", "decided_by", "decided_at"])
    tell(
        users=[item.proposed_by], title=_("议题没有列入：%s") % item.title, text=item.decision,
        url=f"/conferences/agenda/{item.pk}/", key=f"agenda-item:{item.pk}:declined", at=at,
    )  # fmt: skip
    return item


@transaction.atomic
def announce_session(*, session: Session, by: User, at: datetime) -> Session:
    """Announce a session: the list is that of the seats of its day, the agenda stands, all are told.

    :raises NotYourBody, AgendaClosed, NoChair:
    :raises Refused: without an item on the agenda, or as `meetings.actions.send_notice`
    """
    session = _open_session(session, by)
    if session.meeting.state != Meeting.State.PLANNED:
        raise AgendaClosed(_("会议已经通知过。"))
    if not session.items.filter(state=State.PICKED).exists():
        raise Refused(_("议程还是空的，请先选定议题。"), remedy=_("在“选定议题”里勾选并排序。"))
    on = localdate(session.meeting.starts_at)
    chair = chairs_of([session.body], on)[session.body_id]
    if chair.user is None:
        raise NoChair(_("%s，不能召集会议。") % chair.why)
    people = _invited(session.body, chair.user, on)
    meetings.set_invited(meeting=session.meeting, invited=people, by=by, at=at)
    _write_agenda(session, by, at)
    meetings.send_notice(meeting=session.meeting, by=by, at=at)
    session.refresh_from_db()
    return session


# What was decided.


def held_with_quorum(session: Session, by: User) -> Session:
    """Return a session at which may be resolved.

    :raises NotYourBody, NotHeld:
    :raises NoQuorumOfUnits: if fewer member units are there than the rule asks
    """
    session = (
        Session.objects.select_for_update(of=("self",))
        .select_related("body__org", "body__region", "meeting")
        .get(pk=session.pk)
    )
    must_run(by, session.body)
    if session.meeting.state not in OF_FACT:
        raise NotHeld(
            _("会议%s，召开以后才能登记议定意见和决议。") % session.meeting.get_state_display(),
            remedy=_("请先签到，再在会议页“确认到会，开会”。"),
        )
    quorum = quorum_of(session)
    if not quorum.is_met:
        raise NoQuorumOfUnits(
            _("成员单位 %(n)d 家，到会 %(here)d 家，不足 %(share)s，不能形成决议。")
            % {"n": quorum.seats, "here": quorum.here, "share": quorum.share},
            remedy=_("请改期召开，或请成员单位委托代表到会。"),
        )
    return session


@transaction.atomic
def decide_item(
    *, item: AgendaItem, decision: str, by: User, at: datetime, defer: bool = False
) -> AgendaItem:
    """Write down what the session decided on an item, or that it comes again (S3.21).

    :raises NotYourBody, NotHeld, NoQuorumOfUnits:
    :raises ItemTaken: if it does not stand on the agenda of a session
    """
    item = AgendaItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    if item.session is None or item.state not in (State.PICKED, State.DECIDED):
        raise ItemTaken(_("“%s”不在会议的议程上。") % item.title)
    session = held_with_quorum(item.session, by)
    if item.state == State.DECIDED and session.meeting.state == Meeting.State.APPROVED:
        raise NotHeld(_("纪要已审定，议定意见不能再改，请在会议记录里追加更正。"))
    item.decision = clean_text(
        decision, limit=2000, field_label=_("议定意见"), required=True, multiline=True
    )
    item.decided_by, item.decided_at = by, at
    item.state = State.DEFERRED if defer else State.DECIDED
    item.save(update_fields=["decision", "decided_by", "decided_at", "state"])
    if defer:
        _propose(
            session.body, item.kind, item.title, item.text,
            (item.source_kind, item.source_id, item.source_label, item.source_url),
            by=item.proposed_by, at=at, key=None, proposed_for=item.proposed_for,
        )  # fmt: skip
    return item


def speakers_of(seats: Sequence[BodyMember], on: date) -> list[User]:
    """Return who is to be told for some seats: their speaker, or their unit's people."""
    users = [seat.representative_id for seat in seats if seat.representative_id]
    orgs = [seat.org_id for seat in seats if seat.org_id and not seat.representative_id]
    posts = Post.objects.held_on(on).filter(org__in=orgs, role__in=("handler", "secretary"))
    ids = {*users, *posts.values_list("user_id", flat=True)}
    return list(User.objects.filter(pk__in=ids, is_active=True).order_by("pk"))
