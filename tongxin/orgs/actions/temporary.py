"""Temporary branches, groups and task forces: a purpose, people, an end (S0.19, S0.20, S2.29).

They hold no membership: whoever serves there stays a member of the home branch, and is back there
the day the temporary unit ends. 支部工作条例（试行）第七条: they admit no members of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import Notice, User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.regions.models import Region

from ..models import Membership, Org, OrgChange, Person, UnitKind, UnitMember
from .pilots import must_be_on
from .units import (
    LEAST_FULL,
    BadPlace,
    Done,
    Paper,
    TooFewMembers,
    check_name,
    check_paper,
    check_place,
    hold,
    keepers,
    key_of,
    must_keep,
    must_stand,
    replayed,
    say_change,
    write_change,
)

LONGEST = timedelta(days=366)
REMIND = timedelta(days=14)
KINDS = (UnitKind.BRANCH, UnitKind.GROUP, UnitKind.TASK_FORCE)
Duty = UnitMember.Duty


class BadEnd(Invalid):
    """A temporary unit ends after it begins, within a year; it may be extended."""


class NotTemporary(Refused):
    """Only temporary units are extended, and only they have people of their own."""


class MembersOnly(Refused):
    """Who serves in a temporary unit is a member, full or probationary."""


class ServesHere(Refused):
    """Somebody serves in the unit already, or another leads it."""


@transaction.atomic
def found_temporary(
    *,
    name: str,
    unit_kind: str,
    parent: Org,
    purpose: str,
    expires_on: date,
    paper: Paper,
    at: datetime,
    by: User,
    region: Region | None = None,
    people: Sequence[Person] = (),
    lead: Person | None = None,
) -> Done:
    """Found a temporary branch, group or task force for a purpose, until a day.

    A branch needs three full members; `lead` is its secretary (a group's head, a force's leader).

    :raises NotYourUnit, BadPlace, BadEnd, NameTaken, TooFewMembers, MembersOnly, PilotOff
    """
    if done := replayed(by, paper):
        return done
    parent = hold(parent)[parent.pk]
    must_keep(by, parent)
    if unit_kind not in KINDS:
        raise BadPlace(_("临时党组织只能是党支部、党小组或党员突击队"), field="unit_kind")
    check_place(unit_kind, parent, is_temporary=True)
    paper = check_paper(paper, at=at, units=[parent])
    region = region or parent.region
    if not region.path.startswith(parent.region.path):
        raise BadPlace(_("区域不在上级的辖区内"), field="region")
    if unit_kind == UnitKind.TASK_FORCE:
        must_be_on("task_force", region.path, on=paper.on, field="region")
    check_end(expires_on, since=paper.on, at=at)
    purpose = clean_text(
        purpose, limit=200, field_label=_("设立目的"), required=True, multiline=False
    )
    unit = Org.objects.create(
        name=check_name(name, region_id=region.pk),
        kind=Org.Kind.PARTY,
        unit_kind=unit_kind,
        region=region,
        parent=parent,
        sector=parent.sector,
        founded_on=paper.on,
        is_temporary=True,
        expires_on=expires_on,
        purpose=purpose,
    )
    everybody = {one.pk: one for one in (*people, *([lead] if lead else []))}
    _check_people(unit_kind, list(everybody.values()))
    duty = Duty.HEAD if unit_kind == UnitKind.GROUP else Duty.SECRETARY
    UnitMember.objects.bulk_create(
        UnitMember(
            unit=unit,
            person=one,
            duty=duty if lead is not None and one.pk == lead.pk else Duty.MEMBER,
            from_date=paper.on,
        )
        for one in everybody.values()
    )
    words = [
        _("在“%(parent)s”下设立临时%(kind)s“%(name)s”，至 %(day)s；目的：%(purpose)s。")
        % {
            "parent": parent,
            "kind": unit.get_unit_kind_display(),
            "name": unit.name,
            "day": expires_on,
            "purpose": purpose,
        }
    ]
    if everybody:
        words.append(_("%d 名党员参加，组织关系留在原党支部。") % len(everybody))
    change = write_change(
        unit, OrgChange.Kind.FOUND, paper, at=at, by=by, parent_after=parent,
        data={"words": words, "expires_on": str(expires_on)}, key=key_of(by, paper),
    )  # fmt: skip
    notes = [] if lead else [_("还没有定负责人。")]
    done = Done(unit, words, notes, change)
    say_change(done, paper=paper, at=at, by=by)
    return done


def check_end(expires_on: date, *, since: date, at: datetime) -> None:
    if expires_on <= max(since, localdate(at)):
        raise BadEnd(_("到期日期应晚于今天和成立日期"), field="expires_on")
    if expires_on > max(since, localdate(at)) + LONGEST:
        raise BadEnd(
            _("临时党组织一次最多设一年"),
            field="expires_on",
            remedy=_("到期前可以延期；长期需要的，请正式成立。"),
        )


def _check_people(unit_kind: str, people: Sequence[Person]) -> None:
    rows = Membership.objects.members().filter(person__in=people)
    stage_of = dict(rows.values_list("person", "stage"))
    for person in people:
        if person.pk not in stage_of:
            raise MembersOnly(_("%s不是党员，不能编入临时党组织") % person, field="people")
    full = sum(stage == Membership.Stage.FULL for stage in stage_of.values())
    if unit_kind == UnitKind.BRANCH and full < LEAST_FULL:
        raise TooFewMembers(
            _("临时党支部要有正式党员 %(least)d 名，现在选了 %(n)d 名")
            % {"least": LEAST_FULL, "n": full},
            field="people",
            remedy=_("人少的，可以设临时党小组。"),
        )


@transaction.atomic
def found_in_each(*, branch: Org, purpose: str, paper: Paper, at: datetime, by: User) -> list[Org]:
    """Found a temporary group in every community of a temporary branch's land (S0.20).

    Communities that have a standing group under this branch are left as they are, so that a second
    press founds nothing. The groups end with their branch. Return the new ones.

    :raises NotYourUnit, NotTemporary, BadPlace: as their names say
    """
    branch = hold(branch)[branch.pk]
    must_keep(by, branch.parent)
    must_stand(branch)
    if not branch.is_temporary or branch.unit_kind != UnitKind.BRANCH or not branch.expires_on:
        raise NotTemporary(_("只有临时党支部可以在各社区成批设立临时党小组"))
    paper = check_paper(paper, at=at, units=[branch])
    purpose = clean_text(
        purpose or branch.purpose, limit=200, field_label=_("设立目的"), multiline=False
    )
    lands = Region.objects.valid_on(paper.on).filter(
        level=Region.Level.COMMUNITY, path__under=branch.region.path
    )
    have = set(branch.children.filter(dissolved_on=None).values_list("region", flat=True))
    wanted = [land for land in lands.defer("polygon").order_by("path") if land.pk not in have]
    name = _("%(place)s临时党小组（%(branch)s）")
    taken = set(
        Org.objects.filter(region__in=wanted, unit_kind=UnitKind.GROUP).values_list(
            "name", "region"
        )
    )
    new = []
    for land in wanted:
        words = name % {"place": land.short_name, "branch": branch.name[:60]}
        while (words, land.pk) in taken:
            words += "·"  # one of the same name was dissolved before
        new.append(
            Org(
                name=words[:100], kind=Org.Kind.PARTY, unit_kind=UnitKind.GROUP, region=land,
                parent=branch, sector=branch.sector, founded_on=paper.on, is_temporary=True,
                expires_on=branch.expires_on, purpose=purpose,
            )
        )  # fmt: skip
    Org.objects.bulk_create(new, batch_size=200)
    for unit in new:
        unit.path = f"{branch.path}{unit.pk}/"
    Org.objects.bulk_update(new, ["path"], batch_size=200)
    if new:
        _say_each(branch, new, paper, at=at, by=by)
    return new


def _say_each(branch: Org, new: list[Org], paper: Paper, *, at: datetime, by: User) -> None:
    OrgChange.objects.bulk_create(
        [
            OrgChange(
                unit=unit, kind=OrgChange.Kind.FOUND, on=paper.on, parent_after=branch,
                document=paper.document, reason=paper.reason, at=at, by=by,
                data={"words": [_("在“%(branch)s”下设立“%(unit)s”。")
                                % {"branch": branch, "unit": unit}]},
            )
            for unit in new
        ],
        batch_size=200,
    )  # fmt: skip
    words = [_("在辖区 %d 个社区（村）各设立一个临时党小组。") % len(new)]
    change = write_change(
        branch, OrgChange.Kind.FOUND, paper, at=at, by=by, data={"words": words},
        key=key_of(by, paper),
    )  # fmt: skip
    say_change(Done(branch, words, [], change), paper=paper, at=at, by=by)


@transaction.atomic
def extend_temporary(*, unit: Org, expires_on: date, paper: Paper, at: datetime, by: User) -> Done:
    """Let a temporary unit stand until a later day; groups under it that end with it follow.

    :raises NotYourUnit, UnitGone, NotTemporary, BadEnd: as their names say
    """
    if done := replayed(by, paper):
        return done
    unit = hold(unit)[unit.pk]
    must_keep(by, unit.parent)
    must_stand(unit)
    if not unit.is_temporary or unit.expires_on is None:
        raise NotTemporary(_("“%s”不是临时党组织，不用延期") % unit)
    paper = check_paper(paper, at=at, units=[unit])
    if expires_on <= unit.expires_on:
        raise BadEnd(_("新的到期日期应晚于 %s") % unit.expires_on, field="expires_on")
    check_end(expires_on, since=paper.on, at=at)
    words = [
        _("“%(unit)s”由 %(old)s 延期至 %(new)s。")
        % {"unit": unit, "old": unit.expires_on, "new": expires_on}
    ]
    with_it = Org.objects.filter(
        path__under=unit.path, dissolved_on=None, expires_on=unit.expires_on
    ).exclude(pk=unit.pk)
    n = with_it.update(expires_on=expires_on)
    if n:
        words.append(_("下级 %d 个临时党组织随同延期。") % n)
    unit.expires_on = expires_on
    unit.save(update_fields=["expires_on"])
    change = write_change(
        unit, OrgChange.Kind.EXTEND, paper, at=at, by=by, data={"words": words},
        key=key_of(by, paper),
    )  # fmt: skip
    done = Done(unit, words, [], change)
    say_change(done, paper=paper, at=at, by=by)
    return done


@transaction.atomic
def let_serve(
    *, unit: Org, person: Person, on: date, at: datetime, by: User, duty: str = Duty.MEMBER
) -> UnitMember:
    """Let a member serve in a temporary unit; their home branch stays as it is.

    :raises NotYourUnit, UnitGone, NotTemporary, MembersOnly, ServesHere: as their names say
    """
    unit = hold(unit)[unit.pk]
    must_keep(by, unit)
    must_stand(unit)
    if not unit.is_temporary:
        raise NotTemporary(_("“%s”不是临时党组织，成员由组织关系决定") % unit, field="person")
    check_paper(Paper(on), at=at)
    _check_people("", [person])
    try:
        with transaction.atomic():
            row = UnitMember.objects.create(unit=unit, person=person, duty=duty, from_date=on)
    except IntegrityError as error:
        raise ServesHere(_("%s已在这个组织，或者已另有负责人") % person, field="person") from error
    detail = {"unit": unit.pk, "duty": duty}
    audit(actor=by, action="unit.serve", object=unit.name, detail=detail, at=at)
    return row


@transaction.atomic
def end_service(*, row: UnitMember, on: date, at: datetime, by: User) -> None:
    """End somebody's service in a unit. Raises NotYourUnit, or ServesHere if it has ended."""
    row = UnitMember.objects.select_for_update(of=("self",)).select_related("unit").get(pk=row.pk)
    must_keep(by, row.unit)
    if row.to_date:
        raise ServesHere(_("已于 %s 离开") % row.to_date)
    check_paper(Paper(on), at=at)
    row.to_date = max(on, row.from_date)
    row.save(update_fields=["to_date"])
    audit(actor=by, action="unit.serve-end", object=row.unit.name, detail={"on": str(on)}, at=at)


