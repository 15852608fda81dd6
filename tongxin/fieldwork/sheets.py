"""Checklists as a spreadsheet: the items of what one writes out, those of a draft in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.errors import Refused
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.regions.models import Region
from tongxin.spreadsheets.declaring import CHANGED, NEW, SAME, Column, Entry, Job, Row, Sheet

from . import actions
from .actions.checklists import ITEM_FIELDS, check_item, item_fields
from .actions.plans import PLANNERS
from .models import Checklist, Item, Plan, Target
from .models.checklists import WRITERS

TYPES = tuple(Item.Type.choices)
PHOTOS = tuple(Item.Photos.choices)
WORDS = (
    "text", "help", "type", "options", "needs_photo", "asked_if_item", "asked_if_value",
    "bad_when", "max_score", "dimension", "finding_kind",
)  # fmt: skip
BLOCK = 500


class ItemSheet(Sheet):
    """One row for each item. Only drafts take rows in: a published version never changes."""

    code = "checklist-items"
    title = gettext_lazy("检查清单的检查项")
    about = gettext_lazy("先在“检查清单”页建好草稿，再导入它的检查项；已发布的版本只能导出。")
    icon = "list-check"
    keys = (("checklist", "item"),)
    shown = ("checklist", "text")
    columns = (
        Column("checklist", gettext_lazy("清单代码"), "text", required=True, limit=30, width=16, example="shop-check"),
        Column("item", gettext_lazy("检查项代码"), "text", required=True, limit=20, width=14, example="open"),
        Column("text", gettext_lazy("检查内容"), limit=200, width=40, example="按公示时间开门"),
        Column("type", gettext_lazy("答法"), "choice", choices=TYPES, example="是／否"),
        Column("options", gettext_lazy("选项"), limit=600, width=24, help=gettext_lazy("单选时填，用顿号隔开；要计分就写“好|5、差|0”。"), example=""),
        Column("required", gettext_lazy("必填"), "flag", example="是"),
        Column("needs_photo", gettext_lazy("照片"), "choice", choices=PHOTOS, example="有问题时"),
        Column("bad_when", gettext_lazy("何时算有问题"), limit=120, help=gettext_lazy("是／否写 yes 或 no；单选写选项；数字和打分写 <5 这样；文字写 any。"), example="no"),
        Column("finding_kind", gettext_lazy("问题类别代码"), limit=20, example=""),
        Column("asked_if_item", gettext_lazy("只在这一项"), limit=20, example=""),
        Column("asked_if_value", gettext_lazy("答为此值时才问"), limit=60, example=""),
        Column("max_score", gettext_lazy("满分"), "int", example="0"),
        Column("dimension", gettext_lazy("维度"), limit=20, example="开放"),
        Column("help", gettext_lazy("说明"), limit=200, width=30, example=""),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return any(post.role in WRITERS for post in posts_of(actor))

    def prepare(self, rows: list[Row], job: Job) -> None:
        codes = {row.get("checklist") for row in rows} - {None}
        drafts = {
            one.code: one
            for one in Checklist.objects.filter(code__in=codes, published_at=None)
            if one.area and not roles_over(job.actor, one.area).isdisjoint(WRITERS)
        }
        there = {
            (one.checklist.code, one.code): one
            for one in Item.objects.filter(checklist__in=drafts.values()).select_related("checklist")
        }  # fmt: skip
        for row in rows:
            if not row.problems:
                self._prepare(row, drafts, there)

    def _prepare(self, row: Row, drafts: dict[str, Checklist], there: Any) -> None:
        draft = drafts.get(row.get("checklist"))
        if draft is None:
            row.refuse("checklist", _("没有这份清单的草稿，或不归您维护；已发布的请先改成新版本"))
            return
        old = there.get((draft.code, row.get("item")))
        facts = facts_of(old) if old else {}
        said = {name: row.get(name) for name in WORDS if row.get(name) is not None}
        flag = row.get("required")
        cells = {name: str(value) for name, value in (facts | said).items()}
        cells["required"] = "0" if (facts.get("required") if flag is None else flag) is False else "1"  # fmt: skip
        cells |= {"type": cells.get("type") or Item.Type.YES_NO, "text": cells.get("text", "")}
        if not cells["text"]:
            row.refuse("text", _("请填写检查内容"))
            return
        try:
            fields = item_fields(cells)
            check_item(Item(checklist=draft, code=row.get("item"), **fields))
        except Refused as refusal:
            row.refuse(refusal.field if refusal.field in self.by_name() else "", refusal.message)
            return
        except ValueError:
            row.refuse("options", _("选项的分数不是数字"))
            return
        row.plan = (draft, fields)
        if old is None:
            row.verdict = NEW
            return
        self.compare(row, facts)
        if row.verdict == CHANGED:
            row.ref, row.before = old.pk, facts

    def apply(self, rows: list[Row], job: Job) -> None:
        for row in rows:
            draft, fields = row.plan
            made = actions.save_item(
                checklist=draft, code=row.get("item"), by=job.actor, at=job.at, **fields
            )
            row.ref, row.after = made.pk, facts_of(made)

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the lines whose item was changed again, removed, or published."""
        rows = Item.objects.filter(checklist__published_at=None)
        found = rows.in_bulk([entry.ref for entry in entries])
        return [
            entry.line
            for entry in entries
            if entry.ref not in found or facts_of(found[entry.ref]) != entry.after
        ]

    def undo(self, entries: list[Entry], job: Job) -> None:
        """Take items out again, or set them back."""
        rows = Item.objects.select_related("checklist__region")
        found = rows.in_bulk([entry.ref for entry in entries])
        for entry in reversed(entries):
            item = found[entry.ref]
            given = {"checklist": item.checklist, "code": item.code, "by": job.actor, "at": job.at}
            if entry.before is None:
                actions.remove_item(**given)
            else:
                cells = {name: str(value) for name, value in entry.before.items()}
                cells["required"] = "1" if entry.before["required"] else "0"
                actions.save_item(**given, **item_fields(cells))

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        """Yield the items of the newest version of every checklist the actor sees."""
        seen = Checklist.objects.visible_to(actor).order_by("code", "-version")
        newest = {row.code: row.pk for row in reversed(seen)}
        rows = Item.objects.filter(checklist__in=newest.values()).select_related("checklist")
        for item in rows.order_by("checklist__code", "number").iterator(BLOCK):
            yield {"checklist": item.checklist.code, "item": item.code, **facts_of(item)}


