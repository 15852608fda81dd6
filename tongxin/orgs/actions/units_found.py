"""Units founded, rebuilt, and hung elsewhere (新建、改建、调整隶属: S2.22, S2.23)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid
from tongxin.regions.models import Region

from ..models import Membership, Org, OrgChange, Sector, UnitCover, UnitKind
from .binding import check_covers
from .units import (
    LEAST_FULL,
    MOST_MEMBERS,
    BadPlace,
    Done,
    Paper,
    TooFewMembers,
    check_name,
    check_paper,
    check_place,
    full_members,
    hold,
    key_of,
    move_members,
    move_subtree,
    must_keep,
    must_stand,
    named,
    replayed,
    say_change,
    write_change,
)

Kind = OrgChange.Kind
# Founded by what people bring together, with an end: `temporary.found_temporary`.
PASSING = (UnitKind.TASK_FORCE,)


class NothingChanges(Invalid):
    """What is asked for is so already."""


class BadSector(Invalid):
    """There is no such sector."""


@transaction.atomic
def found_unit(
    *,
    name: str,
    unit_kind: str,
    parent: Org,
    paper: Paper,
    at: datetime,
    by: User,
    region: Region | None = None,
    sector: str = "",
    code: str = "",
    members: Sequence[Membership] = (),
    expected: int = 0,
    covers: Sequence[Org] = (),
) -> Done:
    """Found a unit under another one.

    A branch needs three full members, of those who move here (`members`) and those whose transfer
    follows (`expected`); or it is a joint branch that covers two units or more (支部工作条例第四、五条).

    :raises NotYourUnit, BadPlace, BadDay, NameTaken, TooFewMembers, BadCover: as their names say
    """
    if done := replayed(by, paper):
        return done
    parent = hold(parent)[parent.pk]
    must_keep(by, parent)
    if unit_kind not in UnitKind.values or unit_kind in PASSING:
        raise BadPlace(_("请选择党组织类型"), field="unit_kind")
    check_place(unit_kind, parent)
    check_sector(sector)
    paper = check_paper(paper, at=at, units=[parent])
    region = region or parent.region
    if not region.path.startswith(parent.region.path):
        raise BadPlace(
            _("“%(region)s”不在上级的辖区“%(land)s”内") % {"region": region, "land": parent.region},
            field="region",
        )
    name = check_name(name, region_id=region.pk)
    members = _held(members, by)
    full = sum(row.stage == Membership.Stage.FULL for row in members)
    notes = _check_size(unit_kind, full, expected, covers, len(members))
    notes += check_covers(covers, at=at)
    unit = Org.objects.create(
        name=name,
        kind=Org.Kind.PARTY,
        unit_kind=unit_kind,
        region=region,
        parent=parent,
        sector=sector or parent.sector,
        code=code.strip(),
        founded_on=paper.on,
    )
    words = [
        _("在“%(parent)s”下新建%(kind)s“%(name)s”。")
        % {"parent": parent, "kind": unit.get_unit_kind_display(), "name": name}
    ]
    if members:
        left = sorted({row.unit_id for row in members})
        move_members(members, unit, on=paper.on)
        words.append(_("%d 名党员的组织关系转入。") % len(members))
        notes += _left_small(left)
    if covers:
        UnitCover.objects.bulk_create(
            UnitCover(unit=unit, org=org, from_date=paper.on) for org in covers
        )
        words.append(
            _("覆盖 %(n)d 个单位：%(names)s。") % {"n": len(covers), "names": named(covers)}
        )
    data = {"words": words, "expected": expected} if expected else {"words": words}
    change = write_change(
        unit, Kind.FOUND, paper, at=at, by=by, parent_after=parent, data=data, key=key_of(by, paper)
    )
    done = Done(unit, words, notes, change)
    say_change(done, paper=paper, at=at, by=by)
    return done


def check_sector(sector: str) -> None:
    if sector and sector not in Sector.values:
        raise BadSector(_("没有这个领域，请从列表里选"), field="sector")


def _held(members: Sequence[Membership], by: User) -> list[Membership]:
    """Return the memberships as they stand, locked; only those of registers that `by` keeps."""
    rows = Membership.objects.visible_to(by).standing().filter(pk__in=[row.pk for row in members])
    found = list(rows.select_for_update(of=("self",)).select_related("person").order_by("pk"))
    if len(found) != len({row.pk for row in members}):
        raise Invalid(_("选中的党员里有人已转出，请重新选择"), field="members")
    return found


def _check_size(
    unit_kind: str, full: int, expected: int, covers: Sequence[Org], members: int
) -> list[str]:
    if unit_kind != UnitKind.BRANCH:
        if members:
            raise TooFewMembers(_("只有党支部接收党员的组织关系"), field="members")
        return []
    if full + expected < LEAST_FULL and len(covers) < 2:
        raise TooFewMembers(
            _("成立党支部要有正式党员 %(least)d 名，现在只有 %(n)d 名")
            % {"least": LEAST_FULL, "n": full + expected},
            field="members",
            remedy=_("不足 3 名的，可以和相邻单位成立联合党支部：选两个以上覆盖单位。"),
        )
    notes = []
    if members + expected > MOST_MEMBERS:
        notes.append(_("党支部一般不超过 %d 名党员，建议分设。") % MOST_MEMBERS)
    if expected:
        notes.append(_("还有 %d 名正式党员要办组织关系转接。") % expected)
    return notes


def _left_small(unit_ids: list[int]) -> list[str]:
    """Return a note for each branch that has too few full members now."""
    counts = full_members(unit_ids)
    small = [pk for pk, n in counts.items() if n < LEAST_FULL]
    names = dict(Org.objects.filter(pk__in=small).values_list("pk", "name"))
    return [
        _("“%(name)s”还剩 %(n)d 名正式党员，不足 3 名，请考虑并入其他党支部。")
        % {"name": names[pk], "n": counts[pk]}
        for pk in small
    ]


@transaction.atomic
def rebuild_unit(
    *,
    unit: Org,
    paper: Paper,
    at: datetime,
    by: User,
    name: str = "",
    unit_kind: str = "",
    sector: str = "",
) -> Done:
    """Rebuild a unit where it stands: another name, kind or sector (支部改建为总支).

    :raises NotYourUnit, UnitGone, BadPlace, NameTaken, NothingChanges: as their names say
    """
    if done := replayed(by, paper):
        return done
    unit = hold(unit)[unit.pk]
    must_keep(by, unit.parent)
    must_stand(unit)
    paper = check_paper(paper, at=at, units=[unit])
    words, more = [], {}
    if name.strip() and name.strip() != unit.name:
        new = check_name(name, region_id=unit.region_id, but=unit.pk)
        words.append(_("“%(old)s”更名为“%(new)s”。") % {"old": unit.name, "new": new})
        more = {"name_before": unit.name, "name_after": new}
        unit.name = new
    if unit_kind and unit_kind != unit.unit_kind:
        words.append(_rebuild_kind(unit, unit_kind))
    if sector and sector != unit.sector:
        check_sector(sector)
        unit.sector = sector
        words.append(_("领域改为%s。") % unit.get_sector_display())
    if not words:
        raise NothingChanges(_("没有改动：请填写新的名称、类型或领域"), field="name")
    unit.save(update_fields=["name", "unit_kind", "sector"])
    data = {"words": words}
    change = write_change(
        unit, Kind.REBUILD, paper, at=at, by=by, data=data, key=key_of(by, paper), **more
    )
    done = Done(unit, words, [], change)
    say_change(done, paper=paper, at=at, by=by)
    return done


def _rebuild_kind(unit: Org, unit_kind: str) -> str:
    if unit_kind not in UnitKind.values or unit_kind in PASSING or unit.is_temporary:
        raise BadPlace(_("不能改建为这个类型"), field="unit_kind")
    if unit.parent is None:
        raise BadPlace(_("没有上级的党组织不能改建"), field="unit_kind")
    check_place(unit_kind, unit.parent)
    old, unit.unit_kind = unit.get_unit_kind_display(), unit_kind
    for child in unit.children.filter(dissolved_on=None, kind=Org.Kind.PARTY)[:50]:
        check_place(child.unit_kind, unit, is_temporary=child.is_temporary)
    if unit_kind != UnitKind.BRANCH and unit.memberships.standing().exists():
        raise BadPlace(
            _("“%s”还有党员，改建前请先新建党支部，把组织关系转过去") % unit, field="unit_kind"
        )
    if unit_kind == UnitKind.BRANCH and full_members([unit.pk])[unit.pk] < LEAST_FULL:
        joint = unit.covers.filter(to_date=None).count() > 1
        if not joint:
            raise TooFewMembers(_("改建为党支部要有正式党员 3 名"), field="unit_kind")
    return _("%(unit)s由%(old)s改建为%(new)s。") % {
        "unit": unit.name,
        "old": old,
        "new": unit.get_unit_kind_display(),
    }


@transaction.atomic
def change_affiliation(*, unit: Org, parent: Org, paper: Paper, at: datetime, by: User) -> Done:
    """Hang a unit, with all below it, under another parent (调整隶属关系).

    Whoever does it keeps the registers of both parents: the old one gives, the new one takes.

    :raises NotYourUnit, UnitGone, BadPlace, BadDay, NothingChanges: as their names say
    """
    if done := replayed(by, paper):
        return done
    held = hold(unit, parent)
    unit, parent = held[unit.pk], held[parent.pk]
    before = unit.parent
    must_keep(by, before)
    must_keep(by, parent)
    must_stand(unit)
    if before is not None and before.pk == parent.pk:
        raise NothingChanges(_("“%(unit)s”已经在“%(parent)s”之下")
                             % {"unit": unit, "parent": parent}, field="parent")  # fmt: skip
    if parent.path.startswith(unit.path):
        raise BadPlace(_("“%s”不能挂到它自己或它的下级之下") % unit, field="parent")
    check_place(unit.unit_kind, parent, is_temporary=unit.is_temporary)
    paper = check_paper(paper, at=at, units=[unit, parent])
    below = Org.objects.filter(path__under=unit.path, dissolved_on=None).count() - 1
    move_subtree(unit, parent)
    words = [
        _("“%(unit)s”由“%(old)s”划归“%(new)s”。") % {"unit": unit, "old": before, "new": parent}
    ]
    if below:
        words.append(_("随同划转下级组织 %d 个。") % below)
    change = write_change(
        unit, Kind.AFFILIATION, paper, at=at, by=by, parent_before=before, parent_after=parent,
        data={"words": words}, key=key_of(by, paper),
    )  # fmt: skip
    done = Done(unit, words, [], change)
    say_change(done, paper=paper, at=at, by=by, also=[one for one in (before, parent) if one])
    return done
