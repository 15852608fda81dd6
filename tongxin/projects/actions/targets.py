"""Targets set, split below, moved and reported: the sum below covers what is above (S1.16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import combinations
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.orgs.models import Org
from tongxin.orgs.scope import roles_over
from tongxin.regions.models import Region

from ..models import Field, Programme, Target, TargetFigure
from ..models.common import LEADS, PARTY
from .common import BadAmount, BadDates, WrongState, amount, is_of, line, must_lead, scoped

SPLITTERS = (*LEADS, "secretary")
REPORTERS = (*LEADS, *PARTY, "dispatcher")
YEARS = range(2000, 2101)


class NotCovered(Invalid):
    """The shares below come to less than what they are shares of."""


class BadShare(Invalid):
    """A share that is none: outside what it is split from, the same again, or counted twice."""


class Circular(Invalid):
    """A target cannot serve one that serves it."""


@dataclass(frozen=True)
class Share:
    """What of a target falls to a place or a unit, in all its years or in some of them."""

    value: Any
    region: Region
    org: Org | None = None
    from_year: int | None = None
    to_year: int | None = None
    from_on: date | None = None


@transaction.atomic
def set_target(
    *, name: str, field: str, unit: str, value: Any, region: Region, from_year: int, to_year: int,
    by: User, at: datetime, org: Org | None = None, programme: Programme | None = None,
    from_on: date | None = None, baseline: Any = None, key: str | None = None,
) -> Target:  # fmt: skip
    """Set a target at the top of a cascade.

    :raises NotPermitted: unless `by` leads the place
    :raises BadAmount, BadDates: for no figure, years in the wrong order, a start outside them
    """
    must_lead(by, region.path, what=_("下达目标"), roles=SPLITTERS)
    kept = scoped(by, key)
    if kept and (made := Target.objects.filter(key=kept).first()):
        return made
    if field not in Field.values:
        raise Invalid(_("没有这个领域。"), field="field")
    start = from_on or date(from_year, 1, 1)
    _check_years(from_year, to_year, start)
    if programme is not None and start < programme.start_on:
        raise BadDates(
            _("起始日期不能早于方案的开始日期 %s。") % programme.start_on, field="from_on"
        )
    target = Target.objects.create(
        programme=programme, name=line(name, limit=80, label=_("目标"), required=True), field=field,
        unit=line(unit, limit=12, label=_("单位"), required=True), value=_value(value), org=org,
        baseline=amount(baseline, label=_("基数"), field="baseline"), region=region,
        from_year=from_year, to_year=to_year, from_on=start, by=by, at=at, key=kept,
    )  # fmt: skip
    return _placed(target)


def _placed(target: Target) -> Target:
    target.path = f"{target.parent.path if target.parent else ''}{target.pk}/"
    target.save(update_fields=["path"])
    return target


def _value(value: Any) -> Decimal:
    number = amount(value, label=_("目标值"), field="value")
    if number is None or number <= 0:
        raise BadAmount(_("目标值要大于零。"), field="value")
    return number


def _check_years(from_year: int, to_year: int, start: date) -> None:
    if from_year not in YEARS or to_year not in YEARS or to_year < from_year:
        raise BadDates(_("年度要从早到晚。"), field="to_year")
    if not from_year <= start.year <= to_year:
        raise BadDates(_("起始日期应在目标的年度之内。"), field="from_on")


@transaction.atomic
def split_target(
    target: Target, *, shares: Sequence[Share], by: User, at: datetime
) -> list[Target]:
    """Split a target among places, units or years; shares that nobody works on yet are replaced.

    :raises NotCovered: if they come to less than the target
    :raises BadShare: if one lies outside of it, is the same again, or counts twice with another
    :raises BadDates: if one begins before the target's fixed start
    :raises WrongState: if a share was reported on or split already
    """
    target = _locked(target)
    must_lead(by, target.region.path, what=_("分解目标"), roles=SPLITTERS)
    if not shares:
        raise BadShare(_("请至少写一项分解。"), field="shares")
    made = [_share_of(target, share, by, at) for share in shares]
    for one, two in combinations(made, 2):
        if _overlap(one, two):
            raise BadShare(
                _("“%(one)s”和“%(two)s”重复计算，请只留一个。")
                % {"one": _label(one), "two": _label(two)},
                field="shares",
            )
    _must_cover(target, [one.value for one in made])
    old = target.children.all()
    if old.filter(children__isnull=False).exists() or old.filter(figures__isnull=False).exists() or old.filter(tasks__isnull=False).exists():  # fmt: skip
        raise WrongState(_("下级已经分解、报数或落到任务，不能重新分解；请单独调整。"))
    if target.figures.exists() or target.tasks.exists():
        raise WrongState(_("这个目标已经直接报数或落到任务，不能再分解。"))
    old.delete()
    return [_placed(_saved(one)) for one in made]


def _saved(target: Target) -> Target:
    target.save()
    return target


def _share_of(parent: Target, share: Share, by: User, at: datetime) -> Target:
    first, last = share.from_year or parent.from_year, share.to_year or parent.to_year
    if not parent.from_year <= first <= last <= parent.to_year:
        raise BadShare(_("分解的年度要在 %s 之内。") % parent.years, field="shares")
    if not share.region.path.startswith(parent.region.path):
        raise BadShare(_("“%s”不在上级目标的范围内。") % share.region.name, field="shares")
    same = (share.region.pk, first, last, share.org and share.org.pk) == (
        parent.region_id, parent.from_year, parent.to_year, parent.org_id,
    )  # fmt: skip
    if same:
        raise BadShare(_("分解出的目标不能和上级目标一样。"), field="shares")
    start = share.from_on or max(parent.from_on, date(first, 1, 1))
    if start < parent.from_on:
        raise BadDates(
            _("起始日期不能早于上级目标的起始日期 %s。") % parent.from_on, field="from_on"
        )
    _check_years(first, last, start)
    return Target(
        programme=parent.programme, parent=parent, name=parent.name, field=parent.field,
        unit=parent.unit, value=_value(share.value), region=share.region, org=share.org,
        from_year=first, to_year=last, from_on=start, by=by, at=at,
    )  # fmt: skip


def _overlap(one: Target, two: Target) -> bool:
    """Whether two shares count the same thing: years that meet, and one place inside the other."""
    if one.to_year < two.from_year or two.to_year < one.from_year:
        return False
    paths = sorted((one.region.path, two.region.path), key=len)
    if not paths[1].startswith(paths[0]):
        return False
    return one.org_id == two.org_id or one.org_id is None or two.org_id is None


def _label(target: Target) -> str:
    return f"{target.org.name if target.org else target.region.name} {target.years}"


def _must_cover(target: Target, values: Sequence[Decimal]) -> None:
    total = sum(values, Decimal(0))
    if total < target.value:
        words = {"total": f"{total.normalize():f}", "value": f"{target.value.normalize():f}",
                 "gap": f"{(target.value - total).normalize():f}", "unit": target.unit}  # fmt: skip
        raise NotCovered(
            _("各项合计 %(total)s，不够上级目标 %(value)s，还差 %(gap)s %(unit)s。") % words,
            field="shares",
        )


@transaction.atomic
def change_value(target: Target, *, value: Any, by: User, at: datetime) -> Target:
    """Change a target's figure; what is below must still cover it, and it what is above.

    :raises NotCovered: if one of the two would no longer hold
    """
    target = _locked(target)
    must_lead(by, (target.parent or target).region.path, what=_("调整目标"), roles=SPLITTERS)
    target.value = _value(value)
    below = list(target.children.values_list("value", flat=True))
    if below:
        _must_cover(target, below)
    if target.parent is not None:
        others = target.parent.children.exclude(pk=target.pk).values_list("value", flat=True)
        _must_cover(target.parent, [*others, target.value])
    target.save(update_fields=["value"])
    return target


@transaction.atomic
def move_target(target: Target, *, parent: Target, by: User, at: datetime) -> Target:
    """Let a target serve another one than before.

    :raises Circular: if that one serves it
    :raises BadShare: if it lies outside of that one, or counts what another share counts
    :raises NotCovered: if what it served before is no longer covered
    """
    target, parent = _locked(target), _locked(parent)
    for one in (target, parent):
        must_lead(by, one.region.path, what=_("调整目标"), roles=SPLITTERS)
    _check_fits(target, parent)
    if target.parent is not None and target.parent_id != parent.pk:
        rest = target.parent.children.exclude(pk=target.pk).values_list("value", flat=True)
        if rest:
            _must_cover(target.parent, list(rest))
    old, target.parent = target.path, parent
    target.save(update_fields=["parent"])
    _placed(target)
    for one in Target.objects.filter(path__startswith=old).exclude(pk=target.pk):
        one.path = target.path + one.path[len(old) :]
        one.save(update_fields=["path"])
    return target


def _check_fits(target: Target, parent: Target) -> None:
    if parent.path.startswith(target.path):
        raise Circular(
            _("“%s”是由这个目标分解的，不能反过来作它的上级。") % parent.name, field="parent"
        )
    if (target.unit, target.field) != (parent.unit, parent.field):
        raise BadShare(_("领域或单位不同的目标不能相加。"), field="parent")
    inside = target.region.path.startswith(parent.region.path)
    if not (inside and parent.from_year <= target.from_year and target.to_year <= parent.to_year):
        raise BadShare(_("这个目标不在“%s”的范围或年度内。") % parent.name, field="parent")
    if target.from_on < parent.from_on:
        raise BadDates(
            _("起始日期不能早于上级目标的起始日期 %s。") % parent.from_on, field="parent"
        )
    if any(
        _overlap(target, one)
        for one in parent.children.exclude(pk=target.pk).select_related("region")
    ):
        raise BadShare(_("上级目标里已有同一地方、同一年度的分解。"), field="parent")


@transaction.atomic
def report_figure(
    target: Target, *, on: date, value: Any, by: User, at: datetime, note: str = ""
) -> TargetFigure:
    """Report what a target had reached by a day, in all since its start.

    :raises WrongState: if its figure is the sum of what is below or of tasks
    :raises BadDates: before its fixed start, after its last year, or in the future
    """
    target = _locked(target)
    if roles_over(by, target.region.path).isdisjoint(REPORTERS) and not (
        target.org is not None and is_of(by, target.org)
    ):
        raise NotPermitted(_("您的岗位不能报送这个目标的完成情况。"))
    if target.children.exists():
        raise WrongState(_("这个目标已经分解，完成值由下级汇总。"))
    if target.tasks.exists():
        raise WrongState(_("这个目标的完成值由任务汇总，请在任务里报送进展。"))
    if on < target.from_on:
        raise BadDates(_("截至日期不能早于目标的起始日期 %s。") % target.from_on, field="on")
    if on > localdate(at):
        raise BadDates(_("截至日期不能晚于今天。"), field="on")
    if on.year > target.to_year:
        raise BadDates(_("截至日期已超出目标的年度 %s。") % target.years, field="on")
    number = amount(value, label=_("完成值"), field="value", least=Decimal(0))
    if number is None:
        raise BadAmount(_("请填完成值。"), field="value")
    return TargetFigure.objects.create(
        target=target, on=on, value=number, by=by, at=at,
        note=line(note, limit=300, label=_("说明和佐证")),
    )  # fmt: skip


def _locked(target: Target) -> Target:
    rows = Target.objects.select_for_update(of=("self",))
    return rows.select_related("region", "parent__region", "org", "programme").get(pk=target.pk)
