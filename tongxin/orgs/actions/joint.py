"""Joint committees (街道大工委、社区大党委): seats for units of the area (S0.39, S0.40)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.regions.models import Region

from ..models import JointMember, Org, UnitKind
from .pilots import must_be_on
from .units import (
    Done,
    Paper,
    check_paper,
    hold,
    must_keep,
    must_stand,
)
from .units_found import found_unit

Duty = JointMember.Duty


class NotJoint(Invalid):
    """Seats are those of a joint committee."""


class NotOfTheArea(Invalid):
    """A seat goes to an organisation that stands in the area of the committee."""


class SeatTaken(Refused):
    """The committee has a chair, or the person has a seat."""


class ChairFirst(Refused):
    """The chair is the secretary of the committee that the joint committee belongs to."""


def found_joint_committee(*, parent: Org, paper: Paper, at: datetime, by: User) -> Done:
    """Found the joint committee of a street (大工委) or a community (大党委): one for each.

    :raises SeatTaken: if there is one
    :raises PilotOff: for a community outside a running trial
    """
    level = parent.region.level
    if level not in (Region.Level.STREET, Region.Level.COMMUNITY):
        raise NotJoint(_("大工委设在街镇，大党委设在社区（村）"), field="parent")
    if level == Region.Level.COMMUNITY:
        must_be_on("joint_committee", parent.region.path, on=paper.on, field="parent")
    standing = parent.children.filter(unit_kind=UnitKind.JOINT_COMMITTEE, dissolved_on=None)
    if (have := standing.first()) is not None and not paper.key:
        raise SeatTaken(_("已经有“%s”") % have, field="parent")
    word = _("大工委") if level == Region.Level.STREET else _("大党委")
    return found_unit(
        name=f"{parent.region.name}{word}",
        unit_kind=UnitKind.JOINT_COMMITTEE,
        parent=parent,
        paper=paper,
        at=at,
        by=by,
    )


@transaction.atomic
def give_seat(
    *,
    committee: Org,
    origin: Org,
    name: str,
    on: date,
    at: datetime,
    by: User,
    duty: str = Duty.MEMBER,
    title: str = "",
    task: str = "",
    user: User | None = None,
) -> JointMember:
    """Give somebody sent by an organisation of the area a seat in a joint committee.

    The chair comes from the committee the joint committee stands under (S3.28); the others from
    organisations whose land touches it: those inside, and those that answer for it from above.

    :raises NotYourUnit, UnitGone, NotJoint, NotOfTheArea, ChairFirst, SeatTaken: as they say
    """
    committee = hold(committee)[committee.pk]
    must_keep(by, committee.parent)
    must_stand(committee)
    must_stand(origin, name="origin")
    if committee.unit_kind != UnitKind.JOINT_COMMITTEE:
        raise NotJoint(_("“%s”不是大工委或大党委") % committee, field="committee")
    check_paper(Paper(on), at=at)
    _check_origin(committee, origin, duty)
    name = clean_text(name, limit=40, field_label=_("姓名"), required=True, multiline=False)
    try:
        with transaction.atomic():
            seat = JointMember.objects.create(
                committee=committee, origin=origin, name=name, user=user, duty=duty, from_date=on,
                title=clean_text(title, limit=40, field_label=_("原职务"), multiline=False),
                task=clean_text(task, limit=100, field_label=_("分工"), multiline=False),
            )  # fmt: skip
    except IntegrityError as error:
        raise SeatTaken(_("%s已是委员，或者主任委员已有人担任") % name, field="name") from error
    detail = {"origin": origin.name, "duty": duty}
    audit(actor=by, action="joint.seat", object=committee.name, detail=detail, at=at)
    if user is not None:
        tell(
            users=[user],
            title=_("您已任%(committee)s%(duty)s")
            % {"committee": committee, "duty": seat.get_duty_display()},
            text=_("分工：%s") % seat.task if seat.task else "",
            url="/",
            key=f"joint-seat:{seat.pk}",
            at=at,
        )
    return seat


def _check_origin(committee: Org, origin: Org, duty: str) -> None:
    if duty not in Duty.values:
        raise NotJoint(_("请选择委员职务"), field="duty")
    if duty == Duty.CHAIR and origin.pk != committee.parent_id:
        raise ChairFirst(
            _("主任委员由“%s”的书记担任") % committee.parent,
            field="origin",
            remedy=_("来自单位请选上级党组织。"),
        )
    land, home = committee.region.path, origin.region.path
    if not (home.startswith(land) or land.startswith(home)):
        raise NotOfTheArea(
            _("“%(origin)s”不在%(land)s，不能派委员")
            % {"origin": origin, "land": committee.region},
            field="origin",
        )


@transaction.atomic
def end_seat(*, seat: JointMember, at: datetime, by: User) -> None:
    """End a seat today; the row stays. Raises NotYourUnit, or SeatTaken if it has ended."""
    seat = (
        JointMember.objects.select_for_update(of=("self",))
        .select_related("committee__parent")
        .get(pk=seat.pk)
    )
    must_keep(by, seat.committee.parent)
    if seat.to_date:
        raise SeatTaken(_("已于 %s 卸任") % seat.to_date)
    seat.to_date = max(localdate(at), seat.from_date)
    seat.save(update_fields=["to_date"])
    audit(actor=by, action="joint.end", object=seat.committee.name, detail={}, at=at)
