"""The marks of a membership: in service, in hardship, veteran; lost and found; suspended."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.text import clean_text

from ..models import Membership
from ..queries import add_months, member_rule
from .people import must_keep
from .people_members import FLAGS, AlreadySo, BadMemberDates, NotYetAMember, locked, write


@transaction.atomic
def set_flags(
    *, membership: Membership, at: datetime, by: User | None, **flags: bool
) -> Membership:
    """Set what a member is beside: in service, in hardship, a veteran; what is not named stays.

    :raises NotRegistrar, MembershipOver: as their names say
    """
    membership = locked(membership)
    must_keep(by, membership.unit)
    if unknown := set(flags) - set(FLAGS):
        raise TypeError(f"a membership has no {unknown}")
    changed = {name: value for name, value in flags.items() if getattr(membership, name) != value}
    if not changed:
        return membership
    for name, value in changed.items():
        setattr(membership, name, value)
    membership.save(update_fields=list(changed))
    audit(
        actor=by,
        action="member.flags",
        object=f"membership:{membership.pk}",
        detail=changed,
        at=at,
    )
    return membership


@transaction.atomic
def mark_lost(
    *, membership: Membership, since: date, at: datetime, by: User | None, note: str = ""
) -> Membership:
    """Say that the branch has had no contact with a member since a day.

    What follows from it (停止党籍, 除名) is shown as a hint and decided by people.

    :raises NotRegistrar, MembershipOver, NotYetAMember, AlreadySo, BadMemberDates: as their names say
    """
    membership = _member(membership, by)
    if membership.lost_since:
        raise AlreadySo(_("已登记失联，自 %s 起。") % membership.lost_since, field="since")
    if since > localdate(at) or since < membership.from_date:
        raise BadMemberDates(_("失联日期不能晚于今天，也不能早于进入本支部的日期。"), field="since")
    membership.lost_since = since
    membership.save(update_fields=["lost_since"])
    _write_mark(membership, "lost", {"since": str(since), "note": _note(note)}, at, by)
    return membership


@transaction.atomic
def mark_found(
    *, membership: Membership, at: datetime, by: User | None, note: str = ""
) -> Membership:
    """Say that a member who was lost is in contact again; a suspension ends with it.

    :raises NotRegistrar, MembershipOver, NotYetAMember: as their names say
    :raises AlreadySo: if they were not lost
    """
    membership = _member(membership, by)
    if not membership.lost_since:
        raise AlreadySo(_("没有登记失联。"))
    detail = {"since": str(membership.lost_since), "note": _note(note)}
    membership.lost_since = membership.suspended_on = None
    membership.save(update_fields=["lost_since", "suspended_on"])
    _write_mark(membership, "found", detail, at, by)
    return membership


@transaction.atomic
def suspend_membership(
    *, membership: Membership, on: date, document: str, at: datetime, by: User | None
) -> Membership:
    """Record the decision 停止党籍 on a member lost long enough; people decide, this keeps it.

    :raises NotRegistrar, MembershipOver, NotYetAMember, AlreadySo: as their names say
    :raises BadMemberDates: before the term of the rule has passed since the contact was lost
    """
    membership = _member(membership, by)
    document = clean_text(document, limit=60, field_label=_("决定文号"), required=True)
    if membership.suspended_on:
        raise AlreadySo(_("已停止党籍，自 %s 起。") % membership.suspended_on, field="on")
    months = member_rule("lost_months", on).value
    if not membership.lost_since:
        raise BadMemberDates(_("没有登记失联，不能停止党籍。"), field="on")
    if on > localdate(at) or add_months(membership.lost_since, months) > on:
        raise BadMemberDates(
            _("失去联系满 %d 个月、查找仍未取得联系的，才停止党籍，请核对日期。") % months,
            field="on",
        )
    membership.suspended_on = on
    membership.save(update_fields=["suspended_on"])
    _write_mark(membership, "suspended", {"on": str(on), "document": document}, at, by)
    told = _("停止党籍 1 名（%s）") % document
    write(membership, told, f"suspended:{on}", on=on, at=at, by=by)
    return membership


def _write_mark(membership: Membership, word: str, detail: dict, at: datetime, by) -> None:
    audit(
        actor=by,
        action=f"member.{word}",
        object=f"membership:{membership.pk}",
        detail=detail,
        at=at,
    )


def _note(text: str) -> str:
    return clean_text(text, limit=200, field_label=_("说明"))


def _member(membership: Membership, by: User | None) -> Membership:
    membership = locked(membership)
    must_keep(by, membership.unit)
    if membership.stage not in Membership.MEMBERS:
        raise NotYetAMember(_("还没有入党，不能这样登记。"))
    return membership