def facts_of(item: Item) -> dict[str, Any]:
    """Return what an item says, as the cells of a row hold it."""
    facts: dict[str, Any] = {name: getattr(item, name) for name in ITEM_FIELDS}
    parts = []
    for one in item.options:
        score = one.get("score")
        parts.append(one["value"] if score is None else f"{one['value']}|{score:g}")
    return facts | {"options": "、".join(parts), "max_score": int(item.max_score)}


class TargetSheet(Sheet):
    """One row for each place or household of a plan. Those there stay; none is dropped by a sheet."""

    code = "visit-targets"
    title = gettext_lazy("走访对象")
    about = gettext_lazy(
        "先建好计划（对象选“自己列出地点”或“自己列出住户”），再导入对象。住户写门牌，不写姓名。"
    )
    icon = "map-pins"
    keys = (("plan", "region", "name"),)
    shown = ("plan", "name")
    columns = (
        Column("plan", gettext_lazy("计划"), required=True, limit=80, width=24, example="联点访户", help=gettext_lazy("计划的名称；同名的写编号。")),
        Column("region", gettext_lazy("所在区域"), "code", required=True, limit=18, width=20, example="120116001001001", help=gettext_lazy("网格或社区的代码。"), aliases=("网格代码", "区域代码")),
        Column("name", gettext_lazy("对象"), required=True, limit=100, width=28, example="3号楼2门402", aliases=("住户", "地点", "门牌")),
        Column("lng", gettext_lazy("经度"), limit=20, example=""),
        Column("lat", gettext_lazy("纬度"), limit=20, example=""),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return any(post.role in PLANNERS for post in posts_of(actor))

    def check(self, row: Row) -> None:
        for name, most in (("lng", 180), ("lat", 90)):
            if row.get(name) is None:
                continue
            try:
                value = float(str(row.get(name)))
            except ValueError:
                row.refuse(name, _("应是数字"))
                continue
            if not abs(value) <= most:
                row.refuse(name, _("应在 -%(n)d 到 %(n)d 之间") % {"n": most})
        if (row.get("lng") is None) != (row.get("lat") is None):
            row.refuse("lng", _("经度和纬度要一起填"))

    def prepare(self, rows: list[Row], job: Job) -> None:
        asked = {str(row.get("plan")) for row in rows if row.get("plan")}
        plans = _plans_named(job.actor, asked)
        codes = {str(row.get("region")) for row in rows if row.get("region")}
        regions = {
            one.code: one for one in Region.objects.public().filter(code__in=codes).defer("polygon")
        }
        there = {
            (one.plan_id, one.region_id, one.name): one
            for one in Target.objects.filter(plan__in={p.pk for some in plans.values() for p in some})
        }  # fmt: skip
        for row in rows:
            if not row.problems:
                self._prepare(row, plans, regions, there)

    def _prepare(self, row: Row, plans: Any, regions: Any, there: Any) -> None:
        found = plans.get(str(row.get("plan")), [])
        if len(found) != 1:
            several = _("有几个同名的计划，请写编号")
            row.refuse("plan", several if found else _("没有这个自己列对象的计划，或不归您管"))
            return
        plan, region = found[0], regions.get(str(row.get("region")))
        if region is None or not region.path.startswith(plan.area):
            row.refuse("region", _("没有这个区域，或不在计划的范围里"))
            return
        old = there.get((plan.pk, region.pk, str(row.get("name"))))
        if old is None:
            row.plan, row.verdict = (plan, region), NEW
        elif old.dropped_on is not None:
            row.refuse("name", _("已于 %s 移出这个计划") % old.dropped_on)
        else:
            row.verdict, row.ref = SAME, old.pk

    def apply(self, rows: list[Row], job: Job) -> None:
        by_plan: dict[int, list[Row]] = {}
        for row in rows:
            if row.verdict == NEW:
                by_plan.setdefault(row.plan[0].pk, []).append(row)
        for some in by_plan.values():
            plan = some[0].plan[0]
            given = [
                {"name": row.get("name"), "region": row.plan[1], "lng": _degrees(row, "lng"),
                 "lat": _degrees(row, "lat")}
                for row in some
            ]  # fmt: skip
            actions.add_targets(plan=plan, targets=given, by=job.actor, at=job.at)
            names = [row.get("name") for row in some]
            made = plan.targets.filter(name__in=names).values_list("region", "name", "pk")
            refs = {(region, name): pk for region, name, pk in made}
            for row in some:
                row.ref = refs[row.plan[1].pk, row.get("name")]
                row.after = {"plan": plan.pk}

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the lines whose place is dropped, or has a visit."""
        rows = Target.objects.filter(pk__in=[one.ref for one in entries], dropped_on=None)
        free = set(rows.filter(visits=None).values_list("pk", flat=True))
        return [entry.line for entry in entries if entry.ref not in free]

    def undo(self, entries: list[Entry], job: Job) -> None:
        actions.take_back_targets(ids=[one.ref for one in entries], by=job.actor, at=job.at)

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        """Yield the places of the plans the actor sees that name their own."""
        plans = Plan.objects.visible_to(actor).filter(target_kind__in=LISTED)
        rows = Target.objects.filter(plan__in=plans, dropped_on=None)
        wanted = rows.select_related("plan", "region").order_by("plan", "order", "pk")
        for one in wanted.iterator(BLOCK):
            yield {
                "plan": one.plan.name, "region": one.region.code, "name": one.name,
                "lng": "" if one.lng is None else str(one.lng),
                "lat": "" if one.lat is None else str(one.lat),
            }  # fmt: skip


LISTED = (Plan.TargetKind.SITE, Plan.TargetKind.HOUSEHOLD)


def _degrees(row: Row, name: str) -> float | None:
    value = row.get(name)
    return None if value is None else float(str(value))


def _plans_named(actor: Any, asked: set[str]) -> dict[str, list[Plan]]:
    """Return the plans that somebody may add to, by name and by number."""
    numbers = [int(one) for one in asked if one.isdecimal() and len(one) < 19]
    seen = Plan.objects.visible_to(actor).filter(target_kind__in=LISTED)
    rows = seen.filter(Q(name__in=asked) | Q(pk__in=numbers)).exclude(state=Plan.State.ENDED)
    found: dict[str, list[Plan]] = {}
    for one in rows.select_related("region").order_by("pk"):
        over = not one.is_unannounced and not roles_over(actor, one.area).isdisjoint(PLANNERS)
        if one.made_by_id == actor.pk or over:
            for word in {one.name, str(one.pk)}:
                found.setdefault(word, []).append(one)
    return found


SHEETS = (ItemSheet(), TargetSheet())
