"""The three ledgers as a spreadsheet (S1.27, S1.31)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.orgs.scope import posts_of, roles_over
from tongxin.regions.models import Region
from tongxin.regions.queries import world
from tongxin.spreadsheets.declaring import (
    NEW,
    Column,
    Entry,
    Job,
    Row,
    Sheet,
    changed_lines,
    model_facts,
)

from . import actions
from .models import Holding
from .models.campaigns import READERS, REPORTERS

TEXTS = ("name", "owner", "address", "note")
KEPT = (*TEXTS, "area_m2", "state")


class HoldingSheet(Sheet):
    """One row for each line of a ledger. A known number changes that line; without one it is new."""

    code = "renovation-holdings"
    title = gettext_lazy("阵地资源三本账")
    about = gettext_lazy("党群服务中心、库存房源、配套用房；编号留空即新登记，登记后由另一人复核。")
    icon = "building-warehouse"
    keys = (("ledger", "code"), ("ledger", "region", "name"))
    shown = ("name", "region")
    columns = (
        Column("code", gettext_lazy("编号"), "text", limit=30, width=18, help=gettext_lazy("新登记的留空，由系统编号。")),
        Column("ledger", gettext_lazy("台账"), "choice", choices=tuple(Holding.Ledger.choices), required=True, help=gettext_lazy("从下拉列表中选。"), example="库存房源"),
        Column("name", gettext_lazy("名称"), "text", required=True, limit=80, width=28, example="松园底商 3 号"),
        Column("region", gettext_lazy("社区（村）"), "text", required=True, width=20, help=gettext_lazy("名称或代码；同名的填代码。"), example="松社区", aliases=("所在社区", "社区", "村")),
        Column("area_m2", gettext_lazy("面积（平方米）"), "text", required=True, limit=10, width=14, help=gettext_lazy("整数。"), example="120", aliases=("面积", "建筑面积")),
        Column("owner", gettext_lazy("权属单位"), "text", limit=80, width=24, aliases=("产权单位",)),
        Column("address", gettext_lazy("地址"), "text", limit=120, width=30),
        Column("note", gettext_lazy("备注"), "text", limit=200, width=24),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return any(post.role in REPORTERS for post in posts_of(actor))

    def may_export(self, actor) -> bool:
        return any(post.role in READERS for post in posts_of(actor))

    def check(self, row: Row) -> None:
        text = row.get("area_m2")
        if text is None:
            return
        try:
            area = round(float(text))
        except ValueError:
            row.refuse("area_m2", _("面积写成 120 这样的数"))
            return
        if not 0 < area <= 1_000_000:
            row.refuse("area_m2", _("面积应在 1 到 1000000 平方米之间"))
        row.values["area_m2"] = area

    def prepare(self, rows: list[Row], job: Job) -> None:
        lands = self._lands(rows)
        codes = {row.get("code") for row in rows} - {None}
        names = {row.get("name") for row in rows} - {None}
        found = Holding.objects.exclude(state="gone").select_related("region")
        known = {(one.ledger, one.code): one for one in found.filter(code__in=codes)}
        named = {(one.ledger, one.region_id, one.name): one for one in found.filter(name__in=names)}
        for row in rows:
            if not row.problems:
                self._judge(row, lands, known, named, job)

    def _lands(self, rows: list[Row]) -> dict[str, list[Any]]:
        words = {row.get("region") for row in rows} - {None}
        found: dict[str, list[Any]] = {}
        for land in world().lands:
            if land.level == Region.Level.COMMUNITY:
                for word in {land.name, land.short_name, land.code} & words:
                    found.setdefault(word, []).append(land)
        return found

    def _judge(self, row: Row, lands: Any, known: Any, named: Any, job: Job) -> None:
        mine = [
            land
            for land in lands.get(row.get("region"), [])
            if roles_over(job.actor, land.path) & set(REPORTERS)
        ]
        if len(mine) != 1:
            row.refuse(
                "region", _("没有找到您负责的“%s”，或不止一个，请填代码") % row.get("region")
            )
            return
        ledger, code = row.get("ledger"), row.get("code")
        one = known.get((ledger, code)) or named.get((ledger, mine[0].id, row.get("name")))
        if code and (ledger, code) not in known and one is not None:
            row.refuse("code", _("这处已经登记，编号是 %s") % one.code)
            return
        row.plan = (one, mine[0])
        if one is None:
            row.verdict = NEW
            return
        if one.region_id != mine[0].id:
            row.refuse("region", _("登记在%s，换社区请先注销再登记") % one.region.name)
            return
        if one.state == "given":
            row.refuse("code", _("已调配，不能再改"))
            return
        self.compare(row, {name: getattr(one, name) for name in (*TEXTS, "area_m2")})
        row.ref = one.pk

    def apply(self, rows: list[Row], job: Job) -> None:
        regions = Region.objects.in_bulk([row.plan[1].id for row in rows])
        for row in rows:
            one, land = row.plan
            given = {name: row.get(name) for name in (*TEXTS, "area_m2") if name in row.values}
            given = {name: "" if value is None else value for name, value in given.items()}
            who = {"by": job.actor, "at": job.at}
            if one is None:
                made = actions.add_holding(
                    ledger=row.get("ledger"), region=regions[land.id], code=row.get("code") or "", **given, **who
                )  # fmt: skip
            else:
                row.before = model_facts(one, KEPT)
                made = actions.change_holding(one, reason=_("表格导入"), **given, **who)
            row.ref, row.after = made.pk, model_facts(made, KEPT)

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the lines that were checked, given or changed since."""
        return changed_lines(Holding, entries, KEPT)

    def undo(self, entries: list[Entry], job: Job) -> None:
        """Take back what came in, last first: new lines go, changed ones are as they were."""
        for entry in reversed(entries):
            one = Holding.objects.get(pk=entry.ref)
            if entry.before is None:
                one.delete()
                continue
            for name in KEPT:
                setattr(one, name, entry.before[name])
            one.save()

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        rows = Holding.objects.visible_to(actor).exclude(state="gone").select_related("region")
        for one in rows.order_by("ledger", "code").iterator(chunk_size=500):
            yield {
                "code": one.code, "ledger": one.ledger, "name": one.name, "region": one.region.code,
                "area_m2": str(one.area_m2), "owner": one.owner, "address": one.address, "note": one.note,
            }  # fmt: skip


SHEETS = (HoldingSheet(),)
