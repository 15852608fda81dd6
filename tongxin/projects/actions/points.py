"""Contact points that are made, named and ended as demonstration points (示范点, S3.6)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.dual_report.models import ContactPoint
from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.orgs.scope import roles_over
from tongxin.regions.models import Region

from ..models import Demonstration
from ..models.common import LEADS
from ..queries.promises import open_items
from .common import WrongState, line, must_lead


class NotProven(Invalid):
    """What is asked before is not there yet."""


@transaction.atomic
def begin_demonstration(
    point: ContactPoint, *, theme: str, plan: str, by: User, at: datetime
) -> Demonstration:
    """Begin to make a contact point a demonstration point (打造示范点).

    :raises WrongState: if it is one already, or the contact has ended
    """
    if by.pk != point.leader_id:
        must_lead(by, point.region.path, what=_("打造示范点"))
    if point.to_date is not None or Demonstration.objects.filter(point=point).exists():
        raise WrongState(_("这个联系点已结束，或已在打造示范点。"))
    return Demonstration.objects.create(
        point=point, theme=line(theme, limit=60, label=_("示范主题"), required=True), by=by, at=at,
        plan=line(plan, limit=500, label=_("打造措施"), required=True),
    )  # fmt: skip


@transaction.atomic
def name_demonstration(one: Demonstration, *, why: str, by: User, at: datetime) -> Demonstration:
    """Name a demonstration point: all of the checklist done in this year, by another than its leader.

    :raises NotProven: while items of the checklist are open, naming them
    """
    one = _held_point(one, by, _("命名示范点"))
    if one.state != Demonstration.State.BUILDING:
        raise WrongState(_("它不在培育中。"))
    missing = open_items(one.point, localdate(at))
    if missing:
        raise NotProven(
            _("“七个一”今年还没有做齐：%s。") % "、".join(item.text for item in missing[:7])
        )
    one.state, one.named_on = Demonstration.State.SHOWN, localdate(at)
    one.why = line(why, limit=300, label=_("命名理由"), required=True)
    one.save(update_fields=["state", "named_on", "why"])
    return one


@transaction.atomic
def end_demonstration(one: Demonstration, *, why: str, by: User, at: datetime) -> Demonstration:
    """Take the name from a demonstration point, with the reason."""
    one = _held_point(one, by, _("撤销示范点"))
    if one.state == Demonstration.State.ENDED:
        raise WrongState(_("已经撤销。"))
    one.state, one.why = Demonstration.State.ENDED, line(why, limit=300, label=_("理由"), required=True)  # fmt: skip
    one.save(update_fields=["state", "why"])
    audit(actor=by, action="projects.end_demonstration", object=one.theme, at=at, reason=one.why)
    return one


@transaction.atomic
def drop_demonstration(one: Demonstration, *, by: User, at: datetime) -> None:
    """Take back what was only begun, by who may begin it.

    :raises WrongState: once it was named
    """
    rows = Demonstration.objects.select_for_update(of=("self",)).select_related("point__region")
    one = rows.get(pk=one.pk)
    if by.pk != one.point.leader_id:
        must_lead(by, one.point.region.path, what=_("打造示范点"))
    if one.state != Demonstration.State.BUILDING:
        raise WrongState(_("它不在培育中。"))
    audit(actor=by, action="projects.drop_demonstration", object=one.theme, at=at)
    one.delete()


def _held_point(one: Demonstration, by: User, what: str) -> Demonstration:
    rows = Demonstration.objects.select_for_update(of=("self",))
    one = rows.select_related("point__region", "point__leader").get(pk=one.pk)
    district = _district_of(one.point.region)
    if by.pk == one.point.leader_id or roles_over(by, district).isdisjoint(LEADS):
        raise NotPermitted(_("您的岗位不能%s。") % what, remedy=_("由区里的督办单位办理，联系领导本人回避。"))  # fmt: skip
    return one


def _district_of(region: Region) -> str:
    return "/".join(region.path.split("/")[:2]) + "/"
