"""Membership: into a home branch, from stage to stage, its marks, and its end."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate, make_aware
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.identity import normal_id_number

from ..models import LogEntry, Membership, Org, Person, UnitKind
from ..queries import add_months, keeps_person, member_rule
from .logbook import write_log
from .people import add_person, identity_taken, must_keep

Stage = Membership.Stage
ORDER = list(Stage)
FLAGS = ("in_service", "is_hardship", "is_veteran")


class HasHomeBranch(Refused):
    """Somebody has one home branch; to be in another they are transferred."""


class CannotHoldMembers(Refused):
    """Members belong to a standing branch; a temporary unit holds no membership."""


class BadMemberDates(Invalid):
    """The days of a membership do not follow one another."""


class WrongStage(Refused):
    """Stages are passed one after the other, forward."""


class MembershipOver(Refused):
    """The membership has ended."""


class NotYetAMember(Refused):
    """Only members, full or probationary, can be that; applicants are none yet."""


class AlreadySo(Refused):
    """It stands so already."""


def check_holds_members(unit: Org, on: date) -> None:
    """Raise CannotHoldMembers unless a membership can lie in this unit on a day.

    支部工作条例（试行）: a temporary branch neither admits members nor holds their membership.
    """
    if unit.dissolved_on and unit.dissolved_on <= on:
        raise CannotHoldMembers(_("“%s”已撤销，不能接收党员。") % unit, field="unit")
    if unit.is_temporary:
        raise CannotHoldMembers(
            _("“%s”是临时党组织，不能接转组织关系。") % unit,
            field="unit",
            remedy=_("请选择正式党支部；临时党组织可以登记参加活动的党员。"),
        )
    if unit.kind != Org.Kind.PARTY or unit.unit_kind != UnitKind.BRANCH:
        raise CannotHoldMembers(
            _("“%s”不是党支部，党员应编入党支部。") % unit, field="unit", remedy=_("请选择党支部。")
        )


@transaction.atomic
def add_member(
    *,
    person: Person,
    unit: Org,
    stage: str,
    from_date: date,
    at: datetime,
    by: User | None,
    applied_on: date | None = None,
    admitted_on: date | None = None,
    full_on: date | None = None,
    flags: dict[str, bool] | None = None,
    key: str = "",
) -> Membership:
    """Place somebody in a home branch at a stage; `flags` are of FLAGS.

    :raises NotRegistrar: unless `by` keeps the branch's register
    :raises HasHomeBranch: if they are in a branch already
    :raises CannotHoldMembers: if the unit is no standing branch
    :raises BadMemberDates: for days ahead, out of order, or missing for the stage
    """
    must_keep(by, unit)
    check_holds_members(unit, from_date)
    membership = Membership(
        person=person,
        unit=unit,
        stage=stage,
        from_date=from_date,
        applied_on=applied_on,
        admitted_on=admitted_on,
        full_on=full_on,
        key=own_key(by, key),
        **{name: (flags or {}).get(name, False) for name in FLAGS},
    )
    check_days(membership, localdate(at))
    try:
        with transaction.atomic():
            membership.save(force_insert=True)
    except IntegrityError as error:
        raise _has_branch(person, by) from error
    told = _("登记%s 1 名") % membership.get_stage_display()
    write(membership, told, "in", on=from_date, at=at, by=by)
    audit(actor=by, action="member.add", object=f"membership:{membership.pk}", at=at)
    return membership


@transaction.atomic
def enrol_member(
    *,
    unit: Org,
    stage: str,
    from_date: date,
    at: datetime,
    by: User | None,
    person: dict[str, Any],
    days: dict[str, date | None],
    flags: dict[str, bool] | None = None,
    key: str = "",
) -> Membership:
    """Write somebody into the register and into a branch at once; whoever is known is taken up again.

    A retry with the same `key` of the same user returns the membership it began. `person` as in `prepare_person`. Somebody of the same identity number and name whose membership
    has ended begins a new one.

    :raises IdentityTaken: if the number is that of another name
    :raises HasHomeBranch: if they are in a branch already; and what `add_member` raises
    """
    must_keep(by, unit)
    before = Membership.objects.filter(key=own_key(by, key), key__gt="").first()
    if before is not None:
        return before
    known = _known(person)
    if known is not None and known.name != person["name"]:
        raise identity_taken()
    if known is not None and known.memberships.standing().exists():
        raise _has_branch(known, by)
    return add_member(
        person=known or add_person(at=at, by=by, **person),
        unit=unit,
        stage=stage,
        from_date=from_date,
        at=at,
        by=by,
        applied_on=days.get("applied_on"),
        admitted_on=days.get("admitted_on"),
        full_on=days.get("full_on"),
        flags=flags,
        key=key,
    )


def own_key(by: User | None, key: str) -> str:
    """Return a key as it is kept: each caller's own, "" for none."""
    return f"{by.pk}:{key}"[:120] if by is not None and key else ""


