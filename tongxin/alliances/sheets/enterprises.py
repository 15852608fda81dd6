"""Enterprises of parks and their problems as spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.cases.queries import flow_labels
from tongxin.spreadsheets.declaring import (
    NEW,
    SAME,
    Column,
    Entry,
    Job,
    Row,
    Sheet,
    changed_lines,
    model_facts,
)

from .. import actions, queries
from ..models import (
    Enterprise,
    EnterpriseProblem,
    Park,
    ProblemType,
)
from .common import BLOCK, READ_ONLY, HasHistory, named, works

KEPT = ("credit_code", "industry", "staff", "members", "room")


class EnterpriseSheet(Sheet):
    """One row for each enterprise in a park."""

    code = "park_enterprises"
    title = gettext_lazy("入驻企业")
    about = gettext_lazy("园区入驻企业名册：成批登记或更新人数、党员、位置。")
    icon = "building-factory-2"
    keys = (("park", "name"),)
    shown = ("name", "park")
    columns = (
        Column("park", gettext_lazy("园区"), required=True, limit=60, width=20, example="装备制造产业园"),
        Column("name", gettext_lazy("企业名称"), required=True, limit=80, width=26, example="示例科技公司"),
        Column("credit_code", gettext_lazy("统一社会信用代码"), "code", limit=18, width=22),
        Column("industry", gettext_lazy("行业"), limit=40, example="软件"),
        Column("staff", gettext_lazy("从业人数"), "int", example="12"),
        Column("members", gettext_lazy("党员人数"), "int", example="3"),
        Column("room", gettext_lazy("位置"), limit=60, example="2号楼301"),
        Column("moved_in_on", gettext_lazy("入驻日期"), "date", required=True, example="2026-01-05"),
        Column("moved_out_on", gettext_lazy("迁出日期"), "date", help=READ_ONLY),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return works(actor) and queries.keeps_some(actor)["park"]

    def prepare(self, rows: list[Row], job: Job) -> None:
        seen = Park.objects.visible_to(job.actor).filter(
            name__in=named(rows, "park"), closed_on=None
        )
        parks = {
            one.name: one
            for one in seen.select_related("region")
            if queries.keeps_park(job.actor, one) and one.kind != Park.Kind.HOME
        }
        known = {
            (one.park_id, one.name): one
            for one in Enterprise.objects.filter(
                park__in=parks.values(), name__in=named(rows, "name"), moved_out_on=None
            )
        }
        today = localdate(job.at)
        for row in rows:
            if row.problems:
                continue
            park = parks.get(row.values["park"])
            if park is None:
                row.refuse("park", _("没有您管理的园区“%s”") % row.values["park"])
                continue
            if row.values["moved_in_on"] > today:
                row.refuse("moved_in_on", _("日期不能晚于今天"))
                continue
            one = known.get((park.pk, row.values["name"]))
            staff = row.get("staff") if row.get("staff") is not None else (one.staff if one else 0)
            if (row.get("members") or 0) > staff:
                row.refuse("members", _("党员人数不能多于从业人数"))
                continue
            if one is None:
                row.verdict, row.plan = row.verdict or NEW, park
            else:
                self.compare(row, model_facts(one, KEPT))
                row.ref, row.plan, row.before = one.pk, one, model_facts(one, KEPT)

    def apply(self, rows: list[Row], job: Job) -> None:
        for row in rows:
            if row.verdict == SAME:
                continue
            facts = {name: row.get(name) for name in KEPT if row.get(name) is not None}
            if isinstance(row.plan, Enterprise):
                one = actions.change_enterprise(row.plan, at=job.at, by=job.actor, **facts)
            else:
                one = actions.admit_enterprise(
                    row.plan, name=row.values["name"], moved_in_on=row.values["moved_in_on"],
                    at=job.at, by=job.actor, **facts,
                )  # fmt: skip
                row.before = None
            row.ref, row.after = one.pk, model_facts(one, KEPT)

    def changed_since(self, entries: list[Entry]) -> list[int]:
        return changed_lines(Enterprise, entries, KEPT)

    def undo(self, entries: list[Entry], job: Job) -> None:
        """New ones go unless they brought something up; changed ones are as they were."""
        for entry in reversed(entries):
            one = Enterprise.objects.select_related("park__region").get(pk=entry.ref)
            if entry.before is not None:
                actions.change_enterprise(one, at=job.at, by=job.actor, **entry.before)
            elif one.problems.exists():
                raise HasHistory(_("%s已提出过难题，不能撤回登记，可以登记迁出。") % one.name)
            else:
                one.delete()

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        rows = Enterprise.objects.visible_to(actor).select_related("park").order_by("park", "pk")
        for one in rows.iterator(BLOCK):
            yield model_facts(one, ("name", *KEPT)) | {
                "park": one.park.name, "moved_in_on": one.moved_in_on, "moved_out_on": one.moved_out_on,
            }  # fmt: skip


class EnterpriseProblemSheet(Sheet):
    """One row for each problem of an enterprise: new ones open a case; the ledger leaves by it."""

    code = "enterprise_problems"
    title = gettext_lazy("企业难题台账")
    about = gettext_lazy("走访企业收集的难题成批提出，进入办理；台账可以导出。")
    icon = "clipboard-list"
    keys = (("number",), ("park", "enterprise", "title"))
    shown = ("number", "enterprise", "title")
    columns = (
        Column("number", gettext_lazy("编号"), limit=24, width=20, help=gettext_lazy("导出时自带；新难题不填。"), aliases=("单号",)),
        Column("park", gettext_lazy("园区"), required=True, limit=60, width=20, example="装备制造产业园"),
        Column("enterprise", gettext_lazy("企业名称"), required=True, limit=80, width=24, example="示例科技公司"),
        Column("type", gettext_lazy("类型"), required=True, limit=40, example="施工扬尘"),
        Column("title", gettext_lazy("难题"), required=True, limit=120, width=30, example="隔壁工地扬尘大"),
        Column("text", gettext_lazy("具体情况"), "lines", limit=2000, width=36),
        Column("step", gettext_lazy("环节"), limit=20, help=READ_ONLY),
        Column("department", gettext_lazy("承办单位"), limit=100, help=READ_ONLY),
        Column("result", gettext_lazy("办理结果"), "lines", limit=2000, help=READ_ONLY),
        Column("stars", gettext_lazy("企业评价"), "int", help=READ_ONLY),
        Column("opened_on", gettext_lazy("提出日期"), "date", help=READ_ONLY),
        Column("solved_on", gettext_lazy("解决日期"), "date", help=READ_ONLY),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return EnterpriseSheet().may(actor)

    def prepare(self, rows: list[Row], job: Job) -> None:
        firms = {
            (one.park.name, one.name): one
            for one in Enterprise.objects.visible_to(job.actor)
            .filter(name__in=named(rows, "enterprise"), moved_out_on=None)
            .select_related("park__region", "park__manager", "contact")
            if queries.keeps_park(job.actor, one.park)
        }
        types = {
            word: one
            for one in ProblemType.objects.public().filter(scope=ProblemType.Scope.ENTERPRISE)
            for word in (one.code, one.name)
        }
        known = {
            (row.enterprise_id, row.case.title): row
            for row in EnterpriseProblem.objects.filter(
                enterprise__in=firms.values(), case__closed_at=None
            ).select_related("case")
        }
        for row in rows:
            if row.problems:
                continue
            firm = firms.get((row.values["park"], row.values["enterprise"]))
            kind = types.get(row.values["type"])
            if firm is None:
                row.refuse("enterprise", _("您管理的园区里没有“%s”") % row.values["enterprise"])
            elif kind is None:
                row.refuse("type", _("没有“%s”这个类型") % row.values["type"])
            elif row.get("number") or (firm.pk, row.values["title"]) in known:
                row.verdict = row.verdict or SAME
            else:
                row.verdict, row.plan = row.verdict or NEW, (firm, kind)

    def apply(self, rows: list[Row], job: Job) -> None:
        for row in rows:
            if row.verdict != NEW:
                continue
            firm, kind = row.plan
            case = actions.raise_enterprise_problem(
                firm, type_=kind, title=row.values["title"], text=row.get("text") or "", at=job.at,
                by=job.actor,
            )  # fmt: skip
            row.ref, row.before, row.after = str(case.pk), None, {"step": "raised"}

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the lines on which somebody works already: work is not undone by a sheet."""
        rows = EnterpriseProblem.objects.filter(pk__in=[entry.ref for entry in entries])
        steps = {str(pk): step for pk, step in rows.values_list("pk", "case__step")}
        return [entry.line for entry in entries if steps.get(entry.ref) != "raised"]

    def undo(self, entries: list[Entry], job: Job) -> None:
        for entry in reversed(entries):
            actions.take_back_problem(entry.ref, at=job.at, by=job.actor)

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        rows = EnterpriseProblem.objects.visible_to(actor).select_related(
            "park", "enterprise", "type", "case__handler"
        )
        labels: dict[str, str] = {}
        for row in rows.order_by("pk").iterator(BLOCK):
            labels = labels or flow_labels(row.case.flow)
            yield {
                "number": row.case.number, "park": row.park.name, "enterprise": row.enterprise.name,
                "type": row.type.name, "title": row.case.title, "text": row.case.text,
                "step": labels[row.case.step], "result": row.result, "stars": row.stars,
                "department": row.case.handler.name if row.case.handler else "",
                "opened_on": localdate(row.case.opened_at),
                "solved_on": localdate(row.solved_at) if row.solved_at else None,
            }  # fmt: skip
