"""Land that is added, divided, joined and closed. Nothing is deleted: old figures stay true."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.kit import codes, geo
from tongxin.kit.errors import Invalid, Refused

from ..models import DEPTH, Region
from .versions import land_changed

Level = Region.Level
CODE_LENGTH = {
    Level.CITY: 4,
    Level.DISTRICT: 6,
    Level.STREET: 9,
    Level.COMMUNITY: 12,
    Level.GRID: 15,
    Level.BUILDING: 18,
}
_LEVEL_OF_LENGTH = {length: level for level, length in CODE_LENGTH.items()}
_DIGITS = "零一二三四五六七八九"


class WrongLevel(Invalid):
    """The region stands on another level of the tree than the act needs."""


class CodeTaken(Refused):
    """The code belongs to a region already, perhaps to a closed one."""


class AlreadyClosed(Refused):
    """The region is closed, or would close before it opened."""


class WrongSuccessor(Invalid):
    """What takes over must be open, of the same level, and not part of what closes."""


def place_in_tree(*, parent: Region | None, code: str) -> tuple[str, str]:
    """The level and path of a code right below a parent. Raises WrongLevel, BadCode."""
    level = _LEVEL_OF_LENGTH.get(len(code))
    if level is None or not (code.isascii() and code.isdigit()):
        raise codes.BadCode(
            _("“%s”不是区域代码") % code[:20],
            field="code",
            remedy=_("市 4 位、区 6 位、街镇 9 位、社区 12 位、网格 15 位、楼栋 18 位数字"),
        )
    above = DEPTH[parent.level] if parent else 0
    if DEPTH[level] != above + 1 or (parent and not code.startswith(parent.code)):
        raise WrongLevel(
            _("%(code)s 不能放在“%(parent)s”下面")
            % {"code": code, "parent": parent.name if parent else _("最上级")},
            field="parent",
            remedy=_("代码要以上级的代码开头，并且正好低一级"),
        )
    tail = code[len(parent.code) :] if parent else code
    return level, f"{parent.path if parent else ''}{tail}/"


def free_place(*, parent: Region | None, code: str) -> tuple[str, str]:
    """As place_in_tree, for a region that is to be added. Raises also CodeTaken, AlreadyClosed."""
    level, path = place_in_tree(parent=parent, code=code)
    if parent and parent.valid_to:
        raise AlreadyClosed(_("“%s”已停用，不能再增加下级") % parent.name, field="parent")
    if Region.objects.filter(path=path).exists():
        raise CodeTaken(_("代码 %s 已被使用，停用的代码也不能重复使用") % code, field="code")
    return level, path


@transaction.atomic
def add_region(
    *,
    parent: Region | None,
    code: str,
    name: str,
    kind: str = "",
    short_name: str = "",
    polygon: dict[str, Any] | None = None,
    is_synthetic: bool = False,
    on: date | None = None,
) -> Region:
    """Add a region, valid from a day on (None: as long as anyone remembers).

    `polygon` is a GeoJSON geometry in WGS-84. Raises WrongLevel, CodeTaken, AlreadyClosed (the
    parent), BadCode, BadGeometry.
    """
    level, path = free_place(parent=parent, code=code)
    region = Region(
        code=code,
        name=name,
        short_name=short_name or codes.short_name(name),
        level=level,
        kind=kind,
        parent=parent,
        path=path,
        valid_from=on,
        is_synthetic=is_synthetic,
    )
    if polygon:
        region.polygon = geo.repair(polygon)
        region.lng, region.lat = geo.centroid(region.polygon)
    region.save()
    land_changed()
    return region


@transaction.atomic
def make_grids(*, community: Region, count: int, seed: int, on: date | None = None) -> list[Region]:
    """Synthetic grids that tile a community (15-digit codes, numbered after those there are).

    Raises WrongLevel, AlreadyClosed, BadCode (more than 999).
    """
    if community.level != Level.COMMUNITY:
        raise WrongLevel(_("只有社区（村）下面才能划分网格，“%s”不是社区") % community.name)
    polygons = geo.cells(community.polygon, count, seed) if community.polygon else [None] * count
    return _add_grids(_lock(community.pk), polygons, on)


@transaction.atomic
def split_grid(*, grid: Region, into: int, on: date) -> list[Region]:
    """Close a grid and let `into` new ones take its land from a day on.

    Raises WrongLevel, AlreadyClosed, Invalid.
    """
    if grid.level != Level.GRID:
        raise WrongLevel(_("只能拆分网格，“%s”不是网格") % grid.name)
    if not 2 <= into <= 20:
        raise Invalid(_("一个网格可拆分成 2 到 20 个"), field="into")
    community = _lock(grid.parent_id)
    _close([grid], on)
    polygons = geo.cells(grid.polygon, into, int(grid.code)) if grid.polygon else [None] * into
    parts = _add_grids(community, polygons, on, kind=grid.kind)
    grid.successors.set(parts)
    return parts


@transaction.atomic
def merge_regions(*, regions: Sequence[Region], name: str, on: date, code: str = "") -> Region:
    """Close neighbouring grids, or communities, and let one new region take their land.

    A merged grid gets the next number, a merged community the official `code`; the grids of
    merged communities go on under new codes. Raises Invalid, WrongLevel, AlreadyClosed,
    CodeTaken.
    """
    first = regions[0] if regions else None
    if first is None or len({region.pk for region in regions}) < 2:
        raise Invalid(_("请至少选择两个要合并的区域"), field="regions")
    if first.level not in {Level.GRID, Level.COMMUNITY}:
        raise WrongLevel(_("只能合并网格或社区，街镇以上的调整请导入新的区划"), field="regions")
    if {region.parent_id for region in regions} != {first.parent_id}:
        raise WrongLevel(_("只能合并同一个上级下面的同级区域"), field="regions")
    if first.level == Level.COMMUNITY and not code:
        raise Invalid(_("请填写合并后社区的 12 位代码"), field="code")
    parent = _lock(first.parent_id)
    inner = list(_open_children(regions))
    _close(regions, on)
    merged = add_region(
        parent=parent,
        code=code or codes.grid_code(parent.code, _next_number(parent)),
        name=name,
        kind=first.kind,
        polygon=_joined(regions),
        is_synthetic=any(region.is_synthetic for region in regions),
        on=on,
    )
    for region in regions:
        region.successors.set([merged])
    _carry(inner, merged, on)
    return merged


@transaction.atomic
def close_region(*, region: Region, on: date, successors: Iterable[Region] = ()) -> None:
    """Close a region and all that lies in it; name who answers for the land from that day on.

    Raises AlreadyClosed, WrongSuccessor.
    """
    successors = list(successors)
    for successor in successors:
        if successor.path.startswith(region.path):
            raise WrongSuccessor(
                _("“%s”属于要停用的区域，不能由它承接") % successor.name, field="successors"
            )
        if successor.level != region.level or successor.valid_to:
            raise WrongSuccessor(
                _("承接区域须与“%s”同级并且在用") % region.name, field="successors"
            )
    _close([region], on)
    region.successors.set(successors)


def numeral(number: int) -> str:
    """一 to 九百九十九."""
    if number >= 100:
        rest = number % 100
        zero = "零" if 0 < rest < 10 else ""
        ten = "一" if 10 <= rest < 20 else ""
        return f"{_DIGITS[number // 100]}百{zero}{ten}{numeral(rest) if rest else ''}"
    tens, ones = divmod(number, 10)
    head = {0: "", 1: "十"}.get(tens, f"{_DIGITS[tens]}十")
    return head + (_DIGITS[ones] if ones else "")


def grid_rows(
    community: Region,
    polygons: Sequence[dict[str, Any] | None],
    *,
    start: int = 1,
    on: date | None = None,
    kind: str = Region.Kind.BASIC,
) -> list[Region]:
    """Unsaved synthetic grids of a community, numbered from `start`. Raises BadCode."""
    rows = []
    for number, polygon in enumerate(polygons, start=start):
        code = codes.grid_code(community.code, number)
        short_name = f"第{numeral(number)}网格"
        lng, lat = geo.centroid(polygon) if polygon else (None, None)
        rows.append(
            Region(
                code=code,
                name=f"{community.short_name}{short_name}",
                short_name=short_name,
                level=Level.GRID,
                kind=kind,
                parent=community,
                path=f"{community.path}{code[12:]}/",
                valid_from=on,
                polygon=polygon,
                is_synthetic=True,
                lng=lng,
                lat=lat,
            )
        )
    return rows


def _add_grids(
    community: Region,
    polygons: Sequence[dict[str, Any] | None],
    on: date | None,
    kind: str = Region.Kind.BASIC,
) -> list[Region]:
    if community.valid_to:
        raise AlreadyClosed(_("“%s”已停用，不能再划分网格") % community.name)
    rows = grid_rows(community, polygons, start=_next_number(community), on=on, kind=kind)
    made = Region.objects.bulk_create(rows)
    land_changed()
    return made


def _lock(pk: Any) -> Region:
    """A region's row, held until the end: whoever numbers its children goes one by one."""
    return Region.objects.select_for_update().get(pk=pk)