def _known(given: dict[str, Any]) -> Person | None:
    if not given.get("identity"):
        return None
    index = sealer().index(normal_id_number(given["identity"]))
    return Person.objects.filter(identity_index=index).first()


def _has_branch(person: Person, by: User | None) -> HasHomeBranch:
    """Name the branch only to somebody who may see it."""
    remedy = _("请办理组织关系转接，由双方党组织确认。")
    if by is None or keeps_person(by, person):
        held = person.memberships.standing().select_related("unit").first()
        told = _("%(name)s的组织关系在“%(unit)s”，一名党员只能编入一个党支部。") % {
            "name": person.name,
            "unit": held.unit if held else "",
        }
        return HasHomeBranch(told, field="identity", remedy=remedy)
    told = _("此人的组织关系已在另一个党组织，一名党员只能编入一个党支部。")
    return HasHomeBranch(told, field="identity", remedy=remedy)


def check_days(membership: Membership, today: date) -> None:
    """Raise BadMemberDates unless the days of a membership can be true together."""
    for name, label in (
        ("from_date", _("进入日期")),
        ("applied_on", _("申请入党日期")),
        ("admitted_on", _("入党日期")),
        ("full_on", _("转正日期")),
    ):
        day = getattr(membership, name)
        if day and day > today:
            raise BadMemberDates(_("%s不能晚于今天。") % label, field=name)
    needed = {Stage.PROBATIONARY: ("admitted_on",), Stage.FULL: ("admitted_on", "full_on")}
    words = {"admitted_on": _("请填写入党日期。"), "full_on": _("请填写转正日期。")}
    for name in needed.get(Stage(membership.stage), ()):
        if getattr(membership, name) is None:
            raise BadMemberDates(words[name], field=name)
    applied, admitted, full = membership.applied_on, membership.admitted_on, membership.full_on
    if applied and admitted and applied > admitted:
        raise BadMemberDates(_("入党日期不能早于申请入党日期。"), field="admitted_on")
    if admitted and full and admitted > full:
        raise BadMemberDates(_("转正日期不能早于入党日期。"), field="full_on")
    _check_age(membership)


def _check_age(membership: Membership) -> None:
    """党章第一条: who applies is at least eighteen."""
    day = membership.applied_on or membership.admitted_on
    born = membership.person.born_on
    if day is None or born is None:
        return
    least = member_rule("least_age", day).value
    if add_months(born, 12 * least) > day:
        field = "applied_on" if membership.applied_on else "admitted_on"
        raise BadMemberDates(_("申请入党应年满 %d 周岁，请核对日期。") % least, field=field)


