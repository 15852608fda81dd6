"""Areas of duty, pioneer posts and contests (S2.31); pledges shown by consent (S2.32)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import LogEntry, Membership, Org, Person, Post
from tongxin.orgs.scope import keeps_register
from tongxin.regions.models import Region

from ..models import Contest, ContestResult, DutyArea, Pledge
from ..scope import at_desk


class NotYourRegister(NotPermitted):
    """Written by who keeps the register of the unit."""


class NotOfTheUnit(Invalid):
    """The person is no member of the unit or of one under it."""


class DutyThere(Refused):
    """The member answers for that already."""


class ContestThere(Refused):
    """The contest has been written down."""


class NotAtTheWindow(NotPermitted):
    """A pledge is made by who serves at the window."""


class PledgedAlready(Refused):
    """Somebody pledges once at a window."""


class NoMember(Invalid):
    """Who is no member does not show themselves as one."""


class NotYourPledge(NotPermitted):
    """Whether a pledge is shown, who made it decides alone."""


def _only_registrar(by: User, unit: Org) -> None:
    if not keeps_register(by, unit.path):
        raise NotYourRegister(_("只能由本党组织书记或上级组织员登记。"))


def _only_member(person: Person, unit: Org) -> None:
    rows = Membership.objects.members().filter(person=person, unit__path__under=unit.path)
    if not rows.exists():
        raise NotOfTheUnit(_("%s不是这个党组织的党员。") % person.name, field="person")


@transaction.atomic
def set_duty_area(
    *,
    kind: str,
    unit: Org,
    person: Person,
    region: Region,
    place: str,
    duty: str,
    by: User,
    at: datetime,
) -> DutyArea:
    """Give a member an area to answer for (责任区) or a pioneer post (先锋岗).

    :raises NotYourRegister, NotOfTheUnit, DutyThere: if it cannot be
    """
    _only_registrar(by, unit)
    _only_member(person, unit)
    place = clean_text(place, limit=60, field_label=_("范围或岗位"), required=True)
    standing = DutyArea.objects.filter(kind=kind, person=person, place=place, to_date=None)
    if standing.exists():
        raise DutyThere(_("%s已经负责这里。") % person.name, field="place")
    return DutyArea.objects.create(
        kind=kind,
        unit=unit,
        person=person,
        region=region,
        place=place,
        duty=clean_text(duty, limit=200, field_label=_("职责"), required=True),
        from_date=localdate(at),
        set_by=by,
    )


@transaction.atomic
def end_duty_area(*, area: DutyArea, by: User, at: datetime) -> DutyArea:
    """End it today; it stays in the book.

    :raises NotYourRegister: for who may not
    """
    _only_registrar(by, area.unit)
    area.to_date = localdate(at)
    area.save(update_fields=["to_date"])
    return area


@transaction.atomic
def hold_contest(
    *,
    unit: Org,
    title: str,
    subject: str,
    held_on: date,
    scores: Mapping[Person, Decimal],
    by: User,
    at: datetime,
) -> Contest:
    """Write down a contest of skill with everybody's score; it enters the unit's life log.

    :raises NotYourRegister, NotOfTheUnit, ContestThere: if it cannot be
    """
    _only_registrar(by, unit)
    title = clean_text(title, limit=60, field_label=_("名称"), required=True)
    if held_on > localdate(at):
        raise Invalid(_("举办日期不能晚于今天。"), field="held_on")
    if not scores:
        raise Invalid(_("请至少登记一人的成绩。"), field="scores")
    if Contest.objects.filter(unit=unit, title=title, held_on=held_on).exists():
        raise ContestThere(_("这次比武已经登记。"), field="title")
    for person, score in scores.items():
        _only_member(person, unit)
        if not 0 <= score <= 1000:
            raise Invalid(_("成绩应在 0 到 1000 之间。"), field="scores")
    contest = Contest.objects.create(
        unit=unit,
        title=title,
        subject=clean_text(subject, limit=60, field_label=_("比什么"), required=True),
        held_on=held_on,
        set_by=by,
    )
    ContestResult.objects.bulk_create(
        ContestResult(contest=contest, person=person, score=score)
        for person, score in scores.items()
    )
    write_log(
        unit=unit, kind=LogEntry.Kind.HONOUR, at=at, recorded_at=at, actor=by,
        text=_("%(day)s 举办%(title)s，%(n)d 名党员参加")
        % {"day": held_on, "title": title, "n": len(scores)},
        source=f"dual_report.contest:{contest.pk}", key=f"report-in.contest:{contest.pk}",
    )  # fmt: skip
    return contest


@transaction.atomic
def make_pledge(
    *,
    window: Org,
    user: User,
    post: str,
    text: str,
    by: User,
    at: datetime,
    shows_member: bool = False,
    agreed: bool = False,
) -> Pledge:
    """Pledge something at a window; shown once who pledges has agreed, and only they can agree.

    :raises NotAtTheWindow: if `user` holds no post there, or `by` neither is they nor acts there
    :raises PledgedAlready: if one of theirs stands
    :raises NoMember: for who would show themselves as a member and is none
    """
    if by.pk != user.pk and not at_desk(by, window.region.path):
        raise NotAtTheWindow(_("只能由本人或所在社区登记承诺。"))
    if not Post.objects.held_on(localdate(at)).filter(user=user, org=window).exists():
        raise NotAtTheWindow(_("承诺由在这个窗口任职的人作出。"))
    if Pledge.objects.filter(window=window, user=user, withdrawn_at__isnull=True).exists():
        raise PledgedAlready(_("在这个窗口已有承诺，先撤下再改。"))
    self_made = by.pk == user.pk
    # Membership is nobody else's to reveal.
    shows_member = self_made and _may_show(user, shows_member)
    return Pledge.objects.create(
        window=window,
        user=user,
        shown_as=user.name,
        post=clean_text(post, limit=40, field_label=_("岗位"), required=True),
        shows_member=shows_member,
        text=clean_text(text, limit=200, field_label=_("承诺"), required=True),
        made_at=at,
        agreed_at=at if agreed and self_made else None,
    )


def _may_show(user: User, wished: bool) -> bool:
    if wished and not Membership.objects.members().filter(person__user=user).exists():
        raise NoMember(_("党员名册里没有您，不能亮明党员身份。"), field="shows_member")
    return wished


@transaction.atomic
def agree_to_show(*, pledge: Pledge, by: User, at: datetime, shows_member: bool = False) -> Pledge:
    """Agree that one's pledge is shown in public, with or without that one is a member.

    :raises NotYourPledge: for anybody else
    :raises NoMember: for who would show themselves as a member and is none
    """
    if by.pk != pledge.user_id:
        raise NotYourPledge(_("是否公开，由本人决定。"))
    pledge.agreed_at, pledge.shows_member = at, _may_show(pledge.user, shows_member)
    pledge.save(update_fields=["agreed_at", "shows_member"])
    return pledge


@transaction.atomic
def withdraw_pledge(*, pledge: Pledge, by: User, at: datetime) -> Pledge:
    """Take one's pledge down; the community may too, when somebody has left.

    :raises NotYourPledge: for anybody else
    """
    if by.pk != pledge.user_id and not at_desk(by, pledge.window.region.path):
        raise NotYourPledge(_("只能由本人或所在社区撤下。"))
    pledge.withdrawn_at = at
    pledge.save(update_fields=["withdrawn_at"])
    return pledge
