"""The crew of a grid: four kinds of people, their duties, and whether the mix is right (S0.42)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotFound, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Membership, Post, Volunteer
from tongxin.regions.models import Region

from ..models import CrewDuty, CrewMember, GridCrew, Secondment
from ..queries.crews import GRASSROOTS
from ..scope import rates
from .rules import NotYours


class NotAGrid(Invalid):
    """A crew belongs to a grid."""


class InCrew(Refused):
    """Somebody is in a crew once."""


class NotOfThatKind(Invalid):
    """Each kind is proved: by a secondment, a post, a membership in service, a volunteer's entry."""


class NoSuchUser(NotFound):
    """There is no such account, or it is closed."""


class DutyThere(Refused):
    """A duty is named once in a grid."""


@transaction.atomic
def join_crew(*, grid: Region, user: User, kind: str, at: datetime, by: User) -> CrewMember:
    """Put somebody into the crew of a grid, as one of the four kinds.

    :raises NotYours: unless `by` stands on the field line of the community, or directs above
    :raises NotAGrid, InCrew, NotOfThatKind: as their names say
    """
    crew = _crew(grid, at, by)
    secondment = _proved(grid, user, kind, at)
    try:
        with transaction.atomic():
            member = CrewMember.objects.create(
                crew=crew, user=user, kind=kind, secondment=secondment, from_date=localdate(at)
            )
    except IntegrityError as error:
        raise InCrew(_("%s 已经在这个网格") % user, field="user") from error
    detail = {"who": user.username, "kind": kind}
    audit(actor=by, action="crew.join", object=grid.code, detail=detail, at=at)
    return member


def _crew(grid: Region, at: datetime, by: User) -> GridCrew:
    if grid.level != Region.Level.GRID or grid.parent is None:
        raise NotAGrid(_("“%s”不是网格") % grid, field="grid")
    if not rates(by, grid.parent.path):
        raise NotYours(_("只有%s的社区书记、两委，或街镇管理员可以编组") % grid.parent)
    return GridCrew.objects.get_or_create(grid=grid, defaults={"made_at": at})[0]


def _proved(grid: Region, user: User, kind: str, at: datetime) -> Secondment | None:
    """Return the secondment of a seconded cadre; raise unless the kind is true of the user."""
    today, place = localdate(at), cast(Region, grid.parent)  # `_crew` has asked
    held = Post.objects.held_on(today).filter(user=user)
    if kind == CrewMember.Kind.SECONDED:
        rows = Secondment.objects.standing().filter(person__user=user, community=place)
        if row := rows.first():
            return row
        raise NotOfThatKind(_("%(who)s 没有下沉在%(place)s") % {"who": user, "place": place})
    true: dict[str, Callable[[], QuerySet[Any]]] = {
        CrewMember.Kind.GRASSROOTS: lambda: held.filter(
            role__in=GRASSROOTS, region__path__under=place.path
        ),
        CrewMember.Kind.IN_SERVICE: lambda: Membership.objects.members().filter(
            person__user=user, in_service=True
        ),
        CrewMember.Kind.VOLUNTEER: lambda: Volunteer.objects.filter(user=user),
    }
    if kind not in true or not true[kind]().exists():
        label = dict(CrewMember.Kind.choices).get(kind, kind)
        raise NotOfThatKind(
            _("%(who)s 没有登记为%(kind)s") % {"who": user, "kind": label},
            field="kind",
            remedy=_("请换一个类别，或先补登记"),
        )
    return None


@transaction.atomic
def leave_crew(*, member: CrewMember, at: datetime, by: User) -> None:
    """Take somebody out of a crew from today on; their duties stay, without them. Raises NotYours."""
    _crew(member.crew.grid, at, by)
    CrewMember.objects.filter(pk=member.pk, to_date__isnull=True).update(to_date=localdate(at))
    member.duties.update(member=None)
    audit(actor=by, action="crew.leave", object=member.crew.grid.code, detail={}, at=at)


@transaction.atomic
def add_duty(
    *, grid: Region, name: str, field: str, actor: str, member: CrewMember | None, at: datetime,
    by: User,
) -> CrewDuty:  # fmt: skip
    """Say what the crew answers for: in which field (S3.14), by which kind of actor (S0.45), who.

    :raises NotYours, NotAGrid, DutyThere: as their names say
    :raises NotOfThatKind: for somebody who is not in this crew
    """
    crew = _crew(grid, at, by)
    name = clean_text(name, limit=60, field_label=_("职责"), required=True)
    if member is not None and (member.crew_id != crew.pk or member.to_date):
        raise NotOfThatKind(_("负责人要先编入这个网格"), field="member")
    try:
        with transaction.atomic():
            return CrewDuty.objects.create(
                crew=crew, name=name, field=field, actor=actor, member=member
            )
    except IntegrityError as error:
        raise DutyThere(_("已有职责“%s”") % name, field="name") from error


@transaction.atomic
def end_duty(*, duty: CrewDuty, at: datetime, by: User) -> None:
    """Close a duty from today on. Raises NotYours."""
    _crew(duty.crew.grid, at, by)
    CrewDuty.objects.filter(pk=duty.pk).update(ended_on=localdate(at))


def active_user(pk: int) -> User:
    """Return an open account. Raises NoSuchUser."""
    user = User.objects.filter(pk=pk, is_active=True).first()
    if user is None:
        raise NoSuchUser(_("没有这个账号，或已停用"), field="user")
    return user
