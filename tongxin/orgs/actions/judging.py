"""The verdict on each row of a list of units to take over: founded new, moved, or why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from django.db.models import Q, TextChoices
from django.utils.translation import gettext as _

from tongxin.accounts.models import User

from ..models import Org, Sector, TakeOver, TakeOverItem, UnitKind
from ..scope import keeps_register
from .units import UNDER

DEEPEST = 12


def by_word(choices: type[TextChoices]) -> dict[str, str]:
    """Return values by the words a sheet may use: the label, or the name in code."""
    labels = {str(one.label): one.value for one in choices}
    return labels | {one.value: one.value for one in choices}


def judge(batch: TakeOver, items: Sequence[TakeOverItem], by: User) -> None:
    """Give every row its verdict, its depth and, if it names one that stands, the unit.

    Three queries, whatever the number of rows.
    """
    known = _Known(batch, items, by)
    times = Counter(item.name for item in items)
    by_name = {item.name: item for item in items}
    for item in items:
        item.verdict, item.why, item.depth, item.unit = "", "", 0, None
        item.standing_above = None  # type: ignore[attr-defined]
        item.why = _why_not(item, times, known)
    for item in items:
        if not item.why:
            _place(item, batch, by_name, known)
    _spread(items, by_name)
    for item in items:
        if not item.why:
            _settle(item, batch, known)


class _Known:
    """The standing units that the rows may mean, by code and by name."""

    def __init__(self, batch: TakeOver, items: Sequence[TakeOverItem], by: User) -> None:
        self.by, self.into = by, batch.into
        self.kinds, self.sectors = by_word(UnitKind), by_word(Sector)
        names = {item.name for item in items} | {item.above for item in items if item.above}
        codes = {item.code for item in items if item.code} | {i.above for i in items if i.above}
        rows = Org.objects.units().filter(Q(name__in=names) | Q(code__in=codes - {""}))
        self.units = list(rows.select_related("parent"))
        self.by_code = {unit.code: unit for unit in self.units if unit.code}
        self.by_name: dict[str, list[Org]] = {}
        for unit in self.units:
            self.by_name.setdefault(unit.name, []).append(unit)
        here = Org.objects.filter(region=batch.into.region_id, name__in=names)
        self.taken = set(here.values_list("name", flat=True))

    def kept(self, name: str) -> Org | None:
        """Return the one standing unit of that name whose register the actor keeps."""
        found = [one for one in self.by_name.get(name, ()) if keeps_register(self.by, one.path)]
        return found[0] if len(found) == 1 else None


def _why_not(item: TakeOverItem, times: Mapping[str, int], known: _Known) -> str:
    """Return why a row cannot be used by itself; "" if it can. Reads kind and sector."""
    if not item.name:
        return _("没有填党组织名称")
    if times[item.name] > 1:
        return _("名称在表里出现了 %d 次") % times[item.name]
    kind = known.kinds.get(item.unit_kind, "")
    if item.unit_kind and not kind:
        return _("没有“%s”这个类型") % item.unit_kind
    sector = known.sectors.get(item.sector, "")
    if item.sector and not sector:
        return _("没有“%s”这个领域") % item.sector
    item.unit_kind, item.sector = kind, sector
    standing = known.by_code.get(item.code) if item.code else known.kept(item.name)
    if standing is not None:
        return _why_not_moved(item, standing, known)
    if not kind:
        return _("新接收的党组织要填类型")
    if item.name in known.taken:
        return _("接收单位的辖区已有同名组织，请填它的组织代码，或换一个名称")
    return ""


def _why_not_moved(item: TakeOverItem, standing: Org, known: _Known) -> str:
    if standing.name != item.name:
        return _("组织代码 %(code)s 属于“%(unit)s”") % {"code": item.code, "unit": standing.name}
    if standing.parent is None or not keeps_register(known.by, standing.parent.path):
        return _("“%s”由别的上级管理，请先由那边划出") % standing.name
    if known.into.path.startswith(standing.path):
        return _("接收单位就在它之下，不能划入")
    item.unit, item.unit_kind = standing, standing.unit_kind
    return ""


def _place(
    item: TakeOverItem, batch: TakeOver, by_name: Mapping[str, TakeOverItem], known: _Known
) -> None:
    """Find what the row hangs under; a kind must fit there."""
    if item.above == item.name:
        item.why = _("上级不能是它自己")
        return
    if item.above and item.above in by_name:
        kind, word = by_name[item.above].unit_kind, item.above
    else:
        above = batch.into
        if item.above:
            found = known.by_code.get(item.above) or known.kept(item.above)
            if found is None:
                item.why = _("找不到上级“%s”：表里没有，您管的组织里也没有") % item.above
                return
            above = found
        if item.unit is not None and above.path.startswith(item.unit.path):
            item.why = _("上级不能是它自己的下级")
            return
        item.standing_above = above  # type: ignore[attr-defined]
        kind, word = above.unit_kind, above.name
    if kind not in UNDER[item.unit_kind]:
        item.why = _("%(kind)s不能设在“%(above)s”之下") % {
            "kind": UnitKind(item.unit_kind).label,
            "above": word,
        }


def _spread(items: Sequence[TakeOverItem], by_name: Mapping[str, TakeOverItem]) -> None:
    """Give each row its depth; a row under one that cannot be used, or in a circle, cannot either."""
    for item in items:
        chain, one = 0, item
        while one.above in by_name and one.above != one.name and not one.why:
            one, chain = by_name[one.above], chain + 1
            if chain > DEEPEST:
                item.why = item.why or _("上下级绕成了圈，或者超过 %d 级") % DEEPEST
                break
        if one is not item and one.why and not item.why:
            item.why = _("它的上级（第 %d 行）不能用") % one.line
        item.depth = chain


def _settle(item: TakeOverItem, batch: TakeOver, known: _Known) -> None:
    if item.unit is not None:
        item.verdict = "move"
        item.why = _("已在册，由“%s”划入") % item.unit.parent
        item.parent_before = item.unit.parent
    else:
        item.verdict = "found"
        item.why = _("新接收")
