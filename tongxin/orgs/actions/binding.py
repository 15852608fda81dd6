"""Units bound to land and to firms: 支部建在网格上, 楼宇党小组, joint branches (S0.26, S3.38, S4.37)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.regions.models import Region

from ..models import Membership, Org, OrgChange, Person, UnitCover, UnitKind, UnitMember
from .pilots import must_be_on
from .posts import check_grids
from .units import (
    MOST_COVERED,
    Done,
    Paper,
    check_paper,
    hold,
    key_of,
    must_keep,
    must_stand,
    named,
    replayed,
    say_change,
    write_change,
)

BUILDING_KINDS = (UnitKind.GROUP, UnitKind.BRANCH)
RETIRED = {"m": 60, "f": 55}  # age from which somebody is taken to have retired


class BadCover(Invalid):
    """A firm or other unit of the area is covered by one party unit."""


class NotEligible(Refused):
    """The head of a building's group is a retired veteran member (S3.38)."""


def check_covers(covers: Sequence[Org], *, at: datetime, but: Org | None = None) -> list[str]:
    """Return notes on the units a branch is to cover. Raises BadCover."""
    for org in covers:
        must_stand(org, name="covers")
        if org.kind == Org.Kind.PARTY:
            raise BadCover(_("“%s”本身是党组织；覆盖的是单位") % org, field="covers")
    taken = UnitCover.objects.filter(org__in=covers, to_date=None).select_related("unit", "org")
    other = taken.exclude(unit=but).first() if but else taken.first()
    if other is not None:
        raise BadCover(
            _("“%(org)s”已由“%(unit)s”覆盖") % {"org": other.org, "unit": other.unit},
            field="covers",
        )
    if len(covers) > MOST_COVERED:
        return [_("联合党支部覆盖单位一般不超过 %d 个。") % MOST_COVERED]
    return []


@transaction.atomic
def bind_land(*, unit: Org, grids: Sequence[Region], paper: Paper, at: datetime, by: User) -> Done:
    """Let a unit cover these grids and buildings, and no others.

    A building is covered by a group or a branch, and only where the trial of it is on (S0.27).

    :raises NotYourUnit, UnitGone, BadGrid, PilotOff: as their names say
    """
    if done := replayed(by, paper):
        return done
    unit = hold(unit)[unit.pk]
    must_keep(by, unit.parent or unit)
    must_stand(unit)
    check_grids(org=unit, grids=grids)
    for building in [one for one in grids if one.level == Region.Level.BUILDING]:
        must_be_on("building_group", building.path, on=paper.on, field="grids")
    paper = check_paper(paper, at=at)
    before = {one.pk: one for one in unit.grids.all()}
    after = {one.pk: one for one in grids}
    added = [one for pk, one in after.items() if pk not in before]
    gone = [one for pk, one in before.items() if pk not in after]
    words = []
    if added:
        words.append(_("“%(unit)s”新覆盖%(names)s。") % {"unit": unit, "names": named(added)})
    if gone:
        words.append(_("“%(unit)s”不再覆盖%(names)s。") % {"unit": unit, "names": named(gone)})
    if not words:
        raise BadCover(_("覆盖范围没有变化"), field="grids")
    unit.grids.set(grids)
    data = {"words": words, "added": [x.code for x in added], "gone": [x.code for x in gone]}
    change = write_change(
        unit, OrgChange.Kind.BIND, paper, at=at, by=by, data=data, key=key_of(by, paper)
    )
    done = Done(unit, words, [], change)
    say_change(done, paper=paper, at=at, by=by)
    return done


