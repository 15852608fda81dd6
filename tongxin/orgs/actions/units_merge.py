"""Units merged, split and dissolved: nobody and nothing below is lost on the way (S2.20, S2.23)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused

from ..models import Membership, Org, OrgChange, Transfer, UnitCover, UnitKind
from .units import (
    LEAST_FULL,
    Done,
    Paper,
    TooFewMembers,
    WhereTo,
    check_home,
    check_name,
    check_paper,
    check_place,
    close_unit,
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
    standing_members,
    write_change,
)

Kind = OrgChange.Kind


class BadMerge(Invalid):
    """Units of one kind merge, and none into itself."""


class BadSplit(Invalid):
    """A branch is split into parts of which each has its members, and nobody is in two."""


class StillMoving(Refused):
    """A transfer of membership to or from the unit is under way."""


@dataclass(frozen=True)
class Part:
    """A new unit that is split off: its name, and whose membership goes there."""

    name: str
    members: Sequence[Membership]


def none_moving(units: Sequence[Org]) -> None:
    """:raises StillMoving: if a transfer to or from one of the units is under way"""
    open_ = Transfer.objects.open()
    n = (open_.filter(from_unit__in=units) | open_.filter(to_unit__in=units)).count()
    if n:
        raise StillMoving(
            _("还有 %d 件组织关系转接没有办结") % n,
            remedy=_("请先确认、退回或撤回这些转接。"),
        )


@transaction.atomic
def merge_units(*, units: Sequence[Org], into: Org, paper: Paper, at: datetime, by: User) -> Done:
    """Merge units into another of their kind: members, units below, grids and cover go there.

    :raises NotYourUnit, UnitGone, BadMerge, BadDay, StillMoving: as their names say
    """
    if done := replayed(by, paper):
        return done
    held = hold(into, *units)
    into, going = held[into.pk], [held[pk] for pk in sorted({unit.pk for unit in units})]
    _check_merge(going, into, by)
    paper = check_paper(paper, at=at, units=[into, *going])
    none_moving(going)
    moved = children = 0
    ended: list[str] = []
    for unit in going:
        members = standing_members(unit)
        moved += move_members(members, into, on=paper.on)
        children += _move_children(unit, into, paper, at=at, by=by)
        _move_cover(unit, into, paper)
        ended += close_unit(unit, on=paper.on, at=at, by=by)
    words = [
        _("%(names)s并入“%(into)s”，原 %(n)d 个组织撤销。")
        % {"names": named(going), "into": into, "n": len(going)}
    ]
    words += _counted(moved, children, ended)
    for unit in going:
        data = {"words": [_("并入“%s”。") % into]}
        write_change(unit, Kind.MERGE, paper, at=at, by=by, other=into, data=data)
    change = write_change(
        into, Kind.MERGE, paper, at=at, by=by, data={"words": words}, key=key_of(by, paper)
    )
    done = Done(into, words, _too_many(into), change)
    say_change(done, paper=paper, at=at, by=by, also=going)
    return done


def _check_merge(going: list[Org], into: Org, by: User) -> None:
    if not going:
        raise BadMerge(_("请选择要并入的党组织"), field="units")
    must_stand(into, name="into")
    for unit in (into, *going):
        must_keep(by, unit.parent)
    for unit in going:
        must_stand(unit, name="units")
        if unit.pk == into.pk or into.path.startswith(unit.path):
            raise BadMerge(_("“%s”不能并入它自己或它的下级") % unit, field="into")
        if (unit.unit_kind, unit.is_temporary) != (into.unit_kind, into.is_temporary):
            raise BadMerge(
                _("“%(unit)s”是%(kind)s，“%(into)s”是%(other)s；同类组织才能合并")
                % {
                    "unit": unit,
                    "kind": unit.get_unit_kind_display(),
                    "into": into,
                    "other": into.get_unit_kind_display(),
                },
                field="into",
                remedy=_("可以先改建，再合并。"),
            )


def _move_children(unit: Org, to: Org, paper: Paper, *, at: datetime, by: User) -> int:
    """Hang the units right below under another; each keeps that in its own history."""
    children = list(unit.children.filter(dissolved_on=None).order_by("pk"))
    check_paper(paper, at=at, units=children)
    for child in children:
        if child.kind == Org.Kind.PARTY:
            check_place(child.unit_kind, to, is_temporary=child.is_temporary)
        move_subtree(child, to)
        data = {"words": [_("随“%(unit)s”的变动划归“%(to)s”。") % {"unit": unit, "to": to}]}
        write_change(
            child, Kind.AFFILIATION, paper, at=at, by=by, parent_before=unit, parent_after=to,
            data=data,
        )  # fmt: skip
    return len(children)


def _move_cover(unit: Org, into: Org, paper: Paper) -> None:
    into.grids.add(*unit.grids.all())
    unit.grids.clear()
    rows = list(UnitCover.objects.filter(unit=unit, to_date=None))
    orgs = [row.org_id for row in rows]
    for row in rows:
        row.to_date = max(paper.on, row.from_date)
    UnitCover.objects.bulk_update(rows, ["to_date"])
    UnitCover.objects.bulk_create(
        UnitCover(unit=into, org_id=org, from_date=paper.on) for org in orgs
    )


def _counted(moved: int, children: int, ended: Sequence[str]) -> list[str]:
    words = []
    if moved:
        words.append(_("%d 名党员和申请人的组织关系一并转入。") % moved)
    if children:
        words.append(_("下级组织 %d 个改挂过来。") % children)
    if ended:
        words.append(_("%d 个岗位随组织撤销而离任。") % len(ended))
    return words


def _too_many(unit: Org) -> list[str]:
    n = Membership.objects.members().filter(unit=unit).count()
    if n <= 50:
        return []
    return [_("合并后有 %d 名党员；党支部一般不超过 50 名，建议分设。") % n]


@transaction.atomic
def split_unit(*, unit: Org, parts: Sequence[Part], paper: Paper, at: datetime, by: User) -> Done:
    """Split new branches off a branch: the rest stays where it is. Each keeps three full members.

    :raises NotYourUnit, UnitGone, BadSplit, TooFewMembers, NameTaken: as their names say
    """
    if done := replayed(by, paper):
        return done
    unit = hold(unit)[unit.pk]
    must_keep(by, unit.parent)
    must_stand(unit)
    if unit.unit_kind != UnitKind.BRANCH or unit.is_temporary or unit.parent is None:
        raise BadSplit(_("只有正式的党支部可以分设"), field="unit")
    paper = check_paper(paper, at=at, units=[unit])
    members = {row.pk: row for row in standing_members(unit)}
    groups = _parts(parts, members)
    words, first = [], None
    for name, rows in groups:
        new = Org.objects.create(
            name=check_name(name, region_id=unit.region_id),
            kind=Org.Kind.PARTY,
            unit_kind=UnitKind.BRANCH,
            region=unit.region,
            parent=unit.parent,
            sector=unit.sector,
            founded_on=paper.on,
        )
        first = first or new
        move_members(rows, new, on=paper.on)
        data = {"words": [_("由“%s”分设。") % unit]}
        write_change(
            new, Kind.SPLIT, paper, at=at, by=by, parent_after=unit.parent, other=unit, data=data
        )
        words.append(
            _("由“%(unit)s”分设“%(new)s”，%(n)d 名党员转入。")
            % {"unit": unit, "new": new, "n": len(rows)}
        )
    left = full_members([unit.pk])[unit.pk]
    if left < LEAST_FULL:
        raise TooFewMembers(
            _("分设后“%(unit)s”只剩 %(n)d 名正式党员，不足 3 名") % {"unit": unit, "n": left},
            field="members",
        )
    change = write_change(
        unit, Kind.SPLIT, paper, at=at, by=by, data={"words": words}, key=key_of(by, paper)
    )
    done = Done(unit, words, [], change)
    say_change(done, paper=paper, at=at, by=by, also=[first] if first else [])
    return done


def _parts(
    parts: Sequence[Part], members: dict[int, Membership]
) -> list[tuple[str, list[Membership]]]:
    """Return the parts with their memberships as they stand. Raises BadSplit, TooFewMembers."""
    if not parts:
        raise BadSplit(_("请写明分设出来的党支部"), field="name")
    seen: set[int] = set()
    found = []
    for part in parts:
        ids = {row.pk for row in part.members}
        if not ids <= members.keys():
            raise BadSplit(_("选中的党员里有人不在这个党支部，请重新选择"), field="members")
        if ids & seen:
            raise BadSplit(_("有党员被分到了两个党支部，请重新选择"), field="members")
        seen |= ids
        rows = [members[pk] for pk in sorted(ids)]
        full = sum(row.stage == Membership.Stage.FULL for row in rows)
        if full < LEAST_FULL:
            raise TooFewMembers(
                _("“%(name)s”只有 %(n)d 名正式党员，不足 3 名") % {"name": part.name, "n": full},
                field="members",
            )
        found.append((part.name, rows))
    return found


@transaction.atomic
def dissolve_unit(
    *,
    unit: Org,
    paper: Paper,
    at: datetime,
    by: User,
    members_to: Org | None = None,
    children_to: Org | None = None,
) -> Done:
    """Dissolve a unit: say first where its members and the units below go.

    A temporary unit holds no membership: its people are in their home branches all the while.

    :raises NotYourUnit, UnitGone, WhereTo, BadPlace, BadDay, StillMoving: as their names say
    """
    if done := replayed(by, paper):
        return done
    held = hold(unit, members_to, children_to)
    unit = held[unit.pk]
    members_to = held[members_to.pk] if members_to else None
    children_to = held[children_to.pk] if children_to else None
    must_keep(by, unit.parent)
    must_stand(unit)
    paper = check_paper(paper, at=at, units=[unit])
    none_moving([unit])
    members = standing_members(unit)
    below = list(unit.children.filter(dissolved_on=None))
    _check_where(unit, members, members_to, below, children_to, by)
    serving = unit.people.standing().count()
    if members and members_to:
        move_members(members, members_to, on=paper.on)
    if below and children_to:
        _move_children(unit, children_to, paper, at=at, by=by)
    ended = close_unit(unit, on=paper.on, at=at, by=by)
    words = [_("撤销“%s”。") % unit]
    if members:
        words.append(
            _("%(n)d 名党员和申请人转入“%(to)s”。") % {"n": len(members), "to": members_to}
        )
    if below:
        words.append(_("下级组织 %(n)d 个改挂“%(to)s”。") % {"n": len(below), "to": children_to})
    if unit.is_temporary and serving:
        words.append(_("%d 名成员回原党支部，组织关系一直在原支部。") % serving)
    words += _counted(0, 0, ended)
    change = write_change(
        unit, Kind.DISSOLVE, paper, at=at, by=by, parent_before=unit.parent, other=members_to,
        data={"words": words}, key=key_of(by, paper),
    )  # fmt: skip
    done = Done(unit, words, _uncovered(unit), change)
    say_change(done, paper=paper, at=at, by=by, also=[members_to] if members_to else [])
    return done


def _check_where(
    unit: Org,
    members: Sequence[Membership],
    members_to: Org | None,
    below: Sequence[Org],
    children_to: Org | None,
    by: User,
) -> None:
    if members:
        if members_to is None:
            raise WhereTo(
                _("“%(unit)s”还有 %(n)d 名党员（含申请人），请先写明转入哪个党支部")
                % {"unit": unit, "n": len(members)},
                field="members_to",
            )
        check_home(members_to)
        must_keep(by, members_to.parent)
        if members_to.pk == unit.pk:
            raise WhereTo(_("请选另一个党支部"), field="members_to")
    if below:
        if children_to is None:
            raise WhereTo(
                _("“%(unit)s”下面还有：%(names)s，请先写明改挂到哪里")
                % {"unit": unit, "names": named(below)},
                field="children_to",
            )
        must_stand(children_to, name="children_to")
        must_keep(by, children_to)
        if children_to.path.startswith(unit.path):
            raise WhereTo(_("不能改挂到它自己或它的下级之下"), field="children_to")


def _uncovered(unit: Org) -> list[str]:
    n = unit.grids.count()
    return [_("它覆盖的 %d 个网格（楼栋）从此空白，请另定党组织。") % n] if n else []
