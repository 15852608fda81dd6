"""Lists of duties in versions, and what was done of them by quarter, as spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.dual_report.models import ContactPoint
from tongxin.kit.errors import Refused
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.spreadsheets.declaring import BAD, CHANGED, NEW, SAME, Column, Entry, Job, Row, Sheet

from .. import actions
from ..models import DutyItem, DutyList, DutyTick
from ..models.common import WORKERS, own_orgs
from .common import READ_ONLY

HEAD = ("name", "level", "responsibility", "source")


def _works(actor) -> bool:
    return any(post.role in WORKERS for post in posts_of(actor))


class DutyListSheet(Sheet):
    """One row for each item; rows of one code and first day are a version of a list."""

    code = "duty_lists"
    title = gettext_lazy("责任清单")
    about = gettext_lazy(
        "各层级对什么负责、凭什么佐证。换成本地清单：同一代码、新的启用日期就是新一版，原来的到那天停用。"
    )
    icon = "list-check"
    keys = (("code", "effective_from", "n"),)
    shown = ("name", "n", "text")
    columns = (
        Column("code", gettext_lazy("清单代码"), "code", required=True, limit=30, example="street_direct"),
        Column("name", gettext_lazy("清单名称"), required=True, limit=60, width=26, example="街镇党（工）委直接责任清单"),
        Column("level", gettext_lazy("层级"), "choice", required=True, choices=DutyList.Level.choices),
        Column("responsibility", gettext_lazy("责任"), "choice", required=True, choices=DutyList.Responsibility.choices),
        Column("source", gettext_lazy("依据"), required=True, limit=200, width=30, example="区委〔2026〕3号"),
        Column("effective_from", gettext_lazy("启用日期"), "date", required=True, example="2026-07-01"),
        Column("effective_to", gettext_lazy("停用日期"), "date", help=gettext_lazy("不再用的清单填停用日期。")),
        Column("n", gettext_lazy("序号"), "int", required=True, example="1"),
        Column("text", gettext_lazy("责任内容"), required=True, limit=200, width=40, example="每月研究一次社区党建工作"),
        Column("proof", gettext_lazy("佐证"), limit=100, width=20, example="会议纪要"),
        Column("version", gettext_lazy("版本"), "int", help=READ_ONLY),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return actions.keeps_lists(actor)

    def may_export(self, actor) -> bool:
        return _works(actor)

    def check(self, row: Row) -> None:
        if row.get("n") is not None and not 1 <= row.values["n"] <= 200:
            row.refuse("n", _("序号应在 1 到 200 之间"))
        if row.get("effective_from") and row.get("effective_to"):
            try:
                actions.check_ends(row.values["effective_from"], row.values["effective_to"])
            except Refused as refusal:
                row.refuse("effective_to", refusal.message)

    def prepare(self, rows: list[Row], job: Job) -> None:
        codes = {row.get("code") for row in rows}
        lists = list(DutyList.objects.public().filter(code__in=codes).order_by("version"))
        versions = {(one.code, one.effective_from): one for one in lists}
        last = {one.code: one for one in lists}
        items = {
            (item.list_id, item.n): item
            for item in DutyItem.objects.public().filter(list__in=lists)
        }
        used = set(
            DutyTick.objects.filter(item__list__in=lists).order_by().values_list("item__list", flat=True)
        )  # fmt: skip
        first: dict[tuple[Any, Any], Row] = {}
        for row in rows:
            if row.problems:
                continue
            one = versions.get((row.values["code"], row.values["effective_from"]))
            if not self._agrees(row, first):
                continue
            if one is None:
                self._judge_new(row, last.get(row.values["code"]))
                continue
            self._judge(row, one, items.get((one.pk, row.values["n"])), is_used=one.pk in used)

    @staticmethod
    def _agrees(row: Row, first: dict[tuple[Any, Any], Row]) -> bool:
        """Refuse rows that say different things of one version."""
        above = first.setdefault((row.get("code"), row.get("effective_from")), row)
        for name in (*HEAD, "effective_to"):
            if row.get(name) != above.get(name):
                row.refuse(name, _("与第 %d 行是同一份清单，写的却不同") % above.line)
        return not row.problems

    @staticmethod
    def _judge_new(row: Row, last: DutyList | None) -> None:
        if last is not None and row.values["effective_from"] <= last.effective_from:
            row.refuse(
                "effective_from", _("新一版的启用日期要晚于现行版本的 %s。") % last.effective_from
            )
            return
        row.verdict = row.verdict or NEW

    def _judge(self, row: Row, one: DutyList, item: DutyItem | None, *, is_used: bool) -> None:
        now = {name: getattr(one, name) for name in (*HEAD, "effective_to")}
        words = {"text": item.text, "proof": item.proof} if item else {}
        self.compare(row, now | words)
        if item is None and row.verdict != BAD:
            row.verdict = NEW
        changed = {name for name, _old, _new in row.changes}
        if is_used and (item is None or changed - {"effective_to"}):
            row.refuse(
                "effective_from", _("“%s”这一版已有履责记录，请用新的启用日期另立一版。") % one.name
            )
        row.plan = (one, item)
        row.ref = item.pk if item else None
        row.before = None if item is None else _kept(item, one)

    def apply(self, rows: list[Row], job: Job) -> None:
        for row in rows:
            if row.verdict == SAME:
                continue
            one, item = row.plan or (None, None)
            keeps = {"proof": item.proof if item else "", "effective_to": one.effective_to if one else None}  # fmt: skip
            said: dict[str, Any] = {name: row.get(name) if name in row.values else kept for name, kept in keeps.items()}  # fmt: skip
            values: dict[str, Any] = {name: row.values[name] for name in (*HEAD, "code", "effective_from", "n", "text")}  # fmt: skip
            said["proof"] = said["proof"] or ""
            item = actions.set_duty(**values, **said, by=job.actor, at=job.at)
            row.ref, row.after = item.pk, _kept(item, item.list)

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the lines of items by which something was recorded, or that read otherwise now."""
        rows = (
            DutyItem.objects.public().select_related("list").in_bulk([int(e.ref) for e in entries])
        )
        used = set(
            DutyTick.objects.filter(item__in=list(rows)).order_by().values_list("item", flat=True)
        )
        found = []
        for entry in entries:
            item = rows.get(int(entry.ref))
            if item is None or item.pk in used or _kept(item, item.list) != entry.after:
                found.append(entry.line)
        return found

    def undo(self, entries: list[Entry], job: Job) -> None:
        """Take off the items that came in, with versions left empty; put back what was changed."""
        made = [int(entry.ref) for entry in entries if entry.before is None]
        for entry in entries:
            if entry.before is not None:
                was = dict(entry.before)
                end = was.pop("effective_to")
                item = DutyItem.objects.public().select_related("list").get(pk=int(entry.ref))
                actions.set_duty(
                    code=item.list.code, effective_from=item.list.effective_from, n=item.n,
                    effective_to=date.fromisoformat(end) if end else None, by=job.actor, at=job.at, **was,
                )  # fmt: skip
        actions.drop_duties(made, by=job.actor, at=job.at)

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        """Yield every item of every version, latest versions first."""
        rows = DutyItem.objects.public().select_related("list")
        for item in rows.order_by("list__code", "-list__version", "n").iterator(500):
            facts = {name: getattr(item.list, name) for name in (*HEAD, "code", "version", "effective_from", "effective_to")}  # fmt: skip
            yield facts | {"n": item.n, "text": item.text, "proof": item.proof}


