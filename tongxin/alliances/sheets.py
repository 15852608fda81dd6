"""Registers as spreadsheets: projects of alliances, enterprises of parks, problems of enterprises."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.cases.queries import flow_labels
from tongxin.kit.errors import Refused
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import Land, region_of, world
from tongxin.spreadsheets.declaring import NEW, SAME, Column, Entry, Job, Row, Sheet, model_facts

from . import actions, queries
from .models import (
    Alliance,
    AllianceProject,
    Desk,
    Enterprise,
    EnterpriseProblem,
    Industry,
    Park,
    ProblemType,
)
from .models.alliances import OFFICES

BLOCK = 500
READ_ONLY = gettext_lazy("只供对照，导入时不看。")
INDUSTRIES = tuple(Industry.choices)


class HasHistory(Refused):
    """Something rests on the row: it is not simply taken back."""


def _works(actor: Any) -> bool:
    return any(post.role in OFFICES for post in posts_of(actor))


def _named(rows: list[Row], column: str) -> set[str]:
    return {row.get(column) for row in rows} - {None}


class ProjectSheet(Sheet):
    """One row for each project; new ones are taken on, what is said of known ones is changed."""

    code = "alliance_projects"
    title = gettext_lazy("联盟项目")
    about = gettext_lazy("党建联盟服务的项目：成批登记到工作部，或更新投资、行业、地址。")
    icon = "affiliate"
    keys = (("owner", "name"),)
    shown = ("name", "owner")
    columns = (
        Column("alliance", gettext_lazy("联盟"), required=True, limit=60, width=20, example="区政务服务中心党建联盟"),
        Column("desk", gettext_lazy("工作部"), required=True, limit=40, width=14, example="第一工作部"),
        Column("name", gettext_lazy("项目名称"), required=True, limit=80, width=26, example="天津科学试验基地"),
        Column("owner", gettext_lazy("项目单位"), required=True, limit=100, width=22, help=gettext_lazy("组织名册里驻区单位的名称。"), example="示例化工研究院"),
        Column("region", gettext_lazy("所在区域"), required=True, limit=40, help=gettext_lazy("街镇、社区（村）的名称或区划代码。"), example="北塘街道"),
        Column("starts_on", gettext_lazy("启动日期"), "date", required=True, example="2026-01-05"),
        Column("industry", gettext_lazy("行业"), "choice", choices=INDUSTRIES, example="科研平台"),
        Column("investment", gettext_lazy("投资额（元）"), "money", example="1800000000"),
        Column("is_major", gettext_lazy("重大项目"), "flag", example="是"),
        Column("chain", gettext_lazy("审批链代码"), limit=20, help=gettext_lazy("新项目按它列出审批事项。"), example="industrial"),
        Column("address", gettext_lazy("地址"), limit=120),
        Column("state", gettext_lazy("状态"), limit=20, help=READ_ONLY),
        Column("granted", gettext_lazy("已办审批"), "int", help=READ_ONLY),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return _works(actor) and queries.keeps_some(actor)["alliance"]

    def may_export(self, actor) -> bool:
        return _works(actor)

    def prepare(self, rows: list[Row], job: Job) -> None:
        seen = Alliance.objects.visible_to(job.actor).filter(name__in=_named(rows, "alliance"))
        desks = Desk.objects.filter(alliance__in=seen).select_related("alliance__region")
        by_name = {(desk.alliance.name, desk.name): desk for desk in desks}
        owners = {
            org.name: org
            for org in Org.objects.public().filter(
                name__in=_named(rows, "owner"), kind=Org.Kind.UNIT
            )
        }
        known = {
            (one.owner.name, one.name): one
            for one in AllianceProject.objects.filter(name__in=_named(rows, "name")).select_related(
                "owner", "desk__alliance__region", "region"
            )
        }
        for row in rows:
            if not row.problems:
                self._prepare(row, by_name, owners, known, job)

    def _prepare(self, row: Row, desks: dict, owners: dict, known: dict, job: Job) -> None:
        desk = desks.get((row.values["alliance"], row.values["desk"]))
        owner = owners.get(row.values["owner"])
        if desk is None or not queries.keeps_alliance(job.actor, desk.alliance):
            row.refuse("desk", _("没有您管理的“%(alliance)s”%(desk)s") % row.values)
            return
        if owner is None:
            row.refuse("owner", _("组织名册里没有“%s”，请先登记驻区单位") % row.values["owner"])
            return
        one = known.get((owner.name, row.values["name"]))
        if one is not None:
            if one.desk_id != desk.pk:
                row.refuse("desk", _("已由%s承接，一个项目只归一个工作部") % one.desk.name)
                return
            self.compare(row, _project_facts(one))
            row.ref, row.plan = one.pk, one
            row.before = model_facts(one, ("industry", "investment_fen", "is_major", "address"))
            return
        land = _land(row, desk.alliance.region.path)
        if land is None:
            return
        if row.values["starts_on"] < desk.alliance.founded_on:
            row.refuse("starts_on", _("启动日期不能早于联盟成立日期"))
            return
        try:
            chain = queries.chain_in_force(row.get("chain") or "", on=localdate(job.at))
        except Refused as refusal:
            row.refuse("chain", refusal.message)
            return
        row.verdict = row.verdict or NEW
        row.plan = {"desk": desk, "owner": owner, "land": land, "chain": chain}

    def apply(self, rows: list[Row], job: Job) -> None:
        for row in rows:
            if row.verdict == SAME:
                continue
            facts: dict[str, Any] = {}
            for name in ("industry", "is_major", "address"):
                if row.get(name) is not None:
                    facts[name] = row.get(name)
            if row.get("investment") is not None:
                facts["investment_fen"] = int(row.get("investment") * 100)
            if isinstance(row.plan, AllianceProject):
                one = actions.change_project(row.plan, at=job.at, by=job.actor, **facts)
            else:
                plan = row.plan
                one = actions.take_on(
                    desk=plan["desk"], name=row.values["name"], owner=plan["owner"],
                    region=region_of(plan["land"]), starts_on=row.values["starts_on"],
                    chain=plan["chain"], at=job.at, by=job.actor, **facts,
                )  # fmt: skip
                row.before = None
            row.ref = one.pk
            row.after = model_facts(one, ("industry", "investment_fen", "is_major", "address"))

    def changed_since(self, entries: list[Entry]) -> list[int]:
        rows = AllianceProject.objects.in_bulk([entry.ref for entry in entries])
        names = ("industry", "investment_fen", "is_major", "address")
        return [
            entry.line
            for entry in entries
            if entry.ref not in rows
            or rows[entry.ref].state != AllianceProject.State.ACTIVE
            or model_facts(rows[entry.ref], names) != entry.after
        ]

    def undo(self, entries: list[Entry], job: Job) -> None:
        """New projects leave the alliance with the reason; changed ones are as they were."""
        rows = AllianceProject.objects.in_bulk([entry.ref for entry in entries])
        for entry in reversed(entries):
            one = rows[entry.ref]
            if entry.before is None:
                actions.withdraw_project(one, reason=_("撤回导入"), at=job.at, by=job.actor)
            else:
                actions.change_project(one, at=job.at, by=job.actor, **entry.before)

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        rows = AllianceProject.objects.visible_to(actor).select_related(
            "owner", "desk__alliance", "region"
        )
        cards = queries.cards_of(rows.order_by("pk"), today=date.max)
        for card in sorted(cards, key=lambda card: card.project.pk):
            one = card.project
            yield _project_facts(one) | {
                "alliance": one.desk.alliance.name, "desk": one.desk.name, "name": one.name,
                "owner": one.owner.name, "region": one.region.name, "starts_on": one.starts_on,
                "state": str(one.get_state_display()), "granted": card.granted,
            }  # fmt: skip


def _project_facts(one: AllianceProject) -> dict[str, Any]:
    return {
        "industry": one.industry, "investment": one.investment_fen / 100 or None,
        "is_major": one.is_major, "address": one.address,
    }  # fmt: skip


def _land(row: Row, path: str) -> Land | None:
    """Return the land a row names inside a place, or refuse it."""
    word = row.values["region"]
    found = [
        land
        for land in world().lands
        if word in (land.code, land.name, land.short_name) and land.path.startswith(path)
    ]
    if len(found) != 1:
        words = _("范围内没有“%s”") if not found else _("有不止一个“%s”，请填区划代码")
        row.refuse("region", words % word)
        return None
    return found[0]


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
        return _works(actor) and queries.keeps_some(actor)["park"]

    def prepare(self, rows: list[Row], job: Job) -> None:
        seen = Park.objects.visible_to(job.actor).filter(
            name__in=_named(rows, "park"), closed_on=None
        )
        parks = {
            one.name: one
            for one in seen.select_related("region")
            if queries.keeps_park(job.actor, one) and one.kind != Park.Kind.HOME
        }
        known = {
            (one.park_id, one.name): one
            for one in Enterprise.objects.filter(
                park__in=parks.values(), name__in=_named(rows, "name"), moved_out_on=None
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
        rows = Enterprise.objects.in_bulk([entry.ref for entry in entries])
        return [
            entry.line
            for entry in entries
            if entry.ref not in rows or model_facts(rows[entry.ref], KEPT) != entry.after
        ]

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
            .filter(name__in=_named(rows, "enterprise"), moved_out_on=None)
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


SHEETS = (ProjectSheet(), EnterpriseSheet(), EnterpriseProblemSheet())
