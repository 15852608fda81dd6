"""Parks, makers' spaces and homes for builders as a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.orgs.models import Org
from tongxin.orgs.scope import roles_over
from tongxin.regions.queries import Land, region_of
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
from ..models import Park
from ..models.alliances import own_orgs
from .common import BLOCK, READ_ONLY, HasHistory, land_of, named, works

KEPT = ("address", "text")


class ParkSheet(Sheet):
    """One row for each park; new ones are set up, the address and words of known ones changed."""

    code = "parks"
    title = gettext_lazy("园区和建设者之家")
    about = gettext_lazy(
        "产业园区、创客空间、建设者之家：成批登记，或更新地址和简介。企业和难题另有表格。"
    )
    icon = "building-community"
    keys = (("region", "name"),)
    shown = ("name", "region")
    columns = (
        Column("name", gettext_lazy("名称"), required=True, limit=60, width=24, example="装备制造产业园"),
        Column("kind", gettext_lazy("类型"), "choice", required=True, choices=tuple(Park.Kind.choices), example="产业园区"),
        Column("region", gettext_lazy("所在区域"), required=True, limit=40, help=gettext_lazy("街镇、社区（村）的名称或区划代码。"), example="北塘街道"),
        Column("operator", gettext_lazy("运营单位"), required=True, limit=100, width=22, help=gettext_lazy("组织名册里的名称。"), example="北塘街道办事处"),
        Column("branch", gettext_lazy("党组织"), limit=100, width=22, help=gettext_lazy("没有的不填。")),
        Column("project_name", gettext_lazy("依托项目"), limit=80, width=22, help=gettext_lazy("建设者之家必填。")),
        Column("opened_on", gettext_lazy("启用日期"), "date", required=True, example="2026-01-05"),
        Column("address", gettext_lazy("地址"), limit=120, width=24),
        Column("text", gettext_lazy("简介"), "lines", limit=2000, width=36),
        Column("firms", gettext_lazy("入驻企业"), "int", help=READ_ONLY),
        Column("staff", gettext_lazy("从业人数"), "int", help=READ_ONLY),
        Column("closed_on", gettext_lazy("停用日期"), "date", help=READ_ONLY),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return works(actor) and queries.keeps_some(actor)["park"]

    def prepare(self, rows: list[Row], job: Job) -> None:
        names = named(rows, "operator") | named(rows, "branch")
        orgs = {
            org.name: org for org in Org.objects.public().filter(name__in=names).order_by("-pk")
        }
        standing = Park.objects.filter(name__in=named(rows, "name"), closed_on=None)
        known = {(one.region_id, one.name): one for one in standing.select_related("region")}
        for row in rows:
            if not row.problems:
                self._prepare(row, orgs, known, job)

    def _prepare(self, row: Row, orgs: dict, known: dict, job: Job) -> None:
        land = land_of(row, "")
        if land is None:
            return
        one = known.get((land.id, row.values["name"]))
        if one is None:
            self._set_up(row, land, orgs, job)
        elif not queries.keeps_park(job.actor, one):
            row.refuse("name", _("这个园区不由您管理"))
        else:
            self.compare(row, model_facts(one, KEPT))
            row.ref, row.plan, row.before = one.pk, one, model_facts(one, KEPT)

    def _set_up(self, row: Row, land: Land, orgs: dict, job: Job) -> None:
        operator, branch = orgs.get(row.values["operator"]), orgs.get(row.get("branch") or "")
        if operator is None:
            row.refuse("operator", _("组织名册里没有“%s”") % row.values["operator"])
        elif "officer" not in roles_over(job.actor, land.path) and operator.pk not in own_orgs(
            job.actor
        ):
            row.refuse("region", _("这里不归您管，请街镇管理员或运营单位办理"))
        elif row.get("branch") and (branch is None or branch.kind != Org.Kind.PARTY):
            row.refuse("branch", _("没有名为“%s”的党组织") % row.get("branch"))
        elif row.values["kind"] == Park.Kind.HOME and not row.get("project_name"):
            row.refuse("project_name", _("建设者之家要写明依托的项目"))
        elif row.values["opened_on"] > localdate(job.at):
            row.refuse("opened_on", _("日期不能晚于今天"))
        else:
            row.verdict = row.verdict or NEW
            row.plan = {"land": land, "operator": operator, "branch": branch}

    def apply(self, rows: list[Row], job: Job) -> None:
        for row in rows:
            if row.verdict == SAME:
                continue
            if isinstance(row.plan, Park):
                facts = {name: row.get(name) for name in KEPT if row.get(name) is not None}
                one = actions.change_park(row.plan, at=job.at, by=job.actor, **facts)
            else:
                one = actions.found_park(
                    kind=row.values["kind"], name=row.values["name"],
                    region=region_of(row.plan["land"]), operator=row.plan["operator"],
                    branch=row.plan["branch"], project_name=row.get("project_name") or "",
                    opened_on=row.values["opened_on"], address=row.get("address") or "",
                    about=row.get("text") or "", at=job.at, by=job.actor,
                )  # fmt: skip
                row.before = None
            row.ref, row.after = one.pk, model_facts(one, KEPT)

    def changed_since(self, entries: list[Entry]) -> list[int]:
        return changed_lines(Park, entries, KEPT)

    def undo(self, entries: list[Entry], job: Job) -> None:
        """New ones go while nothing happened there; changed ones are as they were."""
        for entry in reversed(entries):
            one = Park.objects.select_related("region").get(pk=entry.ref)
            if entry.before is not None:
                actions.change_park(one, at=job.at, by=job.actor, **entry.before)
            elif one.branch_id is not None or one.enterprises.exists() or one.problems.exists():
                raise HasHistory(_("%s已有党组织纪实、企业或难题，不能撤回登记。") % one.name)
            else:
                one.delete()

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        rows = Park.objects.visible_to(actor).select_related(
            "region", "operator", "branch", "project"
        )
        staff = queries.staff_of([pk for pk in rows.values_list("pk", flat=True)])
        for one in rows.order_by("region__path", "pk").iterator(BLOCK):
            firms, people, _members = staff.get(one.pk, (0, 0, 0))
            yield model_facts(one, ("name", "kind", "opened_on", "closed_on", *KEPT)) | {
                "region": one.region.name, "operator": one.operator.name,
                "branch": one.branch.name if one.branch else "",
                "project_name": one.project.name if one.project else one.project_name,
                "firms": firms, "staff": people,
            }  # fmt: skip