@transaction.atomic
def advance_stage(
    *, membership: Membership, stage: str, on: date, at: datetime, by: User | None
) -> Membership:
    """Take a membership to its next stage on a day: the one function that does.

    Who may decide it, and after which steps, is for the caller to know (development of members).
    `probationary` sets the day of admission, `full` that of full membership.

    :raises MembershipOver: if it has ended
    :raises WrongStage: unless `stage` is the next one
    :raises BadMemberDates: for a day ahead, or before the stage that came before
    """
    membership = locked(membership)
    here = ORDER.index(Stage(membership.stage))
    if ORDER.index(Stage(stage)) != here + 1:
        following = ORDER[here + 1].label if here + 1 < len(ORDER) else ""
        words = {"now": Stage(membership.stage).label, "next": following}
        raise WrongStage(
            _("现在是%(now)s，下一阶段应是%(next)s。") % words
            if following
            else _("已是正式党员，没有下一阶段。"),
            field="stage",
        )
    membership.stage = stage
    if stage == Stage.ACTIVIST and membership.applied_on is None:
        membership.applied_on = membership.from_date
    if stage == Stage.PROBATIONARY:
        membership.admitted_on = on
    if stage == Stage.FULL:
        membership.full_on = on
    if on > localdate(at) or on < membership.from_date:
        raise BadMemberDates(_("日期不能晚于今天，也不能早于进入本支部的日期。"), field="on")
    check_days(membership, localdate(at))
    membership.save(update_fields=["stage", "applied_on", "admitted_on", "full_on"])
    told = _("1 名同志成为%s") % Stage(stage).label
    write(membership, told, stage, on=on, at=at, by=by)
    detail = {"stage": stage, "on": str(on)}
    audit(
        actor=by,
        action="member.stage",
        object=f"membership:{membership.pk}",
        detail=detail,
        at=at,
    )
    return membership


@transaction.atomic
def end_membership(
    *,
    membership: Membership,
    reason: str,
    on: date,
    at: datetime,
    by: User | None,
    document: str = "",
) -> Membership:
    """End a membership on a day; `reason` is of Membership.End, `document` the decision's number.

    A transfer inside the system ends it by itself (`actions.confirm_transfer`); TRANSFER here means
    out of the system.

    :raises NotRegistrar, MembershipOver: as their names say
    :raises BadMemberDates: for a day ahead or before it began
    :raises Refused: while a transfer is open
    """
    membership = locked(membership)
    must_keep(by, membership.unit)
    if on > localdate(at) or on < membership.from_date:
        raise BadMemberDates(_("日期不能晚于今天，也不能早于进入本支部的日期。"), field="on")
    _check_reason(membership, reason)
    if membership.transfers.filter(state="open").exists():
        raise AlreadySo(_("正在办理组织关系转接，请先撤回转接。"))
    close(membership, reason=reason, on=on)
    told = _("减少%(stage)s 1 名（%(why)s）") % {
        "stage": membership.get_stage_display(),
        "why": Membership.End(reason).label,
    }
    write(membership, told, "out", on=on, at=at, by=by)
    detail = {"reason": reason, "on": str(on), "document": document[:60]}
    audit(
        actor=by,
        action="member.end",
        object=f"membership:{membership.pk}",
        detail=detail,
        at=at,
    )
    return membership


def _check_reason(membership: Membership, reason: str) -> None:
    End = Membership.End  # noqa: N806
    if membership.stage in Membership.MEMBERS:
        if reason == End.ENDED:
            raise NotYetAMember(_("“终止培养”只用于还没有入党的同志。"), field="reason")
    elif reason not in (End.ENDED, End.DEATH):
        raise NotYetAMember(_("还没有入党的同志离开时，请选“终止培养”或“去世”。"), field="reason")


def close(membership: Membership, *, reason: str, on: date) -> None:
    """End a membership and the stay elsewhere that was part of it."""
    membership.to_date, membership.end = on, reason
    membership.save(update_fields=["to_date", "end"])
    for stay in membership.stays.filter(back_on__isnull=True):
        stay.back_on = max(on, stay.since)
        stay.save(update_fields=["back_on"])


def locked(membership: Membership) -> Membership:
    """Return the membership as it is now, locked. Raises MembershipOver."""
    found = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("person", "unit")
        .get(pk=membership.pk)
    )
    if found.to_date is not None:
        raise MembershipOver(_("这段组织关系已于 %s 结束。") % found.to_date)
    return found


def write(
    membership: Membership, told: str, word: str, *, on: date, at: datetime, by: User | None
) -> None:
    """Write a fact of a membership into its unit's book, without a name: inspectors read it."""
    write_log(
        unit=membership.unit,
        kind=LogEntry.Kind.PEOPLE,
        text=told,
        at=min(at, make_aware(datetime.combine(on, time(12)))),
        recorded_at=at,
        source=f"orgs.membership:{membership.pk}",
        key=f"membership:{membership.pk}:{word}",
        actor=by,
    )
