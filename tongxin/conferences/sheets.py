"""The lists as a spreadsheet: brought in from an office's own form, given out as a ledger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.errors import Refused
from tongxin.regions.queries import get_land, place_name, region_of, world
from tongxin.spreadsheets.declaring import CHANGED, NEW, Column, Entry, Job, Row, Sheet

from . import actions
from .models import ListItem, ListKind, Matter, Series
from .scope import desk_paths, keeps_lists

SHOWN = ("title", "text", "words", "quantity", "to_date")
MATTERS = {str(label): value for value, label in Matter.choices} | {v: v for v in Matter.values}
KINDS = {str(label): value for value, label in ListKind.choices} | {v: v for v in ListKind.values}
SERIES = {str(label): value for value, label in Series.choices} | {v: v for v in Series.values}
READ_ONLY = gettext_lazy("只供对照，导入时不看。")


class ListsSheet(Sheet):
    """One row for each line of a list; known by kind, place, title and who offers or asks."""

    code = "lists"
    title = gettext_lazy("需求与供给清单")
    about = gettext_lazy(
        "需求、供给、资源、服务、项目清单：街镇、社区和功能区报来的可以成批列入，台账可以导出。"
    )
    icon = "list-check"
    keys = (("kind", "region", "title", "party"),)
    shown = ("kind", "region", "title")
    columns = (
        Column("kind", gettext_lazy("清单"), "choice", required=True, choices=ListKind.choices, synonyms=(("需求", "need"), ("供给", "supply"), ("资源", "resource"), ("服务", "service"), ("项目", "project")), example="需求清单"),
        Column("region", gettext_lazy("区域"), required=True, width=18, help=gettext_lazy("街镇、社区（村）的名称或区划代码。"), example="松社区", aliases=("所在区域", "街镇", "社区")),
        Column("title", gettext_lazy("事项"), required=True, limit=60, width=28, example="清理楼道", aliases=("项目名称", "名称")),
        Column("matter", gettext_lazy("内容类型"), "choice", required=True, choices=Matter.choices, example="人员"),
        Column("quantity", gettext_lazy("数量"), "money", required=True, help=gettext_lazy("按类型计：人、处、件、元、场次。"), example="4"),
        Column("party", gettext_lazy("提出方"), required=True, limit=60, width=20, example="松社区居委会", aliases=("单位", "责任单位")),
        Column("from_date", gettext_lazy("起"), "date", required=True, example="2026-03-02"),
        Column("to_date", gettext_lazy("止"), "date", required=True, example="2026-06-30", aliases=("完成时限",)),
        Column("text", gettext_lazy("说明"), "lines", limit=500, width=36, example="三号楼杂物较多"),
        Column("words", gettext_lazy("专长（关键词）"), limit=100, width=18, example="搬运"),
        Column("series", gettext_lazy("系列"), "choice", choices=Series.choices, help=gettext_lazy("项目清单必填：群众、基层或企业。"), synonyms=(("群众", "people"), ("基层", "grassroots"), ("企业", "firms")), example="我为群众办实事"),
        Column("state", gettext_lazy("状态"), limit=20, help=READ_ONLY),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return bool(desk_paths(actor))

    def check(self, row: Row) -> None:
        first, last = row.get("from_date"), row.get("to_date")
        if first and last and last < first:
            row.refuse("to_date", _("结束日期早于开始日期"))
        if row.get("kind") == ListKind.PROJECT and not row.get("series"):
            row.refuse("series", _("项目清单要写系列"))

    def prepare(self, rows: list[Row], job: Job) -> None:
        known = _known(rows)
        for row in rows:
            if row.problems:
                continue
            land = _land(row.values["region"])
            if land is None:
                row.refuse("region", _("没有找到“%s”") % row.values["region"])
                continue
            if not keeps_lists(job.actor, land.path):
                row.refuse("region", _("这里的清单不由您管理"))
                continue
            key = (row.values["kind"], land.path, row.values["title"], row.values["party"])
            one = known.get(key)
            if one is None:
                row.verdict, row.plan = row.verdict or NEW, land
                continue
            facts = facts_of(one)
            self.compare(row, facts)
            row.ref, row.plan = str(one.pk), one
            row.before = {name: _plain(value) for name, value in facts.items()}

    def apply(self, rows: list[Row], job: Job) -> None:
        for row in rows:
            if row.verdict not in (NEW, CHANGED):
                continue
            if isinstance(row.plan, ListItem):
                wanted = {name: row.get(name) for name in SHOWN if name in row.values}
                if "quantity" in wanted:
                    wanted["quantity"] = _count(row)
                one = actions.change_item(item=row.plan, by=job.actor, at=job.at, **wanted)
            else:
                one = self._new(row, job)
                row.before = None
            row.ref = str(one.pk)
            row.after = {name: _plain(value) for name, value in facts_of(one).items()}

    def _new(self, row: Row, job: Job) -> ListItem:
        names = ("kind", "matter", "title", "party", "from_date", "to_date")
        return actions.add_to_list(
            region=region_of(row.plan), quantity=_count(row), text=row.get("text") or "",
            words=row.get("words") or "", series=row.get("series") or "", by=job.actor, at=job.at,
            **{name: row.values[name] for name in names},
        )  # fmt: skip

    def changed_since(self, entries: list[Entry]) -> list[int]:
        rows = ListItem.objects.in_bulk([int(entry.ref) for entry in entries])
        found = []
        for entry in entries:
            one = rows[int(entry.ref)]
            now_says = {name: _plain(value) for name, value in facts_of(one).items()}
            dealt = one.met_by.exists() or one.given_to.exists()
            if dealt or one.state != ListItem.State.OPEN or now_says != entry.after:
                found.append(entry.line)
        return found

    def undo(self, entries: list[Entry], job: Job) -> None:
        """Close what came in, put back what was changed."""
        rows = ListItem.objects.select_related("book").in_bulk([int(e.ref) for e in entries])
        for entry in entries:
            one = rows[int(entry.ref)]
            if entry.before is None:
                actions.close_item(item=one, result=_("撤销导入"), by=job.actor, at=job.at)
            else:
                back = dict(entry.before)
                wanted = {name: back[name] for name in ("title", "text", "words")}
                actions.change_item(item=one, by=job.actor, at=job.at, **wanted)

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        """Yield the lines one may see, in the order of the land."""
        rows = ListItem.objects.visible_to(actor).distinct().select_related("book", "region", "org")
        for one in rows.order_by("book__kind", "region__path", "pk").iterator(500):
            yield facts_of(one) | {
                "kind": one.book.kind, "region": place_name(one.region.path), "matter": one.matter,
                "party": one.party, "from_date": one.from_date, "series": one.series,
                "state": str(one.get_state_display()),
            }  # fmt: skip


def facts_of(one: ListItem) -> dict[str, Any]:
    """Return what a sheet may change of a line."""
    shown = {name: getattr(one, name) for name in SHOWN}
    if one.matter == Matter.MONEY:
        shown["quantity"] = one.quantity / 100
    return shown


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | str) else str(value)


def _count(row: Row) -> int:
    scale = 100 if row.values["matter"] == Matter.MONEY else 1
    return int(float(row.values["quantity"]) * scale)


def _land(words: str) -> Any:
    """Return the land a cell names: a code, or the only place of that name."""
    try:
        return get_land(words) if words.isdigit() else _named(words)
    except Refused:
        return None


def _named(words: str) -> Any:
    found = [
        land for land in world().lands
        if land.level in ("district", "street", "community")
        and (words in (land.name, land.short_name) or place_name(land.path) == words)
    ]  # fmt: skip
    return found[0] if len(found) == 1 else None


def _known(rows: list[Row]) -> dict[tuple, ListItem]:
    titles = {row.values.get("title") for row in rows}
    found = ListItem.objects.filter(title__in=titles, state=ListItem.State.OPEN)
    return {
        (one.book.kind, one.region.path, one.title, one.party): one
        for one in found.select_related("book", "region")
    }


SHEETS = (ListsSheet(),)