def _kept(item: DutyItem, one: DutyList) -> dict[str, Any]:
    head = {name: getattr(one, name) for name in HEAD}
    end = str(one.effective_to) if one.effective_to else None
    return head | {"text": item.text, "proof": item.proof, "effective_to": end}


class DutyTickSheet(Sheet):
    """One row for each duty done in a quarter, by one's own unit or at one's own contact point."""

    code = "duty_ticks"
    title = gettext_lazy("履责记录")
    about = gettext_lazy("对照责任清单，每季度做了什么、凭什么；由本单位或联系领导本人成批记录。")
    icon = "clipboard-check"
    keys = (("year", "quarter", "org", "item"), ("year", "quarter", "point", "item"))
    shown = ("org", "point", "item")
    columns = (
        Column("year", gettext_lazy("年度"), "int", required=True, example="2026"),
        Column("quarter", gettext_lazy("季度"), "int", required=True, example="1"),
        Column("org", gettext_lazy("单位"), width=24, help=gettext_lazy("本单位全称；联系点的记录不填。"), example="北塘街道党工委"),
        Column("point", gettext_lazy("联系点"), width=16, help=gettext_lazy("联系领导记“七个一”时填联系点名称。")),
        Column("item", gettext_lazy("责任内容"), required=True, limit=200, width=40, help=gettext_lazy("与责任清单上写的一样。"), example="每月研究一次社区党建工作"),
        Column("note", gettext_lazy("做了什么、凭什么"), required=True, limit=300, width=40, example="3月5日会议纪要"),
        Column("by", gettext_lazy("记录人"), width=10, help=READ_ONLY),
        Column("on", gettext_lazy("记录日期"), "date", help=READ_ONLY),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return _works(actor)

    def check(self, row: Row) -> None:
        if bool(row.get("org")) == bool(row.get("point")) and not row.problems:
            row.refuse("org", _("单位和联系点填一个，只填一个"))
        if row.get("quarter") is not None and row.values["quarter"] not in range(1, 5):
            row.refuse("quarter", _("季度应是 1 到 4"))

    def prepare(self, rows: list[Row], job: Job) -> None:
        known = _Doers(rows, job)
        for row in rows:
            if not row.problems:
                self._judge(row, known, localdate(job.at))

    def _judge(self, row: Row, known: _Doers, today: date) -> None:
        values = row.values
        subject = known.subject(row)
        if subject is None:
            row.refuse("org" if row.get("org") else "point", _("不是您的单位或您的联系点"))
            return
        level = DutyList.Level.LEADER if isinstance(subject, ContactPoint) else subject.region.level
        item = known.items.get((level, values["item"]))
        if item is None:
            row.refuse("item", _("现行清单里没有这一项，请照清单原文填写"))
            return
        if date(values["year"], 3 * values["quarter"] - 2, 1) > today:
            row.refuse("quarter", _("这个季度还没有开始。"))
            return
        row.plan = (item, subject)
        kind = "point" if isinstance(subject, ContactPoint) else "org"
        tick = known.ticks.get((item.pk, kind, subject.pk, values["year"], values["quarter"]))
        if tick is None:
            row.verdict = row.verdict or NEW
            return
        row.ref = tick.pk
        self.compare(row, {"note": tick.note})
        if row.verdict == CHANGED:
            row.refuse("note", _("这个季度已经记录过这一项。"))

    def apply(self, rows: list[Row], job: Job) -> None:
        for row in rows:
            if row.verdict == SAME:
                continue
            item, subject = row.plan
            kind = "point" if isinstance(subject, ContactPoint) else "org"
            tick = actions.tick_duty(
                item=item, year=row.values["year"], quarter=row.values["quarter"],
                note=row.values["note"], by=job.actor, at=job.at, **{kind: subject},
            )  # fmt: skip
            row.ref, row.before, row.after = tick.pk, None, {"note": tick.note}

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the lines of records that are gone."""
        there = set(
            DutyTick.objects.filter(pk__in=[int(e.ref) for e in entries]).values_list(
                "pk", flat=True
            )
        )
        return [entry.line for entry in entries if int(entry.ref) not in there]

    def undo(self, entries: list[Entry], job: Job) -> None:
        rows = DutyTick.objects.select_related("item__list", "org__region", "point")
        for tick in rows.filter(pk__in=[int(entry.ref) for entry in entries]):
            actions.drop_tick(tick, by=job.actor, at=job.at)

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        """Yield the records the actor sees, latest first."""
        rows = DutyTick.objects.visible_to(actor).select_related(
            "item", "org", "point__region", "by"
        )
        for one in rows.order_by("-year", "-quarter", "org__name", "pk").iterator(500):
            yield {
                "year": one.year, "quarter": one.quarter, "item": one.item.text, "note": one.note,
                "org": one.org.name if one.org else "", "by": one.by.name, "on": localdate(one.at),
                "point": one.point.region.name if one.point else "",
            }  # fmt: skip


class _Doers:
    """The actor's own units and contact points, the duties in force, what was recorded of them."""

    def __init__(self, rows: list[Row], job: Job) -> None:
        orgs = Org.objects.public().filter(pk__in=own_orgs(job.actor)).select_related("region")
        self.orgs = {one.name: one for one in orgs}
        points = ContactPoint.objects.filter(leader=job.actor, to_date=None).select_related(
            "region"
        )
        self.points = {one.region.name: one for one in points}
        lists = DutyList.objects.public().on(localdate(job.at))
        items = DutyItem.objects.public().filter(list__in=lists).select_related("list")
        self.items = {(item.list.level, item.text): item for item in items}
        years = {row.get("year") for row in rows} - {None}
        self.ticks = {
            (one.item_id, "point" if one.point_id else "org", one.point_id or one.org_id, one.year, one.quarter): one
            for one in DutyTick.objects.visible_to(job.actor).filter(year__in=years)
        }  # fmt: skip

    def subject(self, row: Row) -> Any:
        if row.get("org"):
            return self.orgs.get(row.values["org"])
        return self.points.get(row.values["point"])
