"""Projects of alliances as a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.errors import Refused
from tongxin.orgs.models import Org
from tongxin.regions.queries import region_of
from tongxin.spreadsheets.declaring import NEW, SAME, Column, Entry, Job, Row, Sheet, model_facts

from .. import actions, queries
from ..models import (
    Alliance,
    AllianceProject,
    Desk,
    Industry,
)
from .common import READ_ONLY, land_of, named, works

INDUSTRIES = tuple(Industry.choices)


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
        return works(actor) and queries.keeps_some(actor)["alliance"]

    def may_export(self, actor) -> bool:
        return works(actor)

    def prepare(self, rows: list[Row], job: Job) -> None:
        seen = Alliance.objects.visible_to(job.actor).filter(name__in=named(rows, "alliance"))
        desks = Desk.objects.filter(alliance__in=seen).select_related("alliance__region")
        by_name = {(desk.alliance.name, desk.name): desk for desk in desks}
        owners = {
            org.name: org
            for org in Org.objects.public().filter(
                name__in=named(rows, "owner"), kind=Org.Kind.UNIT
            )
        }
        known = {
            (one.owner.name, one.name): one
            for one in AllianceProject.objects.filter(name__in=named(rows, "name")).select_related(
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
        land = land_of(row, desk.alliance.region.path)
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