def _next_number(parent: Region) -> int:
    taken = Region.objects.filter(parent=parent).order_by("-code").values_list("code", flat=True)
    last = taken.first()
    return int(last[-3:]) + 1 if last else 1


def _open_children(regions: Iterable[Region]) -> Iterable[Region]:
    return Region.objects.filter(parent__in=regions, valid_to__isnull=True).order_by("code")


def _close(regions: Iterable[Region], on: date) -> None:
    for region in regions:
        inside = Region.objects.under(region).filter(valid_to__isnull=True)
        kept = _lock(region.pk)
        if kept.valid_to:
            raise AlreadyClosed(
                _("“%(name)s”已于 %(day)s 停用") % {"name": kept.name, "day": kept.valid_to}
            )
        if inside.filter(valid_from__gt=on).exists():
            raise AlreadyClosed(
                _("“%s”或其下级的启用日期晚于停用日期") % kept.name,
                field="on",
                remedy=_("请把停用日期改晚"),
            )
        inside.update(valid_to=on)
        region.valid_to = on
    land_changed()


def _joined(regions: Sequence[Region]) -> dict[str, Any] | None:
    drawn = [
        {"type": "Feature", "geometry": region.polygon} for region in regions if region.polygon
    ]
    return geo.repair({"type": "FeatureCollection", "features": drawn}) if drawn else None


def _carry(inner: Sequence[Region], parent: Region, on: date) -> None:
    """Let regions that closed with their old parent go on, renumbered, under a new one."""
    for number, old in enumerate(inner, start=1):
        below = list(Region.objects.filter(parent=old, valid_to=on).order_by("code"))
        new = add_region(
            parent=parent,
            code=f"{parent.code}{number:03d}",
            name=old.name,
            short_name=old.short_name,
            kind=old.kind,
            polygon=old.polygon,
            is_synthetic=old.is_synthetic,
            on=on,
        )
        old.successors.set([new])
        _carry(below, new, on)