def remind_expiring(*, at: datetime, limit: int = 50) -> int:
    """Tell who keeps the register when a temporary unit nears its end, and again once it is over.

    Once for each of the two, by the key of the notice; return how many were told of.
    """
    today = localdate(at)
    near = Org.objects.units().filter(is_temporary=True, expires_on__lte=today + REMIND)
    # Groups that end with their branch are told of with it.
    near = near.exclude(parent__is_temporary=True, parent__expires_on=F("expires_on"))
    keys = {unit: _reminder(unit, today) for unit in near.order_by("expires_on", "pk")}
    told = set(Notice.objects.filter(key__in=keys.values()).values_list("key", flat=True))
    waiting = [unit for unit, key in keys.items() if key not in told][:limit]
    return sum(_remind(unit, today, at) for unit in waiting)


def _reminder(unit: Org, today: date) -> str:
    over = unit.expires_on is not None and unit.expires_on < today
    return f"unit-{'over' if over else 'ends'}:{unit.pk}:{unit.expires_on}"


def _remind(unit: Org, today: date, at: datetime) -> int:
    over = unit.expires_on is not None and unit.expires_on < today
    users = keepers([unit], but=None, on=today)
    if not users:
        return 0
    words = {"unit": unit, "day": unit.expires_on}
    text = (
        _("“%(unit)s”已于 %(day)s 到期：请撤销，或者写明理由延期。")
        if over
        else _("“%(unit)s”将于 %(day)s 到期：到期前请撤销或延期。")
    ) % words
    tell(
        users=users,
        title=_("临时党组织到期") if over else _("临时党组织快到期了"),
        text=text,
        url=reverse("orgs:unit", args=[unit.pk]),
        key=_reminder(unit, today),
        at=at,
    )
    return 1
