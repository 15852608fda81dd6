"""Teams of an operation: who leads, who is in them, which streets they look after (S0.64, S0.83)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Post
from tongxin.regions.models import Region

from ..models import Operation, Team, TeamMember
from ..scope import CLASS
from .common import audit_name, locked, must_be, must_run

OPEN = ("drafted", "approved", "running")
MOST_MEMBERS = 60


class NotOfTheClass(Invalid):
    """A team said to be led by one of the leading body is led by somebody who is none."""


class TooMany(Invalid):
    """More people than a team can have."""


class OutsideTheOperation(Invalid):
    """A street given to a team lies outside of the operation's land."""


def _must_be_class(leader: User, operation: Operation, at: datetime) -> None:
    """:raises NotOfTheClass: if the leader holds no office of the leading body on that day"""
    held = Post.objects.held_on(localdate(at)).filter(user=leader, role__in=CLASS)
    above = [int(pk) for pk in operation.org.path.split("/") if pk]
    if not held.filter(org__in=above).exists():
        raise NotOfTheClass(
            _("%(name)s不是%(org)s的班子成员，不能登记为班子成员带队。")
            % {"name": leader.name, "org": operation.org.name},
            field="leader",
            remedy=_("请换一位带队领导，或取消“班子成员带队”。"),
        )


def _areas(operation: Operation, areas: Iterable[Region]) -> list[Region]:
    found = list(areas)
    for region in found:
        if not region.path.startswith(operation.region.path):
            raise OutsideTheOperation(_("%s不在本次监督范围内。") % region.name, field="areas")
    return found


@transaction.atomic
def make_team(
    *, operation: Operation, name: str, leader: User, by: User, at: datetime,
    members: Iterable[User] = (), areas: Iterable[Region] = (), leader_title: str = "",
    is_class_led: bool = False,
) -> Team:  # fmt: skip
    """Make a team; its number is the next. The leader is a member too.

    :raises NotYours, WrongState, NotOfTheClass, TooMany, OutsideTheOperation:
    """
    row = locked(operation)
    must_run(by, row)
    must_be(row, *OPEN)
    if is_class_led:
        _must_be_class(leader, row, at)
    lands = _areas(row, areas)
    number = (row.teams.aggregate(top=Max("number"))["top"] or 0) + 1
    team = Team.objects.create(
        operation=row, number=number, leader=leader, is_class_led=is_class_led, made_at=at,
        name=clean_text(name, limit=40, field_label=_("名称")) or _("第%d监督组") % number,
        leader_title=clean_text(leader_title, limit=60, field_label=_("带队职务")),
    )  # fmt: skip
    team.areas.set(lands)
    people = list({user.pk: user for user in [leader, *members]}.values())
    if len(people) > MOST_MEMBERS:
        raise TooMany(_("一个监督组最多 %d 人。") % MOST_MEMBERS, field="members")
    TeamMember.objects.bulk_create(TeamMember(team=team, user=u, joined_at=at) for u in people)
    return team


@transaction.atomic
def change_team(
    *, team: Team, by: User, at: datetime, name: str, leader: User, members: Iterable[User],
    areas: Iterable[Region] = (), leader_title: str = "", is_class_led: bool = False,
) -> Team:  # fmt: skip
    """Change a team as a whole; who is no longer named has left, and stays to be read.

    :raises NotYours, WrongState, NotOfTheClass, TooMany, OutsideTheOperation:
    """
    row = locked(team.operation)
    must_run(by, row)
    must_be(row, *OPEN)
    if is_class_led:
        _must_be_class(leader, row, at)
    lands = _areas(row, areas)
    wanted = {user.pk: user for user in [leader, *members]}
    if len(wanted) > MOST_MEMBERS:
        raise TooMany(_("一个监督组最多 %d 人。") % MOST_MEMBERS, field="members")
    standing = {one.user_id: one for one in team.members.filter(left_at=None)}
    gone = [one.pk for pk, one in standing.items() if pk not in wanted]
    TeamMember.objects.filter(pk__in=gone).update(left_at=at)
    TeamMember.objects.bulk_create(
        TeamMember(team=team, user=user, joined_at=at)
        for pk, user in wanted.items()
        if pk not in standing
    )
    team.name = clean_text(name, limit=40, field_label=_("名称"), required=True)
    team.leader, team.is_class_led = leader, is_class_led
    team.leader_title = clean_text(leader_title, limit=60, field_label=_("带队职务"))
    team.save(update_fields=["name", "leader", "leader_title", "is_class_led"])
    team.areas.set(lands)
    came = len(set(wanted) - set(standing))
    audit(
        actor=by, action="inspection.team", object=f"{audit_name(row)} {team.number}", at=at,
        detail={"came": came, "left": len(gone), "leader": leader.name},
    )  # fmt: skip
    return team
