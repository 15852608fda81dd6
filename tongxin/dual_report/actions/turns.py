"""A turn of duty: signed in on the spot, signed out, swapped with consent, appraised by another (S2.45)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused, Stale
from tongxin.kit.geo import distance_m
from tongxin.kit.text import clean_text

from ..models import DutyTurn, RosterPost, ServiceEntry, TurnSwap
from ..queries.rules import name_of, number
from .common import only_another, only_desk
from .record import write_service

State, Verdict = DutyTurn.State, DutyTurn.Verdict


class NotYourTurn(NotPermitted):
    """Only whose turn it is signs in by phone."""


class TurnNotSo(Stale):
    """The turn is not in the state that this needs."""


class NotTheHour(Refused):
    """It is too early, or too late."""


class TooFar(Refused):
    """The phone is too far from where the duty is."""


class TooVague(Refused):
    """The phone does not know well enough where it is."""


class NotYetOver(Refused):
    """A turn is appraised after it has ended."""


class CannotSwap(Refused):
    """The other cannot take the turn."""


class NotAsked(NotPermitted):
    """A swap is answered by whom it was asked."""


@transaction.atomic
def sign_in(
    *,
    turn: DutyTurn,
    lng: float | None,
    lat: float | None,
    accuracy: int | None,
    by: User,
    at: datetime,
) -> DutyTurn:
    """Sign in on the spot: `accuracy` is the phone's own word in metres, and is kept.

    :raises NotYourTurn, TurnNotSo: for who may not, or a turn that does not wait
    :raises NotTheHour: more than half an hour early, or after the end
    :raises TooFar, TooVague: with how far, how exact, and what to do
    """
    turn = _own(turn, by, State.PLANNED)
    today = localdate(at)
    early = timedelta(minutes=number("sign_in_early_minutes", today))
    if at < turn.starts_at - early:
        opens = localtime(turn.starts_at - early).strftime("%m-%d %H:%M")
        raise NotTheHour(_("还没到签到时间，%s 起可以签到。") % opens)
    if at > turn.ends_at:
        raise NotTheHour(_("这一班已经结束，请联系社区补登。"))
    if lng is None or lat is None:
        raise Invalid(
            _("没有收到手机位置。"),
            field="location",
            remedy=_("请允许定位后再签，或请社区工作人员代签。"),
        )
    turn.distance = _measured(turn, lng, lat, accuracy or 0, today)
    turn.lng, turn.lat, turn.accuracy = round(lng, 6), round(lat, 6), accuracy
    turn.state, turn.signed_in_at = State.ON_DUTY, at
    turn.save(update_fields=["state", "signed_in_at", "lng", "lat", "distance", "accuracy"])
    return turn


def _measured(turn: DutyTurn, lng: float, lat: float, accuracy: int, today) -> int:
    """Return the metres to the place, if the phone may be there and knows well enough."""
    vague, limit = number("vague_metres", today), number("sign_in_metres", today)
    if accuracy > vague:
        raise TooVague(
            _("手机定位误差约 %d 米，看不出您是否在签到点。") % accuracy,
            remedy=_("请到开阔处重试，或请社区工作人员代签。"),
        )
    metres = round(distance_m(lng, lat, turn.roster.lng, turn.roster.lat))
    if metres - accuracy > limit:
        raise TooFar(
            _(
                "您离签到点“%(place)s”约 %(metres)d 米（定位误差约 %(accuracy)d 米），%(limit)d 米以内才能签到。"
            )
            % {
                "place": turn.roster.place,
                "metres": metres,
                "accuracy": accuracy,
                "limit": limit,
            },
            remedy=_("请到签到点再签。确实在岗却签不上，请社区工作人员代签。"),
        )
    return metres


@transaction.atomic
def sign_out(*, turn: DutyTurn, by: User, at: datetime) -> DutyTurn:
    """Sign out; the community appraises next.

    :raises NotYourTurn, TurnNotSo: for who may not, or was not signed in
    :raises NotTheHour: long after the end: the community signs for them
    """
    turn = _own(turn, by, State.ON_DUTY)
    late = timedelta(minutes=number("sign_out_late_minutes", localdate(at)))
    if at > turn.ends_at + late:
        raise NotTheHour(_("已超过签退时间，请社区工作人员代签。"))
    turn.state, turn.signed_out_at = State.SERVED, at
    turn.save(update_fields=["state", "signed_out_at"])
    return turn


@transaction.atomic
def sign_for(*, turn: DutyTurn, note: str, by: User, at: datetime) -> DutyTurn:
    """The community signs for somebody who was there but whose phone could not; with a sentence.

    :raises NotYourCommunity, NotOnesOwn: for who may not
    :raises NotYetOver: before the end of the turn
    """
    turn = _locked(turn, State.PLANNED, State.ON_DUTY, State.MISSED)
    only_desk(by, turn.roster.community.path)
    only_another(by, turn.post.person.user_id)
    if at < turn.ends_at:
        raise NotYetOver(_("班次结束后才能代签。"))
    turn.sign_note = clean_text(note, limit=100, field_label=_("代签原因"), required=True)
    turn.signed_in_at = turn.signed_in_at or turn.starts_at
    turn.signed_out_at = turn.ends_at
    turn.signed_by, turn.state = by, State.SERVED
    turn.save(update_fields=["sign_note", "signed_in_at", "signed_out_at", "signed_by", "state"])
    return turn


@transaction.atomic
def appraise(
    *, turn: DutyTurn, verdict: str, by: User, at: datetime, note: str = ""
) -> ServiceEntry:
    """Give the verdict on a turn; the minutes within it enter the record of service.

    :raises NotYourCommunity, NotOnesOwn: for who acts elsewhere, and whose turn it was
    :raises TurnNotSo: if it was not served, or has a verdict
    :raises Missing: for 一般 or 差 without a sentence
    """
    turn = _locked(turn, State.SERVED)
    only_desk(by, turn.roster.community.path)
    only_another(by, turn.post.person.user_id)
    if verdict not in Verdict.values:
        raise Invalid(_("请选择鉴定结果。"), field="verdict")
    lower = verdict in (Verdict.FAIR, Verdict.POOR)
    turn.verdict_note = clean_text(note, limit=200, field_label=_("鉴定说明"), required=lower)
    turn.verdict, turn.appraised_by, turn.appraised_at = verdict, by, at
    turn.state = State.APPRAISED
    turn.save(update_fields=["verdict", "verdict_note", "appraised_by", "appraised_at", "state"])
    return write_service(
        user=turn.post.person.user,
        person=turn.post.person,
        community=turn.roster.community,
        service=turn.roster.service,
        what=_("轮值：%(roster)s（%(role)s）")
        % {"roster": turn.roster.name, "role": name_of("role", turn.post.role)},
        minutes=minutes_served(turn),
        at=turn.starts_at,
        recorded_at=at,
        source=f"turn:{turn.pk}",
        by=by,
    )


def minutes_served(turn: DutyTurn) -> int:
    """Return the minutes from signing in to signing out that lie within the turn."""
    if turn.signed_in_at is None or turn.signed_out_at is None:
        return 0
    since = max(turn.signed_in_at, turn.starts_at)
    until = min(turn.signed_out_at, turn.ends_at)
    return max(round((until - since).total_seconds() / 60), 0)


@transaction.atomic
def cancel_turn(*, turn: DutyTurn, by: User, at: datetime) -> DutyTurn:
    """The community calls off a turn to come; whose it was is told.

    :raises NotYourCommunity: for who acts elsewhere
    """
    turn = _locked(turn, State.PLANNED)
    only_desk(by, turn.roster.community.path)
    turn.state = State.CANCELLED
    turn.save(update_fields=["state"])
    _tell(
        turn.post, _("班次取消：%s") % _when(turn), _("社区取消了这一班，不用到岗。"),
        f"report-in.cancelled:{turn.pk}", at,
    )  # fmt: skip
    return turn


@transaction.atomic
def ask_swap(*, turn: DutyTurn, taker: RosterPost, by: User, at: datetime) -> TurnSwap:
    """Ask another of the roster to take one's turn; nothing changes until they agree.

    :raises NotYourTurn, TurnNotSo: for who may not, or a turn that has begun
    :raises CannotSwap: if the other left, has duty that day, or was asked already
    """
    turn = _own(turn, by, State.PLANNED)
    if at >= turn.starts_at:
        raise NotTheHour(_("这一班已经开始，不能换班。"))
    _refuse_taker(turn, taker)
    if turn.swaps.filter(state=TurnSwap.State.ASKED).exists():
        raise CannotSwap(_("这一班已经请人换班，等对方答复。"))
    swap = TurnSwap.objects.create(turn=turn, giver=turn.post, taker=taker, asked_at=at)
    _tell(
        taker, _("%s想请您换班") % turn.post.person.name,
        _("%(roster)s，%(when)s。同意后这一班由您值守。")
        % {"roster": turn.roster.name, "when": _when(turn)},
        f"report-in.swap:{swap.pk}", at,
    )  # fmt: skip
    return swap


def _refuse_taker(turn: DutyTurn, taker: RosterPost) -> None:
    if taker.roster_id != turn.roster_id or taker.left_on or taker.pk == turn.post_id:
        raise CannotSwap(_("请选择同一轮值表里的其他人。"), field="taker")
    day = localdate(turn.starts_at)
    theirs = DutyTurn.objects.exclude(state=State.CANCELLED).filter(post__person=taker.person_id)
    near = theirs.filter(
        starts_at__gte=turn.starts_at - timedelta(days=1),
        starts_at__lte=turn.starts_at + timedelta(days=1),
    )
    if any(localdate(starts) == day for starts in near.values_list("starts_at", flat=True)):
        raise CannotSwap(_("对方当天已有班次，请换一位。"), field="taker")


@transaction.atomic
def answer_swap(*, swap: TurnSwap, agreed: bool, by: User, at: datetime) -> TurnSwap:
    """Take the turn, or say that one cannot.

    :raises NotAsked: for anybody but whom it was asked
    :raises TurnNotSo: if it was answered, or the turn has begun or gone
    :raises CannotSwap: if meanwhile they have duty that day
    """
    turn = _locked(swap.turn, State.PLANNED)
    swap = TurnSwap.objects.select_related("taker__person__user", "giver__person__user").get(
        pk=swap.pk
    )
    if by.pk != swap.taker.person.user_id:
        raise NotAsked(_("只能由对方本人答复。"))
    if swap.state != TurnSwap.State.ASKED or turn.post_id != swap.giver_id or at >= turn.starts_at:
        raise TurnNotSo(_("这次换班已经处理，请刷新页面。"))
    if agreed:
        _refuse_taker(turn, swap.taker)
        turn.post, turn.reminded_at = swap.taker, None
        turn.save(update_fields=["post", "reminded_at"])
    swap.state = TurnSwap.State.AGREED if agreed else TurnSwap.State.DECLINED
    swap.answered_at = at
    swap.save(update_fields=["state", "answered_at"])
    name = swap.taker.person.name
    _tell(
        swap.giver,
        _("%s同意换班") % name if agreed else _("%s那天不便，没有换班") % name,
        _("%(roster)s，%(when)s。") % {"roster": turn.roster.name, "when": _when(turn)},
        f"report-in.swapped:{swap.pk}", at,
    )  # fmt: skip
    return swap


def _own(turn: DutyTurn, by: User, *states: str) -> DutyTurn:
    turn = _locked(turn, *states)
    if by.pk != turn.post.person.user_id:
        raise NotYourTurn(_("这是别人的班次。"))
    return turn


def _locked(turn: DutyTurn, *states: str) -> DutyTurn:
    rows = DutyTurn.objects.select_for_update(of=("self",))
    found = rows.select_related("post__person__user", "roster__community").get(pk=turn.pk)
    if found.state not in states:
        raise TurnNotSo(_("这一班的状态已是“%s”，请刷新页面。") % found.get_state_display())
    return found


def _when(turn: DutyTurn) -> str:
    return f"{localtime(turn.starts_at):%m-%d %H:%M}–{localtime(turn.ends_at):%H:%M}"


def _tell(post: RosterPost, title: str, text: str, key: str, at: datetime) -> None:
    user = post.person.user
    if user is not None:
        tell(users=[user], title=title, text=text, url=reverse("dual_report:turns"), key=key, at=at)