@transaction.atomic
def cover_orgs(*, unit: Org, orgs: Sequence[Org], paper: Paper, at: datetime, by: User) -> Done:
    """Let a unit cover these firms and other units of the area, and no others.

    :raises NotYourUnit, UnitGone, BadCover: as their names say
    """
    if done := replayed(by, paper):
        return done
    unit = hold(unit)[unit.pk]
    must_keep(by, unit.parent or unit)
    must_stand(unit)
    notes = check_covers(orgs, at=at, but=unit)
    paper = check_paper(paper, at=at)
    standing = UnitCover.objects.filter(unit=unit, to_date=None)
    before = {row.org_id: row for row in standing.select_related("org")}
    added = [org for org in orgs if org.pk not in before]
    gone = [row for pk, row in before.items() if pk not in {org.pk for org in orgs}]
    for row in gone:
        row.to_date = max(paper.on, row.from_date)
    UnitCover.objects.bulk_update(gone, ["to_date"])
    UnitCover.objects.bulk_create(
        UnitCover(unit=unit, org=org, from_date=paper.on) for org in added
    )
    words = []
    if added:
        words.append(_("“%(unit)s”新覆盖%(names)s。") % {"unit": unit, "names": named(added)})
    if gone:
        names = named([row.org for row in gone])
        words.append(_("“%(unit)s”不再覆盖%(names)s。") % {"unit": unit, "names": names})
    if not words:
        raise BadCover(_("覆盖单位没有变化"), field="covers")
    change = write_change(
        unit, OrgChange.Kind.BIND, paper, at=at, by=by, data={"words": words},
        key=key_of(by, paper),
    )  # fmt: skip
    done = Done(unit, words, notes, change)
    say_change(done, paper=paper, at=at, by=by)
    return done


def why_eligible(person: Person, *, on: date) -> str:
    """Return in words why somebody may head a building's group (S3.38: 离退休老党员).

    :raises NotEligible: unless they are a full member who has retired
    """
    rows = Membership.objects.standing().filter(person=person, stage=Membership.Stage.FULL)
    member = rows.first()
    if member is None:
        raise NotEligible(_("%s不是正式党员，不能担任楼宇党小组组长") % person, field="person")
    age = _years(person.born_on, on) if person.born_on else None
    if member.in_service:
        raise NotEligible(_("%s还在职；楼宇党小组组长由离退休老党员担任") % person, field="person")
    if not member.is_veteran and (age is None or age < RETIRED.get(person.gender, 60)):
        raise NotEligible(
            _("%s没有登记为老党员，也没到退休年龄") % person,
            field="person",
            remedy=_("如已退休，请先在党员信息里登记为老党员。"),
        )
    served = _years(member.full_on, on) if member.full_on else None
    words = [_("离退休老党员") if member.is_veteran else _("退休党员")]
    if served is not None:
        words.append(_("党龄 %d 年") % served)
    return "，".join(words)


def _years(since: date, on: date) -> int:
    return on.year - since.year - ((on.month, on.day) < (since.month, since.day))


@transaction.atomic
def set_head(*, unit: Org, person: Person, on: date, at: datetime, by: User) -> UnitMember:
    """Make somebody the head of a party group; of a building's group only a retired veteran.

    :raises NotYourUnit, UnitGone, NotEligible: as their names say
    """
    unit = hold(unit)[unit.pk]
    must_keep(by, unit.parent)
    must_stand(unit)
    if unit.unit_kind != UnitKind.GROUP:
        raise NotEligible(_("只有党小组设组长"), field="person")
    ground = ""
    if unit.grids.filter(level=Region.Level.BUILDING).exists():
        ground = why_eligible(person, on=on)
    check_paper(Paper(on), at=at)
    old = UnitMember.objects.filter(unit=unit, to_date=None)
    for row in old.filter(duty=UnitMember.Duty.HEAD) | old.filter(person=person):
        row.to_date = max(on, row.from_date)
        row.save(update_fields=["to_date"])
    head = UnitMember.objects.create(
        unit=unit, person=person, duty=UnitMember.Duty.HEAD, from_date=on, ground=ground
    )
    detail = {"unit": unit.pk, "on": str(on)}
    audit(actor=by, action="unit.head", object=unit.name, detail=detail, at=at)
    return head
