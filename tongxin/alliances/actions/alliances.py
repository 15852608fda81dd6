"""Founding an alliance, its members, its desks and who sits at them (S0.1, S0.2)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import chinese_number
from tongxin.orgs.models import Org
from tongxin.orgs.scope import roles_over
from tongxin.regions.models import Region

from ..models import Alliance, AllianceMember, AllianceProject, Desk, DeskMember
from ..models.alliances import own_orgs
from ..queries.parts import keeps_alliance
from .common import BadDay, OverAlready, must, not_to_come, text

MOST_DESKS = 30


class NameTaken(Refused):
    """The convening unit has one of that name."""


class SeatTaken(Refused):
    """The unit is a member already, or the person sits at the desk."""


class StillCarrying(Refused):
    """Projects still run."""


@transaction.atomic
def found_alliance(
    *, name: str, convenor: Org, region: Region, purpose: str, founded_on: date, by: User,
    at: datetime, members: tuple[tuple[Org, str], ...] = (), desks: int = 0,
) -> Alliance:  # fmt: skip
    """Found an alliance with its first members [(unit, kind)] and so many numbered desks.

    :raises NotYours: unless `by` is an officer over the land, or at work in the convening unit
    :raises NameTaken, BadDay: as their names say
    """
    allowed = "officer" in roles_over(by, region.path) or convenor.pk in own_orgs(by)
    must(allowed, what=_("组建党建联盟"), remedy=_("请由召集单位或区级管理员办理。"))
    not_to_come(founded_on, at, field="founded_on")
    try:
        with transaction.atomic():
            made = Alliance.objects.create(
                name=text(name, _("名称"), limit=60), convenor=convenor, region=region,
                purpose=text(purpose, _("目的"), limit=300), founded_on=founded_on, by=by, at=at,
            )  # fmt: skip
    except IntegrityError:
        raise NameTaken(_("%s已有同名的联盟。") % convenor.name, field="name") from None
    join_alliance(made, org=convenor, kind="service", on=founded_on, by=by, at=at)
    for org, kind in members:
        if org.pk != convenor.pk:
            join_alliance(made, org=org, kind=kind, on=founded_on, by=by, at=at)
    for number in range(1, desks + 1):
        set_desk(made, number=number, by=by, at=at)
    audit(actor=by, action="alliances.found", object=made.name, at=at)
    return made


def _kept(alliance: Alliance, by: User, what: Any) -> None:
    must(keeps_alliance(by, alliance), what=what, remedy=_("请由召集单位办理。"))
    if alliance.ended_on is not None:
        raise OverAlready(_("“%s”已结束。") % alliance.name)


@transaction.atomic
def join_alliance(
    alliance: Alliance, *, org: Org, kind: str, on: date, by: User, at: datetime, duty: str = ""
) -> AllianceMember:
    """Take a unit in. :raises NotYours, OverAlready, SeatTaken, Invalid, BadDay:"""
    _kept(alliance, by, _("吸收成员单位"))
    if kind not in AllianceMember.Kind.values:
        raise Invalid(_("请选择成员类型。"), field="kind")
    if on < alliance.founded_on:
        raise BadDay(_("加入日期不能早于联盟成立日期。"), field="on")
    try:
        with transaction.atomic():
            return AllianceMember.objects.create(
                alliance=alliance, org=org, kind=kind, joined_on=on,
                duty=text(duty, _("职责"), limit=100, required=False),
            )  # fmt: skip
    except IntegrityError:
        raise SeatTaken(_("%s已是成员单位。") % org.name, field="org") from None


@transaction.atomic
def leave_alliance(member: AllianceMember, *, on: date, by: User, at: datetime) -> AllianceMember:
    """Let a unit go. :raises NotYours, OverAlready, BadDay, Refused: the convening unit stays"""
    member = (
        AllianceMember.objects.select_for_update(of=("self",))
        .select_related("alliance__region", "org")
        .get(pk=member.pk)
    )
    _kept(member.alliance, by, _("办理成员退出"))
    if member.left_on is not None:
        raise OverAlready(_("%s已退出。") % member.org.name)
    if member.org_id == member.alliance.convenor_id:
        raise Refused(_("召集单位不能退出联盟。"))
    if not member.joined_on <= on <= localdate(at):
        raise BadDay(_("退出日期应在加入之后、今天或之前。"), field="on")
    member.left_on = on
    member.save(update_fields=["left_on"])
    return member


@transaction.atomic
def set_desk(
    alliance: Alliance, *, number: int, by: User, at: datetime, name: str = "",
    head: User | None = None, duty: str = "",
) -> Desk:  # fmt: skip
    """Set up a numbered desk, or change the one of that number (第一工作部 …).

    :raises NotYours, OverAlready, Invalid:
    """
    _kept(alliance, by, _("设置工作部"))
    if not 1 <= number <= MOST_DESKS:
        raise Invalid(_("工作部序号应在 1 到 %d 之间。") % MOST_DESKS, field="number")
    default = _("第%s工作部") % chinese_number(number)
    values = {"duty": text(duty, _("职责"), required=False), "head": head}
    values["name"] = text(name, _("名称"), limit=40, required=False) or default
    desk, _made = Desk.objects.update_or_create(alliance=alliance, number=number, defaults=values)
    return desk


@transaction.atomic
def sit_at_desk(
    desk: Desk, *, user: User, on: date, by: User, at: datetime, org: Org | None = None
) -> DeskMember:
    """Give somebody a place at a desk. :raises NotYours, OverAlready, SeatTaken:"""
    _kept(desk.alliance, by, _("安排工作部成员"))
    try:
        with transaction.atomic():
            return DeskMember.objects.create(desk=desk, user=user, org=org, from_on=on)
    except IntegrityError:
        raise SeatTaken(_("%s已在这个工作部。") % user.name, field="user") from None


@transaction.atomic
def leave_desk(seat: DeskMember, *, on: date, by: User, at: datetime) -> DeskMember:
    """End somebody's place at a desk. :raises NotYours, BadDay:"""
    must(keeps_alliance(by, seat.desk.alliance), what=_("安排工作部成员"))
    if on < seat.from_on:
        raise BadDay(_("结束日期不能早于开始日期。"), field="on")
    seat.to_on = on
    seat.save(update_fields=["to_on"])
    return seat


