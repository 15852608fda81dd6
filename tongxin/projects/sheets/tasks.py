"""The breakdown of a programme as a spreadsheet, in and out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.models import User
from tongxin.kit.errors import Refused
from tongxin.orgs.models import Org
from tongxin.spreadsheets.declaring import CHANGED, NEW, SAME, Column, Entry, Job, Row

from .. import actions, queries
from ..models import Field, Programme, Task
from ..queries import names
from .common import READ_ONLY, LedSheet

FACTS = (
    "text",
    "field",
    "org",
    "owner",
    "start_on",
    "due_on",
    "hard_end",
    "measure",
    "unit",
    "target",
    "parts",
)


class KeyTaskSheet(LedSheet):
    """One row for each task: aspect, item, task, unit, parts, days, figure. Aspects and items are made."""

    code = "key_tasks"
    title = gettext_lazy("重点任务分解表")
    about = gettext_lazy("方面、项、任务逐级分解，成批导入到一个方案；任务先是草稿，核对后再下达。")
    icon = "target-arrow"
    keys = (("programme", "item", "title"), ("programme", "title"))
    shown = ("item", "title", "org")
    columns = (
        Column("programme", gettext_lazy("方案"), required=True, limit=80, width=24, help=gettext_lazy("已建立的方案名称。"), example="2026年工作分解"),
        Column("aspect", gettext_lazy("方面"), required=True, limit=120, width=16, example="党建引领"),
        Column("item", gettext_lazy("项"), required=True, limit=120, width=20, aliases=("工作项", "项目"), example="阵地建设"),
        Column("title", gettext_lazy("任务"), required=True, limit=110, width=36, aliases=("任务名称", "重点任务"), example="建设党群服务中心"),
        Column("text", gettext_lazy("要求"), "lines", limit=3000, width=30, aliases=("工作要求",)),
        Column("field", gettext_lazy("领域"), "choice", choices=Field.choices),
        Column("org", gettext_lazy("责任单位"), required=True, width=20, aliases=("牵头单位",), example="城市管理委"),
        Column("owner", gettext_lazy("责任人"), limit=20, help=gettext_lazy("责任单位里在岗人员的姓名。"), example="李强"),
        Column("parts", gettext_lazy("协同分工"), "lines", limit=2000, width=30, aliases=("配合单位", "协同单位"), help=gettext_lazy("单位：分工 期限，几个用分号隔开。"), example="水务局：通水 2026-05-01；民政局：资金"),
        Column("start_on", gettext_lazy("开始日期"), "date", required=True, example="2026-03-02"),
        Column("due_on", gettext_lazy("完成期限"), "date", required=True, aliases=("完成时限", "时限"), example="2026-06-30"),
        Column("hard_end", gettext_lazy("期限卡死"), "flag", help=gettext_lazy("填“是”的不受理延期。")),
        Column("measure", gettext_lazy("衡量指标"), limit=60, aliases=("指标",), example="中心"),
        Column("unit", gettext_lazy("单位"), limit=12, aliases=("计量单位",), example="个"),
        Column("target", gettext_lazy("目标值"), "money", example="4"),
        Column("actual", gettext_lazy("完成值"), "money", help=READ_ONLY),
        Column("percent", gettext_lazy("进度（%）"), "int", help=READ_ONLY),
        Column("state", gettext_lazy("状态"), limit=20, help=READ_ONLY),
    )  # fmt: skip

    def prepare(self, rows: list[Row], job: Job) -> None:
        known = self.programmes(rows, job)
        named = {name for row in rows for name, _text, _day in self._parts_of(row)}
        orgs = self.orgs(rows, known, named)
        people = names.people_of({org.pk for found in orgs.values() for org in found})
        there = {
            (task.programme_id, task.title): task
            for task in Task.objects.filter(
                programme__in=known.values(), title__in={row.get("title") for row in rows}
            ).select_related("org", "owner", "item").prefetch_related("parts__org")
        }  # fmt: skip
        for row in rows:
            if not row.problems:
                self._prepare(row, known[row.values["programme"]], orgs, people, there)

    @staticmethod
    def _parts_of(row: Row) -> list[tuple[str, str, date | None]]:
        try:
            return names.read_parts(row.get("parts") or "")
        except Refused as refusal:
            row.refuse("parts", refusal.message)
            return []

    def _prepare(self, row: Row, programme: Programme, orgs: Any, people: Any, there: Any) -> None:
        try:
            org = names.the_org(row.values["org"], orgs)
            owner = names.the_person(row.get("owner") or "", org, people)
            parts = [actions.Part(names.the_org(name, orgs, field="parts"), text, day)
                     for name, text, day in self._parts_of(row)]  # fmt: skip
            actions.check_days(programme, row.values["start_on"], row.values["due_on"])
        except Refused as refusal:
            row.refuse(refusal.field or "", refusal.message)
            return
        if row.get("target") is not None and (row.get("target") <= 0 or not row.get("measure")):
            row.refuse("target", _("目标值要大于零，并写明衡量指标"))
            return
        row.plan = {"programme": programme, "org": org, "owner": owner, "parts": parts}
        task = there.get((programme.pk, row.values["title"]))
        if task is None:
            row.verdict = row.verdict or NEW
            return
        self.compare(row, facts_of(task))
        row.ref, row.plan["task"] = str(task.pk), task
        row.before = _kept(task)
        if row.verdict == CHANGED and task.case_id is not None:
            row.refuse("", _("任务已经下达，请在页面上办理"))

    def apply(self, rows: list[Row], job: Job) -> None:
        for row in rows:
            if row.verdict == SAME:
                continue
            task = row.plan.get("task")
            task = self._change(task, row, job) if task is not None else self._make(row, job)
            if row.verdict == NEW:
                row.before = None
            row.ref, row.after = str(task.pk), _kept(task)

    def _make(self, row: Row, job: Job) -> Task:
        programme, values = row.plan["programme"], row.values
        by, at = job.actor, job.at
        item = actions.make_item(
            programme=programme, aspect=values["aspect"], item=values["item"], by=by, at=at
        )
        return actions.make_task(
            programme=programme, item=item, title=values["title"], org=row.plan["org"],
            owner=row.plan["owner"], parts=row.plan["parts"], start_on=values["start_on"],
            due_on=values["due_on"], hard_end=bool(row.get("hard_end")), text=row.get("text") or "",
            field=row.get("field") or "", measure=row.get("measure") or "", unit=row.get("unit") or "",
            target=row.get("target"), by=by, at=at,
        )  # fmt: skip

    def _change(self, task: Task, row: Row, job: Job) -> Task:
        said = {name: row.get(name) for name in FACTS if name in row.values}
        for name in ("text", "field", "measure", "unit"):
            if name in said:
                said[name] = said[name] or ""
        if "hard_end" in said:
            said["hard_end"] = bool(said["hard_end"])
        for name in ("org", "owner", "parts"):
            if name in said:
                said[name] = row.plan[name]
        return actions.change_task(task, by=job.actor, at=job.at, **said)

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the lines of tasks given out, changed or taken off since."""
        rows = Task.objects.in_bulk([UUID(entry.ref) for entry in entries])
        found = []
        for entry in entries:
            task = rows.get(UUID(entry.ref))
            if task is None or task.case_id is not None or _kept(task) != entry.after:
                found.append(entry.line)
        return found

    def undo(self, entries: list[Entry], job: Job) -> None:
        """Take off the tasks that came in; put back what was changed."""
        for entry in entries:
            task = Task.objects.select_related("programme", "org", "owner").get(pk=UUID(entry.ref))
            if entry.before is None:
                actions.drop_task(task, by=job.actor, at=job.at)
            else:
                actions.change_task(task, by=job.actor, at=job.at, **_read(entry.before))

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        """Yield the tasks of programmes on the actor's land, in their order."""
        today = localdate()
        rows = queries.ready(Task.objects.overseen_by(actor)).prefetch_related("parts__org")
        for task in rows.order_by("programme", "n").iterator(500):
            item = task.item
            yield facts_of(task) | {
                "programme": task.programme.name, "title": task.title, "actual": task.actual,
                "aspect": item.parent.name if item and item.parent else "",
                "item": item.name if item else "", "percent": task.percent,
                "state": queries.standing_of(task, today).label,
            }  # fmt: skip


