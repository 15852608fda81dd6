"""The register of centres as a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.errors import Refused
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.regions.queries import region_of, world
from tongxin.spreadsheets.declaring import (
    CHANGED,
    CLEAR,
    NEW,
    Column,
    Entry,
    Job,
    Row,
    Sheet,
)

from . import actions
from .models import Centre
from .models.centres import KEEPERS

FIELDS = ("name", "address", "phone", "intro", "lng", "lat")
STATES = tuple(choice for choice in Centre.State.choices if choice[0] != "closed")
SYNONYMS = (
    ("街道中心", "street"), ("社区工作站", "community"), ("村工作站", "village"),
    ("园区中心", "park"), ("服务点", "point"),
)  # fmt: skip


class CentreSheet(Sheet):
    """One row for each centre on the actor's land, known by its code."""

    code = "centres"
    title = gettext_lazy("党群阵地台账")
    about = gettext_lazy("阵地台账进出；编号留空的按区域代码自动编号。坐标为 WGS-84 度。")
    icon = "building-pavilion"
    keys = (("code",), ("region", "name"))
    shown = ("name", "region")
    columns = (
        Column("code", gettext_lazy("编号"), "code", limit=30, width=18, help=gettext_lazy("新登记的可以留空。")),
        Column("name", gettext_lazy("名称"), limit=60, width=24, required=True, example="杭州道街道顺驰社区党群服务工作站", aliases=("阵地名称", "中心名称")),
        Column("kind", gettext_lazy("类型"), "choice", choices=tuple(Centre.Kind.choices), synonyms=SYNONYMS, width=18, required=True, example="社区党群服务工作站"),
        Column("region", gettext_lazy("区域代码"), "code", limit=12, width=16, required=True, help=gettext_lazy("街镇 9 位，社区（村）12 位。"), example="120116003001"),
        Column("address", gettext_lazy("地址"), limit=120, width=28),
        Column("area", gettext_lazy("面积（平方米）"), "int", aliases=("面积", "建筑面积")),
        Column("state", gettext_lazy("状态"), "choice", choices=STATES, help=gettext_lazy("新登记时看；以后的变动在页面上办。")),
        Column("opened_on", gettext_lazy("开放日期"), "date"),
        Column("phone", gettext_lazy("公开电话"), limit=30, aliases=("电话", "联系电话")),
        Column("lng", gettext_lazy("经度"), limit=20, example="117.655123"),
        Column("lat", gettext_lazy("纬度"), limit=20, example="39.021456"),
        Column("intro", gettext_lazy("简介"), limit=300),
        Column("rooms", gettext_lazy("功能室"), limit=300, help=gettext_lazy("只供对照，导入时不看。")),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return any(post.role in KEEPERS for post in posts_of(actor))

    def may_export(self, actor) -> bool:
        return any(post.role != "volunteer" for post in posts_of(actor))

    def check(self, row: Row) -> None:
        for name in ("lng", "lat"):
            said = row.get(name)
            if said is None:
                continue
            try:
                row.values[name] = round(float(said), 7)
            except ValueError:
                row.refuse(name, _("坐标写成 117.655123 这样的度数"))

    def prepare(self, rows: list[Row], job: Job) -> None:
        codes = {row.get("code") for row in rows} - {None}
        regions = {row.get("region") for row in rows} - {None}
        known: dict[Any, Centre] = {}
        found = Centre.objects.standing().select_related("region")
        for old in found.filter(code__in=codes) | found.filter(region__code__in=regions):
            known[old.code] = known[old.region.code, old.name] = old
        for row in rows:
            if row.problems:
                continue
            one: Centre | None = known.get(row.get("code")) or known.get(
                (row.get("region"), row.get("name"))
            )
            if one is not None:
                self._judge_known(row, one, job)
            else:
                self._judge_new(row, job)

    def _judge_known(self, row: Row, one: Centre, job: Job) -> None:
        if roles_over(job.actor, one.region.path).isdisjoint(KEEPERS):
            row.refuse("region", _("这个阵地不在您的管辖范围"))
            return
        if row.get("kind") != one.kind or row.get("region") != one.region.code:
            row.refuse("kind", _("类型和区域不能改：请关闭原来的，重新登记"))
            return
        current = {name: getattr(one, name) for name in FIELDS} | {"area": one.area_m2}
        self.compare(row, current)
        row.ref, row.plan = one.pk, one
        if row.verdict == CHANGED:
            row.before = current

    def _judge_new(self, row: Row, job: Job) -> None:
        land = world().by_code.get(row.get("region") or "")
        if land is None:
            row.refuse("region", _("没有代码为“%s”的区域") % row.get("region"))
            return
        roles = ("officer",) if row.get("kind") == Centre.Kind.STREET else KEEPERS
        if roles_over(job.actor, land.path).isdisjoint(roles):
            row.refuse("region", _("“%s”不归您登记") % land.name)
            return
        if row.get("state") == Centre.State.OPEN and not row.get("address"):
            row.refuse("address", _("已开放的要填地址"))
            return
        opened = row.get("opened_on")
        if opened and opened > localdate(job.at):
            row.refuse("opened_on", _("日期还没到"))
            return
        row.verdict, row.plan = NEW, land

    def apply(self, rows: list[Row], job: Job) -> None:
        for row in rows:
            if row.verdict == NEW:
                row.ref = self._make(row, job).pk
                row.after = {"new": True}
            elif row.verdict == CHANGED:
                values = {name: self._said(row, name) for name, _old, _new in row.changes}
                self._write(row.plan, values, job)
                row.after = values

    def _said(self, row: Row, name: str) -> Any:
        value = row.values.get(name)
        if value is CLEAR:
            return None if name in ("lng", "lat", "area") else ""
        return value

    def _make(self, row: Row, job: Job) -> Centre:
        made = actions.register_centre(
            region=region_of(row.plan), name=row.get("name"), kind=row.get("kind"), by=job.actor,
            at=job.at, area_m2=row.get("area"), address=row.get("address") or "",
            lng=row.get("lng"), lat=row.get("lat"), phone=row.get("phone") or "",
            intro=row.get("intro") or "", code=row.get("code") or "",
        )  # fmt: skip
        state = row.get("state") or Centre.State.PLANNED
        if state != Centre.State.PLANNED:
            on = row.get("opened_on") or localdate(job.at)
            made = actions.set_state(centre=made, state=state, on=on, by=job.actor, at=job.at)
        return made

    def _write(self, one: Centre, values: dict[str, Any], job: Job) -> None:
        fields = {name: value for name, value in values.items() if name in FIELDS}
        if fields:
            actions.change_centre(one, by=job.actor, at=job.at, **fields)
        if values.get("area"):
            actions.set_area(
                centre=one, area_m2=values["area"], reason=_("表格导入"), by=job.actor, at=job.at
            )

    def changed_since(self, entries: list[Entry]) -> list[int]:
        rows = Centre.objects.in_bulk([entry.ref for entry in entries])
        found = []
        for entry in entries:
            one = rows.get(entry.ref)
            if one is None:
                found.append(entry.line)
            elif not entry.after.get("new"):
                says = {name: getattr(one, name) for name in FIELDS} | {"area": one.area_m2}
                if any(says[name] != value for name, value in entry.after.items()):
                    found.append(entry.line)
        return found

    def undo(self, entries: list[Entry], job: Job) -> None:
        for entry in entries:
            one = Centre.objects.select_related("region").filter(pk=entry.ref).first()
            if one is None:
                raise Refused(_("第 %d 行的阵地已经没有了。") % entry.line)
            if entry.after.get("new"):
                actions.withdraw_centre(one, by=job.actor, at=job.at)
            else:
                self._write(one, {name: entry.before[name] for name in entry.after}, job)

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        rows = Centre.objects.visible_to(actor).standing().select_related("region")
        for one in rows.prefetch_related("rooms").order_by("code").iterator(500):
            yield {
                **{name: getattr(one, name) for name in ("code", "kind", "state", "opened_on", *FIELDS)},
                "region": one.region.code, "area": one.area_m2,
                "lng": "" if one.lng is None else f"{one.lng:.7f}",
                "lat": "" if one.lat is None else f"{one.lat:.7f}",
                "rooms": "、".join(room.name for room in one.rooms.all() if room.ended_on is None),
            }  # fmt: skip


SHEETS = (CentreSheet(),)