@transaction.atomic
def mark_example(
    subject: Alliance | AllianceProject, *, label: str, url: str, by: User, at: datetime
) -> Alliance | AllianceProject:
    """Mark an alliance or project as an example (典型代表, S0.11), pointing at its case study.

    An empty label takes the mark away.

    :raises NotYours, Invalid: `url` is a path of this site
    """
    alliance = subject if isinstance(subject, Alliance) else subject.alliance
    must(keeps_alliance(by, alliance), what=_("标记典型"))
    if url and not (url.startswith("/") and not url.startswith("//")):
        raise Invalid(_("案例地址应是本站的页面，以 / 开头。"), field="url")
    subject.example_label = text(label, _("案例"), limit=100, required=False)
    subject.example_url = text(url, _("案例地址"), required=False) if subject.example_label else ""
    subject.is_example = bool(subject.example_label)
    subject.save(update_fields=["is_example", "example_label", "example_url"])
    audit(actor=by, action="alliances.example", object=subject.name, at=at, reason=label)
    return subject


@transaction.atomic
def end_alliance(alliance: Alliance, *, on: date, by: User, at: datetime) -> Alliance:
    """End an alliance that carries no project any more. :raises NotYours, OverAlready, StillCarrying:"""
    alliance = Alliance.objects.select_for_update(of=("self",)).select_related("region").get(
        pk=alliance.pk
    )  # fmt: skip
    _kept(alliance, by, _("结束联盟"))
    if n := alliance.projects.filter(state=AllianceProject.State.ACTIVE).count():
        raise StillCarrying(_("还有 %d 个项目在推进，办完或退出后才能结束联盟。") % n)
    if not alliance.founded_on <= on <= localdate(at):
        raise BadDay(_("结束日期应在成立之后、今天或之前。"), field="on")
    alliance.ended_on = on
    alliance.save(update_fields=["ended_on"])
    audit(actor=by, action="alliances.end", object=alliance.name, at=at)
    return alliance
