"""A motion is raised, supported, talked over; its meeting is called; its moves are made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.cases.actions import make_move, open_case, system_move
from tongxin.cases.models import Case, Event
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.meetings.actions import plan_gathering
from tongxin.meetings.models import Meeting
from tongxin.orgs.models import Membership, Org
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region

from ..models import Motion, MotionRule, RaiserKind, Statement, Support
from .common import must_be_community, must_keep, name_shown, scoped

BITE = 50
DESK_MOVES = ("admit", "refuse", "draft", "agree", "carry", "report")


class NoRule(Refused):
    """Without a rule in force nobody can say how many must support, or what is a majority."""


class BadMotion(Invalid):
    """A motion needs somebody who may raise it, a community, a title and a text."""


class NotOpenForThat(Refused):
    """The motion is past the stage in which people support it or speak to it."""


class SupportedAlready(Refused):
    """Everybody supports a motion once."""


def locked(motion: Motion) -> Motion:
    rows = Motion.objects.select_for_update(of=("self",)).select_related("case", "community")
    return rows.get(pk=motion.pk)


@transaction.atomic
def raise_motion(
    *, community: Region, raiser: str, title: str, text: str, by: User, at: datetime,
    hides_name: bool = False, org: Org | None = None, key: str | None = None,
) -> Motion:  # fmt: skip
    """Bring a matter up for decision in a community; who raises it is its first supporter.

    How many others must support it, and until when, is the rule's of this day (`MotionRule`).

    :raises BadMotion: for a kind of raiser there is not, or that `by` is not
    :raises NoRule: if no rule is in force
    :raises Missing, TooLong: for a motion without title or text
    """
    must_be_community(community)
    if raiser not in RaiserKind.values:
        raise BadMotion(_("请选择以什么身份提出。"), field="raiser")
    _must_be(raiser, by, org, community)
    rule = MotionRule.objects.in_force(raiser, localdate(at))
    if rule is None:
        raise NoRule(
            _("还没有这类议题的规则，暂时不能提出。"), remedy=_("请街镇管理员先装载议事规则。")
        )
    title = clean_text(title, limit=60, field_label=_("议题"), required=True)
    text = clean_text(text, limit=2000, field_label=_("议题内容"), required=True, multiline=True)

    def also(case: Case) -> None:
        motion = Motion.objects.create(
            case=case, community=community, raiser=raiser, raised_by=by, org=org, rule=rule,
            shown_as=org.name if org else name_shown(by, hides_name), supports=1,
            needed=rule.supporters,
            support_until=localdate(at) + timedelta(days=rule.support_days),
        )  # fmt: skip
        Support.objects.create(motion=motion, user=by, at=at)

    case = open_case(
        kind="motion", title=title, text=text, region=community, at=at, actor=by, reporter=by,
        key=key, also=also, data={"raiser": raiser},
    )  # fmt: skip
    motion = Motion.objects.select_related("case", "community").get(pk=case.pk)
    if motion.case.step == "raised" and motion.supports >= motion.needed:
        system_move(motion.case, "back", at=at)
        motion.case.refresh_from_db()
    return motion


def _must_be(raiser: str, by: User, org: Org | None, community: Region) -> None:
    if raiser == RaiserKind.ORG:
        if org is None or all(post.org_id != org.pk for post in posts_of(by)):
            raise BadMotion(_("以单位名义提出，请选择您任职的单位。"), field="org")
    elif org is not None:
        raise BadMotion(_("以单位名义提出时才填单位。"), field="org")
    if raiser == RaiserKind.MEMBERS:
        members = Membership.objects.members().filter(person__user=by)
        if not members.exists():
            raise BadMotion(_("党员名册里没有您，请以居民身份提出。"), field="raiser")


@transaction.atomic
def support_motion(motion: Motion, *, by: User, at: datetime) -> Motion:
    """Support a motion; with the last one needed it goes before the community.

    :raises NotOpenForThat: once supporters are no longer sought
    :raises SupportedAlready: the second time
    """
    motion = locked(motion)
    if motion.case.step != "raised" or localdate(at) > motion.support_until:
        raise NotOpenForThat(_("这个议题已经不再征集附议。"))
    try:
        with transaction.atomic():
            Support.objects.create(motion=motion, user=by, at=at)
    except IntegrityError:
        raise SupportedAlready(_("您已经附议过了。")) from None
    motion.supports += 1
    motion.save(update_fields=["supports"])
    if motion.supports >= motion.needed:
        system_move(motion.case, "back", at=at)
        motion.case.refresh_from_db()
    return motion


@transaction.atomic
def speak(
    motion: Motion, *, text: str, by: User, at: datetime, stance: str = Statement.Stance.OTHER,
    hides_name: bool = False, key: str | None = None,
) -> Statement:  # fmt: skip
    """Say something to a motion that is being discussed; no telephone numbers are shown in it.

    :raises NotOpenForThat: outside the discussion
    :raises Invalid: for a text with a telephone or identity number, or none at all
    """
    kept = scoped(by, key)
    if kept and (old := Statement.objects.filter(key=kept).first()):
        return old
    motion = Motion.objects.select_related("case").get(pk=motion.pk)
    until = motion.discuss_until
    if motion.case.step != "discussing" or (until and localdate(at) > until):
        raise NotOpenForThat(_("现在不是这个议题的讨论期。"))
    if stance not in Statement.Stance.values:
        raise Invalid(_("请选择支持、反对或建议。"), field="stance")
    text = clean_text(text, limit=500, field_label=_("意见"), required=True, multiline=True)
    if has_numbers(text):
        raise Invalid(_("请不要写电话号码或证件号码：发言对所有人公开。"), field="text")
    return Statement.objects.create(
        motion=motion, user=by, shown_as=name_shown(by, hides_name), stance=stance, text=text,
        at=at, key=kept,
    )  # fmt: skip


def has_numbers(text: str) -> bool:
    """Say whether a text holds eleven digits or more in a row, as telephone and identity numbers do."""
    run = 0
    for letter in text:
        if letter.isdecimal():
            run += 1
            if run >= 11:
                return True
        elif letter not in " -—　":
            run = 0
    return False


@transaction.atomic
def hide_statement(statement: Statement, *, reason: str, by: User, at: datetime) -> Statement:
    """Take a statement off the page; its author is told why, and the act is written down.

    :raises NotPermitted: unless `by` keeps the community, and for one's own
    :raises Refused: if it is hidden already
    """
    one = Statement.objects.select_related("motion__community", "user").get(pk=statement.pk)
    must_keep(by, one.motion.community.path, what=_("管理发言"))
    if one.user_id == by.pk:
        raise NotPermitted(_("自己的发言请别人处理。"))
    if one.hidden_at:
        raise NotOpenForThat(_("这条发言已经隐藏。"))
    reason = clean_text(reason, limit=200, field_label=_("隐藏理由"), required=True)
    one.hidden_at, one.hidden_by, one.hidden_reason = at, by, reason
    one.save(update_fields=["hidden_at", "hidden_by", "hidden_reason"])
    audit(actor=by, action="taking_part.hide", object=f"statement {one.pk}", at=at, reason=reason)
    tell(
        users=[one.user], title=_("您的一条发言被隐藏"), text=reason,
        url=reverse("taking_part:motion", args=[one.motion_id]), key=f"hidden:{one.pk}", at=at,
    )  # fmt: skip
    return one


@transaction.atomic
def call_consultation(
    motion: Motion, *, unit: Org, starts_at: datetime, ends_at: datetime, venue: str, chair: str,
    by: User, at: datetime, invited: Sequence[Any] = (), key: str | None = None,
) -> Meeting:  # fmt: skip
    """Call the consultation meeting (协商会) of a motion; minutes and approval go as for any meeting.

    :raises NotOpenForThat: unless the motion is being discussed
    :raises NotYours, WrongTime: as `meetings.actions.plan_gathering`
    """
    motion = locked(motion)
    must_keep(by, motion.community.path, what=_("召集协商会"))
    if motion.case.step not in ("discussing", "ready"):
        raise NotOpenForThat(_("受理以后、表决以前才能召开协商会。"))
    meeting = plan_gathering(
        unit=unit, kind="coordination", title=_("协商：%s") % motion.case.title[:50],
        starts_at=starts_at, ends_at=ends_at, venue=venue, chair=chair, by=by, at=at,
        invited=invited, agenda=motion.case.title, key=key,
    )  # fmt: skip
    motion.meeting = meeting
    motion.save(update_fields=["meeting"])
    return meeting


def move_motion(
    motion: Motion, name: str, *, by: User, at: datetime, note: str = "",
    expect: int | None = None, key: str | None = None, evidence: Sequence[Any] = (),
) -> Event:  # fmt: skip
    """Take a motion one step on by a move of its flow; refusals are the engine's and the hooks'."""
    return make_move(
        motion.case, name, at=at, actor=by, note=note, expect=expect, key=key,
        evidence=list(evidence),
    )  # fmt: skip


def lapse_due(*, at: datetime, limit: int = BITE) -> int:
    """End motions that did not find their supporters in time; safe beside itself."""
    late = Motion.objects.filter(case__step="raised", support_until__lt=localdate(at))
    n = 0
    for motion in late.select_related("case").order_by("pk")[:limit]:
        note = _("到 %(day)s 附议 %(n)d 人，须 %(needed)d 人") % {
            "day": motion.support_until, "n": motion.supports, "needed": motion.needed,
        }  # fmt: skip
        try:
            system_move(motion.case, "lapse", at=at, note=note)
        except Refused:
            continue  # another worker was here, or the last supporter
        n += 1
    return n