def facts_of(task: Task) -> dict[str, Any]:
    """Return what a sheet says of a task, by its columns."""
    parts = names.written_parts(task.parts.all(), between="；")
    return {
        "text": task.text, "field": task.field, "org": task.org.name,
        "owner": task.owner.name if task.owner else None, "start_on": task.start_on,
        "due_on": task.due_on, "hard_end": task.hard_end, "measure": task.measure, "unit": task.unit,
        "target": task.target, "parts": parts,
    }  # fmt: skip


def _kept(task: Task) -> dict[str, Any]:
    """Return a task as undoing needs it, as JSON."""
    return {
        "text": task.text, "field": task.field, "org": task.org_id, "owner": task.owner_id,
        "start_on": str(task.start_on), "due_on": str(task.due_on), "hard_end": task.hard_end,
        "measure": task.measure, "unit": task.unit,
        "target": None if task.target is None else f"{Decimal(task.target):.2f}",
        "parts": [[part.org_id, part.text, str(part.due_on or "")] for part in task.parts.all()],
    }  # fmt: skip


def _read(kept: dict[str, Any]) -> dict[str, Any]:
    orgs = Org.objects.in_bulk([kept["org"], *(org for org, _text, _day in kept["parts"])])
    return kept | {
        "org": orgs[kept["org"]],
        "owner": User.objects.filter(pk=kept["owner"]).first() if kept["owner"] else None,
        "start_on": date.fromisoformat(kept["start_on"]), "due_on": date.fromisoformat(kept["due_on"]),
        "parts": [
            actions.Part(orgs[org], text, date.fromisoformat(day) if day else None)
            for org, text, day in kept["parts"]
        ],
    }  # fmt: skip
