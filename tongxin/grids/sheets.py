"""The register of components as a spreadsheet: the 18 attributes of the standard, place and accuracy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.codes import BadCode, parse_component
from tongxin.kit.errors import Refused
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, region_at, region_of, world
from tongxin.spreadsheets.declaring import (
    CHANGED,
    CLEAR,
    NEW,
    Column,
    Entry,
    Job,
    Row,
    Sheet,
    model_facts,
)

from . import actions
from .models import CatalogueItem, Component, ComponentEvent, Kind, State
from .models.components import COMPONENT_READERS

BLOCK = 500
KEPT = (
    *("name", "department_code", "department", "owner_code", "owner", "maintainer_code"),
    *("maintainer", "state", "from_date", "changed_on", "source", "note", "address", "accuracy"),
)
ACCURACIES = tuple(Component.Accuracy.choices)


PLACE = {"lng": 180, "lat": 90}


def _read_degrees(row: Row, name: str, most: int) -> None:
    """Read a coordinate of WGS-84, in degrees."""
    said = row.get(name)
    if said is None:
        return
    try:
        row.values[name] = round(float(said), 7)
    except ValueError:
        row.refuse(name, _("坐标写成 117.655123 这样的度数"))
        return
    if abs(row.values[name]) > most:
        row.refuse(name, _("坐标超出范围，请看经纬度是不是填反了"))


def _spot(row: Row) -> tuple[Any, Any, Any] | None:
    """Return the kind and place of a row that names no code."""
    spot = (row.get("item"), row.get("lng"), row.get("lat"))
    return None if row.get("code") or None in spot else spot


class ComponentSheet(Sheet):
    """One row for each component on the actor's land. Source: attributes of GB/T 47678 part 5."""

    code = "components"
    title = gettext_lazy("部件台账")
    about = gettext_lazy("部件普查表进出；标识码留空的按类别自动编码。坐标为 WGS-84 度。")
    icon = "map-pin"
    keys = (("code",), ("item", "lng", "lat"))
    shown = ("name", "code")
    columns = (
        Column("code", gettext_lazy("标识码"), "code", limit=20, width=20, help=gettext_lazy("17 位；新部件可以留空。"), example="12011601001000001", aliases=("部件标识码",)),
        Column("item", gettext_lazy("类别代码"), "code", limit=5, width=10, help=gettext_lazy("5 位：大类 2 位、小类 3 位；有标识码的可以留空。"), example="01001"),
        Column("name", gettext_lazy("名称"), limit=60, width=16, aliases=("部件名称",), example="供水井盖"),
        Column("department_code", gettext_lazy("主管部门代码"), "code", limit=18),
        Column("department", gettext_lazy("主管部门名称"), aliases=("主管部门",)),
        Column("owner_code", gettext_lazy("权属单位代码"), "code", limit=18),
        Column("owner", gettext_lazy("权属单位名称"), aliases=("权属单位",)),
        Column("maintainer_code", gettext_lazy("养护单位代码"), "code", limit=18),
        Column("maintainer", gettext_lazy("养护单位名称"), aliases=("养护单位",)),
        Column("grid", gettext_lazy("单元网格标识码"), "code", limit=15, width=18, help=gettext_lazy("15 位；留空按坐标判断。"), aliases=("网格代码",)),
        Column("state", gettext_lazy("状态"), "choice", choices=tuple(State.choices), help=gettext_lazy("从下拉列表中选。"), example="完好"),
        Column("from_date", gettext_lazy("初始日期"), "date"),
        Column("changed_on", gettext_lazy("变更日期"), "date"),
        Column("source", gettext_lazy("数据来源"), limit=60),
        Column("note", gettext_lazy("备注"), "lines", limit=1000),
        Column("street", gettext_lazy("所属街道"), limit=60, help=gettext_lazy("只供对照，导入时不看。")),
        Column("community", gettext_lazy("所属社区"), limit=60, help=gettext_lazy("只供对照，导入时不看。")),
        Column("lng", gettext_lazy("经度"), limit=20, example="117.655123"),
        Column("lat", gettext_lazy("纬度"), limit=20, example="39.021456"),
        Column("accuracy", gettext_lazy("定位精度"), "choice", choices=ACCURACIES, synonyms=(("A", "A"), ("B", "B"), ("C", "C"))),
        Column("address", gettext_lazy("位置"), limit=120),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return any(post.role in actions.KEEPERS for post in posts_of(actor))

    def may_export(self, actor) -> bool:
        return any(post.role in COMPONENT_READERS for post in posts_of(actor))

    def check(self, row: Row) -> None:
        if code := row.get("code"):
            try:
                parsed = parse_component(code)
            except BadCode as refusal:
                row.refuse("code", f"{refusal.message}{refusal.remedy}")
            else:
                row.values.setdefault("item", parsed.item)
                if row.get("item") != parsed.item:
                    row.refuse("item", _("类别代码与标识码不符"))
        for name, most in PLACE.items():
            _read_degrees(row, name, most)

    def prepare(self, rows: list[Row], job: Job) -> None:
        codes = {row.get("code") for row in rows} - {None}
        known = {
            one.code: one
            for one in Component.objects.filter(code__in=codes).select_related("item", "grid")
        }
        placed = self._by_place(rows)
        kinds = {row.get("item") for row in rows} - {None}
        items: dict[str, list[CatalogueItem]] = {}
        for item in (
            CatalogueItem.objects.in_force(localdate(job.at))
            .filter(kind=Kind.COMPONENT, code__in=kinds)
            .select_related("region")
        ):
            items.setdefault(item.code, []).append(item)
        for row in rows:
            if row.problems:
                continue
            one = known.get(row.get("code")) or placed.get(_spot(row) or ())
            if one is not None:
                self._judge_known(row, one, job)
            else:
                self._judge_new(row, items, job)

    def _by_place(self, rows: list[Row]) -> dict[tuple, Component]:
        """Return the components that stand where rows without a code say one of the kind stands."""
        spots = {spot for row in rows if not row.get("code") and (spot := _spot(row))}
        if not spots:
            return {}
        found = Component.objects.standing().filter(
            item__code__in={one[0] for one in spots}, lng__in={one[1] for one in spots},
            lat__in={one[2] for one in spots},
        )  # fmt: skip
        rows_there = found.select_related("item", "grid").order_by("pk")
        return {(one.item.code, one.lng, one.lat): one for one in rows_there}

    def _judge_known(self, row: Row, one: Component, job: Job) -> None:
        if roles_over(job.actor, one.area).isdisjoint(actions.KEEPERS):
            row.refuse("code", _("这个部件不在您的管辖范围"))
            return
        said = {"lng": row.get("lng"), "lat": row.get("lat")}
        if any(said[n] is not None and abs(said[n] - getattr(one, n)) > 1e-6 for n in said):
            row.refuse("lng", _("位置与登记的不同：移动部件请先登记移除，再在新位置登记"))
            return
        self.compare(row, {name: getattr(one, name) for name in KEPT})
        row.ref, row.plan = one.pk, one
        if row.verdict == CHANGED:
            row.before = model_facts(one, [*KEPT])

    def _judge_new(self, row: Row, items: dict[str, list[CatalogueItem]], job: Job) -> None:
        if row.get("lng") is None or row.get("lat") is None:
            row.refuse("lng", _("新部件要填经度和纬度"))
            return
        grid = self._grid(row)
        if grid is None:
            return
        if roles_over(job.actor, grid.path).isdisjoint(actions.KEEPERS):
            row.refuse("grid", _("“%s”不在您的管辖范围") % grid.name)
            return
        found = items.get(row.get("item") or "", [])
        fits = [one for one in found if one.region is None or grid.path.startswith(one.region.path)]
        if not fits:
            row.refuse("item", _("目录里没有类别 %s") % (row.get("item") or "—"))
            return
        code = row.get("code") or ""
        if code and code[:6] != grid.code[:6]:
            row.refuse("code", _("标识码的区代码与所在网格不符"))
            return
        row.verdict, row.plan = NEW, (fits[0], grid)

    def _grid(self, row: Row) -> Land | None:
        """Return the grid a row names, or the one its point lies in."""
        code = row.get("grid")
        if code:
            land = world().by_code.get(code)
        else:
            lng: Any = row.get("lng")
            lat: Any = row.get("lat")
            land = region_at(lng, lat)
            if land is not None and land.level == Region.Level.BUILDING and land.parent_id:
                land = world().by_id[land.parent_id]
        if land is None or land.level != Region.Level.GRID:
            row.refuse("grid", _("没有找到这个网格，请填 15 位网格代码，或核对坐标"))
            return None
        return land

    def apply(self, rows: list[Row], job: Job) -> None:
        fresh = [row for row in rows if row.verdict == NEW]
        made = [self._component(row, job) for row in fresh]
        actions.enter_components(made, at=job.at, by=job.actor)
        for row, one in zip(fresh, made, strict=True):
            row.ref, row.after = one.pk, {"new": True}
        for row in rows:
            if row.verdict == CHANGED:
                values = {name: self._said(row, name) for name, _old, _new in row.changes}
                actions.rewrite_component(row.plan, values, at=job.at, by=job.actor)
                row.after = {name: str(value) for name, value in values.items()}

    def _said(self, row: Row, name: str) -> Any:
        value = row.values.get(name)
        return ("" if name != "changed_on" else None) if value is CLEAR else value

    def _component(self, row: Row, job: Job) -> Component:
        item, grid = row.plan
        values = {name: row.get(name) for name in KEPT if row.get(name) is not None}
        values = {"name": item.name, "department": item.department} | values
        values.setdefault("from_date", localdate(job.at))
        values.setdefault("source", job.source[:60])
        return Component(
            code=row.get("code") or "", item=item, grid=region_of(grid), area=grid.path,
            lng=row.get("lng"), lat=row.get("lat"), **values,
        )  # fmt: skip

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the lines whose component has a history since, or no longer says what it did."""
        rows = Component.objects.in_bulk([entry.ref for entry in entries])
        later = ComponentEvent.objects.filter(component__in=rows).exclude(what="enter")
        busy = set(later.values_list("component", flat=True))
        found = []
        for entry in entries:
            one = rows.get(entry.ref)
            if one is None or (entry.after.get("new") and one.pk in busy):
                found.append(entry.line)
            elif not entry.after.get("new"):
                now_says = model_facts(one, list(entry.after))
                if {n: str(v) for n, v in now_says.items()} != entry.after:
                    found.append(entry.line)
        return found

    def undo(self, entries: list[Entry], job: Job) -> None:
        new = [entry.ref for entry in entries if entry.after.get("new")]
        actions.take_back_components(new)
        for entry in entries:
            if entry.after.get("new"):
                continue
            one = Component.objects.filter(pk=entry.ref).first()
            if one is None:
                raise Refused(_("第 %d 行的部件已经没有了。") % entry.line)
            before = {name: entry.before[name] for name in entry.after if name in entry.before}
            for name in ("from_date", "changed_on"):
                if before.get(name) in ("None", ""):
                    before[name] = None
            actions.rewrite_component(one, before, at=job.at, by=job.actor)

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        rows = Component.objects.visible_to(actor).select_related("item", "grid").order_by("code")
        by_path = world().by_path
        for one in rows.iterator(BLOCK):
            parts = one.area.split("/")[:-1]
            above = [by_path.get("/".join(parts[:n]) + "/") for n in (3, 4)]
            street, community = (land.name if land else "" for land in above)
            yield {
                **{name: getattr(one, name) for name in KEPT},
                "code": one.code, "item": one.item.code, "grid": one.grid.code, "street": street,
                "community": community, "lng": f"{one.lng:.7f}", "lat": f"{one.lat:.7f}",
            }  # fmt: skip


SHEETS = (ComponentSheet(),)
